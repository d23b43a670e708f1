"""Axes: what reductions and their derivatives do with them."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from tinygrad_fs.dtypes import as_array
from tinygrad_fs.tensor import Tensor

Axis: TypeAlias = "int | tuple[int, ...] | None"


_FILLED = 1 << 18
"""Up to so many elements to fill is as quick as a view, which most ops copy in the end. Beyond, memory counts."""


def given(x: Any) -> Any:
    """A Tensor as it is; all else as an array, so that a function may ask for its shape and dtype."""
    return x if isinstance(x, Tensor) else as_array(x)


def as_axis(axis: Any) -> Any:
    """The axes as something that NumPy's own methods take: a list becomes a tuple."""
    return tuple(axis) if isinstance(axis, list) else axis


def checked(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes as numbers from 0 on; an error in NumPy's words if one is out of range or there twice."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def one_axis(x: Any, axis: int | None) -> tuple[Any, int]:
    """What to go along, and on which axis: the flattened `x` for None, as NumPy does it in sorts and running sums."""
    x = given(x)
    if axis is None:
        return np.reshape(x, (-1,)), 0
    return x, normalize_axis_index(axis, x.ndim)


def normalized(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes as numbers from 0 on, where it is known that they are right."""
    if axis is None:
        return tuple(range(ndim))
    return tuple([each % ndim for each in (axis if isinstance(axis, tuple) else (axis,))]) if ndim else ()


def count(shape: tuple[int, ...], axis: Any) -> int:
    """How many values a reduction takes together."""
    if axis is None:
        return math.prod(shape)
    return math.prod([shape[each] for each in normalized(axis, len(shape))])


def expanded(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Put the axes that a reduction took away back, with size 1."""
    if keepdims or axis is None or not g.ndim:
        return g  # a 0-d gradient broadcasts as it is
    return np.reshape(g, reduced_shape(shape, axis))


def reduced_shape(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """The shape of a reduction that keeps its axes."""
    axes = normalized(axis, len(shape))
    return tuple([1 if i in axes else size for i, size in enumerate(shape)])


def resized(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    """The shape with another size along an axis, a number from 0 on."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Give each of the reduced values the gradient of the result."""
    g = expanded(g, shape, axis, keepdims)
    if isinstance(g, (np.ndarray, np.generic)) and math.prod(shape) <= _FILLED:
        result = np.empty(shape, g.dtype)  # 0.6 us and up, where the view of np.broadcast_to takes 3
        result[...] = g
        return result
    return np.broadcast_to(g, shape)


def joined(x: Any, axis: Any) -> tuple[Any, int]:
    """`x` with all reduced axes made one, and the number of that one."""
    axes = tuple(sorted(normalized(axis, x.ndim)))
    if len(axes) == 1:
        return x, axes[0]
    others = _others(axes, x.ndim)
    sizes = [x.shape[each] for each in others]
    if others:
        x = np.transpose(x, (*others, *axes))
    return np.reshape(x, (*sizes, math.prod(x.shape[len(others) :]))), len(others)


def parted(rows: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """The way back from `joined`: the values in the original `shape`."""
    axes = tuple(sorted(normalized(axis, len(shape))))
    if len(axes) == 1:
        return rows
    order = (*_others(axes, len(shape)), *axes)
    back = tuple([order.index(each) for each in range(len(shape))])
    return np.transpose(np.reshape(rows, tuple([shape[each] for each in order])), back)


def _others(axes: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return tuple([each for each in range(ndim) if each not in axes])


def part(x: Any, axis: int, start: int | None, stop: int | None = None) -> Any:
    """``x[start:stop]`` along an axis, a number from 0 on."""
    index = (*[slice(None)] * axis, slice(start, stop))
    return x[index]
