"""Norms of vectors and matrices. Public in `tinygrad_fs.linalg`.

Where a norm is 0 it has a kink; there the gradient is 0, which is a subgradient, and never nan.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from tinygrad_fs.op import Op
from tinygrad_fs.ops.arithmetic import absolute, divide, multiply
from tinygrad_fs.ops.axes import as_axis, expanded, given
from tinygrad_fs.ops.matrices import check_matrices
from tinygrad_fs.ops.reduction import max, min, sum
from tinygrad_fs.ops.shape import expand_dims, moveaxis
from tinygrad_fs.ops.solving import inv
from tinygrad_fs.ops.spectrum import svdvals
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []

Order: TypeAlias = "int | float | str | None"
Axis: TypeAlias = "int | tuple[int, ...] | None"


class EuclideanNorm(Op):
    """y = sqrt(sum of x^2);  dx: x / y, and 0 where y is 0.

    An op of its own for its derivative at 0, and so that squares neither overflow nor vanish.
    """

    def forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
        if len(axis) == x.ndim and (length := _length_of_all(x)) is not None:
            return length.reshape((1,) * x.ndim) if keepdims else length
        wide = x.astype(np.float32) if x.dtype == np.float16 else x
        with np.errstate(over="ignore", under="ignore"):
            y = np.sqrt(_sum_of_squares(wide, axis))
            if not _is_moderate(y):
                scale = _scale(wide, axis)
                scaled = wide / scale
                y = scale * np.sqrt(_sum_of_squares(scaled, axis))
        y = y.astype(np.result_type(x.dtype, np.float16), copy=False)
        return y if keepdims else np.squeeze(y, axis)

    def vjp(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
        flat = out == 0
        scale = np.where(flat, 0, g / np.where(flat, 1, out)) if np.count_nonzero(flat) else g / out
        return expanded(scale, x.shape, axis, keepdims) * x


class PNorm(Op):
    """y = (sum of |x|^p)^(1/p);  dx: sign(x) (|x| / y)^(p - 1), and 0 where x or y is 0."""

    def forward(x: Any, *, p: float, axis: Any, keepdims: bool) -> Any:
        wide = x.astype(np.float32) if x.dtype == np.float16 else x
        scale = _scale(wide, axis)
        y = scale * np.add.reduce(np.absolute(wide / scale) ** p, axis=axis, keepdims=True) ** (1.0 / p)
        y = y.astype(np.result_type(x.dtype, np.float16), copy=False)
        return y if keepdims else np.squeeze(y, axis)

    def vjp(g: Any, x: Any, out: Any, p: float, axis: Any, keepdims: bool) -> Any:
        y = expanded(out, x.shape, axis, keepdims)
        g = expanded(g, x.shape, axis, keepdims)
        if p >= 2 and type(x) is np.ndarray and not (y == 0).any():
            return g * _signed_power(x / y, p - 1)
        flat = (x == 0) | (y == 0)
        ratio = np.where(flat, 1, np.absolute(x)) / np.where(flat, 1, y)
        return g * np.where(flat, 0, np.sign(x) * ratio ** (p - 1))


def _signed_power(x: Any, exponent: float) -> Any:
    """sign(x) |x|^exponent for exponents from 1 on, which is 0 at 0 by itself: a tenth of the time."""
    size = np.absolute(x)
    return x * (size if exponent == 2 else size ** (exponent - 1))


def _length_of_all(x: Any) -> Any:
    """The norm of all elements, or None where their squares overflow or vanish: half the time of the general way."""
    if type(x) is not np.ndarray or x.dtype == np.float16:
        return None
    flat = x.ravel(order="K")
    with np.errstate(over="ignore"):
        square = np.dot(flat, flat)
    return np.sqrt(square) if np.finfo(x.dtype).tiny < square < np.inf else None


def _is_moderate(y: Any) -> bool:
    """Whether squares on the way to these norms neither overflowed nor vanished."""
    return bool(y.size and y.min() > np.finfo(y.dtype).tiny ** 0.5 and y.max() < np.inf)


def _sum_of_squares(x: Any, axis: tuple[int, ...]) -> Any:
    if len(axis) < x.ndim:
        return np.add.reduce(x * x, axis=axis, keepdims=True)
    flat = x.ravel(order="K")
    return np.reshape(np.dot(flat, flat), (1,) * x.ndim)


def _scale(x: Any, axis: Any) -> Any:
    """The largest magnitude, or 1 where that is 0 or not finite."""
    largest = np.max(np.absolute(x), axis=axis, keepdims=True, initial=0)
    return np.where((largest > 0) & (largest < np.inf), largest, 1).astype(largest.dtype)


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
    values = _floating(x)
    rank = values.ndim
    if axis is None and (ord is None or (ord in ("fro", "f") and rank == 2) or (ord == 2 and rank == 1)):
        return EuclideanNorm.apply(values, axis=tuple(range(rank)), keepdims=keepdims)
    axes = normalize_axis_tuple(range(rank) if axis is None else as_axis(axis), rank)
    if len(axes) == 1:
        return _vector_norm(values, 2 if ord is None else ord, axes, keepdims)
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
    return _vector_norm(x, ord, axes, keepdims)


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


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} is no norm of vectors; use a number, inf or -inf")
    x = _floating(x)
    if ord == 2:
        return EuclideanNorm.apply(x, axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum(absolute(x), axis=axes, keepdims=keepdims)
    if ord == np.inf:
        return max(absolute(x), axis=axes, keepdims=keepdims)
    if ord == -np.inf:
        return min(absolute(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum((x != 0).astype(x.dtype), axis=axes, keepdims=keepdims)
    return PNorm.apply(x, p=ord, axis=axes, keepdims=keepdims)


# Of matrices: over which of the two axes the magnitudes are summed, and what is taken of the sums.
_OF_SUMS = {1: (0, max), -1: (0, min), np.inf: (1, max), -np.inf: (1, min)}
_OF_SINGULAR_VALUES = {2: max, -2: min, "nuc": sum}


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    x = _floating(x)
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


def _floating(x: Any) -> Any:
    """Integers as floats, so that their norm is one."""
    x = given(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)
