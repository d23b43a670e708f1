"""Cumulative ops: each value takes in all that come before it along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.dtypes import DTypeLike, alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given, one_axis, part, resized
from tinygrad_fs.ops.copying import astype
from tinygrad_fs.ops.indexing.selection import Pick, Selection
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "logcumsumexp"]

# Up to so many steps a recurrence is gone through one by one, which costs fewer operations than halving.
_SHORT = 32


class CumSum(Op):
    """y_i = x_0 + ... + x_i, or x_i + ... + x_n if `reverse`;  dx: the running sum the other way round."""

    def forward(x: Any, *, axis: int, reverse: bool = False) -> Any:
        return _accumulated(np.add, x, axis, reverse)

    def vjp(g: Any, axis: int, reverse: bool) -> Any:
        return CumSum.apply(g, axis=axis, reverse=not reverse)


class CumProd(Op):
    """y_i = x_0 ... x_i, or x_i ... x_n if `reverse`;  dx_i = p_i t_i.

    p_i is the product of the values before i, and t_i = g_i + x_(i+1) t_(i+1): nothing is divided. Where no product is
    0, dx_i = (g_i y_i + g_(i+1) y_(i+1) + ...) / x_i is the same in a fifth of the time.
    """

    def forward(x: Any, *, axis: int, reverse: bool = False) -> Any:
        return _accumulated(np.multiply, x, axis, reverse)

    def vjp(g: Any, x: Any, out: Any, axis: int, reverse: bool) -> Any:
        if can_be_divided(out):
            return CumSum.apply(g * out, axis=axis, reverse=not reverse) / x
        tail = Recurrence.apply(g, _shifted(x, axis, not reverse), axis=axis, reverse=not reverse)
        return _product_before(x, axis, reverse) * tail


class LogCumSumExp(Op):
    """y_i = log(exp(x_0) + ... + exp(x_i));  dx_i = exp(x_i - y_i) t_i.

    t_i = g_i + exp(y_i - y_(i+1)) t_(i+1): no exponent is ever above 0. Where y is -inf nothing flows.
    """

    def forward(x: Any, *, axis: int) -> Any:
        with np.errstate(invalid="ignore"):  # NumPy warns of a nan that was there before
            return _accumulated(np.logaddexp, x, axis, False)

    def vjp(g: Any, x: Any, out: Any, axis: int) -> Any:
        finite = np.where(out == -np.inf, 0, out)
        decay = np.exp(part(out, axis, 0, -1) - part(finite, axis, 1))
        decay = np.concatenate([decay, np.ones_like(part(out, axis, -1))], axis=axis)
        return np.exp(x - finite) * Recurrence.apply(g, decay, axis=axis, reverse=True)


class Recurrence(Op):
    """y_i = b_i + a_i y_(i-1), or y_(i+1) if `reverse`;  db_i = t_i,  da_i = t_i y_(i-1).

    t_i = g_i + a_(i+1) t_(i+1): the derivative is a recurrence itself. Linear time, in log n array operations.
    """

    def forward(b: Any, a: Any, *, axis: int, reverse: bool = False) -> Any:
        along = np.moveaxis(b, axis, 0), np.moveaxis(a, axis, 0)
        y = np.empty_like(b)
        to = np.moveaxis(y, axis, 0)
        if reverse:
            along, to = (along[0][::-1], along[1][::-1]), to[::-1]
        _go_through(*along, to)
        return y

    def vjp(g: Any, a: Any, out: Any, axis: int, reverse: bool) -> Any:
        db = Recurrence.apply(g, _shifted(a, axis, not reverse), axis=axis, reverse=not reverse)
        return db, db * _shifted(out, axis, reverse, np.zeros_like)


def _accumulated(ufunc: Any, x: Any, axis: int, reverse: bool) -> Any:
    if x.dtype == np.float16:  # it runs out of digits and of range in long sums
        return _accumulated(ufunc, x.astype(np.float32), axis, reverse).astype(np.float16)
    if not reverse:
        return ufunc.accumulate(x, axis=axis)
    result = np.empty_like(x)
    ufunc.accumulate(np.flip(x, axis), axis=axis, out=np.flip(result, axis))
    return result


def _go_through(b: Any, a: Any, y: Any) -> None:
    """Write the solution of y_i = b_i + a_i y_(i-1) along axis 0 into `y`.

    Two steps make one of the same kind. So the odd values follow a recurrence of half the length, and each even
    one follows from the odd one before it.
    """
    n = len(b)
    if n <= _SHORT:
        y[:1] = b[:1]
        for i in range(1, n):
            y[i] = b[i] + a[i] * y[i - 1]
        return
    evens = slice(0, n - n % 2, 2)
    steps = a[1::2]
    _go_through(b[1::2] + steps * b[evens], steps * a[evens], y[1::2])
    y[0] = b[0]
    y[2::2] = b[2::2] + a[2::2] * y[1 : n - 1 : 2]


def _shifted(x: Any, axis: int, reverse: bool, fill: Any = np.ones_like) -> Any:
    """Each value one place on, or one back if `reverse`; `fill` makes the one that is missing then."""
    if not x.shape[axis]:
        return x
    edge = fill(part(x, axis, 0, 1))
    return np.concatenate([part(x, axis, 1), edge] if reverse else [edge, part(x, axis, 0, -1)], axis=axis)


def _product_before(x: Any, axis: int, reverse: bool) -> Any:
    """The product of the values before each one."""
    return CumProd.apply(_shifted(x, axis, reverse), axis=axis, reverse=reverse)


def can_be_divided(products: Any) -> bool:
    """Whether these are arrays, and no product is 0, infinite, nan or so small that it has lost digits."""
    if type(products) is not np.ndarray:
        return False
    sizes = np.abs(products)
    safe = (sizes >= np.finfo(sizes.dtype).tiny) & (sizes < np.inf)
    return int(np.count_nonzero(safe)) == sizes.size


def product_of_others(x: Any, axis: int) -> Any:
    """The product of all values along an axis but each one: of those before and those behind it."""
    return _product_before(x, axis, False) * _product_before(x, axis, True)


def cumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Running sum along `axis`.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        Along which axis; the flattened values by default.
    dtype : dtype, optional
        Cast to it first.

    Returns
    -------
    Tensor
        Of the shape of `x`, or with one axis. float16 is accumulated in float32; small integers and bools
        give int64.

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cumsum(tg.tensor([1.0, 2.0, 3.0]))
    tensor([1., 3., 6.])
    """
    values, along = one_axis(x, axis)
    return CumSum.apply(values if dtype is None else astype(values, dtype), axis=along)


def cumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Running product along `axis`; parameters as in `cumsum`.

    The derivative divides only where no product is 0, so it is exact where values are 0, at every order.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([2.0, 0.0, 4.0], requires_grad=True)
    >>> y = tg.cumprod(x)
    >>> y
    tensor([2., 0., 0.], grad_fn=<CumProd>)
    >>> y.sum().backward()
    >>> x.grad
    tensor([ 1., 10.,  0.])
    """
    values, along = one_axis(x, axis)
    return CumProd.apply(values if dtype is None else astype(values, dtype), axis=along)


def cumulative_sum(
    x: TensorLike, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Tensor:
    """Running sum along `axis`, as the array API has it: `cumsum`, perhaps with the sum of nothing in front.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        Along which axis; needed if there are several.
    dtype : dtype, optional
        Cast to it first.
    include_initial : bool, default False
        Begin with 0, so that there is one value more.

    Raises
    ------
    ValueError
        If there is no axis, or there are several and none is given.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cumulative_sum(tg.tensor([1.0, 2.0, 3.0]), include_initial=True)
    tensor([0., 1., 3., 6.])
    """
    return _cumulative("cumulative_sum", cumsum, np.zeros_like, x, axis, dtype, include_initial)


def cumulative_prod(
    x: TensorLike, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Tensor:
    """Running product along `axis`, as the array API has it; as `cumulative_sum`, but it begins with 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cumulative_prod(tg.tensor([2.0, 3.0]), include_initial=True)
    tensor([1., 2., 6.])
    """
    return _cumulative("cumulative_prod", cumprod, np.ones_like, x, axis, dtype, include_initial)


def _cumulative(name: str, function: Any, first: Any, x: Any, axis: Any, dtype: Any, include_initial: bool) -> Tensor:
    x = given(x)
    if x.ndim == 0 or (axis is None and x.ndim > 1):
        raise ValueError(f"{name}: x has shape {x.shape}; give the axis" if x.ndim else f"{name}: x is 0-d")
    along = 0 if axis is None else normalize_axis_index(axis, x.ndim)
    running: Any = function(x, along, dtype)
    if include_initial:
        running = np.concatenate([first(running, shape=resized(x.shape, along, 1)), running], axis=along)
    return running  # type: ignore[no-any-return]


def logcumsumexp(x: TensorLike, axis: int | None = None) -> Tensor:
    """Logarithm of the running sum of exponentials along `axis`, without overflow; parameters as in `cumsum`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logcumsumexp(tg.tensor([1000.0, 1000.0, -float("inf")]))
    tensor([1000.    , 1000.6932, 1000.6932])
    """
    values, along = one_axis(x, axis)
    return LogCumSumExp.apply(values if values.dtype.kind == "f" else astype(values, np.float64), axis=along)


def cummax(x: TensorLike, axis: int | None = None) -> Selection:
    """Largest value so far along `axis`, and where it stands, as PyTorch gives it.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        Along which axis; the flattened values by default.

    Returns
    -------
    values, indices : tuple of Tensor
        Of equal values the first one is taken, and gets the gradient. From the first nan on all are nan.
        (``np.maximum.accumulate`` gives the values alone.)

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> values, indices = tg.cummax(tg.tensor([1.0, 3.0, 2.0, 3.0]))
    >>> values
    tensor([1., 3., 3., 3.])
    >>> indices
    tensor([0, 1, 1, 1])
    """
    return _running_extreme(np.maximum, x, axis)


def cummin(x: TensorLike, axis: int | None = None) -> Selection:
    """Smallest value so far along `axis`, and where it stands; parameters and results as in `cummax`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cummin(tg.tensor([3.0, 1.0, 2.0])).values
    tensor([3., 1., 1.])
    """
    return _running_extreme(np.minimum, x, axis)


def _running_extreme(ufunc: Any, x: Any, axis: int | None) -> Selection:
    x, along = one_axis(x, axis)
    running = ufunc.accumulate(array_of(x), axis=along)
    before, after = part(running, along, 0, -1), part(running, along, 1)
    is_new = (after != before) & (before == before)  # once nan, it stays the same nan
    numbers = np.arange(1, running.shape[along]).reshape(-1, *[1] * (running.ndim - along - 1))
    places = np.zeros_like(running, dtype=np.intp)
    np.maximum.accumulate(np.where(is_new, alongside(numbers, running), 0), axis=along, out=part(places, along, 1))
    return Selection.of(x, Pick.apply(x, places=places, axis=along), places)
