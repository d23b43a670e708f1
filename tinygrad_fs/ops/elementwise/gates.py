"""Gated activations: an input times a soft switch, and the switches' logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.elementwise.activation import Sigmoid, Softplus, softmax, softplus
from tinygrad_fs.ops.operands import as_value
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["log_sigmoid", "mish", "silu", "softmin"]

_FAR = 1e4  # beyond, every switch here is exactly on or off, while inf times 0 would be nan


class Silu(Op):
    """y = x s with s = 1 / (1 + e^-x);  dy/dx = s (1 + x (1 - s))."""

    def forward(x: Any) -> Any:
        return _not_far_below(x) * Sigmoid.apply(x)

    def vjp(g: Any, x: Any) -> Any:
        s = Sigmoid.apply(x)
        return g * (s * (1.0 + np.clip(x, -_FAR, _FAR) * (1.0 - s)))


class Mish(Op):
    """y = x t with t = tanh(ln(1 + e^x)), s = 1 / (1 + e^-x);  dy/dx = t + x s (1 - t^2)."""

    def forward(x: Any) -> Any:
        return _not_far_below(x) * np.tanh(Softplus.apply(x))

    def vjp(g: Any, x: Any) -> Any:
        t = np.tanh(Softplus.apply(x))
        return g * (t + np.clip(x, -_FAR, _FAR) * Sigmoid.apply(x) * (1.0 - t * t))


def _not_far_below(x: Any) -> Any:
    """`x`, but for what is far below 0. To look whether anything is takes a seventh of the time of the maximum."""
    if type(x) is np.ndarray and x.size and x.min() >= -_FAR:
        return x
    return np.maximum(x, -_FAR)


def silu(x: TensorLike) -> Tensor:
    """``x * sigmoid(x)``, also called swish.

    Elfwing, Uchibe and Doya 2018, "Sigmoid-weighted linear units for neural network function approximation",
    equation 3.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.silu(tg.tensor([-1000.0, 0.0, 1.0]))
    tensor([-0.       ,  0.       ,  0.7310586])
    """
    return Silu.apply(x)


def mish(x: TensorLike) -> Tensor:
    """``x * tanh(softplus(x))``.

    Misra 2020, "Mish: a self regularized non-monotonic activation function", equation 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.mish(tg.tensor([0.0, 1.0]))
    tensor([0.       , 0.8650984])
    """
    return Mish.apply(x)


def log_sigmoid(x: TensorLike) -> Tensor:
    """``log(sigmoid(x))``, without overflow and with all digits.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log_sigmoid(tg.tensor([-1000.0, 0.0]))
    tensor([-1.000000e+03, -6.931472e-01])
    """
    return -softplus(-as_value(x))


def softmin(x: TensorLike, axis: int = -1) -> Tensor:
    """`softmax` of ``-x``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.softmin(tg.tensor([1000.0, 1000.0]))
    tensor([0.5, 0.5])
    """
    return softmax(-as_value(x), axis)
