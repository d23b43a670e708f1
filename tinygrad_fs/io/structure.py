"""States as arrays and a description: how arrays, numbers and text are put together, in JSON.

A dict of nothing but arrays needs no description. Nothing in a description is ever run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import Array
from tinygrad_fs.tensor import Tensor

__all__ = ["KINDS", "has_state", "put_together", "state_of", "take_apart"]

KINDS = "biufcSUmM"
"""The kinds of dtypes that a checkpoint holds: bools, numbers, text and times."""


def has_state(value: Any) -> bool:
    """Whether it is a module, an optimizer, a schedule, a loader or the like, or a random generator."""
    return isinstance(value, np.random.Generator) or (hasattr(value, "state_dict") and not isinstance(value, type))


def state_of(value: Any) -> Any:
    """The state of something that has one; anything else as it is."""
    if not has_state(value):
        return value
    return dict(value.bit_generator.state) if isinstance(value, np.random.Generator) else value.state_dict()


def take_apart(state: Mapping[Any, Any], reserved: str) -> tuple[dict[str, Array], Any]:
    """The arrays in `state`, each under a name of its own, and the description that is needed beside them, or None.

    No array gets the name `reserved`.

    Raises
    ------
    TypeError
        If there is something that a checkpoint cannot hold; the message says where.
    ValueError
        If the state holds itself.
    """
    apart = _Apart(reserved)
    try:
        description = apart.take(state, "")
    except RecursionError:
        raise ValueError("save: the state holds itself, or is nested too deeply to be written") from None
    arrays = apart.arrays
    plain = {"dict": [[name, {"array": name}] for name in arrays]}
    return arrays, None if description == plain else description


def put_together(description: Any, arrays: Mapping[str, Array]) -> dict[Any, Any]:
    """The state that `take_apart` took apart.

    Raises
    ------
    ValueError
        If the description is none, or names arrays that there are not.
    """
    try:
        return dict(_put_together(description, arrays))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"its description cannot be read: {type(error).__name__}: {error}") from error


class _Apart:
    """What has been taken apart so far."""

    def __init__(self, reserved: str) -> None:
        self.arrays: dict[str, Array] = {}
        self._reserved = reserved

    def take(self, value: Any, name: str) -> Any:
        """Enter the arrays in `value`; return what is left, with references to them."""
        value = state_of(value)
        if isinstance(value, (Tensor, np.ndarray, np.generic)):
            return {"array": self._enter(_checked(value, name), name)}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, Mapping):
            items = [[_checked_key(key, name), self.take(each, _join(name, key))] for key, each in value.items()]
            return {"dict": items}
        if type(value) in (list, tuple):
            return {type(value).__name__: [self.take(each, _join(name, i)) for i, each in enumerate(value)]}
        raise TypeError(
            f"save: {name!r} is a {type(value).__name__}; a checkpoint holds Tensors, arrays, numbers, text, None, "
            "dicts, lists and tuples of them, and objects with a state_dict()"
        )

    def _enter(self, array: Array, name: str) -> str:
        """Enter an array under `name`, or under one like it if that is taken or cannot be."""
        name = name.translate(_UNKEEPABLE).encode("utf-8", "replace").decode("utf-8")[-_LONGEST:]
        while name in self.arrays or name == self._reserved:
            name += "_"
        self.arrays[name] = array
        return name


_LONGEST = 8_000
"""Characters of a name that are kept, the last ones: an archive has room for 65,535 bytes."""

_UNKEEPABLE = str.maketrans("\0\\", "__")  # characters that the names in a zip archive do not keep


def _checked(value: Any, name: str) -> Array:
    array = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
    if array.dtype.kind not in KINDS:
        what = "Python objects (dtype object)" if array.dtype.hasobject else f"dtype {array.dtype}"
        raise TypeError(f"save: {name!r} is an array of {what}; store numbers or text")
    return array


def _checked_key(key: Any, name: str) -> str | int:
    if not isinstance(key, (str, int, np.integer)) or isinstance(key, bool):
        raise TypeError(f"save: {name or 'state'!r} has the key {key!r}; keys must be str or int")
    return int(key) if isinstance(key, np.integer) else key


def _join(name: str, key: Any) -> str:
    return f"{name}/{key}" if name else str(key)


def _put_together(description: Any, arrays: Mapping[str, Array]) -> Any:
    if not isinstance(description, dict):
        return description
    ((kind, content),) = description.items()
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {key: _put_together(item, arrays) for key, item in content}
    if kind not in _SEQUENCES:
        raise ValueError(f"there is a {kind!r} in it, which this version does not know; it may be of a later one")
    return _SEQUENCES[kind](_put_together(item, arrays) for item in content)


_SEQUENCES: dict[str, type[Any]] = {"list": list, "tuple": tuple}
