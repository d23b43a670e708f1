"""Powers with a fixed exponent: squares, roots and reciprocals."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["cbrt", "reciprocal", "rsqrt", "sqrt", "square"]


class Square(Op):
    """y = x^2;  dy/dx = 2 x."""

    def forward(x: Any) -> Any:
        return np.square(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * 2.0 * x


class Sqrt(Op):
    """y = x^(1/2);  dy/dx = 1 / (2 y)."""

    def forward(x: Any) -> Any:
        return np.sqrt(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * 0.5 / out


class Cbrt(Op):
    """y = x^(1/3);  dy/dx = 1 / (3 y^2)."""

    def forward(x: Any) -> Any:
        return np.cbrt(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * (1.0 / 3.0) / (out * out)


class Reciprocal(Op):
    """y = 1 / x;  dy/dx = -y^2."""

    def forward(x: Any) -> Any:
        return np.reciprocal(x)

    def vjp(g: Any, out: Any) -> Any:
        return -g * out * out


class Rsqrt(Op):
    """y = x^(-1/2);  dy/dx = -y^3 / 2."""

    def forward(x: Any) -> Any:
        return np.reciprocal(np.sqrt(x))

    def vjp(g: Any, out: Any) -> Any:
        return g * -0.5 * out * out * out


def square(x: TensorLike) -> Tensor:
    """The square, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.square(tg.tensor([2.0, -3.0]))
    tensor([4., 9.])
    """
    return Square.apply(x)


def sqrt(x: TensorLike) -> Tensor:
    """The square root, elementwise. Its derivative at 0 is inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sqrt(tg.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return Sqrt.apply(x)


def cbrt(x: TensorLike) -> Tensor:
    """The cube root, elementwise, of negative numbers too. Its derivative at 0 is inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cbrt(tg.tensor([8.0, -27.0])).round(4)
    tensor([ 2., -3.])
    """
    return Cbrt.apply(x)


def reciprocal(x: TensorLike) -> Tensor:
    """``1 / x``, elementwise. Of integers it is an integer, as in NumPy.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.reciprocal(tg.tensor([2.0, -4.0]))
    tensor([ 0.5 , -0.25])
    """
    return Reciprocal.apply(x)


def rsqrt(x: TensorLike) -> Tensor:
    """``1 / sqrt(x)``, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.rsqrt(tg.tensor([4.0, 16.0]))
    tensor([0.5 , 0.25])
    """
    return Rsqrt.apply(x)
