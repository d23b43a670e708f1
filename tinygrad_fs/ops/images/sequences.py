"""Convolution and pooling of sequences, as those of images of height 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.images.convolution import Conv2d
from tinygrad_fs.ops.images.pooling import AvgPool2d, MaxPool2d
from tinygrad_fs.ops.images.spatial import (
    Padding,
    PerAxis,
    as_edges,
    as_sizes,
    check_convolution,
    conv_edges,
    kernel_and_stride,
    positions,
    remembered,
)
from tinygrad_fs.ops.shape import expand_dims, squeeze
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["avg_pool1d", "conv1d", "max_pool1d"]


def conv1d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve sequences with filters (without turning the filters around, as is usual in deep learning).

    ``y[n, f, t] = b[f] + sum over k, i of x[n, k, t s + i d - padding] w[f, k, i]`` with stride s and dilation d.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (n, channels, length), or one of shape (channels, length).
    w : array_like
        Filters, of shape (filters, channels / groups, kernel size).
    b : array_like, optional
        Bias, of shape (filters,).
    stride, dilation : int, default 1
        Step from one output position to the next, and from one tap of a filter to the next.
    padding : int, ((before, after),), 'same' or 'valid', default 0
        Zeros around the sequence; otherwise as in `conv2d`. ``((d (kernel - 1), 0),)`` makes it causal.
    groups : int, default 1
        As in `conv2d`.

    Returns
    -------
    Tensor
        Of shape (n, filters, out length), without n if `x` had none; the length is
        ``(length + padding - d (kernel - 1) - 1) // s + 1``.

    Raises
    ------
    ValueError
        If the shapes do not fit together, the kernel is larger than the padded sequence, or an option makes no
        sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.conv1d(tg.tensor([[1.0, 2.0, 4.0, 8.0]]), [[[-1.0, 1.0]]])
    tensor([[1., 2., 4.]])
    """
    sequences, filters = given(x), given(w)
    bias: Any = None if b is None else given(b)
    check_convolution("conv1d", sequences.shape, filters.shape, None if b is None else bias.shape, groups, 1)
    steps, spread = as_sizes("conv1d", "stride", stride, 1), as_sizes("conv1d", "dilation", dilation, 1)
    edges = conv_edges("conv1d", padding, filters.shape[2:], steps, spread)
    positions("conv1d", sequences.shape[-1:], filters.shape[2:], steps, edges, spread)
    y: Tensor = Conv2d.apply(
        expand_dims(sequences, -2),
        expand_dims(filters, -2),
        bias,
        stride=(1, *steps),
        padding=((0, 0), *edges),
        dilation=(1, *spread),
        groups=groups,
    )
    return squeeze(y, -2)


def max_pool1d(
    x: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> Tensor:
    """Take the largest value of each window of a sequence.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (..., length).
    kernel_size, stride, padding, dilation
        As in `max_pool2d`, along the one axis; padding may be ((before, after),).

    Returns
    -------
    Tensor
        Of shape (..., out length). The gradient goes to the first of several largest elements; nan wins.

    Raises
    ------
    ValueError
        If `x` is 0-d, a window is larger than the padded sequence or sees nothing, or an option makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.max_pool1d(tg.tensor([1.0, 3.0, 2.0, 4.0, 0.0]), 2)
    tensor([3., 4.])
    """
    sequences = given(x)
    kernel, steps, edges, spread = _windows("max_pool1d", sequences.shape, kernel_size, stride, padding, dilation)
    images = expand_dims(sequences, -2)
    return squeeze(MaxPool2d.apply(images, kernel=kernel, stride=steps, padding=edges, dilation=spread), -2)


@in_float32
def avg_pool1d(
    x: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """Take the mean of each window of a sequence.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (..., length), of a floating dtype.
    kernel_size, stride, padding, count_include_pad
        As in `avg_pool2d`, along the one axis; padding may be ((before, after),).

    Returns
    -------
    Tensor
        Of shape (..., out length).

    Raises
    ------
    ValueError
        If `x` is 0-d, a window is larger than the padded sequence or sees nothing, or an option makes no sense.
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.avg_pool1d(tg.tensor([1.0, 3.0, 2.0, 4.0, 0.0]), 2)
    tensor([2., 3.])
    """
    sequences = given(x)
    if sequences.dtype.kind != "f":
        raise TypeError(f"avg_pool1d: a mean of dtype {sequences.dtype} is not exact; use x.astype('float32')")
    kernel, steps, edges, _ = _windows("avg_pool1d", sequences.shape, kernel_size, stride, padding, 1)
    images, counts = expand_dims(sequences, -2), bool(count_include_pad)
    return squeeze(AvgPool2d.apply(images, kernel=kernel, stride=steps, padding=edges, counts_padding=counts), -2)


@remembered
def _windows(
    op: str, shape: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Any, Any, Any, Any]:
    """The kernel, stride, padding and dilation of a pool along one axis, checked, for images of height 1."""
    if not shape:
        raise ValueError(f"{op}: the input is 0-d; it needs at least one axis, (..., length)")
    kernel, steps = kernel_and_stride(op, kernel_size, stride, 1)
    spread, edges = as_sizes(op, "dilation", dilation, 1), as_edges(op, padding, 1)
    (count,), length = positions(op, shape[-1:], kernel, steps, edges, spread), shape[-1]
    seen = (np.arange(count) * steps[0] - edges[0][0])[:, None] + np.arange(kernel[0]) * spread[0]
    if not ((seen >= 0) & (seen < length)).any(1).all():
        raise ValueError(
            f"{op}: with padding={padding!r} a window of {kernel[0]} sees no element of the {length}; "
            "use a smaller padding"
        )
    return (1, *kernel), (1, *steps), ((0, 0), *edges), (1, *spread)
