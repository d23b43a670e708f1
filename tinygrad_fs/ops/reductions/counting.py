"""Counting and finding: questions about values, whose answers have no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import Axis, as_axis, given
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["all", "any", "argmax", "argmin", "count_nonzero"]


class AllTrue(Op):
    """y tells whether all x are true: no gradient."""

    def forward(x: Any, *, axis: Any, keepdims: bool, among: Any) -> Any:
        return np.all(x, axis=axis, keepdims=keepdims, where=among)


class AnyTrue(Op):
    """y tells whether any x is true: no gradient."""

    def forward(x: Any, *, axis: Any, keepdims: bool, among: Any) -> Any:
        return np.any(x, axis=axis, keepdims=keepdims, where=among)


class CountNonzero(Op):
    """y is the number of x that are not 0: no gradient."""

    def forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
        return np.count_nonzero(x, axis=axis, keepdims=keepdims)


class ArgMax(Op):
    """y is the index of the largest x: no gradient."""

    def forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
        return np.argmax(x, axis=axis, keepdims=keepdims)


class ArgMin(Op):
    """y is the index of the smallest x: no gradient."""

    def forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
        return np.argmin(x, axis=axis, keepdims=keepdims)


def all(x: TensorLike, axis: Axis = None, *, keepdims: bool = False, where: Any = True) -> Tensor:
    """Whether all values over `axis` are true, that is, not 0. All of nothing are.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Over which axes; all by default.
    keepdims : bool, default False
        Keep the reduced axes with size 1.
    where : array_like of bool, optional
        Which values count; all by default.

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.all(tg.tensor([[1.0, 0.0], [2.0, 3.0]]), axis=1)
    tensor([False,  True])
    """
    return AllTrue.apply(given(x), axis=as_axis(axis), keepdims=keepdims, among=array_of(where))


def any(x: TensorLike, axis: Axis = None, *, keepdims: bool = False, where: Any = True) -> Tensor:
    """Whether any value over `axis` is true, that is, not 0; parameters as in `all`. None of nothing is.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.any(tg.tensor([[1.0, 0.0], [0.0, 0.0]]), axis=1)
    tensor([ True, False])
    """
    return AnyTrue.apply(given(x), axis=as_axis(axis), keepdims=keepdims, among=array_of(where))


def count_nonzero(x: TensorLike, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """How many values over `axis` are not 0; parameters as in `all`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.count_nonzero(tg.tensor([1.0, 0.0, 2.0]))
    tensor(2)
    """
    return CountNonzero.apply(given(x), axis=as_axis(axis), keepdims=keepdims)


def argmax(x: TensorLike, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Index of the largest value along `axis`: the first of several, or of the first nan.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        Along which axis; that of the flattened values by default.
    keepdims : bool, default False
        Keep the reduced axis with size 1.

    Raises
    ------
    ValueError
        If there is nothing to choose from.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.argmax(tg.tensor([[1.0, 5.0], [7.0, 3.0]]), axis=1)
    tensor([1, 0])
    """
    return ArgMax.apply(given(x), axis=axis, keepdims=keepdims)


def argmin(x: TensorLike, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Index of the smallest value along `axis`; parameters and errors as in `argmax`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.argmin(tg.tensor([[1.0, 5.0], [7.0, 3.0]]), axis=1)
    tensor([0, 1])
    """
    return ArgMin.apply(given(x), axis=axis, keepdims=keepdims)
