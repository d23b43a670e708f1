"""The Gaussian error linear unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.activation import Sigmoid
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.error_function import Erfc
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["gelu"]

_MINUS_ROOT_HALF = -math.sqrt(0.5)
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)
_TWICE_ROOT = 2.0 * math.sqrt(2.0 / math.pi)
_CUBIC = 0.044715

_FAR = 40.0
"""Beyond it the distribution and its density are 0 or 1 in every dtype; the factor x is cut there, lest inf * 0."""


class Gelu(Op):
    """y = x F(x), F the normal distribution;  dy/dx = F(x) + x f(x), f its density.

    An op of its own: the derivative of the composed one would be inf * 0 at infinities. F is half erfc, so that it
    does not cancel in the left tail.
    """

    def forward(x: Any) -> Any:
        y = Erfc.apply(x * _MINUS_ROOT_HALF)
        y *= 0.5
        y *= np.maximum(x, -_FAR)
        return y

    def vjp(g: Any, x: Any) -> Any:
        near = np.clip(x, -_FAR, _FAR)
        density = np.exp(-0.5 * near * near) * _DENSITY_AT_0
        return g * (0.5 * Erfc.apply(x * _MINUS_ROOT_HALF) + near * density)


class GeluTanh(Op):
    """y = x s(u), s the sigmoid, u = 2 sqrt(2 / pi) (x + 0.044715 x^3);  dy/dx = s + x s (1 - s) u'.

    x s(u) is x (1 + tanh(u / 2)) / 2, and does not cancel.
    """

    def forward(x: Any) -> Any:
        return np.maximum(x, -_FAR) * Sigmoid.apply(_steepened(np.clip(x, -_FAR, _FAR)))

    def vjp(g: Any, x: Any) -> Any:
        near = np.clip(x, -_FAR, _FAR)
        s = Sigmoid.apply(_steepened(near))
        slope = _TWICE_ROOT * (1.0 + (3.0 * _CUBIC) * near * near)
        return g * (s + near * slope * (s * (1.0 - s)))


def _steepened(x: Any) -> Any:
    return _TWICE_ROOT * x * (1.0 + _CUBIC * x * x)


def gelu(x: TensorLike, approximate: str = "none") -> Tensor:
    """``x`` times the probability that a standard normal variable is below `x`, elementwise.

    Hendrycks and Gimpel 2016, "Gaussian error linear units". inf gives inf, -inf gives -0. Far to the left,
    where the result is tiny, its relative error is about ``x**2`` units in the last place.

    Parameters
    ----------
    x : array_like
    approximate : {"none", "tanh"}
        "tanh" computes ``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2``.

    Raises
    ------
    ValueError
        If `approximate` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.gelu(tg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.15865526,  0.        ,  0.8413447 ])
    >>> tg.gelu(tg.tensor([-1.0, 0.0, 1.0]), approximate="tanh")
    tensor([-0.158808,  0.      ,  0.841192])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate={approximate!r} is unknown; use 'none' or 'tanh'")
    return Gelu.apply(given(x)) if approximate == "none" else GeluTanh.apply(given(x))
