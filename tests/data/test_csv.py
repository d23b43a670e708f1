"""CSV files: the numbers in them, or the line and column that is wrong."""

import math

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.data import read_csv, table

IRIS = "length,width,species\n5.1,3.5,setosa\n6.3,3.3,virginica\n\n4.9,3.0,setosa\n"
species = ["setosa", "virginica"].index


def write(folder, text):
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("1,2\n3,4\n", {}, [[1, 2], [3, 4]]),
        ("a,b\r\n1,2\r\n", {}, [[1, 2]]),
        ("1,2\n3,4", {"header": True}, [[3, 4]]),
        ("1.5\n-2e3\n", {}, [[1.5], [-2000]]),
        ('"1","2"\n" 3 ",4\n', {}, [[1, 2], [3, 4]]),
        ("1;2\n", {"delimiter": ";"}, [[1, 2]]),
        ("1,2,3\n4,5,6\n", {"columns": [-1, 0]}, [[3, 1], [6, 4]]),
        (IRIS, {"columns": ["width", "length"]}, [[3.5, 5.1], [3.3, 6.3], [3.0, 4.9]]),
        (IRIS, {"converters": {"species": species}, "columns": [2]}, [[0], [1], [0]]),
        (IRIS, {"converters": {-1: species}}, [[5.1, 3.5, 0], [6.3, 3.3, 1], [4.9, 3.0, 0]]),
        ("1,\n,4\n", {"missing": -1.0}, [[1, -1], [-1, 4]]),
        ("1,inf\nnan,4\n", {"missing": math.nan}, [[1, math.inf], [math.nan, 4]]),
        ("a,b\n", {}, np.empty((0, 2))),
        (b"\xef\xbb\xbf1,2\n", {}, [[1, 2]]),
    ],
)
def test_the_numbers_of_a_table(tmp_path, text, options, expected):
    read = read_csv(write(tmp_path, text), **options)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, np.float32(expected))


def test_dtypes(tmp_path):
    path = write(tmp_path, f"{2**53 + 1},-{2**62}\n")
    assert read_csv(path, dtype="int64").tolist() == [[2**53 + 1, -(2**62)]]
    tg.set_default_dtype("float64")
    assert read_csv(path).dtype == np.float64
    tg.set_default_dtype("float32")


def test_long_tables_come_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_CHUNK", 7)
    for rows in (6, 7, 8, 30):
        expected = np.arange(rows * 2).reshape(rows, 2)
        path = write(tmp_path, "\n".join(f"{a},{b}" for a, b in expected))
        np.testing.assert_array_equal(read_csv(path, dtype=int), expected)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "it is empty"),
        ("\n\n", {}, "it is empty"),
        ("1,2\n3\n", {}, "line 2 has 1 cells, where the first one has 2"),
        ("a,b\n1,2,3\n", {}, "line 2 has 3 cells"),
        ("a,b\n1,x\n", {}, r"line 2, column 1 \('b'\): 'x' is no number; leave the column out"),
        ("1,2\n3,1_000\n", {}, "line 2, column 1: '1_000' is no number"),
        ("1,2\n3,\n", {}, "line 2, column 1 is empty; missing=math.nan"),
        ("1,2\n", {"columns": [2]}, "there is no column 2; there are 2"),
        ("1,2\n", {"columns": ["a"]}, "no names for its columns, so none is named 'a'"),
        ("a,b\n1,2\n", {"columns": ["c"]}, "there is no column 'c'; there are 'a', 'b'"),
        (
            IRIS,
            {"converters": {"species": ["setosa"].index}},
            r"line 3, column 2 \('species'\): the converter .*'virgi",
        ),
        ("1.5\n", {"dtype": int}, "line 1, column 0: 1.5 is no integer; use a floating dtype"),
        ("300\n", {"dtype": "uint8"}, "300"),
        (b"\xff\xfe1\x00", {}, "it is not in UTF-8, and must be: .* byte 0xff in position 0"),
        ("1,2\n3,é\n".encode("latin-1"), {}, "it is not in UTF-8, and must be: .* byte 0xe9"),
        ('1,"2\n', {}, "unexpected end of data"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=f"read_csv: .*table.csv': .*({message})"):
        read_csv(write(tmp_path, text), **options)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        read_csv(tmp_path / "none.csv")
