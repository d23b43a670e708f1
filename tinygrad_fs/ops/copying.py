"""Copies: the same values in new memory or in another dtype."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, as_dtype
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["astype", "clone"]

_F = TypeVar("_F", bound=Callable[..., Any])


class Clone(Op):
    """y = x in new memory;  dy/dx = 1."""

    def forward(x: Any) -> Any:
        return x.copy()

    def vjp(g: Any) -> Any:
        return g


class Cast(Op):
    """y = x in another floating dtype;  dy/dx = 1, in the dtype of x."""

    def forward(x: Any, *, to: Any) -> Any:
        return x.astype(to)

    def vjp(g: Any) -> Any:
        return g


def clone(x: TensorLike) -> Tensor:
    """A copy in new memory, through which gradients flow.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.clone(x)
    tensor([1., 2.], grad_fn=<Clone>)
    """
    return Clone.apply(x)


def astype(x: TensorLike, dtype: DTypeLike, copy: bool = True) -> Tensor:
    """A copy in another dtype. To a floating dtype gradients flow; to integers and bools they end.

    Parameters
    ----------
    x : array_like
    dtype : dtype
    copy : bool, default True
        Copy even if the dtype is the same; otherwise `x` itself is returned then.

    Raises
    ------
    TypeError
        If a Tensor cannot have that dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.astype(tg.tensor([1.5, 2.5]), "int64")
    tensor([1, 2])
    """
    to = as_dtype(dtype)
    if not copy and isinstance(x, (Tensor, np.ndarray)) and x.dtype == to:
        return x  # type: ignore[return-value]
    if isinstance(x, Tensor) and to.kind != "f":
        return Tensor._of(x._data.astype(to))
    return Cast.apply(x, to=to)


def in_float32(function: _F) -> _F:
    """Have `function` compute in float32 where its first argument is of float16, and give float16.

    Sums of many values, and squares of large ones, are beyond float16.
    """

    @functools.wraps(function)
    def widened(x: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(x, "dtype", None) != np.float16:
            return function(x, *args, **kwargs)
        return astype(function(astype(x, np.float32), *args, **kwargs), np.float16)

    return widened  # type: ignore[return-value]
