"""Rows of the op table: cumulative ops, differences."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg
from tinygrad_fs.ops.reductions.cumulative import Recurrence


def with_zeros(*places: int) -> np.ndarray:
    x = positive(2, 5)
    x[0, list(places)] = 0.0
    return x


def logcumsumexp(x: np.ndarray, axis: int) -> np.ndarray:
    return np.log(np.cumsum(np.exp(x), axis))


def recurrence(b: np.ndarray, a: np.ndarray) -> np.ndarray:
    y = b.copy()
    for i in range(1, b.shape[1]):
        y[:, i] += a[:, i] * y[:, i - 1]
    return y


LONG = 75  # long enough that the recurrence is halved, twice, with a value left over each time

ROWS = [
    Row("cumsum", [normal(2, 3)], np.cumsum, note="flat"),
    Row("cumsum", [normal(2, 3)], lambda x: np.cumsum(x, 0), lambda x: tg.cumsum(x, 0)),
    Row("cumsum", [normal(2, 3)], lambda x: np.cumsum(x, -1), lambda x: tg.cumsum(x, -1), "last axis"),
    Row("cumprod", [normal(2, 3)], np.cumprod, note="flat"),
    Row("cumprod", [normal(4, 3)], lambda x: np.cumprod(x, 0), lambda x: tg.cumprod(x, 0)),
    Row("cumprod", [with_zeros(1)], lambda x: np.cumprod(x, 1), lambda x: tg.cumprod(x, 1), "one zero"),
    Row("cumprod", [with_zeros(1, 3)], lambda x: np.cumprod(x, 1), lambda x: tg.cumprod(x, 1), "two zeros"),
    Row(
        "cumprod",
        [normal(2, LONG), normal(2, LONG)],
        recurrence,
        lambda b, a: Recurrence.apply(b, a, axis=1),
        "its recurrence",
    ),
    Row("logcumsumexp", [normal(2, 3)], lambda x: logcumsumexp(x, 0), lambda x: tg.logcumsumexp(x, 0)),
    Row("logcumsumexp", [normal(2, 3)], lambda x: logcumsumexp(x.ravel(), 0), note="flat"),
    Row("cummax", [apart(2, 4)], lambda x: np.maximum.accumulate(x, 1), lambda x: tg.cummax(x, 1).values),
    Row("cummax", [apart(2, 4)], lambda x: np.maximum.accumulate(x.ravel()), lambda x: tg.cummax(x)[0], "flat"),
    Row("cummin", [apart(2, 4)], lambda x: np.minimum.accumulate(x, 0), lambda x: tg.cummin(x, 0).values),
    Row("diff", [normal(2, 4)], np.diff),
    Row("diff", [normal(4, 2)], lambda x: np.diff(x, 2, 0), lambda x: tg.diff(x, 2, 0), "twice"),
    Row("diff", [normal(2, 4)], lambda x: np.diff(x, 0), lambda x: tg.diff(x, 0), "not at all"),
    Row(
        "diff",
        [normal(2, 4), normal(2, 1)],
        lambda x, y: np.diff(x, prepend=1.5, append=y),
        lambda x, y: tg.diff(x, prepend=1.5, append=y),
        "ends",
    ),
    Row("trapezoid", [normal(2, 4)], np.trapezoid),
    Row(
        "trapezoid",
        [normal(4, 2)],
        lambda y: np.trapezoid(y, dx=0.3, axis=0),
        lambda y: tg.trapezoid(y, dx=0.3, axis=0),
        "dx",
    ),
    Row(
        "trapezoid",
        [normal(3, 4, 2), normal(4)],
        lambda y, x: np.trapezoid(y, x, axis=1),
        lambda y, x: tg.trapezoid(y, x, axis=1),
        "places",
    ),
    Row("trapezoid", [normal(3, 4), normal(3, 4)], np.trapezoid, note="places of each"),
]
