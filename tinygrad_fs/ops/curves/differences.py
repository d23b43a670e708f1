"""Differences of samples, and the area under them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.dtypes import alongside, as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given, part, resized
from tinygrad_fs.ops.copying import astype, clone
from tinygrad_fs.ops.reductions.reduction import Sum, sum
from tinygrad_fs.ops.shape import reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["diff", "ediff1d", "trapezoid"]


class Step(Op):
    """y_i = x_(i+1) - x_i along an axis;  dx_i = g_(i-1) - g_i.

    An op of its own for its speed: as a compound it would be three nodes.
    """

    def forward(x: Any, *, axis: int) -> Any:
        return np.subtract(part(x, axis, 1), part(x, axis, 0, -1))

    def vjp(g: Any, shapes: Any, axis: int) -> Any:
        return StepBack.apply(g, axis=axis, size=shapes[0][axis])


class StepBack(Op):
    """y_i = x_(i-1) - x_i along an axis, where x is 0 beyond the ends;  dx_i = g_(i+1) - g_i."""

    def forward(x: Any, *, axis: int, size: int) -> Any:
        y = np.empty_like(x, shape=resized(x.shape, axis, size), order="C")
        if size < 2:
            y[...] = 0
            return y
        np.negative(part(x, axis, 0, 1), out=part(y, axis, 0, 1))
        np.subtract(part(x, axis, 0, -1), part(x, axis, 1), out=part(y, axis, 1, -1))
        part(y, axis, -1)[...] = part(x, axis, -1)
        return y

    def vjp(g: Any, axis: int) -> Any:
        return Step.apply(g, axis=axis)


class Reach(Op):
    """y_i = (x_(i+1) - x_(i-1)) / 2, beyond the ends x_0 and x_n times `ends`;  dx: the negative, with other `ends`.

    With ends 1 it is how much of the axis each place stands for in the trapezoidal rule.
    """

    def forward(x: Any, *, axis: int, ends: int = 1) -> Any:
        if x.shape[axis] < 2:
            return np.zeros_like(x)
        first, last = part(x, axis, 0, 1), part(x, axis, -1)
        y = np.empty_like(x)
        np.subtract(part(x, axis, 2), part(x, axis, 0, -2), out=part(y, axis, 1, -1))
        np.subtract(part(x, axis, 1, 2), ends * first, out=part(y, axis, 0, 1))
        np.subtract(ends * last, part(x, axis, -2, -1), out=part(y, axis, -1))
        y *= 0.5
        return y

    def vjp(g: Any, axis: int, ends: int) -> Any:
        return -Reach.apply(g, axis=axis, ends=-ends)


class EvenTrapezoid(Op):
    """y = x_0 / 2 + x_1 + ... + x_(n-1) + x_n / 2 along an axis, n >= 1;  dy/dx = 1, and 1/2 at the ends."""

    def forward(x: Any, *, axis: int) -> Any:
        ends = 0.5 * (part(x, axis, 0, 1) + part(x, axis, -1))
        return Sum.forward(part(x, axis, 1, -1), axis=axis) + ends.squeeze(axis)

    def vjp(g: Any, shapes: Any, axis: int) -> Any:
        along = np.expand_dims(g, axis)
        if type(g) is not np.ndarray:
            return along * _ends_halved(g, shapes[0], axis)
        result = np.broadcast_to(along, shapes[0]).copy()  # a quarter of the time of the product
        for end in (part(result, axis, 0, 1), part(result, axis, -1)):
            end *= 0.5
        return result


def _ends_halved(g: Any, shape: tuple[int, ...], axis: int) -> Any:
    weights = np.ones((shape[axis], *[1] * (len(shape) - axis - 1)), g.dtype)
    weights[[0, -1]] = 0.5
    return alongside(weights, g)


def diff(
    x: TensorLike,
    n: int = 1,
    axis: int = -1,
    prepend: TensorLike | None = None,
    append: TensorLike | None = None,
) -> Tensor:
    """Difference of each value from the one before it along `axis`, taken `n` times.

    Parameters
    ----------
    x : array_like
    n : int, default 1
        How many times; 0 gives the values themselves.
    axis : int, default -1
    prepend, append : array_like, optional
        What to join to `x` at the beginning and at the end before differences are taken: a number, or a tensor
        of the shape of `x` but for `axis`.

    Returns
    -------
    Tensor
        Shorter by `n` along `axis`. Of bools it tells where they change.

    Raises
    ------
    ValueError
        If `n` is negative or `x` is 0-d.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.diff(tg.tensor([1.0, 4.0, 9.0]), prepend=0)
    tensor([1., 3., 5.])
    """
    values = given(x)
    if n < 0:
        raise ValueError(f"diff: n is {n}; it must not be negative")
    if values.ndim == 0:
        raise ValueError("diff: x is 0-d; it needs at least one axis")
    along = normalize_axis_index(axis, values.ndim)
    if n == 0:
        return clone(values)
    pieces = [_end(end, values, along) for end in (prepend, append) if end is not None]
    if pieces:
        pieces.insert(0 if prepend is None else 1, values)
        values = np.concatenate(pieces, axis=along)
    for _ in range(n):
        if values.dtype == bool:
            values = part(values, along, 1) != part(values, along, 0, -1)
        else:
            values = Step.apply(values, axis=along)
    return values  # type: ignore[no-any-return]


def ediff1d(x: TensorLike, to_end: TensorLike | None = None, to_begin: TensorLike | None = None) -> Tensor:
    """Differences of neighbours in the flattened tensor, with `to_begin` in front of them and `to_end` behind.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ediff1d(tg.tensor([1.0, 4.0, 9.0]), to_begin=0.0)
    tensor([0., 3., 5.])
    """
    values: Any = given(x)
    steps: Any = diff(values if values.ndim == 1 else reshape(values, -1))
    begin, end = ([] if each is None else [np.reshape(_beside(each, steps), (-1,))] for each in (to_begin, to_end))
    result: Any = np.concatenate([*begin, steps, *end]) if begin or end else steps
    return result  # type: ignore[no-any-return]


def trapezoid(y: TensorLike, x: TensorLike | None = None, dx: TensorLike = 1.0, axis: int = -1) -> Tensor:
    """Area under samples along `axis`, by the trapezoidal rule: the sum of ``(x_i+1 - x_i) * (y_i + y_i+1) / 2``.

    Parameters
    ----------
    y : array_like
        The samples.
    x : array_like, optional
        Where they were taken: of one axis, or of a shape that broadcasts with that of `y`. It has a gradient too.
    dx : array_like, default 1.0
        How far they are apart, if `x` is not given.
    axis : int, default -1

    Raises
    ------
    ValueError
        If the numbers of samples and of places differ.
    numpy.exceptions.AxisError
        If the axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.trapezoid(tg.tensor([1.0, 2.0, 3.0]), x=tg.tensor([4.0, 6.0, 8.0]))
    tensor(8.)
    """
    samples = given(y)
    along = normalize_axis_index(axis, samples.ndim)
    n = samples.shape[along]
    if x is not None:
        places = given(x)
        alone = places.ndim == 1  # along the one axis, whatever the others
        line = 0 if alone else normalize_axis_index(axis, places.ndim)
        if places.shape[line] != n:
            raise ValueError(
                f"trapezoid: y has shape {samples.shape} and x {places.shape}: along axis {axis} there must be as many "
                "places as samples"
            )
        weights: Any = Reach.apply(places if places.dtype.kind == "f" else astype(places, np.float64), axis=line)
        if alone:
            weights = np.reshape(weights, (-1, *[1] * (samples.ndim - along - 1)))
        return sum(samples * weights, axis)
    if n > 1 and not np.ndim(dx):
        return EvenTrapezoid.apply(samples, axis=along) * dx
    return sum(dx * (part(samples, along, 1) + part(samples, along, 0, -1)) / 2.0, axis)


def _end(value: Any, x: Any, axis: int) -> Any:
    """What is to be joined to `x`: a number becomes as wide as `x`, in its dtype, and of size 1 along the axis."""
    value = _beside(value, x)
    if value.ndim:
        return value
    return np.broadcast_to(value, resized(x.shape, axis, 1))


def _beside(value: Any, x: Any) -> Any:
    """What is to be joined to `x`: numbers, and lists of them, are as weak as beside a Tensor."""
    value = value if isinstance(value, Tensor) else alongside(as_array(value, floats=x.dtype), x)
    return value if value.ndim or x.dtype.kind != "f" else astype(value, x.dtype)
