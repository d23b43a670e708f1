"""Slopes of sampled functions, by differences of second order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.joining import concatenate
from tinygrad_fs.ops.axes import checked, given, part
from tinygrad_fs.ops.copying import astype
from tinygrad_fs.ops.curves.differences import Step
from tinygrad_fs.ops.elementwise.choice import lerp
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["gradient"]

_END = {1: (-1.0, 1.0), 2: (-1.5, 2.0, -0.5)}
"""By the order at the edges: what the first values count for in the slope at the first, and, negated, at the last."""


class Slope(Op):
    """y_i = (x_(i+1) - x_(i-1)) / 2h along an axis, at the ends by the values there alone;  dx: the transposed map."""

    def forward(x: Any, *, axis: int, order: int, h: float) -> Any:
        y = np.empty_like(x)
        inside = part(y, axis, 1, -1)
        np.subtract(part(x, axis, 2), part(x, axis, 0, -2), out=inside)
        inside *= 0.5 / h
        n = x.shape[axis]
        part(y, axis, 0, 1)[...] = sum(c / h * part(x, axis, i, i + 1) for i, c in enumerate(_END[order]))
        part(y, axis, -1)[...] = sum(-c / h * part(x, axis, n - 1 - i, n - i) for i, c in enumerate(_END[order]))
        return y

    def vjp(g: Any, axis: int, order: int, h: float) -> Any:
        return SlopeBack.apply(g, axis=axis, order=order, h=h)


class SlopeBack(Op):
    """y = the transposed map of `Slope`, which it is the derivative of;  dx: `Slope` of the gradient."""

    def forward(x: Any, *, axis: int, order: int, h: float) -> Any:
        n = x.shape[axis]
        y = np.empty_like(x)
        inside = x * x.dtype.type(0.5 / h)
        part(inside, axis, 0, 1)[...] = 0
        part(inside, axis, -1)[...] = 0
        np.subtract(part(inside, axis, 0, -2), part(inside, axis, 2), out=part(y, axis, 1, -1))
        np.negative(part(inside, axis, 1, 2), out=part(y, axis, 0, 1))
        part(y, axis, -1)[...] = part(inside, axis, -2, -1)
        for i, c in enumerate(_END[order]):
            first, last = part(y, axis, i, i + 1), part(y, axis, n - 1 - i, n - i)
            first += x.dtype.type(c / h) * part(x, axis, 0, 1)
            last -= x.dtype.type(c / h) * part(x, axis, -1)
        return y

    def vjp(g: Any, axis: int, order: int, h: float) -> Any:
        return Slope.apply(g, axis=axis, order=order, h=h)


def gradient(f: TensorLike, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of a sampled function, by central differences, and at the ends by differences to one side.

    NumPy's function of this name. (The gradient of a computation is `autograd.grad`.)

    Parameters
    ----------
    f : array_like
        The samples.
    *varargs : float or array_like
        How far they are apart: nothing for 1, one number for all axes, or per axis a number or the places of
        the samples. They have gradients too.
    axis : int or tuple of int, optional
        Along which axes; all by default.
    edge_order : {1, 2}
        Whether slopes at the ends are right for straight lines or for parabolas.

    Returns
    -------
    Tensor or tuple of Tensor
        Of the shape of `f`; one per axis, if there are several.

    Raises
    ------
    ValueError
        If there are fewer than ``edge_order + 1`` samples, or not as many places as samples.
    TypeError
        If there are neither none, one, nor as many spacings as axes.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.gradient(tg.tensor([1.0, 2.0, 4.0, 7.0]))
    tensor([1. , 1.5, 2.5, 3. ])
    >>> tg.gradient(tg.tensor([1.0, 2.0, 4.0]), [0.0, 1.0, 3.0])
    tensor([1., 1., 1.])
    """
    values = given(f)
    if values.dtype.kind != "f":
        values = astype(values, np.float64)
    axes = checked(axis, values.ndim)
    if len(varargs) not in (0, 1, len(axes)) or (len(varargs) == 1 < len(axes) and np.ndim(varargs[0])):
        raise TypeError(
            f"gradient: {len(varargs)} spacings for {len(axes)} axes; give none, one number, or one spacing per axis"
        )
    if edge_order not in _END:
        raise ValueError(f"gradient: edge_order is {edge_order}; it must be 1 or 2")
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    found = [_slopes(values, along, spacing, edge_order) for along, spacing in zip(axes, spacings)]
    return found[0] if len(found) == 1 else tuple(found)


def _slopes(f: Any, axis: int, spacing: Any, order: int) -> Any:
    n = f.shape[axis]
    if n < order + 1:
        raise ValueError(
            f"gradient: axis {axis} of shape {f.shape} has {n} samples; with edge_order={order} "
            f"there must be at least {order + 1}"
        )
    if np.ndim(spacing) == 0:
        if isinstance(spacing, Tensor):
            return Slope.apply(f, axis=axis, order=order, h=1.0) / spacing
        return Slope.apply(f, axis=axis, order=order, h=float(spacing))
    places = given(spacing)
    if places.shape != (n,):
        raise ValueError(
            f"gradient: axis {axis} of shape {f.shape} has {n} samples, but places of shape {places.shape}"
        )
    widths: Any = Step.apply(astype(places, np.float64) if places.dtype.kind != "f" else places, axis=0)
    if not (isinstance(widths, Tensor) and widths.requires_grad) and (array_of(widths) == array_of(widths)[0]).all():
        return Slope.apply(f, axis=axis, order=order, h=array_of(widths)[0].item())
    return _slopes_between(f, axis, astype(widths, f.dtype, copy=False), order)


def _slopes_between(f: Any, axis: int, widths: Any, order: int) -> Any:
    """Slopes from those of the lines between neighbours, mixed so that they are right for parabolas."""
    widths = np.reshape(widths, (-1, *[1] * (f.ndim - axis - 1)))
    lines: Any = Step.apply(f, axis=axis) / widths
    before, after = part(widths, 0, 0, -1), part(widths, 0, 1)
    middle = lerp(part(lines, axis, 0, -1), part(lines, axis, 1), before / (before + after))
    first, last = part(lines, axis, 0, 1), part(lines, axis, -1)
    if order == 2:
        first = _beyond(lines, widths, axis, 0)
        last = _beyond(lines, widths, axis, -1)
    return concatenate([first, middle, last], axis)


def _beyond(lines: Any, widths: Any, axis: int, end: int) -> Any:
    """The slope at an end of the parabola through the three samples there."""
    near, far = ((0, 1), (1, 2)) if end == 0 else ((-1, None), (-2, -1))
    steepness = (part(lines, axis, *near) - part(lines, axis, *far)) / (part(widths, 0, *near) + part(widths, 0, *far))
    return part(lines, axis, *near) + steepness * part(widths, 0, *near)
