"""Rows of the op table: copying."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [    Row("clone", [normal(3)], np.copy),
    Row("astype", [normal(3)], lambda x: x, lambda x: tg.astype(x, x.dtype)),
]  # fmt: skip
