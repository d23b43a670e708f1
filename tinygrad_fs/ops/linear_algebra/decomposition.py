"""Decompositions into triangles: Cholesky and QR. Public in `tinygrad_fs.linalg`.

Derivatives: I. Murray, "Differentiation of the Cholesky decomposition" (2016); S. Walter and L. Lehmann, "Algorithmic
differentiation of linear algebra functions" (2010) for QR, and D. Roberts and L. Roberts, "QR and LQ decomposition
matrix backpropagation algorithms for square, wide, and deep matrices" (2020) for wide matrices.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, overload

import numpy as np

from tinygrad_fs.graph import BackwardError
from tinygrad_fs.op import Op
from tinygrad_fs.ops.linear_algebra.matrices import (
    LinAlgError,
    check_matrices,
    check_square,
    is_used,
    mirrored,
    on_diagonal,
    onto_triangle,
    transposed,
    triangle,
)
from tinygrad_fs.ops.linear_algebra.solving import SolveTriangular
from tinygrad_fs.ops.shape import swapaxes
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


class Cholesky(Op):
    """A = L L^T;  dA: L^-T P L^-1, P the lower triangle of L^T g with half of its diagonal, onto the lower triangle."""

    def forward(a: Any) -> Any:
        check_square("cholesky", a)
        try:
            return np.linalg.cholesky(a)
        except LinAlgError:
            raise LinAlgError(
                f"cholesky: a matrix of shape {np.shape(a)} is not positive definite; if rounding is the reason, add "
                "a small multiple of the identity"
            ) from None

    def vjp(g: Any, out: Any) -> Any:
        product = transposed(out) @ g
        half = np.where(on_diagonal(out.shape[-1], out), 0.5 * product, triangle(product, lower=True))
        left = _solved_from_left(out, half)
        return onto_triangle(transposed(_solved_from_left(out, transposed(left))), lower=True)


def _solved_from_left(lower: Any, b: Any) -> Any:
    """L^-T B."""
    return SolveTriangular.apply(transposed(lower), b, lower=False, unit=False)


class QR(Op):
    """A = Q R;  dA: (dQ + Q S) R^-T, S the symmetric matrix with the lower triangle of R dR^T - dQ^T Q.

    Of a wide matrix the first square part is taken so; the rest of R is Q^T times the rest of A.
    """

    def forward(a: Any, *, mode: Any) -> Any:
        check_matrices("qr", a)
        return tuple(np.linalg.qr(a, mode))

    def vjp(g: Any, out: Any, shapes: Any) -> Any:
        m, n = shapes[0][-2:]
        k = min(m, n)
        (q, r), (for_q, for_r) = out, g
        if q.shape[-1] > k:
            if is_used(for_q[..., k:]):
                raise BackwardError(
                    f"qr: the columns of Q after the first {k}, of a matrix of shape {shapes[0]}, are any basis of "
                    "what is orthogonal to the others, and have no derivative; use mode='reduced'"
                )
            q, r, for_q, for_r = q[..., :k], r[..., :k, :], for_q[..., :k], for_r[..., :k, :]
        if m >= n:
            return _qr_gradient(q, r, for_q, for_r)
        square, rest = r[..., :m], r[..., m:]
        for_square, for_rest = for_r[..., :m], for_r[..., m:]
        first = _qr_gradient(q, square, for_q + q @ (rest @ transposed(for_rest)), for_square)
        return np.concatenate([first, q @ for_rest], axis=-1)


def _qr_gradient(q: Any, r: Any, for_q: Any, for_r: Any) -> Any:
    symmetric = mirrored(r @ transposed(for_r) - transposed(for_q) @ q)
    right = transposed(for_q + q @ symmetric)
    return transposed(SolveTriangular.apply(r, right, lower=False, unit=False))


class QRResult(NamedTuple):
    """What `qr` gives: an orthogonal `Q` and an upper triangle `R`."""

    Q: Tensor
    R: Tensor


def cholesky(a: TensorLike, *, upper: bool = False) -> Tensor:
    """The lower triangle L with ``a = L @ L.T``.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n), symmetric and positive definite. Only one triangle is read, the lower one unless
        `upper`, and it takes the whole gradient. (For one that is symmetric, give ``(a + a.mT) / 2``.)
    upper : bool, default False
        Return the upper triangle U with ``a = U.T @ U``.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite or not square.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    if upper:
        return swapaxes(Cholesky.apply(swapaxes(a, -1, -2)), -1, -2)
    return Cholesky.apply(a)


@overload
def qr(a: TensorLike, mode: Literal["reduced", "complete"] = ...) -> QRResult: ...
@overload
def qr(a: TensorLike, mode: Literal["r"]) -> Tensor: ...
@overload
def qr(a: TensorLike, mode: str) -> QRResult | Tensor: ...
def qr(a: TensorLike, mode: str = "reduced") -> QRResult | Tensor:
    """The decomposition of a matrix into an orthogonal one and a triangle.

    Parameters
    ----------
    a : array_like
        Of shape (..., m, n), with k = min(m, n). For derivatives its first k columns must be independent.
    mode : {"reduced", "complete", "r"}, default "reduced"
        Q of shape (..., m, k) and R of shape (..., k, n); or (..., m, m) and (..., m, n), where the columns of Q
        after the k-th have no derivative; or R of the reduced form alone.

    Returns
    -------
    Q, R
        A named tuple; for mode "r", R.

    Raises
    ------
    ValueError
        If `mode` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> q, r = tg.linalg.qr(tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> tg.absolute(r)[0]
    tensor([5. , 2.2])
    """
    if mode == "r":
        result: Tensor = QR.apply(a, mode="reduced")[1]
        return result
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode {mode!r} is unknown; use 'reduced', 'complete' or 'r'")
    return QRResult(*QR.apply(a, mode=mode))
