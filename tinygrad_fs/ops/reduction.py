"""Reductions: many values to one, over some axes or all."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["max", "mean", "min", "sum", "var"]

Axis: TypeAlias = "int | tuple[int, ...] | None"


class Sum(Op):
    """y = sum of x over some axes;  dy/dx = 1."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        if x.dtype == np.float16:  # it runs out of digits and of range in long sums
            return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=np.float32).astype(np.float16)
        return np.add.reduce(x, axis=axis, keepdims=keepdims)

    def vjp(g: Any, shapes: Any, axis: Any, keepdims: bool) -> Any:
        return _spread(g, shapes[0], axis, keepdims)


class Mean(Op):
    """y = mean of x over some axes, n values each;  dy/dx = 1 / n."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        if x.dtype.kind != "f" or x.dtype == np.float16:
            return np.mean(x, axis=axis, keepdims=keepdims)
        return np.add.reduce(x, axis=axis, keepdims=keepdims) / _count(x.shape, axis)

    def vjp(g: Any, shapes: Any, axis: Any, keepdims: bool) -> Any:
        return _spread(g / _count(shapes[0], axis), shapes[0], axis, keepdims)


class Var(Op):
    """y = sum of (x - mean)^2 / (n - ddof);  dy/dx = 2 (x - mean) / (n - ddof).

    An op of its own since its variance is taken in two passes, and its derivative needs the input alone.
    """

    def forward(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: Any = False) -> Any:
        return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)

    def vjp(g: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
        deviation = x - np.mean(x, axis=axis, keepdims=True)
        n = _count(x.shape, axis)
        return _expanded(g, x.shape, axis, keepdims) * (deviation * (2.0 / (n - ddof) if n > ddof else math.nan))


class Max(Op):
    """y = max of x over some axes;  the largest take the gradient, evenly where there are ties."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        return np.max(x, axis=axis, keepdims=keepdims)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        return _to_extremes(g, x, out, axis, keepdims)


class Min(Op):
    """y = min of x over some axes;  the smallest take the gradient, evenly where there are ties."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        return np.min(x, axis=axis, keepdims=keepdims)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        return _to_extremes(g, x, out, axis, keepdims)


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple([each % ndim for each in (axis if isinstance(axis, tuple) else (axis,))])


def _count(shape: tuple[int, ...], axis: Any) -> int:
    return math.prod([shape[each] for each in _axes(axis, len(shape))])


def _expanded(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Put the axes that a reduction took away back, with size 1."""
    if keepdims or axis is None or not shape:
        return g  # a 0-d gradient broadcasts as it is
    axes = _axes(axis, len(shape))
    return np.reshape(g, tuple([1 if i in axes else size for i, size in enumerate(shape)]))


def _spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Give each of the reduced values the gradient of the result."""
    g = _expanded(g, shape, axis, keepdims)
    if isinstance(g, (np.ndarray, np.generic)) and math.prod(shape) <= 4096:
        return np.zeros(shape, g.dtype) + g  # 0.5 us, where the view of np.broadcast_to takes 2.3
    return np.broadcast_to(g, shape)


def _to_extremes(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    extreme = _expanded(out, x.shape, axis, keepdims)
    chosen = (x == extreme) | (x != x)  # a nan is the result wherever it stands
    share = _expanded(g, x.shape, axis, keepdims) / np.sum(chosen, axis=axis, keepdims=True).astype(g.dtype)
    return np.where(chosen, share, 0)


def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis`.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default. An empty tuple reduces nothing.
    keepdims : bool, default False
        Keep the reduced axes with size 1.

    Returns
    -------
    Tensor
        0-d for a full reduction. float16 is accumulated in float32; integers and bools give int64.

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sum(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    tensor([4., 6.])
    """
    return Sum.apply(x, axis=_as_axis(axis), keepdims=keepdims)


def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over `axis`; parameters as in `sum`. The mean of nothing is nan, with NumPy's warning.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.mean(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([1.5, 3.5])
    """
    return Mean.apply(x, axis=_as_axis(axis), keepdims=keepdims)


def var(x: TensorLike, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
    """Variance over `axis`: the mean square deviation from the mean, divided by ``n - ddof``.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default.
    ddof : float, default 0
        0 for the biased variance (NumPy's default), 1 for the unbiased one (PyTorch's default).
    keepdims : bool, default False
        Keep the reduced axes with size 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.25)
    """
    return Var.apply(x, axis=_as_axis(axis), ddof=ddof, keepdims=keepdims)


def max(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest value over `axis`; parameters as in `sum`. Ties share the gradient evenly; nan wins.

    Raises
    ------
    ValueError
        If there is nothing to choose from.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.max(tg.tensor([[1.0, 5.0], [7.0, 3.0]]), axis=1)
    tensor([5., 7.])
    """
    return Max.apply(x, axis=_as_axis(axis), keepdims=keepdims)


def min(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest value over `axis`; parameters as in `sum`. Ties share the gradient evenly; nan wins.

    Raises
    ------
    ValueError
        If there is nothing to choose from.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.min(tg.tensor([[1.0, 5.0], [7.0, 3.0]]), axis=1)
    tensor([1., 3.])
    """
    return Min.apply(x, axis=_as_axis(axis), keepdims=keepdims)


def _as_axis(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis
