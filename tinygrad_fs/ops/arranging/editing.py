"""Editing: parts taken out of a tensor, put into it, or repeated to fill a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import as_array, zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import checked, given, one_axis, part, resized
from tinygrad_fs.ops.copying import astype, clone
from tinygrad_fs.ops.indexing.positions import along
from tinygrad_fs.ops.indexing.reading import GetItem
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import Shape, as_shape, broadcast_to, moveaxis, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["compress", "delete", "extract", "insert", "resize", "trim_zeros"]


class Without(Op):
    """y = x without the slices from start to stop along an axis;  dy/dx: the gradient, with zeros there."""

    def forward(x: Any, *, start: int, stop: int, axis: int) -> Any:
        result = np.empty_like(x, shape=resized(x.shape, axis, x.shape[axis] - stop + start), order="C")
        part(result, axis, 0, start)[...] = part(x, axis, 0, start)
        part(result, axis, start)[...] = part(x, axis, stop)
        return result

    def vjp(g: Any, start: int, stop: int, axis: int) -> Any:
        return WithZeros.apply(g, start=start, stop=stop, axis=axis)


class WithZeros(Op):
    """y = x with zeros from start to stop along an axis, before what was there;  dy/dx: the gradient without."""

    def forward(x: Any, *, start: int, stop: int, axis: int) -> Any:
        result = zeros_beside(x, resized(x.shape, axis, x.shape[axis] + stop - start), x.dtype)
        part(result, axis, 0, start)[...] = part(x, axis, 0, start)
        part(result, axis, stop)[...] = part(x, axis, start)
        return result

    def vjp(g: Any, start: int, stop: int, axis: int) -> Any:
        return Without.apply(g, start=start, stop=stop, axis=axis)


class Insert(Op):
    """z = x with y put in at places along an axis, counted in z;  dx: the gradient beside them, dy: that there."""

    def forward(x: Any, y: Any, *, places: Any, axis: int) -> Any:
        size = x.shape[axis] + y.shape[axis]
        result = np.empty_like(x, shape=resized(x.shape, axis, size), order="C")
        result[along(axis, places)] = y
        if isinstance(places, slice):
            part(result, axis, 0, places.start)[...] = part(x, axis, 0, places.start)
            part(result, axis, places.stop)[...] = part(x, axis, places.start)
        else:
            result[along(axis, _others(places, size))] = x
        return result

    def vjp_x(g: Any, places: Any, axis: int) -> Any:
        if isinstance(places, slice):
            return Without.apply(g, start=places.start, stop=places.stop, axis=axis)
        return GetItem.apply(g, at=along(axis, _others(places, g.shape[axis])))

    def vjp_y(g: Any, places: Any, axis: int) -> Any:
        return GetItem.apply(g, at=along(axis, places))


class Refill(Op):
    """y = x with one axis, from the first to the last and again, up to a size;  dy/dx: the sum over all copies."""

    def forward(x: Any, *, size: int) -> Any:
        return np.resize(x, size)

    def vjp(g: Any, shapes: Any) -> Any:
        return Folded.apply(g, size=shapes[0][0])


class Folded(Op):
    """y = the sum of the pieces of a size that x with one axis has;  dy/dx: the gradient, again and again."""

    def forward(x: Any, *, size: int) -> Any:
        whole = len(x) // size
        pieces = x[: whole * size].reshape(whole, size)
        result = pieces[0].copy() if whole == 1 else np.add.reduce(pieces, axis=0)
        result[: len(x) - whole * size] += x[whole * size :]
        return result

    def vjp(g: Any, shapes: Any) -> Any:
        return Refill.apply(g, size=shapes[0][0])


def delete(x: TensorLike, obj: Any, axis: int | None = None) -> Tensor:
    """A copy without the given slices along an axis. What is left out gets gradient 0.

    Parameters
    ----------
    x : array_like
    obj : int, slice, array_like of int or of bool
        Which ones.
    axis : int, optional
        Along which axis; of the flattened tensor by default.

    Raises
    ------
    IndexError
        If a number is out of range.
    ValueError
        If a mask does not fit the axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.delete(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 0, axis=1)
    tensor([[2.],
            [4.]])
    """
    values, number = one_axis(x, axis)
    size = values.shape[number]
    span = _span(array_of(obj), size)
    if span is not None:
        return Without.apply(values, start=span.start, stop=span.stop, axis=number)
    mask = np.zeros(size, bool)
    mask[np.delete(np.arange(size), array_of(obj))] = True
    return GetItem.apply(values, at=along(number, mask))


def insert(x: TensorLike, obj: Any, values: TensorLike, axis: int | None = None) -> Tensor:
    """A copy with further values along an axis, each before the slice with the given number.

    Parameters
    ----------
    x : array_like
    obj : int, slice, array_like of int or of bool
        Before which ones, counted in `x`.
    values : array_like
        What to insert, in the dtype of `x`; it broadcasts to as many slices.
    axis : int, optional
        Along which axis; of the flattened tensor by default.

    Raises
    ------
    IndexError
        If a number is out of range.
    ValueError
        If the values do not broadcast to the slices.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.insert(tg.tensor([1.0, 2.0, 3.0]), [1, 3], [10.0, 20.0])
    tensor([ 1., 10.,  2.,  3., 20.])
    """
    into, number = one_axis(x, axis)
    size = into.shape[number]
    pieces: Any = values if isinstance(values, Tensor) else as_array(values, floats=into.dtype)
    if pieces.dtype != into.dtype:
        pieces = astype(pieces, into.dtype)
    places = _places_of_new(array_of(obj), size)
    if len(places) == 1:
        if pieces.ndim < into.ndim:
            pieces = reshape(pieces, (1,) * (into.ndim - pieces.ndim) + pieces.shape)
        if number and np.ndim(obj) == 0 and not isinstance(obj, slice):
            pieces = moveaxis(pieces, 0, number)  # in NumPy a number stands for the axis, as in x[:, 0] = values
        start = int(places[0])
        places = slice(start, start + pieces.shape[number])
    count = len(places) if not isinstance(places, slice) else places.stop - places.start
    if not count:
        return clone(into)
    if pieces.shape != (shape := resized(into.shape, number, count)):
        pieces = broadcast_to(pieces, shape)
    return Insert.apply(into, pieces, places=places, axis=number)


def resize(x: TensorLike, new_shape: Shape) -> Tensor:
    """A new shape, filled with the values in order, again from the first one as often as it takes.

    NumPy's function of this name. (Arrays have a method that changes them in place; a Tensor has none.)

    Parameters
    ----------
    x : array_like
    new_shape : int or tuple of int

    Raises
    ------
    ValueError
        If a size is negative.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.resize(tg.tensor([1.0, 2.0, 3.0]), (2, 4))
    tensor([[1., 2., 3., 1.],
            [2., 3., 1., 2.]])
    """
    values, to = given(x), as_shape(new_shape)
    if any(size < 0 for size in to):
        raise ValueError(f"resize: shape {to} has a negative size")
    size = int(np.prod(to))
    if not values.size or not size:
        nothing: Any = np.zeros_like(values, shape=to)
        return nothing  # type: ignore[no-any-return]
    filled = Refill.apply(values if values.ndim == 1 else reshape(values, -1), size=size)
    return filled if len(to) == 1 else reshape(filled, to)


def compress(condition: TensorLike, a: TensorLike, axis: int | None = None) -> Tensor:
    """The slices along an axis where a condition holds. The others get gradient 0.

    Parameters
    ----------
    condition : array_like of bool, with one axis
        May be shorter than the axis; what it does not reach is left out.
    a : array_like
    axis : int, optional
        Along which axis; of the flattened tensor by default.

    Raises
    ------
    ValueError
        If the condition has several axes.
    IndexError
        If it holds beyond the end.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.compress([True, False, True], tg.tensor([1.0, 2.0, 3.0]))
    tensor([1., 3.])
    """
    values, number = one_axis(a, axis)
    mask = np.asarray(array_of(condition))
    if mask.ndim != 1:
        raise ValueError(f"compress: the condition has shape {mask.shape}; it must have one axis")
    size = values.shape[number]
    if mask.dtype == bool and len(mask) == size:
        return GetItem.apply(values, at=along(number, mask.copy()))
    places = np.flatnonzero(mask)
    if len(places) and places[-1] >= size:
        raise IndexError(f"compress: the condition holds at {places[-1]}, beyond an axis of size {size}")
    whole = np.zeros(size, bool)
    whole[places] = True
    return GetItem.apply(values, at=along(number, whole))


def extract(condition: TensorLike, arr: TensorLike) -> Tensor:
    """The values where a condition holds, along one axis: ``ravel(arr)[ravel(condition)]``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[1.0, -2.0], [-3.0, 4.0]])
    >>> tg.extract(x > 0, x)
    tensor([1., 4.])
    """
    return compress(np.ravel(array_of(condition)), arr)


def trim_zeros(filt: TensorLike, trim: str = "fb", axis: int | tuple[int, ...] | None = None) -> Tensor:
    """A tensor without the zeros at its ends. The zeros that go have no gradient.

    Parameters
    ----------
    filt : array_like
    trim : {"fb", "f", "b"}
        At which ends: in front, at the back, or both.
    axis : int or tuple of int, optional
        Along which axes slices of zeros go; along all by default.

    Raises
    ------
    ValueError
        If `trim` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.trim_zeros(tg.tensor([0.0, 1.0, 0.0, 2.0, 0.0]))
    tensor([1., 0., 2.])
    """
    ends = trim.lower()
    if ends not in ("fb", "bf", "f", "b"):
        raise ValueError(f"trim_zeros: trim={trim!r} is unknown; use 'f' for the front, 'b' for the back, or 'fb'")
    values = given(filt)
    places = np.nonzero(array_of(values))
    index = [slice(None)] * values.ndim
    for number in checked(axis, values.ndim):
        first = places[number].min(initial=values.shape[number]).item()
        last = places[number].max(initial=-1).item()
        index[number] = slice(first if "f" in ends else None, last + 1 if "b" in ends else None)
    return GetItem.apply(values, at=tuple(index))


def _span(obj: Any, size: int) -> slice | None:
    """From where to where a number or a slice leads, if that is one piece."""
    if isinstance(obj, slice):
        numbers = range(size)[obj]
        if len(numbers) < 2 or abs(numbers.step) == 1:
            first = min(numbers, default=0)
            return slice(first, first + len(numbers))
    elif isinstance(obj, (int, np.integer)) and not isinstance(obj, bool):
        if not -size <= obj < size:
            raise IndexError(f"delete: index {obj} is out of bounds for an axis of size {size}")
        return slice(int(obj) % size, int(obj) % size + 1)
    return None


def _places_of_new(obj: Any, size: int) -> Any:
    """Where what is inserted before these numbers stands in the result, in the order in which it is given."""
    if isinstance(obj, (int, np.integer)) and not isinstance(obj, bool) and -size <= obj <= size:
        return [obj % size if obj < 0 else obj]
    numbers = np.arange(size)[obj] if isinstance(obj, slice) else np.array(obj)
    if numbers.dtype == bool:
        numbers = np.flatnonzero(numbers)
    numbers = np.atleast_1d(numbers.astype(np.intp) if not numbers.size else numbers)
    if numbers.ndim > 1 or numbers.dtype.kind not in "iu":
        raise IndexError(f"insert: places are integers along one axis, not {numbers.dtype} of shape {numbers.shape}")
    wrong = numbers[(numbers < -size) | (numbers > size)]
    if wrong.size:
        raise IndexError(f"insert: index {wrong[0]} is out of bounds for an axis of size {size}")
    numbers[numbers < 0] += size
    numbers[np.argsort(numbers, kind="stable")] += np.arange(len(numbers))  # each moves those behind it on
    return numbers


def _others(places: Any, size: int) -> Any:
    mask = np.ones(size, bool)
    mask[places] = False
    return mask
