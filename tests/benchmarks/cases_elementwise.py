"""Functions of each element, of one or two inputs."""

from __future__ import annotations

import numpy as np
from op_case import Case, binary, sigmoid, unary

import tinygrad_fs as tg

LN_2, LN_10 = float(np.log(2)), float(np.log(10))
ROOT = float(np.sqrt(2 / np.pi))

CASES = [
    unary("negative", np.negative, lambda x, y: -1),
    unary("absolute", np.abs, lambda x, y: np.sign(x)),
    unary("square", np.square, lambda x, y: 2 * x),
    unary("sqrt", np.sqrt, lambda x, y: 0.5 / y, "positive"),
    unary("cbrt", np.cbrt, lambda x, y: 1 / (3 * y * y), "positive"),
    unary("reciprocal", np.reciprocal, lambda x, y: -y * y, "positive"),
    unary("exp", np.exp, lambda x, y: y),
    unary("exp2", np.exp2, lambda x, y: y * LN_2),
    unary("expm1", np.expm1, lambda x, y: y + 1),
    unary("log", np.log, lambda x, y: 1 / x, "positive"),
    unary("log2", np.log2, lambda x, y: 1 / (x * LN_2), "positive"),
    unary("log10", np.log10, lambda x, y: 1 / (x * LN_10), "positive"),
    unary("log1p", np.log1p, lambda x, y: 1 / (1 + x), "positive"),
    unary("sin", np.sin, lambda x, y: np.cos(x)),
    unary("cos", np.cos, lambda x, y: -np.sin(x)),
    unary("tan", np.tan, lambda x, y: 1 + y * y),
    unary("arcsin", np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x), "unit"),
    unary("arccos", np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x), "unit"),
    unary("arctan", np.arctan, lambda x, y: 1 / (1 + x * x)),
    unary("sinh", np.sinh, lambda x, y: np.cosh(x)),
    unary("cosh", np.cosh, lambda x, y: np.sinh(x)),
    unary("tanh", np.tanh, lambda x, y: 1 - y * y),
    unary("arcsinh", np.arcsinh, lambda x, y: 1 / np.sqrt(1 + x * x)),
    unary("arccosh", np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1), "above one"),
    unary("arctanh", np.arctanh, lambda x, y: 1 / (1 - x * x), "unit"),
    unary("sinc", np.sinc, lambda x, y: (np.cos(np.pi * x) - y) / x, "positive"),
    unary("sigmoid", sigmoid, lambda x, y: y * (1 - y)),
    unary("softplus", lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0), lambda x, y: sigmoid(x)),
    unary("log_sigmoid", lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))), lambda x, y: sigmoid(-x)),
    unary("relu", lambda x: np.maximum(x, 0), lambda x, y: x > 0),
    unary("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x), lambda x, y: np.where(x > 0, 1, np.float32(0.01))),
    unary("relu6", lambda x: np.clip(x, 0, 6), lambda x, y: (x > 0) & (x < 6)),
    unary("elu", lambda x: np.where(x > 0, x, np.expm1(x)), lambda x, y: np.where(x > 0, 1, y + 1)),
    unary("silu", lambda x: x * sigmoid(x), lambda x, y: (s := sigmoid(x)) * (1 + x * (1 - s))),
    unary("softsign", lambda x: x / (1 + np.abs(x)), lambda x, y: 1 / (1 + np.abs(x)) ** 2),
    unary(
        "gelu by tanh",
        lambda x: 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x * x * x))),
        lambda x, y: (
            0.5 * (1 + (t := np.tanh(ROOT * (x + 0.044715 * x * x * x))))
            + 0.5 * x * (1 - t * t) * ROOT * (1 + 0.134145 * x * x)
        ),
        ours=lambda x: tg.gelu(x, "tanh"),
    ),
    unary("clip", lambda x: np.clip(x, -0.5, 0.5), lambda x, y: x == y, ours=lambda x: tg.clip(x, -0.5, 0.5)),
    unary("nan_to_num", np.nan_to_num, lambda x, y: np.isfinite(x)),
    unary("power 3", lambda x: x**3, lambda x, y: 3 * x * x, ours=lambda x: x**3),
    binary("add", np.add, lambda g, z, x, y: (g.copy(), g.copy())),
    binary("subtract", np.subtract, lambda g, z, x, y: (g.copy(), -g)),
    binary("multiply", np.multiply, lambda g, z, x, y: (g * y, g * x)),
    binary("divide", np.divide, lambda g, z, x, y: ((d := g / y), -d * z), ("vector", "positive")),
    binary(
        "power", np.power, lambda g, z, x, y: (g * y * np.power(x, y - 1), g * z * np.log(x)), ("positive", "vector")
    ),
    binary("maximum", np.maximum, lambda g, z, x, y: (g * (x >= y), g * (y >= x))),
    binary("minimum", np.minimum, lambda g, z, x, y: (g * (x <= y), g * (y <= x))),
    binary("fmax", np.fmax, lambda g, z, x, y: (g * (x >= y), g * (y >= x))),
    binary(
        "arctan2", np.arctan2, lambda g, z, x, y: (g * y / (s := x * x + y * y), -g * x / s), ("vector", "positive")
    ),
    binary("hypot", np.hypot, lambda g, z, x, y: (g * x / z, g * y / z)),
    binary("logaddexp", np.logaddexp, lambda g, z, x, y: (g * np.exp(x - z), g * np.exp(y - z))),
    binary("remainder", np.remainder, lambda g, z, x, y: (g.copy(), -g * np.floor(x / y)), ("positive", "positive")),
    Case(
        "where",
        ["vector", "vector"],
        lambda x, y: np.where(x > 0, x, y),
        lambda g, z, x, y: (g * (x > 0), g * (x <= 0)),
        lambda x, y: tg.where(x > 0, x, y),
    ),
    Case(
        "add a row",
        ["matrix", "row"],
        np.add,
        lambda g, z, x, y: (g.copy(), g.sum(0)),
        lambda x, y: x + y,
    ),
    Case(
        "multiply by a row",
        ["matrix", "row"],
        np.multiply,
        lambda g, z, x, y: (g * y, (g * x).sum(0)),
        lambda x, y: x * y,
    ),
]
