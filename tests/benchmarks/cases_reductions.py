"""Reductions and scans, and what is normalised by them."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import Case, softmax, spread

import tinygrad_fs as tg


def extremes(g: Any, y: Any, x: Any) -> Any:
    chosen = x == y[:, None]
    return np.where(chosen, (g / chosen.sum(1))[:, None], 0)


CASES = [
    Case("sum", ["matrix"], np.sum, lambda g, y, x: spread(g, x)),
    Case("sum over rows", ["matrix"], lambda x: x.sum(0), lambda g, y, x: spread(g, x, 0), lambda x: tg.sum(x, 0)),
    Case("sum over columns", ["matrix"], lambda x: x.sum(1), lambda g, y, x: spread(g, x, 1), lambda x: tg.sum(x, 1)),
    Case("mean", ["matrix"], np.mean, lambda g, y, x: spread(g / x.size, x)),
    Case("var", ["matrix"], np.var, lambda g, y, x: g * 2 / x.size * (x - x.mean())),
    Case("std", ["matrix"], np.std, lambda g, y, x: g / (x.size * y) * (x - x.mean())),
    Case("max", ["matrix"], lambda x: x.max(1), extremes, lambda x: tg.max(x, 1)),
    Case("min", ["matrix"], lambda x: x.min(1), extremes, lambda x: tg.min(x, 1)),
    Case(
        "logsumexp",
        ["matrix"],
        lambda x: (m := x.max(1)) + np.log(np.exp(x - m[:, None]).sum(1)),
        lambda g, y, x: g[:, None] * np.exp(x - y[:, None]),
        lambda x: tg.logsumexp(x, 1),
    ),
    Case("norm", ["vector"], np.linalg.norm, lambda g, y, x: g / y * x, lambda x: tg.linalg.norm(x)),
    Case("cumsum", ["vector"], np.cumsum, lambda g, y, x: np.cumsum(g[::-1])[::-1]),
    Case("softmax", ["matrix"], softmax, lambda g, y, x: y * (g - (g * y).sum(-1, keepdims=True))),
    Case(
        "log_softmax",
        ["matrix"],
        lambda x: (d := x - x.max(-1, keepdims=True)) - np.log(np.exp(d).sum(-1, keepdims=True)),
        lambda g, y, x: g - np.exp(y) * g.sum(-1, keepdims=True),
    ),
    Case(
        "sort",
        ["matrix"],
        lambda x: np.take_along_axis(x, np.argsort(x, -1), -1),
        lambda g, y, x: np.take_along_axis(g, np.argsort(np.argsort(x, -1), -1), -1),
    ),
]
