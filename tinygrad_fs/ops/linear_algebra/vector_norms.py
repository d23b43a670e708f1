"""Norms of vectors.

Where a norm is 0 it has a kink; there the gradient is 0, which is a subgradient, and never nan.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import expanded, given
from tinygrad_fs.ops.elementwise.arithmetic import absolute
from tinygrad_fs.ops.reductions.reduction import min, sum, to_extremes
from tinygrad_fs.tensor import Tensor

__all__: list[str] = []


class EuclideanNorm(Op):
    """y = sqrt(sum of x^2);  dx: x / y, and 0 where y is 0.

    An op of its own for its derivative at 0, and so that squares neither overflow nor vanish.
    """

    def forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
        if len(axis) == x.ndim and (length := _length_of_all(x)) is not None:
            return length.reshape((1,) * x.ndim) if keepdims else length
        wide = x.astype(np.float32) if x.dtype == np.float16 else x
        with np.errstate(over="ignore", under="ignore"):
            y = np.sqrt(_sum_of_squares(wide, axis))
            if not _is_moderate(y):
                scale = _scale(wide, axis)
                scaled = wide / scale
                y = scale * np.sqrt(_sum_of_squares(scaled, axis))
        y = y.astype(np.result_type(x.dtype, np.float16), copy=False)
        return y if keepdims else np.squeeze(y, axis)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        if np.count_nonzero(out) == out.size:
            return expanded(g / out, x.shape, axis, keepdims) * x
        flat = out == 0
        return expanded(np.where(flat, 0, g / np.where(flat, 1, out)), x.shape, axis, keepdims) * x


class PNorm(Op):
    """y = (sum of |x|^p)^(1/p);  dx: sign(x) (|x| / y)^(p - 1), and 0 where x or y is 0."""

    def forward(x: Any, *, p: float, axis: Any, keepdims: bool) -> Any:
        wide = x.astype(np.float32) if x.dtype == np.float16 else x
        scale = _scale(wide, axis)
        y = scale * np.add.reduce(np.absolute(wide / scale) ** p, axis=axis, keepdims=True) ** (1.0 / p)
        y = y.astype(np.result_type(x.dtype, np.float16), copy=False)
        return y if keepdims else np.squeeze(y, axis)

    def vjp(g: Any, x: Any, out: Any, p: float, axis: Any, keepdims: bool) -> Any:
        if p >= 2 and type(x) is np.ndarray and _is_moderate(power := out ** (p - 1)):
            return expanded(g / power, x.shape, axis, keepdims) * _signed_power(x, p - 1)
        y = expanded(out, x.shape, axis, keepdims)
        g = expanded(g, x.shape, axis, keepdims)
        flat = (x == 0) | (y == 0)
        ratio = np.where(flat, 1, np.absolute(x)) / np.where(flat, 1, y)
        return g * np.where(flat, 0, np.sign(x) * ratio ** (p - 1))


class LargestMagnitude(Op):
    """y = max |x| over some axes;  sign(x) where |x| is y, evenly where there are ties."""

    def forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
        return np.max(np.absolute(x), axis=axis, keepdims=keepdims)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        trailing = sorted(axis) == list(range(x.ndim - len(axis), x.ndim))
        if trailing and type(x) is np.ndarray and (dx := _to_only_largest(g, x, out)) is not None:
            return dx
        return to_extremes(g, np.absolute(x), out, axis, keepdims) * np.sign(x)


def _to_only_largest(g: Any, x: Any, out: Any) -> Any:
    """The gradient where each vector, in the last axes of `x`, has one entry of largest magnitude; None otherwise."""
    if not x.size:
        return None
    lines = x.reshape(out.size, -1)
    size, each = np.absolute(lines), np.arange(out.size)
    first = size.argmax(axis=1)
    size[each, first] = -1
    second = size.argmax(axis=1)  # in half of the time of max
    if not (size[each, second] < out.reshape(-1)).all():
        return None
    dx = np.zeros(lines.shape, g.dtype)
    dx[each, first] = g.reshape(-1) * np.sign(lines[each, first])
    return dx.reshape(x.shape)


def _signed_power(x: Any, exponent: float) -> Any:
    """sign(x) |x|^exponent for exponents from 1 on, which is 0 at 0 by itself: a tenth of the time."""
    size = np.absolute(x)
    return x * (size if exponent == 2 else size ** (exponent - 1))


_smallest = lru_cache(lambda dtype: np.finfo(dtype).tiny)


@np.errstate(over="ignore")
def _length_of_all(x: Any) -> Any:
    """The norm of all elements, or None where their squares overflow or vanish: half the time of the general way."""
    if type(x) is not np.ndarray or x.dtype == np.float16:
        return None
    flat = x if x.ndim == 1 else x.ravel(order="K")
    square = flat.dot(flat)
    return np.sqrt(square) if _smallest(x.dtype) < square < np.inf else None


def _is_moderate(y: Any) -> bool:
    """Whether the powers that such norms come from, or go into, neither overflow nor vanish."""
    return bool(y.size and y.min() > _smallest(y.dtype) ** 0.5 and y.max() < np.inf)


def _sum_of_squares(x: Any, axis: tuple[int, ...]) -> Any:
    if axis == (x.ndim - 1,):
        return np.expand_dims(np.vecdot(x, x), -1)
    if len(axis) < x.ndim:
        return np.add.reduce(x * x, axis=axis, keepdims=True)
    flat = x.ravel(order="K")
    return np.reshape(np.dot(flat, flat), (1,) * x.ndim)


def _scale(x: Any, axis: Any) -> Any:
    """The largest magnitude, or 1 where that is 0 or not finite."""
    largest = np.max(np.absolute(x), axis=axis, keepdims=True, initial=0)
    return np.where((largest > 0) & (largest < np.inf), largest, 1).astype(largest.dtype)


def norm_of_vectors(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """The norm of the order `ord` over some axes, numbers from 0 on."""
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} is no norm of vectors; use a number, inf or -inf")
    x = floating(x)
    if ord == 2:
        return EuclideanNorm.apply(x, axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum(absolute(x), axis=axes, keepdims=keepdims)
    if ord == np.inf:
        return LargestMagnitude.apply(x, axis=axes, keepdims=keepdims)
    if ord == -np.inf:
        return min(absolute(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum((x != 0).astype(x.dtype), axis=axes, keepdims=keepdims)
    return PNorm.apply(x, p=ord, axis=axes, keepdims=keepdims)


def floating(x: Any) -> Any:
    """Integers as floats, so that their norm is one."""
    x = given(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)
