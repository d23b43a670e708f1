"""What moves, joins, pads and picks elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import Case

import tinygrad_fs as tg

ROWS = np.random.default_rng(1).integers(0, 400, 400)


def added_rows(shape: tuple[int, ...], rows: Any, g: Any) -> Any:
    result = np.zeros(shape, g.dtype)
    np.add.at(result, rows, g)
    return result


CASES = [
    Case(
        "concatenate",
        ["matrix", "matrix"],
        lambda x, y: np.concatenate([x, y]),
        lambda g, z, x, y: (g[: len(x)].copy(), g[len(x) :].copy()),
        lambda x, y: tg.concatenate([x, y]),
    ),
    Case(
        "stack",
        ["matrix", "matrix"],
        lambda x, y: np.stack([x, y]),
        lambda g, z, x, y: (g[0].copy(), g[1].copy()),
        lambda x, y: tg.stack([x, y]),
    ),
    Case("pad", ["matrix"], lambda x: np.pad(x, 2), lambda g, y, x: g[2:-2, 2:-2].copy(), lambda x: tg.pad(x, 2)),
    Case(
        "pad by reflection",
        ["matrix"],
        lambda x: np.pad(x, ((0, 0), (2, 2)), mode="reflect"),
        lambda g, y, x: _reflected(g),
        lambda x: tg.pad(x, ((0, 0), (2, 2)), mode="reflect"),
    ),
    Case(
        "repeat",
        ["matrix"],
        lambda x: np.repeat(x, 2, 1),
        lambda g, y, x: g.reshape(*x.shape, 2).sum(-1),
        lambda x: tg.repeat(x, 2, 1),
    ),
    Case(
        "tile",
        ["matrix"],
        lambda x: np.tile(x, 2),
        lambda g, y, x: g.reshape(len(x), 2, -1).sum(1),
        lambda x: tg.tile(x, 2),
    ),
    Case("roll", ["vector"], lambda x: np.roll(x, 5), lambda g, y, x: np.roll(g, -5), lambda x: tg.roll(x, 5)),
    Case("tril", ["square"], np.tril, lambda g, y, x: np.tril(g)),
    Case(
        "rows by number",
        ["matrix"],
        lambda x: x[ROWS % len(x)],
        lambda g, y, x: added_rows(x.shape, ROWS % len(x), g),
        lambda x: x[ROWS % len(x)],
    ),
    Case("mask", ["vector"], lambda x: x[x > 0], lambda g, y, x: _masked(g, x), lambda x: x[x > 0]),
]


def _reflected(g: Any) -> Any:
    result = g[:, 2:-2].copy()
    result[:, 1:3] += g[:, 1::-1]
    result[:, -3:-1] += g[:, :-3:-1]
    return result


def _masked(g: Any, x: Any) -> Any:
    result = np.zeros_like(x)
    result[x > 0] = g
    return result
