"""Pools of volumes, each of two steps: over rows and columns, and then over depth.

Maxima and means of boxes are those of the layers of a box, so that there is nothing in it that pools of images and of
sequences do not know. Of equal largest elements the first takes the gradient here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_fs import ops
from tinygrad_fs.nn.functional.pools import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool,
    max_pool,
)
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.spatial import PerAxis, Sizes, as_sizes, kernel_and_stride
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["adaptive_avg_pool3d", "adaptive_max_pool3d", "avg_pool3d", "max_pool3d"]


def max_pool3d(
    input: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each box of volumes, of shape (n, channels, depth, height, width) or without n.

    Parameters, result and errors are those of `max_pool2d`, along three axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.max_pool3d(tg.arange(8.0).reshape(1, 2, 2, 2), 2, return_indices=True)
    (tensor([[[[7.]]]]), tensor([[[[7]]]]))
    """
    name = "max_pool3d"
    x = _volumes(name, input)
    kernel, steps = kernel_and_stride(name, kernel_size, stride, 3)
    sides, spread = as_sizes(name, "padding", padding, 3, 0), as_sizes(name, "dilation", dilation, 3)

    def pool(x: Any, axes: slice) -> Any:
        sizes = kernel[axes], steps[axes], sides[axes], spread[axes]
        return max_pool(name, len(sizes[0]), x, *sizes, ceil_mode, return_indices)

    return _largest(x, lambda x: pool(x, slice(1, 3)), lambda x: pool(x, slice(0, 1)), return_indices)


def avg_pool3d(
    input: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each box of volumes, of shape (n, channels, depth, height, width) or without n.

    Parameters and errors are those of `avg_pool2d`, along three axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.avg_pool3d(tg.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5]]]])
    """
    name = "avg_pool3d"
    x = _volumes(name, input)
    kernel, steps = kernel_and_stride(name, kernel_size, stride, 3)
    sides = as_sizes(name, "padding", padding, 3, 0)

    def pool(x: Any, axes: slice, divisor: int | None) -> Tensor:
        sizes = kernel[axes], steps[axes], sides[axes]
        return avg_pool(name, len(sizes[0]), x, *sizes, ceil_mode, count_include_pad, divisor)

    sums = None if divisor_override is None else 1
    y = pool(x, slice(1, 3), sums)
    pooled: Tensor = _along_depth(y, lambda x: pool(x, slice(0, 1), divisor_override))
    return pooled


def adaptive_avg_pool3d(input: TensorLike, output_size: Any) -> Tensor:
    """Means over boxes that divide volumes into so many layers, rows and columns; as `adaptive_avg_pool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.adaptive_avg_pool3d(tg.arange(8.0).reshape(1, 2, 2, 2), (None, 1, 1)).ravel()
    tensor([1.5, 5.5])
    """
    name = "adaptive_avg_pool3d"
    x = _volumes(name, input)
    depth, *image = _parts(name, x.shape, output_size)
    y = adaptive_avg_pool2d(x, tuple(image))
    pooled: Tensor = _along_depth(y, lambda x: adaptive_avg_pool1d(x, depth))
    return pooled


def adaptive_max_pool3d(input: TensorLike, output_size: Any, return_indices: bool = False) -> Any:
    """The largest values of boxes that divide volumes into so many layers, rows and columns; as `adaptive_max_pool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.adaptive_max_pool3d(tg.arange(8.0).reshape(1, 2, 2, 2), 1)
    tensor([[[[7.]]]])
    """
    name = "adaptive_max_pool3d"
    x = _volumes(name, input)
    depth, *image = _parts(name, x.shape, output_size)
    return _largest(
        x,
        lambda x: adaptive_max_pool2d(x, tuple(image), return_indices),
        lambda x: adaptive_max_pool1d(x, depth, return_indices),
        return_indices,
    )


def _volumes(name: str, input: TensorLike) -> Any:
    x = given(input)
    if x.ndim not in (4, 5):
        raise ValueError(
            f"{name}: the input has shape {x.shape}; it must be (n, channels, depth, height, width), or without n"
        )
    return x


def _parts(name: str, shape: Sizes, output_size: Any) -> tuple[int, ...]:
    """How many parts each of the last three axes is divided into."""
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * 3
    if len(wanted) != 3:
        raise ValueError(f"{name}: output_size={output_size!r} must be an int or three of them")
    return tuple([have if size is None else size for have, size in zip(shape[-3:], wanted)])


def _along_depth(x: Any, pool: Callable[[Any], Any]) -> Any:
    """Pool along the third axis from the end."""
    return ops.swapaxes(pool(ops.swapaxes(x, -3, -1)), -3, -1)


def _largest(x: Any, in_images: Callable[[Any], Any], along_depth: Callable[[Any], Any], return_indices: bool) -> Any:
    """The largest values of images, and of these along depth; if asked for with their places in the flat volume."""
    if not return_indices:
        return _along_depth(in_images(x), along_depth)
    pooled, places = in_images(x)
    pooled, layers = along_depth(ops.swapaxes(pooled, -3, -1))
    places = ops.take_along_axis(ops.swapaxes(places, -3, -1), layers, -1)
    return ops.swapaxes(pooled, -3, -1), ops.swapaxes(places + layers * (x.shape[-2] * x.shape[-1]), -3, -1)
