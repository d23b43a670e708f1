"""Rectifiers and their bounded and parametrised relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.elementwise.choice import clip
from tinygrad_fs.ops.masking import kept, selected
from tinygrad_fs.ops.shape import reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["celu", "hardswish", "hardtanh", "prelu", "relu6", "softsign"]


class Prelu(Op):
    """z = x for x > 0, else w x;  dx: 1 or w, dw: 0 or x; at 0 the slope is w."""

    broadcasts = True

    def forward(x: Any, w: Any) -> Any:
        return selected(x > 0, x, w * np.minimum(x, 0))  # not w x: 0 times inf would be nan

    def vjp_x(g: Any, x: Any, w: Any) -> Any:
        return selected(x > 0, g, w * g)

    def vjp_w(g: Any, x: Any) -> Any:
        return kept(x * g, ~(x > 0))


class Celu(Op):
    """y = x for x > 0, else alpha (e^(x / alpha) - 1);  dy/dx = 1 or e^(x / alpha); at 0 it is 1."""

    def forward(x: Any, *, alpha: float = 1.0) -> Any:
        return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)

    def vjp(g: Any, x: Any, alpha: float) -> Any:
        return g * np.exp(np.minimum(x, 0) / alpha)


class Softsign(Op):
    """y = x / (1 + |x|);  dy/dx = 1 / (1 + |x|)^2."""

    def forward(x: Any) -> Any:
        if x.dtype.kind == "f":
            largest = np.finfo(x.dtype).max
            x = np.clip(x, -largest, largest)  # inf / inf would be nan
        return x / (1.0 + np.abs(x))

    def vjp(g: Any, x: Any) -> Any:
        r = 1.0 / (1.0 + np.abs(x))
        return g * r * r


class Relu6(Op):
    """y = min(max(x, 0), 6);  dy/dx = 1 for 0 < x <= 6, else 0."""

    def forward(x: Any) -> Any:
        return np.clip(x, 0, 6)

    def vjp(g: Any, x: Any) -> Any:
        return g * np.logical_and(x > 0, x <= 6)


class Hardswish(Op):
    """y = x min(max(x + 3, 0), 6) / 6;  dy/dx = (2 x + 3) / 6 between -3 and 3, else 0 or 1."""

    def forward(x: Any) -> Any:
        # From -3 on the other factor is 0. Before -inf it would make nan.
        return np.clip(x, -3.0, np.inf) * (np.clip(x + 3.0, 0.0, 6.0) / 6.0)

    def vjp(g: Any, x: Any) -> Any:
        slope = (2.0 * np.clip(x, -3.0, 3.0) + 3.0) / 6.0
        return kept(selected(x >= 3, g, g * slope), ~(x <= -3))


def prelu(x: TensorLike, weight: TensorLike) -> Tensor:
    """`x` above 0, ``weight * x`` below, with slopes that are learned.

    He et al. 2015, "Delving deep into rectifiers", equation 1. The derivative at 0 is taken as the slope.

    Parameters
    ----------
    x : array_like
        Of shape (n, channels, ...).
    weight : array_like
        One slope, of shape () or (1,), or one per channel.

    Raises
    ------
    ValueError
        If there are neither one nor as many slopes as channels.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.prelu(tg.tensor([[-1.0, -1.0]]), tg.tensor([0.25, 0.5]))
    tensor([[-0.25, -0.5 ]])
    """
    shape, given = np.shape(x), np.shape(weight)
    channels = shape[1] if len(shape) > 1 else 1
    if given not in ((), (1,), (channels,)):
        raise ValueError(
            f"prelu: weight has shape {given}; x of shape {shape} has {channels} channels, so it must be "
            f"(1,) or ({channels},)"
        )
    along_channels = (1, -1) + (1,) * (len(shape) - 2) if len(shape) > 1 else (-1,) * len(shape)
    return Prelu.apply(x, reshape(weight, along_channels))


def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """`x` above 0, ``alpha * (exp(x / alpha) - 1)`` below: an `elu` with a continuous derivative.

    Barron 2017, "Continuously differentiable exponential linear units", equation 2.

    Raises
    ------
    ValueError
        If `alpha` is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.celu(tg.tensor([-1000.0, 1.0]), alpha=2.0)
    tensor([-2.,  1.])
    """
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0")
    return Celu.apply(x, alpha=alpha)


def softsign(x: TensorLike) -> Tensor:
    """``x / (1 + |x|)``, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.softsign(tg.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """
    return Softsign.apply(x)


def hardtanh(x: TensorLike, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`x` brought into the interval from `min_val` to `max_val`. At a bound the derivative is 1.

    Raises
    ------
    ValueError
        If the interval is empty.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.hardtanh(tg.tensor([-2.0, 0.5, 2.0]))
    tensor([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val {min_val} is larger than max_val {max_val}")
    return clip(x, min_val, max_val)


def relu6(x: TensorLike) -> Tensor:
    """``min(max(x, 0), 6)``, elementwise. The derivative at 0 is taken as 0, at 6 as 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.relu6(tg.tensor([-1.0, 3.0, 8.0]))
    tensor([0., 3., 6.])
    """
    return Relu6.apply(x)


def hardswish(x: TensorLike) -> Tensor:
    """``x * min(max(x + 3, 0), 6) / 6``: a piecewise quadratic `silu`.

    Howard et al. 2019, "Searching for MobileNetV3", section 5.2. The derivatives at -3 and 3 are 0 and 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.hardswish(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([-0.,  0.,  4.])
    """
    return Hardswish.apply(x)
