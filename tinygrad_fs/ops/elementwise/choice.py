"""Choices between values, element by element, and the mixture of two."""

from __future__ import annotations

import functools
from typing import Any, overload

import numpy as np

from tinygrad_fs.dtypes import alongside, as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["clip", "fmax", "fmin", "lerp", "maximum", "minimum", "nan_to_num", "where"]


class Where(Op):
    """z = x where the condition holds, else y;  each takes the gradient where it was chosen."""

    broadcasts = True

    def forward(x: Any, y: Any, *, condition: Any) -> Any:
        try:
            return np.where(condition, x, y)
        except ValueError:
            shapes = f"{np.shape(condition)}, {np.shape(x)} and {np.shape(y)}"
            raise ValueError(f"where: shapes {shapes} do not broadcast together") from None

    def vjp_x(g: Any, condition: Any) -> Any:
        return kept(g, condition)

    def vjp_y(g: Any, condition: Any) -> Any:
        return kept(g, ~condition)


class Maximum(Op):
    """z = max(x, y);  the larger takes the gradient, equal ones half each; nan counts as larger."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.maximum(x, y)

    def vjp(g: Any, x: Any, y: Any, needs: Any) -> Any:
        return _shares(g, needs, x >= y, x <= y, x, y)


class Minimum(Op):
    """z = min(x, y);  the smaller takes the gradient, equal ones half each; nan counts as smaller."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.minimum(x, y)

    def vjp(g: Any, x: Any, y: Any, needs: Any) -> Any:
        return _shares(g, needs, x <= y, x >= y, x, y)


class Fmax(Op):
    """z = max(x, y) without nan;  the larger takes the gradient, equal ones half each; nan leaves it to the other."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.fmax(x, y)

    def vjp(g: Any, x: Any, y: Any, needs: Any) -> Any:
        return _shares(g, needs, x >= y, x <= y, y, x)


class Fmin(Op):
    """z = min(x, y) without nan;  the smaller takes the gradient, equal ones half each; nan leaves it to the other."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        return np.fmin(x, y)

    def vjp(g: Any, x: Any, y: Any, needs: Any) -> Any:
        return _shares(g, needs, x <= y, x >= y, y, x)


def _shares(g: Any, needs: Any, first: Any, second: Any, nan_first: Any, nan_second: Any) -> Any:
    """The gradient for each of two operands where it was no worse than the other, half of it where both were.

    Beside nan neither was: then the first takes it where `nan_first` is nan, and the second where `nan_second` is.
    """
    if np.count_nonzero(first ^ second) != first.size:  # mostly nothing is nan and nothing tied
        first, second = first | (nan_first != nan_first), second | (nan_second != nan_second)
        g = np.where(first & second, 0.5 * g, g)
    return (kept(g, first) if needs[0] else None), (kept(g, second) if needs[1] else None)


class Clip(Op):
    """y = min(max(x, low), high);  dy/dx = 1 inside and at the bounds, else 0; a bound takes the rest."""

    broadcasts = True

    def forward(x: Any, low: Any = None, high: Any = None) -> Any:
        bounds = [bound for bound in (low, high) if bound is not None]
        if not bounds:
            return np.copy(x)
        if isinstance(x, (int, float)):  # NumPy makes it an array of float64 before it looks at the bounds
            x = np.asarray(x, np.result_type(x, *bounds))
        return np.clip(x, low, high)

    def vjp_x(g: Any, x: Any, low: Any, high: Any) -> Any:
        beyond = [x < low] if low is not None else []
        if high is not None:
            beyond.append(x > high)
        return kept(g, ~functools.reduce(np.bitwise_or, beyond)) if beyond else g

    def vjp_low(g: Any, x: Any, low: Any, high: Any) -> Any:
        # Where the bounds cross, NumPy's clip gives the upper one.
        return kept(g, x < low if high is None else (x < low) & ~(low > high))

    def vjp_high(g: Any, x: Any, low: Any, high: Any) -> Any:
        return kept(g, x > high if low is None else (x > high) | (low > high))


class Lerp(Op):
    """z = (1 - w) x + w y;  dz/dx = 1 - w,  dz/dy = w,  dz/dw = y - x.

    An op of its own for its speed: as a compound it would be four nodes.
    """

    broadcasts = True

    def forward(x: Any, y: Any, w: Any) -> Any:
        return np.multiply(1.0 - w, x) + np.multiply(w, y)

    def vjp_x(g: Any, w: Any) -> Any:
        return g * (1.0 - w)

    def vjp_y(g: Any, w: Any) -> Any:
        return g * w

    def vjp_w(g: Any, x: Any, y: Any) -> Any:
        return g * (y - x)


class NanToNum(Op):
    """y = x with numbers in the place of nan and infinities;  dy/dx = 1 where x is finite, else 0."""

    def forward(x: Any, *, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
        return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)

    def vjp(g: Any, x: Any) -> Any:
        return kept(g, np.isfinite(x))


@overload
def where(condition: TensorLike) -> tuple[Tensor, ...]: ...
@overload
def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor: ...
def where(condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None) -> Any:
    """`x` where `condition` holds, else `y`; without them, the indices where it holds.

    A branch that is not taken gets gradient 0, but what it was computed from may turn that into nan: the
    derivative of ``where(x > 0, sqrt(x), 0)`` at 0 is 0 * inf. Make the argument safe first:
    ``where(x > 0, sqrt(where(x > 0, x, 1)), 0)``.

    Parameters
    ----------
    condition : array_like of bool
        Not differentiated.
    x, y : array_like, optional
        The values; all three shapes broadcast together.

    Returns
    -------
    Tensor, or tuple of Tensor
        The tuple, of one array of indices per axis, if only the condition was given.

    Raises
    ------
    ValueError
        If the shapes do not broadcast, or only one of `x` and `y` is given.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0)
    tensor([0., 2.])
    >>> tg.where(x > 0)
    (tensor([1]),)
    """
    if x is None and y is None:
        return np.nonzero(condition)  # type: ignore[arg-type]
    if x is None or y is None:
        raise ValueError("where: give both x and y, or neither for the indices where the condition holds")
    if isinstance(condition, Tensor):
        if not isinstance(x, Tensor) and not isinstance(y, Tensor):
            x = Tensor(x)
        condition = condition._data
    # A copy: the caller may change the condition before the backward pass.
    return Where.apply(x, y, condition=alongside(as_array(condition).astype(bool), x, y))


def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """The larger of two elements. Equal ones share the gradient evenly; nan wins.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.maximum(tg.tensor([1.0, 5.0]), 3)
    tensor([3., 5.])
    """
    return Maximum.apply(x, y)


def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """The smaller of two elements. Equal ones share the gradient evenly; nan wins.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.minimum(tg.tensor([1.0, 5.0]), 3)
    tensor([1., 3.])
    """
    return Minimum.apply(x, y)


def fmax(x: TensorLike, y: TensorLike) -> Tensor:
    """The larger of two elements, or the one that is not nan, which also takes the gradient.

    Equal ones share the gradient evenly.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.fmax(tg.tensor([1.0, float("nan")]), 3)
    tensor([3., 3.])
    """
    return Fmax.apply(x, y)


def fmin(x: TensorLike, y: TensorLike) -> Tensor:
    """The smaller of two elements, or the one that is not nan, which also takes the gradient.

    Equal ones share the gradient evenly.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.fmin(tg.tensor([1.0, float("nan")]), 3)
    tensor([1., 3.])
    """
    return Fmin.apply(x, y)


def clip(
    x: TensorLike,
    a_min: TensorLike | None = None,
    a_max: TensorLike | None = None,
    *,
    min: TensorLike | None = None,
    max: TensorLike | None = None,
) -> Tensor:
    """Bring values into the interval from `a_min` to `a_max`.

    Parameters
    ----------
    x : array_like
    a_min, a_max : array_like, optional
        The bounds; None for no bound. They broadcast against `x`. At a bound the gradient goes to `x`.
    min, max : array_like, optional
        Other names of the bounds, as in NumPy.

    Raises
    ------
    ValueError
        If a bound is given under both names.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.clip(tg.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0. , 0.5, 1. ])
    """
    return Clip.apply(x, _one_of(a_min, min, "min"), _one_of(a_max, max, "max"))


def _one_of(bound: Any, other: Any, name: str) -> Any:
    if bound is not None and other is not None:
        raise ValueError(f"clip: a_{name} and {name} are the same bound; give one of them")
    return other if bound is None else bound


def lerp(x: TensorLike, y: TensorLike, weight: TensorLike) -> Tensor:
    """Linear interpolation ``(1 - weight) * x + weight * y``, exactly `x` at weight 0 and `y` at weight 1.

    Parameters
    ----------
    x, y, weight : array_like
        Of shapes that broadcast together. A weight outside of 0 to 1 extrapolates.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.lerp(tg.tensor([0.0, 10.0]), tg.tensor([1.0, 20.0]), 0.25)
    tensor([ 0.25, 12.5 ])
    """
    return Lerp.apply(x, y, weight)


def nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Put numbers in the place of nan and infinities; the gradient is 0 there.

    Parameters
    ----------
    x : array_like
    copy : bool, default True
        False writes into `x`, as ``x[...] = nan_to_num(x)`` does.
    nan : float, default 0
    posinf, neginf : float, optional
        By default the largest and the smallest finite number of the dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nan_to_num(tg.tensor([float("nan"), 1.0, float("inf")]), posinf=9.0)
    tensor([0., 1., 9.])
    """
    result = NanToNum.apply(x, nan=nan, posinf=posinf, neginf=neginf)
    if copy:
        return result
    x[...] = result
    return x  # type: ignore[no-any-return]
