"""Statistics: spread and weighted means."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, alongside, as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import Axis, as_axis, checked, count, expanded, given
from tinygrad_fs.ops.copying import astype, in_float32
from tinygrad_fs.ops.elementwise.choice import where as choose
from tinygrad_fs.ops.elementwise.roots import sqrt, square
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.reductions.reduction import max, min, sum
from tinygrad_fs.ops.reductions.reduction import mean as mean_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["average", "ptp", "std", "var"]


class Var(Op):
    """y = sum of (x - mean)^2 / (n - ddof);  dy/dx = 2 (x - mean) / (n - ddof).

    An op of its own since its variance is taken in two passes, and its derivative needs the input alone.
    """

    def forward(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: Any = False) -> Any:
        return _spread_of(np.var, x, axis, ddof, keepdims)

    def vjp(g: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
        n = count(x.shape, axis)
        scale = g * (2.0 / (n - ddof) if n > ddof else math.nan)
        return expanded(scale, x.shape, axis, keepdims) * (x - np.mean(x, axis=axis, keepdims=True))


class VarAmong(Op):
    """y = sum of (x - mean)^2 / (n - ddof) over the n x that count;  dy/dx = 2 (x - mean) / (n - ddof), else 0.

    An op of its own for its speed: as a compound it would be eight nodes.
    """

    def forward(x: Any, *, among: Any, axis: Any, ddof: float, keepdims: Any) -> Any:
        freedom = _freedom(among, axis, ddof, keepdims)
        if not (freedom > 0).all():
            warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=5)
        with np.errstate(divide="ignore", invalid="ignore"):
            deviations = kept(x - _mean_among(x, among, axis), among)
            total = np.add.reduce(deviations * deviations, axis=axis, keepdims=keepdims)
            return total / np.maximum(freedom, 0).astype(total.dtype)

    def vjp(g: Any, x: Any, among: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
        freedom = _freedom(among, axis, ddof, keepdims)
        scale = g * np.where(freedom > 0, 2.0 / freedom, np.nan).astype(g.dtype)
        deviations = kept(x - _mean_among(x, among, axis), among)
        gradient = expanded(scale, x.shape, axis, keepdims) * deviations
        return gradient if (freedom > 0).all() else kept(gradient, among)


class Std(Op):
    """y = sqrt(sum of (x - mean)^2 / (n - ddof));  dy/dx = (x - mean) / ((n - ddof) y), 0 where all x are equal."""

    def forward(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: Any = False) -> Any:
        return _spread_of(np.std, x, axis, ddof, keepdims)

    def vjp(g: Any, x: Any, out: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
        n = count(x.shape, axis)
        scale = g / (np.where(out == 0, 1, out) * (n - ddof if n > ddof else math.nan))
        # Seen from one of the values, so that those of equal values are exactly 0, where the mean may be rounded.
        seen = x - _first(x, axis)
        return expanded(scale, x.shape, axis, keepdims) * (seen - np.mean(seen, axis=axis, keepdims=True))


def _freedom(among: Any, axis: Any, ddof: float, keepdims: Any) -> Any:
    n = np.count_nonzero(among, axis=axis, keepdims=keepdims)
    return (np.intp(n) if isinstance(n, int) else n) - ddof  # NumPy 2.0 gives a plain number, without its methods


def _mean_among(x: Any, among: Any, axis: Any) -> Any:
    total = np.sum(kept(x, among), axis=axis, keepdims=True)
    n = np.count_nonzero(among, axis=axis, keepdims=True)
    return total / n.astype(total.dtype)


def _spread_of(function: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    if x.dtype != np.float16:
        return function(x, axis=axis, ddof=ddof, keepdims=keepdims)
    return function(x, axis=axis, ddof=ddof, keepdims=keepdims, dtype=np.float32).astype(np.float16)


def var(
    x: TensorLike,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: TensorLike | None = None,
    correction: float | None = None,
) -> Tensor:
    """Variance over `axis`: the mean square deviation from the mean, divided by ``n - ddof``.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default.
    dtype : dtype, optional
        Cast to it first.
    ddof : float, default 0
        0 for the biased variance (NumPy's default), 1 for the unbiased one (PyTorch's default).
    keepdims : bool, default False
        Keep the reduced axes with size 1.
    where : array_like of bool, optional
        Which values count; all by default.
    mean : array_like, optional
        The mean, if it is known, with the reduced axes kept. It has a gradient of its own then.
    correction : float, optional
        Another name of `ddof`, as in PyTorch.

    Returns
    -------
    Tensor
        nan with NumPy's warning where there are not more than `ddof` values.

    Raises
    ------
    ValueError
        If both `ddof` and `correction` are given.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.25)
    """
    values, axis, ddof = _cast(x, dtype), as_axis(axis), _ddof("var", ddof, correction)
    if where is not True or mean is not None:
        variance: Tensor = _var_where(values, axis, ddof, keepdims, where, mean)
        return variance
    return Var.apply(values, axis=axis, ddof=ddof, keepdims=keepdims)


def std(
    x: TensorLike,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: TensorLike | None = None,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation over `axis`: the root of the variance; parameters and errors as in `var`.

    The gradient of equal values is 0 (a subgradient), never nan.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.std(tg.tensor([1.0, 3.0]))
    tensor(1.)
    """
    values, axis, ddof = _cast(x, dtype), as_axis(axis), _ddof("std", ddof, correction)
    if where is not True or mean is not None:
        variance: Any = _var_where(values, axis, ddof, keepdims, where, mean)
        equal = variance == 0  # there the root is infinitely steep
        return choose(equal, 0, sqrt(choose(equal, 1, variance)))
    return Std.apply(values, axis=axis, ddof=ddof, keepdims=keepdims)


def ptp(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Largest minus smallest value over `axis`; parameters, ties and errors as in `max`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ptp(tg.tensor([1.0, 5.0, 3.0]))
    tensor(4.)
    """
    return max(x, axis, keepdims=keepdims) - min(x, axis, keepdims=keepdims)


def average(
    x: TensorLike,
    axis: Axis = None,
    weights: TensorLike | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Weighted mean over `axis`: the sum of ``weights * x``, divided by that of the weights.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default.
    weights : array_like, optional
        Of the shape of `x`, or of the sizes of `axis` alone; they have a gradient too. Without them it is the mean.
    returned : bool, default False
        Return the sum of the weights too.
    keepdims : bool, default False
        Keep the reduced axes with size 1.

    Returns
    -------
    Tensor, or a tuple of two
        The mean, and with `returned` the sum of the weights, in the same shape.

    Raises
    ------
    TypeError
        If the shape of `weights` is another one than that of `x`, and `axis` is not given.
    ValueError
        If the shape of `weights` fits neither `x` nor its `axis`.
    ZeroDivisionError
        If weights sum to 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.average(tg.tensor([1.0, 2.0, 6.0]), weights=tg.tensor([1.0, 2.0, 1.0]))
    tensor(2.75)
    """
    values, axis = given(x), as_axis(axis)
    if weights is None:
        result: Any = mean_of(values, axis, keepdims=keepdims)
        total: Any = np.full(result.shape, count(values.shape, axis), result.dtype)
        total = Tensor._of(total) if isinstance(result, Tensor) else total
    else:
        w = aligned("average", given(weights), values, axis)
        total = sum(w, axis, keepdims=keepdims)
        if np.any(total == 0):
            raise ZeroDivisionError("average: weights sum to zero, so the mean cannot be normalized")
        result = _weighted_mean(values, w, total, axis, keepdims)
    return (result, total) if returned else result


@in_float32
def _var_where(x: Any, axis: Any, ddof: float, keepdims: bool, where: Any, center: Any) -> Any:
    """The variance of the values that count, about their mean or a given one."""
    among = alongside(np.broadcast_to(as_array(array_of(where)).astype(bool), x.shape), x)
    if center is None:
        return VarAmong.apply(x, among=among, axis=axis, ddof=ddof, keepdims=keepdims)
    squares = square(choose(among, x, center) - center)
    freedom = np.maximum(_freedom(among, axis, ddof, keepdims), 0)
    if not freedom.all():
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=4)
    with np.errstate(divide="ignore", invalid="ignore"):
        total: Any = sum(squares, axis, keepdims=keepdims)
        return total / freedom.astype(total.dtype)


@in_float32
def _weighted_mean(x: Any, weights: Any, total: Any, axis: Any, keepdims: bool) -> Any:
    return sum(x * weights, axis, keepdims=keepdims) / total


def _cast(x: Any, dtype: Any) -> Any:
    x = given(x)
    return x if dtype is None or x.dtype == dtype else astype(x, dtype)


def _ddof(name: str, ddof: float, correction: float | None) -> float:
    if correction is None:
        return ddof
    if ddof:
        raise ValueError(f"{name}: ddof and correction are two names of the same; give one of them")
    return correction


def _first(x: Any, axis: Any) -> Any:
    """One of the values that a reduction takes together, with the axes kept."""
    axes = checked(axis, x.ndim)
    return x[tuple([slice(0, 1) if i in axes else slice(None) for i in range(x.ndim)])]


def aligned(name: str, weights: Any, x: Any, axis: Any) -> Any:
    """Weights with their axes where those of `x` are to which they belong."""
    if weights.shape == x.shape:
        return weights
    if axis is None:
        raise TypeError(f"{name}: weights have shape {weights.shape}, x {x.shape}; give the axis that they belong to")
    axes = checked(axis, x.ndim)
    if weights.shape != tuple([x.shape[each] for each in axes]):
        raise ValueError(f"{name}: weights have shape {weights.shape}, which is not that of x, {x.shape}, along {axis}")
    weights = np.transpose(weights, tuple(np.argsort(axes).tolist()))
    # In the shape of x: their sum counts each of them once per value.
    return np.broadcast_to(np.reshape(weights, tuple([n if i in axes else 1 for i, n in enumerate(x.shape)])), x.shape)
