"""Triangles and diagonals of matrices."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.dtypes import DTypeLike, zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.reductions.reduction import sum as sum_of
from tinygrad_fs.ops.shape import ravel
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu"]


class Diagonal(Op):
    """y is a diagonal of the matrices in x;  dy/dx: the gradient on that diagonal, 0 elsewhere."""

    makes_view = True

    def forward(x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
        return x.diagonal(offset, axis1, axis2)

    def vjp(g: Any, shapes: Any, offset: int, axis1: int, axis2: int) -> Any:
        return OnDiagonal.apply(g, to=shapes[0], offset=offset, axis1=axis1, axis2=axis2)


class OnDiagonal(Op):
    """y has x on a diagonal and 0 elsewhere;  dy/dx: the diagonal of the gradient."""

    def forward(x: Any, *, to: Any, offset: int, axis1: int, axis2: int) -> Any:
        others = [size for axis, size in enumerate(to) if axis not in (axis1, axis2)]
        rows, columns = to[axis1], to[axis2]
        result = zeros_beside(x, (math.prod(others), rows * columns), x.dtype)
        first = max(offset, 0) - min(offset, 0) * columns
        result[:, first :: columns + 1][:, : x.shape[-1]] = np.reshape(x, (len(result), x.shape[-1]))
        result = np.reshape(result, (*others, rows, columns))
        in_place = (axis1, axis2) == (len(to) - 2, len(to) - 1)
        return result if in_place else np.moveaxis(result, (-2, -1), (axis1, axis2))

    def vjp(g: Any, offset: int, axis1: int, axis2: int) -> Any:
        return np.diagonal(g, offset, axis1, axis2)


def tril(x: TensorLike, k: int = 0) -> Tensor:
    """The lower triangle of the matrices in `x`: what is above the diagonal `k` becomes 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.tril(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 0.],
            [3., 4.]])
    """
    return _kept(x, _lower("tril", x, k))


def triu(x: TensorLike, k: int = 0) -> Tensor:
    """The upper triangle of the matrices in `x`: what is below the diagonal `k` becomes 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.triu(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 2.],
            [0., 4.]])
    """
    return _kept(x, ~_lower("triu", x, k - 1))


def _lower(name: str, x: TensorLike, k: int) -> Any:
    """Where the lower triangle is."""
    shape = np.shape(x)
    if not shape:
        raise ValueError(f"{name}: a 0-d tensor has no triangle; it needs two axes")
    return np.tri(shape[-2] if len(shape) > 1 else shape[-1], shape[-1], k, dtype=bool)


def _kept(x: Any, condition: Any) -> Tensor:
    result: Any = np.where(condition, x, 0)
    return cast(Tensor, result)


def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of the matrices along two axes, as the last axis of the result.

    Parameters
    ----------
    x : array_like
        With two axes or more.
    offset : int, default 0
        Above the main diagonal, or below it where negative.
    axis1, axis2 : int, default 0 and 1
        The rows and the columns of the matrices.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes, or the two are the same.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.diagonal(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    tensor = given(x)
    if tensor.ndim < 2:
        raise ValueError(f"diagonal: a tensor of shape {tensor.shape} has no diagonal; it needs two axes")
    rows, columns = (normalize_axis_index(axis, tensor.ndim) for axis in (axis1, axis2))
    return Diagonal.apply(tensor, offset=int(offset), axis1=rows, axis2=columns)


def diag(x: TensorLike, k: int = 0) -> Tensor:
    """The diagonal `k` of a matrix, or the matrix with a vector on its diagonal `k`.

    Raises
    ------
    ValueError
        If `x` is neither a vector nor a matrix.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.diag(tg.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    >>> tg.diag(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    tensor = given(x)
    if tensor.ndim == 1:
        size = tensor.shape[0] + abs(k)
        return OnDiagonal.apply(tensor, to=(size, size), offset=int(k), axis1=0, axis2=1)
    if tensor.ndim == 2:
        return diagonal(tensor, k)
    raise ValueError(
        f"diag: a tensor of shape {tensor.shape} is no vector and no matrix; use diagonal for stacks of them"
    )


def diagflat(x: TensorLike, k: int = 0) -> Tensor:
    """The matrix with the flattened tensor on its diagonal `k`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.diagflat(tg.tensor([[1.0], [2.0]]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    return diag(ravel(x), k)


def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DTypeLike | None = None) -> Tensor:
    """The sum of a diagonal, cast to `dtype` first if one is given; parameters and errors as in `diagonal`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.trace(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    return sum_of(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype)
