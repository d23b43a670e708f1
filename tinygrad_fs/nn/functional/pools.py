"""Pooling under PyTorch's names, with its rules for windows that reach beyond the end and for places."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.adaptive import OutputSize, first_largest_of_parts
from tinygrad_fs.ops.images.pooling import first_largest
from tinygrad_fs.ops.images.spatial import Edges, PerAxis, Sizes, as_sizes, kernel_and_stride
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "lp_pool1d",
    "lp_pool2d",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
]


def max_pool2d(
    input: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`tinygrad_fs.max_pool2d`, with two options.

    Parameters
    ----------
    input, kernel_size, stride, padding, dilation
        As there.
    ceil_mode : bool, default False
        Round the number of windows up: the last one may reach beyond the image, if it begins in it.
    return_indices : bool, default False
        Return the places of the largest elements, too.

    Returns
    -------
    Tensor, or (Tensor, Tensor)
        The places are those in the flattened image, int64.

    Raises
    ------
    ValueError
        As `tinygrad_fs.max_pool2d` does.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.arange(9.0).reshape(1, 3, 3)
    >>> tg.nn.functional.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
    (tensor([[[4., 5.],
             [7., 8.]]]), tensor([[[4, 5],
            [7, 8]]]))
    """
    return max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d(
    input: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`tinygrad_fs.max_pool1d`, with the options of `max_pool2d` here.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.max_pool1d(tg.tensor([[1.0, 2.0, 3.0]]), 2, ceil_mode=True)
    tensor([[2., 3.]])
    """
    return max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool2d(
    input: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """`tinygrad_fs.avg_pool2d`, with two options.

    Parameters
    ----------
    input, kernel_size, stride, padding, count_include_pad
        As there.
    ceil_mode : bool, default False
        As in `max_pool2d`. What lies beyond image and padding does not count in a mean.
    divisor_override : int, optional
        Divide sums by this in place of the number of elements.

    Raises
    ------
    ValueError
        As `tinygrad_fs.avg_pool2d` does, or if the divisor is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.avg_pool2d(tg.arange(9.0).reshape(1, 3, 3), 2, ceil_mode=True)
    tensor([[[2. , 3.5],
             [6.5, 8. ]]])
    """
    return avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool1d(
    input: TensorLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """`tinygrad_fs.avg_pool1d`, with the option `ceil_mode` of `avg_pool2d` here.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.avg_pool1d(tg.tensor([[1.0, 2.0, 3.0]]), 2, ceil_mode=True)
    tensor([[1.5, 3. ]])
    """
    return avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def lp_pool1d(
    input: TensorLike,
    norm_type: float,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`tinygrad_fs.lp_pool1d`; with `ceil_mode` the last window may reach beyond the end, as if its mean went on there.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.lp_pool1d(tg.tensor([[3.0, 4.0, 5.0]]), 2, 2, ceil_mode=True)
    tensor([[5.      , 7.071068]])
    """
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: TensorLike,
    norm_type: float,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`tinygrad_fs.lp_pool2d`, with the option `ceil_mode` of `lp_pool1d` here.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.lp_pool2d(tg.ones((1, 2, 2)), 2, 2)
    tensor([[[2.]]])
    """
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def adaptive_avg_pool1d(input: TensorLike, output_size: OutputSize) -> Tensor:
    """`tinygrad_fs.adaptive_avg_pool1d`."""
    return ops.adaptive_avg_pool1d(input, output_size)


def adaptive_avg_pool2d(input: TensorLike, output_size: OutputSize) -> Tensor:
    """`tinygrad_fs.adaptive_avg_pool2d`."""
    return ops.adaptive_avg_pool2d(input, output_size)


def adaptive_max_pool2d(input: TensorLike, output_size: OutputSize, return_indices: bool = False) -> Any:
    """`tinygrad_fs.adaptive_max_pool2d`, and with `return_indices` the places in the flattened image.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.adaptive_max_pool2d(tg.arange(6.0).reshape(1, 2, 3), 1, return_indices=True)
    (tensor([[[5.]]]), tensor([[[5]]]))
    """
    x = given(input)
    pooled = ops.adaptive_max_pool2d(x, output_size)
    if not return_indices:
        return pooled
    places = first_largest_of_parts(array_of(x), pooled.shape[-2:])
    return pooled, Tensor(places % (x.shape[-2] * x.shape[-1]))


def adaptive_max_pool1d(input: TensorLike, output_size: OutputSize, return_indices: bool = False) -> Any:
    """The largest values of windows that divide a sequence into `output_size` parts; as `adaptive_max_pool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.adaptive_max_pool1d(tg.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
    tensor([[5., 3.]])
    """
    (size,) = output_size if isinstance(output_size, (tuple, list)) else (output_size,)
    pooled = adaptive_max_pool2d(given(input)[..., None, :], (1, size), return_indices)
    return tuple([each[..., 0, :] for each in pooled]) if return_indices else pooled[..., 0, :]


def max_pool(
    name: str,
    axes: int,
    input: TensorLike,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """Pool by maxima along the last one or two axes, with PyTorch's options."""
    x = given(input)
    kernel, steps = kernel_and_stride(name, kernel_size, stride, axes)
    spread = as_sizes(name, "dilation", dilation, axes)
    sides = as_sizes(name, "padding", padding, axes, 0)
    if any(2 * side > size for side, size in zip(sides, kernel)):
        raise ValueError(f"{name}: padding={padding!r} is more than half of the kernel {kernel}")
    edges = _edges(x.shape, kernel, steps, sides, spread, ceil_mode)
    pool: Any = ops.max_pool1d if axes == 1 else ops.max_pool2d
    pooled = pool(x, kernel, steps, edges, spread)
    if not return_indices:
        return pooled
    images, largest = array_of(x), array_of(pooled)
    options: list[Any] = [kernel, steps, edges, spread]
    if axes == 1:
        images, largest = images[..., None, :], largest[..., None, :]
        options = [(1, *kernel), (1, *steps), ((0, 0), *edges), (1, *spread)]
    places = first_largest(images, largest, *options)
    return pooled, Tensor((places % math.prod(images.shape[-2:])).reshape(pooled.shape))


def avg_pool(
    name: str,
    axes: int,
    input: TensorLike,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    """Pool by means along the last one or two axes, with PyTorch's options."""
    x = given(input)
    kernel, steps = kernel_and_stride(name, kernel_size, stride, axes)
    sides = as_sizes(name, "padding", padding, axes, 0)
    if any(2 * side > size for side, size in zip(sides, kernel)):
        raise ValueError(f"{name}: padding={padding!r} is more than half of the kernel {kernel}")
    edges = _edges(x.shape, kernel, steps, sides, (1,) * axes, ceil_mode)
    pool: Any = ops.avg_pool1d if axes == 1 else ops.avg_pool2d
    if divisor is not None:
        if not divisor:
            raise ValueError(f"{name}: divisor_override must not be 0")
        return pool(x, kernel, steps, edges) * (math.prod(kernel) / divisor)  # type: ignore[no-any-return]
    beyond = tuple([(0, after - before) for before, after in edges])
    if count_include_pad and any(map(any, beyond)) and any(sides):
        # The padding counts, and what lies beyond it does not: so it is put there before.
        x = ops.pad(x, ((0, 0),) * (x.ndim - axes) + tuple([(side, side) for side in sides]))
        edges = beyond
    return pool(x, kernel, steps, edges, count_include_pad and not any(map(any, beyond)))  # type: ignore[no-any-return]


def _lp_pool(
    name: str, axes: int, input: TensorLike, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Tensor:
    x = given(input)
    kernel, steps = kernel_and_stride(name, kernel_size, stride, axes)
    edges = _edges(x.shape, kernel, steps, (0,) * axes, (1,) * axes, ceil_mode)
    pool: Any = ops.lp_pool1d if axes == 1 else ops.lp_pool2d
    if not any(map(any, edges)):
        return pool(x, norm_type, kernel, steps)  # type: ignore[no-any-return]
    y = pool(ops.pad(x, ((0, 0),) * (x.ndim - axes) + edges), norm_type, kernel, steps)
    inside = np.pad(np.ones(x.shape[x.ndim - axes :], x.dtype), edges)
    shares = (ops.avg_pool1d if axes == 1 else ops.avg_pool2d)(inside, kernel, steps)
    return y * shares ** (-1.0 / norm_type)  # type: ignore[no-any-return]


def _edges(shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> Edges:
    """The padding on both sides, with what a last window that begins in image or padding reaches beyond them."""
    if not ceil_mode or len(shape) < len(kernel):
        return tuple([(side, side) for side in padding])
    edges = []
    for size, k, s, side, d in zip(shape[len(shape) - len(kernel) :], kernel, stride, padding, dilation):
        reach = d * (k - 1) + 1
        last = -(-(size + 2 * side - reach) // s)
        if last * s >= size + side:
            last -= 1
        edges.append((side, side + max(0, last * s + reach - size - 2 * side)))
    return tuple(edges)
