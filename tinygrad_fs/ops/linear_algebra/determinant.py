"""Determinants. Public in `tinygrad_fs.linalg`.

The gradient of a determinant is the matrix of its cofactors, which exists for singular matrices too. A formula with
the inverse would give nan or noise there, so near singular matrices the cofactors come from the singular values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.linear_algebra.matrices import LinAlgError, check_square, on_diagonal, transposed
from tinygrad_fs.ops.reductions.cumulative import product_of_others
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


class Det(Op):
    """y = det A;  dA: g times the cofactors of A (for an invertible A, y A^-T: Giles 2008)."""

    def forward(a: Any) -> Any:
        check_square("det", a)
        return np.linalg.det(a)

    def vjp(g: Any, a: Any) -> Any:
        return _scalar(g) * Cofactors.apply(a)


class Cofactors(Op):
    """C = the cofactors of A;  dA: the form of second order that `MixedCofactors` is, with g."""

    def forward(a: Any) -> Any:
        inverse = _well_conditioned_inverse(a)
        if inverse is not None:
            return np.linalg.det(a)[..., None, None] * transposed(inverse)
        u, s, vt, sign = _signed_svd(a)
        return (sign * u * product_of_others(s, s.ndim - 1)[..., None, :]) @ vt

    def vjp(g: Any, a: Any) -> Any:
        return MixedCofactors.apply(a, g)


class MixedCofactors(Op):
    """M: the derivative of the cofactors of A in the direction H; linear in H, symmetric;  dH: M in the direction g.

    For an invertible A with K = A^-T it is det A (<H, K> K - K H^T K). dA holds for invertible A alone.
    """

    def forward(a: Any, h: Any) -> Any:
        u, s, vt, sign = _signed_svd(a)
        inner = transposed(u) @ h @ transposed(vt)  # in the bases in which A is diagonal
        pairs = _products_without_pairs(s)
        diagonal = np.einsum("...ii->...i", inner)
        minors = np.where(
            on_diagonal(s.shape[-1], s), (pairs @ diagonal[..., None])[..., None, :, 0], -pairs * transposed(inner)
        )
        return (sign * u) @ minors @ vt

    def vjp_a(g: Any, a: Any, h: Any) -> Any:
        k = transposed(np.linalg.inv(a))
        along_h, along_g = k @ transposed(h) @ k, k @ transposed(g) @ k
        of_h, of_g = _dot(h, k), _dot(g, k)
        total = (of_h * of_g - _dot(g, along_h)) * k
        mixed = along_h @ transposed(g) @ k + along_g @ transposed(h) @ k
        return _scalar(np.linalg.det(a)) * (total - of_g * along_h - of_h * along_g + mixed)

    def vjp_h(g: Any, a: Any) -> Any:
        return MixedCofactors.apply(a, g)


class LogDet(Op):
    """The sign of det A, and y = ln |det A|;  dA: g A^-T (Giles 2008). The sign is piecewise constant."""

    def forward(a: Any) -> Any:
        check_square("slogdet", a)
        return tuple(np.linalg.slogdet(a))

    def vjp(g: Any, a: Any) -> Any:
        return _scalar(g[1]) * transposed(np.linalg.inv(a))


def _scalar(x: Any) -> Any:
    """One number per matrix, so that it multiplies the matrix."""
    return np.expand_dims(x, (-2, -1))


def _dot(x: Any, y: Any) -> Any:
    return np.sum(x * y, axis=(-2, -1), keepdims=True)


def _well_conditioned_inverse(a: Any) -> Any:
    """The inverses, if half of the digits at least are right in every one of them."""
    try:
        inverse = np.linalg.inv(a)
    except LinAlgError:
        return None
    squared_condition = _sum_of_squares(a) * _sum_of_squares(inverse)
    return inverse if np.all(squared_condition < 1 / np.finfo(inverse.dtype).eps) else None


def _sum_of_squares(a: Any) -> Any:
    return np.einsum("...ij,...ij->...", a, a)


def _signed_svd(a: Any) -> tuple[Any, Any, Any, Any]:
    u, s, vt = np.linalg.svd(a)
    return u, s, vt, np.sign(np.linalg.det(u) * np.linalg.det(vt))[..., None, None].astype(s.dtype)


def _products_without_pairs(s: Any) -> Any:
    """The matrix of the products of all entries but the i-th and the j-th, without a division; 0 for i = j."""
    n = s.shape[-1]
    one = np.ones_like(s[..., :1])
    shifted = np.concatenate([one, s[..., :-1]], axis=-1)
    before = np.cumprod(shifted, axis=-1)
    after = np.cumprod(np.concatenate([one, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    later = np.triu(np.ones_like(s, shape=(n, n), dtype=bool), 1)
    # Entry (i, j) of `between` is the product of those after i and before j.
    between = np.cumprod(np.where(np.triu(later, 2), shifted[..., None, :], 1), axis=-1)
    upper = np.where(later, before[..., :, None] * between * after[..., None, :], 0)
    return (upper + transposed(upper)).astype(s.dtype)


class SlogdetResult(NamedTuple):
    """What `slogdet` gives: the `sign` of the determinant and `logabsdet`, the logarithm of its magnitude."""

    sign: Tensor
    logabsdet: Tensor


def det(a: TensorLike) -> Tensor:
    """The determinant.

    First and second derivatives are right for singular matrices too (the adjugate); third ones need an inverse.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n).

    Returns
    -------
    Tensor
        Of shape (...). It overflows for large matrices: see `slogdet`.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> a = tg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> tg.linalg.det(a).backward()
    >>> a.grad.data.round(4)
    array([[ 4., -2.],
           [-2.,  1.]], dtype=float32)
    """
    return Det.apply(a)


def slogdet(a: TensorLike) -> SlogdetResult:
    """The sign and the logarithm of the magnitude of the determinant.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n).

    Returns
    -------
    sign, logabsdet
        A named tuple of shapes (...). The sign has no gradient. For a singular matrix they are 0 and -inf, and
        backward raises.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.slogdet(tg.tensor([[0.0, 1.0], [1.0, 0.0]])).sign
    tensor(-1.)
    """
    sign, logarithm = LogDet.apply(a)
    return SlogdetResult(sign.detach() if isinstance(sign, Tensor) else sign, logarithm)
