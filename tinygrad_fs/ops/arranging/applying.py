"""The user's function applied along an axis, or over several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.ops.arranging.joining import stack, unstack
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.shape import expand_dims, moveaxis, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["apply_along_axis", "apply_over_axes"]


def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: TensorLike, *args: Any, **kwargs: Any) -> Tensor:
    """What a function makes of each line along an axis; the axes of its result take the place of that one.

    It is called once for each line: for functions that take `axis=` themselves, that is faster.

    Parameters
    ----------
    func1d : callable
        Takes a tensor with one axis, and gives a tensor, or a number.
    axis : int
    arr : array_like
    *args, **kwargs
        Further arguments of the function.

    Raises
    ------
    ValueError
        If there are no lines, or the results have different shapes.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.apply_along_axis(lambda line: line @ line, 0, x)
    tensor([10., 20.])
    """
    values = given(arr)
    number = normalize_axis_index(axis, values.ndim)
    lines = moveaxis(values, number, -1)
    around = lines.shape[:-1]
    if 0 in around:
        raise ValueError(f"apply_along_axis: a tensor of shape {values.shape} has no lines along axis {axis}")
    results = [func1d(line, *args, **kwargs) for line in unstack(reshape(lines, (-1, lines.shape[-1])))]
    stacked = stack(results)
    its_axes = np.arange(stacked.ndim - 1)
    result = reshape(stacked, around + stacked.shape[1:])
    return moveaxis(result, tuple(len(around) + its_axes), tuple(number + its_axes))


def apply_over_axes(func: Callable[..., Any], a: TensorLike, axes: int | Sequence[int]) -> Tensor:
    """Call ``func(x, axis)`` for one axis after the other, each time with its result, which keeps all axes.

    Parameters
    ----------
    func : callable
        Its result has as many axes as its argument, or one less, which comes back with size 1.
    a : array_like
    axes : int or sequence of int

    Raises
    ------
    ValueError
        If a result has another number of axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.apply_over_axes(tg.sum, tg.ones((2, 3, 4)), [0, 2]).tolist()
    [[[8.0], [8.0], [8.0]]]
    """
    values: Any = given(a)
    ndim = values.ndim
    for axis in np.atleast_1d(np.asarray(axes)).tolist():
        number = normalize_axis_index(axis, ndim)
        result = func(values, number)
        if np.ndim(result) == ndim - 1:
            result = expand_dims(result, number)
        if np.ndim(result) != ndim:
            raise ValueError(
                f"apply_over_axes: of shape {values.shape} the function made {np.shape(result)}; it must keep the "
                "number of axes, or take the given one away"
            )
        values = result
    return cast(Tensor, values)
