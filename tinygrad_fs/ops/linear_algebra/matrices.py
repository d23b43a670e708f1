"""What the ops on matrices share: transposes, triangles and checks. A matrix is the last two axes of an array."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor

LinAlgError = np.linalg.LinAlgError


def transposed(x: Any) -> Any:
    """Every matrix transposed."""
    return np.swapaxes(x, -1, -2)


def on_diagonal(n: int, like: Any) -> Any:
    """Where an n by n matrix has its diagonal, as the kind of array that `like` is."""
    flat = np.zeros_like(array_of(like), shape=n * n, dtype=bool)
    flat[:: n + 1] = True
    return flat.reshape(n, n)


def in_triangle(n: int, lower: bool, like: Any, diagonal: bool = True) -> Any:
    """Where an n by n matrix has its lower or upper triangle, as the kind of array that `like` is."""
    full = np.ones_like(array_of(like), shape=(n, n), dtype=bool)
    return np.tril(full, 0 if diagonal else -1) if lower else np.triu(full, 0 if diagonal else 1)


def triangle(x: Any, lower: bool, diagonal: bool = True) -> Any:
    """The matrices with 0 outside of their lower or upper triangle."""
    return np.where(in_triangle(x.shape[-1], lower, x, diagonal), x, 0)


def onto_triangle(g: Any, lower: bool) -> Any:
    """The gradient of a function of a symmetric matrix that reads one triangle of it.

    Each entry beside the diagonal stands for two, and takes the gradients of both.
    """
    return np.where(on_diagonal(g.shape[-1], g), g, triangle(g + transposed(g), lower))


def mirrored(a: Any) -> Any:
    """The symmetric matrix of which `a` holds the lower triangle."""
    return np.where(in_triangle(a.shape[-1], True, a), a, transposed(a))


def as_columns(x: Any, vector: bool) -> Any:
    """A right-hand side as a matrix, also if it is a vector."""
    return np.expand_dims(x, -1) if vector else x


def check_matrices(name: str, a: Any, *, decomposed: bool = True) -> None:
    """Raise unless the last two axes of `a` form matrices, of a dtype that can be `decomposed` if they are to be."""
    if np.ndim(a) < 2:
        raise LinAlgError(f"{name}: shape {np.shape(a)} has no two axes that form a matrix")
    if decomposed and getattr(a, "dtype", None) == np.float16:
        raise TypeError(f"{name}: float16 is too coarse for it, and NumPy refuses it; use .astype('float32')")


def check_square(name: str, a: Any, *, decomposed: bool = True) -> None:
    """As `check_matrices`, and the matrices must be square."""
    shape = np.shape(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise LinAlgError(f"{name}: shape {shape}: the last two axes must form square matrices")
    check_matrices(name, a, decomposed=decomposed)


def is_used(g: Any) -> bool:
    """Whether anything depends on the output whose gradient `g` is; that of an unused output is 0."""
    return g.size > 0 and ((isinstance(g, Tensor) and g.requires_grad) or bool(np.any(g)))


def inverse_gaps(values: Any, name: str, what: str) -> Any:
    """The matrix of 1 / (values[j] - values[i]), with 0 on the diagonal and nan where the values are equal.

    Where they agree to rounding, the vectors that belong to them are any basis of a common space, and have no
    derivative.
    """
    gaps = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    same = on_diagonal(values.shape[-1], values)
    equal = is_negligible(gaps, values) & ~same
    if np.any(equal):
        warn_of_nan(name, f"equal {what}")
    return np.where(same, 0, np.where(equal, np.nan, 1.0 / np.where(equal | same, 1, gaps)))


def is_negligible(x: Any, values: Any) -> Any:
    """Where entries of the matrices `x` are 0 to the rounding of `values`, which are eigenvalues or the like."""
    x, values = map(array_of, (x, values))
    scale = np.max(np.absolute(values), axis=-1, keepdims=True, initial=0)
    return np.absolute(x) <= values.shape[-1] * np.finfo(values.dtype).eps * np.expand_dims(scale, -1)


def warn_of_nan(name: str, why: str) -> None:
    """Tell that a gradient is nan since it does not exist."""
    warnings.warn(
        f"{name}: a matrix has {why}, so that its vectors are not unique and their gradient does not exist: it is nan. "
        "The gradient of the values alone does exist",
        RuntimeWarning,
        stacklevel=2,
    )
