"""Reductions: many values to one, over some axes or all."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, alongside, as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import Axis, as_axis, count, expanded, given, joined, parted, spread
from tinygrad_fs.ops.copying import astype, in_float32
from tinygrad_fs.ops.elementwise.choice import where as choose
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.reductions.cumulative import can_be_divided, product_of_others
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["amax", "amin", "logsumexp", "max", "mean", "min", "prod", "sum"]


class Sum(Op):
    """y = sum of x over some axes;  dy/dx = 1."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        if x.dtype == np.float16:  # it runs out of digits and of range in long sums
            return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=np.float32).astype(np.float16)
        return np.add.reduce(x, axis=axis, keepdims=keepdims)

    def vjp(g: Any, shapes: Any, axis: Any, keepdims: bool) -> Any:
        return spread(g, shapes[0], axis, keepdims)


class Prod(Op):
    """y = product of x over some axes;  dy/dx_i = product of the others, taken without division where there is a 0."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        if x.dtype == np.float16:
            return np.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=np.float32).astype(np.float16)
        return np.multiply.reduce(x, axis=axis, keepdims=keepdims)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        if can_be_divided(out) and can_be_divided(weighted := g * out):
            return expanded(weighted, x.shape, axis, keepdims) / x
        others = parted(product_of_others(*joined(x, axis)), x.shape, axis)
        return expanded(g, x.shape, axis, keepdims) * others


class Mean(Op):
    """y = mean of x over some axes, n values each;  dy/dx = 1 / n."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        if x.dtype.kind != "f" or x.dtype == np.float16 or not x.size:  # of nothing: nan, with NumPy's warning
            return np.mean(x, axis=axis, keepdims=keepdims)
        return np.add.reduce(x, axis=axis, keepdims=keepdims) / count(x.shape, axis)

    def vjp(g: Any, shapes: Any, axis: Any, keepdims: bool) -> Any:
        return spread(g / count(shapes[0], axis), shapes[0], axis, keepdims)


class Max(Op):
    """y = max of x over some axes;  the largest take the gradient, evenly where there are ties."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False, initial: Any = None) -> Any:
        return np.maximum.reduce(x, axis=axis, keepdims=keepdims, initial=initial)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
        return to_extremes(g, x, out, axis, keepdims, initial)


class Min(Op):
    """y = min of x over some axes;  the smallest take the gradient, evenly where there are ties."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False, initial: Any = None) -> Any:
        return np.minimum.reduce(x, axis=axis, keepdims=keepdims, initial=initial)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
        return to_extremes(g, x, out, axis, keepdims, initial)


class LogSumExp(Op):
    """y = log sum of exp(x) over some axes;  dy/dx = exp(x - y) / sum of these, which is 1 but for rounding."""

    def forward(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
        dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
        x = x.astype(np.float32 if dtype == np.float16 else dtype, copy=False)
        top = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
        top = np.where(np.isfinite(top), top, 0)
        total = np.add.reduce(np.exp(x - top), axis=axis, keepdims=True)
        with np.errstate(divide="ignore"):  # the logarithm of nothing, or of -inf alone
            result = np.log(total) + top
        return (result if keepdims else result.squeeze(axis)).astype(dtype, copy=False)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        finite = np.where(out == -np.inf, 0, out)
        shares = np.exp(x - expanded(finite, x.shape, axis, keepdims))
        # They add up to 1 but for the rounding of y, which costs digits where y is large.
        total = np.sum(shares, axis=axis, keepdims=True)
        return expanded(g, x.shape, axis, keepdims) / np.where(total == 0, 1, total) * shares


def to_extremes(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, initial: Any = None, nan_wins: bool = True) -> Any:
    """The gradient of the extremes `out` of `x`: to each place where one stands, shared evenly among those of one."""
    chosen = x == expanded(out, x.shape, axis, keepdims)
    if nan_wins and (out != out).any():
        chosen = chosen | (x != x)  # a nan is the result wherever it stands
    share = expanded(g, x.shape, axis, keepdims)
    if initial is not None or not _one_for_each(chosen, out):
        share = share / np.maximum(np.sum(chosen, axis=axis, keepdims=True), 1).astype(g.dtype)
    return kept(share, chosen)


def _one_for_each(chosen: Any, out: Any) -> bool:
    """Whether each result stands at one place. All stand somewhere; to count them apart takes 20 times as long."""
    return type(chosen) is np.ndarray and np.count_nonzero(chosen) == out.size


def sum(
    x: TensorLike,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: TensorLike | None = None,
    where: Any = True,
) -> Tensor:
    """Sum over `axis`.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default. An empty tuple reduces nothing.
    dtype : dtype, optional
        Cast to it first.
    keepdims : bool, default False
        Keep the reduced axes with size 1.
    initial : array_like, optional
        What to begin with; 0 by default.
    where : array_like of bool, optional
        Which values count; all by default.

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
    total = Sum.apply(_counted(x, dtype, where, 0), axis=as_axis(axis), keepdims=keepdims)
    return total if initial is None else total + initial


def prod(
    x: TensorLike,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: TensorLike | None = None,
    where: Any = True,
) -> Tensor:
    """Product over `axis`; parameters as in `sum`. The product of nothing is 1.

    The derivative is the product of the other values. Where any is 0 it is taken without division, so it is exact
    there too, at every order.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([2.0, 0.0, 4.0], requires_grad=True)
    >>> tg.prod(x).backward()
    >>> x.grad
    tensor([0., 8., 0.])
    """
    total = Prod.apply(_counted(x, dtype, where, 1), axis=as_axis(axis), keepdims=keepdims)
    return total if initial is None else total * initial


def mean(
    x: TensorLike, axis: Axis = None, dtype: DTypeLike | None = None, *, keepdims: bool = False, where: Any = True
) -> Tensor:
    """Arithmetic mean over `axis`; parameters as in `sum`. The mean of nothing is nan, with NumPy's warning.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.mean(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([1.5, 3.5])
    """
    if where is not True:
        return _mean_where(given(x), axis, dtype, keepdims, where)
    return Mean.apply(_counted(x, dtype, True, 0), axis=as_axis(axis), keepdims=keepdims)


def max(
    x: TensorLike, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Tensor:
    """Largest value over `axis`; parameters as in `sum`. Ties share the gradient evenly; nan wins.

    Parameters
    ----------
    initial : number, optional
        What the result is at least; needed for an empty `axis` and with `where`.

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
    return Max.apply(candidates("max", x, initial, where), axis=as_axis(axis), keepdims=keepdims, initial=initial)


def min(
    x: TensorLike, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Tensor:
    """Smallest value over `axis`; parameters as in `max`. Ties share the gradient evenly; nan wins.

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
    return Min.apply(candidates("min", x, initial, where), axis=as_axis(axis), keepdims=keepdims, initial=initial)


def amax(
    x: TensorLike, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Tensor:
    """Another name of `max`, as in NumPy.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.amax(tg.tensor([1.0, 5.0]))
    tensor(5.)
    """
    return max(x, axis, keepdims=keepdims, initial=initial, where=where)


def amin(
    x: TensorLike, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Tensor:
    """Another name of `min`, as in NumPy.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.amin(tg.tensor([1.0, 5.0]))
    tensor(1.)
    """
    return min(x, axis, keepdims=keepdims, initial=initial, where=where)


def logsumexp(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Logarithm of the sum of exponentials over `axis`, without overflow; parameters as in `sum`.

    Values of -inf add nothing and get gradient 0; of -inf alone, or of nothing, the result is -inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logsumexp(tg.tensor([1000.0, 1000.0]))
    tensor(1000.6932)
    """
    return LogSumExp.apply(given(x), axis=as_axis(axis), keepdims=keepdims)


def _counted(x: Any, dtype: Any, where: Any, identity: float) -> Any:
    """`x` in its dtype, with what changes nothing in the place of what does not count."""
    x = given(x)
    if where is not True:
        x = choose(where, x, identity)
    return x if dtype is None or x.dtype == dtype else astype(x, dtype)


def candidates(name: str, x: Any, initial: Any, where: Any) -> Any:
    """The values that an extreme is chosen from."""
    if where is True:
        return given(x)
    if initial is None:
        raise ValueError(f"{name}: with where= there may be nothing to choose from; give initial= too")
    return choose(where, x, initial)


@in_float32
def _mean_where(x: Any, axis: Any, dtype: Any, keepdims: bool, where: Any) -> Tensor:
    total = sum(x, axis, dtype, keepdims=keepdims, where=where)
    mask = np.broadcast_to(array_of(where), x.shape)
    n = np.count_nonzero(mask, axis=as_axis(axis), keepdims=keepdims)
    if not np.all(n):
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=3)
    with np.errstate(invalid="ignore"):
        counts = as_array(n).astype(total.dtype if total.dtype.kind == "f" else np.float64)
        result: Tensor = total / alongside(counts, total)
    return result
