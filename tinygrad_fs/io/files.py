"""Writing a file in one step: readers see the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["replacing"]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file that takes the place of `path` when the block ends without an exception.

    What is written goes to a temporary name in the same folder, is flushed to the disk, and is renamed over
    `path` at the end, with the permissions that the old file had. If anything goes wrong, Ctrl-C included, the
    temporary file is removed and the old file stays as it was. A symbolic link is followed: the file that it points
    to is replaced.

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
        If the folder cannot be written to, the disk is full, or `path` is a device, a pipe or a socket.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from tinygrad_fs.io import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.txt")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"all or nothing")
    ...     path.read_text(encoding="utf-8")
    'all or nothing'
    """
    target = Path(os.path.realpath(path))
    permissions = _permissions(target, path)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder to write into does not exist", str(target.parent))
    # Opened by name, not through tempfile: the file then gets the permissions that any new file gets.
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        with _opened(temporary) as file:
            if permissions is not None:  # before anything is in it that only some may read
                temporary.chmod(permissions)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK and error.filename is None:
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise


_OF_THE_DISK = (errno.ENOSPC, errno.EFBIG, errno.EIO)
"""What a write fails with that knows no name: a full disk, a file larger than is allowed, a broken disk."""


def _permissions(target: Path, path: str | os.PathLike[str]) -> int | None:
    """Those of the file to replace, None if there is none yet; an error if it is no file, and so would be lost."""
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "this is a folder; give the name of a file in it", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "this is a device, a pipe or a socket; give the name of a file", str(path))
    return stat.S_IMODE(mode)


def _opened(temporary: Path) -> IO[bytes]:
    """A new file; what keeps it from being made is told of its folder, since nobody knows its name."""
    try:
        return open(temporary, "xb")
    except OSError as error:
        raise type(error)(
            error.errno, f"cannot write into the folder: {error.strerror}", str(temporary.parent)
        ) from None
