"""Rows of the op table: reduction."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg

MASK = np.array([[True, False, True], [True, True, False]])


def with_zeros(count: int) -> np.ndarray:
    x = positive(2, 4)
    x[0, 1 : 1 + count] = 0.0
    return x


def logsumexp(x: np.ndarray, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    return np.log(np.exp(x).sum(axis, keepdims=keepdims))


ROWS = [
    Row("sum", [normal(2, 3)], np.sum),
    Row("sum", [normal(2, 3, 2)], lambda x: x.sum((0, -1)), lambda x: tg.sum(x, axis=(0, -1)), "axes"),
    Row("sum", [normal(2, 3)], lambda x: x.sum(1, keepdims=True), lambda x: tg.sum(x, 1, keepdims=True), "keepdims"),
    Row("sum", [normal(2, 3)], lambda x: x.sum(axis=()), lambda x: tg.sum(x, axis=()), "no axis"),
    Row(
        "sum",
        [normal(2, 3)],
        lambda x: x.sum(1, initial=2.0, where=MASK),
        lambda x: tg.sum(x, 1, initial=2.0, where=MASK),
        "where",
    ),
    Row("prod", [normal(2, 3)], np.prod),
    Row("prod", [normal(2, 3)], lambda x: x.prod(0), lambda x: tg.prod(x, axis=0), "axis"),
    Row("prod", [normal(2, 3, 2)], lambda x: x.prod((0, 2)), lambda x: tg.prod(x, (0, -1)), "axes"),
    Row(
        "prod",
        [normal(2, 3)],
        lambda x: x.prod((0, 1), keepdims=True),
        lambda x: tg.prod(x, (1, 0), keepdims=True),
        "keepdims",
    ),
    Row("prod", [normal(2, 3)], lambda x: x.prod(axis=()), lambda x: tg.prod(x, axis=()), "no axis"),
    Row("prod", [with_zeros(1)], lambda x: x.prod(1), lambda x: tg.prod(x, 1), "one zero"),
    Row("prod", [with_zeros(2)], lambda x: x.prod(1), lambda x: tg.prod(x, 1), "two zeros"),
    Row(
        "prod",
        [normal(2, 3)],
        lambda x: x.prod(0, initial=2.0, where=MASK),
        lambda x: tg.prod(x, 0, initial=2.0, where=MASK),
        "where",
    ),
    Row("mean", [normal(2, 3)], np.mean),
    Row("mean", [normal(2, 3)], lambda x: x.mean(0), lambda x: tg.mean(x, axis=0), "axis"),
    Row("mean", [normal(2, 3)], lambda x: x.mean(axis=()), lambda x: tg.mean(x, axis=()), "no axis"),
    Row("mean", [normal(2, 3)], lambda x: x.mean(1, where=MASK), lambda x: tg.mean(x, 1, where=MASK), "where"),
    Row("max", [apart(2, 3)], np.max),
    Row("max", [apart(2, 3)], lambda x: x.max(-1), lambda x: tg.max(x, axis=-1), "axis"),
    Row(
        "max",
        [apart(2, 3)],
        lambda x: x.max((0, 1), keepdims=True),
        lambda x: tg.max(x, (0, 1), keepdims=True),
        "keepdims",
    ),
    Row(
        "max",
        [apart(2, 3)],
        lambda x: x.max(0, initial=-0.61, where=MASK),
        lambda x: tg.max(x, 0, initial=-0.61, where=MASK),
        "where",
    ),
    Row("min", [apart(2, 3)], np.min),
    Row("min", [apart(2, 3)], lambda x: x.min(0), lambda x: tg.min(x, axis=0), "axis"),
    Row("amax", [apart(2, 3)], lambda x: x.max(1), lambda x: tg.amax(x, 1)),
    Row("amin", [apart(2, 3)], lambda x: x.min(1), lambda x: tg.amin(x, 1)),
    Row("logsumexp", [normal(2, 3)], logsumexp),
    Row("logsumexp", [normal(2, 3)], lambda x: logsumexp(x, 0), lambda x: tg.logsumexp(x, 0), "axis"),
    Row(
        "logsumexp",
        [normal(2, 3)],
        lambda x: logsumexp(x, 1, True),
        lambda x: tg.logsumexp(x, 1, keepdims=True),
        "keepdims",
    ),
]
