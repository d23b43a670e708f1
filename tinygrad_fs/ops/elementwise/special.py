"""Special functions that SciPy computes; it is asked for when one of them is first called."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.operands import as_floats
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["digamma", "erfinv", "i0", "lgamma", "polygamma"]


class Lgamma(Op):
    """y = ln |Gamma(x)|;  dy/dx = digamma(x)."""

    def forward(x: Any) -> Any:
        return _by_scipy("lgamma", "gammaln", x)

    def vjp(g: Any, x: Any) -> Any:
        return g * Polygamma.apply(x)


class Polygamma(Op):
    """y = the derivative of some order of digamma(x) = d/dx ln Gamma(x);  dy/dx = the next one.

    Of order n >= 1 it is (-1)^(n+1) n! zeta(n + 1, x), with Hurwitz' zeta function.
    """

    def forward(x: Any, *, order: int = 0) -> Any:
        if order == 0:
            return _by_scipy("digamma", "psi", x)
        return _by_scipy("polygamma", "zeta", x, order + 1.0) * ((-1.0) ** (order + 1) * math.factorial(order))

    def vjp(g: Any, x: Any, order: int) -> Any:
        return g * Polygamma.apply(x, order=order + 1)


class Erfinv(Op):
    """y = the inverse of erf;  dy/dx = sqrt(pi) / 2 e^(y^2)."""

    def forward(x: Any) -> Any:
        return _by_scipy("erfinv", "erfinv", x)

    def vjp(g: Any, out: Any) -> Any:
        return g * (0.5 * math.sqrt(math.pi)) * np.exp(out * out)


class BesselI(Op):
    """y = I_n(x), the modified Bessel function of the first kind;  dy/dx = (I_(n-1)(x) + I_(n+1)(x)) / 2.

    I_(-1) is I_1. NumPy has I_0 itself.
    """

    def forward(x: Any, *, order: int = 0) -> Any:
        if order == 0:
            return np.i0(x).astype(x.dtype, copy=False)
        return _by_scipy("i0", "iv", x, float(order))

    def vjp(g: Any, x: Any, order: int) -> Any:
        if order == 0:
            return g * BesselI.apply(x, order=1)
        return g * 0.5 * (BesselI.apply(x, order=order - 1) + BesselI.apply(x, order=order + 1))


def _by_scipy(asked: str, name: str, x: Any, *before: float) -> Any:
    """Call a function of scipy.special, which gives float32 for float16."""
    try:
        special = importlib.import_module("scipy.special")
    except ImportError:
        raise ImportError(f'{asked}: needs SciPy; pip install "tinygrad-fs[special]"') from None
    result = getattr(special, name)(*before, x)
    return result.astype(np.float16) if getattr(x, "dtype", None) == np.float16 else result


def lgamma(x: TensorLike) -> Tensor:
    """The natural logarithm of the absolute value of the gamma function.

    Raises
    ------
    ImportError
        If SciPy is missing: ``pip install "tinygrad-fs[special]"``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.lgamma(tg.tensor([1.0, 5.0])).round(4)  # doctest: +SKIP
    tensor([0.    , 3.1781])
    """
    return Lgamma.apply(x)


def digamma(x: TensorLike) -> Tensor:
    """The derivative of the logarithm of the gamma function.

    Raises
    ------
    ImportError
        If SciPy is missing: ``pip install "tinygrad-fs[special]"``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.digamma(tg.tensor([1.0, 2.0])).round(4)  # doctest: +SKIP
    tensor([-0.5772,  0.4228])
    """
    return Polygamma.apply(x)


def polygamma(n: int, x: TensorLike) -> Tensor:
    """The derivative of order `n` of `digamma`.

    Parameters
    ----------
    n : int
        From 0 on.
    x : array_like
        Of order 1 and more it is computed for positive values, and is nan for negative ones.

    Raises
    ------
    ValueError
        If `n` is negative.
    ImportError
        If SciPy is missing: ``pip install "tinygrad-fs[special]"``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.polygamma(1, tg.tensor([1.0, 2.0]))  # doctest: +SKIP
    tensor([1.6449341, 0.6449341])
    """
    if n < 0:
        raise ValueError(f"polygamma: the order n is {n}; it counts derivatives and starts at 0")
    return Polygamma.apply(x, order=int(n))


def erfinv(x: TensorLike) -> Tensor:
    """The inverse of the error function, for values between -1 and 1; infinite there, and nan beyond.

    Raises
    ------
    ImportError
        If SciPy is missing: ``pip install "tinygrad-fs[special]"``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.erfinv(tg.tensor([0.0, 0.5])).round(4)  # doctest: +SKIP
    tensor([0.    , 0.4769])
    """
    return Erfinv.apply(x)


def i0(x: TensorLike) -> Tensor:
    """The modified Bessel function of the first kind and order 0. Its derivatives are computed by SciPy.

    Raises
    ------
    BackwardError
        In backward, if SciPy is missing: ``pip install "tinygrad-fs[special]"``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.i0(tg.tensor([0.0, 1.0])).round(4)
    tensor([1.    , 1.2661])
    """
    return BesselI.apply(*as_floats(x))
