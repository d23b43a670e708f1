"""Rearranging: elements in another order, or several times."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import one_axis
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.indexing.positions import along
from tinygrad_fs.ops.indexing.reading import GetItem
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import reshape, transpose
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["flip", "fliplr", "flipud", "repeat", "roll", "rot90", "tile"]

Axis: TypeAlias = "int | Sequence[int] | None"

_MANY = 16
"""So many parts are added up one by one; NumPy's sum over a short axis takes up to 50 times as long."""


class Flip(Op):
    """y has the elements of x in reverse order along some axes;  dy/dx: the same, back."""

    makes_view = True

    def forward(x: Any, *, axis: Any) -> Any:
        return np.flip(x, axis)

    def vjp(g: Any, axis: Any) -> Any:
        return np.flip(g, axis)


class Roll(Op):
    """y has the elements of x moved along axes, around the end;  dy/dx: the same, back."""

    def forward(x: Any, *, shift: Any, axis: Any) -> Any:
        return np.roll(x, shift, axis)

    def vjp(g: Any, shift: Any, axis: Any) -> Any:
        return np.roll(g, tuple([-each for each in shift]) if isinstance(shift, tuple) else -shift, axis)


class Repeat(Op):
    """y has each element of x several times, next to each other;  dy/dx: their sum."""

    def forward(x: Any, *, times: int, axis: int) -> Any:
        return x.repeat(times, axis=axis)

    def vjp(g: Any, shapes: Any, times: int, axis: int) -> Any:
        if 0 < times <= _MANY:
            return _sum_of([g[along(axis, slice(i, None, times))] for i in range(times)])
        shape = shapes[0]
        return _summed(np.reshape(g, (*shape[: axis + 1], times, *shape[axis + 1 :])), axis + 1)


class Tile(Op):
    """y is x several times along an axis;  dy/dx: the sum of the tiles."""

    def forward(x: Any, *, times: int, axis: int) -> Any:
        return np.tile(x, [times if i == axis else 1 for i in range(x.ndim)])

    def vjp(g: Any, shapes: Any, times: int, axis: int) -> Any:
        shape = shapes[0]
        if 0 < times <= _MANY:
            size = shape[axis]
            tiles = [slice(i * size, (i + 1) * size) for i in range(times)]
            return _sum_of([g[along(axis, tile)] for tile in tiles])
        return _summed(np.reshape(g, (*shape[:axis], times, *shape[axis:])), axis)


def _sum_of(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _summed(g: Any, axis: int) -> Any:
    return np.sum(g.astype(np.float32) if g.dtype == np.float16 else g, axis=axis)


def flip(x: TensorLike, axis: Axis = None) -> Tensor:
    """The elements in reverse order along some axes, all by default; without a copy.

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.flip(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([[2., 1.],
            [4., 3.]])
    """
    return Flip.apply(x, axis=tuple(axis) if isinstance(axis, list) else axis)


def fliplr(x: TensorLike) -> Tensor:
    """`flip` along the second axis: left and right.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.fliplr(tg.tensor([[1.0, 2.0]]))
    tensor([[2., 1.]])
    """
    return flip(x, 1)


def flipud(x: TensorLike) -> Tensor:
    """`flip` along the first axis: up and down.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.flipud(tg.tensor([[1.0], [2.0]]))
    tensor([[2.],
            [1.]])
    """
    return flip(x, 0)


def rot90(x: TensorLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """Turn by `k` times 90 degrees in the plane of two axes, from the first towards the second.

    Raises
    ------
    ValueError
        If the axes are the same.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.rot90(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 4.],
            [1., 3.]])
    """
    ndim = np.ndim(x)
    first, second = (normalize_axis_index(axis, ndim) for axis in axes)
    if first == second:
        raise ValueError(f"rot90: axes {tuple(axes)} are one and the same of a tensor of shape {np.shape(x)}")
    k %= 4
    if k % 2 == 0:
        return flip(x, (first, second) if k else ())
    order = list(range(ndim))
    order[first], order[second] = second, first
    return transpose(flip(x, second), order) if k == 1 else flip(transpose(x, order), second)


def roll(x: TensorLike, shift: int | tuple[int, ...], axis: Axis = None) -> Tensor:
    """Move elements along axes; what goes beyond the end comes back at the beginning.

    Parameters
    ----------
    x : array_like
    shift : int or tuple of int
        By how much; one number for all axes, or one per axis.
    axis : int or tuple of int, optional
        Along which; the flattened tensor by default, brought back to its shape.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.roll(tg.tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    shifts = np.asarray(shift)
    return Roll.apply(
        x,
        shift=tuple(shifts.tolist()) if shifts.ndim else int(shifts),
        axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis,
    )


def repeat(x: TensorLike, repeats: int | Sequence[int], axis: int | None = None) -> Tensor:
    """Each element several times, next to each other: PyTorch's `repeat_interleave`.

    Parameters
    ----------
    x : array_like
    repeats : int or sequence of int
        How often; one number for all, or one per position along the axis.
    axis : int, optional
        Along which; the flattened tensor by default.

    Raises
    ------
    ValueError
        If a number is negative, or there are not as many as positions.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.repeat(tg.tensor([1.0, 2.0]), 2)
    tensor([1., 1., 2., 2.])
    >>> tg.repeat(tg.tensor([[1.0], [2.0]]), [1, 2], axis=0)
    tensor([[1.],
            [2.],
            [2.]])
    """
    tensor, number = one_axis(x, axis)
    times = np.asarray(array_of(repeats), None if np.size(repeats) else int)
    if times.dtype.kind not in "iub":
        raise TypeError(f"repeat: repeats must be integers, not {times.dtype}")
    if (times < 0).any():
        raise ValueError(f"repeat: repeats must not be negative, as in {times.tolist()}")
    if times.size == 1:
        return Repeat.apply(tensor, times=int(times.item()), axis=number)
    size = tensor.shape[number]
    if times.shape != (size,):
        raise ValueError(f"repeat: {times.size} repeats for axis {number} of shape {tensor.shape}; give one, or {size}")
    return GetItem.apply(tensor, at=along(number, np.repeat(np.arange(size), times)))


def tile(x: TensorLike, reps: int | Sequence[int]) -> Tensor:
    """The whole tensor several times along its axes: PyTorch's `Tensor.repeat`.

    Parameters
    ----------
    x : array_like
    reps : int or sequence of int
        How often along each axis. Axes that are missing in `reps` come first and count once; axes that are
        missing in `x` are added in front.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.tile(tg.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])
    """
    shape = np.shape(x)
    times = [operator.index(each) for each in np.asarray(array_of(reps)).ravel().tolist()]
    if min(times, default=0) < 0:
        raise ValueError(f"tile: reps must not be negative, as in {times}")
    result = reshape(x, (1,) * (len(times) - len(shape)) + shape)
    times = [1] * (result.ndim - len(times)) + times
    if all(each == 1 for each in times):
        return clone(result)
    for axis in reversed(range(result.ndim)):
        if times[axis] != 1:
            result = Tile.apply(result, times=times[axis], axis=axis)
    return result
