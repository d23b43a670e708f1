"""Rows of the op table: floats taken apart, and phases."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal

import tinygrad_fs as tg

EXPONENTS = np.array([[3], [-1]])
ANGLES = np.array([[0.0, 2.0, 4.5, -1.0, 1.0], [0.1, 3.0, -2.7, -2.0, 9.0]])

ROWS = [
    Row("copysign", [apart(2, 3), apart(3)], np.copysign),
    Row("copysign", [apart(4)], lambda x: np.copysign(x, -1.0), lambda x: tg.copysign(x, -1.0), "number"),
    Row("modf", [normal(5) * 3], np.modf),
    Row("frexp", [apart(5) * 5], lambda x: np.frexp(x)[0], lambda x: tg.frexp(x)[0]),
    Row("ldexp", [normal(3)], lambda x: np.ldexp(x, EXPONENTS), lambda x: tg.ldexp(x, EXPONENTS)),
    Row("ldexp", [normal(2, 3)], lambda x: np.ldexp(x, -2), lambda x: tg.ldexp(x, -2), "number"),
    Row("nextafter", [normal(2, 3), normal(3)], np.nextafter),
    Row("unwrap", [ANGLES], np.unwrap),
    Row(
        "unwrap",
        [ANGLES.T],
        lambda x: np.unwrap(x, 3.0, axis=0, period=4.0),
        lambda x: tg.unwrap(x, 3.0, axis=0, period=4.0),
        "period",
    ),
]
