"""The affine map of a dense layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["linear"]


class Linear(Op):
    """y = x w^T + b;  dx: g w,  dw: g^T x,  db: the sum of g over rows.

    An op of its own, since the product and the sum of three ops would each pass over memory once more.
    """

    def forward(x: Any, w: Any, b: Any = None) -> Any:
        if w.ndim != 2 or x.shape[-1:] != w.shape[1:] or (b is not None and b.shape != w.shape[:1]):
            raise ValueError(_misfit(np.shape(x), np.shape(w), None if b is None else np.shape(b)))
        y = np.matmul(x, w.T)
        if b is None:
            return y
        return np.add(y, b, out=y) if y.dtype == b.dtype else y + b

    def vjp_x(g: Any, w: Any) -> Any:
        return np.matmul(g, w)

    def vjp_w(g: Any, x: Any, shapes: Any) -> Any:
        units, features = shapes[1]
        return np.matmul(_rows(g, units).T, _rows(x, features))

    def vjp_b(g: Any, shapes: Any) -> Any:
        return np.add.reduce(_rows(g, shapes[2][0]), axis=0)


def _rows(x: Any, columns: int) -> Any:
    """All leading axes as one. Not by -1, which an empty batch does not determine."""
    if x.ndim == 2:
        return x
    return np.reshape(x, (x.size // columns if columns else 0, columns))


def _misfit(x: tuple[int, ...], w: tuple[int, ...], b: tuple[int, ...] | None) -> str:
    if len(w) != 2:
        return f"linear: the weight has shape {w}; it must be (out_features, in_features)"
    if x[-1:] != w[1:]:
        return f"linear: the last axis of the input {x} must have the {w[1]} in_features of the weight {w}"
    return f"linear: the bias has shape {b}; it must be ({w[0]},), one for each of the out_features"


def linear(x: TensorLike, w: TensorLike, b: TensorLike | None = None) -> Tensor:
    """Affine map ``x @ w.T + b`` of the last axis.

    Parameters
    ----------
    x : array_like
        Of shape (..., in_features).
    w : array_like
        Of shape (out_features, in_features).
    b : array_like, optional
        Of shape (out_features,).

    Returns
    -------
    Tensor
        Of shape (..., out_features).

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linear(tg.tensor([[1.0, 2.0]]), tg.tensor([[1.0, 1.0], [1.0, -1.0]]), tg.tensor([0.5, 0.0]))
    tensor([[ 3.5, -1. ]])
    """
    return Linear.apply(x, w, b)
