"""Comparisons and logic: whether, element by element. They give bools, and no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "allclose",
    "array_equal",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "signbit",
]


class Equal(Op):
    """z = x == y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.equal(x, y)


class NotEqual(Op):
    """z = x != y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.not_equal(x, y)


class Less(Op):
    """z = x < y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.less(x, y)


class LessEqual(Op):
    """z = x <= y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.less_equal(x, y)


class Greater(Op):
    """z = x > y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.greater(x, y)


class GreaterEqual(Op):
    """z = x >= y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.greater_equal(x, y)


class LogicalAnd(Op):
    """z = x and y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.logical_and(x, y)


class LogicalOr(Op):
    """z = x or y."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.logical_or(x, y)


class LogicalXor(Op):
    """z = x or y, not both."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.logical_xor(x, y)


class IsFinite(Op):
    """y = x is a number, and not infinite."""

    def forward(x: Any) -> Any:
        return np.isfinite(x)


class IsInf(Op):
    """y = x is inf or -inf."""

    def forward(x: Any) -> Any:
        return np.isinf(x)


class IsNan(Op):
    """y = x is nan."""

    def forward(x: Any) -> Any:
        return np.isnan(x)


class LogicalNot(Op):
    """y = not x."""

    def forward(x: Any) -> Any:
        return np.logical_not(x)


class SignBit(Op):
    """y = x has a minus sign."""

    def forward(x: Any) -> Any:
        return np.signbit(x)


class IsClose(Op):
    """z = |x - y| <= atol + rtol |y|."""

    broadcasts = True

    def forward(x: Any, y: Any, *, rtol: float, atol: float, equal_nan: bool) -> Any:
        return np.isclose(x, y, rtol, atol, equal_nan)


def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether two elements are equal; also ``x == y``. nan equals nothing. The shapes broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.equal(tg.tensor([1.0, 2.0]), 2)
    tensor([False,  True])
    """
    return Equal.apply(x, y)


def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether two elements differ; also ``x != y``. nan differs from everything.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.not_equal(tg.tensor([1.0, 2.0]), 2)
    tensor([ True, False])
    """
    return NotEqual.apply(x, y)


def less(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether `x` is less than `y`; also ``x < y``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.less(tg.tensor([1.0, 2.0]), 2)
    tensor([ True, False])
    """
    return Less.apply(x, y)


def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether `x` is at most `y`; also ``x <= y``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.less_equal(tg.tensor([1.0, 3.0]), 2)
    tensor([ True, False])
    """
    return LessEqual.apply(x, y)


def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether `x` is greater than `y`; also ``x > y``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.greater(tg.tensor([1.0, 3.0]), 2)
    tensor([False,  True])
    """
    return Greater.apply(x, y)


def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether `x` is at least `y`; also ``x >= y``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.greater_equal(tg.tensor([1.0, 2.0]), 2)
    tensor([False,  True])
    """
    return GreaterEqual.apply(x, y)


def logical_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether both elements are true, which all but 0 are.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logical_and(tg.tensor([0.0, 2.0]), 1)
    tensor([False,  True])
    """
    return LogicalAnd.apply(x, y)


def logical_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether one of two elements is true, or both are; all but 0 are.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logical_or(tg.tensor([0.0, 2.0]), 0)
    tensor([False,  True])
    """
    return LogicalOr.apply(x, y)


def logical_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether one of two elements is true and the other is not; all but 0 are.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logical_xor(tg.tensor([0.0, 2.0]), 1)
    tensor([ True, False])
    """
    return LogicalXor.apply(x, y)


def isfinite(x: TensorLike) -> Tensor:
    """Whether an element is neither nan nor infinite.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.isfinite(tg.tensor([1.0, float("nan")]))
    tensor([ True, False])
    """
    return IsFinite.apply(x)


def isinf(x: TensorLike) -> Tensor:
    """Whether an element is infinite.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.isinf(tg.tensor([1.0, float("-inf")]))
    tensor([False,  True])
    """
    return IsInf.apply(x)


def isnan(x: TensorLike) -> Tensor:
    """Whether an element is nan.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.isnan(tg.tensor([1.0, float("nan")]))
    tensor([False,  True])
    """
    return IsNan.apply(x)


def logical_not(x: TensorLike) -> Tensor:
    """Whether an element is 0, and so not true.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.logical_not(tg.tensor([0.0, 2.0]))
    tensor([ True, False])
    """
    return LogicalNot.apply(x)


def signbit(x: TensorLike) -> Tensor:
    """Whether an element has a minus sign; -0.0 has one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.signbit(tg.tensor([1.0, -0.0]))
    tensor([False,  True])
    """
    return SignBit.apply(x)


def isclose(x: TensorLike, y: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether two elements differ by at most ``atol + rtol * abs(y)``.

    Parameters
    ----------
    x, y : array_like
        Of shapes that broadcast together; `y` is what is compared with.
    rtol, atol : float
    equal_nan : bool, default False
        Whether nan equals nan.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    return IsClose.apply(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(x: TensorLike, y: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds for all elements; a Python bool.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.allclose(tg.tensor([1.0, 2.0]), [1.0, 2.1])
    False
    """
    return bool(np.all(isclose(x, y, rtol, atol, equal_nan)))


def array_equal(x: TensorLike, y: TensorLike, equal_nan: bool = False) -> bool:
    """Whether two tensors have the same shape and equal elements; a Python bool. `equal_nan`: nan equals nan.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.array_equal(tg.tensor([1.0, 2.0]), tg.tensor([[1.0, 2.0]]))
    False
    """
    if np.shape(x) != np.shape(y):
        return False
    same = equal(x, y)
    return bool(np.all(logical_or(same, logical_and(not_equal(x, x), not_equal(y, y))) if equal_nan else same))
