"""Missing values: reductions, running values and order statistics of what is not nan."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, alongside, as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import Axis, as_axis, checked, given, joined
from tinygrad_fs.ops.elementwise.choice import where as choose
from tinygrad_fs.ops.indexing.selection import Pick
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.reductions.counting import argmax, argmin
from tinygrad_fs.ops.reductions.cumulative import cumprod, cumsum
from tinygrad_fs.ops.reductions.order_statistics import (
    between,
    by_weight,
    fractions_of,
    in_front,
    kept_shape,
    quantile,
    ranks_of,
)
from tinygrad_fs.ops.reductions.reduction import candidates, mean, prod, sum, to_extremes
from tinygrad_fs.ops.reductions.statistics import std, var
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]


class NanMax(Op):
    """y = max of the x over some axes that are not nan;  the largest take the gradient, evenly if tied."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False, initial: Any = None) -> Any:
        return np.fmax.reduce(x, axis=axis, keepdims=keepdims, initial=initial)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
        return to_extremes(g, x, out, axis, keepdims, initial, nan_wins=False)


class NanMin(Op):
    """y = min of the x over some axes that are not nan;  the smallest take the gradient, evenly if tied."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False, initial: Any = None) -> Any:
        return np.fmin.reduce(x, axis=axis, keepdims=keepdims, initial=initial)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
        return to_extremes(g, x, out, axis, keepdims, initial, nan_wins=False)


def nansum(
    x: TensorLike,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: TensorLike | None = None,
    where: Any = True,
) -> Tensor:
    """Sum over `axis` of what is not nan; parameters as in `sum`. A nan gets gradient 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nansum(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(4.)
    """
    return sum(_filled(x, 0), axis, dtype, keepdims=keepdims, initial=initial, where=where)


def nanprod(
    x: TensorLike,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: TensorLike | None = None,
    where: Any = True,
) -> Tensor:
    """Product over `axis` of what is not nan; parameters as in `sum`. A nan gets gradient 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanprod(tg.tensor([2.0, float("nan"), 3.0]))
    tensor(6.)
    """
    return prod(_filled(x, 1), axis, dtype, keepdims=keepdims, initial=initial, where=where)


def nanmean(
    x: TensorLike, axis: Axis = None, dtype: DTypeLike | None = None, *, keepdims: bool = False, where: Any = True
) -> Tensor:
    """Mean over `axis` of what is not nan; parameters as in `sum`. A nan gets gradient 0.

    Where all are nan so is the result, with NumPy's warning.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanmean(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(2.)
    """
    values, numbers = _numbers(x)
    return mean(values, axis, dtype, keepdims=keepdims, where=_both(numbers, where))


def nanvar(
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
    """Variance over `axis` of what is not nan; parameters, warnings and errors as in `var`. A nan gets gradient 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanvar(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(1.)
    """
    values, numbers = _numbers(x)
    where = _both(numbers, where)
    return var(values, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)


def nanstd(
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
    """Standard deviation over `axis` of what is not nan; as `nanvar`. The gradient of equal values is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanstd(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(1.)
    """
    values, numbers = _numbers(x)
    where = _both(numbers, where)
    return std(values, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)


def nanmax(
    x: TensorLike, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Tensor:
    """Largest value over `axis` that is not nan; parameters and errors as in `max`. Ties share the gradient evenly.

    Where all are nan so is the result, with NumPy's warning, and their gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanmax(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(3.)
    """
    values = candidates("nanmax", x, initial, where)
    return _warned(NanMax.apply(values, axis=as_axis(axis), keepdims=keepdims, initial=initial))


def nanmin(
    x: TensorLike, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Tensor:
    """Smallest value over `axis` that is not nan; otherwise as `nanmax`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanmin(tg.tensor([1.0, float("nan"), 3.0]))
    tensor(1.)
    """
    values = candidates("nanmin", x, initial, where)
    return _warned(NanMin.apply(values, axis=as_axis(axis), keepdims=keepdims, initial=initial))


def nanargmax(x: TensorLike, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Index of the largest value along `axis` that is not nan; parameters as in `argmax`. It has no gradient.

    Raises
    ------
    ValueError
        If there is nothing to choose from, or nothing but nan.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanargmax(tg.tensor([float("nan"), 1.0, 3.0]))
    tensor(2)
    """
    return argmax(_comparable("nanargmax", x, axis, -np.inf), axis, keepdims=keepdims)


def nanargmin(x: TensorLike, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Index of the smallest value along `axis` that is not nan; otherwise as `nanargmax`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanargmin(tg.tensor([float("nan"), 1.0, 3.0]))
    tensor(1)
    """
    return argmin(_comparable("nanargmin", x, axis, np.inf), axis, keepdims=keepdims)


def nancumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Running sum along `axis`, to which a nan adds nothing; parameters as in `cumsum`. A nan gets gradient 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nancumsum(tg.tensor([1.0, float("nan"), 3.0]))
    tensor([1., 1., 4.])
    """
    return cumsum(_filled(x, 0), axis, dtype)


def nancumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Running product along `axis`, in which a nan is 1; parameters as in `cumsum`. A nan gets gradient 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nancumprod(tg.tensor([2.0, float("nan"), 3.0]))
    tensor([2., 2., 6.])
    """
    return cumprod(_filled(x, 1), axis, dtype)


def nanmedian(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Middle value over `axis` of those that are not nan; as `nanquantile`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanmedian(tg.tensor([5.0, float("nan"), 2.0, 3.0]))
    tensor(3.)
    """
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


def nanpercentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: TensorLike | None = None,
) -> Tensor:
    """The `q`-th percentile over `axis` of what is not nan, q from 0 to 100; otherwise as `nanquantile`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanpercentile(tg.tensor([1.0, float("nan"), 2.0, 3.0]), 25)
    tensor(1.5)
    """
    fractions = fractions_of("nanpercentile", q, 100)
    return nanquantile(x, fractions, axis, method=method, keepdims=keepdims, weights=weights)


def nanquantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: TensorLike | None = None,
) -> Tensor:
    """The value below which a fraction `q` of the values over `axis` lies that are not nan; as `quantile`.

    Where all are nan so is the result, with NumPy's warning, and their gradient is 0. Of nothing it is nan, as in
    `nanmean`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nanquantile(tg.tensor([1.0, float("nan"), 2.0, 4.0]), [0.5, 0.75])
    tensor([2., 3.])
    """
    values, numbers = _numbers(x)
    fractions = fractions_of("nanquantile", q)
    if numbers is True:
        return quantile(values, fractions, axis, method=method, keepdims=keepdims, weights=weights)
    if not values.size:
        return mean(values, axis, keepdims=keepdims)
    axes = checked(axis, values.ndim)
    rows, along = joined(values, axes)
    n = np.count_nonzero(joined(numbers, axes)[0], axis=along, keepdims=True)
    result: Any
    if weights is not None:
        places = by_weight("nanquantile", values, weights, axis, fractions.ravel(), method, among=numbers)
        result = Pick.apply(rows, places=places, axis=along)
    else:
        result = between(rows, along, _ranks_of_each(fractions.ravel(), n, along, method))
    if not n.all():
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
        result = choose(n == 0, np.nan, result)
    return in_front(result, along, fractions.shape, kept_shape(values.shape, axes, keepdims))


def _numbers(x: Any) -> tuple[Any, Any]:
    """The values, and which of them are numbers: True where there are some, and none is nan."""
    values: Any = given(x)
    numbers = array_of(values) == array_of(values)
    return values, numbers if not (values.size and numbers.all()) else True


def _both(numbers: Any, where: Any) -> Any:
    """Where both hold."""
    if numbers is True or where is True:
        return where if numbers is True else numbers
    return numbers & alongside(as_array(array_of(where)), numbers)


def _filled(x: Any, value: float) -> Any:
    """The values, with another one in the place of each nan."""
    values, numbers = _numbers(x)
    return values if numbers is True or not values.size else choose(numbers, values, value)


def _comparable(name: str, x: Any, axis: int | None, least: float) -> Any:
    """The values with what is never chosen in the place of each nan; an error where there is nothing else."""
    values, numbers = _numbers(x)
    if numbers is True or not values.size:
        return values
    if not numbers.any(axis=axis).all():
        raise ValueError(f"{name}: All-NaN slice encountered along axis {axis} of shape {values.shape}")
    return choose(numbers, values, least)


def _warned(result: Tensor) -> Tensor:
    """The result, with NumPy's warning where it is nan."""
    values = array_of(result)
    if (values != values).any():
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=3)
    return result


def _ranks_of_each(q: Any, n: Any, axis: int, method: str) -> Any:
    """The ranks of quantiles, along an axis, in rows with n values each."""
    ranks: Any = 0
    for size in np.unique(n).tolist():
        of_size = ranks_of(q, size, method) if size else np.zeros_like(q)
        of_size = of_size.reshape(*[1] * axis, -1, *[1] * (n.ndim - axis - 1))
        ranks = np.where(n == size, alongside(of_size, n), ranks)
    return ranks
