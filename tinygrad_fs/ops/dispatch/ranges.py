"""Ranges whose ends are Tensors: numbers at equal distances, or in equal proportions.

They are the rules for NumPy's functions; `tinygrad_fs.linspace` calls the first one for ends that are Tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import DTypeLike, alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.copying import astype
from tinygrad_fs.ops.operands import array_of, as_floats
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


class Linspace(Op):
    """z_i = x + t_i (y - x), where t_i = i / n;  dz_i/dx = 1 - t_i,  dz_i/dy = t_i."""

    broadcasts = True

    def forward(x: Any, y: Any, *, count: int, endpoint: bool) -> Any:
        return np.linspace(x, y, count, endpoint)

    def vjp_x(g: Any, count: int, endpoint: bool) -> Any:
        return np.sum(g * (1 - _shares(g, count, endpoint)), axis=0)

    def vjp_y(g: Any, count: int, endpoint: bool) -> Any:
        return np.sum(g * _shares(g, count, endpoint), axis=0)


class Geomspace(Op):
    """z_i = x (y / x)^t_i, where t_i = i / n;  dz_i/dx = (1 - t_i) z_i / x,  dz_i/dy = t_i z_i / y."""

    broadcasts = True

    def forward(x: Any, y: Any, *, count: int, endpoint: bool) -> Any:
        return np.geomspace(x, y, count, endpoint).astype(np.result_type(x, y), copy=False)

    def vjp_x(g: Any, x: Any, out: Any, count: int, endpoint: bool) -> Any:
        return np.sum(g * out * (1 - _shares(g, count, endpoint)), axis=0) / x

    def vjp_y(g: Any, y: Any, out: Any, count: int, endpoint: bool) -> Any:
        return np.sum(g * out * _shares(g, count, endpoint), axis=0) / y


def _shares(g: Any, count: int, endpoint: bool) -> Any:
    """How far along the way each number is, from 0 on: along the first axis of `g`."""
    shares = np.linspace(0, 1, count, endpoint).astype(g.dtype)
    return alongside(np.reshape(shares, (count,) + (1,) * (g.ndim - 1)), g)


def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Any:
    """``np.linspace``: numbers at equal distances from one end to the other; both ends have a gradient.

    Parameters
    ----------
    start, stop : array_like
        They broadcast.
    num : int, default 50
        How many.
    endpoint : bool, default True
        Whether `stop` is the last one.
    retstep : bool, default False
        Return the distance, too.
    dtype : dtype, optional
        Of the result; of integers it has no gradient.
    axis : int, default 0
        Where in the result the numbers are counted.

    Raises
    ------
    ValueError
        If `num` is negative or the shapes do not broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> high = tg.tensor(3.0, requires_grad=True)
    >>> points = np.linspace(1.0, high, 5)
    >>> points.sum().backward()
    >>> points.tolist(), high.grad.item()
    ([1.0, 1.5, 2.0, 2.5, 3.0], 2.5)
    """
    low, high = as_floats(start, stop)
    points: Any = Linspace.apply(low, high, count=num, endpoint=endpoint)
    points = _finished(points, dtype, axis)
    if not retstep:
        return points
    parts = num - 1 if endpoint else num
    return points, (high - low) / parts if parts > 0 else (high - low) * np.nan


def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: TensorLike = 10.0,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Tensor:
    """``np.logspace``: ``base ** linspace(start, stop)``, with gradients in both ends and in `base`.

    Parameters
    ----------
    start, stop, base : array_like
        They broadcast.
    num, endpoint, dtype, axis
        As in `linspace`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> np.logspace(tg.tensor(0.0, requires_grad=True), 2.0, 3).tolist()
    [1.0, 10.0, 100.0]
    """
    low, high, root = as_floats(start, stop, base)
    if root.ndim:
        rank = len(np.broadcast_shapes(low.shape, high.shape, root.shape))
        low, high, root = [np.reshape(each, (1,) * (rank - each.ndim) + each.shape) for each in (low, high, root)]
        root = np.expand_dims(root, axis)
    result: Tensor = _finished(np.power(root, linspace(low, high, num, endpoint, axis=axis)), dtype)
    return result


def geomspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Tensor:
    """``np.geomspace``: numbers in equal proportions from one end to the other; both ends have a gradient.

    Parameters
    ----------
    start, stop : array_like
        They broadcast. Both negative gives negative numbers.
    num, endpoint, dtype, axis
        As in `linspace`.

    Raises
    ------
    ValueError
        If an end is 0, or one is positive where the other is negative.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> np.geomspace(tg.tensor(1.0, requires_grad=True), 8.0, 4).round(3).tolist()
    [1.0, 2.0, 4.0, 8.0]
    """
    low, high = as_floats(start, stop)
    if (wrong := array_of(low) * array_of(high) <= 0).any():
        raise ValueError(
            f"geomspace: of the ends of shapes {low.shape} and {high.shape} {np.count_nonzero(wrong)} have no equal "
            "proportions between them; both must be positive, or both negative"
        )
    points: Tensor = _finished(Geomspace.apply(low, high, count=num, endpoint=endpoint), dtype, axis)
    return points


def _finished(points: Any, dtype: DTypeLike | None, axis: int = 0) -> Any:
    """The numbers along their axis, in their dtype: integers are rounded down."""
    if dtype is not None:
        points = astype(np.floor(points) if np.dtype(dtype).kind in "iu" else points, dtype, copy=False)
    return points if axis == 0 else np.moveaxis(points, 0, axis)
