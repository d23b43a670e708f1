"""Binary cross-entropy of probabilities, and fused with the sigmoid or the softmax that they come from.

In each op the loss is ``-y ln p - (1 - y) ln(1 - p)``, element by element, and `y`, the target, is a constant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.elementwise.activation import Sigmoid, Softplus
from tinygrad_fs.tensor import Tensor

__all__ = ["ClippedCrossEntropy", "SigmoidCrossEntropy", "SoftmaxCrossEntropy"]

_LEAST = 1e-15
"""Probabilities are kept that far from 0 and from 1 where the loss is computed from them, or as far as they can."""


class ClippedCrossEntropy(Op):
    """-y ln q - (1 - y) ln(1 - q), q = p clipped to [1e-15, 1 - 1e-15];  dp = (1 - y) / (1 - q) - y / q.

    Where p is clipped the derivative is that at the bound, not 0, so that what is certain and wrong can still learn.
    """

    def forward(p: Any, *, target: Any) -> Any:
        q = _clipped(p)
        if (log := _log_by_label(q, target)) is not None:
            return np.negative(log, out=log)
        return -(target * np.log(q) + (1.0 - target) * np.log1p(-q))

    def vjp(g: Any, p: Any, target: Any) -> Any:
        q = _clipped(p)
        return g * ((1.0 - target) / (1.0 - q) - target / q)


def _log_by_label(q: Any, target: Any) -> Any:
    """The logarithm of q where the target is 1 and of 1 - q where it is 0; None if anything else is in it.

    Nearly all targets are labels, and need one logarithm per element in place of two.
    """
    if not type(q) is type(target) is np.ndarray or (q.shape, q.dtype) != (target.shape, target.dtype):
        return None
    ones, zeros = target == 1.0, target == 0.0
    if not np.logical_or(ones, zeros).all():
        return None
    log = np.log(q, out=np.empty_like(q), where=ones)
    return np.log1p(-q, out=log, where=zeros)


class SigmoidCrossEntropy(Op):
    """-y ln s(x) - (1 - y) ln s(-x), s the sigmoid;  dx = (1 - y) s(x) - y s(-x), which keeps its digits."""

    def forward(x: Any, *, target: Any) -> Any:
        return target * Softplus.apply(-x) + (1.0 - target) * Softplus.apply(x)

    def vjp(g: Any, x: Any, target: Any) -> Any:
        return g * ((1.0 - target) * Sigmoid.apply(x) - target * Sigmoid.apply(-x))


class SoftmaxCrossEntropy(Op):
    """-y ln p - (1 - y) ln(1 - p), p the softmax of x over the last axis;  dx = c - p sum_j c_j.

    Here c = g ((1 - y) p / (1 - p) - y). Where p_m is the largest of its row, neither ln(1 - p_m) nor p_m / (1 - p_m)
    survives rounding, as 1 - p_m may be 0. So 1 - p_m is the sum of the others, and their softmax q = p_i / (1 - p_m)
    brings its part of c to them. All other p are at most 1/2.
    """

    def forward(x: Any, *, target: Any) -> Any:
        parts = _Parts.of(x)
        log_rest = np.where(parts.top, parts.log_others, np.log1p(-parts.p_others))
        return -(target * parts.log_p + (1.0 - target) * log_rest)

    def vjp(g: Any, x: Any, target: Any) -> Any:
        if not isinstance(x, Tensor) and (gradient := _gradient_of_plain_rows(g, x, target)) is not None:
            return gradient
        top, log_p, log_others, p_others, q = _Parts.of(x)
        towards, away = -g * target, g * (1.0 - target)
        c = towards + away * (p_others / (1.0 - p_others))  # of the largest, only the first part

        def of_top(values: Any) -> Any:
            return np.sum(np.where(top, values, 0), axis=-1, keepdims=True)

        p_top = of_top(np.exp(log_p))
        c_top, away_top = of_top(c), of_top(away) * p_top
        c_others = np.sum(np.where(top, 0, c), axis=-1, keepdims=True)
        at_top = c_top * np.exp(log_others) - p_top * c_others + away_top
        elsewhere = c - p_others * (c_others + c_top) - away_top * q
        return np.where(top, at_top, elsewhere)


def _gradient_of_plain_rows(g: Any, x: Any, target: Any) -> Any:
    """The derivative of `SoftmaxCrossEntropy` on arrays in few passes; None if an exponential comes to nothing.

    With e the exponentials of the others, T = 1 + sum e and R = sum e, both p = e / T and q = e / R are e times a
    number per row.
    """
    z = x.reshape(-1, x.shape[-1])
    towards = _like(-g * target, x).reshape(z.shape)
    places = np.arange(len(z)), np.argmax(z, axis=-1)
    with np.errstate(over="ignore"):
        e = np.exp(z - z[places][:, None])
    limits = np.finfo(e.dtype)
    if not np.minimum.reduce(e, axis=None) > limits.tiny / limits.eps:  # or products with it lose digits
        return None
    e[places] = 0.0
    others = np.add.reduce(e, axis=-1)
    p_top = 1.0 / (1.0 + others)
    p = e * p_top[:, None]
    away = towards + (g if np.ndim(g) == 0 else _like(g, x).reshape(z.shape))
    c_top, away_top = towards[places], away[places] * p_top
    c = p / (1.0 - p)
    c *= away
    c += towards
    c[places] = 0.0
    c_others = np.add.reduce(c, axis=-1)
    c -= e * ((c_others + c_top) * p_top + away_top / others)[:, None]
    c[places] = c_top * others * p_top - p_top * c_others + away_top
    return c.reshape(x.shape)


class _Parts(NamedTuple):
    """What a row of scores comes to.

    Attributes
    ----------
    top : array of bool
        Where the largest score stands; the first of several.
    log_p : array
        The logarithm of the softmax p.
    log_others : array
        The logarithm of 1 - p of the largest, which is the sum of p over the others; one per row.
    p_others : array
        p, with 0 in place of the largest.
    q : array
        The softmax of the others among themselves.
    """

    top: Any
    log_p: Any
    log_others: Any
    p_others: Any
    q: Any

    @classmethod
    def of(cls, x: Any) -> _Parts:
        values = x.data if isinstance(x, Tensor) else x
        top = np.zeros_like(values, dtype=bool)
        np.put_along_axis(top, np.argmax(values, axis=-1, keepdims=True), True, axis=-1)
        # The shifts cancel in all that follows, to any order of derivatives, and so are constants.
        z = _lowered(x, np.max(values, axis=-1, keepdims=True))
        e = np.exp(z)
        total = np.sum(e, axis=-1, keepdims=True)
        log_total = np.log(total)
        others = np.where(top, -np.inf, z)
        second = np.max(others.data if isinstance(others, Tensor) else others, axis=-1, keepdims=True)
        e_second = np.exp(others - second)
        sum_second = np.sum(e_second, axis=-1, keepdims=True)
        return cls(
            top=top,
            log_p=z - log_total,
            log_others=second + np.log(sum_second) - log_total,
            p_others=np.where(top, 0, e) / total,
            q=e_second / sum_second,
        )


def _like(values: Any, x: Any) -> Any:
    """`values` in the shape of `x`, to which they broadcast."""
    return values if values.shape == x.shape else values + np.zeros_like(x)


def _lowered(x: Any, largest: Any) -> Any:
    """`x` minus the largest, kept within the range of the dtype: each finite score has a finite logarithm."""
    with np.errstate(over="ignore"):
        return np.maximum(x - largest, np.finfo(x.dtype).min / 4)


def _clipped(p: Any) -> Any:
    nearest = float(np.finfo(p.dtype).epsneg) if p.dtype.kind == "f" else 0.0
    return np.clip(p, _LEAST, 1.0 - max(_LEAST, nearest))
