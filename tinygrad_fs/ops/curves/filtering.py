"""Filters on sequences: convolution and correlation, as NumPy has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given, part
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["convolve", "correlate"]


class Convolve(Op):
    """y_k = sum over j of a_(k-j) v_j, where both reach;  da: y' by v backwards where all reaches, dv likewise."""

    def forward(a: Any, v: Any) -> Any:
        return np.convolve(a, v)

    def vjp_a(g: Any, v: Any) -> Any:
        return ConvolveInside.apply(g, v[::-1])

    def vjp_v(g: Any, a: Any) -> Any:
        return ConvolveInside.apply(g, a[::-1])


class ConvolveInside(Op):
    """y_k = sum over j of a_(k+m-1-j) v_j, the m of v all within a;  da: g by v backwards, dv: a backwards by g."""

    def forward(a: Any, v: Any) -> Any:
        return np.convolve(a, v, "valid")

    def vjp_a(g: Any, v: Any) -> Any:
        return Convolve.apply(g, v[::-1])

    def vjp_v(g: Any, a: Any) -> Any:
        return ConvolveInside.apply(a[::-1], g)


def convolve(a: TensorLike, v: TensorLike, mode: str = "full") -> Tensor:
    """Convolution of two sequences: y_k is the sum over j of ``a[k - j] * v[j]``.

    It is computed as it is written, as in NumPy: in the product of both lengths.

    Parameters
    ----------
    a, v : array_like with one axis
    mode : {"full", "same", "valid"}
        All k at which the sequences meet; the middle of these, as many as the longer one has; or those at which the
        shorter one is within the longer one.

    Raises
    ------
    ValueError
        If one has another number of axes or is empty, or `mode` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.convolve(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([0.0, 1.0, 0.5]))
    tensor([0. , 1. , 2.5, 4. , 1.5])
    """
    x, filters = _sequences("convolve", a, v, mode)
    if len(filters) > len(x):
        x, filters = filters, x
    return _convolved(x, filters, mode, (len(filters) - 1) // 2)


def correlate(a: TensorLike, v: TensorLike, mode: str = "valid") -> Tensor:
    """Correlation of two sequences: y_k is the sum over j of ``a[j + k] * v[j]``; parameters as in `convolve`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.correlate(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([0.0, 1.0, 0.5]))
    tensor([3.5])
    """
    x, filters = _sequences("correlate", a, v, mode)
    n, m = len(x), len(filters)
    filters = filters[::-1]
    if m > n:
        return _convolved(filters, x, mode, n // 2)
    return _convolved(x, filters, mode, (m - 1) // 2)


@in_float32
def _convolved(x: Any, filters: Any, mode: str, skipped: int) -> Tensor:
    """The convolution with what is not longer; "same" begins so far within the full one."""
    if mode == "valid":
        return ConvolveInside.apply(x, filters)
    full: Any = Convolve.apply(x, filters)
    return full if mode == "full" else part(full, 0, skipped, skipped + len(x))  # type: ignore[no-any-return]


def _sequences(name: str, a: Any, v: Any, mode: str) -> tuple[Any, Any]:
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode {mode!r} is unknown; use 'full', 'same' or 'valid'")
    sequences = []
    for sequence in (given(a), given(v)):
        sequence = np.reshape(sequence, (1,)) if sequence.ndim == 0 else sequence
        if sequence.ndim != 1 or not len(sequence):
            raise ValueError(f"{name}: a sequence has shape {sequence.shape}; it must have one axis, and not be empty")
        sequences.append(sequence)
    return sequences[0], sequences[1]
