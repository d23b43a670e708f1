"""Order statistics: the median, and other values with a rank."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import Axis, checked, given, joined, part
from tinygrad_fs.ops.indexing.selection import Pick, PutBack
from tinygrad_fs.ops.operands import array_of, constant_of
from tinygrad_fs.ops.reductions.reduction import mean
from tinygrad_fs.ops.reductions.statistics import aligned
from tinygrad_fs.ops.shape import moveaxis, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["median", "percentile", "quantile"]


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
    values: Any = given(x)
    if not values.size:
        return mean(values, axis, keepdims=keepdims)
    return quantile(values, 0.5, axis, keepdims=keepdims)


def percentile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: TensorLike | None = None,
) -> Tensor:
    """The `q`-th percentile over `axis`, q from 0 to 100; otherwise as `quantile`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.percentile(tg.tensor([1.0, 2.0, 3.0]), 25)
    tensor(1.5)
    """
    return quantile(x, fractions_of("percentile", q, 100), axis, method=method, keepdims=keepdims, weights=weights)


def quantile(
    x: TensorLike,
    q: TensorLike,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: TensorLike | None = None,
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
    weights : array_like, optional
        How much each value counts: of the shape of `x`, or of the sizes of `axis` alone. Only with the method
        "inverted_cdf", which gives one of the values, whatever the weights are; so they are constants.

    Returns
    -------
    Tensor
        Each result lies between two values, which share its gradient as they share it. Of equal values, any one
        may be taken.

    Raises
    ------
    ValueError
        If `q` is out of range, `method` is unknown, there are no values, or weights are negative or all 0.
    TypeError
        If `q` or `weights` require grad.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.quantile(tg.tensor([1.0, 2.0, 3.0, 5.0]), [0.5, 1.0])
    tensor([2.5, 5. ])
    >>> tg.quantile(tg.tensor([1.0, 2.0, 3.0]), 0.5, method="inverted_cdf", weights=[1, 1, 5])
    tensor(3.)
    """
    values, fractions = given(x), fractions_of("quantile", q)
    axes = checked(axis, values.ndim)
    rows, along = joined(values, axes)
    size = rows.shape[along]
    if not size:
        raise ValueError(f"quantile: there are no values over axis {axis} of shape {values.shape}")
    result: Any
    if weights is not None:
        places = by_weight("quantile", values, weights, axis, fractions.ravel(), method)
        result = Pick.apply(rows, places=_or_nan(array_of(rows), along, places), axis=along)
    else:
        ranks = ranks_of(fractions.ravel(), size, method)
        ranks = alongside(ranks.reshape(*[1] * along, -1, *[1] * (rows.ndim - along - 1)), rows)
        result = between(rows, along, ranks, spoilt=True)
    return in_front(result, along, fractions.shape, kept_shape(values.shape, axes, keepdims))


def fractions_of(name: str, q: Any, whole: int = 1) -> Any:
    """Quantiles as fractions of 1, from those of a `whole`."""
    fractions = np.asarray(constant_of(f"{name}: q", q), np.float64)
    if not np.all((fractions >= 0) & (fractions <= whole)):
        raise ValueError(f"{name}: q is {q!r}; {name.removeprefix('nan')}s are from 0 to {whole}")
    return fractions / whole


def ranks_of(q: Any, n: int, method: str) -> Any:
    """Where in n sorted values the quantiles lie, counted from 0, perhaps between two."""
    if method == "linear":
        return q * (n - 1)
    # A quantile is a fixed mean of two sorted values: those of 0, 1, 2, ... are the places in any others.
    return np.quantile(np.arange(n, dtype=np.float64), q, method=method)  # type: ignore[call-overload]


def between(rows: Any, axis: int, ranks: Any, spoilt: bool = False) -> Any:
    """The values of these ranks along an axis, perhaps between two; `ranks` broadcast against the other axes of `rows`.

    Where values are `spoilt` by a nan, that is the result.
    """
    values = array_of(rows)
    lower, upper = np.floor(ranks).astype(np.intp), np.ceil(ranks).astype(np.intp)
    both = np.concatenate([lower, upper], axis=axis)
    places = np.take_along_axis(np.argpartition(values, np.unique(both), axis=axis), both, axis)
    if spoilt:
        places = _or_nan(values, axis, places)
    t = (ranks - lower).astype(values.dtype if values.dtype.kind == "f" else np.float64)
    return Between.apply(rows, places=places, t=t, axis=axis)


def in_front(result: Any, axis: int, shape: tuple[int, ...], kept: tuple[int, ...]) -> Tensor:
    """Quantiles that stand along an axis, along new first axes instead."""
    return reshape(moveaxis(result, axis, 0) if axis else result, (*shape, *kept))


def kept_shape(shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """What is left of a shape when these axes are reduced."""
    return tuple([1 if i in axes else n for i, n in enumerate(shape) if keepdims or i not in axes])


def by_weight(name: str, x: Any, weights: Any, axis: Axis, q: Any, method: str, among: Any = True) -> Any:
    """Where along the joined axes the first value stands up to which the weights make up each fraction of all.

    Values that are not `among` those to choose from count for nothing.
    """
    if method != "inverted_cdf":
        raise ValueError(f"{name}: weights are for method='inverted_cdf' alone, not {method!r}")
    weights = alongside(given(constant_of(f"{name}: weights", weights)), x)
    given_weights = aligned(name, weights, x, axis)
    if among is not True:
        given_weights = np.where(among, given_weights, 0)
    if (given_weights < 0).any():
        raise ValueError(f"{name}: weights must not be negative")
    values, along = joined(array_of(x), axis)
    order = np.argsort(values, axis=along)
    heights = np.take_along_axis(joined(given_weights, axis)[0].astype(np.float64), order, along)
    heights = np.cumsum(heights, axis=along)
    total = part(heights, along, -1)
    if not (np.isfinite(total) & (total > 0)).all():
        raise ValueError(f"{name}: weights must be finite, and not all 0")
    heights = np.where(heights == 0, -1, heights / total)  # what counts for nothing is not even the 0th quantile
    ranks = [np.count_nonzero(heights < each, axis=along, keepdims=True) for each in q.tolist()]
    return np.take_along_axis(order, np.concatenate(ranks, axis=along), along)


def _or_nan(values: Any, axis: int, places: Any) -> Any:
    """These places along an axis, or, where there is a nan, the first one's."""
    is_nan = values != values
    if not is_nan.any():
        return places
    return np.where(is_nan.any(axis=axis, keepdims=True), is_nan.argmax(axis=axis, keepdims=True), places)
