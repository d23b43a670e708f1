"""Phases: angles and other values that start again after a period."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.operands import constant_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["unwrap"]


class Unwrap(Op):
    """y = x plus as many periods as it takes to avoid jumps along an axis;  dy/dx = 1."""

    def forward(x: Any, *, jump: float | None, axis: int, period: float) -> Any:
        return np.unwrap(x, jump, axis, period=period)

    def vjp(g: Any) -> Any:
        return g


def unwrap(p: TensorLike, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi) -> Tensor:
    """Values without jumps of more than half a period from one to the next along `axis`: periods are added.

    Parameters
    ----------
    p : array_like
    discont : float, optional
        How large a jump must be to be taken away; half a period by default, and never less.
    axis : int, default -1
    period : float, default 2 pi

    Raises
    ------
    TypeError
        If `discont` or `period` requires grad.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.unwrap(tg.tensor([8.0, 9.0, 0.0, 1.0]), period=10.0)
    tensor([ 8.,  9., 10., 11.])
    """
    return Unwrap.apply(
        given(p),
        jump=constant_of("unwrap: discont", discont),
        axis=axis,
        period=constant_of("unwrap: the period", period),
    )
