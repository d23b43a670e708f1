"""Where an index leads: NumPy's indices in one form, and as positions along one axis."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.tensor import Tensor

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


def keeps_all_in_order(index: Any, shape: tuple[int, ...], selected: tuple[int, ...]) -> bool:
    """Whether an index takes an array of `shape` to one of another shape with the same elements in the same order."""
    if math.prod(shape) != math.prod(selected) or not is_basic(index):
        return False
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(part, slice) and part.step is not None and part.step < 0 for part in parts)


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
        axes: list[int] = []
        arrays: list[tuple[int, Any]] = []  # numbers, and how many axes of the view they count along
        runs, within = 0, False
        for part in parts:
            if part is None or part is Ellipsis or isinstance(part, slice):
                view += [slice(None)] * unnamed if part is Ellipsis else [part]
                within = False
                continue
            runs += not within
            within = True
            taken = _axes_taken(part)
            axes += range(len(view), len(view) + max(taken, 1))
            if taken == 0:  # a single bool selects along an axis of its own, of size 1
                arrays.append((1, np.zeros(int(part), np.intp)))
                view.append(None)
                continue
            is_mask = np.asarray(part).dtype == bool
            arrays.append((taken, np.flatnonzero(part) if is_mask else np.asarray(part)))
            view += [slice(None)] * taken
        sizes = np.broadcast_to(False, shape)[tuple(view)].shape
        flat: Any = None
        seen = 0
        for taken, array in arrays:
            size = math.prod([sizes[axis] for axis in axes[seen : seen + taken]])
            seen += taken
            from_start = array + size * (array < 0) if array.size and array.min() < 0 else array
            flat = from_start if flat is None else flat * size + from_start
        return cls(
            view=tuple(view),
            axes=tuple(axes),
            size=math.prod([sizes[axis] for axis in axes]),
            # Arrays that stand apart from each other put their axes in front of all others.
            lead=(lead := axes[0] if runs == 1 else 0),
            trail=len(sizes) - len(axes) - lead,
            flat=flat,
        )

    def turned(self, array: Any) -> Any:
        """The view of an array in which the axes that arrays index are adjacent, as they are in the result."""
        view = array[self.view]
        together = tuple(range(self.lead, self.lead + len(self.axes)))
        return view if self.axes == together else np.moveaxis(view, self.axes, together)

    def table(self, array: Any) -> Any:
        """The view of an array of shape (leading axes, positions, axes after them); None where there is none."""
        view = self.turned(array)
        sizes = math.prod(view.shape[: self.lead]), self.size, math.prod(view.shape[view.ndim - self.trail :])
        table = view.reshape(sizes)
        return table if np.may_share_memory(table, array) or not table.size else None

    def selected(self, array: Any) -> tuple[int, ...]:
        """The shape of what the index selects."""
        shape = self.turned(array).shape
        return (*shape[: self.lead], *self.flat.shape, *shape[len(shape) - self.trail :])


def _axes_taken(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def names_nothing_twice(index: Any) -> bool:
    """Whether an index is basic, or has one mask and no other array."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return not arrays or (len(arrays) == 1 and arrays[0].dtype == bool)


def without_mask(array: Any, index: Any) -> tuple[Any, Any]:
    """An array and an index that select the same, with numbers in the place of a mask.

    Reading and writing by a mask branches on each of its bits: for 1,000,000 unpredictable ones 6 ms, where finding
    the numbers and using them takes 1.7. It is done where the mask is the only part, or comes after full slices.
    """
    mask, axis = along_one(index)
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or not mask.ndim:
        return array, index
    shape, after = array.shape, axis + mask.ndim
    if shape[axis:after] != mask.shape:
        return array, index  # NumPy says what is wrong
    if mask.ndim > 1:
        if not array.flags.c_contiguous:
            return array, index
        array = np.reshape(array, (*shape[:axis], mask.size, *shape[after:]))
    return array, along(axis, np.flatnonzero(mask))


def along_one(index: Any) -> tuple[Any, int]:
    """The only part of an index that is no full slice, and its axis, where nothing comes after it."""
    if isinstance(index, tuple) and index and all(isinstance(part, slice) and part == _ALL for part in index[:-1]):
        return index[-1], len(index) - 1
    return index, 0
