"""Products of many matrices. Public in `tinygrad_fs.linalg`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.elementwise.choice import where
from tinygrad_fs.ops.linear_algebra.matrices import LinAlgError, check_square, on_diagonal
from tinygrad_fs.ops.linear_algebra.products import matmul
from tinygrad_fs.ops.linear_algebra.solving import inv
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


def matrix_power(a: TensorLike, n: int) -> Tensor:
    """A square matrix to an integer power, by repeated squaring.

    Parameters
    ----------
    a : array_like
        Of shape (..., k, k).
    n : int
        A negative power is one of the inverse. The power 0 is the identity, with gradient 0.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    numpy.linalg.LinAlgError
        If the matrices are not square, or `n` is negative and one is singular.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.matrix_power(tg.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    check_square("matrix_power", a, decomposed=False)
    if not isinstance(n, (int, np.integer)):
        raise TypeError(f"matrix_power: the power is {n!r}; it must be an integer")
    if n == 0:
        base: Any = given(a)
        return where(np.zeros((), bool), base, on_diagonal(base.shape[-1], base).astype(base.dtype))
    if n == 1:
        return clone(a)
    square, rest = inv(a) if n < 0 else a, abs(int(n))
    result: Any = None
    while True:
        if rest % 2:
            result = square if result is None else matmul(result, square)
        rest //= 2
        if not rest:
            return result  # type: ignore[no-any-return]
        square = matmul(square, square)


def multi_dot(arrays: Sequence[TensorLike]) -> Tensor:
    """The product of several matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    arrays : sequence of array_like
        At least two. The first may be a vector, which is a row, and the last one, which is a column; the others
        are matrices.

    Raises
    ------
    ValueError
        If there are fewer than two, or the sizes do not fit.
    numpy.linalg.LinAlgError
        If a factor in between is not a matrix.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linalg.multi_dot([tg.ones((10, 100)), tg.ones((100, 5)), tg.ones((5, 50))]).shape
    (10, 50)
    """
    factors = list(arrays)
    shapes = [np.shape(each) for each in factors]
    if len(factors) < 2:
        raise ValueError(f"multi_dot: {len(factors)} matrices were given; a product takes at least two")
    for position, shape in enumerate(shapes):
        if len(shape) != 2 and not (len(shape) == 1 and position in (0, len(shapes) - 1)):
            raise LinAlgError(f"multi_dot: matrix {position} has shape {shape}; it must have two axes")
    rows = [shape[0] if len(shape) == 2 else 1 for shape in shapes]
    rows[-1] = shapes[-1][0]
    sizes = [*rows, shapes[-1][1] if len(shapes[-1]) == 2 else 1]
    product: Tensor = _product(factors, _best_splits(sizes), 0, len(factors) - 1)
    return product


def _product(factors: list[Any], splits: dict[tuple[int, int], int], first: int, last: int) -> Any:
    """The product of the factors from `first` to `last`, split where it costs least."""
    if first == last:
        return factors[first]
    split = splits[first, last]
    return matmul(_product(factors, splits, first, split), _product(factors, splits, split + 1, last))


def _best_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split every part of a chain of matrices, by dynamic programming (Cormen et al., chapter 15.2)."""
    count = len(sizes) - 1
    costs = {(i, i): 0 for i in range(count)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            costs[first, last], splits[first, last] = min(
                (costs[first, k] + costs[k + 1, last] + sizes[first] * sizes[k + 1] * sizes[last + 1], k)
                for k in range(first, last)
            )
    return splits
