"""Rows of the op table: spread and weighted means."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg

ROWS = [
    Row("var", [normal(2, 3)], np.var, float32=2e-5),
    Row("var", [normal(2, 3)], lambda x: x.var(1, ddof=1), lambda x: tg.var(x, 1, ddof=1), "unbiased", float32=2e-5),
    Row("std", [normal(2, 3)], np.std, float32=2e-5),
    Row(
        "std",
        [normal(2, 3)],
        lambda x: x.std(1, ddof=1),
        lambda x: tg.std(x, 1, correction=1),
        "unbiased",
        float32=2e-5,
    ),
    Row(
        "std",
        [normal(2, 3, 2)],
        lambda x: x.std((0, 2), keepdims=True),
        lambda x: tg.std(x, (0, -1), keepdims=True),
        "axes",
        float32=2e-5,
    ),
    Row("ptp", [apart(2, 3)], np.ptp),
    Row("ptp", [apart(2, 3)], lambda x: np.ptp(x, 1, keepdims=True), lambda x: tg.ptp(x, 1, keepdims=True), "axis"),
    Row("average", [normal(2, 3)], np.average),
    Row("average", [normal(2, 3)], lambda x: np.average(x, 0), lambda x: tg.average(x, 0), "axis"),
    Row(
        "average",
        [normal(2, 3), positive(2, 3)],
        lambda x, w: np.average(x, 1, w, keepdims=True),
        lambda x, w: tg.average(x, 1, w, keepdims=True),
        "weights",
    ),
    Row(
        "average",
        [normal(2, 3, 2), positive(3)],
        lambda x, w: np.average(x, 1, w, returned=True),
        lambda x, w: tg.average(x, 1, w, returned=True),
        "weights of an axis",
    ),
]
