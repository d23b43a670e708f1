"""Selection along an axis: what sorts, order statistics and running extremes do once they know the places."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import alongside, zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import resized
from tinygrad_fs.tensor import Tensor

_SPARSE = 8
"""One place among so many elements costs less if each is added by itself."""


class Selection(NamedTuple):
    """Values that were selected along an axis, and the indices at which they stand."""

    values: Tensor
    indices: Tensor

    @classmethod
    def of(cls, x: Any, values: Any, places: Any) -> Selection:
        """Tensors where `x` is one, arrays where it is an array."""
        return cls(values, Tensor._of(places) if isinstance(x, Tensor) else places)


class Pick(Op):
    """y holds the values of x at integer places along an axis;  dy/dx: the gradient, added there to zeros.

    `distinct` says that no place is named twice.
    """

    def forward(x: Any, *, places: Any, axis: int, distinct: bool = False) -> Any:
        return np.take_along_axis(x, places, axis)

    def vjp(g: Any, shapes: Any, places: Any, axis: int, distinct: bool) -> Any:
        return PutBack.apply(g, places=places, axis=axis, distinct=distinct, size=shapes[0][axis])


class PutBack(Op):
    """y is zero along an axis of the given size but for x, added at integer places;  dy/dx: the gradient there."""

    def forward(x: Any, *, places: Any, axis: int, distinct: bool, size: int) -> Any:
        shape = resized(x.shape, axis, size)
        if distinct:
            result = zeros_beside(x, shape, x.dtype)
            np.put_along_axis(result, places, x, axis)
            return result
        positions = _positions(places, shape, axis)
        if positions.size < math.prod(shape) // _SPARSE:
            result = zeros_beside(x, math.prod(shape), x.dtype)
            np.add.at(result, positions, x.ravel())
            return result.reshape(shape)
        sums = np.bincount(positions, weights=x.ravel(), minlength=math.prod(shape))
        return sums.reshape(shape).astype(x.dtype, copy=False)

    def vjp(g: Any, places: Any, axis: int, distinct: bool) -> Any:
        return Pick.apply(g, places=places, axis=axis, distinct=distinct)


def _positions(places: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Where these places along an axis stand among all elements of an array of this shape, counted through."""
    if len(shape) == 1:
        return places
    before, behind = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    first = np.arange(before).reshape(-1, 1, 1) * (shape[axis] * behind) + np.arange(behind)
    return (places.reshape(before, places.shape[axis], behind) * behind + alongside(first, places)).ravel()
