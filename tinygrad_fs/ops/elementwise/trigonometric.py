"""Trigonometric functions and their inverses, the angle and length of a point, and sinc."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "cos",
    "deg2rad",
    "degrees",
    "hypot",
    "rad2deg",
    "radians",
    "sin",
    "sinc",
    "tan",
]


_DEGREE, _RADIAN = math.pi / 180.0, 180.0 / math.pi


class Sin(Op):
    """y = sin x;  dy/dx = cos x."""

    def forward(x: Any) -> Any:
        return np.sin(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * np.cos(x)


class Cos(Op):
    """y = cos x;  dy/dx = -sin x."""

    def forward(x: Any) -> Any:
        return np.cos(x)

    def vjp(g: Any, x: Any) -> Any:
        return -g * np.sin(x)


class Tan(Op):
    """y = tan x;  dy/dx = 1 + y^2."""

    def forward(x: Any) -> Any:
        return np.tan(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * (1.0 + out * out)


class Arcsin(Op):
    """y = arcsin x;  dy/dx = 1 / sqrt(1 - x^2)."""

    def forward(x: Any) -> Any:
        return np.arcsin(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / np.sqrt((1.0 - x) * (1.0 + x))  # 1 - x * x loses its digits near 1


class Arccos(Op):
    """y = arccos x;  dy/dx = -1 / sqrt(1 - x^2)."""

    def forward(x: Any) -> Any:
        return np.arccos(x)

    def vjp(g: Any, x: Any) -> Any:
        return -g / np.sqrt((1.0 - x) * (1.0 + x))


class Arctan(Op):
    """y = arctan x;  dy/dx = 1 / (1 + x^2)."""

    def forward(x: Any) -> Any:
        return np.arctan(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / (1.0 + x * x)


class Arctan2(Op):
    """z = the angle of the point (x, y), r its distance;  dz/dy = x / r^2,  dz/dx = -y / r^2, both 0 at r = 0."""

    broadcasts = True

    def forward(y: Any, x: Any) -> Any:
        return np.arctan2(y, x)

    def vjp(g: Any, y: Any, x: Any, needs: Any) -> Any:
        square = _square_of_distance(y, x)
        if square is not None:
            return (x / square * g if needs[0] else None), (-y / square * g if needs[1] else None)
        r = _nonzero(np.hypot(y, x))
        return (x / r / r * g if needs[0] else None), (-y / r / r * g if needs[1] else None)


class Hypot(Op):
    """z = sqrt(x^2 + y^2);  dz/dx = x / z,  dz/dy = y / z, both 0 at the origin."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.hypot(x, y)

    def vjp_x(g: Any, x: Any, out: Any) -> Any:
        return g * (x / _nonzero(out))

    def vjp_y(g: Any, y: Any, out: Any) -> Any:
        return g * (y / _nonzero(out))


class Deg2Rad(Op):
    """y = x pi / 180;  dy/dx = pi / 180."""

    def forward(x: Any) -> Any:
        return _scaled(x, _DEGREE, np.deg2rad)

    def vjp(g: Any) -> Any:
        return g * _DEGREE


class Rad2Deg(Op):
    """y = x 180 / pi;  dy/dx = 180 / pi."""

    def forward(x: Any) -> Any:
        return _scaled(x, _RADIAN, np.rad2deg)

    def vjp(g: Any) -> Any:
        return g * _RADIAN


class Sinc(Op):
    """y = the derivative of some order of sin(pi x) / (pi x);  dy/dx = the next one.

    With t = pi x and S_0 = sin(t) / t, the n-th derivative of t S_0 = sin t is t S_n + n S_(n-1), which gives S_n
    from S_(n-1) where t is not small against n. There, S_n is the integral from 0 to 1 of the n-th derivative of
    cos(t u) in t, and so the sum over m of (-1)^((m + n) / 2) t^m / (m! (m + n + 1)), for even m + n.
    """

    def forward(x: Any, *, order: int = 0) -> Any:
        t = np.multiply(x, math.pi)
        if order == 0:
            t = np.where(t == 0, np.finfo(t.dtype).tiny, t)  # there the quotient is 1, as it is at 0
            return np.sin(t) / t
        t = np.reshape(t, -1)
        size = np.abs(t)
        bound = max(1.0, order / 2)
        far = np.maximum(size, bound)
        y = np.sin(far) / far
        for n in range(1, order + 1):
            # The derivatives of the sine: cos, -sin, -cos, sin, ...
            wave = (np.cos if n % 2 else np.sin)(far)
            y = ((wave if n % 4 < 2 else -wave) - n * y) / far
        if order % 2:
            y *= np.sign(t)
        near = np.flatnonzero(size < bound)
        y[near] = _sinc_near_0(np.take(t, near), order, bound)
        return np.reshape(y * math.pi**order, np.shape(x))

    def vjp(g: Any, x: Any, out: Any, order: int) -> Any:
        return g * (_slope_of_sinc(x, out) if order == 0 and _fills_an_axis(x) else Sinc.apply(x, order=order + 1))


def _fills_an_axis(x: Any) -> bool:
    return type(x) is np.ndarray and x.ndim > 0


def _slope_of_sinc(x: Any, y: Any) -> Any:
    """(cos(pi x) - y) / x: half the time of the general way, since the sine is in y."""
    shape = x.shape
    x, y = np.reshape(x, -1), np.reshape(y, -1)
    t = x * math.pi
    slope = np.cos(t)
    slope -= y
    slope /= x
    near = np.flatnonzero(np.abs(t) < 1.0)
    slope[near] = math.pi * _sinc_near_0(np.take(t, near), 1, 1.0)
    return np.reshape(slope, shape)


def _sinc_near_0(t: Any, n: int, bound: float) -> Any:
    """S_n(t) for t from -`bound` to `bound`, by its series; n and the powers are both even or both odd."""
    factors = []
    m = n % 2
    enough = np.finfo(t.dtype).eps / 100
    while (factor := 1.0 / (math.factorial(m) * (m + n + 1))) * bound**m > enough:
        factors.append((-1) ** ((m + n) // 2) * factor)
        m += 2
    square = t * t
    total = np.full_like(t, factors.pop())
    while factors:
        total *= square
        total += factors.pop()
    return total * t if n % 2 else total


def _scaled(x: Any, factor: float, by_numpy: Any) -> Any:
    """Degrees to radians or back: floats by a product, which takes a fifteenth of the time of NumPy's functions."""
    return x * factor if hasattr(x, "dtype") and x.dtype.kind == "f" else by_numpy(x)


def _square_of_distance(y: Any, x: Any) -> Any:
    """x^2 + y^2, in a tenth of the time of np.hypot; or None where one of the squares overflows, vanishes or is nan."""
    if type(y) is np.ndarray and type(x) is np.ndarray:
        square = x * x + y * y
        if square.size and np.finfo(square.dtype).tiny < square.min() and square.max() < np.inf:
            return square
    return None


def _nonzero(length: Any) -> Any:
    """A length to divide by: 1 in the place of 0, where the coordinates are 0 too."""
    at_origin = length == 0
    return np.where(at_origin, 1, length) if at_origin.any() else length


def sin(x: TensorLike) -> Tensor:
    """The sine, elementwise; angles in radians.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sin(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 0.8415])
    """
    return Sin.apply(x)


def cos(x: TensorLike) -> Tensor:
    """The cosine, elementwise; angles in radians.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cos(tg.tensor([0.0, 1.0])).round(4)
    tensor([1.    , 0.5403])
    """
    return Cos.apply(x)


def tan(x: TensorLike) -> Tensor:
    """The tangent, elementwise; angles in radians.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.tan(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 1.5574])
    """
    return Tan.apply(x)


def arcsin(x: TensorLike) -> Tensor:
    """The angle from -pi/2 to pi/2 with the given sine. Its derivative at -1 and 1 is inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arcsin(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 1.5708])
    """
    return Arcsin.apply(x)


def arccos(x: TensorLike) -> Tensor:
    """The angle from 0 to pi with the given cosine. Its derivative at -1 and 1 is -inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arccos(tg.tensor([0.0, 1.0])).round(4)
    tensor([1.5708, 0.    ])
    """
    return Arccos.apply(x)


def arctan(x: TensorLike) -> Tensor:
    """The angle from -pi/2 to pi/2 with the given tangent.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arctan(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 0.7854])
    """
    return Arctan.apply(x)


def arctan2(y: TensorLike, x: TensorLike) -> Tensor:
    """The angle from -pi to pi of the point with the coordinates `x` and `y`; the shapes broadcast.

    At the origin, where there is none, the gradient is taken as 0.

    Parameters
    ----------
    y, x : array_like
        In this order, as in NumPy.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arctan2(tg.tensor([0.0, 1.0]), tg.tensor([-1.0, 0.0])).round(4)
    tensor([3.1416, 1.5708])
    """
    return Arctan2.apply(y, x)


def hypot(x: TensorLike, y: TensorLike) -> Tensor:
    """``sqrt(x**2 + y**2)`` without overflow; the shapes broadcast. At the origin the gradient is taken as 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.hypot(tg.tensor([3.0, 0.0]), tg.tensor([4.0, 0.0]))
    tensor([5., 0.])
    """
    return Hypot.apply(x, y)


def deg2rad(x: TensorLike) -> Tensor:
    """Degrees to radians.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.deg2rad(tg.tensor([0.0, 180.0])).round(4)
    tensor([0.    , 3.1416])
    """
    return Deg2Rad.apply(x)


def rad2deg(x: TensorLike) -> Tensor:
    """Radians to degrees.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.rad2deg(tg.tensor([0.0, 1.0])).round(4)
    tensor([ 0.    , 57.2958])
    """
    return Rad2Deg.apply(x)


radians = deg2rad
degrees = rad2deg


def sinc(x: TensorLike) -> Tensor:
    """``sin(pi * x) / (pi * x)``, and 1 at 0. Its derivatives of all orders are right at 0 and near it too.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sinc(tg.tensor([0.0, 0.5])).round(4)
    tensor([1.    , 0.6366])
    """
    return Sinc.apply(x)
