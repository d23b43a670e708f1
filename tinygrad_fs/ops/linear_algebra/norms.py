"""Norms of vectors and matrices, and condition numbers. Public in `tinygrad_fs.linalg`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from tinygrad_fs.ops.axes import as_axis
from tinygrad_fs.ops.elementwise.arithmetic import absolute, divide, multiply
from tinygrad_fs.ops.linear_algebra.matrices import check_matrices
from tinygrad_fs.ops.linear_algebra.solving import inv
from tinygrad_fs.ops.linear_algebra.spectrum import svdvals
from tinygrad_fs.ops.linear_algebra.vector_norms import EuclideanNorm, floating, norm_of_vectors
from tinygrad_fs.ops.reductions.reduction import max, min, sum
from tinygrad_fs.ops.shape import expand_dims, moveaxis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []

Order: TypeAlias = "int | float | str | None"
Axis: TypeAlias = "int | tuple[int, ...] | None"


def norm(x: TensorLike, ord: Order = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Norm of a vector or a matrix. Its gradient where it is 0 is 0.

    Parameters
    ----------
    x : array_like
        With one or two axes, unless `axis` is given or `ord` is not.
    ord : {None, "fro", "nuc", inf, -inf, number}, optional
        Of vectors: 2 by default; inf and -inf for the largest and smallest magnitude; 0 for the number of entries
        that are not 0, which has no gradient; any other p for ``sum(abs(x)**p) ** (1/p)``.
        Of matrices: "fro" by default, for the root of the sum of squares; "nuc" for the sum of the singular
        values; 2 and -2 for the largest and smallest one; 1 and -1 for the largest and smallest sum of the
        magnitudes in a column, inf and -inf in a row.
    axis : int or pair of int, optional
        The axis of vectors or the two axes of matrices. Without `ord` and `axis`, all entries are one vector.
    keepdims : bool, default False
        Keep the axes with size 1.

    Raises
    ------
    ValueError
        If there are not one or two axes, they are equal, or there is no such norm.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> y = tg.linalg.norm(x)
    >>> y.backward()
    >>> y.item(), x.grad
    (5.0, tensor([0.6, 0.8]))
    """
    values = floating(x)
    rank = values.ndim
    if axis is None and (ord is None or (ord in ("fro", "f") and rank == 2) or (ord == 2 and rank == 1)):
        return EuclideanNorm.apply(values, axis=tuple(range(rank)), keepdims=keepdims)
    axes = normalize_axis_tuple(range(rank) if axis is None else as_axis(axis), rank)
    if len(axes) == 1:
        return norm_of_vectors(values, 2 if ord is None else ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(values, "fro" if ord is None else ord, axes, keepdims)
    raise ValueError(
        f"norm: ord={ord!r} of {len(axes)} axes of shape {values.shape}; a vector norm takes one axis and a matrix "
        "norm two: choose by axis=, or leave ord away for the norm of all entries"
    )


def vector_norm(x: TensorLike, *, axis: Axis = None, keepdims: bool = False, ord: int | float = 2) -> Tensor:
    """Norm of vectors; of all entries as one vector if no `axis` is given.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Several axes form one vector.
    keepdims : bool, default False
    ord : number, default 2
        As in `norm`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.vector_norm(tg.tensor([[3.0, 4.0], [6.0, 8.0]]), axis=1)
    tensor([ 5., 10.])
    """
    axes = normalize_axis_tuple(range(np.ndim(x)) if axis is None else as_axis(axis), np.ndim(x))
    return norm_of_vectors(x, ord, axes, keepdims)


def matrix_norm(x: TensorLike, *, keepdims: bool = False, ord: Order = "fro") -> Tensor:
    """Norm of the matrices in the last two axes; `ord` as in `norm`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.matrix_norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]]), ord="nuc")
    tensor(7.)
    """
    check_matrices("matrix_norm", x, decomposed=False)
    rank = np.ndim(x)
    return _matrix_norm(x, ord, (rank - 2, rank - 1), keepdims)


def cond(x: TensorLike, p: Order = None) -> Tensor:
    """Condition number of matrices: the norm times that of the inverse.

    Parameters
    ----------
    x : array_like
        Of shape (..., m, n); square unless `p` is None, 2 or -2.
    p : {None, 2, -2, "fro", "nuc", 1, -1, inf, -inf}, optional
        Which norm. By default 2: the largest singular value divided by the smallest.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular, and `p` is not None, 2 or -2.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.cond(tg.tensor([[4.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    if p in (None, 2, -2):
        values: Any = svdvals(x)
        largest, smallest = values[..., 0], values[..., -1]
        with np.errstate(divide="ignore"):  # inf for a singular matrix
            return divide(smallest, largest) if p == -2 else divide(largest, smallest)
    return multiply(matrix_norm(x, ord=p), matrix_norm(inv(x), ord=p))


# Of matrices: over which of the two axes the magnitudes are summed, and what is taken of the sums.
_OF_SUMS = {1: (0, max), -1: (0, min), np.inf: (1, max), -np.inf: (1, min)}
_OF_SINGULAR_VALUES = {2: max, -2: min, "nuc": sum}


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    x = floating(x)
    if ord in ("fro", "f"):
        return EuclideanNorm.apply(x, axis=axes, keepdims=keepdims)
    if ord in _OF_SUMS:
        summed, of_sums = _OF_SUMS[ord]
        return of_sums(sum(absolute(x), axis=axes[summed], keepdims=True), axis=axes, keepdims=keepdims)
    if ord in _OF_SINGULAR_VALUES:
        # They are not negative; their magnitude gives a singular value 0 the gradient 0.
        values = absolute(svdvals(moveaxis(x, axes, (-2, -1))))
        result = _OF_SINGULAR_VALUES[ord](values, axis=-1)
        return expand_dims(result, tuple(sorted(axes))) if keepdims else result
    raise ValueError(f"norm: ord={ord!r} is no norm of matrices; use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf")
