"""Reading and writing by index: slices, masks, and arrays of numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from op_case import COLUMNS, Case

import tinygrad_fs as tg

WIDTH = 128


@lru_cache(maxsize=64)
def numbers(high: int, *shape: int) -> Any:
    """Random numbers below `high`; the same ones for the same question."""
    return np.random.default_rng(1).integers(0, high, shape)


@lru_cache(maxsize=64)
def order(*shape: int) -> Any:
    """A permutation along the last axis of each row."""
    return np.argsort(np.random.default_rng(1).random(shape), -1)


@lru_cache(maxsize=64)
def mask(*shape: int) -> Any:
    return np.random.default_rng(1).random(shape) < 0.5


@lru_cache(maxsize=8)
def windows(channels: int, size: int) -> tuple[Any, Any, Any]:
    """The index by which windows of 3 x 3 are read from images, as (channel, row, column)."""
    out = size - 2
    channel = np.repeat(np.arange(channels), 9)[:, None]
    row = np.tile(np.repeat(np.arange(3), 3), channels)[:, None] + np.repeat(np.arange(out), out)
    column = np.tile(np.arange(3), 3 * channels)[:, None] + np.tile(np.arange(out), out)
    return channel, row, column


def table(size: int, rng: np.random.Generator) -> Any:
    """A sixth as many rows as are read of it."""
    return rng.standard_normal((size // WIDTH // 6, WIDTH))


def few_images(size: int, rng: np.random.Generator) -> Any:
    """As many as give `size` columns of windows."""
    return rng.standard_normal((max(1, size // (9 * 8 * 12 * 12)), 8, 14, 14))


def all_but_ten(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((size // COLUMNS - 10, COLUMNS))


def words(x: Any) -> Any:
    return numbers(len(x), len(x) * 6)


def added(x: Any, index: Any, g: Any) -> Any:
    result = np.zeros_like(x)
    np.add.at(result, index, g)
    return result


def read(name: str, kind: Any, index: Any) -> Case:
    """Elements or slices that may repeat."""
    return Case(name, [kind], lambda x: x[index(x)], lambda g, y, x: added(x, index(x), g), lambda x: x[index(x)])


def once(name: str, kind: Any, index: Any, view: bool = False) -> Case:
    """Elements or slices of which none repeats."""

    def derivative(g: Any, y: Any, x: Any) -> Any:
        result = np.zeros_like(x)
        result[index(x)] = g
        return result

    timed = ("backward",) if view else ("forward", "backward")
    return Case(name, [kind], lambda x: x[index(x)], derivative, lambda x: x[index(x)], timed=timed)


def written(x: Any, index: Any, v: Any) -> Any:
    result = x.copy()
    result[index] = v
    return result


def lines(x: Any, index: Any) -> Any:
    return np.arange(len(index))[:, None], index


CASES = [
    once("slice", "matrix", lambda x: np.s_[10:-10, 5:-5], view=True),
    once("slice with a step", "matrix", lambda x: np.s_[::2, ::-1], view=True),
    once("one row", "matrix", lambda x: len(x) // 2, view=True),
    once("mask", "vector", lambda x: mask(*x.shape)),
    once("mask of rows", "matrix", lambda x: mask(len(x))),
    once("mask of a matrix", "matrix", lambda x: mask(*x.shape)),
    read("numbers in a vector", "vector", lambda x: numbers(x.size, x.size)),
    read("numbers in a short vector", "row", lambda x: numbers(x.size, 100_000)),
    read("rows", "matrix", lambda x: numbers(len(x), len(x))),
    read("rows that repeat", table, words),
    read("columns", "matrix", lambda x: (slice(None), numbers(COLUMNS, COLUMNS))),
    read("pairs of numbers", "square", lambda x: (numbers(len(x), x.size), numbers(len(x) - 1, x.size))),
    read("windows of images", few_images, lambda x: (slice(None), *windows(*x.shape[1:3]))),
    Case(
        "take",
        ["vector"],
        lambda x: x.take(numbers(x.size, x.size)),
        lambda g, y, x: added(x, numbers(x.size, x.size), g),
        lambda x: tg.take(x, numbers(x.size, x.size)),
    ),
    Case(
        "take along an axis",
        ["matrix"],
        lambda x: x.take(numbers(COLUMNS, COLUMNS), 1),
        lambda g, y, x: added(x, (slice(None), numbers(COLUMNS, COLUMNS)), g),
        lambda x: tg.take(x, numbers(COLUMNS, COLUMNS), 1),
    ),
    Case(
        "take_along_axis",
        ["matrix"],
        lambda x: np.take_along_axis(x, numbers(COLUMNS, *x.shape), 1),
        lambda g, y, x: added(x, lines(x, numbers(COLUMNS, *x.shape)), g),
        lambda x: tg.take_along_axis(x, numbers(COLUMNS, *x.shape), 1),
    ),
    Case(
        "gather",
        ["matrix"],
        lambda x: np.take_along_axis(x, numbers(COLUMNS, *x.shape), 1),
        lambda g, y, x: added(x, lines(x, numbers(COLUMNS, *x.shape)), g),
        lambda x: tg.gather(x, 1, numbers(COLUMNS, *x.shape)),
    ),
    Case(
        "put_along_axis",
        ["matrix", "matrix"],
        lambda x, v: written(x, lines(x, order(*x.shape)), v),
        lambda g, y, x, v: _of_scatter(g, order(*x.shape)),
        lambda x, v: tg.put_along_axis(x, order(*x.shape), v, 1),
    ),
    Case(
        "scatter",
        ["matrix", "matrix"],
        lambda x, v: written(x, lines(x, order(*x.shape)[:, :100]), v[:, :100]),
        lambda g, y, x, v: _of_scatter(g, order(*x.shape)[:, :100]),
        lambda x, v: tg.scatter(x, 1, order(*x.shape)[:, :100], v),
    ),
    Case(
        "scatter_add",
        ["matrix", "matrix"],
        lambda x, v: x + added(x, lines(x, numbers(COLUMNS, *x.shape)), v),
        lambda g, y, x, v: (g.copy(), np.take_along_axis(g, numbers(COLUMNS, *x.shape), 1)),
        lambda x, v: tg.scatter_add(x, 1, numbers(COLUMNS, *x.shape), v),
    ),
    Case(
        "index_add",
        ["matrix", "matrix"],
        lambda x, v: x + added(x, numbers(len(x), len(x)), v),
        lambda g, y, x, v: (g.copy(), g[numbers(len(x), len(x))]),
        lambda x, v: tg.index_add(x, 0, numbers(len(x), len(x)), v),
    ),
    Case(
        "bincount",
        ["vector"],
        lambda w: np.bincount(numbers(1000, len(w)), w).astype(w.dtype),
        lambda g, y, w: g[numbers(1000, len(w))],
        lambda w: tg.bincount(numbers(1000, w.size), w),
    ),
    Case(
        "index_put",
        ["matrix", "matrix"],
        lambda x, v: written(x, mask(len(x)), v[: mask(len(x)).sum()]),
        lambda g, y, x, v: _of_put(g, mask(len(x))),
        lambda x, v: tg.index_put(x, mask(len(x)), v[: mask(len(x)).sum()]),
    ),
    Case(
        "index_put, adding",
        ["matrix", "matrix"],
        lambda x, v: x + added(x, numbers(len(x), len(x)), v),
        lambda g, y, x, v: (g.copy(), g[numbers(len(x), len(x))]),
        lambda x, v: tg.index_put(x, numbers(len(x), len(x)), v, True),
    ),
    Case(
        "masked_fill",
        ["matrix"],
        lambda x: np.where(mask(*x.shape), np.float32(-1), x),
        lambda g, y, x: g * ~mask(*x.shape),
        lambda x: tg.masked_fill(x, mask(*x.shape), -1.0),
    ),
    Case(
        "masked_select",
        ["matrix"],
        lambda x: x[mask(*x.shape)],
        lambda g, y, x: written(np.zeros_like(x), mask(*x.shape), g),
        lambda x: tg.masked_select(x, mask(*x.shape)),
    ),
    Case(
        "embedding",
        [table],
        lambda w: w[words(w)],
        lambda g, y, w: added(w, words(w), g),
        lambda w: tg.embedding(words(w), w),
    ),
    Case(
        "embedding with padding",
        [table],
        lambda w: w[words(w)],
        lambda g, y, w: _without_first(added(w, words(w), g)),
        lambda w: tg.embedding(words(w), w, padding_idx=0),
    ),
    Case(
        "write a slice",
        ["matrix", all_but_ten],
        lambda x, v: written(x, np.s_[10:], v),
        lambda g, y, x, v: _of_slice(g),
        lambda x, v: _assigned(x, v),
    ),
]


def _of_scatter(g: Any, index: Any) -> Any:
    for_x, for_v = g.copy(), np.zeros_like(g)
    np.put_along_axis(for_x, index, 0, 1)
    for_v[:, : index.shape[1]] = np.take_along_axis(g, index, 1)
    return for_x, for_v


def _of_put(g: Any, rows: Any) -> Any:
    for_x, for_v = g.copy(), np.zeros_like(g)
    for_x[rows] = 0
    for_v[: rows.sum()] = g[rows]
    return for_x, for_v


def _of_slice(g: Any) -> Any:
    for_x, for_v = g.copy(), g[10:].copy()
    for_x[10:] = 0
    return for_x, for_v


def _without_first(g: Any) -> Any:
    g[0] = 0
    return g


def _assigned(x: Any, v: Any) -> Any:
    result = x.clone()
    result[10:] = v
    return result
