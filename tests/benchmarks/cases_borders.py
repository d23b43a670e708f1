"""Borders around arrays, and values in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import COLUMNS, Case, put

import tinygrad_fs as tg

BEST = 10
WIDTHS = ((0, 0), (2, 2))


def without_ties(size: int, rng: np.random.Generator) -> Any:
    """Equal values could come in another order."""
    rows = size // COLUMNS
    return rng.permutation(rows * COLUMNS).reshape(rows, COLUMNS)


def own(mode: str, left: Any, right: Any) -> Case:
    """A border of own values along the rows, two wide; from where its parts are taken."""

    def derivative(g: Any, y: Any, x: Any) -> Any:
        result = g[:, 2:-2].copy()
        result[:, left] += g[:, :2]
        result[:, right] += g[:, -2:]
        return result

    return Case(
        f"pad by {mode}",
        ["matrix"],
        lambda x: np.pad(x, WIDTHS, mode),
        derivative,
        lambda x: tg.pad(x, WIDTHS, mode),
    )


def edge(g: Any, y: Any, x: Any) -> Any:
    result = g[:, 2:-2].copy()
    result[:, 0] += g[:, :2].sum(1)
    result[:, -1] += g[:, -2:].sum(1)
    return result


def best(x: Any) -> Any:
    places = np.argpartition(x, -BEST, -1)[:, -BEST:]
    order = np.argsort(np.take_along_axis(x, places, -1), -1)[:, ::-1]
    return np.take_along_axis(places, order, -1)


CASES = [
    Case("pad", ["matrix"], lambda x: np.pad(x, 2), lambda g, y, x: g[2:-2, 2:-2].copy(), lambda x: tg.pad(x, 2)),
    Case(
        "pad images",
        ["images"],
        lambda x: np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))),
        lambda g, y, x: g[..., 1:-1, 1:-1].copy(),
        lambda x: tg.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))),
    ),
    own("reflect", slice(2, 0, -1), slice(-2, -4, -1)),
    own("symmetric", slice(1, None, -1), slice(-1, -3, -1)),
    own("wrap", slice(-2, None), slice(0, 2)),
    Case("pad by edge", ["matrix"], lambda x: np.pad(x, WIDTHS, "edge"), edge, lambda x: tg.pad(x, WIDTHS, "edge")),
    Case(
        "pad images by reflect",
        ["images"],
        lambda x: np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), "reflect"),
        lambda g, y, x: _reflected(g),
        lambda x: tg.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), "reflect"),
    ),
    Case(
        "topk",
        ["matrix"],
        lambda x: np.take_along_axis(x, best(x), -1),
        lambda g, y, x, places: put(x, places, g),
        lambda x: tg.topk(x, BEST).values,
        keep=lambda x: (best(x),),
    ),
    Case(
        "sort along columns",
        [without_ties],
        lambda x: np.take_along_axis(x, np.argsort(x, 0), 0),
        lambda g, y, x, places: put(x, places, g, 0),
        lambda x: tg.sort(x, 0),
        keep=lambda x: (np.argsort(x, 0),),
    ),
]


def _reflected(g: Any) -> Any:
    rows = g[:, :, 1:-1].copy()
    rows[:, :, 1] += g[:, :, 0]
    rows[:, :, -2] += g[:, :, -1]
    result = rows[..., 1:-1].copy()
    result[..., 1] += rows[..., 0]
    result[..., -2] += rows[..., -1]
    return result
