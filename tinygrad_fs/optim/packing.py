"""Packing: the parameters of a group side by side in memory, so that one NumPy call updates many.

Small parameters of one dtype live in one buffer, and `p.data` of each is a view of it. Their gradients are gathered
by one call, and a step over a hundred of them costs as many calls as a step over one. This is an optimisation that
nobody has to know of: each step looks whether `p.data` is still the view, and takes a replaced array in again. An
array that others can see (who would miss the update if it moved) is updated where it is, until they let go of it.
So are large parameters, block by block, so that all that is done to a block happens in the cache.

The state that an update keeps per element (momentum, say) lies in flat buffers, one for each name.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinygrad_fs.changes import mark_changed, unshared
from tinygrad_fs.dtypes import Array
from tinygrad_fs.tensor import Tensor

__all__ = ["Numbers", "Record", "Rule", "Store", "check_writable"]

Numbers: TypeAlias = tuple[float, ...]
"""What is kept of a parameter beside arrays; the first one counts its updates."""

SMALL = 8_192
"""Elements up to which copying a gradient into the buffer costs less than an update of its own."""

BLOCK = 2**18
"""Bytes of a parameter that are updated at a time: gradient, state and scratch fit beside them in the L2 cache."""


class Record(NamedTuple):
    """What an optimizer remembers of one parameter."""

    numbers: Numbers
    arrays: dict[str, Array]


class Rule(NamedTuple):
    """How an optimizer updates parameters."""

    names: tuple[str, ...]
    """Of the arrays that it keeps."""
    advance: Callable[[Numbers], Numbers]
    """The numbers of the next update from those of the last one."""
    update: Callable[[Numbers, Any, Any, tuple[Any, ...], tuple[Any, Any]], None]
    """``update(numbers, p, g, state, scratch)`` changes p and the state in place; g is read only."""


class _Segment:
    """A stretch of a buffer, handed to one parameter.

    An array over a segment counts as the owner of its memory, since it is not made from another array: a change
    of one parameter is then no change of its neighbours (see `tinygrad_fs.changes`).
    """

    __slots__ = ("__array_interface__", "_buffer")

    def __init__(self, buffer: Array, stretch: slice, shape: tuple[int, ...]) -> None:
        self._buffer = buffer  # keeps the memory alive
        self.__array_interface__ = buffer[stretch].__array_interface__ | {"shape": shape, "strides": None}


class _Lane(NamedTuple):
    """Parameters that are updated together: neighbours with the same numbers, or a single one.

    `gather` is where the gradients are brought together, None for a single parameter. A block is
    (where in the gradient, parameter, state, scratch). A lane that is not `flat` has one block of the
    parameter's own shape: for strided arrays and those of other libraries.
    """

    members: range
    gather: Array | None
    flat: bool
    blocks: list[tuple[Any, Any, tuple[Any, ...], tuple[Any, Any]]]


class Store:
    """The parameters of a group and the state of each, in one pack per dtype; at first it is `nothing` for all."""

    def __init__(self, params: Sequence[Tensor], nothing: Record) -> None:
        self.params = list(params)
        self._nothing = nothing
        self._pack()

    def _pack(self) -> None:
        kinds: dict[Any, list[Tensor]] = {}
        for p in self.params:
            kinds.setdefault((type(p._data), p.dtype), []).append(p)
        self._packs = [_Pack(members, self._nothing.numbers) for members in kinds.values()]
        self._places = {p: (pack, i) for pack in self._packs for i, p in enumerate(pack.params)}

    def holds(self, params: Sequence[Tensor]) -> bool:
        """Whether it is the store of just these parameters."""
        return len(params) == len(self.params) and all(map(operator.is_, params, self.params))

    def step(self, rule: Rule, given: Mapping[Tensor, Tensor] | None = None) -> None:
        """Update all parameters that have a gradient; or all, from what is `given` for each in its place."""
        replaced = [pack.replaced() for pack in self._packs]
        if not all(pack.fit(which) for pack, which in zip(self._packs, replaced)):  # a dtype has changed
            records = [(p, self.read(p)) for p in self.params]
            self._pack()
            for p, record in records:
                self.write(p, record)
            replaced = [pack.replaced() for pack in self._packs]
        for pack, which in zip(self._packs, replaced):
            pack.step(rule, which, given)

    def read(self, p: Tensor) -> Record:
        """What is remembered of `p`; the arrays share memory with the store."""
        pack, i = self._places[p]
        return Record(
            pack.numbers[i], {name: flat[pack.stretches[i]].reshape(p.shape) for name, flat in pack.state.items()}
        )

    def write(self, p: Tensor, record: Record) -> None:
        """Set what is remembered of `p`, in place."""
        pack, i = self._places[p]
        pack.put(i, record)


class _Pack:
    """Parameters of one dtype: small ones first, in one buffer; the state of all."""

    def __init__(self, params: Sequence[Tensor], numbers: Numbers) -> None:
        small = [p for p in params if type(p._data) is np.ndarray and p.size <= SMALL]
        self.params = small + [p for p in params if not (type(p._data) is np.ndarray and p.size <= SMALL)]
        self.numbers = [numbers] * len(self.params)
        self.stretches = _stretches([p.size for p in self.params])
        self.state: dict[str, Any] = {}
        self._like = np.empty_like(self.params[0]._data, shape=(0,))  # not that array itself: it is to stay private
        self._dtype = self.params[0].dtype
        self._size = self.stretches[-1].stop
        self._n_small = len(small)
        filled = self.stretches[self._n_small - 1].stop if small else 0
        self._values = np.empty(filled, self._dtype)
        self._gradients = np.empty(filled, self._dtype)
        self._block = BLOCK // self._dtype.itemsize
        self._scratch = np.empty_like(self._like, shape=(2, min(self._block, self._size)))
        # The arrays that `p.data` is expected to be: the views of small ones, what large ones had in the last step.
        self._arrays: list[Any] = [
            np.asarray(_Segment(self._values, stretch, p.shape)) for p, stretch in zip(small, self.stretches)
        ] + [None] * (len(self.params) - len(small))
        self._lanes: list[_Lane] = []
        self._planned_for: Any = None

    # ---- a step

    def replaced(self) -> list[int]:
        """Which parameters have another array than expected."""
        return [i for i, (p, array) in enumerate(zip(self.params, self._arrays)) if p._data is not array]

    def fit(self, replaced: list[int]) -> bool:
        """Whether the new arrays of these parameters still belong into this pack; raise if one cannot be written to."""
        for i in replaced:
            array = self.params[i]._data
            if type(array) is not type(self._like) or array.dtype != self._dtype:
                return False
            check_writable(array)
        return True

    def step(self, rule: Rule, replaced: list[int], given: Mapping[Tensor, Tensor] | None) -> None:
        """Update the parameters that have a gradient, or from what is given in its place."""
        gradients = [getattr(p, "_grad", None) if given is None else given[p] for p in self.params]
        outside = [g is None for g in gradients]
        loose = [i for i in replaced if i < self._n_small and not outside[i] and not self._take_in(i)]
        for i in loose:
            outside[i] = True
        if self._planned_for != (rule.names, outside) or (replaced and replaced[-1] >= self._n_small):
            self._plan(rule.names, outside)
        for lane in self._lanes:
            self._step_lane(lane, rule, gradients)
        for i in loose:  # the lane is not kept: it would itself be one who sees the array
            self._step_lane(self._lone_lane(i, rule.names), rule, gradients)

    def _take_in(self, i: int) -> bool:
        """Move a small parameter into the buffer, if nobody will notice."""
        p, view = self.params[i], self._arrays[i]
        if not _private(p):
            return False
        np.copyto(view, p._data)
        p._data = view
        return True

    def _step_lane(self, lane: _Lane, rule: Rule, gradients: list[Tensor | None]) -> None:
        arrays = [gradients[i]._data for i in lane.members]  # type: ignore[union-attr]
        if lane.gather is not None:
            g = np.concatenate(arrays, axis=None, out=lane.gather)
        else:
            g = arrays[0].reshape(-1) if lane.flat else arrays[0]
        numbers = rule.advance(self.numbers[lane.members[0]])
        for where, p, state, scratch in lane.blocks:
            rule.update(numbers, p, g[where], state, scratch)
        for i in lane.members:
            if rule.names:  # nothing else is to be remembered: then neighbours stay together, whatever they miss
                self.numbers[i] = numbers
            mark_changed(self.params[i]._data)

    # ---- the plan

    def _plan(self, names: tuple[str, ...], outside: list[bool]) -> None:
        """Lay out the lanes for a step of all parameters but those `outside`."""
        for name in names:
            self._state(name)
        self._planned_for = names, outside
        self._lanes = [self._packed_lane(members, names) for members in self._runs(outside)]
        for i in range(self._n_small, len(self.params)):
            self._arrays[i] = self.params[i]._data
            if not outside[i]:
                self._lanes.append(self._lone_lane(i, names))

    def _runs(self, outside: list[bool]) -> list[range]:
        """The longest stretches of small parameters in the buffer that have the same numbers."""
        runs: list[range] = []
        for i in range(self._n_small):
            if outside[i]:
                continue
            if runs and runs[-1].stop == i and self.numbers[i] == self.numbers[i - 1]:
                runs[-1] = range(runs[-1].start, i + 1)
            else:
                runs.append(range(i, i + 1))
        return runs

    def _packed_lane(self, members: range, names: tuple[str, ...]) -> _Lane:
        stretch = slice(self.stretches[members[0]].start, self.stretches[members[-1]].stop)
        gather = self._gradients[stretch] if len(members) > 1 else None
        return _Lane(members, gather, True, self._blocks(self._values[stretch], stretch, names))

    def _lone_lane(self, i: int, names: tuple[str, ...]) -> _Lane:
        array, stretch = self.params[i]._data, self.stretches[i]
        if type(array) is np.ndarray and array.flags.c_contiguous:
            return _Lane(range(i, i + 1), None, True, self._blocks(array.reshape(-1), stretch, names))
        state = tuple([self.state[name][stretch].reshape(array.shape) for name in names])
        scratch = np.empty_like(array), np.empty_like(array)
        return _Lane(range(i, i + 1), None, False, [(..., array, state, scratch)])

    def _blocks(self, flat: Any, stretch: slice, names: tuple[str, ...]) -> list[Any]:
        """Cut a flat stretch of parameters, and its state, into blocks."""
        state = [self.state[name][stretch] for name in names]
        blocks = []
        for start in range(0, flat.size, self._block):
            where = slice(start, min(start + self._block, flat.size))
            first, second = self._scratch[:, : where.stop - start]
            blocks.append((where, flat[where], tuple([each[where] for each in state]), (first, second)))
        return blocks

    # ---- the state

    def _state(self, name: str) -> Any:
        """The flat array of a name; zeros at first."""
        if name not in self.state:
            self.state[name] = np.zeros_like(self._like, shape=(self._size,))
        return self.state[name]

    def put(self, i: int, record: Record) -> None:
        """Set the state of parameter `i`; what the record does not name becomes zero."""
        self.numbers[i] = record.numbers
        for name in {*self.state, *record.arrays}:
            values = record.arrays.get(name)
            self._state(name)[self.stretches[i]] = 0 if values is None else values.reshape(-1)
        self._planned_for = None  # lanes are of equal numbers


def check_writable(array: Any) -> None:
    """Raise if the array of a parameter cannot be updated where it is."""
    if type(array) is np.ndarray and not array.flags.writeable:
        raise ValueError(
            f"optimizer: the array of a parameter of shape {array.shape} is read-only; "
            "make the parameter from a copy of it"
        )


def _stretches(sizes: list[int]) -> list[slice]:
    """Slices of these sizes, one after another."""
    stops = np.cumsum(sizes).tolist()
    return [slice(stop - size, stop) for size, stop in zip(sizes, stops)]


def _private(p: Tensor) -> bool:
    """Whether nobody but the parameter can see its array, so that it may move without anybody noticing.

    So it is of an array that another optimizer had packed, once that optimizer is gone.
    """
    array = p._data
    return unshared(array) or (isinstance(array.base, _Segment) and sys.getrefcount(array) <= _limit)


def _calibrate() -> int:
    """How many references `_private` counts to an array that only its parameter and its own variable hold."""
    holder = Tensor._of(np.empty(1))
    array = holder._data
    return sys.getrefcount(array)


_limit = _calibrate()
