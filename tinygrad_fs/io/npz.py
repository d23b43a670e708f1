"""Arrays in an `.npz` file, NumPy's archive: written plainly, read with suspicion.

An archive can lie: promise arrays larger than any memory, unpack to a thousand times its size, or bring pickled
objects, which run code when they are read. So every size is checked against what is there before memory is taken for
it, and of dtypes only those that are plain values are read.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from tinygrad_fs.dtypes import Array
from tinygrad_fs.io.structure import KINDS

__all__ = ["STRUCTURE", "read_npz", "write_npz"]

STRUCTURE = "structure.json"
"""The member with the description of how the arrays are put together."""

_SUFFIX = ".npy"
_CHUNK = 2**24
_ALWAYS = 2**30
_RATIO = 100
"""A compressed archive may unpack to 1 GiB, or to so many times its size, before it has to be asked for."""

_LOCAL_HEADER = 30
"""Bytes before the name of a member."""
_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Flags of a member."""
_SLACK = 64
"""Bytes that may stand between members, as sizes beyond 4 GiB do; an array takes more."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    EOFError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What the readers of zip files and of arrays raise at broken ones."""


def write_npz(file: IO[bytes], arrays: dict[str, Array], description: Any) -> None:
    """Write arrays, and the description if there is one; the same ones give the same bytes."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(name + _SUFFIX), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if description is not None:
            archive.writestr(zipfile.ZipInfo(STRUCTURE), json.dumps(description))


def read_npz(file: IO[bytes], max_bytes: int | None) -> tuple[dict[str, Array], Any]:
    """The arrays of an archive, and the description if there is one.

    Raises
    ------
    ValueError
        If it is none, is damaged, lies about sizes, holds pickled objects, or unpacks to more than `max_bytes`.
    """
    with _reading("it is not a checkpoint, or is cut short: a checkpoint is an .npz archive, as io.save writes it"):
        archive = zipfile.ZipFile(file)
    with archive:
        members = archive.infolist()
        _check_members(members, os.fstat(file.fileno()).st_size, max_bytes)
        _check_places(members, archive.start_dir)
        arrays = {m.filename.removesuffix(_SUFFIX): _array(archive, m) for m in members if m.filename != STRUCTURE}
        described = any(member.filename == STRUCTURE for member in members)
        return arrays, _description(archive) if described else None


@contextlib.contextmanager
def _reading(trouble: str) -> Iterator[None]:
    """Turn whatever broken content makes the readers raise into a ValueError that begins with `trouble`."""
    try:
        yield
    except _BROKEN as error:
        raise ValueError(f"{trouble}: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # that is a place before the beginning of the file; the rest is the disk's
            raise
        raise ValueError(f"{trouble}: {error}") from error


def _check_members(members: list[zipfile.ZipInfo], size: int, max_bytes: int | None) -> None:
    """Raise if the archive holds what no archive of arrays does, or more than it can."""
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if not name.endswith(_SUFFIX) and name != STRUCTURE:
            raise ValueError(f"it is not a checkpoint: {name!r} in it is not an array")
        if name in seen:
            raise ValueError(f"it is damaged: {name!r} is in it more than once")
        seen.add(name)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & _ENCRYPTED:
            raise ValueError(f"{name!r} cannot be read: it is encrypted, or compressed in a way that NumPy never does")
        if member.compress_type == zipfile.ZIP_STORED and member.file_size != member.compress_size:
            raise ValueError(f"it is damaged: the two sizes given for {name!r} do not agree")
    unpacked = sum(member.file_size for member in members)
    allowed = max(_ALWAYS, _RATIO * size) if max_bytes is None else max_bytes
    if unpacked > allowed:
        raise ValueError(
            f"it would unpack to {unpacked:,} bytes from {size:,}, and more than {allowed:,} are not taken unasked; "
            f"if you trust the file, use max_bytes={unpacked}"
        )


def _check_places(members: list[zipfile.ZipInfo], end: int) -> None:
    """Raise if members overlap, as in bombs, or if there is one that the directory does not list."""
    stop = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        _check_gap(member.header_offset - stop)
        name = member.orig_filename.encode("utf-8" if member.flag_bits & _UTF8 else "cp437")
        stop = member.header_offset + _LOCAL_HEADER + len(name) + member.compress_size
    _check_gap(end - stop)


def _check_gap(gap: int) -> None:
    if not 0 <= gap <= _SLACK:
        raise ValueError(f"it is damaged: its members {'overlap' if gap < 0 else 'are not all in its directory'}")


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    trouble = f"it is damaged or not a checkpoint: {info.filename!r} cannot be read"
    with _reading(trouble), archive.open(info) as member:
        shape, fortran_order, dtype = _header(member)
        expected = math.prod(shape) * dtype.itemsize
        left = info.file_size - member.tell()
        if expected != left:
            raise ValueError(f"shape {shape} of dtype {dtype} takes {expected:,} bytes, but {left:,} follow")
        array: Array = np.empty(shape[::-1] if fortran_order else shape, dtype)
        _fill(array, member)
        return array.T if fortran_order else array


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """What stands before the values of an array; none of it is evaluated as code."""
    version = np.lib.format.read_magic(member)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version} of the format is not known")
    shape, fortran_order, dtype = readers[version](member)
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which can run code and are never read")
    if dtype.kind not in KINDS:
        raise ValueError(f"dtype {dtype} is not one of plain values")
    if any(size < 0 for size in shape):
        raise ValueError(f"shape {shape} has a negative size")
    return shape, fortran_order, dtype


def _fill(array: Array, member: IO[bytes]) -> None:
    """Read the values of an array, to the end of the member, where its checksum is compared."""
    target: Array = array.reshape(-1).view(np.uint8) if array.nbytes else np.empty(0, np.uint8)
    start = 0
    while part := member.read(_CHUNK):
        target[start : start + len(part)] = np.frombuffer(part, np.uint8)
        start += len(part)
    if start != array.nbytes:
        raise ValueError(f"{array.nbytes:,} bytes were promised, but only {start:,} are there")


def _description(archive: zipfile.ZipFile) -> Any:
    with _reading(f"its description, {STRUCTURE!r}, cannot be read"):
        return json.loads(archive.read(STRUCTURE))
