"""Arithmetic of polynomials by their coefficients, the highest power first: sums, products, slopes, areas."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.editing import trim_zeros
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.curves.filtering import convolve
from tinygrad_fs.ops.operands import array_of, as_floats
from tinygrad_fs.ops.shape import atleast_1d
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["poly", "polyadd", "polyder", "polydiv", "polyint", "polymul", "polysub"]


class AddToEnd(Op):
    """z = x, with y added to its last elements;  dx = g,  dy = the last elements of g."""

    def forward(x: Any, y: Any) -> Any:
        z = x.astype(np.result_type(x, y))
        z[len(x) - len(y) :] += y
        return z

    def vjp(g: Any, shapes: Any) -> Any:
        (long,), (short,) = shapes
        return g, g[long - short :]


def polyadd(a1: TensorLike, a2: TensorLike) -> Tensor:
    """The sum of two polynomials.

    Parameters
    ----------
    a1, a2 : array_like with one axis
        The coefficients, the highest power first.

    Raises
    ------
    ValueError
        If one has another number of axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polyadd(tg.tensor([1.0, 2.0]), [5.0, 0.0, 0.0])    # x + 2 and 5 x^2
    tensor([5., 1., 2.])
    """
    return _added(*_pair("polyadd", a1, a2))


def polysub(a1: TensorLike, a2: TensorLike) -> Tensor:
    """The difference of two polynomials; parameters and errors as in `polyadd`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polysub(tg.tensor([1.0, 2.0]), [5.0, 0.0, 0.0])
    tensor([-5.,  1.,  2.])
    """
    first, second = _pair("polysub", a1, a2)
    return _added(first, -second)


def polymul(a1: TensorLike, a2: TensorLike) -> Tensor:
    """The product of two polynomials; parameters and errors as in `polyadd`. Leading zeros are left out first.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polymul(tg.tensor([1.0, 2.0]), [1.0, -1.0])    # (x + 2) (x - 1)
    tensor([ 1.,  1., -2.])
    """
    return convolve(*[_without_leading_zeros(_coefficients("polymul", a)) for a in (a1, a2)])


def polydiv(u: TensorLike, v: TensorLike) -> tuple[Tensor, Tensor]:
    """The quotient q and the remainder r of polynomials: ``u = q v + r``, and r has a lower degree than `v`.

    Parameters
    ----------
    u, v : array_like with one axis
        The coefficients, the highest power first, which in `v` is not 0.

    Returns
    -------
    q, r : Tensor
        The remainder without its leading zeros.

    Raises
    ------
    ValueError
        If one has another number of axes, or is empty.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polydiv(tg.tensor([1.0, 3.0, 5.0]), [1.0, 1.0])    # x^2 + 3 x + 5 = (x + 2) (x + 1) + 3
    (tensor([1., 2.]), tensor([3.]))
    """
    rest, divisor = [_coefficients("polydiv", each) for each in as_floats(u, v)]
    if not len(rest) or not len(divisor):
        raise ValueError(f"polydiv: polynomials of shapes {rest.shape} and {divisor.shape}: one has no coefficients")
    degree = len(divisor) - 1
    scale = 1.0 / divisor[0]
    quotient = []
    for left in range(len(rest) - degree, 0, -1):
        quotient.append(scale * rest[0])
        rest = np.concatenate([rest[: degree + 1] - quotient[-1] * divisor, rest[degree + 1 :]])
        if left > 1 or degree:  # what is left of the last number is the whole remainder of a division by one
            rest = rest[1:]
    leading = np.flatnonzero(~np.isclose(array_of(rest), 0, rtol=1e-14))
    q: Any = np.stack(quotient) if quotient else np.zeros_like(rest, shape=(1,))
    return q, rest[leading[0].item() if leading.size else len(rest) - 1 :]


def polyder(p: TensorLike, m: int = 1) -> Tensor:
    """The derivative of a polynomial, taken `m` times.

    Parameters
    ----------
    p : array_like with one axis
        The coefficients, the highest power first.
    m : int, default 1

    Raises
    ------
    ValueError
        If `m` is negative or `p` has another number of axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polyder(tg.tensor([1.0, 3.0, 5.0]))    # x^2 + 3 x + 5
    tensor([2., 3.])
    """
    if m < 0:
        raise ValueError(f"polyder: m is {m}; it counts derivatives and must not be negative; see polyint")
    result = _coefficients("polyder", p)
    for _ in range(m):
        result = result[:-1] * _counted_down(result, len(result) - 1)
    return result if m else clone(result)


def polyint(p: TensorLike, m: int = 1, k: TensorLike | None = None) -> Tensor:
    """The integral of a polynomial, taken `m` times.

    Parameters
    ----------
    p : array_like with one axis
        The coefficients, the highest power first.
    m : int, default 1
    k : array_like, optional
        The constants of integration, in the order in which they come in; one alone stands for all. 0 by default.

    Raises
    ------
    ValueError
        If `m` is negative, there are fewer constants than integrals, or `p` has another number of axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polyint(tg.tensor([2.0, 3.0]), k=5.0)    # of 2 x + 3
    tensor([1., 3., 5.])
    """
    if m < 0:
        raise ValueError(f"polyint: m is {m}; it counts integrals and must not be negative; see polyder")
    result, constants = as_floats(p, 0.0 if k is None else k)
    result, constants = _coefficients("polyint", result), np.reshape(constants, (-1,))
    if len(constants) == 1:
        constants = np.broadcast_to(constants, (m,))
    if len(constants) < m:
        raise ValueError(f"polyint: {len(constants)} constants for {m} integrals; give one for all, or one for each")
    for i in range(m):
        result = np.concatenate([result / _counted_down(result, len(result)), constants[i : i + 1]])
    return result if m else clone(result)


def poly(seq_of_zeros: TensorLike) -> Tensor:
    """The polynomial with the given roots, whose first coefficient is 1.

    Parameters
    ----------
    seq_of_zeros : array_like with one axis
        The roots. (NumPy also takes a matrix, for its characteristic polynomial, whose roots may be complex.)

    Raises
    ------
    ValueError
        If it has more than one axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.poly(tg.tensor([1.0, -2.0]))    # (x - 1) (x + 2)
    tensor([ 1.,  1., -2.])
    """
    (roots,) = as_floats(seq_of_zeros)
    if roots.ndim > 1:
        raise ValueError(
            f"poly: the roots have shape {roots.shape}; they must have one axis. Of a symmetric matrix take "
            "poly(linalg.eigvalsh(a))"
        )
    if not roots.size:
        result: Any = np.ones_like(roots, shape=())
        return cast(Tensor, result)
    one: Any = np.ones_like(roots, shape=(1,))
    result = one
    for root in np.reshape(roots, (-1, 1)):
        result = convolve(result, np.concatenate([one, -root]))
    return cast(Tensor, result)


def _coefficients(name: str, p: Any) -> Any:
    coefficients = atleast_1d(given(p))
    if coefficients.ndim != 1:
        raise ValueError(f"{name}: the coefficients have shape {coefficients.shape}; they must have one axis")
    return coefficients


def _without_leading_zeros(p: Any) -> Any:
    return trim_zeros(p, "f") if np.any(array_of(p)) else p[-1:]


def _pair(name: str, a1: Any, a2: Any) -> tuple[Any, Any]:
    return _coefficients(name, a1), _coefficients(name, a2)


def _added(first: Any, second: Any) -> Tensor:
    return AddToEnd.apply(first, second) if len(first) >= len(second) else AddToEnd.apply(second, first)


def _counted_down(p: Any, start: int) -> Any:
    """start, start - 1, ..., 1 as the kind of array that the coefficients are."""
    return alongside(np.arange(start, 0, -1).astype(p.dtype), p)
