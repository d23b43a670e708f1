"""IDX files, the format of MNIST: a few bytes that say what follows, and an array."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import Protocol

import numpy as np

from tinygrad_fs.dtypes import Array

__all__ = ["read_idx"]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_CHUNK = 2**24
_MOST_AXES = 64
"""That is NumPy's limit."""


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Read an IDX file, as the MNIST digits are in; one that is compressed by gzip too.

    The format: two bytes 0, one for the dtype, one for the number of axes; the sizes of the axes, four bytes each; the
    values, the last axis changing fastest; all of it big-endian. See http://yann.lecun.com/exdb/mnist.

    Parameters
    ----------
    path : str or os.PathLike
        The file, say ``train-images-idx3-ubyte.gz``.

    Returns
    -------
    ndarray
        Of the dtype in the file, in the machine's byte order; of the images of MNIST uint8 of shape (60000, 28, 28).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no IDX file, or is cut short, damaged or too long.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import tinygrad_fs as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes([5, 0, 4]))
    ...     tg.data.read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    with open(path, "rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        try:
            return _read(path, gzip.GzipFile(fileobj=file) if compressed else file)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise _wrong(path, f"its compressed data is cut short or damaged: {error}") from error


def _read(path: str | os.PathLike[str], content: _Readable) -> Array:
    dtype, shape = _header(path, content)
    expected = math.prod(shape) * dtype.itemsize
    values = _at_most(content, expected + 1)  # what a header promises is believed only as far as it is there
    if len(values) != expected:
        found = "more follow" if len(values) > expected else f"only {len(values):,} follow: it is cut short"
        raise _wrong(path, f"its header says shape {shape}, which takes {expected:,} bytes, but {found}")
    array = np.frombuffer(values, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))  # a copy, which may be written to


def _header(path: str | os.PathLike[str], content: _Readable) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    start = content.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _DTYPES:
        raise _wrong(path, f"it begins with the bytes {start.hex(' ') or '(none)'}; an IDX file with 00 00 and a dtype")
    axes = start[3]
    if axes > _MOST_AXES:
        raise _wrong(path, f"its header says {axes} axes, and an array has {_MOST_AXES} at most")
    sizes = content.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise _wrong(path, f"it is cut short: the sizes of its {axes} axes are not all there")
    return np.dtype(_DTYPES[start[2]]), struct.unpack(f">{axes}I", sizes)


def _at_most(content: _Readable, count: int) -> bytes:
    """Up to `count` bytes, taking memory only as they come."""
    parts, left = [], count
    while left and (part := content.read(min(left, _CHUNK))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _wrong(path: str | os.PathLike[str], what: str) -> ValueError:
    return ValueError(f"read_idx: {os.fspath(path)!r} is not a good IDX file: {what}")
