"""What is measured of each op: our function, and the NumPy calls that its value and its derivative need.

The NumPy side is what one would write by hand, once: no recording, no checks, no care for rare values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_fs as tg

__all__ = ["CASES", "Case"]


@dataclass(frozen=True)
class Case:
    """An op at work.

    Attributes
    ----------
    name : str
    inputs : sequence of str
        What to draw for each input: see `draw`.
    value : callable
        The value by NumPy, from the arrays.
    derivative : callable
        The gradients by NumPy, from g, y and the arrays; an array or a tuple.
    ours : callable, optional
        Our function if it is not the public one of that name.
    """

    name: str
    inputs: Sequence[str]
    value: Callable[..., Any]
    derivative: Callable[..., Any]
    ours: Callable[..., Any] | None = None

    def draw(self, size: int) -> list[np.ndarray]:
        """Arrays with about `size` elements each, or as many in a square matrix."""
        rng = np.random.default_rng(0)
        return [_draw(kind, size, rng) for kind in self.inputs]

    def function(self) -> Callable[..., Any]:
        """Our function."""
        return self.ours or getattr(tg, self.name)


COLUMNS = 250


def _draw(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    shape: tuple[int, ...] = {
        "vector": (size,),
        "positive": (size,),
        "unit": (size,),
        "above one": (size,),
        "matrix": (size // COLUMNS, COLUMNS),
        "row": (COLUMNS,),
        "square": (int(size**0.5),) * 2,
        "regular": (int(size**0.5),) * 2,
        "symmetric": (int(size**0.5) // 2,) * 2,
        "few": (20,),
        "triples": (size // 3, 3),
    }[kind]
    values = rng.standard_normal(shape)
    if kind == "positive":
        values = np.abs(values) + 0.5
    elif kind == "unit":
        values = rng.uniform(-0.9, 0.9, shape)
    elif kind == "above one":
        values = np.abs(values) + 1.5
    elif kind == "regular":
        values = values / shape[0] ** 0.5 + 3 * np.eye(shape[0])
    elif kind == "symmetric":
        values = values @ values.T / shape[0] + np.eye(shape[0])
    return values.astype(np.float32)


def unary(name: str, value: Any, derivative: Any, kind: str = "vector", ours: Any = None) -> Case:
    """A function of each element; its derivative, from x and y, is multiplied by g."""
    return Case(name, [kind], value, lambda g, y, x: g * derivative(x, y), ours)


def binary(name: str, value: Any, derivative: Any, kinds: Sequence[str] = ("vector", "vector")) -> Case:
    return Case(name, kinds, value, derivative)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def spread(g: Any, x: Any, axis: int | None = None) -> Any:
    """The gradient of a reduction, in memory of its own."""
    return np.broadcast_to(g if axis is None else np.expand_dims(g, axis), x.shape).copy()


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def added_rows(shape: tuple[int, ...], rows: Any, g: Any) -> Any:
    result = np.zeros(shape, g.dtype)
    np.add.at(result, rows, g)
    return result


def normalized(x: Any) -> tuple[Any, Any]:
    centered = x - x.mean(-1, keepdims=True)
    scale = 1 / np.sqrt((centered * centered).mean(-1, keepdims=True) + 1e-5)
    return centered * scale, scale


def layer_norm_gradient(g: Any, y: Any, x: Any) -> Any:
    n, scale = normalized(x)
    return scale * (g - g.mean(-1, keepdims=True) - n * (g * n).mean(-1, keepdims=True))


def extremes(g: Any, y: Any, x: Any) -> Any:
    chosen = x == y[:, None]
    return np.where(chosen, (g / chosen.sum(1))[:, None], 0)


LN_2, LN_10 = float(np.log(2)), float(np.log(10))
ROWS = np.random.default_rng(1).integers(0, 400, 400)
LABELS = np.random.default_rng(2).integers(0, COLUMNS, 400)
ROOT = float(np.sqrt(2 / np.pi))

ELEMENTWISE = [
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

REDUCTIONS = [
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

SHAPES = [
    Case(
        "concatenate",
        ["matrix", "matrix"],
        lambda x, y: np.concatenate([x, y]),
        lambda g, z, x, y: (g[: len(x)].copy(), g[len(x) :].copy()),
        lambda x, y: tg.concatenate([x, y]),
    ),
    Case(
        "stack",
        ["matrix", "matrix"],
        lambda x, y: np.stack([x, y]),
        lambda g, z, x, y: (g[0].copy(), g[1].copy()),
        lambda x, y: tg.stack([x, y]),
    ),
    Case("pad", ["matrix"], lambda x: np.pad(x, 2), lambda g, y, x: g[2:-2, 2:-2].copy(), lambda x: tg.pad(x, 2)),
    Case(
        "pad by reflection",
        ["matrix"],
        lambda x: np.pad(x, ((0, 0), (2, 2)), mode="reflect"),
        lambda g, y, x: _reflected(g),
        lambda x: tg.pad(x, ((0, 0), (2, 2)), mode="reflect"),
    ),
    Case(
        "repeat",
        ["matrix"],
        lambda x: np.repeat(x, 2, 1),
        lambda g, y, x: g.reshape(*x.shape, 2).sum(-1),
        lambda x: tg.repeat(x, 2, 1),
    ),
    Case(
        "tile",
        ["matrix"],
        lambda x: np.tile(x, 2),
        lambda g, y, x: g.reshape(len(x), 2, -1).sum(1),
        lambda x: tg.tile(x, 2),
    ),
    Case("roll", ["vector"], lambda x: np.roll(x, 5), lambda g, y, x: np.roll(g, -5), lambda x: tg.roll(x, 5)),
    Case("tril", ["square"], np.tril, lambda g, y, x: np.tril(g)),
    Case(
        "rows by number",
        ["matrix"],
        lambda x: x[ROWS % len(x)],
        lambda g, y, x: added_rows(x.shape, ROWS % len(x), g),
        lambda x: x[ROWS % len(x)],
    ),
    Case("mask", ["vector"], lambda x: x[x > 0], lambda g, y, x: _masked(g, x), lambda x: x[x > 0]),
]


def _reflected(g: Any) -> Any:
    result = g[:, 2:-2].copy()
    result[:, 1:3] += g[:, 1::-1]
    result[:, -3:-1] += g[:, :-3:-1]
    return result


def _masked(g: Any, x: Any) -> Any:
    result = np.zeros_like(x)
    result[x > 0] = g
    return result


PRODUCTS = [
    Case("matmul", ["square", "square"], np.matmul, lambda g, z, x, y: (g @ y.T, x.T @ g)),
    Case("dot", ["vector", "vector"], np.dot, lambda g, z, x, y: (g * y, g * x)),
    Case("outer", ["few", "vector"], np.outer, lambda g, z, x, y: (g @ y, x @ g)),
    Case(
        "einsum ij,kj->ik",
        ["square", "square"],
        lambda x, y: x @ y.T,
        lambda g, z, x, y: (g @ y, g.T @ x),
        lambda x, y: tg.einsum("ij,kj->ik", x, y),
    ),
    Case("linear", ["square", "square"], lambda x, w: x @ w.T, lambda g, z, x, w: (g @ w, g.T @ x)),
    Case("cross", ["triples", "triples"], np.cross, lambda g, z, x, y: (np.cross(y, g), np.cross(g, x))),
]

NEURAL = [
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


LINALG = [
    Case("linalg.inv", ["regular"], np.linalg.inv, lambda g, y, x: -y.T @ g @ y.T, lambda x: tg.linalg.inv(x)),
    Case(
        "linalg.solve",
        ["regular", "square"],
        np.linalg.solve,
        lambda g, z, x, y: (-(d := np.linalg.solve(x.T, g)) @ z.T, d),
        lambda x, y: tg.linalg.solve(x, y),
    ),
    Case(
        "linalg.eigvalsh",
        ["symmetric"],
        lambda x: np.linalg.eigh(x)[0],
        lambda g, y, x: np.tril(m := (v := np.linalg.eigh(x)[1]) * g @ v.T) + np.tril(m, -1),
        lambda x: tg.linalg.eigvalsh(x),
    ),
]

CASES = [*ELEMENTWISE, *REDUCTIONS, *SHAPES, *PRODUCTS, *NEURAL, *LINALG]
