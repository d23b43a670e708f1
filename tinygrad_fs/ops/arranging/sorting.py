"""Sorting: values in order, and where they stand."""

from __future__ import annotations

import operator
from typing import Any, Literal

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.gradmode import is_grad_enabled
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given, one_axis, part
from tinygrad_fs.ops.indexing.selection import Pick, Selection
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["argpartition", "argsort", "partition", "searchsorted", "sort", "topk", "unique"]

SortKind = Literal["quicksort", "mergesort", "heapsort", "stable"]


class Sort(Op):
    """y has the values of x in order, where no gradient is asked for; otherwise sorting is a `Pick`."""

    def forward(x: Any, *, axis: int) -> Any:
        return np.sort(x, axis=axis)


class ArgSort(Op):
    """y holds the indices that sort x: no gradient."""

    def forward(x: Any, *, axis: int | None, kind: Any, stable: bool | None) -> Any:
        return np.argsort(x, axis=axis, kind=kind, stable=stable)


class ArgPartition(Op):
    """y holds the indices that partition x: no gradient."""

    def forward(x: Any, *, kth: Any, axis: int) -> Any:
        return np.argpartition(x, kth, axis=axis)


class SearchSorted(Op):
    """y tells where each v belongs in the sorted x: no gradient."""

    def forward(x: Any, v: Any, *, side: Any, sorter: Any) -> Any:
        return np.searchsorted(x, v, side=side, sorter=sorter)


class Unique(Op):
    """y holds each value of x once, in order: no gradient."""

    def forward(x: Any, *, options: dict[str, Any]) -> Any:
        return np.unique(x, **options)


def sort(
    x: TensorLike,
    axis: int | None = -1,
    kind: SortKind | None = None,
    *,
    stable: bool | None = None,
) -> Tensor:
    """The values in ascending order along `axis`; nan comes last.

    Parameters
    ----------
    x : array_like
    axis : int or None, default -1
        None sorts the flattened values.
    kind : {"quicksort", "mergesort", "heapsort", "stable"}, optional
        For NumPy's sake. Whatever it is, of equal values the first one comes first, and so do their gradients.
    stable : bool, optional
        For NumPy's sake, as `kind`.

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, 1.0, 2.0], requires_grad=True)
    >>> y = tg.sort(x)
    >>> y.tolist()
    [1.0, 2.0, 3.0]
    >>> y[0].backward()
    >>> x.grad
    tensor([0., 1., 0.])
    """
    np.sort(np.empty(0), kind=kind, stable=stable)  # NumPy's complaint about what it does not know
    values, along = one_axis(x, axis)
    if not (isinstance(values, Tensor) and values.requires_grad and is_grad_enabled()):
        return Sort.apply(values, axis=along)
    return Pick.apply(values, places=_order(values.data, along), axis=along, distinct=True)


def argsort(
    x: TensorLike,
    axis: int | None = -1,
    kind: SortKind | None = None,
    *,
    stable: bool | None = None,
) -> Tensor:
    """The indices that would sort `x` along `axis`. They have no gradient.

    Parameters
    ----------
    x : array_like
    axis : int or None, default -1
        None is for the flattened values.
    kind : {"quicksort", "mergesort", "heapsort", "stable"}, optional
        The algorithm; only the last keeps equal values in order.
    stable : bool, optional
        Whether to keep equal values in order; in the place of `kind`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.argsort(tg.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return ArgSort.apply(given(x), axis=axis, kind=kind, stable=stable)


def partition(x: TensorLike, kth: Any, axis: int | None = -1, kind: Literal["introselect"] = "introselect") -> Tensor:
    """The values, so ordered that the one of rank `kth` is where a sort would put it, and none before it is larger.

    Parameters
    ----------
    x : array_like
    kth : int or sequence of int
        One rank or several.
    axis : int or None, default -1
        None partitions the flattened values.
    kind : {"introselect"}
        For NumPy's sake.

    Raises
    ------
    ValueError
        If a rank is out of range.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.partition(tg.tensor([3.0, 1.0, 2.0]), 1)
    tensor([1., 2., 3.])
    """
    values, along = one_axis(x, axis)
    places = np.argpartition(array_of(values), array_of(kth), axis=along, kind=kind)
    return Pick.apply(values, places=places, axis=along, distinct=True)


def argpartition(
    x: TensorLike, kth: Any, axis: int | None = -1, kind: Literal["introselect"] = "introselect"
) -> Tensor:
    """The indices that would `partition` x, whose parameters these are. They have no gradient.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.argpartition(tg.tensor([3.0, 1.0, 2.0]), 1)
    tensor([1, 2, 0])
    """
    values, along = one_axis(x, axis)
    np.argpartition(np.empty(1), 0, kind=kind)  # NumPy's complaint
    return ArgPartition.apply(values, kth=array_of(kth), axis=along)


def topk(x: TensorLike, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> Selection:
    """The `k` largest values along `axis`, and where they stand, as PyTorch gives them.

    Parameters
    ----------
    x : array_like
    k : int
    axis : int, default -1
    largest : bool, default True
        False for the smallest.
    sorted : bool, default True
        The best first; False leaves them in the order in which they stand.

    Returns
    -------
    values, indices : tuple of Tensor
        Of equal values the first are taken. A nan counts as larger than all numbers.

    Raises
    ------
    ValueError
        If `k` is negative or larger than the axis.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> values, indices = tg.topk(tg.tensor([1.0, 4.0, 2.0, 3.0]), 2)
    >>> values
    tensor([4., 3.])
    >>> indices
    tensor([1, 3])
    """
    values, along = one_axis(x, axis)
    size, k = values.shape[along], operator.index(k)
    if not 0 <= k <= size:
        raise ValueError(
            f"topk: k is {k}, but axis {axis} of shape {values.shape} has {size} values; use 0 <= k <= {size}"
        )
    rows = np.moveaxis(array_of(values), along, -1)
    places = alongside(_best(rows, k, largest), rows)
    if sorted:
        best = np.take_along_axis(rows, places, -1)
        places = np.take_along_axis(places, _order(best, best.ndim - 1, descending=largest), -1)
    places = np.moveaxis(places, -1, along)
    return Selection.of(values, Pick.apply(values, places=places, axis=along, distinct=True), places)


def searchsorted(x: TensorLike, v: TensorLike, side: Literal["left", "right"] = "left", sorter: Any = None) -> Tensor:
    """Where each of `v` would have to be inserted into the sorted `x` to keep it in order. It has no gradient.

    Parameters
    ----------
    x : array_like with one axis
        In ascending order, unless `sorter` is given.
    v : array_like
    side : {"left", "right"}
        Whether before or behind equal values.
    sorter : array_like of int, optional
        Indices that sort `x`.

    Raises
    ------
    ValueError
        If `x` has not one axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.searchsorted(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([2.0, 5.0]))
    tensor([1, 3])
    """
    if np.ndim(x) != 1:
        raise ValueError(f"searchsorted: x has shape {np.shape(x)}; it must have one axis, in ascending order")
    at = v if isinstance(v, (int, float)) else given(v)
    return SearchSorted.apply(given(x), at, side=side, sorter=array_of(sorter))


def unique(
    x: TensorLike,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Each value once, in ascending order. The results have no gradient.

    Parameters
    ----------
    x : array_like
    return_index, return_inverse, return_counts : bool, default False
        Whether to return where each value stands first, which of the results each element of `x` is, and how
        often each occurs.
    axis : int, optional
        Compare slices along this axis; the elements by default.
    equal_nan : bool, default True
        Whether all nan are one value.
    sorted : bool, default True
        For NumPy's sake: the values are in order in any case.

    Returns
    -------
    Tensor or tuple of Tensor

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.unique(tg.tensor([3.0, 1.0, 3.0]), return_counts=True)
    (tensor([1., 3.]), tensor([1, 2]))
    """
    options = {
        "return_index": return_index,
        "return_inverse": return_inverse,
        "return_counts": return_counts,
        "axis": axis,
        "equal_nan": equal_nan,
    }
    return Unique.apply(given(x), options=options)


def _order(values: Any, axis: int, descending: bool = False) -> Any:
    """The places that sort along an axis: of equal values the first one first, nan as the largest.

    A stable sort of floats takes several times as long as a quick one; so it is done only where values are equal.
    """
    if descending:
        # Backwards twice, so that equal values keep their order.
        return values.shape[axis] - 1 - np.flip(_order(np.flip(values, axis), axis), axis)
    places = np.argsort(values, axis=axis)
    ordered = np.take_along_axis(values, places, axis)
    if (part(ordered, axis, 1) > part(ordered, axis, 0, -1)).all():
        return places
    return np.argsort(values, axis=axis, stable=True)


def _best(rows: Any, k: int, largest: bool) -> Any:
    """The places of the k extreme values along the last axis, in ascending order. Of equal values, the first."""
    size = rows.shape[-1]
    if k in (0, size):
        return np.broadcast_to(np.arange(k), (*rows.shape[:-1], k))
    limit = size - k if largest else k - 1
    parted = np.argpartition(rows, limit, axis=-1)
    worst = np.take_along_axis(rows, parted[..., [limit]], -1)
    if (worst == worst).all() and np.count_nonzero(rows == worst) == worst.size:
        return np.sort(parted[..., limit:] if largest else parted[..., :k], axis=-1)
    return _first_best(rows, k, worst, largest)


def _first_best(rows: Any, k: int, worst: Any, largest: bool) -> Any:
    """The same where more values than there is room for equal the worst of the k, or that one is nan."""
    is_nan, worst_is_nan = rows != rows, worst != worst
    equal = (rows == worst) | (is_nan & worst_is_nan)
    better = (rows > worst) | (is_nan & ~worst_is_nan)
    if not largest:
        better = ~(better | equal)
    room = k - np.count_nonzero(better, axis=-1, keepdims=True)
    chosen = better | (equal & (np.cumsum(equal, axis=-1) <= room))
    return np.nonzero(chosen)[-1].reshape(*rows.shape[:-1], k)
