"""Activations and gates."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import Case, binary, sigmoid, softmax, unary
from scipy import special

import tinygrad_fs as tg

ROOT = float(np.sqrt(2 / np.pi))
ROOT_HALF = float(np.sqrt(0.5))
DENSITY_AT_0 = float(1 / np.sqrt(2 * np.pi))
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def softplus(x: Any) -> Any:
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def leaky(x: Any, slope: Any) -> Any:
    return np.maximum(x, slope * x)


def slopes(x: Any, slope: Any, above: float = 1.0) -> Any:
    """`above` for positive x, else `slope`."""
    return np.where(x > 0, x.dtype.type(above), x.dtype.type(slope))


def elu(x: Any, alpha: float = 1.0, scale: float = 1.0) -> Any:
    return scale * np.maximum(x, 0) + scale * alpha * np.expm1(np.minimum(x, 0))


def gelu_slope(x: Any) -> Any:
    return 0.5 * special.erfc(-ROOT_HALF * x) + x * DENSITY_AT_0 * np.exp(-0.5 * x * x)


def tanh_of_gelu(x: Any) -> Any:
    return np.tanh(ROOT * (x + 0.044715 * x * x * x))


def tanh_gelu_slope(x: Any) -> Any:
    t = tanh_of_gelu(x)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT * (1 + 0.134145 * x * x)


def silu_slope(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1 + x * (1 - s))


def mish_slope(x: Any) -> Any:
    t = np.tanh(softplus(x))
    return t + x * sigmoid(x) * (1 - t * t)


def glu(x: Any) -> Any:
    first, second = np.split(x, 2, -1)
    return first * sigmoid(second)


def glu_gradient(g: Any, y: Any, x: Any) -> Any:
    first, second = np.split(x, 2, -1)
    s = sigmoid(second)
    return np.concatenate([g * s, g * first * s * (1 - s)], -1)


CASES = [
    unary("tanh", np.tanh, lambda g, y, x: g * (1 - y * y)),
    unary("sigmoid", sigmoid, lambda g, y, x: g * y * (1 - y)),
    unary("softplus", softplus, lambda g, y, x: g * sigmoid(x)),
    unary("log_sigmoid", lambda x: -softplus(-x), lambda g, y, x: g * sigmoid(-x)),
    unary("relu", lambda x: np.maximum(x, 0), lambda g, y, x: g * (x > 0)),
    unary("relu6", lambda x: np.clip(x, 0, 6), lambda g, y, x: g * ((x > 0) & (x < 6))),
    unary("leaky_relu", lambda x: leaky(x, 0.01), lambda g, y, x: g * slopes(x, 0.01)),
    binary(
        "prelu",
        lambda x, w: np.maximum(x, 0) + w * np.minimum(x, 0),
        lambda g, z, x, w: (g * np.where(x > 0, x.dtype.type(1), w), (g * np.minimum(x, 0)).sum(0)),
        ("matrix", "row"),
    ),
    unary("elu", elu, lambda g, y, x: g * np.exp(np.minimum(x, 0))),
    unary("celu", elu, lambda g, y, x: g * np.exp(np.minimum(x, 0))),
    unary(
        "selu",
        lambda x: elu(x, SELU_ALPHA, SELU_SCALE),
        lambda g, y, x: g * slopes(x, SELU_SCALE * SELU_ALPHA, SELU_SCALE) * np.exp(np.minimum(x, 0)),
    ),
    unary("softsign", lambda x: x / (1 + np.abs(x)), lambda g, y, x: g / (1 + np.abs(x)) ** 2),
    unary("hardtanh", lambda x: np.clip(x, -1, 1), lambda g, y, x: g * (x == y)),
    unary(
        "hardswish",
        lambda x: x * np.clip(x + 3, 0, 6) / 6,
        lambda g, y, x: g * np.where(x <= -3, x.dtype.type(0), np.where(x < 3, (2 * x + 3) / 6, x.dtype.type(1))),
    ),
    unary("silu", lambda x: x * sigmoid(x), lambda g, y, x: g * silu_slope(x)),
    unary("mish", lambda x: x * np.tanh(softplus(x)), lambda g, y, x: g * mish_slope(x)),
    unary("gelu", lambda x: 0.5 * x * special.erfc(-ROOT_HALF * x), lambda g, y, x: g * gelu_slope(x)),
    unary(
        "gelu by tanh",
        lambda x: 0.5 * x * (1 + tanh_of_gelu(x)),
        lambda g, y, x: g * tanh_gelu_slope(x),
        ours=lambda x: tg.gelu(x, "tanh"),
    ),
    Case("glu", ["matrix"], glu, glu_gradient),
    Case("softmax", ["matrix"], softmax, lambda g, y, x: y * (g - (g * y).sum(-1, keepdims=True))),
    Case(
        "softmax over rows",
        ["matrix"],
        lambda x: softmax(x, 0),
        lambda g, y, x: y * (g - (g * y).sum(0)),
        lambda x: tg.softmax(x, 0),
    ),
    Case("softmin", ["matrix"], lambda x: softmax(-x), lambda g, y, x: y * ((g * y).sum(-1, keepdims=True) - g)),
    Case(
        "log_softmax",
        ["matrix"],
        lambda x: (d := x - x.max(-1, keepdims=True)) - np.log(np.exp(d).sum(-1, keepdims=True)),
        lambda g, y, x: g - np.exp(y) * g.sum(-1, keepdims=True),
    ),
]
