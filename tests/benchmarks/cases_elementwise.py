"""Functions of each element: arithmetic, powers, exponentials, angles, rounding, choices and special functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import Case, binary, unary
from scipy import special

import tinygrad_fs as tg

LN_2, LN_10 = float(np.log(2)), float(np.log(10))
DEGREE = float(np.pi / 180)
ROOT_PI = float(np.sqrt(np.pi))


def no_slope(g: Any, y: Any, x: Any) -> Any:
    return np.zeros_like(g)


ARITHMETIC = [
    binary("add", np.add, lambda g, z, x, y: (g.copy(), g.copy())),
    binary("subtract", np.subtract, lambda g, z, x, y: (g.copy(), -g)),
    binary("multiply", np.multiply, lambda g, z, x, y: (g * y, g * x)),
    binary("divide", np.divide, lambda g, z, x, y: ((d := g / y), -d * z), ("vector", "positive")),
    binary("add a row", np.add, lambda g, z, x, y: (g.copy(), g.sum(0)), ("matrix", "row"), lambda x, y: x + y),
    binary(
        "add a column",
        np.add,
        lambda g, z, x, y: (g.copy(), g.sum(1, keepdims=True)),
        ("matrix", "column"),
        lambda x, y: x + y,
    ),
    binary(
        "multiply by a row",
        np.multiply,
        lambda g, z, x, y: (g * y, (g * x).sum(0)),
        ("matrix", "row"),
        lambda x, y: x * y,
    ),
    binary(
        "multiply by a column",
        np.multiply,
        lambda g, z, x, y: (g * y, (g * x).sum(1, keepdims=True)),
        ("matrix", "column"),
        lambda x, y: x * y,
    ),
    unary("add a number", lambda x: x + 2, lambda g, y, x: g.copy(), ours=lambda x: x + 2),
    unary("multiply by a number", lambda x: x * 2, lambda g, y, x: g * 2, ours=lambda x: x * 2),
    unary("subtract from a number", lambda x: 2 - x, lambda g, y, x: -g, ours=lambda x: 2 - x),
    unary("divide a number", lambda x: 2 / x, lambda g, y, x: -g * y / x, "positive", ours=lambda x: 2 / x),
    unary("negative", np.negative, lambda g, y, x: -g),
    unary("positive", np.positive, lambda g, y, x: g.copy()),
    unary("absolute", np.abs, lambda g, y, x: g * np.sign(x)),
    unary("fabs", np.fabs, lambda g, y, x: g * np.sign(x)),
    binary(
        "floor_divide",
        np.floor_divide,
        lambda g, z, x, y: (np.zeros_like(g), np.zeros_like(g)),
        ("positive", "positive"),
    ),
    binary("remainder", np.remainder, lambda g, z, x, y: (g.copy(), -g * np.floor(x / y)), ("vector", "positive")),
    binary("fmod", np.fmod, lambda g, z, x, y: (g.copy(), -g * np.trunc(x / y)), ("vector", "positive")),
    binary(
        "divmod",
        lambda x, y: np.add(*np.divmod(x, y)),
        lambda g, z, x, y: (g.copy(), -g * np.floor(x / y)),
        ("vector", "positive"),
        lambda x, y: np.add(*tg.divmod(x, y)),
    ),
]

POWERS = [
    unary("square", np.square, lambda g, y, x: g * 2 * x),
    unary("sqrt", np.sqrt, lambda g, y, x: g * 0.5 / y, "positive"),
    unary("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, y, x: g * -0.5 * y / x, "positive"),
    unary("cbrt", np.cbrt, lambda g, y, x: g / (3 * y * y), "positive"),
    unary("reciprocal", np.reciprocal, lambda g, y, x: -g * y * y, "positive"),
    unary("power 2", lambda x: x**2, lambda g, y, x: g * 2 * x, ours=lambda x: x**2),
    unary("power 3", lambda x: x**3, lambda g, y, x: g * 3 * x * x, ours=lambda x: x**3),
    unary("power 0.5", lambda x: x**0.5, lambda g, y, x: g * 0.5 / y, "positive", ours=lambda x: x**0.5),
    unary("power -1", lambda x: x**-1, lambda g, y, x: -g * y * y, "positive", ours=lambda x: x**-1),
    unary("power 1.7", lambda x: x**1.7, lambda g, y, x: g * 1.7 * x**0.7, "positive", ours=lambda x: x**1.7),
    unary("power of 2", lambda x: 2**x, lambda g, y, x: g * LN_2 * y, ours=lambda x: 2**x),
    binary(
        "power", np.power, lambda g, z, x, y: (g * y * np.power(x, y - 1), g * z * np.log(x)), ("positive", "vector")
    ),
    binary(
        "float_power",
        np.float_power,
        lambda g, z, x, y: (g * y * np.float_power(x, y - 1), g * z * np.log(x)),
        ("positive", "vector"),
    ),
]

EXPONENTIALS = [
    unary("exp", np.exp, lambda g, y, x: g * y),
    unary("exp2", np.exp2, lambda g, y, x: g * y * LN_2),
    unary("expm1", np.expm1, lambda g, y, x: g * np.exp(x)),
    unary("log", np.log, lambda g, y, x: g / x, "positive"),
    unary("log2", np.log2, lambda g, y, x: g / (x * LN_2), "positive"),
    unary("log10", np.log10, lambda g, y, x: g / (x * LN_10), "positive"),
    unary("log1p", np.log1p, lambda g, y, x: g / (1 + x), "positive"),
    binary("logaddexp", np.logaddexp, lambda g, z, x, y: (g * np.exp(x - z), g * np.exp(y - z))),
    binary("logaddexp2", np.logaddexp2, lambda g, z, x, y: (g * np.exp2(x - z), g * np.exp2(y - z))),
    binary("xlogy", lambda x, y: x * np.log(y), lambda g, z, x, y: (g * np.log(y), g * x / y), ("vector", "positive")),
]

ANGLES = [
    unary("sin", np.sin, lambda g, y, x: g * np.cos(x)),
    unary("cos", np.cos, lambda g, y, x: -g * np.sin(x)),
    unary("tan", np.tan, lambda g, y, x: g * (1 + y * y)),
    unary("arcsin", np.arcsin, lambda g, y, x: g / np.sqrt(1 - x * x), "unit"),
    unary("arccos", np.arccos, lambda g, y, x: -g / np.sqrt(1 - x * x), "unit"),
    unary("arctan", np.arctan, lambda g, y, x: g / (1 + x * x)),
    binary(
        "arctan2", np.arctan2, lambda g, z, x, y: (g * y / (s := x * x + y * y), -g * x / s), ("vector", "positive")
    ),
    binary("hypot", np.hypot, lambda g, z, x, y: (g * x / z, g * y / z)),
    unary("deg2rad", lambda x: x * DEGREE, lambda g, y, x: g * DEGREE),
    unary("rad2deg", lambda x: x / DEGREE, lambda g, y, x: g / DEGREE),
    unary("sinc", np.sinc, lambda g, y, x: g * (np.cos(np.pi * x) - y) / x, "positive"),
    unary("sinh", np.sinh, lambda g, y, x: g * np.cosh(x)),
    unary("cosh", np.cosh, lambda g, y, x: g * np.sinh(x)),
    unary("arcsinh", np.arcsinh, lambda g, y, x: g / np.sqrt(1 + x * x)),
    unary("arccosh", np.arccosh, lambda g, y, x: g / np.sqrt(x * x - 1), "above one"),
    unary("arctanh", np.arctanh, lambda g, y, x: g / (1 - x * x), "unit"),
]

ROUNDING = [
    unary("ceil", np.ceil, no_slope),
    unary("floor", np.floor, no_slope),
    unary("rint", np.rint, no_slope),
    unary("round", np.round, no_slope),
    unary("round to decimals", lambda x: np.round(x, 2), no_slope, ours=lambda x: tg.round(x, 2)),
    unary("sign", np.sign, no_slope),
    unary("trunc", np.trunc, no_slope),
    binary("heaviside", np.heaviside, lambda g, z, x, y: (np.zeros_like(g), g * (x == 0))),
    unary("modf", np.modf, lambda g, y, x: g[0].copy()),
    unary("ldexp", lambda x: np.ldexp(x, 3), lambda g, y, x: np.ldexp(g, 3), ours=lambda x: tg.ldexp(x, 3)),
    binary("copysign", np.copysign, lambda g, z, x, y: (g * np.sign(x) * np.sign(y), np.zeros_like(g))),
    binary("nextafter", np.nextafter, lambda g, z, x, y: (g.copy(), np.zeros_like(g))),
    unary("unwrap", np.unwrap, lambda g, y, x: g.copy()),
]

CHOICES = [
    Case(
        "where",
        ["vector", "vector"],
        lambda x, y: np.where(x > 0, x, y),
        lambda g, z, x, y: (g * (x > 0), g * (x <= 0)),
        lambda x, y: tg.where(x > 0, x, y),
    ),
    unary(
        "where or a number",
        lambda x: np.where(x > 0, x, 0),
        lambda g, y, x: g * (x > 0),
        ours=lambda x: tg.where(x > 0, x, 0),
    ),
    binary("maximum", np.maximum, lambda g, z, x, y: (g * (x >= y), g * (y >= x))),
    binary("minimum", np.minimum, lambda g, z, x, y: (g * (x <= y), g * (y <= x))),
    binary("fmax", np.fmax, lambda g, z, x, y: (g * (x >= y), g * (y >= x))),
    binary("fmin", np.fmin, lambda g, z, x, y: (g * (x <= y), g * (y <= x))),
    unary(
        "maximum with a number",
        lambda x: np.maximum(x, 0.5),
        lambda g, y, x: g * (x > 0.5),
        ours=lambda x: tg.maximum(x, 0.5),
    ),
    unary("clip", lambda x: np.clip(x, -0.5, 0.5), lambda g, y, x: g * (x == y), ours=lambda x: tg.clip(x, -0.5, 0.5)),
    binary(
        "clip from above by an array",
        lambda x, y: np.clip(x, None, y),
        lambda g, z, x, y: (g * (x <= y), g * (x > y)),
        ours=lambda x, y: tg.clip(x, None, y),
    ),
    unary("nan_to_num", np.nan_to_num, lambda g, y, x: g * np.isfinite(x)),
    Case(
        "lerp",
        ["vector", "vector", "unit"],
        lambda x, y, w: (1 - w) * x + w * y,
        lambda g, z, x, y, w: (g * (1 - w), g * w, g * (y - x)),
    ),
    binary(
        "lerp by a number",
        lambda x, y: 0.75 * x + 0.25 * y,
        lambda g, z, x, y: (0.75 * g, 0.25 * g),
        ours=lambda x, y: tg.lerp(x, y, 0.25),
    ),
]

# What NumPy lacks is compared with SciPy.
SPECIAL = [
    unary("erf", special.erf, lambda g, y, x: g * (2 / ROOT_PI) * np.exp(-x * x)),
    unary("erfc", special.erfc, lambda g, y, x: g * (-2 / ROOT_PI) * np.exp(-x * x)),
    unary("erfinv", special.erfinv, lambda g, y, x: g * (ROOT_PI / 2) * np.exp(y * y), "unit"),
    unary("lgamma", special.gammaln, lambda g, y, x: g * special.psi(x), "positive"),
    unary("digamma", special.psi, lambda g, y, x: g * special.zeta(2, x), "positive"),
    unary(
        "polygamma",
        lambda x: special.zeta(2, x),
        lambda g, y, x: g * -2 * special.zeta(3, x),
        "positive",
        lambda x: tg.polygamma(1, x),
    ),
]

CASES = [*ARITHMETIC, *POWERS, *EXPONENTIALS, *ANGLES, *ROUNDING, *CHOICES, *SPECIAL]
