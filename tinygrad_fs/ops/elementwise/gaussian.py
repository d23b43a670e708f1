"""The Gaussian error linear unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.blocks import by_elements
from tinygrad_fs.ops.elementwise.activation import Sigmoid
from tinygrad_fs.ops.elementwise.error_function import Erfc
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["gelu"]

_MINUS_ROOT_HALF = -math.sqrt(0.5)
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)
_TWICE_ROOT = 2.0 * math.sqrt(2.0 / math.pi)
_CUBIC = 0.044715

_FAR = 40.0
"""Beyond it the distribution and its density are 0 or 1 in every dtype; the factor x is cut there, lest inf * 0."""

_NEXT_TO_0 = 1e-34
"""A square; below it y may have lost digits in float32, and y / x is 1/2 in every dtype."""

_MANY = 256
"""Above this size the passes of NumPy over blocks are quicker than what is right for every dtype and array."""

_ABOVE = (5.30883827e-06, 0.398679855, 2.95882663, 9.29092857, 13.5493223)
_BELOW = (7.40301529, 24.44775558, 40.20322974, 27.0986481)
"""The polynomials, highest powers first and the second one's 1 left out, with F(-u) = e^(-u^2 / 2) P(u) / Q(u): a
minimax fit for 0 <= u <= 14.5, within 1.6e-7."""


class Gelu(Op):
    """y = x F(x), F the normal distribution;  dy/dx = F(x) + x f(x), f its density.

    An op of its own: the derivative of the composed one would be inf * 0 at infinities. F is half erfc, so that it
    does not cancel in the left tail.
    """

    def forward(x: Any) -> Any:
        if _in_blocks(x) and x.dtype == np.float32:
            return by_elements(_gelu_block, x)
        y = Erfc.apply(x * _MINUS_ROOT_HALF)
        y *= 0.5
        y *= np.maximum(x, -_FAR)
        return y

    def vjp(g: Any, x: Any, out: Any) -> Any:
        if _in_blocks(g) and g.dtype == np.float32:
            return by_elements(_gelu_vjp_block, g, x, out)
        near = np.clip(x, -_FAR, _FAR)
        density = np.exp(-0.5 * near * near) * _DENSITY_AT_0
        return g * (0.5 * Erfc.apply(x * _MINUS_ROOT_HALF) + near * density)


class GeluTanh(Op):
    """y = x s(u), s the sigmoid, u = 2 sqrt(2 / pi) (x + 0.044715 x^3);  dy/dx = s + x s (1 - s) u'.

    x s(u) is x (1 + tanh(u / 2)) / 2, and does not cancel.
    """

    def forward(x: Any) -> Any:
        if _in_blocks(x):
            return by_elements(_gelu_tanh_block, x)
        return np.maximum(x, -_FAR) * Sigmoid.apply(_steepened(np.clip(x, -_FAR, _FAR)))

    def vjp(g: Any, x: Any, out: Any) -> Any:
        if _in_blocks(g):
            return by_elements(_gelu_tanh_vjp_block, g, x, out)
        near = np.clip(x, -_FAR, _FAR)
        s = Sigmoid.apply(_steepened(near))
        slope = _TWICE_ROOT * (1.0 + (3.0 * _CUBIC) * near * near)
        return g * (s + near * slope * (s * (1.0 - s)))


def _steepened(x: Any) -> Any:
    return _TWICE_ROOT * x * (1.0 + _CUBIC * x * x)


# The same in blocks, in place. The tables of erfc take 25 ns per element in float32, forward, and as much backward,
# and this 6 and 4. With the factor of x in the output, y / x, backward need not begin anew.


def _in_blocks(x: Any) -> bool:
    return type(x) is np.ndarray and x.size > _MANY and x.dtype.itemsize in (4, 8) and x.dtype.kind == "f"


def _gelu_block(x: Any, out: Any) -> None:
    """By x F(x) = max(x, 0) - |x| F(-|x|)."""
    u = np.abs(x)
    if not u.max() < _FAR:
        np.minimum(u, _FAR, out=u)
    tail = u * _ABOVE[0]
    for coefficient in _ABOVE[1:]:
        tail += coefficient
        tail *= u
    below = u + _BELOW[0]
    for coefficient in _BELOW[1:]:
        below *= u
        below += coefficient
    tail /= below
    u *= u
    u *= -0.5
    tail *= np.exp(u, out=u)
    np.clip(x, 0.0, np.inf, out=out)
    out -= tail


def _gelu_vjp_block(g: Any, x: Any, y: Any, out: Any) -> None:
    near, share, bell = _near_share_square(x, y)
    bell *= -0.5
    np.exp(bell, out=bell)
    bell *= near
    bell *= _DENSITY_AT_0
    bell += share
    np.multiply(g, bell, out=out)


def _gelu_tanh_block(x: Any, out: Any) -> None:
    """As x / (1 + e^-u); e^-u may overflow."""
    near = np.clip(x, -_FAR, _FAR)
    e = near * near
    e *= _CUBIC
    e += 1.0
    e *= near
    e *= -_TWICE_ROOT
    with np.errstate(over="ignore"):
        np.exp(e, out=e)
    e += 1.0
    np.clip(x, -_FAR, np.inf, out=out)
    out /= e


def _gelu_tanh_vjp_block(g: Any, x: Any, y: Any, out: Any) -> None:
    near, share, slope = _near_share_square(x, y)
    slope *= 3.0 * _CUBIC * _TWICE_ROOT
    slope += _TWICE_ROOT
    slope *= near
    slope *= share
    slope *= 1.0 - share
    slope += share
    np.multiply(g, slope, out=out)


def _near_share_square(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """`x` cut at both ends; y / x, which is 1/2 around 0; and x^2. Nearly always nothing is to be cut or mended."""
    square = x * x
    if not square.max() < _FAR**2:
        x = np.clip(x, -_FAR, _FAR)
        y = np.clip(y, -_FAR, _FAR)
        np.multiply(x, x, out=square)
    if square.min() > _NEXT_TO_0:
        return x, y / x, square
    share = y / x
    share[square <= _NEXT_TO_0] = 0.5
    return x, share, square


def gelu(x: TensorLike, approximate: str = "none") -> Tensor:
    """``x`` times the probability that a standard normal variable is below `x`, elementwise.

    Hendrycks and Gimpel 2016, "Gaussian error linear units". inf gives inf, -inf gives 0. Far to the left,
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
