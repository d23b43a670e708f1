"""Rows of the op table: the error function."""

from __future__ import annotations

import math

import numpy as np
from table import Row, normal

ROWS = [    Row("erf", [normal(2, 3)], np.vectorize(math.erf)),
    Row("erfc", [normal(2, 3)], np.vectorize(math.erfc)),
]  # fmt: skip
