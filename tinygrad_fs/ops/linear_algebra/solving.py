"""Inverses and systems of linear equations. Public in `tinygrad_fs.linalg`.

Derivatives: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008), and for the pseudoinverse G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least
squares problems whose variables separate" (1973).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.elementwise.arithmetic import subtract
from tinygrad_fs.ops.elementwise.roots import square
from tinygrad_fs.ops.linear_algebra.matrices import (
    LinAlgError,
    as_columns,
    check_matrices,
    check_square,
    is_used,
    mirrored,
    on_diagonal,
    transposed,
    triangle,
)
from tinygrad_fs.ops.linear_algebra.products import matmul
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.reductions.reduction import sum
from tinygrad_fs.ops.shape import moveaxis, ravel, reshape, swapaxes
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []

_BLOCK = 64
"""Triangles up to this size are solved at once; larger ones in halves."""


class Inv(Op):
    """B = A^-1;  dA: -B^T g B^T."""

    def forward(a: Any) -> Any:
        check_square("inv", a)
        try:
            return np.linalg.inv(a)
        except LinAlgError:
            raise _singular("inv", a, "; linalg.pinv gives an inverse of what is invertible in it") from None

    def vjp(g: Any, out: Any) -> Any:
        inverse = transposed(out)
        return -(inverse @ g @ inverse)


class Solve(Op):
    """X = A^-1 B;  dB: A^-T g,  dA: -dB X^T. A B with one axis is a vector."""

    broadcasts = True  # of the leading axes

    def forward(a: Any, b: Any) -> Any:
        check_square("solve", a)
        _check_sides("solve", np.shape(a), np.shape(b))
        try:
            return np.linalg.solve(a, b)
        except LinAlgError:
            raise _singular("solve", a, "; linalg.lstsq gives the nearest solution") from None

    def vjp(g: Any, a: Any, out: Any, shapes: Any, needs: Any) -> Any:
        vector = len(shapes[1]) == 1
        for_b = np.linalg.solve(transposed(a), as_columns(g, vector))
        for_a = -(for_b @ transposed(as_columns(out, vector))) if needs[0] else None
        return for_a, for_b[..., 0] if vector else for_b


class SolveTriangular(Op):
    """X = A^-1 B for a triangle A;  dB: A^-T g,  dA: -dB X^T in the triangle. A B with one axis is a vector."""

    broadcasts = True  # of the leading axes

    def forward(a: Any, b: Any, *, lower: bool, unit: bool) -> Any:
        check_square("solve_triangular", a)
        _check_sides("solve_triangular", np.shape(a), np.shape(b))
        vector = np.ndim(b) == 1
        try:
            x = _substituted(as_array(a), as_columns(b, vector), lower, unit)
        except LinAlgError:
            raise _singular("solve_triangular", a, ": there is a 0 on its diagonal") from None
        return x[..., 0] if vector else x

    def vjp(g: Any, a: Any, out: Any, lower: bool, unit: bool, shapes: Any, needs: Any) -> Any:
        vector = len(shapes[1]) == 1
        for_b = SolveTriangular.apply(transposed(a), as_columns(g, vector), lower=not lower, unit=unit)
        for_a = None
        if needs[0]:
            for_a = triangle(-(for_b @ transposed(as_columns(out, vector))), lower, diagonal=not unit)
        return for_a, for_b[..., 0] if vector else for_b


def _substituted(a: Any, b: Any, lower: bool, unit: bool) -> Any:
    """Solve the first half of the equations, or the last, and use the solution in the others."""
    n = a.shape[-1]
    if n <= _BLOCK:
        a = triangle(a, lower)
        return np.linalg.solve(np.where(on_diagonal(n, a), 1, a) if unit else a, b)
    head, tail = slice(None, n // 2), slice(n // 2, None)
    first, second = (head, tail) if lower else (tail, head)
    x_first = _substituted(a[..., first, first], b[..., first, :], lower, unit)
    rest = b[..., second, :] - a[..., second, first] @ x_first
    x_second = _substituted(a[..., second, second], rest, lower, unit)
    return np.concatenate([x_first, x_second] if lower else [x_second, x_first], axis=-2)


class Pinv(Op):
    """P = A^+, of constant rank;  dA: -P^T g P^T + (1 - A P) g^T P P^T + P^T P g^T (1 - P A)."""

    def forward(a: Any, *, rcond: Any = None) -> Any:
        check_matrices("pinv", a)
        return np.linalg.pinv(a, rcond=rcond)

    def vjp(g: Any, a: Any, out: Any) -> Any:
        p, pt, gt = out, transposed(out), transposed(g)
        along = gt @ (p @ pt)
        across = (pt @ p) @ gt
        return along - a @ (p @ along) + across - (across @ p) @ a - pt @ g @ pt


class LeastSquares(Op):
    """X = A^+ B, and the singular values of A;  dB: A^+T g,  dA: that of the pseudoinverse, multiplied out."""

    broadcasts = True  # of the leading axes

    def forward(a: Any, b: Any, *, cutoff: float) -> Any:
        check_matrices("lstsq", a)
        _check_sides("lstsq", np.shape(a), np.shape(b))
        if np.ndim(a) == 2 and np.ndim(b) <= 2:
            x, _, _, s = np.linalg.lstsq(a, b, rcond=cutoff)
            return x, s
        # NumPy's takes no stack of matrices.
        vector = np.ndim(b) == 1
        u, s, vt = np.linalg.svd(a, full_matrices=False)
        counts = s > cutoff * np.max(s, axis=-1, keepdims=True, initial=0)
        scales = np.where(counts, 1 / np.where(counts, s, 1), 0).astype(s.dtype)
        x = transposed(vt) @ (scales[..., None] * (transposed(u) @ as_columns(b, vector)))
        return x[..., 0] if vector else x, s

    def vjp(g: Any, a: Any, b: Any, out: Any, cutoff: float, shapes: Any, needs: Any) -> Any:
        vector = len(shapes[1]) == 1
        x, gx, b = (as_columns(each, vector) for each in (out[0], g[0], b))
        if _are_independent(np.shape(a), array_of(out[1]), cutoff):
            q, r = np.linalg.qr(a)  # a^+ is r^-1 q^T
            solved = SolveTriangular.apply(transposed(r), gx, lower=True, unit=False)
            for_b = q @ solved
            to_x = SolveTriangular.apply(r, solved, lower=False, unit=False) if needs[0] else None
            of_kernel = None
        else:
            inverse = Pinv.apply(a, rcond=cutoff)
            for_b = transposed(inverse) @ gx
            to_x = inverse @ for_b
            of_kernel = transposed(inverse) @ x @ transposed(gx - transposed(a) @ for_b)
        for_a = None
        if needs[0]:
            for_a = (b - a @ x) @ transposed(to_x) - for_b @ transposed(x)
            if of_kernel is not None:
                for_a = for_a + of_kernel
            if is_used(g[1]):
                u, _, vt = np.linalg.svd(a, full_matrices=False)
                for_a = for_a + (u * np.expand_dims(g[1], -2)) @ vt
        return for_a, for_b[..., 0] if vector else for_b


def _are_independent(shape: tuple[int, ...], values: Any, cutoff: float) -> bool:
    """Whether the columns of matrices with these singular values are independent of each other."""
    if shape[-2] < shape[-1] or values.size == 0:
        return False
    return bool(np.all(values[..., -1] > cutoff * values[..., 0]))


def _check_sides(name: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Raise unless `b` can be the right-hand side of equations with `a`."""
    rows = b[0] if len(b) == 1 else b[-2] if b else None
    if rows != a[-2]:
        raise ValueError(
            f"{name}: a of shape {a} has {a[-2]} rows, and b of shape {b} has {0 if rows is None else rows}; b is of "
            "shape (n,) or (..., n, k)"
        )


def _singular(name: str, a: Any, hint: str) -> LinAlgError:
    which = "a matrix" if np.ndim(a) > 2 else "the matrix"
    return LinAlgError(f"{name}: Singular matrix: {which} of shape {np.shape(a)} has no inverse{hint}")


class LstsqResult(NamedTuple):
    """What `lstsq` gives: `x`, the sums of squared `residuals`, the `rank` of a, and its singular values `s`."""

    x: Tensor
    residuals: Tensor
    rank: Any
    s: Tensor


def inv(a: TensorLike) -> Tensor:
    """The inverse of a matrix.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n). To solve equations, `solve` is faster and more exact.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular or not square.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.inv(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    return Inv.apply(a)


def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """The solution of the linear equations ``a @ x = b``.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n).
    b : array_like
        Of shape (n,), or (..., n, k) with k right-hand sides; the leading axes broadcast.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular or not square.
    ValueError
        If the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 0.0], [0.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([0.5 , 0.25])
    """
    return Solve.apply(a, b)


def solve_triangular(
    a: TensorLike, b: TensorLike, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Tensor:
    """The solution of ``a @ x = b``, where `a` is a triangle, by substitution; the arguments are SciPy's.

    Parameters
    ----------
    a : array_like
        Of shape (..., n, n). Only one triangle is read, and takes the gradient.
    b : array_like
        Of shape (n,) or (..., n, k); the leading axes broadcast.
    trans : {0, 1, "N", "T"}, default 0
        1 and "T" solve ``a.T @ x = b``.
    lower : bool, default False
        Whether `a` is a lower triangle.
    unit_diagonal : bool, default False
        Take the diagonal as ones, without reading it.

    Raises
    ------
    numpy.linalg.LinAlgError
        If there is a 0 on the diagonal, or `a` is not square.
    ValueError
        If the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.solve_triangular(tg.tensor([[2.0, 1.0], [0.0, 4.0]]), tg.tensor([4.0, 8.0]))
    tensor([1., 2.])
    """
    if trans not in (0, 1, "N", "T"):
        raise ValueError(f"solve_triangular: trans is {trans!r}; use 0 or 'N' for a, 1 or 'T' for its transpose")
    if trans in (1, "T"):
        a, lower = swapaxes(a, -1, -2), not lower
    return SolveTriangular.apply(a, b, lower=lower, unit=unit_diagonal)


def pinv(a: TensorLike, rcond: float | None = None, hermitian: bool = False, *, rtol: float | None = None) -> Tensor:
    """The Moore-Penrose pseudoinverse.

    Parameters
    ----------
    a : array_like
        Of shape (..., m, n). The gradient is right where the rank does not change nearby.
    rcond, rtol : float, optional
        Singular values below this share of the largest count as 0; 1e-15 by default, as in NumPy.
    hermitian : bool, default False
        The matrices are symmetric, and only their lower triangles are read.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.pinv(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5, 0. ]])
    """
    if hermitian:
        check_square("pinv", a)
        a = mirrored(given(a))
    return Pinv.apply(a, rcond=rcond if rtol is None else rtol)


def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> LstsqResult:
    """The x of least norm among those for which ``a @ x`` is nearest to `b`.

    Parameters
    ----------
    a : array_like
        Of shape (..., m, n); leading axes, which NumPy does not take, broadcast.
    b : array_like
        Of shape (m,), or (..., m, k) with k right-hand sides.
    rcond : float, optional
        Singular values below this share of the largest count as 0; max(m, n) times the machine precision by default.

    Returns
    -------
    x, residuals, rank, s
        A named tuple. The residuals are empty where the rank is below n or m <= n. All but the rank have gradients.

    Raises
    ------
    ValueError
        If the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> result = tg.linalg.lstsq(tg.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), tg.tensor([1.0, 3.0, 5.0]))
    >>> result.x.data.round(4), result.rank
    (array([1., 2.], dtype=float32), 2)
    """
    m, n = np.shape(a)[-2:] if np.ndim(a) > 1 else (0, 0)
    if rcond is None or rcond < 0:
        dtype = np.result_type(getattr(a, "dtype", np.float64), np.float32)
        rcond = float(np.finfo(dtype).eps) * (max(m, n) if rcond is None else 1)
    x, s = LeastSquares.apply(a, b, cutoff=rcond)
    values = array_of(s)
    rank = np.add.reduce(values > rcond * np.max(values, axis=-1, keepdims=True, initial=0), axis=-1)
    residuals: Any = sum(square(subtract(b, matmul(a, x))), axis=0 if np.ndim(b) == 1 else -2, keepdims=np.ndim(b) == 1)
    if m <= n or np.any(rank < n):
        residuals = residuals[:0].reshape(-1)
    return LstsqResult(x, residuals, rank.item() if rank.ndim == 0 else rank, s)


def tensorsolve(a: TensorLike, b: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """The solution of ``tensordot(a, x, x.ndim) = b``.

    Parameters
    ----------
    a : array_like
        Of shape ``b.shape + x.shape``, where both parts have the same number of entries.
    b : array_like
    axes : sequence of int, optional
        Axes of `a` to move to its end first.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> a = tg.eye(6).reshape(2, 3, 6)
    >>> tg.linalg.tensorsolve(a, tg.ones((2, 3))).shape
    (6,)
    """
    if axes is not None:
        rank = np.ndim(a)
        a = moveaxis(a, tuple(axes), tuple(range(rank - len(axes), rank)))
    shape = np.shape(a)[np.ndim(b) :]
    size = math.prod(shape)
    if np.size(a) != size**2 or np.size(b) != size:
        raise LinAlgError(
            f"tensorsolve: a of shape {np.shape(a)} does not form square equations with b of shape {np.shape(b)}"
        )
    return reshape(solve(reshape(a, (size, size)), ravel(b)), shape)


def tensorinv(a: TensorLike, ind: int = 2) -> Tensor:
    """The inverse of ``tensordot(a, x, x.ndim)`` as a function of x.

    Parameters
    ----------
    a : array_like
        Of a shape whose first `ind` axes have as many entries as the others.
    ind : int, default 2

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.tensorinv(tg.eye(6).reshape(2, 3, 6)).shape
    (6, 2, 3)
    """
    shape = np.shape(a)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind is {ind}; it must be positive")
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise LinAlgError(f"tensorinv: the first {ind} axes of shape {shape} have {rows} entries, the others {columns}")
    return reshape(inv(reshape(a, (rows, columns))), shape[ind:] + shape[:ind])
