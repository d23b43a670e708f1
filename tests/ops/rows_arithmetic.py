"""Rows of the op table: arithmetic."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

ROWS = [    Row("add", [normal(2, 3), normal(3)], np.add),
    Row("subtract", [normal(2, 1), normal(1, 3)], np.subtract),
    Row("multiply", [normal(2, 3), normal(3)], np.multiply),
    Row("divide", [normal(2, 3), positive(2, 1)], np.divide),
    Row("remainder", [positive(3) * 3, positive(3)], np.remainder),
    Row("power", [positive(2, 3), normal(3)], np.power),
    Row("power", [normal(3)], lambda x: x**2, lambda x: x**2, "square"),
    Row("power", [normal(3)], lambda x: x**3, lambda x: x**3, "cube"),
    Row("power", [positive(3)], lambda x: x**-1.5, lambda x: x**-1.5, "negative exponent"),
    Row("power", [normal(3)], lambda x: x**1, lambda x: x**1, "one"),
    Row("power", [normal(3)], lambda x: x**0, lambda x: x**0, "zero"),
    Row("power", [normal(3)], lambda y: 2.0**y, lambda y: 2.0**y, "of a number"),
    Row("negative", [normal(3)], np.negative),
    Row("absolute", [apart(4)], np.absolute),
]  # fmt: skip

WITHOUT_GRADIENT = {"floor_divide": "piecewise constant"}
