"""IDX files: read right, or refused with the file's name and what is wrong."""

import gzip
import struct

import numpy as np
import pytest

from tinygrad_fs.data import read_idx

CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx(array):
    array = np.asarray(array)
    start = bytes([0, 0, CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return start + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (5,), (0, 28, 28), ()])
@pytest.mark.parametrize("dtype", CODES)
def test_what_was_written_is_read(tmp_path, dtype, shape, compress):
    array = (np.arange(np.prod(shape, dtype=int)) - 3).reshape(shape).astype(dtype)
    (tmp_path / "x").write_bytes(compress(idx(array)))
    read = read_idx(tmp_path / "x")
    assert (read.dtype, read.dtype.isnative) == (array.dtype, True)
    assert read.flags.writeable
    np.testing.assert_array_equal(read, array)


GOOD = idx(np.arange(100, dtype=np.uint8).reshape(10, 10))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"begins with the bytes \(none\)"),
        (b"\0\0", "begins with the bytes 00 00"),
        (b"P5 28 28", "begins with the bytes 50 35 20 32"),
        (b"\0\0\x07\x01\0\0\0\1\0", "begins with the bytes 00 00 07 01"),
        (GOOD[:7], "the sizes of its 2 axes are not all there"),
        (GOOD[:-1], r"shape \(10, 10\), which takes 100 bytes, but only 99 follow: it is cut short"),
        (GOOD + b"!", "takes 100 bytes, but more follow"),
        (b"\0\0\x0e\x02" + b"\xff" * 8, "but only 0 follow"),  # would take 128 EB
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"!", "its header says 255 axes, and an array has 64 at most"),
        (gzip.compress(GOOD)[:-12], "its compressed data is cut short or damaged"),
        (gzip.compress(GOOD)[:20] + b"\xff" * 20, "its compressed data is cut short or damaged"),
        (gzip.compress(bytes(10)), "begins with the bytes 00 00 00 00"),
        (gzip.compress(GOOD + bytes(10**7)), "more follow"),
    ],
    ids=lambda each: each if isinstance(each, str) else len(each),  # what gzip writes has the time of day in it
)
def test_what_is_no_good_file_is_named_with_its_fault(tmp_path, content, message):
    path = tmp_path / "digits-idx3"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"read_idx: .*digits-idx3' is not a good IDX file: .*{message}"):
        read_idx(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        read_idx(tmp_path / "none")
