"""Rows of the op table: arithmetic."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

ROWS = [    Row("add", [normal(2, 3), normal(3)], np.add),
    Row("subtract", [normal(2, 1), normal(1, 3)], np.subtract),
    Row("multiply", [normal(2, 3), normal(3)], np.multiply),
    Row("divide", [normal(2, 3), positive(2, 1)], np.divide),
    Row("floor_divide", [np.array([[4.3, -4.4, 7.7], [0.4, -0.3, 5.2]]), np.array([1.5, 2.3, -3.1])], np.floor_divide),
    Row("remainder", [positive(3) * 3, positive(3)], np.remainder),
    Row("mod", [-positive(2, 3) * 3, positive(3)], np.mod),
    Row("fmod", [np.array([[4.3, -4.4, 7.7], [0.4, -0.3, 5.2]]), np.array([1.5, 2.3, -3.1])], np.fmod),
    Row("divmod", [np.array([[4.3, -4.4, 7.7], [0.4, -0.3, 5.2]]), np.array([1.5, 2.3, -3.1])], np.divmod),
    Row("power", [positive(2, 3), normal(3)], np.power),
    Row("power", [normal(3)], lambda x: x**2, lambda x: x**2, "square"),
    Row("power", [normal(3)], lambda x: x**3, lambda x: x**3, "cube"),
    Row("power", [positive(3)], lambda x: x**-1.5, lambda x: x**-1.5, "negative exponent"),
    Row("power", [normal(3)], lambda x: x**1, lambda x: x**1, "one"),
    Row("power", [normal(3)], lambda x: x**0, lambda x: x**0, "zero"),
    Row("power", [normal(3)], lambda y: 2.0**y, lambda y: 2.0**y, "of a number"),
    Row("negative", [normal(3)], np.negative),
    Row("positive", [normal(3)], np.positive),
    Row("absolute", [apart(4)], np.absolute),
    Row("abs", [apart(4)], np.abs),
    Row("fabs", [apart(4)], np.fabs),
]  # fmt: skip

TESTED_ELSEWHERE = {"float_power": "tests/ops/elementwise/test_arithmetic.py"}  # its results are always float64
