"""Rows of the op table: hyperbolic functions."""

from __future__ import annotations

import numpy as np
from table import Row, normal, positive

ROWS = [    Row("sinh", [normal(3)], np.sinh),
    Row("cosh", [normal(3)], np.cosh),
    Row("arcsinh", [normal(3)], np.arcsinh),
    Row("arccosh", [positive(3) + 1], np.arccosh),
    Row("arctanh", [np.array([-0.9, -0.3, 0.2, 0.7])], np.arctanh),
]  # fmt: skip
