"""Indexing: reading by index, and its adjoint, adding by index."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.shape import broadcast_to
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["getitem"]


class GetItem(Op):
    """y = x[index];  dy/dx: the gradient, added at the index to zeros."""

    at: Any

    def forward(x: Any, *, at: Any) -> Any:
        return _read(x, at)

    def vjp(g: Any, shapes: Any, at: Any) -> Any:
        return ScatterAdd.apply(g, at=at, to=shapes[0])

    def vjp_into(into: Any, g: Any, at: Any) -> None:
        # Many slices of one tensor cost their own sizes, not the tensor's each time.
        add_at(into, at, g)


class ScatterAdd(Op):
    """y = zeros, to which x is added at the index;  dy/dx: the gradient there. Repeated indices add up."""

    def forward(x: Any, *, at: Any, to: tuple[int, ...]) -> Any:
        result = np.zeros_like(x, shape=to, order="C")
        if names_nothing_twice(at):
            result[at] = x
        else:
            add_at(result, at, x)
        return result

    def vjp(g: Any, at: Any) -> Any:
        return g[at]


class AddAt(Op):
    """z = x, to which y is added at the index;  dx: the gradient, dy: the gradient there."""

    def forward(x: Any, y: Any, *, at: Any) -> Any:
        result = x.astype(np.result_type(x, y))  # a copy
        add_at(result, at, y.astype(result.dtype, copy=False))
        return result

    def vjp_x(g: Any) -> Any:
        return g

    def vjp_y(g: Any, at: Any) -> Any:
        return g[at]


def _read(x: Any, index: Any) -> Any:
    """``x[index]``; along a single axis `take` needs a third of the time."""
    if isinstance(index, tuple) and index and all(isinstance(part, slice) and part == _ALL for part in index[:-1]):
        array, axis = index[-1], len(index) - 1
    else:
        array, axis = index, 0
    if isinstance(array, np.ndarray) and array.dtype == np.intp and array.ndim and axis < x.ndim:
        return x.take(array, axis=axis)
    return x[index]


_ALL = slice(None)


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index that selects along one axis, counted from the first."""
    return (_ALL,) * axis + (part,)


def as_index(index: Any) -> Any:
    """An index in NumPy's own terms: numbers, slices, None, Ellipsis, and arrays that nobody else can change."""
    if isinstance(index, tuple):
        return tuple([_as_part(part) for part in index])
    return _as_part(index)


def _as_part(part: Any) -> Any:
    if _is_basic_part(part):
        return part
    if isinstance(part, Tensor):
        part = part._data
    if isinstance(part, np.ndarray):
        if part.dtype.kind in "iu":
            return part.astype(np.intp, order="C") if part.ndim else part.item()
        return part.copy()
    array = np.array(part)
    if array.ndim == 0 and array.dtype.kind in "iu":
        return array.item()
    if array.ndim == 0 and array.dtype != bool:
        raise IndexError(
            f"t[{part!r}]: an index is made of integers, slices, None, ... and arrays of integers or bools"
        )
    return array.astype(np.intp) if array.size == 0 else array


def is_basic(index: Any) -> bool:
    """Whether an index is made of integers, slices, None and Ellipsis alone, so that it selects without copying."""
    return all(map(_is_basic_part, index)) if isinstance(index, tuple) else _is_basic_part(index)


def _is_basic_part(part: Any) -> bool:
    kind = type(part)
    return kind is int or kind is slice or part is None or part is Ellipsis or isinstance(part, np.integer)


class Positions(NamedTuple):
    """Where an index with arrays leads, as positions along one axis.

    Attributes
    ----------
    view : tuple
        The basic part of the index; it keeps the axes that arrays index, and those that nothing does.
    axes : tuple of int
        The axes of that view which arrays index: they are taken as one.
    size : int
        How many positions there are along it.
    lead, trail : int
        How many axes of the result stand before those of the arrays, and after them.
    flat : array of int
        Positions along the joined axis, in the shape to which the arrays broadcast.
    """

    view: tuple[Any, ...]
    axes: tuple[int, ...]
    size: int
    lead: int
    trail: int
    flat: Any

    @classmethod
    def of(cls, index: Any, shape: tuple[int, ...]) -> Positions:
        """Take apart an index, as `as_index` gives it, that fits an array of this shape."""
        parts = index if isinstance(index, tuple) else (index,)
        if not any(part is Ellipsis for part in parts):
            parts = (*parts, Ellipsis)
        unnamed = len(shape) - sum([_axes_taken(part) for part in parts])
        view: list[Any] = []
        arrays: dict[int, Any] = {}  # by the axis of the view that they index
        runs, within = 0, False
        for part in parts:
            if part is None or part is Ellipsis or isinstance(part, slice):
                view += [slice(None)] * unnamed if part is Ellipsis else [part]
                within = False
                continue
            runs += not within
            within = True
            if _axes_taken(part) == 0:  # a single bool selects along an axis of its own, of size 1
                arrays[len(view)] = np.zeros(int(part), np.intp)
                view.append(None)
                continue
            for array in part.nonzero() if np.asarray(part).dtype == bool else (part,):
                arrays[len(view)] = np.asarray(array)
                view.append(slice(None))
        sizes = np.broadcast_to(False, shape)[tuple(view)].shape
        flat: Any = None
        for axis, array in arrays.items():
            from_start = array + sizes[axis] * (array < 0) if array.size and array.min() < 0 else array
            flat = from_start if flat is None else flat * sizes[axis] + from_start
        return cls(
            view=tuple(view),
            axes=tuple(arrays),
            size=math.prod([sizes[axis] for axis in arrays]),
            # Arrays that stand apart from each other put their axes in front of all others.
            lead=(lead := min(arrays) if runs == 1 else 0),
            trail=len(sizes) - len(arrays) - lead,
            flat=flat,
        )

    def turned(self, array: Any) -> Any:
        """The view of an array in which the axes that arrays index are adjacent, as they are in the result."""
        view = array[self.view]
        together = tuple(range(self.lead, self.lead + len(self.axes)))
        return view if self.axes == together else np.moveaxis(view, self.axes, together)


def _axes_taken(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def names_nothing_twice(index: Any) -> bool:
    """Whether an index is basic, or has one mask and no other array."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return not arrays or (len(arrays) == 1 and arrays[0].dtype == bool)


# Milliseconds for the sums that `np.add.at(into, index, values)` takes, and `add_at`, in float32 and in float64:
#   50,000 rows of 128 added to 8,000                              42, 16    47, 17
#   X[:, k, i, j] of im2col, 3 x 3, of 32 x 16 x 30 x 30           29,  4    30,  5
#   1,000,000 random positions in 1000 x 1000                      21,  4    24,  6
#   1,000,000 random positions in a vector of as many              2.5, 3     3,  4

_FEW = 512
"""Up to this size the time goes into the calls, and one does it."""

_BLOCK = 32768
"""So many positions are made at a time: they fit into the cache."""

_LONG_ROW = 1024
"""From this size on a row is worth an addition of its own."""


def add_at(into: Any, index: Any, values: Any) -> None:
    """``into[index] += values``, where an index that occurs several times counts each time.

    `np.add.at` is quick in one case, a vector at positions: 1 to 3 ns per element. More axes take it 10 and more,
    sorting takes longer than that, and a histogram costs the whole array even for few positions. So positions in a
    vector are what an index becomes here.
    """
    if names_nothing_twice(index):
        into[index] += values
        return
    if not values.size:
        return
    if values.size <= _FEW and into.dtype != np.float16:
        np.add.at(into, index, values)
        return
    positions = Positions.of(index, into.shape)
    view = positions.turned(into)
    before = math.prod(view.shape[: positions.lead])
    row = math.prod(view.shape[view.ndim - positions.trail :])
    rows = positions.flat.ravel()
    dtype = _dtype_of_sums(into.dtype, rows.size // positions.size)
    vector = view.reshape(-1)
    direct = dtype == into.dtype and np.may_share_memory(vector, into)
    if not direct:
        if dtype == into.dtype and values.size * 8 < view.size:
            np.add.at(into, index, values)  # few elements of an array whose memory is no vector
            return
        vector = np.zeros_like(into, shape=view.size, dtype=dtype, order="C")
    vectors = vector.reshape(before, -1)
    values = values.astype(dtype, copy=False).reshape(before, -1)
    if values.shape[1] < _BLOCK and before > 1:
        rows = (np.arange(before)[:, None] * positions.size + rows).ravel()
        vectors, values = vectors.reshape(1, -1), values.reshape(1, -1)
    for each, its_values in zip(vectors, values):
        _add_rows(each, rows, its_values, row)
    if not direct:
        view += vector.reshape(view.shape)


def _dtype_of_sums(dtype: Any, many: int) -> Any:
    """The dtype to add up in: sums of float16, and long ones of float32, would lose digits in their own."""
    if dtype == np.float16:
        return np.dtype(np.float32)
    return np.dtype(np.float64) if dtype == np.float32 and many >= 1024 else dtype


def _add_rows(vector: Any, rows: Any, values: Any, row: int) -> None:
    """Add `values`, row after row, to the rows of `vector`, all of them `row` elements long."""
    if row == 1:
        np.add.at(vector, rows, values)
    elif row >= _LONG_ROW:
        for start, those in zip((rows * row).tolist(), values.reshape(-1, row)):
            vector[start : start + row] += those
    else:
        step = _BLOCK // row
        for i in range(0, rows.size, step):
            np.add.at(vector, _elements_of(rows[i : i + step], row), values[i * row : (i + step) * row])


def _elements_of(rows: Any, row: int) -> Any:
    """The positions of all elements of some rows."""
    first = rows * row
    elements = np.empty((rows.size, row), np.intp)
    if row >= 16:
        np.add(first[:, None], np.arange(row), out=elements)
    else:  # NumPy's inner loop would be too short to be quick
        for i in range(row):
            np.add(first, i, out=elements[:, i])
    return elements.ravel()


def added(x: Any, at: Any, values: Any) -> Tensor:
    """A copy of `x` with values added at an index, to the shape of which they broadcast."""
    tensor = given(x)
    if not isinstance(values, Tensor):
        values = alongside(np.asarray(values, tensor.dtype if isinstance(values, (bool, int, float)) else None), tensor)
    selected = np.broadcast_to(False, tensor.shape)[at].shape
    return AddAt.apply(tensor, broadcast_to(values, selected) if values.shape != selected else values, at=at)


def getitem(x: TensorLike, index: Any) -> Tensor:
    """``x[index]``, with everything that NumPy indexes with.

    Integers, slices, None and ... select without copying and share memory. Arrays of integers and of bools, lists,
    ranges and Tensors of them copy. What an index names several times collects its gradients.

    Raises
    ------
    IndexError
        If the index is out of range, has too many parts, or is of floats.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward()
    >>> x.grad
    tensor([2., 0., 1.])
    """
    at = as_index(index)
    result = GetItem.apply(x, at=at)
    if isinstance(x, Tensor) and x._node is not None and x._node.updates_in_place and is_basic(at):
        # Of a Tensor that is being filled: a copy, so that the next write need not copy the whole.
        result._data = result._data.copy()
    return result
