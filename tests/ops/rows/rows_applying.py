"""Rows of the op table: the user's function along axes, and blocks."""

from __future__ import annotations

import numpy as np
from table import Row, normal, positive

import tinygrad_fs as tg


def crossed(line, by=1.0):
    return np.outer(line[:2], line) * by


def in_blocks(library):
    return lambda a, b, c: library.block([[a, b], [np.ones_like(a), c]])


ROWS = [
    Row(
        "apply_along_axis",
        [normal(2, 3, 4)],
        lambda x: np.apply_along_axis(lambda v: v @ v, 1, x),
        lambda x: tg.apply_along_axis(lambda v: v @ v, 1, x),
    ),
    Row(
        "apply_along_axis",
        [normal(2, 3)],
        lambda x: np.apply_along_axis(crossed, 0, x, by=2.0),
        lambda x: tg.apply_along_axis(crossed, 0, x, by=2.0),
        "matrices",
    ),
    Row(
        "apply_along_axis",
        [normal(3)],
        lambda x: np.apply_along_axis(np.cumsum, -1, x),
        lambda x: tg.apply_along_axis(np.cumsum, -1, x),
        "one line",
    ),
    Row(
        "apply_over_axes",
        [positive(2, 3, 4)],
        lambda x: np.apply_over_axes(np.prod, x, [0, -1]),
        lambda x: tg.apply_over_axes(np.prod, x, [0, -1]),
    ),
    Row(
        "apply_over_axes",
        [normal(2, 3)],
        lambda x: np.apply_over_axes(np.cumsum, x, 1),
        lambda x: tg.apply_over_axes(np.cumsum, x, 1),
        "the same shape",
    ),
    Row("block", [normal(2, 3), normal(2, 1), normal(2, 1)], in_blocks(np), in_blocks(tg)),
    Row("block", [normal(3), normal()], lambda x, y: np.block([x, y]), lambda x, y: tg.block([x, y]), "vectors"),
    Row(
        "block",
        [normal(2, 2, 2), normal(2)],
        lambda x, y: np.block([[[x, x]], [[y * np.ones_like(x), x]]]),
        lambda x, y: tg.block([[[x, x]], [[y * np.ones_like(x), x]]]),
        "three deep",
    ),
    Row("block", [normal(2)], np.block, tg.block, "no list"),
]
