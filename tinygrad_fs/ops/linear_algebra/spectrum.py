"""Eigenvalues of symmetric matrices and singular values. Public in `tinygrad_fs.linalg`.

Derivatives: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008) for eigh; J. Townsend, "Differentiating the singular value decomposition" (2016).

Vectors that belong to equal values are no functions of the matrix: their gradient is nan, with a warning. A gradient
that comes from the values alone is always right.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, overload

import numpy as np

from tinygrad_fs.graph import BackwardError
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.linear_algebra.matrices import (
    check_matrices,
    check_square,
    inverse_gaps,
    is_negligible,
    is_used,
    mirrored,
    on_diagonal,
    onto_triangle,
    transposed,
    warn_of_nan,
)
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


class Eigh(Op):
    """A V = V diag(w);  dA: V (diag(dw) + F * V^T dV) V^T with F_ij = 1 / (w_j - w_i), onto the triangle read."""

    def forward(a: Any, *, uplo: Any) -> Any:
        check_square("eigh", a)
        return tuple(np.linalg.eigh(a, uplo))

    def vjp(g: Any, out: Any, uplo: Any) -> Any:
        (w, v), (for_w, for_v) = out, g
        if is_used(for_v):
            turns = inverse_gaps(w, "eigh", "eigenvalues") * (transposed(v) @ for_v)
            total = v @ _with_diagonal(turns, for_w) @ transposed(v)
        else:
            total = _weighted(v, for_w) @ transposed(v)
        return onto_triangle(total, lower=uplo == "L")


class Eigvalsh(Op):
    """w: the eigenvalues of A;  dA: V diag(g) V^T, onto the triangle that was read."""

    def forward(a: Any, *, uplo: Any) -> Any:
        check_square("eigvalsh", a)
        return np.linalg.eigvalsh(a, uplo)

    def vjp(g: Any, a: Any, uplo: Any) -> Any:
        _, v = np.linalg.eigh(a, uplo)
        return onto_triangle(_weighted(v, g) @ transposed(v), lower=uplo == "L")


class SVD(Op):
    """A = U diag(s) V^T;  dA: U (diag(ds) + (F * (X - X^T)) s + s (F * (Y - Y^T))) V^T and what leaves the spaces.

    Here X = U^T dU, Y = V^T dV and F_ij = 1 / (s_j^2 - s_i^2). What leaves the spaces of U and V is there for
    matrices that are not square: (1 - U U^T) dU s^-1 V^T, and the like for V.
    """

    def forward(a: Any, *, full: bool) -> Any:
        check_matrices("svd", a)
        return tuple(np.linalg.svd(a, full_matrices=full))

    def vjp(g: Any, out: Any, shapes: Any, full: bool) -> Any:
        (u, s, vt), (for_u, for_s, for_vt) = out, g
        m, n = shapes[0][-2:]
        k = min(m, n)
        if full and m != n:
            if is_used(for_u[..., k:]) or is_used(for_vt[..., k:, :]):
                raise BackwardError(
                    f"svd: the vectors after the first {k}, of a matrix of shape {shapes[0]}, are any basis of what is "
                    "orthogonal to the others, and have no derivative; use full_matrices=False"
                )
            u, vt, for_u, for_vt = u[..., :k], vt[..., :k, :], for_u[..., :k], for_vt[..., :k, :]
        uses_u, uses_v = is_used(for_u), is_used(for_vt)
        if not uses_u and not uses_v:
            return _weighted(u, for_s) @ vt
        sums = np.expand_dims(s, -2) + np.expand_dims(s, -1)
        turns = inverse_gaps(s, "svd", "singular values") / np.where(on_diagonal(k, s), 1, sums)
        ut, v, for_v = transposed(u), transposed(vt), transposed(for_vt)
        inner: Any = 0
        if uses_u:
            inner = _weighted(turns * _twice_odd(ut @ for_u), s)
        if uses_v:
            inner = inner + np.expand_dims(s, -1) * (turns * _twice_odd(vt @ for_v))
        total = u @ _with_diagonal(inner, for_s) @ vt
        if uses_u and m > k:
            total = total + _weighted(for_u - u @ (ut @ for_u), _inverse(s)) @ vt
        if uses_v and n > k:
            total = total + _weighted(u, _inverse(s)) @ (for_vt - (for_vt @ v) @ vt)
        return total


class Svdvals(Op):
    """s: the singular values of A;  dA: U diag(g) V^T."""

    def forward(a: Any) -> Any:
        check_matrices("svdvals", a)
        return np.linalg.svd(a, compute_uv=False)

    def vjp(g: Any, a: Any) -> Any:
        u, _, vt = np.linalg.svd(a, full_matrices=False)
        return _weighted(u, g) @ vt


class MatrixRank(Op):
    """The number of singular values that are not 0: no gradient."""

    def forward(a: Any, *, tol: Any, hermitian: bool, rtol: Any) -> Any:
        if rtol is None:
            return np.linalg.matrix_rank(a, tol, hermitian)
        return np.linalg.matrix_rank(a, tol, hermitian, rtol=rtol)


def _weighted(vectors: Any, weights: Any) -> Any:
    """Every column times its weight."""
    return vectors * np.expand_dims(weights, -2)


def _with_diagonal(matrices: Any, entries: Any) -> Any:
    """The matrices with other entries on their diagonals."""
    return np.where(on_diagonal(matrices.shape[-1], matrices), np.expand_dims(entries, -2), matrices)


def _twice_odd(x: Any) -> Any:
    return x - transposed(x)


def _inverse(s: Any) -> Any:
    """1 / s, and nan with a warning where s is 0: nothing says where those vectors would turn."""
    zero = is_negligible(np.expand_dims(s, -1), s)[..., 0]
    if np.any(zero):
        warn_of_nan("svd", "a singular value 0")
    return np.where(zero, np.nan, 1.0 / np.where(zero, 1, s))


class EighResult(NamedTuple):
    """What `eigh` gives: the `eigenvalues`, in ascending order, and the `eigenvectors` as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class SVDResult(NamedTuple):
    """What `svd` gives: vectors as columns of `U`, singular values `S`, vectors as rows of `Vh`."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def eigh(a: TensorLike, UPLO: str = "L") -> EighResult:  # noqa: N803 (NumPy's name)
    """Eigenvalues and eigenvectors of a symmetric matrix.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n). Only one triangle is read, and it takes the whole gradient. (For one that is
        symmetric, give ``(a + a.mT) / 2``.)
    UPLO : {"L", "U"}, default "L"
        Which triangle is read.

    Returns
    -------
    eigenvalues, eigenvectors
        A named tuple of shapes (..., n), in ascending order, and (..., n, n), a vector per column. The sign of a
        vector is arbitrary: a loss should not depend on it.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square.

    Warns
    -----
    RuntimeWarning
        In backward, if a gradient comes through eigenvectors and eigenvalues are equal to rounding: it is nan.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    return EighResult(*Eigh.apply(a, uplo=_triangle("eigh", UPLO)))


def eigvalsh(a: TensorLike, UPLO: str = "L") -> Tensor:  # noqa: N803 (NumPy's name)
    """Eigenvalues of a symmetric matrix, in ascending order; parameters as in `eigh`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.eigvalsh(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    return Eigvalsh.apply(a, uplo=_triangle("eigvalsh", UPLO))


def _triangle(name: str, uplo: str) -> str:
    if uplo.upper() not in ("L", "U"):
        raise ValueError(f"{name}: UPLO is {uplo!r}; use 'L' to read the lower triangle, or 'U' for the upper one")
    return uplo.upper()


@overload
def svd(
    a: TensorLike, full_matrices: bool = ..., compute_uv: Literal[True] = ..., hermitian: bool = ...
) -> SVDResult: ...
@overload
def svd(a: TensorLike, full_matrices: bool = ..., *, compute_uv: Literal[False], hermitian: bool = ...) -> Tensor: ...
@overload
def svd(
    a: TensorLike, full_matrices: bool = ..., compute_uv: bool = ..., hermitian: bool = ...
) -> SVDResult | Tensor: ...
def svd(
    a: TensorLike, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> SVDResult | Tensor:
    """Singular value decomposition ``a = U @ diag(S) @ Vh``.

    Parameters
    ----------
    a : array_like
        Of shape (..., m, n), with k = min(m, n).
    full_matrices : bool, default True
        Whether U and Vh are square. The vectors after the k-th have no derivative: backward raises when a
        gradient comes through them.
    compute_uv : bool, default True
        Otherwise the singular values alone are returned, as by `svdvals`.
    hermitian : bool, default False
        The matrices are symmetric, and only their lower triangles are read.

    Returns
    -------
    U, S, Vh
        A named tuple of shapes (..., m, k), (..., k), in descending order, and (..., k, n), or with m and n in
        the place of k if `full_matrices`. Pairs of vectors have an arbitrary sign: a loss should not depend on it.

    Warns
    -----
    RuntimeWarning
        In backward, if a gradient comes through vectors and singular values are equal to rounding: it is nan.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.svd(tg.tensor([[0.0, 2.0], [3.0, 0.0]])).S
    tensor([3., 2.])
    """
    if hermitian:
        check_square("svd", a)
        a = mirrored(given(a))
    if not compute_uv:
        return Svdvals.apply(a)
    return SVDResult(*SVD.apply(a, full=full_matrices))


def svdvals(x: TensorLike) -> Tensor:
    """Singular values of matrices of shape (..., m, n), in descending order.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.svdvals(tg.tensor([[0.0, 2.0], [3.0, 0.0]]))
    tensor([3., 2.])
    """
    return Svdvals.apply(x)


def matrix_rank(
    A: TensorLike,  # noqa: N803 (NumPy's name)
    tol: TensorLike | None = None,
    hermitian: bool = False,
    *,
    rtol: TensorLike | None = None,
) -> Tensor:
    """The number of singular values above `tol`, or above `rtol` times the largest. It has no gradient.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.matrix_rank(tg.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    return MatrixRank.apply(A, tol=tol, hermitian=hermitian, rtol=rtol)
