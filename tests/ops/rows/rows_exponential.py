"""Rows of the op table: exponentials and logarithms."""

from __future__ import annotations

import numpy as np
from table import Row, normal, positive

import tinygrad_fs as tg

ROWS = [    Row("exp", [normal(3)], np.exp),
    Row("exp2", [normal(3)], np.exp2),
    Row("expm1", [normal(3)], np.expm1),
    Row("log", [positive(3)], np.log),
    Row("log2", [positive(3)], np.log2),
    Row("log10", [positive(3)], np.log10),
    Row("log1p", [positive(3)], np.log1p),
    Row("logaddexp", [normal(2, 3), normal(3)], np.logaddexp),
    Row("logaddexp", [normal(3)], lambda x: np.logaddexp(x, 0.5), lambda x: tg.logaddexp(x, 0.5), "number"),
    Row("logaddexp", [normal(3)], lambda x: np.logaddexp(x, x), lambda x: tg.logaddexp(x, x), "with itself"),
    Row("logaddexp2", [normal(2, 1), normal(3)], np.logaddexp2),
    Row("xlogy", [normal(2, 3), positive(3)], lambda x, y: x * np.log(y)),
    Row("xlogy", [positive(3)], lambda y: 2.5 * np.log(y), lambda y: tg.xlogy(2.5, y), "number"),
    Row("xlogy", [normal(3)], lambda x: x * np.log(2.5), lambda x: tg.xlogy(x, 2.5), "of a number"),
]  # fmt: skip
