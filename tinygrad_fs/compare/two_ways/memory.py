"""Memory: which arrays something holds, each counted once however many views of it there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tinygrad_fs.tensor import Tensor

__all__ = ["Ledger"]

_DEEPEST = 6
"""How far to look into objects inside of objects; a layer's values lie one or two steps deep."""


class Ledger:
    """Counts the bytes of arrays that nobody has counted before.

    Parameters
    ----------
    known : iterable of object
        What is not to be counted: parameters, the data.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.zeros(4)
    >>> ledger = Ledger([])
    >>> ledger.count([x, x[:2]]), ledger.count([x])
    (32, 0)
    """

    def __init__(self, known: Iterable[Any]) -> None:
        self._owners: dict[int, Any] = {}  # they are held, so that no id is given to another
        self.count(known)

    def count(self, values: Iterable[Any]) -> int:
        """The bytes of all arrays in `values`, or inside of them, that were not counted before."""
        total = 0
        for value in values:
            for array in _arrays(value, _DEEPEST):
                owner = _owner(array)
                if id(owner) not in self._owners:
                    self._owners[id(owner)] = owner
                    total += owner.nbytes
        return total


def _owner(array: Any) -> Any:
    """The array that the memory belongs to."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _arrays(value: Any, depth: int) -> Iterator[Any]:
    """The arrays in a value: itself, in containers, and in the attributes of objects."""
    if isinstance(value, Tensor):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        yield value
    elif depth > 0 and not isinstance(value, (str, bytes, int, float, type)):
        inside: Iterable[Any] = ()
        if isinstance(value, Mapping):
            inside = value.values()
        elif isinstance(value, (list, tuple, set, frozenset)):
            inside = value
        elif hasattr(value, "__dict__") and not callable(value):
            inside = vars(value).values()
        for each in inside:
            yield from _arrays(each, depth - 1)
