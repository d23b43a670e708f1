"""Writing a file in one step: readers see the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["replacing"]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file that takes the place of `path` when the block ends without an exception.

    What is written goes to a temporary name in the same folder, is flushed to the disk, and is renamed over
    `path` at the end. If anything goes wrong, Ctrl-C included, the temporary file is removed and the old file
    stays as it was. A symbolic link is followed: the file that it points to is replaced.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write. Its folder must exist.

    Yields
    ------
    binary file
        Open for writing and seeking.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.
    OSError
        If the folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from tinygrad_fs.io import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.txt")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"all or nothing")
    ...     path.read_text()
    'all or nothing'
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder; give the name of a file in it", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder to write into does not exist", str(target.parent))
    # Opened by name, not through tempfile: the file then gets the permissions that any new file gets.
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        with _opened(temporary) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _opened(temporary: Path) -> IO[bytes]:
    """A new file; what keeps it from being made is told of its folder, since nobody knows its name."""
    try:
        return open(temporary, "xb")
    except OSError as error:
        raise type(error)(
            error.errno, f"cannot write into the folder: {error.strerror}", str(temporary.parent)
        ) from None
