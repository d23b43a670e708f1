"""Polynomials through points, by least squares."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tinygrad_fs.ops.curves.polynomials import vander
from tinygrad_fs.ops.linear_algebra.solving import inv, lstsq
from tinygrad_fs.ops.operands import array_of, as_floats
from tinygrad_fs.tensor import TensorLike

__all__ = ["polyfit"]


def polyfit(
    x: TensorLike,
    y: TensorLike,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: TensorLike | None = None,
    cov: bool | str = False,
) -> Any:
    """The polynomial of degree `deg` that comes nearest to points: the sum of ``(w (y - p(x)))**2`` is the least.

    Places, samples and weights have gradients.

    Parameters
    ----------
    x : array_like of shape (n,)
        Where the samples were taken.
    y : array_like of shape (n,) or (n, k)
        The samples, or k sets of them.
    deg : int
    rcond : float, optional
        As in `linalg.lstsq`; n times the machine precision by default.
    full : bool, default False
        Return what `linalg.lstsq` found out, too.
    w : array_like of shape (n,), optional
        Weights of the differences, not of their squares.
    cov : bool or "unscaled", default False
        Return the covariances of the coefficients, too: scaled so that the mean square difference, over the degrees of
        freedom, is 1, or as the weights are.

    Returns
    -------
    p : Tensor of shape (deg + 1,) or (deg + 1, k)
        The coefficients, the highest power first.
    residuals, rank, s, rcond
        Only if `full`.
    covariances : Tensor of shape (deg + 1, deg + 1) or (deg + 1, deg + 1, k)
        Only if `cov` and not `full`.

    Raises
    ------
    ValueError
        If `deg` is negative, shapes do not fit, or there are no degrees of freedom to scale covariances by.

    Warns
    -----
    numpy.exceptions.RankWarning
        If several polynomials come as near, unless `full`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> y = tg.tensor([1.0, 3.0, 7.0, 13.0], requires_grad=True)    # x^2 + x + 1
    >>> p = tg.polyfit([0.0, 1.0, 2.0, 3.0], y, 2)
    >>> p.data.round(3)
    array([1., 1., 1.], dtype=float32)
    """
    places, samples, *weights = as_floats(x, y, *([] if w is None else [w]))
    _check_shapes(places, samples, deg, *weights)
    columns: Any = vander(places, deg + 1)
    for weight in weights:
        columns = columns * weight[:, None]
        samples = samples * np.reshape(weight, (-1,) + (1,) * (samples.ndim - 1))
    # The coefficients do not depend on the scale of the columns; the singular values, which `full` asks for, do.
    scaled = columns if full else array_of(columns)
    scale = np.sqrt(np.sum(scaled * scaled, axis=0))
    if rcond is None:
        rcond = len(places) * float(np.finfo(places.dtype).eps)
    found = lstsq(columns / scale, samples, rcond)
    p = found.x / np.reshape(scale, (-1,) + (1,) * (samples.ndim - 1))
    if full:
        return p, found.residuals, found.rank, found.s, rcond
    if found.rank != deg + 1:
        warnings.warn("polyfit: several polynomials come as near", np.exceptions.RankWarning, stacklevel=2)
    return (p, _covariances(columns, found.residuals, samples.ndim, cov)) if cov else p


def _covariances(columns: Any, residuals: Any, ndim: int, cov: bool | str) -> Any:
    scale = np.sqrt(np.sum(columns * columns, axis=0))
    normed = columns / scale
    covariances: Any = inv(normed.T @ normed) / np.outer(scale, scale)
    factor: Any = 1.0
    if cov != "unscaled":
        points, order = columns.shape
        if points <= order:
            raise ValueError(
                f"polyfit: {points} points leave no degrees of freedom to {order} coefficients; use cov='unscaled'"
            )
        factor = residuals / (points - order)
    return covariances * factor if ndim == 1 else covariances[:, :, None] * factor


def _check_shapes(x: Any, y: Any, deg: int, *weights: Any) -> None:
    if deg < 0:
        raise ValueError(f"polyfit: the degree is {deg}; it must not be negative")
    if x.ndim != 1 or not len(x):
        raise ValueError(f"polyfit: x has shape {x.shape}; it must have one axis, and not be empty")
    if y.ndim not in (1, 2) or len(y) != len(x):
        raise ValueError(f"polyfit: y of shape {y.shape} does not fit x of shape {x.shape}; it is (n,) or (n, k)")
    for weight in weights:
        if array_of(weight).shape != x.shape:
            raise ValueError(f"polyfit: weights of shape {weight.shape} do not fit x of shape {x.shape}")
