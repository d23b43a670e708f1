"""Rows of the op table: activation."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal

import tinygrad_fs as tg
from tinygrad_fs.ops.elementwise.activation import SELU_ALPHA, SELU_SCALE


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


ROWS = [    Row("tanh", [normal(3)], np.tanh),
    Row("sigmoid", [normal(4)], lambda x: 1 / (1 + np.exp(-x))),
    Row("softplus", [normal(4)], lambda x: np.log1p(np.exp(x))),
    Row("relu", [apart(4)], lambda x: np.maximum(x, 0)),
    Row("leaky_relu", [apart(4)], lambda x: np.where(x > 0, x, 0.2 * x), lambda x: tg.leaky_relu(x, 0.2)),
    Row("elu", [apart(4)], lambda x: np.where(x > 0, x, 0.7 * np.expm1(x)), lambda x: tg.elu(x, 0.7)),
    Row("selu", [apart(4)], lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x))),
    Row("softmax", [normal(2, 3)], softmax),
    Row("softmax", [normal(2, 3)], lambda x: softmax(x, 0), lambda x: tg.softmax(x, axis=0), "axis"),
    Row("softmax", [normal()], softmax, note="0-d"),
    Row("log_softmax", [normal(2, 3)], lambda x: np.log(softmax(x))),
    Row("log_softmax", [normal()], lambda x: np.log(softmax(x)), note="0-d"),
]  # fmt: skip
