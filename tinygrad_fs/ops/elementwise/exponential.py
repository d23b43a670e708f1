"""Exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.elementwise.activation import Sigmoid
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "xlogy"]

LN_2, LN_10 = math.log(2.0), math.log(10.0)


class Exp(Op):
    """y = e^x;  dy/dx = y."""

    def forward(x: Any) -> Any:
        return np.exp(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * out


class Exp2(Op):
    """y = 2^x;  dy/dx = y ln 2."""

    def forward(x: Any) -> Any:
        return np.exp2(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * LN_2 * out


class Expm1(Op):
    """y = e^x - 1;  dy/dx = e^x."""

    def forward(x: Any) -> Any:
        return np.expm1(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * np.exp(x)  # y + 1 has no digits left where e^x is tiny


class Log(Op):
    """y = ln x;  dy/dx = 1 / x."""

    def forward(x: Any) -> Any:
        return np.log(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / x


class Log2(Op):
    """y = log_2 x;  dy/dx = 1 / (x ln 2)."""

    def forward(x: Any) -> Any:
        return np.log2(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * (1.0 / LN_2) / x


class Log10(Op):
    """y = log_10 x;  dy/dx = 1 / (x ln 10)."""

    def forward(x: Any) -> Any:
        return np.log10(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * (1.0 / LN_10) / x


class Log1p(Op):
    """y = ln(1 + x);  dy/dx = 1 / (1 + x)."""

    def forward(x: Any) -> Any:
        return np.log1p(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / (1.0 + x)


class LogAddExp(Op):
    """z = ln(e^x + e^y);  dz/dx = sigmoid(x - y), which is 1/2 where both are the same infinity; dz/dy of y - x."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.logaddexp(x, y)

    def vjp(g: Any, x: Any, y: Any, needs: Any) -> Any:
        return _by_sigmoid(g, _difference(x, y), needs)


class LogAddExp2(Op):
    """z = log_2(2^x + 2^y);  dz/dx = sigmoid((x - y) ln 2), 1/2 where both are the same infinity; dz/dy of y - x."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.logaddexp2(x, y)

    def vjp(g: Any, x: Any, y: Any, needs: Any) -> Any:
        return _by_sigmoid(g, LN_2 * _difference(x, y), needs)


def _by_sigmoid(g: Any, difference: Any, needs: Any) -> Any:
    """The gradient times the sigmoids of a difference and of its negative."""
    of_first = Sigmoid.apply(difference) if needs[0] else None
    of_second = Sigmoid.apply(-difference) if needs[1] else None
    return (g * of_first if needs[0] else None), (g * of_second if needs[1] else None)


def _difference(x: Any, y: Any) -> Any:
    """The difference, and 0 where both are the same infinity."""
    difference = x - y
    undefined = difference != difference
    return np.where(undefined & (x == y), 0, difference) if undefined.any() else difference


class XLogY(Op):
    """z = x ln y, and 0 where x is 0;  dz/dx = ln y,  dz/dy = x / y, which are both 0 at (0, 0)."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        nothing = np.logical_and(np.equal(x, 0), np.equal(y, y))
        product = np.multiply(x, _log_unless(nothing, y, x))
        return np.where(nothing, 0, product) if nothing.any() else product

    def vjp_x(g: Any, x: Any, y: Any) -> Any:
        return g * _log_unless((x == 0) & (y <= 0), y, x)

    def vjp_y(g: Any, x: Any, y: Any) -> Any:
        nothing = (x == 0) & (y == 0)
        return g * (x / (np.where(nothing, 1, y) if nothing.any() else y))


def _log_unless(skipped: Any, y: Any, x: Any) -> Any:
    """The logarithm of y, and 0 where it is skipped, without any nan from there, at every order."""
    if not hasattr(y, "dtype"):
        y = y * np.ones_like(x, shape=(), dtype=np.result_type(x, y))  # a number must not make it float64
    return np.log(np.where(skipped, 1, y) if skipped.any() else y)


def exp(x: TensorLike) -> Tensor:
    """The exponential function, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.exp(tg.tensor([0.0, 1.0])).round(4)
    tensor([1.    , 2.7183])
    """
    return Exp.apply(x)


def exp2(x: TensorLike) -> Tensor:
    """2 to the power of each element.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.exp2(tg.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    return Exp2.apply(x)


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
    >>> tg.log(tg.tensor([1.0, 10.0])).round(4)
    tensor([0.    , 2.3026])
    """
    return Log.apply(x)


def log2(x: TensorLike) -> Tensor:
    """The logarithm to the base 2, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log2(tg.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return Log2.apply(x)


def log10(x: TensorLike) -> Tensor:
    """The logarithm to the base 10, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log10(tg.tensor([1.0, 1000.0])).round(4)
    tensor([0., 3.])
    """
    return Log10.apply(x)


def log1p(x: TensorLike) -> Tensor:
    """``log(1 + x)``, exact for small `x` too.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log1p(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 0.6931])
    """
    return Log1p.apply(x)


def logaddexp(x: TensorLike, y: TensorLike) -> Tensor:
    """``log(exp(x) + exp(y))``, without overflow. The shapes broadcast.

    Where both are the same infinity they share the gradient evenly.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logaddexp(tg.tensor([0.0, 1000.0]), 0).round(4)
    tensor([6.931e-01, 1.000e+03])
    """
    return LogAddExp.apply(x, y)


def logaddexp2(x: TensorLike, y: TensorLike) -> Tensor:
    """``log2(2**x + 2**y)``, without overflow. The shapes broadcast.

    Where both are the same infinity they share the gradient evenly.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logaddexp2(tg.tensor([5000.0, 5000.0]), tg.tensor([0.0, 5000.0]))
    tensor([5000., 5001.])
    """
    return LogAddExp2.apply(x, y)


def xlogy(x: TensorLike, y: TensorLike) -> Tensor:
    """``x * log(y)``, and 0 where `x` is 0 (unless `y` is nan). The shapes broadcast.

    At (0, 0) both derivatives are taken as 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.xlogy(tg.tensor([0.0, 2.0]), tg.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return XLogY.apply(x, y)
