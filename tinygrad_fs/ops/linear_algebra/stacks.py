"""Stacks of matrices: what NumPy has for any two axes, for the last two. Public in `tinygrad_fs.linalg`."""

from __future__ import annotations

from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.ops.arranging import triangles
from tinygrad_fs.ops.linear_algebra.matrices import check_matrices
from tinygrad_fs.ops.reductions.reduction import sum
from tinygrad_fs.ops.shape import swapaxes
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


def diagonal(x: TensorLike, *, offset: int = 0) -> Tensor:
    """The diagonals of matrices of shape (..., m, n).

    Parameters
    ----------
    x : array_like
    offset : int, default 0
        How far above the main diagonal; negative below it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.diagonal(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[1., 4.]])
    """
    check_matrices("diagonal", x, decomposed=False)
    return triangles.diagonal(x, offset, -2, -1)


def trace(x: TensorLike, *, offset: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """The sums of the diagonals of matrices of shape (..., m, n); `offset` as in `diagonal`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.trace(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([5.])
    """
    return sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def matrix_transpose(x: TensorLike) -> Tensor:
    """Matrices of shape (..., m, n), each transposed.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.matrix_transpose(tg.ones((5, 2, 3))).shape
    (5, 3, 2)
    """
    check_matrices("matrix_transpose", x, decomposed=False)
    return swapaxes(x, -1, -2)
