"""Floats taken apart: sign, fraction, mantissa, exponent, the next one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.elementwise.rounding import no_slope
from tinygrad_fs.ops.operands import array_of, as_floats, constant_of
from tinygrad_fs.ops.shape import broadcast_to
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["copysign", "frexp", "ldexp", "modf", "nextafter"]


class CopySign(Op):
    """z = |x| with the sign of y;  dz/dx = 1 where the signs agree, else -1, and 0 at 0,  dz/dy = 0."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.copysign(x, y)

    def vjp_x(g: Any, x: Any, y: Any) -> Any:
        return g * np.sign(x) * np.copysign(1.0, y)

    def vjp_y(g: Any) -> Any:
        return no_slope(g)


class Modf(Op):
    """y, z = what stands behind the point of x, and before it;  dy/dx = 1,  dz/dx = 0."""

    def forward(x: Any) -> Any:
        return np.modf(x)

    def vjp(g: Any) -> Any:
        return g[0]


class LdExp(Op):
    """y = x 2^i, which is exact;  dy/dx = 2^i."""

    def forward(x: Any, *, exponents: Any) -> Any:
        return np.ldexp(x, exponents)

    def vjp(g: Any, exponents: Any) -> Any:
        return LdExp.apply(g, exponents=exponents)


class NextAfter(Op):
    """z = the float next to x on the way to y;  dz/dx = 1, since z is x up to rounding,  dz/dy = 0."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.nextafter(x, y)

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any) -> Any:
        return no_slope(g)


def copysign(x: TensorLike, y: TensorLike) -> Tensor:
    """The magnitudes of `x` with the signs of `y`; the shapes broadcast. The gradient in `y` is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> y = tg.copysign(x, -1.0)
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([-1.0, -2.0], [-1.0, 1.0])
    """
    return CopySign.apply(*as_floats(x, y))


def modf(x: TensorLike) -> tuple[Tensor, Tensor]:
    """What stands behind the point of each element and what before it, both with its sign.

    The gradient of the first is 1, that of the second 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.modf(tg.tensor([2.5, -0.25]))
    (tensor([ 0.5 , -0.25]), tensor([ 2., -0.]))
    """
    fraction, whole = Modf.apply(*as_floats(x))
    return fraction, whole


def frexp(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Mantissa and exponent: ``x = mantissa * 2**exponent``, with mantissas from 0.5 up to 1.

    The exponents are integers; the gradient of the mantissa is ``2**-exponent``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.frexp(tg.tensor([6.0, -0.25]))
    (tensor([ 0.75, -0.5 ]), tensor([ 3, -1], dtype=int32))
    """
    (values,) = as_floats(x)
    _, exponents = np.frexp(array_of(values))
    mantissas = LdExp.apply(values, exponents=-exponents)
    return mantissas, Tensor._of(exponents) if isinstance(values, Tensor) else exponents


def ldexp(x: TensorLike, y: TensorLike) -> Tensor:
    """``x * 2**y`` for integers `y`, without rounding; the shapes broadcast.

    Raises
    ------
    TypeError
        If `y` is not of integers.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ldexp(tg.tensor([0.75, -0.5]), [3, -1])
    tensor([ 6.  , -0.25])
    """
    exponents = np.array(constant_of("ldexp: the exponent", y))
    if exponents.dtype.kind not in "iu":
        raise TypeError(f"ldexp: the exponents must be integers, not {exponents.dtype}; write x * 2**y for floats")
    (values,) = as_floats(x)
    shape = np.broadcast_shapes(values.shape, exponents.shape)
    if values.shape != shape:
        values = broadcast_to(values, shape)
    return LdExp.apply(values, exponents=alongside(exponents, values))


def nextafter(x: TensorLike, y: TensorLike) -> Tensor:
    """The float next to `x` on the way to `y`; the shapes broadcast.

    The gradient in `x` is 1, as of ``x + c``, and that in `y` 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> (tg.nextafter(tg.tensor([1.0]), 2.0) - 1.0).item() == 2.0**-23
    True
    """
    return NextAfter.apply(*as_floats(x, y))
