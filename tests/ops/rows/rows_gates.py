"""Rows of the op table: rectifiers and gates."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg


def logistic(x):
    return 1 / (1 + np.exp(-x))


ROWS = [
    Row("prelu", [apart(2, 3, 2), positive(3)], lambda x, w: np.where(x > 0, x, w[:, None] * x)),
    Row("prelu", [apart(4), positive(1)], lambda x, w: np.where(x > 0, x, w * x), None, "one slope"),
    Row("celu", [apart(5)], lambda x: np.where(x > 0, x, 0.7 * np.expm1(x / 0.7)), lambda x: tg.celu(x, 0.7)),
    Row("softsign", [apart(5)], lambda x: x / (1 + abs(x))),
    Row("hardtanh", [apart(6)], lambda x: np.clip(x, -0.5, 0.6), lambda x: tg.hardtanh(x, -0.5, 0.6)),
    Row("relu6", [apart(6) * 8], lambda x: np.clip(x, 0, 6)),
    Row("hardswish", [apart(6) * 5], lambda x: x * np.clip(x + 3, 0, 6) / 6),
    Row("silu", [normal(5)], lambda x: x * logistic(x)),
    Row("mish", [normal(5)], lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    Row("log_sigmoid", [normal(5)], lambda x: np.log(logistic(x))),
    Row("softmin", [normal(2, 3)], lambda x: np.exp(-x) / np.exp(-x).sum(-1, keepdims=True)),
    Row("glu", [normal(2, 4)], lambda x: x[:, :2] * logistic(x[:, 2:])),
    Row("glu", [normal(4, 3)], lambda x: x[:2] * logistic(x[2:]), lambda x: tg.glu(x, 0), "axis"),
]
