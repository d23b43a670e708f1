"""Reductions, statistics and running values; norms stand with linear algebra, sorts with borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import Case

import tinygrad_fs as tg


def spread(g: Any, x: Any, axis: int | None = None) -> Any:
    """The gradient of a sum, in memory of its own."""
    if axis is None:
        return np.full(x.shape, g, g.dtype)
    return np.broadcast_to(np.expand_dims(g, axis), x.shape).copy()


def extremes(g: Any, y: Any, x: Any, axis: int) -> Any:
    chosen = x == np.expand_dims(y, axis)
    return chosen * np.expand_dims(g / chosen.sum(axis), axis)


def centred(x: Any, axis: int | None = None) -> Any:
    return x - x.mean(axis, keepdims=True)


def logsumexp(x: Any, axis: int) -> Any:
    top = x.max(axis, keepdims=True)
    return np.squeeze(top + np.log(np.exp(x - top).sum(axis, keepdims=True)), axis)


SUMS = [
    Case("sum", ["matrix"], np.sum, lambda g, y, x: spread(g, x)),
    Case("sum over rows", ["matrix"], lambda x: x.sum(0), lambda g, y, x: spread(g, x, 0), lambda x: tg.sum(x, 0)),
    Case("sum over columns", ["matrix"], lambda x: x.sum(1), lambda g, y, x: spread(g, x, 1), lambda x: tg.sum(x, 1)),
    Case(
        "sum where",
        ["matrix"],
        lambda x: np.sum(x, where=x > 0),
        lambda g, y, x: g * (x > 0),
        lambda x: tg.sum(x, where=x > 0),
    ),
    Case("mean", ["matrix"], np.mean, lambda g, y, x: spread(g / x.size, x)),
    Case(
        "mean over rows",
        ["matrix"],
        lambda x: x.mean(0),
        lambda g, y, x: spread(g / len(x), x, 0),
        lambda x: tg.mean(x, 0),
    ),
    Case("average", ["matrix"], np.average, lambda g, y, x: spread(g / x.size, x)),
    Case(
        "average by weights",
        ["matrix", "positive matrix"],
        lambda x, w: np.average(x, weights=w),
        lambda g, y, x, w: ((s := g / w.sum()) * w, s * (x - y)),
        lambda x, w: tg.average(x, weights=w),
    ),
    Case(
        "prod over columns",
        ["positive matrix"],
        lambda x: x.prod(1),
        lambda g, y, x: (g * y)[:, None] / x,
        lambda x: tg.prod(x, 1),
    ),
    Case("var", ["matrix"], np.var, lambda g, y, x: (g * 2 / x.size) * centred(x)),
    Case(
        "var over columns",
        ["matrix"],
        lambda x: x.var(1),
        lambda g, y, x: (g * 2 / x.shape[1])[:, None] * centred(x, 1),
        lambda x: tg.var(x, 1),
    ),
    Case(
        "var over rows",
        ["matrix"],
        lambda x: x.var(0),
        lambda g, y, x: (g * 2 / len(x)) * centred(x, 0),
        lambda x: tg.var(x, 0),
    ),
    Case("std", ["matrix"], np.std, lambda g, y, x: g / (x.size * y) * centred(x)),
    Case(
        "std over columns",
        ["matrix"],
        lambda x: x.std(1),
        lambda g, y, x: (g / (x.shape[1] * y))[:, None] * centred(x, 1),
        lambda x: tg.std(x, 1),
    ),
    Case(
        "logsumexp over columns",
        ["matrix"],
        lambda x: logsumexp(x, 1),
        lambda g, y, x: g[:, None] * np.exp(x - y[:, None]),
        lambda x: tg.logsumexp(x, 1),
    ),
    Case(
        "logsumexp over rows",
        ["matrix"],
        lambda x: logsumexp(x, 0),
        lambda g, y, x: g * np.exp(x - y),
        lambda x: tg.logsumexp(x, 0),
    ),
    Case(
        "trapezoid",
        ["matrix"],
        np.trapezoid,
        lambda g, y, x: _ends_halved(spread(g, x, 1)),
    ),
    Case(
        "trapezoid over places",
        ["vector", "vector"],
        np.trapezoid,
        lambda g, z, y, x: _trapezoid_gradients(g, y, x),
    ),
]

EXTREMES = [
    Case("max", ["matrix"], np.max, lambda g, y, x: (g / np.count_nonzero(m := x == y)) * m),
    Case(
        "max over columns", ["matrix"], lambda x: x.max(1), lambda g, y, x: extremes(g, y, x, 1), lambda x: tg.max(x, 1)
    ),
    Case("max over rows", ["matrix"], lambda x: x.max(0), lambda g, y, x: extremes(g, y, x, 0), lambda x: tg.max(x, 0)),
    Case(
        "min over columns", ["matrix"], lambda x: x.min(1), lambda g, y, x: extremes(g, y, x, 1), lambda x: tg.min(x, 1)
    ),
    Case(
        "ptp over columns",
        ["matrix"],
        lambda x: np.ptp(x, 1),
        lambda g, y, x: extremes(g, x.max(1), x, 1) - extremes(g, x.min(1), x, 1),
        lambda x: tg.ptp(x, 1),
    ),
]

SCANS = [
    Case("cumsum", ["vector"], np.cumsum, lambda g, y, x: np.cumsum(g[::-1])[::-1]),
    Case(
        "cumsum over rows",
        ["matrix"],
        lambda x: np.cumsum(x, 0),
        lambda g, y, x: np.cumsum(g[::-1], 0)[::-1],
        lambda x: tg.cumsum(x, 0),
    ),
    Case(
        "cumsum over columns",
        ["matrix"],
        lambda x: np.cumsum(x, 1),
        lambda g, y, x: np.cumsum(g[:, ::-1], 1)[:, ::-1],
        lambda x: tg.cumsum(x, 1),
    ),
    Case(
        "cumprod over columns",
        ["near one"],
        lambda x: np.cumprod(x, 1),
        lambda g, y, x: np.cumsum((g * y)[:, ::-1], 1)[:, ::-1] / x,
        lambda x: tg.cumprod(x, 1),
    ),
    Case(
        "logcumsumexp over columns",
        ["matrix"],
        lambda x: np.logaddexp.accumulate(x, 1),
        lambda g, y, x: np.exp(x) * np.cumsum((g * np.exp(-y))[:, ::-1], 1)[:, ::-1],
        lambda x: tg.logcumsumexp(x, 1),
    ),
    Case(
        "cummax",
        ["vector"],
        lambda x: x[_running_places(np.maximum, x)],
        lambda g, y, x, places: np.bincount(places, g, len(x)).astype(x.dtype),
        lambda x: tg.cummax(x).values,
        lambda x: (_running_places(np.maximum, x),),
    ),
    Case(
        "cummin",
        ["vector"],
        lambda x: x[_running_places(np.minimum, x)],
        lambda g, y, x, places: np.bincount(places, g, len(x)).astype(x.dtype),
        lambda x: tg.cummin(x).values,
        lambda x: (_running_places(np.minimum, x),),
    ),
    Case("diff", ["vector"], np.diff, lambda g, y, x: -np.diff(g, prepend=g[:1] * 0, append=g[:1] * 0)),
    Case(
        "diff over rows",
        ["matrix"],
        lambda x: np.diff(x, axis=0),
        lambda g, y, x: -np.diff(g, axis=0, prepend=g[:1] * 0, append=g[:1] * 0),
        lambda x: tg.diff(x, axis=0),
    ),
]

CASES = [*SUMS, *EXTREMES, *SCANS]


def _ends_halved(g: Any) -> Any:
    g[:, [0, -1]] *= 0.5
    return g


def _trapezoid_gradients(g: Any, y: Any, x: Any) -> Any:
    g = 0.5 * g
    widths, heights = g * np.diff(x), g * (y[1:] + y[:-1])
    dy, dx = np.zeros_like(y), np.zeros_like(x)
    dy[1:] += widths
    dy[:-1] += widths
    dx[1:] += heights
    dx[:-1] -= heights
    return dy, dx


def _running_places(ufunc: Any, x: Any) -> Any:
    running = ufunc.accumulate(x)
    is_new = np.concatenate([[True], running[1:] != running[:-1]])
    return np.maximum.accumulate(is_new * np.arange(len(x)))
