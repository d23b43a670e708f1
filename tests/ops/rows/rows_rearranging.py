"""Rows of the op table: rearranging."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [
    Row("flip", [normal(2, 3)], np.flip),
    Row("flip", [normal(2, 3, 2)], lambda x: np.flip(x, (0, -1)), lambda x: tg.flip(x, (0, -1)), "axes"),
    Row("fliplr", [normal(2, 3)], np.fliplr),
    Row("flipud", [normal(2, 3)], np.flipud),
    *[
        Row("rot90", [normal(2, 3, 2)],
            lambda x, k=k: np.rot90(x, k, (2, 1)), lambda x, k=k: tg.rot90(x, k, (2, 1)), f"{k} times")
        for k in (-1, 0, 1, 2, 3, 4)
    ],
    Row("roll", [normal(2, 3)], lambda x: np.roll(x, 2), lambda x: tg.roll(x, 2)),
    Row("roll", [normal(2, 3)], lambda x: np.roll(x, -4, 1), lambda x: tg.roll(x, -4, 1), "axis"),
    Row("roll", [normal(2, 3)], lambda x: np.roll(x, (1, 2), (0, 1)), lambda x: tg.roll(x, (1, 2), (0, 1)), "axes"),
    Row("roll", [normal(3)], lambda x: np.roll(x, (1, 1), (0, 0)), lambda x: tg.roll(x, [1, 1], [0, 0]), "twice"),
    Row("repeat", [normal(2, 3)], lambda x: np.repeat(x, 2), lambda x: tg.repeat(x, 2)),
    Row("repeat", [normal(2, 3)], lambda x: np.repeat(x, 3, -1), lambda x: tg.repeat(x, 3, -1), "axis"),
    Row("repeat", [normal(2, 3)], lambda x: np.repeat(x, 20, 0), lambda x: tg.repeat(x, 20, 0), "often"),
    Row("repeat", [normal(2, 3)],
        lambda x: np.repeat(x, [2, 0, 1], 1), lambda x: tg.repeat(x, [2, 0, 1], 1), "each on its own"),
    Row("repeat", [normal(2, 3)], lambda x: np.repeat(x, [2], 0), lambda x: tg.repeat(x, [2], 0), "one in a list"),
    Row("tile", [normal(2, 3)], lambda x: np.tile(x, 2), lambda x: tg.tile(x, 2)),
    Row("tile", [normal(2, 3)], lambda x: np.tile(x, (2, 3)), lambda x: tg.tile(x, (2, 3)), "axes"),
    Row("tile", [normal(3)], lambda x: np.tile(x, (2, 1, 2)), lambda x: tg.tile(x, (2, 1, 2)), "new axes"),
    Row("tile", [normal(2)], lambda x: np.tile(x, 20), lambda x: tg.tile(x, 20), "often"),
    Row("tile", [normal(2)], lambda x: np.tile(x, (1, 1)), lambda x: tg.tile(x, (1, 1)), "once"),
]  # fmt: skip
