"""Statistics: spread, weighted means and order statistics."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import Axis, as_axis, checked, count, expanded, given, joined, part
from tinygrad_fs.ops.choice import where as choose
from tinygrad_fs.ops.copying import astype, in_float32
from tinygrad_fs.ops.operands import array_of, constant_of
from tinygrad_fs.ops.reduction import max, min, sum
from tinygrad_fs.ops.reduction import mean as mean_of
from tinygrad_fs.ops.roots import sqrt, square
from tinygrad_fs.ops.selection import PutBack
from tinygrad_fs.ops.shape import moveaxis, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["average", "median", "percentile", "ptp", "quantile", "std", "var"]


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


def _spread_of(function: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    if x.dtype != np.float16:
        return function(x, axis=axis, ddof=ddof, keepdims=keepdims)
    return function(x, axis=axis, ddof=ddof, keepdims=keepdims, dtype=np.float32).astype(np.float16)


class Between(Op):
    """y = b + t (a - b) of values a and b of x along an axis, and b where a = b, be it inf;  db = 1 - t,  da = t.

    `places` are those of all b and then those of all a; t in [0, 1] are constants.
    """

    def forward(x: Any, *, places: Any, t: Any, axis: int) -> Any:
        both = np.take_along_axis(x, places, axis)
        middle = both.shape[axis] // 2
        below, above = part(both, axis, 0, middle), part(both, axis, middle)
        with np.errstate(invalid="ignore"):  # of infinities, which have no difference
            step = above - below
            # From the nearer end, so that the result is monotonic in t.
            return np.where(below == above, below, np.where(t < 0.5, below + step * t, above - step * (1 - t)))

    def vjp(g: Any, shapes: Any, places: Any, t: Any, axis: int) -> Any:
        shares = np.concatenate([g * (1 - t), g * t], axis=axis)
        return PutBack.apply(shares, places=places, axis=axis, distinct=False, size=shapes[0][axis])


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
        return _var_from(values, axis, ddof, keepdims, where, mean)
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
        variance = _var_from(values, axis, ddof, keepdims, where, mean)
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
        w = _aligned(given(weights), values, axis)
        total = sum(w, axis, keepdims=keepdims)
        if np.any(total == 0):
            raise ZeroDivisionError("average: weights sum to zero, so the mean cannot be normalized")
        result = _weighted_mean(values, w, total, axis, keepdims)
    return (result, total) if returned else result


def median(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Middle value over `axis`, or the mean of the two in the middle; nan where any value is.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default.
    keepdims : bool, default False
        Keep the reduced axes with size 1.

    Returns
    -------
    Tensor
        Its gradient goes to the one value in the middle, or in halves to the two. The median of nothing is nan,
        with NumPy's warning.

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.median(tg.tensor([5.0, 1.0, 2.0, 3.0]))
    tensor(2.5)
    """
    values = given(x)
    if not values.size:
        return mean_of(values, axis, keepdims=keepdims)
    return quantile(values, 0.5, axis, keepdims=keepdims)


def percentile(
    x: TensorLike, q: TensorLike, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """The `q`-th percentile over `axis`, q from 0 to 100; otherwise as `quantile`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.percentile(tg.tensor([1.0, 2.0, 3.0]), 25)
    tensor(1.5)
    """
    fractions = np.asarray(constant_of("percentile: q", q), np.float64)
    if not np.all((fractions >= 0) & (fractions <= 100)):
        raise ValueError(f"percentile: q is {q!r}; percentiles are from 0 to 100")
    return quantile(x, fractions / 100, axis, method=method, keepdims=keepdims)


def quantile(
    x: TensorLike, q: TensorLike, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """The value below which a fraction `q` of the values over `axis` lies; nan where any value is.

    Parameters
    ----------
    x : array_like
    q : array_like
        Fractions from 0 to 1; constants. Several give several results, along new first axes.
    axis : int or tuple of int, optional
        Over which axes; all by default.
    method : str, default "linear"
        Where to read between two values; any that `numpy.quantile` knows.
    keepdims : bool, default False
        Keep the reduced axes with size 1.

    Returns
    -------
    Tensor
        Each result lies between two values, which share its gradient as they share it. Of equal values, any one
        may be taken.

    Raises
    ------
    ValueError
        If `q` is out of range, `method` is unknown, or there are no values.
    TypeError
        If `q` requires grad.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.quantile(tg.tensor([1.0, 2.0, 3.0, 5.0]), [0.5, 1.0])
    tensor([2.5, 5. ])
    """
    values, fractions = given(x), np.asarray(constant_of("quantile: q", q), np.float64)
    if not np.all((fractions >= 0) & (fractions <= 1)):
        raise ValueError(f"quantile: q is {q!r}; quantiles are from 0 to 1")
    axes = checked(axis, values.ndim)
    rows, along = joined(values, axes)
    size = rows.shape[along]
    if not size:
        raise ValueError(f"quantile: there are no values over axis {axis} of shape {values.shape}")
    ranks = _ranks(fractions.ravel(), size, method)
    lower = np.floor(ranks).astype(np.intp)
    upper = np.ceil(ranks).astype(np.intp)
    places = _places(array_of(rows), along, np.concatenate([lower, upper]))
    t = alongside((ranks - lower).astype(values.dtype if values.dtype.kind == "f" else np.float64), rows)
    t = t.reshape(-1, *[1] * (rows.ndim - along - 1))
    result: Any = Between.apply(rows, places=places, t=t, axis=along)
    kept = tuple([1 if i in axes else n for i, n in enumerate(values.shape) if keepdims or i not in axes])
    return reshape(moveaxis(result, along, 0) if along else result, (*fractions.shape, *kept))


def _var_from(x: Any, axis: Any, ddof: float, keepdims: bool, where: Any, center: Any) -> Tensor:
    """The variance about a given mean, or of the values that count: a compound of ops."""
    if center is None:
        center = mean_of(x, axis, keepdims=True, where=where)
    squares = square(choose(where, x, center) - center)
    n = np.count_nonzero(np.broadcast_to(array_of(where), x.shape), axis=axis, keepdims=keepdims)
    freedom = np.maximum(n - ddof, 0)
    if not np.all(freedom):
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
    with np.errstate(divide="ignore", invalid="ignore"):
        total: Any = sum(squares, axis, keepdims=keepdims)
        variance: Tensor = total / alongside(np.asarray(freedom, total.dtype), total)
    return variance


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


def _aligned(weights: Any, x: Any, axis: Any) -> Any:
    """Weights with their axes where those of `x` are to which they belong."""
    if weights.shape == x.shape:
        return weights
    if axis is None:
        raise TypeError(f"average: weights have shape {weights.shape}, x {x.shape}; give the axis that they belong to")
    axes = checked(axis, x.ndim)
    if weights.shape != tuple([x.shape[each] for each in axes]):
        raise ValueError(
            f"average: weights have shape {weights.shape}, which is not that of x, {x.shape}, along {axis}"
        )
    weights = np.transpose(weights, tuple(np.argsort(axes).tolist()))
    # In the shape of x: their sum counts each of them once per value.
    return np.broadcast_to(np.reshape(weights, tuple([n if i in axes else 1 for i, n in enumerate(x.shape)])), x.shape)


def _ranks(q: Any, n: int, method: str) -> Any:
    """Where in the sorted values the quantiles lie, counted from 0, perhaps between two."""
    if method == "linear":
        return q * (n - 1)
    # A quantile is a fixed mean of two sorted values: those of 0, 1, 2, ... are the places in any others.
    return np.quantile(np.arange(n, dtype=np.float64), q, method=method)  # type: ignore[call-overload]


def _places(rows: Any, axis: int, ranks: Any) -> Any:
    """Where along the axis the values of these ranks stand; where there is a nan, that is what stands there."""
    places = np.take(np.argpartition(rows, np.unique(ranks), axis=axis), ranks, axis)
    is_nan = rows != rows
    if is_nan.any():
        spoilt = is_nan.any(axis=axis, keepdims=True)
        places = np.where(spoilt, is_nan.argmax(axis=axis, keepdims=True), places)
    return places
