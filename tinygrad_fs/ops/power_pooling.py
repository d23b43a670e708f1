"""Power-average pooling: the p-norm of each window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.choice import where
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.pooling import avg_pool2d, max_pool2d
from tinygrad_fs.ops.spatial import PerAxis, Sizes, as_sizes, positions
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["lp_pool1d", "lp_pool2d"]


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
    kernel, steps = _windows("lp_pool1d", images, norm_type, kernel_size, stride, 1)
    return _norms(images[..., None, :], norm_type, (1, *kernel), (1, *steps))[..., 0, :]


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
    return _norms(images, norm_type, *_windows("lp_pool2d", images, norm_type, kernel_size, stride, 2))


def _windows(op: str, x: Any, p: float, kernel_size: Any, stride: Any, axes: int) -> tuple[Sizes, Sizes]:
    """The sizes and the steps of windows, checked."""
    if x.ndim < axes:
        raise ValueError(f"{op}: the input has shape {x.shape}; it needs at least {axes} axes")
    if x.dtype.kind != "f":
        raise TypeError(f"{op}: dtype {x.dtype} holds no roots; use x.astype('float32')")
    if not p > 0:
        raise ValueError(f"{op}: norm_type={p!r} must be positive")
    kernel = as_sizes(op, "kernel_size", kernel_size, axes)
    steps = kernel if stride is None else as_sizes(op, "stride", stride, axes)
    positions(op, x.shape[x.ndim - axes :], kernel, steps, ((0, 0),) * axes, (1,) * axes)
    return kernel, steps


def _norms(x: Any, p: float, kernel: Sizes, stride: Sizes) -> Tensor:
    if p == math.inf:
        return max_pool2d(x, kernel, stride)
    scale = _scale(array_of(x), p)
    powers: Any = (x if scale == 1.0 else x * (1.0 / scale)) ** p
    total = avg_pool2d(powers, kernel, stride) * math.prod(kernel)
    # The root is infinitely steep at 0: it is kept away from there.
    zero = array_of(total) == 0
    roots: Tensor = where(zero, 0, where(zero, 1, total) ** (1.0 / p))
    return roots if scale == 1.0 else roots * scale


def _scale(x: Any, p: float) -> float:
    """A power of two to divide by, so that powers neither overflow nor vanish; 1 unless they would."""
    largest = max(x.max().item(), -x.min().item()) if x.size else 0.0
    if largest == 0.0 or not math.isfinite(largest):
        return 1.0
    exponent = math.frexp(largest)[1]
    return 1.0 if abs(exponent) * p < np.finfo(x.dtype).maxexp / 2 else math.ldexp(1.0, exponent)
