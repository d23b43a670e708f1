"""Rows of the op table: reduction."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal

import tinygrad_fs as tg

ROWS = [    Row("sum", [normal(2, 3)], np.sum),
    Row("sum", [normal(2, 3, 2)], lambda x: x.sum((0, -1)), lambda x: tg.sum(x, axis=(0, -1)), "axes"),
    Row("sum", [normal(2, 3)], lambda x: x.sum(1, keepdims=True), lambda x: tg.sum(x, 1, True), "keepdims"),
    Row("sum", [normal(2, 3)], lambda x: x.sum(axis=()), lambda x: tg.sum(x, axis=()), "no axis"),
    Row("mean", [normal(2, 3)], np.mean),
    Row("mean", [normal(2, 3)], lambda x: x.mean(0), lambda x: tg.mean(x, axis=0), "axis"),
    Row("mean", [normal(2, 3)], lambda x: x.mean(axis=()), lambda x: tg.mean(x, axis=()), "no axis"),
    Row("var", [normal(2, 3)], np.var, float32=2e-5),
    Row("var", [normal(2, 3)], lambda x: x.var(1, ddof=1), lambda x: tg.var(x, 1, ddof=1), "unbiased", float32=2e-5),
    Row("max", [apart(2, 3)], np.max),
    Row("max", [apart(2, 3)], lambda x: x.max(-1), lambda x: tg.max(x, axis=-1), "axis"),
    Row("max", [apart(2, 3)], lambda x: x.max((0, 1), keepdims=True), lambda x: tg.max(x, (0, 1), True), "keepdims"),
    Row("min", [apart(2, 3)], np.min),
    Row("min", [apart(2, 3)], lambda x: x.min(0), lambda x: tg.min(x, axis=0), "axis"),
]  # fmt: skip
