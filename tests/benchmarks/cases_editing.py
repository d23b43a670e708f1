"""Parts taken out, put in or repeated, and choices among several values."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from op_case import Case, put

import tinygrad_fs as tg

PAIR = ("vector", "vector")
TRIPLE = ("vector", "vector", "vector")


@functools.cache
def numbers(size: int) -> Any:
    """0, 1 or 2 at random."""
    return np.random.default_rng(1).integers(0, 3, size)


@functools.cache
def mask(size: int) -> Any:
    """True two times of three."""
    return numbers(size) > 0


def without(x: Any, *slices: Any) -> Any:
    """Drawn from zeros: where something was taken, its gradient."""
    result = np.zeros_like(x)
    for place, g in slices:
        result[place] = g
    return result


TAKEN = [
    Case(
        "delete", ["vector"], lambda x: np.delete(x, 7), lambda g, y, x: np.insert(g, 7, 0), lambda x: tg.delete(x, 7)
    ),
    Case(
        "delete rows",
        ["matrix"],
        lambda x: np.delete(x, [3, 50, 70], 0),
        lambda g, y, x: without(x, (np.delete(np.arange(len(x)), [3, 50, 70]), g)),
        lambda x: tg.delete(x, [3, 50, 70], 0),
    ),
    Case(
        "delete columns",
        ["matrix"],
        lambda x: np.delete(x, np.s_[3:9], 1),
        lambda g, y, x: without(x, (np.s_[:, :3], g[:, :3]), (np.s_[:, 9:], g[:, 3:])),
        lambda x: tg.delete(x, np.s_[3:9], 1),
    ),
    Case(
        "compress",
        ["vector"],
        lambda x: np.compress(mask(len(x)), x),
        lambda g, y, x: without(x, (mask(len(x)), g)),
        lambda x: tg.compress(mask(len(x)), x),
    ),
    Case(
        "extract",
        ["vector"],
        lambda x: np.extract(mask(len(x)), x),
        lambda g, y, x: without(x, (mask(len(x)), g)),
        lambda x: tg.extract(mask(len(x)), x),
    ),
    Case(
        "partition",
        ["matrix"],
        lambda x: np.take_along_axis(x, np.argpartition(x, 20, -1), -1),
        lambda g, y, x, places: put(x, places, g),
        lambda x: tg.partition(x, 20),
        lambda x: (np.argpartition(x, 20, -1),),
    ),
]

PUT = [
    Case(
        "insert",
        ["vector", lambda size, rng: rng.standard_normal(1)],
        lambda x, v: np.insert(x, 7, v),
        lambda g, y, x, v: (np.delete(g, 7), g[7:8].copy()),
        lambda x, v: tg.insert(x, 7, v),
    ),
    Case(
        "insert rows",
        ["matrix", "row"],
        lambda x, v: np.insert(x, [3, 50, 70], v, 0),
        lambda g, y, x, v: (np.delete(g, [3, 51, 72], 0), g[[3, 51, 72]].sum(0)),
        lambda x, v: tg.insert(x, [3, 50, 70], v, 0),
    ),
    Case(
        "resize",
        ["vector"],
        lambda x: np.resize(x, 3 * len(x) // 2),
        lambda g, y, x: _repeated(g, x),
        lambda x: tg.resize(x, 3 * x.size // 2),
    ),
]

CHOICES = [
    Case(
        "select",
        PAIR,
        lambda x, y: np.select([mask(len(x)), x > 0], [x, y], np.float32(0)),
        lambda g, s, x, y: (g * mask(len(x)), g * (~mask(len(x)) & (x > 0))),
        lambda x, y: tg.select([mask(x.size), x > 0], [x, y], 0.0),
    ),
    Case(
        "choose",
        TRIPLE,
        lambda x, y, z: np.choose(numbers(len(x)), [x, y, z]),
        lambda g, s, x, y, z: tuple([g * (numbers(len(x)) == i) for i in range(3)]),
        lambda x, y, z: tg.choose(numbers(x.size), [x, y, z]),
    ),
    Case(
        "piecewise",
        ["vector"],
        lambda x: np.piecewise(x, [x > 0], [np.square, np.negative]),
        lambda g, y, x: g * np.where(x > 0, 2 * x, -1),
        lambda x: tg.piecewise(x, [x > 0], [np.square, np.negative]),
    ),
]

RUNNING = [
    Case("cumulative_sum", ["vector"], np.cumsum, lambda g, y, x: np.cumsum(g[::-1])[::-1]),
    Case(
        "cumulative_prod over columns",
        ["near one"],
        lambda x: np.cumprod(x, axis=1),
        lambda g, y, x: np.cumsum((g * y)[:, ::-1], 1)[:, ::-1] / x,
        lambda x: tg.cumulative_prod(x, axis=1),
    ),
    Case("ediff1d", ["matrix"], np.ediff1d, lambda g, y, x: _of_differences(g, x)),
]

CASES = [*TAKEN, *PUT, *CHOICES, *RUNNING]


def _repeated(g: Any, x: Any) -> Any:
    result = g[: len(x)].copy()
    result[: len(g) - len(x)] += g[len(x) :]
    return result


def _of_differences(g: Any, x: Any) -> Any:
    result = np.zeros(x.size, x.dtype)
    result[1:] = g
    result[:-1] -= g
    return result.reshape(x.shape)
