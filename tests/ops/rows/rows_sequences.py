"""Rows of the op table: attention, alignment of labels, bilinear maps; kinds of dropout have tests of their own."""

from __future__ import annotations

import itertools

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

MASK = np.array([[True, False, True], [False, False, False]])
BIAS = np.array([[0.3, -np.inf, 0.1], [0.0, 1.0, -2.0]])


def attention(q, k, v, mask=0.0, scale=None):
    scores = q @ k.swapaxes(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale) + mask
    weights = np.exp(scores)
    return np.divide(weights, weights.sum(-1, keepdims=True), where=weights != 0, out=np.zeros_like(weights)) @ v


def alignments(logs, labels, blank=0):
    """The loss of one sample by its definition: over all paths that give the labels."""
    total = 0.0
    for path in itertools.product(range(logs.shape[1]), repeat=len(logs)):
        merged = [c for c, _ in itertools.groupby(path) if c != blank]
        if merged == list(labels):
            total += np.exp(sum(logs[t, c] for t, c in enumerate(path)))
    return -np.log(total)


def log_probabilities(*shape):
    x = normal(*shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def ctc(*labels, lengths, counts, blank=0):
    def losses(logs):
        return np.array([alignments(logs[: lengths[n], n], labels[n][: counts[n]], blank) for n in range(len(labels))])

    return losses


LABELS = [(1, 2, 1), (1, 1, 2), (2, 0, 0)]
LENGTHS, COUNTS = [5, 4, 3], [3, 2, 1]

ROWS = [
    Row("scaled_dot_product_attention", [normal(2, 2, 4), normal(2, 3, 4), normal(2, 3, 2)], attention, float32=1e-5),
    Row(
        "scaled_dot_product_attention",
        [normal(3, 2), normal(3, 2), normal(3, 2)],
        lambda q, k, v: attention(q, k, v, np.where(np.tri(3) > 0, 0, -np.inf), 0.7),
        lambda q, k, v: tg.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.7),
        "causal",
        float32=1e-5,
    ),
    Row(
        "scaled_dot_product_attention",
        [normal(2, 2, 4), normal(2, 3, 4), normal(3, 2)],
        lambda q, k, v: attention(q, k, v, np.where(MASK, 0, -np.inf)),
        lambda q, k, v: tg.scaled_dot_product_attention(q, k, v, MASK),
        "masked, one row as a whole",
        float32=1e-5,
    ),
    Row(
        "scaled_dot_product_attention",
        [normal(2, 4), normal(3, 4), normal(3, 2), normal(2, 3)],
        lambda q, k, v, mask: attention(q, k, v, mask),
        tg.scaled_dot_product_attention,
        "a mask with gradient",
        float32=1e-5,
    ),
    Row(
        "ctc_loss",
        [log_probabilities(5, 3, 3)],
        ctc(*LABELS, lengths=LENGTHS, counts=COUNTS),
        lambda x: tg.ctc_loss(x, LABELS, LENGTHS, COUNTS, reduction="none"),
        "none",
        float32=1e-5,
    ),
    Row(
        "ctc_loss",
        [log_probabilities(4, 2, 3)],
        lambda x: (ctc((0, 1), (1,), lengths=[4, 4], counts=[2, 1], blank=2)(x) / [2, 1]).mean(),
        lambda x: tg.ctc_loss(x, [0, 1, 1], [4, 4], [2, 1], blank=2),
        "one after the other",
        float32=1e-5,
    ),
    Row(
        "ctc_loss",
        [log_probabilities(3, 3)],
        lambda x: alignments(x, (2, 1)),
        lambda x: tg.ctc_loss(x, [2, 1], 3, 2, reduction="sum"),
        "one sample",
        float32=1e-5,
    ),
    Row(
        "bilinear",
        [normal(2, 3, 2), normal(2, 3, 4), normal(3, 2, 4), normal(3)],
        lambda x, y, w, b: np.einsum("...i,kij,...j->...k", x, w, y) + b,
        float32=1e-5,
    ),
    Row(
        "bilinear", [normal(2), normal(3), normal(2, 2, 3)], lambda x, y, w: np.einsum("i,kij,j", x, w, y), float32=1e-5
    ),
]

TESTED_ELSEWHERE = {
    "alpha_dropout": "tests/ops/layers/test_dropouts.py",
    "dropout2d": "tests/ops/layers/test_dropouts.py",
}
