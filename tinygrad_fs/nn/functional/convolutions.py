"""Linear maps, convolutions and embeddings under PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.changes import mark_changed
from tinygrad_fs.ops.images.spatial import Padding, PerAxis
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "bilinear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "embedding",
    "fold",
    "linear",
    "one_hot",
    "unfold",
]


def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """`tinygrad_fs.linear`; a weight of shape (in_features,) gives one number in the place of the last axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.linear(tg.ones((2, 3)), tg.tensor([1.0, 2.0, 3.0]))
    tensor([6., 6.])
    """
    if np.ndim(weight) != 1:
        return ops.linear(input, weight, bias)
    row = ops.expand_dims(weight, 0)
    return ops.squeeze(ops.linear(input, row, None if bias is None else ops.reshape(bias, (1,))), -1)


def bilinear(input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """`tinygrad_fs.bilinear`."""
    return ops.bilinear(input1, input2, weight, bias)


def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Tensor:
    """`tinygrad_fs.conv1d`."""
    return ops.conv1d(input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Tensor:
    """`tinygrad_fs.conv2d`."""
    return ops.conv2d(input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Tensor:
    """`tinygrad_fs.conv3d`."""
    return ops.conv3d(input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Tensor:
    """`tinygrad_fs.conv_transpose1d`."""
    return ops.conv_transpose1d(input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Tensor:
    """`tinygrad_fs.conv_transpose2d`."""
    return ops.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation)


def unfold(
    input: TensorLike, kernel_size: PerAxis, dilation: PerAxis = 1, padding: PerAxis = 0, stride: PerAxis = 1
) -> Tensor:
    """`tinygrad_fs.unfold`."""
    return ops.unfold(input, kernel_size, dilation, padding, stride)


def fold(
    input: TensorLike,
    output_size: PerAxis,
    kernel_size: PerAxis,
    dilation: PerAxis = 1,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
) -> Tensor:
    """`tinygrad_fs.fold`."""
    return ops.fold(input, output_size, kernel_size, dilation, padding, stride)


def one_hot(tensor: TensorLike, num_classes: int = -1) -> Tensor:
    """`tinygrad_fs.one_hot`, of integers."""
    return ops.one_hot(tensor, num_classes)


def embedding(
    input: TensorLike,
    weight: TensorLike,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` with the given numbers.

    Parameters
    ----------
    input : array_like of int
        Numbers of rows, of any shape.
    weight : array_like
        Of shape (rows, features).
    padding_idx : int, optional
        A row without gradient; it counts from the end if negative.
    max_norm : float, optional
        Rows that are read and longer than that are first shortened to it, in place.
    norm_type : float, default 2
        The p of the norm that this is about.
    scale_grad_by_freq : bool, default False
        Divide the gradient of a row by how often it was read.
    sparse : bool, default False
        Gradients are dense; True is refused.

    Returns
    -------
    Tensor
        Of the shape of `input`, and features.

    Raises
    ------
    IndexError
        If there is no row of a number.
    ValueError
        If sparse gradients are asked for.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.embedding([1, 0], tg.tensor([[0.0, 1.0], [3.0, 4.0]]), max_norm=1.0)
    tensor([[0.6, 0.8],
            [0. , 1. ]])
    """
    if sparse:
        raise ValueError("embedding: gradients are dense here; leave sparse=False")
    if padding_idx is not None and not -np.shape(weight)[0] <= padding_idx < np.shape(weight)[0]:
        raise ValueError(f"embedding: padding_idx={padding_idx} is no row of a weight of shape {np.shape(weight)}")
    if padding_idx is not None and padding_idx < 0:
        padding_idx += np.shape(weight)[0]
    if max_norm is not None:
        table = array_of(weight)
        ops.embedding(input, table[:, :0])  # numbers that are no rows are told before any row is changed
        _shorten(table, np.unique(array_of(input)), max_norm, norm_type)
    rows = ops.embedding(input, weight, padding_idx)
    if not scale_grad_by_freq or not isinstance(rows, Tensor):
        return rows
    _, place, count = np.unique(array_of(input), return_inverse=True, return_counts=True)
    share = (1.0 / count)[place].reshape(np.shape(input))[..., None].astype(rows.dtype)
    return rows * share + rows.detach() * (1.0 - share)  # the value of a row, and a share of its gradient


def _shorten(array: Any, numbers: Any, max_norm: float, p: float) -> None:
    """Scale the rows of these numbers down to the norm `max_norm`, where they are longer; in place."""
    norms = np.linalg.norm(array[numbers], p, axis=-1)
    long = norms > max_norm
    if long.any():
        array[numbers[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(array.dtype)
        mark_changed(array)
