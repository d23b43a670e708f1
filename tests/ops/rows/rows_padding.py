"""Rows of the op table: borders."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [
    Row("pad", [normal(2, 3)], lambda x: np.pad(x, ((1, 0), (0, 2))), lambda x: tg.pad(x, ((1, 0), (0, 2)))),
    Row("pad", [normal(3)],
        lambda x: np.pad(x, (1, 2), constant_values=7), lambda x: tg.pad(x, (1, 2), constant_values=7), "value"),
    Row("pad", [normal(2, 3)],
        lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4))),
        lambda x: tg.pad(x, 1, constant_values=((1, 2), (3, 4))), "values"),
    Row("pad", [normal(2, 3)],
        lambda x: np.pad(x, ((0, 0), (1, 2))), lambda x: tg.pad(x, {-1: (1, 2)}), "some axes"),
    *[
        Row("pad", [normal(3, 4)], lambda x, m=m: np.pad(x, 2, m), lambda x, m=m: tg.pad(x, 2, m), m)
        for m in ("edge", "reflect", "symmetric", "wrap")
    ],
    *[
        Row("pad", [normal(2, 3, 2)],
            lambda x, m=m: np.pad(x, ((5, 0), (0, 0), (1, 7)), m),
            lambda x, m=m: tg.pad(x, ((5, 0), (0, 0), (1, 7)), m), f"{m} wider than the tensor")
        for m in ("edge", "reflect", "symmetric", "wrap")
    ],
    *[
        Row("pad", [normal(3, 4)],
            lambda x, m=m: np.pad(x, ((2, 1), (0, 3)), m), lambda x, m=m: tg.pad(x, ((2, 1), (0, 3)), m), m)
        for m in ("maximum", "mean", "median", "minimum", "linear_ramp")
    ],
    *[
        Row("pad", [normal(4, 3)],
            lambda x, m=m: np.pad(x, 2, m, stat_length=((2, 1), (3, 9))),
            lambda x, m=m: tg.pad(x, 2, m, stat_length=((2, 1), (3, 9))), f"{m} of some")
        for m in ("maximum", "mean", "median", "minimum")
    ],
    Row("pad", [normal(2, 3)],
        lambda x: np.pad(x, (1, 3), "linear_ramp", end_values=((1, 2), (-1, 0.5))),
        lambda x: tg.pad(x, (1, 3), "linear_ramp", end_values=((1, 2), (-1, 0.5))), "linear_ramp to values"),
    Row("pad", [normal(2, 3)], lambda x: np.pad(x, 1), lambda x: tg.pad(x, 1, "empty"), "empty"),
]  # fmt: skip
