"""Losses."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from op_case import COLUMNS, Case, sigmoid, softmax

import tinygrad_fs as tg

STATES = 20


@lru_cache(maxsize=16)
def labels(count: int) -> Any:
    return np.random.default_rng(2).integers(0, COLUMNS, count)


@lru_cache(maxsize=16)
def signs(*shape: int) -> Any:
    """1 or -1."""
    return np.where(np.random.default_rng(2).random(shape) < 0.5, -1, 1).astype(np.float32)


@lru_cache(maxsize=16)
def near(*shape: int) -> Any:
    return signs(*shape) == 1


def chances(size: int, rng: np.random.Generator) -> Any:
    return rng.uniform(0.05, 0.95, size)


def distributions(size: int, rng: np.random.Generator) -> Any:
    return softmax(rng.standard_normal((size // COLUMNS, COLUMNS)))


def log_softmax(x: Any) -> Any:
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def logarithms(size: int, rng: np.random.Generator) -> Any:
    return log_softmax(rng.standard_normal((size // COLUMNS, COLUMNS)))


def of_ten_classes(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((size // 10, 10))


def of_two(name: str, value: Any, derivative: Any, kinds: Any = ("vector", "vector"), ours: Any = None) -> Case:
    """The mean of a function of two; the derivatives of the function, from its inputs."""

    def gradients(g: Any, z: Any, x: Any, y: Any) -> Any:
        return tuple((g / x.size) * each for each in derivative(x, y))

    return Case(name, kinds, lambda x, y: value(x, y).mean(), gradients, ours)


def opposite(d: Any) -> Any:
    return d, -d


def huber(d: Any) -> Any:
    size = np.abs(d)
    return np.where(size <= 1, 0.5 * d * d, size - 0.5)


CASES = [
    Case("mse_loss", ["vector", "vector"], lambda x, y: ((d := x - y) * d).mean(), lambda g, z, x, y: _of_mse(g, x, y)),
    of_two("l1_loss", lambda x, y: np.abs(x - y), lambda x, y: opposite(np.sign(x - y))),
    of_two("huber_loss", lambda x, y: huber(x - y), lambda x, y: opposite(np.clip(x - y, -1, 1))),
    of_two("smooth_l1_loss", lambda x, y: huber(x - y), lambda x, y: opposite(np.clip(x - y, -1, 1))),
    Case(
        "hinge_embedding_loss",
        ["vector"],
        lambda x: np.where(near(x.size), x, np.maximum(1 - x, 0)).mean(),
        lambda g, y, x: np.where(near(x.size), g / x.size, (1 - x > 0) * (-g / x.size)),
        lambda x: tg.hinge_embedding_loss(x, signs(x.size)),
    ),
    Case(
        "margin_ranking_loss",
        ["vector", "vector"],
        lambda x, y: np.maximum(0.3 - signs(x.size) * (x - y), 0).mean(),
        lambda g, z, x, y: opposite((0.3 - (s := signs(x.size)) * (x - y) > 0) * s * (-g / x.size)),
        lambda x, y: tg.margin_ranking_loss(x, y, signs(x.size), 0.3),
    ),
    Case(
        "cosine_embedding_loss",
        ["matrix", "matrix"],
        lambda x, y: np.where(near(len(x)), 1 - (c := _cosine(x, y)), np.maximum(c, 0)).mean(),
        lambda g, z, x, y: _of_cosine(g / len(x), x, y),
        lambda x, y: tg.cosine_embedding_loss(x, y, signs(len(x))),
    ),
    Case(
        "triplet_margin_loss",
        ["matrix", "matrix", "matrix"],
        lambda a, p, n: np.maximum(_length(a - p + 1e-6) - _length(a - n + 1e-6) + 1, 0).mean(),
        lambda g, z, a, p, n: _of_triplet(g / len(a), a, p, n),
    ),
    Case(
        "cross_entropy",
        ["matrix"],
        lambda x: _cross_entropy(x).mean(),
        lambda g, y, x: _of_cross_entropy(g / len(x), x),
        lambda x: tg.cross_entropy(x, labels(len(x))),
    ),
    Case(
        "cross_entropy with smoothing",
        ["matrix"],
        lambda x: _smoothed(log_softmax(x)).mean(),
        lambda g, y, x: _of_smoothed(g / len(x), x),
        lambda x: tg.cross_entropy(x, labels(len(x)), label_smoothing=0.1),
    ),
    Case(
        "cross_entropy of probabilities",
        ["matrix", distributions],
        lambda x, p: -(p * log_softmax(x)).sum(1).mean(),
        lambda g, y, x, p: _of_probabilities(g / len(x), x, p),
        tg.cross_entropy,
    ),
    Case(
        "nll_loss",
        [of_ten_classes],
        lambda x: -x[np.arange(len(x)), labels(len(x)) % 10].mean(),
        lambda g, y, x: _at_labels(-g / len(x), x),
        lambda x: tg.nll_loss(x, labels(len(x)) % 10),
    ),
    of_two(
        "binary_cross_entropy",
        lambda p, t: -t * np.log(p) - (1 - t) * np.log(1 - p),
        lambda p, t: ((p - t) / (p * (1 - p)), np.log(1 - p) - np.log(p)),
        (chances, chances),
    ),
    of_two(
        "binary_cross_entropy_with_logits",
        lambda x, t: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))) - t * x,
        lambda x, t: (sigmoid(x) - t, -x),
        ("vector", chances),
    ),
    of_two(
        "kl_div",
        lambda x, t: t * (np.log(t) - x),
        lambda x, t: (-t, np.log(t) - x + 1),
        (logarithms, distributions),
    ),
    of_two(
        "kl_div of logarithms",
        lambda x, t: np.exp(t) * (t - x),
        lambda x, t: (-(e := np.exp(t)), e * (t - x + 1)),
        (logarithms, logarithms),
        lambda x, t: tg.kl_div(x, t, log_target=True),
    ),
]


def _of_mse(g: Any, x: Any, y: Any) -> Any:
    d = (g * 2 / x.size) * (x - y)
    return d, -d


def _dot(x: Any, y: Any) -> Any:
    return np.vecdot(x, y)


def _length(x: Any) -> Any:
    return np.sqrt(_dot(x, x))


def _cosine(x: Any, y: Any) -> Any:
    return _dot(x, y) / np.sqrt(_dot(x, x) * _dot(y, y))


def _of_cosine(g: Any, x: Any, y: Any) -> Any:
    xx, yy = _dot(x, x), _dot(y, y)
    length = np.sqrt(xx * yy)
    cosine = _dot(x, y) / length
    slope = np.where(near(len(x)), -g, g * (cosine > 0))
    direct = (slope / length)[:, None]
    return direct * y - (slope * cosine / xx)[:, None] * x, direct * x - (slope * cosine / yy)[:, None] * y


def _of_triplet(g: Any, a: Any, p: Any, n: Any) -> Any:
    near, far = a - p + 1e-6, a - n + 1e-6
    near_length, far_length = _length(near), _length(far)
    counts = g * (near_length - far_length + 1 > 0)
    near *= (counts / near_length)[:, None]
    far *= (counts / far_length)[:, None]
    return near - far, -near, far


def _cross_entropy(x: Any) -> Any:
    d = x - x.max(1, keepdims=True)
    return np.log(np.exp(d).sum(1)) - d[np.arange(len(x)), labels(len(x))]


def _of_cross_entropy(g: Any, x: Any) -> Any:
    p = softmax(x)
    p[np.arange(len(x)), labels(len(x))] -= 1
    p *= g
    return p


def _smoothed(logs: Any) -> Any:
    return -0.9 * logs[np.arange(len(logs)), labels(len(logs))] - 0.1 * logs.mean(1)


def _of_smoothed(g: Any, x: Any) -> Any:
    p = softmax(x)
    p -= 0.1 / COLUMNS
    p[np.arange(len(x)), labels(len(x))] -= 0.9
    p *= g
    return p


def _of_probabilities(g: Any, x: Any, p: Any) -> Any:
    logs = log_softmax(x)
    return g * (np.exp(logs) * p.sum(1, keepdims=True) - p), -g * logs


def _at_labels(g: Any, x: Any) -> Any:
    result = np.zeros_like(x)
    result[np.arange(len(x)), labels(len(x)) % 10] = g
    return result
