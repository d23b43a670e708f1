"""Losses, normalisations and the like."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import COLUMNS, Case, softmax

import tinygrad_fs as tg

LABELS = np.random.default_rng(2).integers(0, COLUMNS, 400)


def normalized(x: Any) -> tuple[Any, Any]:
    centered = x - x.mean(-1, keepdims=True)
    scale = 1 / np.sqrt((centered * centered).mean(-1, keepdims=True) + 1e-5)
    return centered * scale, scale


def layer_norm_gradient(g: Any, y: Any, x: Any) -> Any:
    n, scale = normalized(x)
    return scale * (g - g.mean(-1, keepdims=True) - n * (g * n).mean(-1, keepdims=True))


CASES = [
    Case("mse_loss", ["vector", "vector"], lambda x, y: ((d := x - y) * d).mean(), lambda g, z, x, y: _mse(g, x, y)),
    Case(
        "cross_entropy",
        ["matrix"],
        lambda x: -_log_softmax_at(x).mean(),
        lambda g, y, x: _cross_entropy(g, x),
        lambda x: tg.cross_entropy(x, LABELS[: len(x)] if len(x) <= len(LABELS) else np.resize(LABELS, len(x))),
    ),
    Case(
        "layer_norm",
        ["matrix"],
        lambda x: normalized(x)[0],
        layer_norm_gradient,
        lambda x: tg.layer_norm(x, (COLUMNS,)),
    ),
]


def _mse(g: Any, x: Any, y: Any) -> Any:
    d = (g * 2 / x.size) * (x - y)
    return d, -d


def _log_softmax_at(x: Any) -> Any:
    d = x - x.max(1, keepdims=True)
    return d[np.arange(len(x)), np.resize(LABELS, len(x))] - np.log(np.exp(d).sum(1))


def _cross_entropy(g: Any, x: Any) -> Any:
    p = softmax(x)
    p[np.arange(len(x)), np.resize(LABELS, len(x))] -= 1
    return p * (g / len(x))
