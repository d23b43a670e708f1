"""Rows of the op table: choices."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal

import tinygrad_fs as tg

MASK = np.array([True, False, True])

ROWS = [    Row("where", [normal(2, 3), normal(3)],
        lambda x, y: np.where(MASK, x, y), lambda x, y: tg.where(MASK, x, y)),
    Row("where", [normal(2, 1)], lambda x: np.where(MASK, x, 0), lambda x: tg.where(MASK, x, 0), "number"),
    Row("maximum", [apart(2, 3), apart(3) + 0.03], np.maximum),
    Row("minimum", [apart(2, 3), apart(3) + 0.03], np.minimum),
    Row("maximum", [apart(3)], lambda x: np.maximum(0.01, x), lambda x: tg.maximum(0.01, x), "number"),
    Row("fmax", [apart(2, 3), apart(3) + 0.03], np.fmax),
    Row("fmin", [apart(2, 3), apart(3) + 0.03], np.fmin),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, -0.5, 0.5), lambda x: tg.clip(x, -0.5, 0.5)),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, None, 0.5), lambda x: tg.clip(x, a_max=0.5), "one bound"),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, -0.5, 0.5), lambda x: tg.clip(x, min=-0.5, max=0.5), "min and max"),
    Row("clip", [apart(2, 3), np.full(3, -0.5), np.full(1, 0.5)], np.clip, None, "bounds with gradient"),
    Row("clip", [apart(2, 3), np.full(3, 0.5), np.full(1, -0.52)], np.clip, None, "crossed bounds"),
    Row("lerp", [normal(2, 3), normal(3), normal(2, 1)], lambda x, y, w: x + w * (y - x)),
    Row("lerp", [normal(3), normal(3)], lambda x, y: x + 0.7 * (y - x), lambda x, y: tg.lerp(x, y, 0.7), "number"),
    Row("nan_to_num", [normal(2, 3)], np.nan_to_num),
]  # fmt: skip
