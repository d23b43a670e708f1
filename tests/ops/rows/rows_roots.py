"""Rows of the op table: squares, roots and reciprocals."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

ROWS = [    Row("square", [normal(3)], np.square),
    Row("sqrt", [positive(3)], np.sqrt),
    Row("cbrt", [apart(4)], np.cbrt),
    Row("reciprocal", [apart(4)], np.reciprocal),
    Row("rsqrt", [positive(3)], lambda x: 1 / np.sqrt(x)),
]  # fmt: skip
