"""Hyperbolic functions and their inverses; `tanh` stands with the activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["arccosh", "arcsinh", "arctanh", "cosh", "sinh"]


class Sinh(Op):
    """y = sinh x;  dy/dx = cosh x."""

    def forward(x: Any) -> Any:
        return np.sinh(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * np.cosh(x)


class Cosh(Op):
    """y = cosh x;  dy/dx = sinh x."""

    def forward(x: Any) -> Any:
        return np.cosh(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * np.sinh(x)


class Arcsinh(Op):
    """y = arcsinh x;  dy/dx = 1 / sqrt(x^2 + 1)."""

    def forward(x: Any) -> Any:
        return np.arcsinh(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / _root_of_one_and_square(x)


class Arccosh(Op):
    """y = arccosh x;  dy/dx = 1 / sqrt(x^2 - 1)."""

    def forward(x: Any) -> Any:
        return np.arccosh(x)

    def vjp(g: Any, x: Any) -> Any:
        if _is_moderate(x, 1.0):
            return g / np.sqrt((x - 1.0) * (x + 1.0))  # x * x - 1 loses its digits near 1
        return g / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0))  # does not overflow, and is nan below 1


class Arctanh(Op):
    """y = arctanh x;  dy/dx = 1 / (1 - x^2)."""

    def forward(x: Any) -> Any:
        return np.arctanh(x)

    def vjp(g: Any, x: Any) -> Any:
        return g / ((1.0 - x) * (1.0 + x))  # 1 - x * x loses its digits near 1


def _root_of_one_and_square(x: Any) -> Any:
    """sqrt(1 + x^2) without overflow. np.hypot takes 3 times as long as a root in float32, and 10 in float64."""
    return np.sqrt(1.0 + x * x) if _is_moderate(x) else np.hypot(x, 1.0)


def _is_moderate(x: Any, low: float = -math.inf) -> bool:
    """Whether nothing in an array is below `low`, nan or so large that its square overflows."""
    if type(x) is not np.ndarray or not x.size:
        return False
    limit = float(np.finfo(x.dtype).max) ** 0.5
    return bool(x.min() >= max(low, -limit) and x.max() <= limit)


def sinh(x: TensorLike) -> Tensor:
    """The hyperbolic sine, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sinh(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 1.1752])
    """
    return Sinh.apply(x)


def cosh(x: TensorLike) -> Tensor:
    """The hyperbolic cosine, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cosh(tg.tensor([0.0, 1.0])).round(4)
    tensor([1.    , 1.5431])
    """
    return Cosh.apply(x)


def arcsinh(x: TensorLike) -> Tensor:
    """The inverse of the hyperbolic sine, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arcsinh(tg.tensor([0.0, 1.0])).round(4)
    tensor([0.    , 0.8814])
    """
    return Arcsinh.apply(x)


def arccosh(x: TensorLike) -> Tensor:
    """The inverse of the hyperbolic cosine, elementwise; nan below 1. Its derivative at 1 is inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arccosh(tg.tensor([1.0, 2.0])).round(4)
    tensor([0.   , 1.317])
    """
    return Arccosh.apply(x)


def arctanh(x: TensorLike) -> Tensor:
    """The inverse of the hyperbolic tangent, elementwise; inf at 1, nan beyond. Its derivative at 1 is inf.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arctanh(tg.tensor([0.0, 0.5])).round(4)
    tensor([0.    , 0.5493])
    """
    return Arctanh.apply(x)
