"""Order statistics, and whatever leaves out what is not a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import COLUMNS, Case, put

import tinygrad_fs as tg


def gaps(size: int, rng: np.random.Generator) -> np.ndarray:
    """A matrix in which every twentieth value is missing."""
    values = rng.standard_normal((size // COLUMNS, COLUMNS))
    return np.where(rng.random(values.shape) < 0.05, np.nan, values)


ORDERS = [
    Case(
        "median over columns",
        ["matrix"],
        lambda x: _middle(x)[0],
        lambda g, y, x, places: put(x, places, np.repeat(0.5 * g[:, None], 2, 1)),
        lambda x: tg.median(x, 1),
        lambda x: (_middle(x)[1],),
    ),
    Case(
        "quantile",
        ["vector"],
        lambda x: _quantile(x)[0],
        lambda g, y, x, place, t: put(x, place, g * np.array([1 - t, t])),
        lambda x: tg.quantile(x, 0.3),
        lambda x: _quantile(x)[1:],
    ),
    Case(
        "quantile by weights",
        ["vector"],
        lambda x: x[_by_weight(x)],
        lambda g, y, x, place: put(x, np.array([place]), g),
        lambda x: tg.quantile(x, 0.3, weights=np.ones(len(x)), method="inverted_cdf"),
        lambda x: (_by_weight(x),),
    ),
]

MISSING = [
    Case("nansum", ["matrix"], np.nansum, lambda g, y, x: g * (x == x)),
    Case("nansum with gaps", [gaps], np.nansum, lambda g, y, x: g * (x == x), tg.nansum),
    Case("nanmean", ["matrix"], np.nanmean, lambda g, y, x: (g / np.count_nonzero(n := x == x)) * n),
    Case(
        "nanmean with gaps",
        [gaps],
        np.nanmean,
        lambda g, y, x: (g / np.count_nonzero(n := x == x)) * n,
        tg.nanmean,
    ),
    Case(
        "nanprod over columns",
        [lambda size, rng: 1 + 0.01 * gaps(size, rng)],
        lambda x: np.nanprod(x, 1),
        lambda g, y, x: _filled((g * y)[:, None] / x),
        lambda x: tg.nanprod(x, 1),
    ),
    Case("nanvar", ["matrix"], np.nanvar, lambda g, y, x: (g * 2 / x.size) * (x - x.mean())),
    Case("nanvar with gaps", [gaps], np.nanvar, lambda g, y, x: _filled((g * 2 / _n(x)) * (x - np.nanmean(x)))),
    Case(
        "nanstd over columns",
        [gaps],
        lambda x: np.nanstd(x, 1),
        lambda g, y, x: _filled((g / (_n(x, 1) * y))[:, None].astype(x.dtype) * (x - np.nanmean(x, 1, keepdims=True))),
        lambda x: tg.nanstd(x, 1),
    ),
    Case("nanmax", [gaps], np.nanmax, lambda g, y, x: g * (x == y)),
    Case(
        "nanmin over columns",
        [gaps],
        lambda x: np.nanmin(x, 1),
        lambda g, y, x: g[:, None] * (x == y[:, None]),
        lambda x: tg.nanmin(x, 1),
    ),
    Case("nancumsum", [gaps], np.nancumsum, lambda g, y, x: np.cumsum(g[::-1])[::-1].reshape(x.shape) * (x == x)),
    Case(
        "nancumprod over columns",
        [lambda size, rng: 1 + 0.01 * gaps(size, rng)],
        lambda x: np.nancumprod(x, 1),
        lambda g, y, x: _filled(np.cumsum((g * y)[:, ::-1], 1)[:, ::-1] / x),
        lambda x: tg.nancumprod(x, 1),
    ),
    Case(
        "nanmedian",
        [gaps],
        np.nanmedian,
        lambda g, y, x, places: put(x.ravel(), places, np.repeat(0.5 * g, 2)).reshape(x.shape),
        keep=lambda x: (_middle_of_numbers(x),),
    ),
    Case(
        "nanquantile over rows",
        [gaps],
        lambda x: np.nanquantile(x, 0.3, axis=0),
        lambda g, y, x, places, t: put(x, places, np.stack([g * (1 - t), g * t]), 0),
        lambda x: tg.nanquantile(x, 0.3, axis=0),
        lambda x: _quantile_of_numbers(x),
    ),
]

CASES = [*ORDERS, *MISSING]


def _n(x: Any, axis: int | None = None) -> Any:
    return np.count_nonzero(x == x, axis)


def _filled(x: Any) -> Any:
    x[x != x] = 0
    return x


def _by_weight(x: Any) -> Any:
    order = np.argsort(x)
    heights = np.cumsum(np.ones(len(x))[order])
    return order[np.searchsorted(heights, 0.3 * heights[-1])]


def _middle_of_numbers(x: Any) -> Any:
    n = _n(x)
    ranks = np.array([(n - 1) // 2, n // 2])
    return np.argpartition(x, ranks, None)[ranks]


def _quantile_of_numbers(x: Any) -> Any:
    ranks = 0.3 * (_n(x, 0) - 1)
    below = ranks.astype(int)
    order = np.argsort(x, 0)
    return np.take_along_axis(order, np.stack([below, below + 1]), 0), (ranks - below).astype(x.dtype)


def _middle(x: Any) -> Any:
    """The median of an even number of values in each row, and where the two stand that it is the mean of."""
    half = x.shape[1] // 2
    places = np.argpartition(x, (half - 1, half), 1)[:, half - 1 : half + 1]
    return np.take_along_axis(x, places, 1).mean(1), places


def _quantile(x: Any) -> Any:
    rank = 0.3 * (len(x) - 1)
    below = int(rank)
    places = np.argpartition(x, (below, below + 1))[below : below + 2]
    t = rank - below
    return x[places[0]] * (1 - t) + x[places[1]] * t, places, t
