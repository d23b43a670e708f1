"""Covariances and correlation coefficients of variables."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.joining import concatenate
from tinygrad_fs.ops.arranging.triangles import diagonal
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import astype, in_float32
from tinygrad_fs.ops.elementwise.choice import clip
from tinygrad_fs.ops.elementwise.roots import sqrt
from tinygrad_fs.ops.linear_algebra.products import matmul
from tinygrad_fs.ops.operands import array_of, constant_of
from tinygrad_fs.ops.reductions.statistics import average
from tinygrad_fs.ops.shape import reshape, squeeze
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["corrcoef", "cov"]


class Gram(Op):
    """y = x x^T, the products of all rows of a matrix;  dy/dx = (g + g^T) x.

    An op of its own for its speed: a product of x with itself would be differentiated twice.
    """

    def forward(x: Any) -> Any:
        return np.matmul(x, np.swapaxes(x, 0, 1))

    def vjp(g: Any, x: Any) -> Any:
        return np.matmul(g + np.swapaxes(g, 0, 1), x)


def cov(
    m: TensorLike,
    y: TensorLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: TensorLike | None = None,
    aweights: TensorLike | None = None,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Covariances of variables: the mean product of the deviations of two from their means.

    Parameters
    ----------
    m : array_like with one or two axes
        A variable per row, an observation per column.
    y : array_like, optional
        More variables with the same observations.
    rowvar : bool, default True
        False for a variable per column.
    bias : bool, default False
        Divide by the number n of observations instead of ``n - 1``.
    ddof : int, optional
        Divide by ``n - ddof``, whatever `bias` says.
    fweights : array_like of int, optional
        How often each observation occurs; constants.
    aweights : array_like, optional
        How much each observation counts; they have a gradient.
    dtype : dtype, optional
        Cast to it first. float32 stays, where NumPy gives float64.

    Returns
    -------
    Tensor
        A matrix; 0-d for one variable. Where there are no more than `ddof` observations, inf or nan, with a warning.

    Raises
    ------
    ValueError
        If there are more than two axes, or weights are negative or of another length.
    TypeError
        If `fweights` are no integers or require grad.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cov(tg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    x = _variables("cov", m, rowvar, dtype)
    if y is not None:
        x = concatenate([x, _variables("cov", y, rowvar, dtype)])
    if ddof is None:
        ddof = 0 if bias else 1
    covariances: Tensor = _covariances(x, _weights(x, fweights, aweights), ddof, aweights)
    return covariances


def corrcoef(
    x: TensorLike, y: TensorLike | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None
) -> Tensor:
    """Correlation coefficients of variables: their covariances, divided by the standard deviations of both.

    Parameters and errors are those of `cov`. For one variable it is 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.corrcoef(tg.tensor([[0.0, 1.0, 2.0], [4.0, 2.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c: Any = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c  # type: ignore[no-any-return]
    spread: Any = sqrt(diagonal(c))
    return clip(c / reshape(spread, (-1, 1)) / spread, -1, 1)


@in_float32
def _covariances(x: Any, weights: Any, ddof: int, aweights: Any) -> Any:
    n = x.shape[1]
    if weights is None:
        means, freedom = np.mean(x, axis=1, keepdims=True), n - ddof
    else:
        weights = astype(weights, x.dtype, copy=False)
        means = average(x, 1, weights, keepdims=True)
        total: Any = np.sum(weights)
        lost = ddof if aweights is None or not ddof else ddof * np.sum(weights * given(aweights)) / total
        freedom = total - lost
    if array_of(freedom) <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=4)
        freedom = 0.0
    deviations = x - means
    if weights is None:
        products: Any = Gram.apply(deviations)
    else:
        products = matmul(deviations, np.swapaxes(deviations * weights, 0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return squeeze(products * np.true_divide(1, freedom))


def _variables(name: str, x: Any, rowvar: bool, dtype: Any) -> Any:
    """Rows of observations."""
    x = given(x)
    if x.ndim > 2:
        raise ValueError(f"{name}: the variables have shape {x.shape}; it must have at most 2 axes")
    wanted = dtype if dtype is not None else x.dtype if x.dtype.kind == "f" else np.float64
    x = astype(x, wanted, copy=False)
    if x.ndim < 2:
        return np.reshape(x, (1, -1))
    return x if rowvar else np.swapaxes(x, 0, 1)


def _weights(x: Any, fweights: Any, aweights: Any) -> Any:
    """What each observation counts for, or None."""
    if fweights is not None:
        fweights = np.asarray(constant_of("cov: fweights", fweights), float)
        if not np.all(fweights == np.round(fweights)):
            raise TypeError("cov: fweights say how often observations occur, and must be integers")
    found: Any = None
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is None:
            continue
        weights, n = alongside(given(weights), x), x.shape[1]
        if weights.shape != (n,):
            raise ValueError(f"cov: {name} have shape {weights.shape}; there must be one for each of {n} observations")
        if (array_of(weights) < 0).any():
            raise ValueError(f"cov: {name} must not be negative")
        found = weights if found is None else found * weights
    return found
