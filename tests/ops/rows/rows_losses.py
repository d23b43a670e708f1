"""Rows of the op table: losses."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg

LABELS = np.array([1, 0, 2])
SIGNS = np.array([1.0, -1.0, 1.0])
P = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
Q = np.array([[0.3, 0.3, 0.4], [0.0, 0.5, 0.5]])


def huber(x, y, delta=1.0):
    d = abs(x - y)
    return np.where(d <= delta, d**2 / 2, delta * (d - delta / 2))


def cosine(a, b):
    return (a * b).sum(-1) / np.sqrt(((a * a).sum(-1) + 1e-12) * ((b * b).sum(-1) + 1e-12))


def distance(a, b, p=2.0):
    return (abs(a - b + 1e-6) ** p).sum(-1) ** (1 / p)


def bce(p, t):
    return -t * np.log(p) - (1 - t) * np.log(1 - p)


def probabilities(*shape):
    return 0.8 * (apart(*shape) + 1.1) / 2.2 + 0.1


ROWS = [
    Row("l1_loss", [apart(2, 3), apart(2, 3) + 5], lambda x, y: abs(x - y).mean()),
    Row(
        "huber_loss",
        [apart(6) * 3, np.zeros(6)],
        lambda x, y: huber(x, y, 0.7).mean(),
        lambda x, y: tg.huber_loss(x, y, delta=0.7),
    ),
    Row(
        "smooth_l1_loss",
        [apart(6) * 3, np.zeros(6)],
        lambda x, y: huber(x, y, 0.5).sum() / 0.5,
        lambda x, y: tg.smooth_l1_loss(x, y, "sum", 0.5),
    ),
    Row(
        "smooth_l1_loss",
        [apart(6), np.zeros(6)],
        lambda x, y: abs(x - y).mean(),
        lambda x, y: tg.smooth_l1_loss(x, y, beta=0),
        "beta 0",
    ),
    Row(
        "hinge_embedding_loss",
        [apart(3) * 0.5],
        lambda x: np.where(SIGNS == 1, x, np.maximum(0, 1 - x)).mean(),
        lambda x: tg.hinge_embedding_loss(x, SIGNS),
    ),
    Row(
        "margin_ranking_loss",
        [apart(3), apart(3) + 0.02],
        lambda x, y: np.maximum(0, -SIGNS * (x - y) + 0.3).mean(),
        lambda x, y: tg.margin_ranking_loss(x, y, SIGNS, 0.3),
    ),
    Row(
        "cosine_embedding_loss",
        [normal(3, 4), normal(3, 4)],
        lambda x, y: np.where(SIGNS == 1, 1 - cosine(x, y), np.maximum(0, cosine(x, y) - 0.1)).mean(),
        lambda x, y: tg.cosine_embedding_loss(x, y, SIGNS, 0.1),
    ),
    Row(
        "triplet_margin_loss",
        [normal(3, 4), normal(3, 4), normal(3, 4)],
        lambda a, p, n: np.maximum(0, distance(a, p) - distance(a, n) + 3).mean(),
        lambda a, p, n: tg.triplet_margin_loss(a, p, n, margin=3.0),
    ),
    Row(
        "triplet_margin_loss",
        [normal(3, 4), normal(3, 4), normal(3, 4)],
        lambda a, p, n: np.maximum(0, distance(a, p, 3) - np.minimum(distance(a, n, 3), distance(p, n, 3)) + 3).mean(),
        lambda a, p, n: tg.triplet_margin_loss(a, p, n, margin=3.0, p=3.0, swap=True),
        "p 3, swap",
    ),
    Row("nll_loss", [normal(3, 4)], lambda x: -x[np.arange(3), LABELS].mean(), lambda x: tg.nll_loss(x, LABELS)),
    Row(
        "nll_loss",
        [normal(2, 4, 3)],
        lambda x: -(x[:, LABELS, np.arange(3)]).sum(),
        lambda x: tg.nll_loss(x, np.stack([LABELS, LABELS]), reduction="sum"),
        "axes",
    ),
    Row("binary_cross_entropy", [probabilities(5), probabilities(5)], lambda p, t: bce(p, t).mean()),
    Row(
        "binary_cross_entropy",
        [probabilities(5), probabilities(5), positive(5)],
        lambda p, t, w: (w * bce(p, t)).sum(),
        lambda p, t, w: tg.binary_cross_entropy(p, t, w, "sum"),
        "weight",
    ),
    Row(
        "binary_cross_entropy_with_logits",
        [normal(5), probabilities(5)],
        lambda x, t: bce(1 / (1 + np.exp(-x)), t).mean(),
        float32=1e-5,
    ),
    Row(
        "binary_cross_entropy_with_logits",
        [normal(2, 3), probabilities(2, 3), positive(3)],
        lambda x, t, w: (-w * t * np.log(1 / (1 + np.exp(-x))) - (1 - t) * np.log(1 / (1 + np.exp(x)))).sum(),
        lambda x, t, w: tg.binary_cross_entropy_with_logits(x, t, None, "sum", w),
        "positive weight",
        float32=1e-5,
    ),
    Row("kl_div", [np.log(P), P[::-1].copy()], lambda x, t: (t * (np.log(t) - x)).mean(), float32=1e-5),
    Row(
        "kl_div",
        [np.log(P), np.log(P[::-1].copy())],
        lambda x, t: (np.exp(t) * (t - x)).sum() / 2,
        lambda x, t: tg.kl_div(x, t, "batchmean", log_target=True),
        "logarithms",
        float32=1e-5,
    ),
]
