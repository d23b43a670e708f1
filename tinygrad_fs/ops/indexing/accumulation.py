"""Adding by index, in place, where an index may occur several times: what reading by index needs in backward."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from tinygrad_fs.ops.indexing.positions import Positions, names_nothing_twice, without_mask

# Milliseconds for the sums that `np.add.at(into, index, values)`, PyTorch's backward of indexing and `add_at` take, in
# float32 and on one thread:
#   50,000 rows of 128 added to 8,000                              42, 6, 8
#   50,000 rows of 8 added to 8,000                                5, 1.1, 1.1
#   X[:, k, i, j] of im2col, 3 x 3, of 32 x 16 x 30 x 30           29, 32, 4
#   1,000,000 random positions in 1000 x 1000                      21, 13, 5
#   1,000,000 random positions in a vector of as many              2.5, 8, 3

_FEW = 512
"""Up to this size the time goes into the calls, and one does it."""

_BLOCK = 1 << 18
"""So many elements are gathered at a time: they fit into the cache."""

_CHUNK_BYTES = 1 << 18
"""So much of narrow rows is gone through column by column at a time, for the same reason."""

_NARROW, _SORTING = 24, 100_000
"""Rows are sorted where they have more than so many elements beyond so many each; else they are added by columns."""

_LONG = 1024
"""From this size on a row is worth an addition of its own."""

_PAIRS = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}
"""Two numbers as one: a sum of complex numbers is that of their parts."""


def add_at(into: Any, index: Any, values: Any) -> None:
    """``into[index] += values``, where an index that occurs several times counts each time.

    `np.add.at` is quick in one case, a vector at positions: 1 to 3 ns per element. More axes take it 10 and more. So
    an index becomes rows of a table here: narrow ones are added as vectors, a column at a time, and wide ones are
    sorted, so that all copies of a row can be summed before it is written to.
    """
    if names_nothing_twice(index):
        target, places = without_mask(into, index)
        target[places] += values
        return
    if not values.size:
        return
    if values.size <= _FEW and into.dtype != np.float16:
        np.add.at(into, index, values)
        return
    positions = Positions.of(index, into.shape)
    view = positions.turned(into)
    rows, size = positions.flat.ravel(), positions.size
    dtype = _dtype_of_sums(into.dtype, rows.size // size)
    row = math.prod(view.shape[view.ndim - positions.trail :])
    count = math.prod(view.shape[: positions.lead])
    if count > 1 and rows.size * row < _BLOCK:  # short tables as one
        rows, size, count = (np.arange(count)[:, None] * size + rows).ravel(), count * size, 1
    tables = view.reshape(count, size, row)
    direct = dtype == into.dtype and np.may_share_memory(tables, into)
    if not direct:
        if dtype == into.dtype and values.size * 8 < view.size:
            np.add.at(into, index, values)  # few elements of an array whose memory is no table
            return
        tables = np.zeros_like(into, shape=tables.shape, dtype=dtype, order="C")
    for table, its_values in zip(tables, values.astype(dtype, order="C", copy=False).reshape(count, -1, row)):
        _add_rows(table, rows, its_values)
    if not direct:
        view += tables.reshape(view.shape)


def _dtype_of_sums(dtype: Any, many: int) -> Any:
    """The dtype to add up in: sums of float16, and long ones of float32, would lose digits in their own."""
    if dtype == np.float16:
        return np.dtype(np.float32)
    return np.dtype(np.float64) if dtype == np.float32 and many >= 1024 else dtype


def _add_rows(table: Any, rows: Any, values: Any) -> None:
    """Add each row of `values` to the row of `table` with the given number."""
    width = table.shape[1]
    if width >= _LONG:
        for number, those in zip(rows.tolist(), values):
            table[number] += those
    elif rows.size * (width - _NARROW) > _SORTING:
        _add_sorted(table, rows, values)
    elif width % 2 == 0 and table.dtype in _PAIRS and table.flags.c_contiguous:
        # Half as many additions, each of which takes as long.
        pair = _PAIRS[table.dtype]
        _add_columns(table.view(pair), rows, values.view(pair))
    else:
        _add_columns(table, rows, values)


def _add_columns(table: Any, rows: Any, values: Any) -> None:
    width = table.shape[1]
    step = rows.size if width == 1 else max(1, _CHUNK_BYTES // (width * table.itemsize))
    for i in range(0, rows.size, step):
        for column in range(width):
            np.add.at(table[:, column], rows[i : i + step], values[i : i + step, column])


def _add_sorted(table: Any, rows: Any, values: Any) -> None:
    """Sum the copies of each row, and add the sums. Those with equally many copies are summed in one call."""
    width = values.shape[1]
    order, numbers = _sorted(rows)
    cuts = _cuts(numbers)
    by_count, counts = _sorted(cuts[1:] - cuts[:-1])
    first = cuts[by_count]
    numbers = numbers[first]
    ends = counts.cumsum()
    starts = ends - counts
    order = order.take(np.repeat(first - starts, counts) + np.arange(rows.size))
    for i, j in itertools.pairwise(_cuts(starts * width // _BLOCK).tolist()):
        copies = values.take(order[starts[i] : ends[j - 1]], axis=0)
        sums = np.empty_like(copies, shape=(j - i, width))
        begin = 0
        for k, m in itertools.pairwise(_cuts(counts[i:j]).tolist()):
            count = int(counts[i + k])
            end = begin + (m - k) * count
            _sum_copies(copies[begin:end].reshape(m - k, count, width), sums[k:m])
            begin = end
        table[numbers[i:j]] += sums


def _sorted(numbers: Any) -> tuple[Any, Any]:
    """A stable order of numbers from 0 on, and the numbers in it: sorted as pairs, in a tenth of argsort's time."""
    bits = numbers.size.bit_length()
    pairs = (numbers << bits) | np.arange(numbers.size)
    pairs.sort()
    return pairs & ((1 << bits) - 1), pairs >> bits


def _cuts(numbers: Any) -> Any:
    """Where runs of equal numbers begin, and where the last one ends."""
    changes = np.flatnonzero(numbers[1:] != numbers[:-1])
    cuts = np.zeros(changes.size + 2, np.intp)
    np.add(changes, 1, out=cuts[1:-1])
    cuts[-1] = numbers.size
    return cuts


def _sum_copies(copies: Any, out: Any) -> None:
    """Sum over the axis in the middle."""
    dtype = _dtype_of_sums(copies.dtype, copies.shape[1])
    if dtype == copies.dtype:
        np.einsum("kcr->kr", copies, out=out)  # NumPy's sum is up to ten times slower, with its short inner loops
    else:
        out[...] = np.add.reduce(copies, axis=1, dtype=dtype)
