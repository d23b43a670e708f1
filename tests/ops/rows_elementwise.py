"""Rows of the op table: elementwise."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg

MASK = np.array([True, False, True])

ROWS = [    Row("exp", [normal(3)], np.exp),
    Row("expm1", [normal(3)], np.expm1),
    Row("log", [positive(3)], np.log),
    Row("log1p", [positive(3)], np.log1p),
    Row("sqrt", [positive(3)], np.sqrt),
    Row("square", [normal(3)], np.square),
    Row("where", [normal(2, 3), normal(3)], lambda x, y: np.where(MASK, x, y), lambda x, y: tg.where(MASK, x, y)),
    Row("where", [normal(2, 1)], lambda x: np.where(MASK, x, 0), lambda x: tg.where(MASK, x, 0), "number"),
    Row("maximum", [apart(2, 3), apart(3) + 0.03], np.maximum),
    Row("minimum", [apart(2, 3), apart(3) + 0.03], np.minimum),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, -0.5, 0.5), lambda x: tg.clip(x, -0.5, 0.5)),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, None, 0.5), lambda x: tg.clip(x, a_max=0.5), "one bound"),
    Row("clip", [apart(2, 3), np.full(3, -0.5), np.full(1, 0.5)], np.clip, None, "bounds with gradient"),
    Row("clip", [apart(2, 3), np.full(3, 0.5), np.full(1, -0.52)], np.clip, None, "crossed bounds"),
]  # fmt: skip

WITHOUT_GRADIENT = {"sign": "piecewise constant"}
