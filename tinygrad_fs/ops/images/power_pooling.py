"""Power-average pooling: the p-norm of each window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.images.columns import Pair
from tinygrad_fs.ops.images.pooling import AvgPool2dGradient, max_pool2d, pooled
from tinygrad_fs.ops.images.spatial import PerAxis, Sizes, kernel_and_stride, positions, remembered
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import expand_dims, squeeze
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["lp_pool1d", "lp_pool2d"]


class PowerPool2d(Op):
    """y = (the sum of x^p over each window)^(1/p);  dx = (x / y)^(p - 1) g, and 0 where y is 0.

    `scale` is a power of two, on which the result does not depend: x is divided by it. An op of its own, since the
    powers and roots of one op each would keep and pass over as many arrays.
    """

    def forward(x: Any, *, p: float, kernel: Pair, stride: Pair, scale: float) -> Any:
        part = x if scale == 1.0 else x * (1.0 / scale)
        total = pooled(np.add, part * part if p == 2 else part**p, kernel, stride, (1, 1))
        roots = np.sqrt(total, out=total) if p == 2 else total ** (1.0 / p)
        return roots if scale == 1.0 else roots * scale

    def vjp(g: Any, x: Any, out: Any, p: float, kernel: Any, stride: Any, scale: float) -> Any:
        part, root = (x, out) if scale == 1.0 else (x * (1.0 / scale), out * (1.0 / scale))
        zero = array_of(out) == 0
        if np.any(zero):  # the root is infinitely steep there
            root, g = np.where(zero, 1, root), np.where(zero, 0, g)
        slope = g / root if p == 2 else g * root ** (1.0 - p)
        shared = AvgPool2dGradient.apply(
            slope * math.prod(kernel),
            size=x.shape[-2:],
            kernel=kernel,
            stride=stride,
            padding=((0, 0), (0, 0)),
            counts_padding=True,
        )
        return shared * (part if p == 2 else part ** (p - 1.0))


@in_float32
def lp_pool1d(x: TensorLike, norm_type: float, kernel_size: PerAxis, stride: PerAxis | None = None) -> Tensor:
    """Take ``(sum of x**p)**(1 / p)`` over each window of a sequence.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (..., length), of a floating dtype.
    norm_type, kernel_size, stride
        As in `lp_pool2d`, along the one axis.

    Returns
    -------
    Tensor
        Of shape (..., out length).

    Raises
    ------
    ValueError, TypeError
        As `lp_pool2d` does.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.lp_pool1d(tg.tensor([3.0, 4.0, 0.0, 0.0]), 2, 2)
    tensor([5., 0.])
    """
    images = given(x)
    kernel, steps = _windows("lp_pool1d", images.shape, images.dtype, norm_type, kernel_size, stride, 1)
    return squeeze(_norms(expand_dims(images, -2), norm_type, (1, *kernel), (1, *steps)), -2)


@in_float32
def lp_pool2d(x: TensorLike, norm_type: float, kernel_size: PerAxis, stride: PerAxis | None = None) -> Tensor:
    """Take ``(sum of x**p)**(1 / p)`` over each window of an image.

    Parameters
    ----------
    x : array_like
        Images, of shape (..., height, width), of a floating dtype.
    norm_type : float
        The power p; with inf this is max pooling. Where p is odd, the sum of a window must not be negative: a root
        of it is nan.
    kernel_size, stride
        As in `max_pool2d`.

    Returns
    -------
    Tensor
        Of shape (..., out height, out width). Where the sum is 0, its gradient is taken as 0.

    Raises
    ------
    ValueError
        If `x` has less than two axes, a window is larger than the image, or an option makes no sense.
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.lp_pool2d(tg.tensor([[1.0, 1.0], [1.0, 1.0]]), 2, 2)
    tensor([[2.]])
    """
    images = given(x)
    return _norms(
        images, norm_type, *_windows("lp_pool2d", images.shape, images.dtype, norm_type, kernel_size, stride, 2)
    )


@remembered
def _windows(
    op: str, shape: Sizes, dtype: Any, p: float, kernel_size: Any, stride: Any, axes: int
) -> tuple[Sizes, Sizes]:
    """The sizes and the steps of windows, checked."""
    if len(shape) < axes:
        raise ValueError(f"{op}: the input has shape {shape}; it needs at least {axes} axes")
    if dtype.kind != "f":
        raise TypeError(f"{op}: dtype {dtype} holds no roots; use x.astype('float32')")
    if not p > 0:
        raise ValueError(f"{op}: norm_type={p!r} must be positive")
    kernel, steps = kernel_and_stride(op, kernel_size, stride, axes)
    positions(op, shape[len(shape) - axes :], kernel, steps, ((0, 0),) * axes, (1,) * axes)
    return kernel, steps


def _norms(x: Any, p: float, kernel: Sizes, stride: Sizes) -> Tensor:
    if p == math.inf:
        return max_pool2d(x, kernel, stride)
    return PowerPool2d.apply(x, p=p, kernel=kernel, stride=stride, scale=_scale(array_of(x), p))


def _scale(x: Any, p: float) -> float:
    """A power of two to divide by, so that powers neither overflow nor vanish; 1 unless they would."""
    largest = max(x.max().item(), -x.min().item()) if x.size else 0.0
    if largest == 0.0 or not math.isfinite(largest):
        return 1.0
    exponent = math.frexp(largest)[1]
    return 1.0 if abs(exponent) * p < np.finfo(x.dtype).maxexp / 2 else math.ldexp(1.0, exponent)
