"""Normalizations, attention and dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import COLUMNS, Case, softmax

import tinygrad_fs as tg

WIDTH = 64
STEPS = 64
CHANNELS = 16
GROUPS = 4


def heads(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // (STEPS * WIDTH)), STEPS, WIDTH))


def images(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // (CHANNELS * 14 * 14)), CHANNELS, 14, 14))


def channels(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal(CHANNELS)


def normalized(x: Any, axes: Any) -> tuple[Any, Any]:
    centered = x - x.mean(axes, keepdims=True)
    scale = 1 / np.sqrt((centered * centered).mean(axes, keepdims=True) + 1e-5)
    centered *= scale
    return centered, scale


def back(h: Any, normal: Any, scale: Any, axes: Any) -> Any:
    """The gradient of what is normalized, from that of the normal values."""
    return scale * (h - h.mean(axes, keepdims=True) - normal * (h * normal).mean(axes, keepdims=True))


def rms(x: Any, w: Any) -> tuple[Any, Any]:
    scale = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)
    return x * scale, scale


def of_rms(g: Any, y: Any, x: Any, w: Any) -> Any:
    normal, scale = rms(x, w)
    h = g * w
    return scale * (h - normal * (h * normal).mean(-1, keepdims=True)), (g * normal).sum(0)


def of_layer(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
    normal, scale = normalized(x, -1)
    return back(g * w, normal, scale, -1), (g * normal).sum(0), g.sum(0)


def of_layer_alone(g: Any, y: Any, x: Any) -> Any:
    normal, scale = normalized(x, -1)
    return back(g, normal, scale, -1)


def along(w: Any) -> Any:
    return w[:, None, None]


def grouped(groups: int) -> tuple[Any, Any]:
    """Group normalization and its derivative."""

    def value(x: Any, w: Any, b: Any) -> Any:
        normal, _ = normalized(x.reshape(len(x), groups, -1), -1)
        return normal.reshape(x.shape) * along(w) + along(b)

    def derivative(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
        rows = (len(x), groups, x.size // (len(x) * groups))
        normal, scale = normalized(x.reshape(rows), -1)
        dx = back((g * along(w)).reshape(rows), normal, scale, -1).reshape(x.shape)
        return dx, (g * normal.reshape(x.shape)).sum((0, 2, 3)), g.sum((0, 2, 3))

    return value, derivative


def batch(x: Any, w: Any, b: Any) -> Any:
    return normalized(x, (0, 2, 3))[0] * along(w) + along(b)


def of_batch(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
    axes = (0, 2, 3)
    normal, scale = normalized(x, axes)
    dw, db, n = (g * normal).sum(axes), g.sum(axes), x.size // len(w)
    return scale * along(w) * (g - along(db / n) - normal * along(dw / n)), dw, db


def of_batch_of_rows(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
    normal, scale = normalized(x, 0)
    dw, db = (g * normal).sum(0), g.sum(0)
    return scale * w * (g - db / len(x) - normal * (dw / len(x))), dw, db


def weights(q: Any, k: Any, causal: bool) -> Any:
    scores = q @ k.mT * np.float32(WIDTH**-0.5)
    if causal:
        scores = np.where(np.tri(STEPS, dtype=bool), scores, -np.inf)
    return softmax(scores)


def of_attention(causal: bool) -> Any:
    def derivative(g: Any, y: Any, q: Any, k: Any, v: Any) -> Any:
        p = weights(q, k, causal)
        dp = g @ v.mT
        ds = p * (dp - (dp * p).sum(-1, keepdims=True)) * np.float32(WIDTH**-0.5)
        return ds @ k, ds.mT @ q, p.mT @ g

    return derivative


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def kept(shape: Any, p: float) -> Any:
    """The mask that our dropout draws: 8 random bits for each element."""
    size = int(np.prod(shape))
    draws = generator().integers(0, 2**64 - 1, -(-size // 8), dtype=np.uint64, endpoint=True)
    return draws.view(np.uint8)[:size].reshape(shape) >= int(p * 256)


CASES = [
    Case(
        "layer_norm",
        ["matrix"],
        lambda x: normalized(x, -1)[0],
        of_layer_alone,
        lambda x: tg.layer_norm(x, (COLUMNS,)),
    ),
    Case(
        "layer_norm with weights",
        ["matrix", "row", "row"],
        lambda x, w, b: normalized(x, -1)[0] * w + b,
        of_layer,
        lambda x, w, b: tg.layer_norm(x, (COLUMNS,), w, b),
    ),
    Case(
        "rms_norm",
        ["matrix", "row"],
        lambda x, w: rms(x, w)[0] * w,
        of_rms,
        lambda x, w: tg.rms_norm(x, COLUMNS, w, 1e-5),
    ),
    Case("group_norm", [images, channels, channels], *grouped(GROUPS), lambda x, w, b: tg.group_norm(x, GROUPS, w, b)),
    Case(
        "instance_norm",
        [images, channels, channels],
        *grouped(CHANNELS),
        lambda x, w, b: tg.instance_norm(x, weight=w, bias=b),
    ),
    Case(
        "batch_norm",
        [images, channels, channels],
        batch,
        of_batch,
        lambda x, w, b: tg.batch_norm(x, None, None, w, b, training=True),
    ),
    Case(
        "batch_norm of rows",
        ["matrix", "row", "row"],
        lambda x, w, b: normalized(x, 0)[0] * w + b,
        of_batch_of_rows,
        lambda x, w, b: tg.batch_norm(x, None, None, w, b, training=True),
    ),
    Case(
        "batch_norm in evaluation",
        [images, channels, channels],
        lambda x, w, b: x * along(w) + along(b),
        lambda g, y, x, w, b: (g * along(w), (g * x).sum((0, 2, 3)), g.sum((0, 2, 3))),
        lambda x, w, b: tg.batch_norm(x, np.zeros(CHANNELS, np.float32), np.ones(CHANNELS, np.float32), w, b, eps=0.0),
    ),
    Case(
        "scaled_dot_product_attention",
        [heads, heads, heads],
        lambda q, k, v: weights(q, k, False) @ v,
        of_attention(False),
    ),
    Case(
        "causal attention",
        [heads, heads, heads],
        lambda q, k, v: weights(q, k, True) @ v,
        of_attention(True),
        lambda q, k, v: tg.scaled_dot_product_attention(q, k, v, is_causal=True),
    ),
    Case(
        "dropout",
        ["vector"],
        lambda x: x * kept(x.shape, 0.5) * np.float32(2),
        lambda g, y, x, mask: g * mask * np.float32(2),
        lambda x: tg.dropout(x, 0.5, generator=generator()),
        lambda x: (kept(x.shape, 0.5),),
    ),
    Case(
        "dropout2d",
        [images],
        lambda x: x * (kept((*x.shape[:2], 1, 1), 0.5) * np.float32(2)),
        lambda g, y, x, mask: g * (mask * np.float32(2)),
        lambda x: tg.dropout2d(x, 0.5, generator=generator()),
        lambda x: (kept((*x.shape[:2], 1, 1), 0.5),),
    ),
    Case(
        "alpha_dropout",
        ["vector"],
        lambda x: np.where(kept(x.shape, 0.5), x, np.float32(-1.7580993)) * _alpha()[0] + _alpha()[1],
        lambda g, y, x, mask: g * mask * _alpha()[0],
        lambda x: tg.alpha_dropout(x, 0.5, training=True, generator=generator()),
        lambda x: (kept(x.shape, 0.5),),
    ),
]


def _alpha() -> tuple[Any, Any]:
    limit = 1.7580993408473766
    a = (0.5 * (1 + 0.5 * limit**2)) ** -0.5
    return np.float32(a), np.float32(a * 0.5 * limit)
