"""Adaptive pooling: windows that divide an image into a given number of parts, whatever its size.

Window i of `out` along an axis of `size` reaches from ``floor(i size / out)`` up to ``ceil((i + 1) size / out)``.
"""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.axis_maps import AlongAxis, Taps
from tinygrad_fs.ops.images.pooling import Gather, avg_pool2d, max_pool2d
from tinygrad_fs.ops.images.spatial import Sizes
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.reductions.reduction import mean
from tinygrad_fs.ops.shape import expand_dims, squeeze
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d"]

OutputSize: TypeAlias = "int | tuple[int | None, ...] | None"


def adaptive_avg_pool1d(x: TensorLike, output_size: OutputSize) -> Tensor:
    """Take means over windows that divide a sequence into `output_size` parts.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (..., length), of a floating dtype.
    output_size : int

    Returns
    -------
    Tensor
        Of shape (..., output_size).

    Raises
    ------
    ValueError
        If `x` is 0-d or empty along the axis, or the size is no positive int.
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.adaptive_avg_pool1d(tg.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), 2)
    tensor([2., 4.])
    """
    sequences = given(x)
    size = _sizes("adaptive_avg_pool1d", sequences, output_size, 1)
    return squeeze(_means("adaptive_avg_pool1d", expand_dims(sequences, -2), (1, *size)), -2)


def adaptive_avg_pool2d(x: TensorLike, output_size: OutputSize) -> Tensor:
    """Take means over windows that divide an image into so many rows and columns.

    Parameters
    ----------
    x : array_like
        Images, of shape (..., height, width), of a floating dtype.
    output_size : int or pair of int or None
        None leaves an axis as it is.

    Returns
    -------
    Tensor
        Of shape (..., *output_size). Window i along an axis reaches from ``floor(i size / out)`` up to
        ``ceil((i + 1) size / out)``; neighbours may overlap.

    Raises
    ------
    ValueError
        If `x` has less than two axes or is empty along one of them, or a size is no positive int.
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.adaptive_avg_pool2d(tg.tensor(np.arange(12.0).reshape(3, 4)), (1, 2)).data
    array([[4.5, 6.5]])
    """
    images = given(x)
    return _means("adaptive_avg_pool2d", images, _sizes("adaptive_avg_pool2d", images, output_size, 2))


def adaptive_max_pool1d(x: TensorLike, output_size: OutputSize) -> Tensor:
    """Take the largest values of windows that divide a sequence into `output_size` parts.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (..., length).
    output_size : int

    Returns
    -------
    Tensor
        Of shape (..., output_size); ties and nan as in `adaptive_max_pool2d`.

    Raises
    ------
    ValueError
        If `x` is 0-d or empty along the axis, or the size is no positive int.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.adaptive_max_pool1d(tg.tensor([1.0, 2.0, 5.0, 4.0, 3.0]), 2)
    tensor([5., 5.])
    """
    sequences = given(x)
    size = _sizes("adaptive_max_pool1d", sequences, output_size, 1)
    return adaptive_max_pool2d(sequences[..., None, :], (1, *size))[..., 0, :]


def adaptive_max_pool2d(x: TensorLike, output_size: OutputSize) -> Tensor:
    """Take the largest values of windows that divide an image into so many rows and columns.

    Parameters
    ----------
    x : array_like
        Images, of shape (..., height, width).
    output_size : int or pair of int or None
        As in `adaptive_avg_pool2d`.

    Returns
    -------
    Tensor
        Of shape (..., *output_size). The gradient goes to the first of several largest elements, in row-major
        order; nan wins over all numbers.

    Raises
    ------
    ValueError
        If `x` has less than two axes or is empty along one of them, or a size is no positive int.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.adaptive_max_pool2d(tg.tensor(np.arange(15.0).reshape(3, 5)), 2).data
    array([[ 7.,  9.],
           [12., 14.]])
    """
    images = given(x)
    size = _sizes("adaptive_max_pool2d", images, output_size, 2)
    height, width = images.shape[-2:]
    if height % size[0] == 0 and width % size[1] == 0:
        return max_pool2d(images, (height // size[0], width // size[1]))
    return Gather.apply(images, positions=first_largest_of_parts(array_of(images), size), disjoint=False)


def _sizes(op: str, x: Any, output_size: Any, axes: int) -> Sizes:
    """The sizes of the output, checked."""
    if x.ndim < axes or 0 in x.shape[x.ndim - axes :]:
        layout = "(..., height, width)" if axes == 2 else "(..., length)"
        raise ValueError(f"{op}: the input has shape {x.shape}; it must be {layout}, with something to pool")
    sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    if len(sizes) == axes:
        sizes = tuple([have if size is None else size for size, have in zip(sizes, x.shape[x.ndim - axes :])])
    if len(sizes) != axes or not all(isinstance(size, (int, np.integer)) and size >= 1 for size in sizes):
        several = "" if axes == 1 else " or a pair, in which None keeps the size"
        raise ValueError(f"{op}: output_size={output_size!r} must be a positive int{several}")
    return tuple([int(size) for size in sizes])


def _means(op: str, x: Any, size: Sizes) -> Tensor:
    if x.dtype.kind != "f":
        raise TypeError(f"{op}: a mean of dtype {x.dtype} is not exact; use x.astype('float32')")
    if size == (1, 1):
        return mean(x, axis=(-2, -1), keepdims=True)
    height, width = x.shape[-2:]
    if height % size[0] == 0 and width % size[1] == 0:
        return avg_pool2d(x, (height // size[0], width // size[1]))
    for axis in (-2, -1):
        if size[axis] != x.shape[axis]:
            x = AlongAxis.apply(x, taps=shares(x.shape[axis], size[axis]), axis=axis)
    return x  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=256)
def shares(size: int, out: int) -> Taps:
    """The means over `out` windows that divide an axis of this size."""
    seen, used = _windows(size, out)
    return Taps(seen, used / used.sum(0))


def _windows(size: int, out: int) -> tuple[Any, Any]:
    """What each window sees, and whether it does, of shape (longest window, out); the shorter repeat their last."""
    first = np.arange(out) * size // out
    last = -(-(np.arange(out) + 1) * size // out) - 1
    seen = first + np.arange(int((last - first).max()) + 1)[:, None]
    return np.minimum(seen, last), seen <= last


def first_largest_of_parts(x: Any, size: Sizes) -> Any:
    """The positions, in the flat `x`, of the largest elements of the windows: the first of each row, then of those."""
    height, width = x.shape[-2:]
    columns, rows = _windows(width, size[1])[0], _windows(height, size[0])[0]
    largest, column = x[..., columns[0]], alongside(np.broadcast_to(columns[0], (*x.shape[:-1], size[1])), x)
    for seen in columns[1:]:
        largest, column = _larger(x[..., seen], alongside(seen, x), largest, column)
    places = column + alongside(np.arange(height)[:, None] * width, x)
    best, position = largest[..., rows[0], :], places[..., rows[0], :]
    for seen in rows[1:]:
        best, position = _larger(largest[..., seen, :], places[..., seen, :], best, position)
    planes = np.arange(x.size // (height * width)).reshape(*x.shape[:-2], 1, 1)
    return position + alongside(planes * (height * width), x)


def _larger(value: Any, position: Any, largest: Any, at: Any) -> tuple[Any, Any]:
    """The larger values, and where they stand; the earlier of equal ones, and nan before all numbers."""
    wins = (value > largest) | ((value != value) & (largest == largest))
    return np.where(wins, value, largest), np.where(wins, position, at)
