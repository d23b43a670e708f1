"""What an object is made of: the values in its attributes and containers, where they stand, and copies of it all."""

from __future__ import annotations

import copy
import functools
import random
import types
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tinygrad_fs.tensor import Tensor

__all__ = ["Copier", "Place", "Whole", "places_of", "walk"]

_T = TypeVar("_T")


class Whole:
    """Base of what is not looked into."""


# What has nothing inside that could be exchanged.
_WHOLE = (
    Whole,
    np.ndarray, np.generic, np.random.Generator, np.random.RandomState, np.ufunc, random.Random, Tensor,
    str, bytes, bytearray, int, float, complex, type(None), type, types.ModuleType, types.FunctionType,
    types.BuiltinFunctionType, types.MethodType, functools.partial,
)  # fmt: skip


class Place(NamedTuple):
    """Where a value stands in an object: the attributes and keys that lead to it.

    Examples
    --------
    >>> class Layer:
    ...     def __init__(self):
    ...         self.params = {"W": 1.0}
    >>> layer = Layer()
    >>> place = Place((("attribute", "params"), ("item", "W")))
    >>> place.put(layer, 2.0)
    >>> str(place), place.of(layer)
    ("params['W']", 2.0)
    """

    steps: tuple[tuple[str, Any], ...]

    def of(self, root: Any) -> Any:
        """The value that stands there in `root`."""
        for kind, key in self.steps:
            root = getattr(root, key) if kind == "attribute" else root[key]
        return root

    def put(self, root: Any, value: Any) -> None:
        """Let `value` stand there in `root`."""
        holder = Place(self.steps[:-1]).of(root)
        kind, key = self.steps[-1]
        if kind == "attribute":
            setattr(holder, key, value)
        else:
            holder[key] = value

    @property
    def is_open(self) -> bool:
        """Whether what stands there can be exchanged: all but an item of a tuple."""
        return self.steps[-1][0] != "entry"

    def __str__(self) -> str:
        text = "".join(f".{key}" if kind == "attribute" else f"[{key!r}]" for kind, key in self.steps)
        return text.removeprefix(".")


def parts(value: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    """What `value` consists of, each with the step that leads to it."""
    if isinstance(value, _WHOLE):
        return
    if isinstance(value, dict):
        yield from ((("item", key), item) for key, item in value.items())
    elif isinstance(value, list):
        yield from ((("item", i), item) for i, item in enumerate(value))
    elif isinstance(value, tuple):
        yield from ((("entry", i), item) for i, item in enumerate(value))
    for name, item in vars(value).items() if hasattr(value, "__dict__") else ():
        yield ("attribute", name), item
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield ("attribute", name), getattr(value, name)


def walk(root: Any) -> Iterator[tuple[Place, Any]]:
    """All values in `root`, nearest first. What stands in several places comes once for each; cycles end."""
    queue: list[tuple[tuple[tuple[str, Any], ...], Any]] = [((), root)]
    seen = {id(root)}
    for steps, value in queue:
        for step, part in parts(value):
            yield Place((*steps, step)), part
            if not isinstance(part, _WHOLE) and id(part) not in seen:
                seen.add(id(part))
                queue.append(((*steps, step), part))


def places_of(root: Any, wanted: Any) -> list[Place]:
    """Where `wanted`, that very object, stands in `root`."""
    return [place for place, value in walk(root) if value is wanted]


class Copier:
    """Deep copies of one object, again and again; what cannot be copied (a lock, an open file) is shared.

    Parameters
    ----------
    original : object
        What is to be copied. It must keep what it holds as long as copies are made.

    Examples
    --------
    >>> import threading
    >>> layer = {"lock": threading.Lock(), "W": [1.0]}
    >>> copied = Copier(layer)()
    >>> copied["lock"] is layer["lock"], copied["W"] is layer["W"]
    (True, False)
    """

    def __init__(self, original: _T) -> None:
        self._original = original
        self._shared = {id(part): part for part in _uncopyable(original)}

    def __call__(self) -> Any:
        """A copy of the original."""
        return _copied(self._original, self._shared)


def _copied(value: _T, shared: dict[int, Any]) -> _T:
    memo = dict(shared)
    if id(value) not in shared:
        return copy.deepcopy(value, memo)
    twin = object.__new__(type(value))  # its class refuses to be copied; what it holds may not
    memo[id(value)] = twin
    for (_, name), part in parts(value):
        setattr(twin, name, copy.deepcopy(part, memo))
    return twin


def _uncopyable(value: Any) -> list[Any]:
    """The smallest parts of `value` that refuse to be copied."""
    found: list[Any] = []
    asked: set[int] = set()

    def refuses(part: Any) -> bool:
        try:
            copy.deepcopy(part, {id(each): each for each in found})
        except Exception:
            return True
        return False

    def search(part: Any) -> None:
        if id(part) in asked or not refuses(part):
            return
        asked.add(id(part))
        for _, inner in parts(part):
            search(inner)
        if refuses(part):
            found.append(part)

    search(value)
    return found
