"""Rows of the op table: trigonometric functions."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

INSIDE = np.array([-0.9, -0.3, 0.2, 0.7])

ROWS = [    Row("sin", [normal(3)], np.sin),
    Row("cos", [normal(3)], np.cos),
    Row("tan", [apart(3)], np.tan),
    Row("arcsin", [INSIDE], np.arcsin),
    Row("arccos", [INSIDE], np.arccos),
    Row("arctan", [normal(3)], np.arctan),
    Row("arctan2", [normal(2, 3), positive(3)], np.arctan2),
    Row("arctan2", [apart(3), -positive(2, 1)], np.arctan2, None, "behind"),
    Row("hypot", [normal(2, 3), positive(3)], np.hypot),
    Row("deg2rad", [normal(3)], np.deg2rad),
    Row("rad2deg", [normal(3)], np.rad2deg),
    Row("radians", [normal(3)], np.radians),
    Row("degrees", [normal(3)], np.degrees),
    Row("sinc", [np.array([[-2.3, -0.31, 0.12], [0.7, 1.4, 3.3]])], np.sinc),
    Row("sinc", [np.array([0.0, 1e-9, -1e-4, 0.02])], np.sinc, None, "near 0"),
]  # fmt: skip
