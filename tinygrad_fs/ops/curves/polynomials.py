"""Polynomials by their coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.operands import as_floats
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["polyval", "vander"]


class PolyVal(Op):
    """y = p_0 x^n + ... + p_(n-1) x + p_n;  dp_i = sum of g x^(n-i), dx = the derived polynomial."""

    def forward(p: Any, x: Any) -> Any:
        y = np.zeros_like(x, dtype=np.result_type(p, x), order="C") + p[0]
        for i in range(1, len(p)):
            y *= x
            y += p[i]
        return y

    def vjp_p(g: Any, x: Any, shapes: Any) -> Any:
        return PowerSums.apply(g, x, count=shapes[0][0])

    def vjp_x(g: Any, p: Any, x: Any) -> Any:
        return g * _slope(p, x)


class PowerSums(Op):
    """y_i = sum of w x^(n-1-i), i < n;  dw = the polynomial g at x,  dx = w times its slope."""

    def forward(w: Any, x: Any, *, count: int) -> Any:
        y = np.empty_like(w, shape=(count,))
        powers = w.copy()
        for i in reversed(range(count)):
            y[i] = np.add.reduce(powers, axis=None)
            if i:
                powers *= x
        return y

    def vjp_w(g: Any, x: Any) -> Any:
        return PolyVal.apply(g, x)

    def vjp_x(g: Any, w: Any, x: Any) -> Any:
        return w * _slope(g, x)


class Vander(Op):
    """y_(k, j) = x_k^j, or from the highest power down;  dx_k = sum over j of g_(k, j) j x_k^(j-1)."""

    def forward(x: Any, *, count: int, increasing: bool) -> Any:
        return np.vander(x, count, increasing).astype(x.dtype, copy=False)  # NumPy gives float64

    def vjp(g: Any, x: Any, count: int, increasing: bool) -> Any:
        if count < 2:
            return np.zeros_like(x)
        exponents = np.arange(1, count) if increasing else np.arange(count - 1, 0, -1)
        weighted = (g[:, 1:] if increasing else g[:, :-1]) * alongside(exponents.astype(g.dtype), g)
        return np.sum(weighted * Vander.apply(x, count=count - 1, increasing=increasing), axis=1)


def _slope(p: Any, x: Any) -> Any:
    """The derived polynomial at x."""
    if len(p) < 2:
        return np.zeros_like(x)
    return PolyVal.apply(p[:-1] * alongside(np.arange(len(p) - 1, 0, -1).astype(p.dtype), p), x)


def polyval(p: TensorLike, x: TensorLike) -> Tensor:
    """The polynomial with coefficients `p`, the highest power first, at `x`, by Horner's scheme.

    Parameters
    ----------
    p : array_like with one axis
    x : array_like
        Of any shape.

    Raises
    ------
    ValueError
        If `p` has another number of axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> y = tg.polyval([3.0, 0.0, 1.0], x)            # 3 x^2 + 1
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([4.0, 13.0], [6.0, 12.0])
    """
    coefficients, values = given(p), given(x)
    if coefficients.dtype.kind == "f" or values.dtype.kind == "f":
        coefficients, values = as_floats(p, x)
    if coefficients.ndim != 1:
        raise ValueError(f"polyval: the coefficients have shape {coefficients.shape}; they must have one axis")
    if not len(coefficients):
        nothing: Any = np.zeros_like(values)
        return nothing  # type: ignore[no-any-return]
    return PolyVal.apply(coefficients, values)


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803 (NumPy's name)
    """Powers of the values in rows: ``x ** (N - 1), ..., x, 1``.

    Parameters
    ----------
    x : array_like with one axis
    N : int, optional
        How many powers; as many as values by default.
    increasing : bool, default False
        From the lowest power up.

    Raises
    ------
    ValueError
        If `x` has another number of axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.vander(tg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([[1., 1.],
            [2., 1.],
            [3., 1.]])
    """
    values = given(x)
    if values.ndim != 1:
        raise ValueError(f"vander: x has shape {values.shape}; it must have one axis")
    return Vander.apply(values, count=len(values) if N is None else N, increasing=increasing)
