"""Rows of the op table: rounding. The inputs keep away from the steps."""

from __future__ import annotations

import numpy as np
from table import Row, apart

import tinygrad_fs as tg

VALUES = np.array([[-2.7, -1.2, -0.3], [0.4, 1.3, 2.6]])

ROWS = [    Row("ceil", [VALUES], np.ceil),
    Row("floor", [VALUES], np.floor),
    Row("rint", [VALUES], np.rint),
    Row("round", [VALUES], np.round),
    Row("round", [VALUES * 1.234], lambda x: np.round(x, 1), lambda x: tg.round(x, 1), "decimals"),
    Row("round", [VALUES * 123.4], lambda x: np.round(x, -2), lambda x: tg.round(x, decimals=-2), "hundreds"),
    Row("sign", [VALUES], np.sign),
    Row("trunc", [VALUES], np.trunc),
    Row("heaviside", [VALUES, apart(3)], np.heaviside),
]  # fmt: skip
