"""Unfolding: the windows of images as columns (im2col), and its adjoint, folding (col2im)."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.spatial import Edges, PerAxis, Sizes, as_edges, as_sizes, positions
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["fold", "unfold"]


class Unfold(Op):
    """y[n, (c, i, j), (r, q)] = x[n, c, r s + i d - top, q s + j d - left], 0 outside of the image;  dx: `Fold`."""

    def forward(x: Any, *, kernel: Sizes, stride: Sizes, padding: Edges, dilation: Sizes) -> Any:
        if any(map(any, padding)):
            x = np.pad(x, ((0, 0), (0, 0), *padding))
        reach = tuple([d * (k - 1) + 1 for d, k in zip(dilation, kernel)])
        windows = sliding_window_view(x, reach, axis=(2, 3))
        windows = windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
        n, channels, rows, columns = windows.shape[:4]
        y = np.empty_like(x, shape=(n, channels, *kernel, rows, columns))
        y[...] = windows.transpose(0, 1, 4, 5, 2, 3)
        return y.reshape(n, channels * math.prod(kernel), rows * columns)

    def vjp(g: Any, shapes: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        size = shapes[0][2:]
        return Fold.apply(g, size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


class Fold(Op):
    """The adjoint of `Unfold`: each element of a column is added to where it was read;  dy: `Unfold`."""

    def forward(y: Any, *, size: Sizes, kernel: Sizes, stride: Sizes, padding: Edges, dilation: Sizes) -> Any:
        count = positions("fold", size, kernel, stride, padding, dilation)
        n, channels = y.shape[0], y.shape[1] // math.prod(kernel)
        taps = y.reshape(n, channels, *kernel, *count)
        (top, bottom), (left, right) = padding
        dtype = np.float32 if y.dtype == np.float16 else y.dtype  # sums of halves lose digits
        x = np.zeros_like(y, shape=(n, channels, top + size[0] + bottom, left + size[1] + right), dtype=dtype)
        for i, j in itertools.product(*map(range, kernel)):
            seen = x[:, :, i * dilation[0] :: stride[0], j * dilation[1] :: stride[1]]
            seen[:, :, : count[0], : count[1]] += taps[:, :, i, j]
        return x[:, :, top : top + size[0], left : left + size[1]].astype(y.dtype, copy=False)

    def vjp(g: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        return Unfold.apply(g, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


def unfold(
    x: TensorLike, kernel_size: PerAxis, dilation: PerAxis = 1, padding: PerAxis = 0, stride: PerAxis = 1
) -> Tensor:
    """Lay the windows of images side by side as columns (im2col).

    Parameters
    ----------
    x : array_like
        Images, of shape (n, channels, height, width), or one without n.
    kernel_size, dilation, padding, stride : int or pair of int
        Of the windows, as in `conv2d`.

    Returns
    -------
    Tensor
        Of shape (n, channels * kernel height * kernel width, windows): a column holds a window's elements,
        channel by channel, and the windows follow each other row by row. Without n if `x` had none.

    Raises
    ------
    ValueError
        If `x` has another number of axes, the windows do not fit, or an option makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.unfold(tg.tensor(np.arange(6.0).reshape(1, 1, 2, 3)), 2).data
    array([[[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]]])
    """
    images = given(x)
    if images.ndim not in (3, 4):
        raise ValueError(
            f"unfold: the images have shape {images.shape}; they need four axes, (n, channels, height, width), or "
            "three for a single image"
        )
    options = _options("unfold", kernel_size, dilation, padding, stride)
    positions(
        "unfold", images.shape[-2:], options["kernel"], options["stride"], options["padding"], options["dilation"]
    )
    if images.ndim == 3:
        return Unfold.apply(images[None], **options)[0]
    return Unfold.apply(images, **options)


def fold(
    x: TensorLike,
    output_size: PerAxis,
    kernel_size: PerAxis,
    dilation: PerAxis = 1,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
) -> Tensor:
    """Put columns back to where `unfold` took them from, and add up where windows overlap (col2im).

    Parameters
    ----------
    x : array_like
        Columns, of shape (n, channels * kernel height * kernel width, windows), or without n.
    output_size : int or pair of int
        Height and width of the images.
    kernel_size, dilation, padding, stride : int or pair of int
        Of the windows, as in `unfold`.

    Returns
    -------
    Tensor
        Of shape (n, channels, height, width), without n if `x` had none. `fold` is the adjoint of `unfold`, not
        its inverse: ``fold(unfold(x))`` is `x` times the number of windows that see each element.

    Raises
    ------
    ValueError
        If the columns are not as many, or not as long, as the windows say, or an option makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.fold(tg.ones((1, 4, 2)), (2, 3), 2).data
    array([[[[1., 2., 1.],
             [1., 2., 1.]]]], dtype=float32)
    """
    columns = given(x)
    if columns.ndim not in (2, 3):
        raise ValueError(
            f"fold: the columns have shape {columns.shape}; they need three axes, (n, channels * kernel size, "
            "windows), or two for a single image"
        )
    options = _options("fold", kernel_size, dilation, padding, stride)
    size, kernel = as_sizes("fold", "output_size", output_size, 2), options["kernel"]
    count = positions("fold", size, kernel, options["stride"], options["padding"], options["dilation"])
    if columns.shape[-2] % math.prod(kernel) or columns.shape[-1] != math.prod(count):
        raise ValueError(
            f"fold: columns of shape {columns.shape} do not fit output_size {size}; with windows of {kernel} the "
            f"second last axis must be a multiple of {math.prod(kernel)}, and the last {count[0]} x {count[1]} = "
            f"{math.prod(count)}"
        )
    if columns.ndim == 2:
        return Fold.apply(columns[None], size=size, **options)[0]
    return Fold.apply(columns, size=size, **options)


def _options(op: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    return {
        "kernel": as_sizes(op, "kernel_size", kernel_size, 2),
        "stride": as_sizes(op, "stride", stride, 2),
        "padding": as_edges(op, padding, 2),
        "dilation": as_sizes(op, "dilation", dilation, 2),
    }
