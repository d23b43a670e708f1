"""The way back from max pooling: what was the largest of its window goes where it came from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.spatial import PerAxis, as_sizes, kernel_and_stride
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


def max_unpool2d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, and the values of `input` at the places in the flattened image that `indices` names.

    Zeiler, Taylor and Fergus 2011, "Adaptive deconvolutional networks for mid and high level feature learning".

    Parameters
    ----------
    input : array_like
        Of shape (n, channels, height, width) or without n.
    indices : array_like of int
        Of the same shape, as `max_pool2d` gives them with ``return_indices=True``.
    kernel_size, stride, padding
        Those of the pooling.
    output_size : sequence of int, optional
        The size before pooling, the whole shape or its last two sizes, where several are pooled to the same.

    Raises
    ------
    ValueError
        If the shapes differ.
    TypeError
        If the indices are no integers.
    IndexError
        If there is no place of a number.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.nn import functional as F
    >>> y, places = F.max_pool2d(tg.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2, return_indices=True)
    >>> F.max_unpool2d(y, places, 2)
    tensor([[[0., 0.],
             [4., 0.]]])
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool1d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """As `max_unpool2d`, for sequences of shape (n, channels, length) or without n.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.nn import functional as F
    >>> y, places = F.max_pool1d(tg.tensor([[1.0, 2.0, 4.0, 3.0]]), 2, return_indices=True)
    >>> F.max_unpool1d(y, places, 2)
    tensor([[0., 2., 4., 0.]])
    """
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """As `max_unpool2d`, for volumes of shape (n, channels, depth, height, width) or without n.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.nn import functional as F
    >>> y, places = F.max_pool3d(tg.ones((1, 2, 2, 2)), 2, return_indices=True)
    >>> F.max_unpool3d(y, places, 2).ravel()
    tensor([1., 0., 0., 0., 0., 0., 0., 0.])
    """
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    name: str,
    axes: int,
    input: TensorLike,
    indices: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: PerAxis,
    output_size: Sequence[int] | None,
) -> Tensor:
    x, places = given(input), array_of(given(indices))
    if x.shape != places.shape or x.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{name}: input of shape {x.shape} and indices of shape {places.shape}; they must be of one shape, "
            f"with {axes + 1} or {axes + 2} axes"
        )
    if places.dtype.kind not in "iu":
        raise TypeError(f"{name}: the indices are integers, as max_pool gives them, not {places.dtype}")
    kernel, steps = kernel_and_stride(name, kernel_size, stride, axes)
    sides = as_sizes(name, "padding", padding, axes, 0)
    usual = [(n - 1) * s - 2 * side + k for n, s, side, k in zip(x.shape[-axes:], steps, sides, kernel)]
    sizes = usual if output_size is None else list(output_size)[-axes:]
    lead, count = x.shape[: x.ndim - axes], math.prod(sizes)
    if places.size and not (places.min() >= 0 and places.max() < count):
        raise IndexError(f"{name}: the indices run from {places.min()} to {places.max()}, but there are {count} places")
    zeros = np.zeros_like(array_of(x), shape=(*lead, count))
    flat = ops.reshape(x, (*lead, math.prod(x.shape[-axes:])))
    return ops.put_along_axis(zeros, places.reshape(flat.shape), flat, axis=-1).reshape((*lead, *sizes))
