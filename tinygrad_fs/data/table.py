"""CSV files: tables of numbers."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import Array, DTypeLike, get_default_dtype

__all__ = ["read_csv"]

_CHUNK = 4096
"""Rows that are held as text at a time."""


def read_csv(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[int | str] | None = None,
    header: bool | None = None,
    delimiter: str = ",",
    converters: Mapping[int | str, Callable[[str], float]] | None = None,
    missing: float | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    r"""Read a table of numbers from a file of comma-separated values.

    Parameters
    ----------
    path : str or os.PathLike
        The file, in UTF-8. Cells may be quoted; empty lines are left out.
    columns : sequence of int or str, optional
        Which columns, by number (negative ones from the right) or by name, in which order; all if not given.
    header : bool, optional
        Whether the first line has the names. If not given, it has if one of its cells is no number.
    delimiter : str, default ","
        What stands between cells.
    converters : dict of int or str to callable, optional
        For columns of text: functions that make a number of a cell, as ``["setosa", "virginica"].index``.
    missing : float, optional
        What an empty cell stands for, as ``math.nan``; an error if not given.
    dtype : dtype, optional
        Of the result; the default dtype (float32) if not given.

    Returns
    -------
    ndarray, shape (rows, columns)

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a row has more or fewer cells than the others, a cell is no number, there is no such column, or the file is
        empty or not in UTF-8; the message names file, line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import tinygrad_fs as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "iris.csv")
    ...     _ = path.write_text("length,width,species\n5.1,3.5,setosa\n6.3,3.3,virginica\n", encoding="utf-8")
    ...     X = tg.data.read_csv(path, columns=["length", "width"])
    ...     y = tg.data.read_csv(path, columns=[-1], converters={-1: ["setosa", "virginica"].index}, dtype=int)[:, 0]
    >>> X, y
    (array([[5.1, 3.5],
           [6.3, 3.3]], dtype=float32), array([0, 1]))
    """
    wanted = np.dtype(get_default_dtype() if dtype is None else dtype)
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            rows = _rows(csv.reader(file, delimiter=delimiter, strict=True))
            first = next(rows, None)
            if first is None:
                raise ValueError("it is empty")
            names = first.cells if header or (header is None and not all(map(_is_number, first.cells))) else None
            table = _Table(first, names, columns, converters or {}, missing, wanted)
            return table.read(rows if names is not None else _again(first, rows))
        except UnicodeDecodeError as error:
            raise ValueError(f"read_csv: {os.fspath(path)!r}: it is not in UTF-8, and must be: {error}") from None
        except (ValueError, OverflowError, csv.Error) as error:
            raise ValueError(f"read_csv: {os.fspath(path)!r}: {error}") from None


class _Row(NamedTuple):
    line: int
    cells: list[str]


def _rows(reader: Any) -> Iterator[_Row]:
    return (_Row(reader.line_num, cells) for cells in reader if cells)


def _again(first: _Row, rows: Iterator[_Row]) -> Iterator[_Row]:
    yield first
    yield from rows


class _Table:
    """What is to be read of each row."""

    def __init__(
        self,
        first: _Row,
        names: list[str] | None,
        columns: Sequence[int | str] | None,
        converters: Mapping[int | str, Callable[[str], float]],
        missing: float | None,
        dtype: np.dtype[Any],
    ) -> None:
        self._width = len(first.cells)
        self._names = None if names is None else [name.strip() for name in names]
        self._columns = [self._place(each) for each in (range(self._width) if columns is None else columns)]
        functions = {self._place(column): function for column, function in converters.items()}
        self._functions = [functions.get(column, _number) for column in self._columns]
        self._missing = missing
        self._dtype = dtype

    def _place(self, column: int | str) -> int:
        """The number of a column."""
        if isinstance(column, str):
            if self._names is None:
                raise ValueError(f"it has no names for its columns, so none is named {column!r}; use a number")
            if column not in self._names:
                raise ValueError(f"there is no column {column!r}; there are {', '.join(map(repr, self._names))}")
            return self._names.index(column)
        if not -self._width <= column < self._width:
            raise ValueError(f"there is no column {column}; there are {self._width}")
        return column % self._width

    def read(self, rows: Iterable[_Row]) -> Array:
        """The numbers of all rows."""
        parts, values = [np.empty((0, len(self._columns)), self._dtype)], []
        for row in rows:
            values.append(self._values(row))
            if len(values) == _CHUNK:
                parts.append(np.array(values, self._dtype))
                values = []
        if values:
            parts.append(np.array(values, self._dtype))
        return np.concatenate(parts)

    def _values(self, row: _Row) -> list[float]:
        if len(row.cells) != self._width:
            raise ValueError(f"line {row.line} has {len(row.cells)} cells, where the first one has {self._width}")
        values = []
        for column, function in zip(self._columns, self._functions):
            cell = row.cells[column]
            if self._missing is not None and not cell.strip():
                values.append(self._missing)
                continue
            try:
                values.append(self._checked(function(cell)))
            except (ValueError, KeyError) as error:
                raise ValueError(self._cell_error(row.line, column, cell, function, error)) from None
        return values

    def _checked(self, value: float) -> float:
        if self._dtype.kind in "iu" and not float(value).is_integer():
            raise ValueError(f"{value} is no integer; use a floating dtype")
        return value

    def _cell_error(self, line: int, column: int, cell: str, function: Any, error: Exception) -> str:
        where = f"line {line}, column {column}" + ("" if self._names is None else f" ({self._names[column]!r})")
        if not cell.strip():
            return f"{where} is empty; missing=math.nan lets empty cells pass"
        if function is not _number:
            return f"{where}: the converter does not take {cell!r}: {error}"
        return f"{where}: {error}"


def _number(cell: str) -> float:
    try:
        value = float("nothing" if "_" in cell else cell)  # Python takes 1_000 for a number
    except ValueError:
        raise ValueError(
            f"{cell!r} is no number; leave the column out (columns=), or give it a function (converters=)"
        ) from None
    return int(cell) if abs(value) >= 2**53 and cell.strip().lstrip("+-").isdecimal() else value


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return not cell.strip()
    return True
