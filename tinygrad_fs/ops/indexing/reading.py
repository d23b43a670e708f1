"""Reading by index, and its adjoint, adding by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside, zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.indexing.accumulation import add_at
from tinygrad_fs.ops.indexing.positions import (
    along_one,
    as_index,
    is_basic,
    keeps_all_in_order,
    names_nothing_twice,
    without_mask,
)
from tinygrad_fs.ops.shape import broadcast_to
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["getitem"]


class GetItem(Op):
    """y = x[index];  dy/dx: the gradient, added at the index to zeros."""

    at: Any

    def forward(x: Any, *, at: Any) -> Any:
        return _read(x, at)

    def vjp(g: Any, shapes: Any, at: Any) -> Any:
        if keeps_all_in_order(at, shapes[0], g.shape):
            return np.reshape(g, shapes[0])
        return ScatterAdd.apply(g, at=at, to=shapes[0])

    def vjp_into(into: Any, g: Any, at: Any) -> None:
        # Many slices of one tensor cost their own sizes, not the tensor's each time.
        add_at(into, at, g)


class ScatterAdd(Op):
    """y = zeros, to which x is added at the index;  dy/dx: the gradient there. Repeated indices add up."""

    def forward(x: Any, *, at: Any, to: tuple[int, ...]) -> Any:
        result = zeros_beside(x, to, x.dtype)
        if names_nothing_twice(at):
            target, places = without_mask(result, at)
            target[places] = x
        else:
            add_at(result, at, x)
        return result

    def vjp(g: Any, at: Any) -> Any:
        return GetItem.apply(g, at=at)


class AddAt(Op):
    """z = x, to which y is added at the index;  dx: the gradient, dy: the gradient there."""

    def forward(x: Any, y: Any, *, at: Any) -> Any:
        result = x.astype(np.result_type(x, y))  # a copy
        add_at(result, at, y.astype(result.dtype, copy=False))
        return result

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any, at: Any) -> Any:
        return GetItem.apply(g, at=at)


def _read(x: Any, index: Any) -> Any:
    """``x[index]``; along a single axis `take` needs a third of the time, but copies what is not in order first."""
    x, index = without_mask(x, index)
    array, axis = along_one(index)
    is_numbers = isinstance(array, np.ndarray) and array.dtype == np.intp and array.ndim and axis < x.ndim
    if is_numbers and (type(x) is not np.ndarray or x.flags.c_contiguous):
        return x.take(array, axis=axis)
    return x[index]


def added(x: Any, at: Any, values: Any) -> Tensor:
    """A copy of `x` with values added at an index, to the shape of which they broadcast."""
    tensor = given(x)
    if not isinstance(values, Tensor):
        values = alongside(np.asarray(values, tensor.dtype if isinstance(values, (bool, int, float)) else None), tensor)
    selected = np.broadcast_to(False, tensor.shape)[at].shape
    return AddAt.apply(tensor, broadcast_to(values, selected) if values.shape != selected else values, at=at)


def getitem(x: TensorLike, index: Any) -> Tensor:
    """``x[index]``, with everything that NumPy indexes with.

    Integers, slices, None and ... select without copying and share memory. Arrays of integers and of bools, lists,
    ranges and Tensors of them copy. What an index names several times collects its gradients.

    Raises
    ------
    IndexError
        If the index is out of range, has too many parts, or is of floats.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward()
    >>> x.grad
    tensor([2., 0., 1.])
    """
    at = as_index(index)
    result = GetItem.apply(x, at=at)
    if isinstance(x, Tensor) and x._node is not None and x._node.updates_in_place and is_basic(at):
        # Of a Tensor that is being filled: a copy, so that the next write need not copy the whole.
        result._data = result._data.copy()
    return result
