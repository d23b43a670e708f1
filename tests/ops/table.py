"""The op table: one row per public function, which drives every test of an op.

A row gives the function as NumPy users call it, inputs to check at, and the NumPy function that it must agree
with. Inputs keep away from kinks and singular points; those have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs.ops.activation import SELU_ALPHA, SELU_SCALE

GENERATOR = np.random.default_rng(42)


def normal(*shape: int) -> np.ndarray:
    return GENERATOR.standard_normal(shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(GENERATOR.standard_normal(shape)) + 0.5


def apart(*shape: int) -> np.ndarray:
    """Values that differ from each other and from 0 by at least 0.1, so that no tie or kink is near."""
    size = int(np.prod(shape))
    values = np.linspace(-1.05, 1.05, size) if size > 1 else np.full(size, 0.7)
    values = np.where(np.abs(values) < 0.05, 0.3, values)
    return GENERATOR.permutation(values).reshape(shape)


@dataclass(frozen=True)
class Row:
    """One way to call a public function.

    Attributes
    ----------
    name : str
        The public name in tinygrad_fs.
    inputs : sequence of array
        What is differentiated.
    reference : callable
        Takes the arrays and gives what NumPy gives.
    call : callable, optional
        How the function is called with the inputs; the function itself by default.
    note : str
        What sets this row apart from others of the same name.
    second : bool
        Whether there is a second derivative to check.
    float32 : float
        Relative tolerance for values in float32.
    """

    name: str
    inputs: Sequence[np.ndarray]
    reference: Callable[..., Any]
    call: Callable[..., Any] | None = None
    note: str = ""
    second: bool = True
    float32: float = 2e-6

    def __call__(self, *inputs: Any) -> Any:
        return (self.call or getattr(tg, self.name))(*inputs)

    def __str__(self) -> str:
        return f"{self.name}-{self.note}" if self.note else self.name


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


MASK = np.array([True, False, True])
ROWS = [
    # arithmetic
    Row("add", [normal(2, 3), normal(3)], np.add),
    Row("subtract", [normal(2, 1), normal(1, 3)], np.subtract),
    Row("multiply", [normal(2, 3), normal(3)], np.multiply),
    Row("divide", [normal(2, 3), positive(2, 1)], np.divide),
    Row("remainder", [positive(3) * 3, positive(3)], np.remainder),
    Row("power", [positive(2, 3), normal(3)], np.power),
    Row("power", [normal(3)], lambda x: x**2, lambda x: x**2, "square"),
    Row("power", [normal(3)], lambda x: x**3, lambda x: x**3, "cube"),
    Row("power", [positive(3)], lambda x: x**-1.5, lambda x: x**-1.5, "negative exponent"),
    Row("power", [normal(3)], lambda x: x**1, lambda x: x**1, "one"),
    Row("power", [normal(3)], lambda x: x**0, lambda x: x**0, "zero"),
    Row("power", [normal(3)], lambda y: 2.0**y, lambda y: 2.0**y, "of a number"),
    Row("negative", [normal(3)], np.negative),
    Row("absolute", [apart(4)], np.absolute),
    # elementwise
    Row("exp", [normal(3)], np.exp),
    Row("expm1", [normal(3)], np.expm1),
    Row("log", [positive(3)], np.log),
    Row("log1p", [positive(3)], np.log1p),
    Row("sqrt", [positive(3)], np.sqrt),
    Row("square", [normal(3)], np.square),
    Row("where", [normal(2, 3), normal(3)], lambda x, y: np.where(MASK, x, y), lambda x, y: tg.where(MASK, x, y)),
    Row("where", [normal(2, 1)], lambda x: np.where(MASK, x, 0), lambda x: tg.where(MASK, x, 0), "number"),
    Row("maximum", [apart(2, 3), apart(3) + 0.03], np.maximum),
    Row("minimum", [apart(2, 3), apart(3) + 0.03], np.minimum),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, -0.5, 0.5), lambda x: tg.clip(x, -0.5, 0.5)),
    Row("clip", [apart(2, 3)], lambda x: np.clip(x, None, 0.5), lambda x: tg.clip(x, a_max=0.5), "one bound"),
    Row("clip", [apart(2, 3), np.full(3, -0.5), np.full(1, 0.5)], np.clip, None, "bounds with gradient"),
    Row("clip", [apart(2, 3), np.full(3, 0.5), np.full(1, -0.52)], np.clip, None, "crossed bounds"),
    # reductions
    Row("sum", [normal(2, 3)], np.sum),
    Row("sum", [normal(2, 3, 2)], lambda x: x.sum((0, -1)), lambda x: tg.sum(x, axis=(0, -1)), "axes"),
    Row("sum", [normal(2, 3)], lambda x: x.sum(1, keepdims=True), lambda x: tg.sum(x, 1, True), "keepdims"),
    Row("sum", [normal(2, 3)], lambda x: x.sum(axis=()), lambda x: tg.sum(x, axis=()), "no axis"),
    Row("mean", [normal(2, 3)], np.mean),
    Row("mean", [normal(2, 3)], lambda x: x.mean(0), lambda x: tg.mean(x, axis=0), "axis"),
    Row("mean", [normal(2, 3)], lambda x: x.mean(axis=()), lambda x: tg.mean(x, axis=()), "no axis"),
    Row("var", [normal(2, 3)], np.var, float32=2e-5),
    Row("var", [normal(2, 3)], lambda x: x.var(1, ddof=1), lambda x: tg.var(x, 1, ddof=1), "unbiased", float32=2e-5),
    Row("max", [apart(2, 3)], np.max),
    Row("max", [apart(2, 3)], lambda x: x.max(-1), lambda x: tg.max(x, axis=-1), "axis"),
    Row("max", [apart(2, 3)], lambda x: x.max((0, 1), keepdims=True), lambda x: tg.max(x, (0, 1), True), "keepdims"),
    Row("min", [apart(2, 3)], np.min),
    Row("min", [apart(2, 3)], lambda x: x.min(0), lambda x: tg.min(x, axis=0), "axis"),
    # shape
    Row("reshape", [normal(2, 3)], lambda x: x.reshape(3, 2), lambda x: tg.reshape(x, (3, -1))),
    Row("ravel", [normal(2, 3)], np.ravel),
    Row("flatten", [normal(2, 3, 2)], lambda x: x.reshape(2, 6), lambda x: tg.flatten(x, 1)),
    Row("transpose", [normal(2, 3)], np.transpose),
    Row("transpose", [normal(2, 3, 4)], lambda x: x.transpose(2, 0, 1), lambda x: tg.transpose(x, (-1, 0, 1)), "axes"),
    Row("swapaxes", [normal(2, 3, 4)], lambda x: x.swapaxes(0, -1), lambda x: tg.swapaxes(x, 0, -1)),
    Row("moveaxis", [normal(2, 3, 4)], lambda x: np.moveaxis(x, 0, -1), lambda x: tg.moveaxis(x, 0, -1)),
    Row("expand_dims", [normal(2, 3)], lambda x: x[:, None], lambda x: tg.expand_dims(x, 1)),
    Row("expand_dims", [normal(2)], lambda x: x[None, :, None], lambda x: tg.expand_dims(x, (0, 2)), "axes"),
    Row("squeeze", [normal(1, 3, 1)], np.squeeze),
    Row("squeeze", [normal(1, 3, 1)], lambda x: x[0], lambda x: tg.squeeze(x, 0), "axis"),
    Row("broadcast_to", [normal(2, 1)],
        lambda x: np.broadcast_to(x, (4, 2, 3)), lambda x: tg.broadcast_to(x, (4, 2, 3))),
    Row("concatenate", [normal(2, 3), normal(2, 1)],
        lambda x, y: np.concatenate([x, y], -1), lambda x, y: tg.concatenate([x, y], -1)),
    Row("concatenate", [normal(2, 3), normal(2)],
        lambda x, y: np.concatenate([x, y], None), lambda x, y: tg.concatenate([x, y], None), "flat"),
    Row("stack", [normal(2, 3), normal(2, 3)], lambda x, y: np.stack([x, y], 1), lambda x, y: tg.stack([x, y], 1)),
    Row("split", [normal(2, 5)], lambda x: np.split(x, [1, 3], 1), lambda x: tg.split(x, [1, 3], 1)),
    Row("split", [normal(4, 2)], lambda x: np.split(x, 2), lambda x: tg.split(x, 2), "equal parts"),
    Row("pad", [normal(2, 3)], lambda x: np.pad(x, ((1, 0), (0, 2))), lambda x: tg.pad(x, ((1, 0), (0, 2)))),
    Row("pad", [normal(3)],
        lambda x: np.pad(x, (1, 2), constant_values=7), lambda x: tg.pad(x, (1, 2), constant_values=7), "value"),
    *[
        Row("pad", [normal(3, 4)], lambda x, m=m: np.pad(x, 2, m), lambda x, m=m: tg.pad(x, 2, m), m)
        for m in ("edge", "reflect", "symmetric", "wrap")
    ],
    # indexing
    *[
        Row("getitem", [normal(3, 2, 4)], lambda x, i=i: x[i], lambda x, i=i: x[i], note)
        for note, i in {
            "integer": 1,
            "slices": (slice(None, None, -1), slice(0, 1), slice(3, 0, -2)),
            "new axis and ellipsis": (None, ..., 0, None),
            "repeated rows": [0, -1, 0, 2, 2],
            "array of two axes": np.array([[0, 1], [1, 1]]),
            "mask": np.array([True, False, True]),
            "mask of all axes": normal(3, 2, 4) > 0,
            "adjacent arrays": ([0, 1, 1], [0, 1, 1]),
            "separated arrays": ([0, 1, 1], slice(None), [3, 0, 0]),
            "array and slice": (slice(1, None), [1, 1, 0]),
            "nothing": slice(0, 0),
            "empty list": [],
        }.items()
    ],
    # products
    *[
        Row("matmul", [normal(*x), normal(*y)], np.matmul, note=f"{x} @ {y}")
        for x, y in [
            ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,)),
            ((2, 1, 4, 3), (5, 3, 2)),
            ((2, 4, 3), (3, 2)), ((4, 3), (2, 3, 2)), ((1, 4, 3), (2, 3, 2)), ((2, 3), (1, 3, 2)),
        ]
    ],
    # activations
    Row("tanh", [normal(3)], np.tanh),
    Row("sigmoid", [normal(4)], lambda x: 1 / (1 + np.exp(-x))),
    Row("softplus", [normal(4)], lambda x: np.log1p(np.exp(x))),
    Row("relu", [apart(4)], lambda x: np.maximum(x, 0)),
    Row("leaky_relu", [apart(4)], lambda x: np.where(x > 0, x, 0.2 * x), lambda x: tg.leaky_relu(x, 0.2)),
    Row("elu", [apart(4)], lambda x: np.where(x > 0, x, 0.7 * np.expm1(x)), lambda x: tg.elu(x, 0.7)),
    Row("selu", [apart(4)], lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x))),
    Row("softmax", [normal(2, 3)], softmax),
    Row("softmax", [normal(2, 3)], lambda x: softmax(x, 0), lambda x: tg.softmax(x, axis=0), "axis"),
    Row("log_softmax", [normal(2, 3)], lambda x: np.log(softmax(x))),
    # copies
    Row("clone", [normal(3)], np.copy),
    Row("astype", [normal(3)], lambda x: x, lambda x: tg.astype(x, x.dtype)),
]  # fmt: skip

WITHOUT_GRADIENT = {
    "floor_divide": "piecewise constant",
    "sign": "piecewise constant",
}
