"""Making Tensors: constants and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, as_dtype, get_default_dtype
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["arange", "eye", "full", "full_like", "linspace", "ones", "ones_like", "zeros", "zeros_like"]

Shape: TypeAlias = "int | Sequence[int]"


def zeros(shape: Shape, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros of a shape.

    Parameters
    ----------
    shape : int or sequence of int
    dtype : dtype, optional
        The default dtype if not given.
    requires_grad : bool, default False

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.zeros((2, 2))
    tensor([[0., 0.],
            [0., 0.]])
    """
    return Tensor(np.zeros(shape, _dtype("zeros", shape, dtype)), requires_grad)


def ones(shape: Shape, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Ones of a shape; parameters as in `zeros`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ones(3)
    tensor([1., 1., 1.])
    """
    return Tensor(np.ones(shape, _dtype("ones", shape, dtype)), requires_grad)


def full(shape: Shape, fill_value: float, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """One value over a shape; parameters as in `zeros`.

    The dtype of an integer or a bool is NumPy's; that of a float is the default one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.full((2,), 0.5)
    tensor([0.5, 0.5])
    """
    if dtype is None and isinstance(fill_value, float):
        dtype = get_default_dtype()
    return Tensor(np.full(shape, fill_value, dtype), requires_grad)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from `start` in steps of `step` up to, but without, `stop`; from 0 up to `start` if it stands alone.

    Integers give int64, floats the default dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.arange(3)
    tensor([0, 1, 2])
    >>> tg.arange(0, 1, 0.25)
    tensor([0.  , 0.25, 0.5 , 0.75])
    """
    if stop is None:
        start, stop = 0, start
    values = np.arange(start, stop, step)
    if dtype is None and values.dtype.kind == "f":
        dtype = get_default_dtype()
    return Tensor(values, requires_grad, dtype)


def linspace(
    start: TensorLike, stop: TensorLike, num: int = 50, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """`num` numbers at equal distances from `start` to `stop`, both included.

    Ends that are Tensors have a gradient, as in ``np.linspace(t, u)``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.linspace(0, 1, 5)
    tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    points: Any = np.linspace(start, stop, num)  # type: ignore[arg-type]
    if isinstance(points, Tensor) and points.requires_grad:
        return points if dtype is None else points.astype(dtype, copy=False)
    return Tensor(points, requires_grad, dtype or get_default_dtype())


def eye(n: int, m: int | None = None, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal of an `n` by `m` matrix, `n` by `n` by default.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return Tensor(np.eye(n, m, dtype=dtype or get_default_dtype()), requires_grad)


def zeros_like(x: TensorLike, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and, if no other is given, the dtype of `x`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.zeros_like(tg.ones(2))
    tensor([0., 0.])
    """
    return Tensor(np.zeros_like(_array(x), dtype=dtype), requires_grad)


def ones_like(x: TensorLike, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and, if no other is given, the dtype of `x`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ones_like(tg.zeros(2))
    tensor([1., 1.])
    """
    return Tensor(np.ones_like(_array(x), dtype=dtype), requires_grad)


def full_like(x: TensorLike, fill_value: float, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """One value over the shape and, if no other is given, with the dtype of `x`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.full_like(tg.zeros(2), 7)
    tensor([7., 7.])
    """
    return Tensor(np.full_like(_array(x), fill_value, dtype=dtype), requires_grad)


def _array(x: TensorLike) -> Any:
    return x._data if isinstance(x, Tensor) else Tensor(x)._data


def _dtype(name: str, shape: Shape, dtype: DTypeLike | None) -> Any:
    if isinstance(dtype, int) and isinstance(shape, int):
        raise TypeError(f"{name}: the dtype is {dtype}; several sizes are one tuple, as in {name}(({shape}, {dtype}))")
    return get_default_dtype() if dtype is None else as_dtype(dtype)
