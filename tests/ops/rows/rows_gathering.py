"""Rows of the op table: reading and writing by arrays of indices or masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

TESTED_ELSEWHERE = {"one_hot": "tests/ops/indexing/test_gathering.py"}

ORDER = np.array([[2, 0, 0, 1], [1, 1, 2, 0]])
PLACES = np.array([[2, 0], [1, 2]])  # no place twice: the last of two would win
MASK = np.array([[True, False, True], [False, False, True]])


def written(x: Any, index: Any, values: Any) -> Any:
    """`x` after ``x[index] = values``."""
    result = x.copy()
    result[index] = values
    return result


def added(x: Any, index: Any, values: Any) -> Any:
    """`x` after ``x[index] += values``, where repeated indices add up."""
    result = x.copy()
    np.add.at(result, index, values)
    return result


def put(x: Any, indices: Any, values: Any, axis: Any) -> Any:
    """`x` after NumPy's function of that name, which works in place."""
    result = x.copy()
    np.put_along_axis(result, indices, values, axis)
    return result


ROWS = [
    Row("take", [normal(2, 3)], lambda x: np.take(x, [4, -1, 4]), lambda x: tg.take(x, [4, -1, 4])),
    Row("take", [normal(2, 3)], lambda x: np.take(x, [[2, 2], [0, 2]], -1), lambda x: tg.take(x, [[2, 2], [0, 2]], -1),
        "axis"),
    Row("take", [normal(2, 3)], lambda x: np.take(x, 1, 0), lambda x: tg.take(x, 1, 0), "one"),
    *[
        Row("take", [normal(3)],
            lambda x, m=m: np.take(x, [-4, 7, 1], mode=m), lambda x, m=m: tg.take(x, [-4, 7, 1], mode=m), m)
        for m in ("wrap", "clip")
    ],
    Row("take_along_axis", [normal(2, 3)],
        lambda x: np.take_along_axis(x, ORDER, 1), lambda x: tg.take_along_axis(x, ORDER, 1)),
    Row("take_along_axis", [normal(2, 3)],
        lambda x: np.take_along_axis(x, ORDER[:1, :3] % 2, 0), lambda x: tg.take_along_axis(x, ORDER[:1, :3] % 2, 0),
        "first axis"),
    Row("take_along_axis", [normal(2, 3)],
        lambda x: np.take_along_axis(x, ORDER[:1], -1), lambda x: tg.take_along_axis(x, ORDER[:1]), "broadcast"),
    Row("take_along_axis", [normal(2, 3)],
        lambda x: np.take_along_axis(x, np.array([5, 5]), None), lambda x: tg.take_along_axis(x, [5, 5], None), "flat"),
    Row("put_along_axis", [normal(2, 3), normal(2, 2)],
        lambda x, v: put(x, PLACES, v, 1), lambda x, v: tg.put_along_axis(x, PLACES, v, 1)),
    Row("put_along_axis", [normal(2, 3), normal(2, 1)],
        lambda x, v: put(x, PLACES, v, -1), lambda x, v: tg.put_along_axis(x, PLACES, v), "broadcast"),
    Row("put_along_axis", [normal(2, 3)],
        lambda x: put(x, np.array([4, 1]), 7.0, None), lambda x: tg.put_along_axis(x, [4, 1], 7.0, None), "flat"),
    Row("gather", [normal(3, 4)],
        lambda x: np.take_along_axis(x[:2], ORDER, 1), lambda x: tg.gather(x, 1, ORDER)),
    Row("gather", [normal(3, 5)],
        lambda x: np.take_along_axis(x[:, :4], ORDER, 0), lambda x: tg.gather(x, -2, ORDER), "first axis"),
    Row("scatter", [normal(3, 3), normal(2, 2)],
        lambda x, v: written(x, ([[0], [1]], PLACES), v), lambda x, v: tg.scatter(x, 1, PLACES, v)),
    Row("scatter", [normal(3, 3), normal(3, 2)],
        lambda x, v: written(x, (PLACES, [[0, 1]]), v[:2]), lambda x, v: tg.scatter(x, 0, PLACES, v), "longer src"),
    Row("scatter", [normal(2, 3)],
        lambda x: written(x, ([[0], [1]], PLACES), 2.0), lambda x: tg.scatter(x, 1, PLACES, 2.0), "number"),
    Row("scatter_add", [normal(3, 3), normal(2, 4)],
        lambda x, v: added(x, ([[0], [1]], ORDER), v), lambda x, v: tg.scatter_add(x, 1, ORDER, v)),
    Row("scatter_add", [normal(3, 5), normal(3, 5)],
        lambda x, v: added(x, (ORDER, [[0, 1, 2, 3]]), v[:2, :4]), lambda x, v: tg.scatter_add(x, 0, ORDER, v),
        "longer src"),
    Row("scatter_add", [normal(2, 3)],
        lambda x: added(x, ([[0], [1]], ORDER), 2.0), lambda x: tg.scatter_add(x, 1, ORDER, 2.0), "number"),
    Row("index_add", [normal(3, 2), normal(4, 2)],
        lambda x, v: added(x, [2, 0, 2, -1], v), lambda x, v: tg.index_add(x, 0, [2, 0, 2, -1], v)),
    Row("index_add", [normal(2, 3), normal(2, 2)],
        lambda x, v: added(x, (slice(None), [1, 1]), -2 * v), lambda x, v: tg.index_add(x, -1, [1, 1], v, alpha=-2),
        "alpha"),
    Row("index_put", [normal(2, 3), normal(2)],
        lambda x, v: written(x, ([0, 1], [2, 0]), v), lambda x, v: tg.index_put(x, ([0, 1], [2, 0]), v)),
    Row("index_put", [normal(2, 3), normal(1)],
        lambda x, v: written(x, MASK, v), lambda x, v: tg.index_put(x, MASK, v), "mask"),
    Row("index_put", [normal(3, 2), normal(2)],
        lambda x, v: added(x, [0, 0, 2], v), lambda x, v: tg.index_put(x, [0, 0, 2], v, accumulate=True), "accumulate"),
    Row("index_put", [normal(3, 2), normal()],
        lambda x, v: added(x, np.s_[1:], v), lambda x, v: tg.index_put(x, np.s_[1:], v, True), "accumulate a slice"),
    Row("masked_fill", [normal(2, 3)], lambda x: np.where(MASK, -1.5, x), lambda x: tg.masked_fill(x, MASK, -1.5)),
    Row("masked_fill", [normal(2, 3), normal()],
        lambda x, v: np.where(MASK[1], v, x), lambda x, v: tg.masked_fill(x, MASK[1], v), "recorded value"),
    Row("masked_select", [normal(2, 3)], lambda x: x[MASK], lambda x: tg.masked_select(x, MASK)),
    Row("masked_select", [normal(3)],
        lambda x: np.stack([x, x])[MASK], lambda x: tg.masked_select(x, MASK), "broadcast"),
    Row("embedding", [normal(3, 2)], lambda w: w[ORDER], lambda w: tg.embedding(ORDER, w)),
    Row("embedding", [normal(3)], lambda w: w[[1, 1]], lambda w: tg.embedding([1, 1], w, padding_idx=0), "padding"),
]  # fmt: skip
