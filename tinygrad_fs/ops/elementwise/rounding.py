"""Rounding and signs: piecewise constant functions.

Their gradient is 0 wherever there is one, and is taken as 0 at the steps. It is recorded, so that a loss that
is made of them alone can be differentiated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["ceil", "floor", "heaviside", "rint", "round", "sign", "trunc"]


def no_slope(g: Any) -> Any:
    """The gradient of what does not change: zeros."""
    return zeros_beside(g, g.shape, g.dtype)


class _Steps(Op):
    """What the piecewise constant functions have in common: dy/dx = 0."""

    def vjp(g: Any) -> Any:
        return no_slope(g)


class Ceil(_Steps):
    """y = the smallest integer that is not below x;  dy/dx = 0."""

    def forward(x: Any) -> Any:
        return np.ceil(x)


class Floor(_Steps):
    """y = the largest integer that is not above x;  dy/dx = 0."""

    def forward(x: Any) -> Any:
        return np.floor(x)


class Rint(_Steps):
    """y = the nearest integer, the even one of two;  dy/dx = 0."""

    def forward(x: Any) -> Any:
        return np.rint(x)


class Round(_Steps):
    """y = x with so many decimals;  dy/dx = 0."""

    def forward(x: Any, *, decimals: int = 0) -> Any:
        return np.round(x, decimals)


class Sign(_Steps):
    """y = x / |x|, and 0 at 0;  dy/dx = 0."""

    def forward(x: Any) -> Any:
        return np.sign(x)


class Trunc(_Steps):
    """y = x without its decimals;  dy/dx = 0."""

    def forward(x: Any) -> Any:
        return np.trunc(x)


class Heaviside(Op):
    """z = 0 for x < 0, y at 0, 1 for x > 0;  dz/dx = 0,  dz/dy = 1 where x is 0."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.heaviside(x, y)

    def vjp_x(g: Any) -> Any:
        return no_slope(g)

    def vjp_y(g: Any, x: Any) -> Any:
        return kept(g, x == 0)


def ceil(x: TensorLike) -> Tensor:
    """The smallest integer that is not below each element. The gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ceil(tg.tensor([-1.5, 1.5]))
    tensor([-1.,  2.])
    """
    return Ceil.apply(x)


def floor(x: TensorLike) -> Tensor:
    """The largest integer that is not above each element. The gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.floor(tg.tensor([-1.5, 1.5]))
    tensor([-2.,  1.])
    """
    return Floor.apply(x)


def rint(x: TensorLike) -> Tensor:
    """The nearest integer, as a float; of two equally near ones the even one. The gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.rint(tg.tensor([0.5, 1.5, 1.6]))
    tensor([0., 2., 2.])
    """
    return Rint.apply(x)


def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """Round to a number of decimals; halves go to the even neighbour. The gradient is 0.

    Parameters
    ----------
    x : array_like
    decimals : int, default 0
        How many digits to keep behind the point; negative ones round before it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([0.125, 2.5], requires_grad=True)
    >>> tg.round(x).sum().backward()
    >>> x.grad
    tensor([0., 0.])
    >>> tg.round(tg.tensor([0.125, 2.5]), 1)
    tensor([0.1, 2.5])
    """
    return Round.apply(x, decimals=decimals)


def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign of each element. The gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sign(tg.tensor([2.0, 0.0, -3.0]))
    tensor([ 1.,  0., -1.])
    """
    return Sign.apply(x)


def trunc(x: TensorLike) -> Tensor:
    """Each element without its decimals: the nearest integer towards 0. The gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.trunc(tg.tensor([-1.5, 1.5]))
    tensor([-1.,  1.])
    """
    return Trunc.apply(x)


def heaviside(x: TensorLike, y: TensorLike) -> Tensor:
    """The step function: 0 below 0, `y` at 0, 1 above; nan stays nan. The shapes broadcast.

    The gradient in `x` is 0; `y` takes it where `x` is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.heaviside(tg.tensor([-1.0, 0.0, 2.0]), 0.5)
    tensor([0. , 0.5, 1. ])
    """
    return Heaviside.apply(x, y)
