"""Elementwise functions: exponentials and roots, and the choices between two values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import as_array
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "clip",
    "exp",
    "expm1",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "sign",
    "sqrt",
    "square",
    "where",
]


class Exp(Op):
    """y = e^x;  dy/dx = y."""

    def forward(x: Any) -> Any:
        return np.exp(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * out


class Expm1(Op):
    """y = e^x - 1;  dy/dx = y + 1."""

    def forward(x: Any) -> Any:
        return np.expm1(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * (out + 1.0)


class Log(Op):
    """y = ln x;  dy/dx = 1 / x."""

    def forward(x: Any) -> Any:
        return np.log(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / x


class Log1p(Op):
    """y = ln(1 + x);  dy/dx = 1 / (1 + x)."""

    def forward(x: Any) -> Any:
        return np.log1p(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / (1.0 + x)


class Sqrt(Op):
    """y = x^(1/2);  dy/dx = 1 / (2 y)."""

    def forward(x: Any) -> Any:
        return np.sqrt(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * 0.5 / out


class Square(Op):
    """y = x^2;  dy/dx = 2 x."""

    def forward(x: Any) -> Any:
        return np.square(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * 2.0 * x


class Sign(Op):
    """y = x / |x|, and 0 at 0; piecewise constant: no gradient."""

    def forward(x: Any) -> Any:
        return np.sign(x)


class Where(Op):
    """z = x where the condition holds, else y;  each takes the gradient where it was chosen."""

    broadcasts = True

    def forward(x: Any, y: Any, *, condition: Any) -> Any:
        return np.where(condition, x, y)

    def vjp_x(g: Any, condition: Any) -> Any:
        return np.where(condition, g, 0)

    def vjp_y(g: Any, condition: Any) -> Any:
        return np.where(condition, 0, g)


class Maximum(Op):
    """z = max(x, y);  the larger takes the gradient, equal ones half each; nan counts as larger."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.maximum(x, y)

    def vjp_x(g: Any, x: Any, y: Any) -> Any:
        return np.where((x > y) | (x != x), g, np.where(x == y, 0.5 * g, 0))

    def vjp_y(g: Any, x: Any, y: Any) -> Any:
        return np.where((y > x) | (y != y), g, np.where(x == y, 0.5 * g, 0))


class Minimum(Op):
    """z = min(x, y);  the smaller takes the gradient, equal ones half each; nan counts as smaller."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.minimum(x, y)

    def vjp_x(g: Any, x: Any, y: Any) -> Any:
        return np.where((x < y) | (x != x), g, np.where(x == y, 0.5 * g, 0))

    def vjp_y(g: Any, x: Any, y: Any) -> Any:
        return np.where((y < x) | (y != y), g, np.where(x == y, 0.5 * g, 0))


class Clip(Op):
    """y = min(max(x, low), high);  dy/dx = 1 inside and at the bounds, else 0; a bound takes the rest."""

    broadcasts = True

    def forward(x: Any, low: Any = None, high: Any = None) -> Any:
        return np.clip(x, low, high)

    def vjp_x(g: Any, x: Any, low: Any, high: Any) -> Any:
        return np.where(_beyond(x, low, np.less) | _beyond(x, high, np.greater), 0, g)

    def vjp_low(g: Any, x: Any, low: Any, high: Any) -> Any:
        # Where the bounds cross, NumPy's clip gives the upper one.
        return np.where(_beyond(x, low, np.less) & ~_beyond(low, high, np.greater), g, 0)

    def vjp_high(g: Any, x: Any, low: Any, high: Any) -> Any:
        return np.where(_beyond(x, high, np.greater) | _beyond(low, high, np.greater), g, 0)


def _beyond(x: Any, bound: Any, compare: Any) -> Any:
    return np.zeros((), bool) if x is None or bound is None else compare(x, bound)


def exp(x: TensorLike) -> Tensor:
    """The exponential function, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.exp(tg.tensor([0.0, 1.0]))
    tensor([1.      , 2.718282])
    """
    return Exp.apply(x)


def expm1(x: TensorLike) -> Tensor:
    """``exp(x) - 1``, exact for small `x` too.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.expm1(tg.tensor([0.0, 1e-10], dtype="float64"))
    tensor([0.e+00, 1.e-10], dtype=float64)
    """
    return Expm1.apply(x)


def log(x: TensorLike) -> Tensor:
    """The natural logarithm, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log(tg.tensor([1.0, 10.0]))
    tensor([0.       , 2.3025851])
    """
    return Log.apply(x)


def log1p(x: TensorLike) -> Tensor:
    """``log(1 + x)``, exact for small `x` too.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log1p(tg.tensor([0.0, 1.0]))
    tensor([0.       , 0.6931472])
    """
    return Log1p.apply(x)


def sqrt(x: TensorLike) -> Tensor:
    """The square root, elementwise. Its derivative at 0 is inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sqrt(tg.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return Sqrt.apply(x)


def square(x: TensorLike) -> Tensor:
    """The square, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.square(tg.tensor([2.0, -3.0]))
    tensor([4., 9.])
    """
    return Square.apply(x)


def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign of each element. Piecewise constant, so it has no gradient.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sign(tg.tensor([2.0, 0.0, -3.0]))
    tensor([ 1.,  0., -1.])
    """
    return Sign.apply(x)


def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor:
    """`x` where `condition` holds, else `y`.

    A branch that is not taken gets gradient 0, but what it was computed from may turn that into nan: the
    derivative of ``where(x > 0, sqrt(x), 0)`` at 0 is 0 * inf. Make the argument safe first:
    ``where(x > 0, sqrt(where(x > 0, x, 1)), 0)``.

    Parameters
    ----------
    condition : array_like of bool
        Not differentiated.
    x, y : array_like
        The values; all three shapes broadcast together.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0)
    tensor([0., 2.])
    """
    condition = condition._data if isinstance(condition, Tensor) else as_array(condition)
    return Where.apply(x, y, condition=condition)


def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """The larger of two elements. Equal ones share the gradient evenly; nan wins.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.maximum(tg.tensor([1.0, 5.0]), 3)
    tensor([3., 5.])
    """
    return Maximum.apply(x, y)


def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """The smaller of two elements. Equal ones share the gradient evenly; nan wins.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.minimum(tg.tensor([1.0, 5.0]), 3)
    tensor([1., 3.])
    """
    return Minimum.apply(x, y)


def clip(x: TensorLike, a_min: TensorLike | None = None, a_max: TensorLike | None = None) -> Tensor:
    """Bring values into the interval from `a_min` to `a_max`.

    Parameters
    ----------
    x : array_like
    a_min, a_max : array_like, optional
        The bounds; None for no bound. They broadcast against `x`. At a bound the gradient goes to `x`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.clip(tg.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0. , 0.5, 1. ])
    """
    return Clip.apply(x, a_min, a_max)
