"""In-place changes of arrays: who changed, and when.

Nodes and changes share one clock. A node that was made at tick 7 and saved an array is out of date when
that array's memory changed at tick 9. Recording an op therefore costs nothing here, and a sweep compares
one integer per node as long as nothing changed after the node was made, which is the rule: an optimizer
writes before the next forward pass begins.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from typing import Any

import numpy as np

__all__ = ["changed_since", "copied", "latest", "mark_changed", "tick", "unshared"]

tick = itertools.count(1).__next__
"""The next tick of the clock. Atomic, so that threads may record at the same time."""

latest = 0
"""The tick of the latest in-place change anywhere."""

_changes: dict[int, tuple[weakref.ref[Any], int]] = {}  # id of the owner of the memory -> (it, tick)


def _owner(array: Any) -> Any:
    """The array that owns the memory which `array` may be a view of."""
    while isinstance(base := getattr(array, "base", None), np.ndarray):
        array = base
    return array


def mark_changed(array: Any) -> None:
    """Note that the memory of `array` was written to, and that no node recorded it."""
    global latest
    owner = _owner(array)
    key = id(owner)
    known = _changes.get(key)
    # The entry goes when the array goes: another array may get the same id.
    reference = known[0] if known else weakref.ref(owner, lambda _: _changes.pop(key, None))
    latest = tick()
    _changes[key] = (reference, latest)


def changed_since(array: Any, index: int) -> bool:
    """Whether the memory of `array` was written to after tick `index`."""
    known = _changes.get(id(_owner(array)))
    return known is not None and known[1] > index


# The counts that `unshared` sees of an array that one container and the caller's variable hold, and of the
# owner behind a view that is held so. Found out below, since interpreters count differently on the way into a call.
_array_limit = 0
_owner_limit = 0


def unshared(array: Any) -> bool:
    """Whether nobody but one container and the caller's variable can see this array's memory.

    Then it may be written to without anybody noticing. When in doubt the answer is False, which costs a copy.
    """
    if type(array) is not np.ndarray or sys.getrefcount(array) > _array_limit:
        return False
    owner = array.base
    if owner is None:
        return True
    if type(owner) is not np.ndarray or owner.base is not None or not array.flags.writeable:
        return False
    return sys.getrefcount(owner) <= _owner_limit


def copied(array: Any) -> Any:
    """A copy in memory of its own; an array also of what NumPy returns as a scalar."""
    if not isinstance(array, (np.ndarray, np.generic)):
        return array.copy()
    return np.array(array, order="C" if 0 in array.strides else "K")  # a repeated axis would come out as the innermost


def _calibrate() -> None:
    global _array_limit, _owner_limit
    holder = [np.empty(2), np.empty(2).reshape(1, 2)]
    array = holder[0]
    while not unshared(array):
        _array_limit += 1
    array = holder[1]
    while not unshared(array):
        _owner_limit += 1


_calibrate()
