"""Loading a state into a module: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.dtypes import Array, as_array
from tinygrad_fs.tensor import Tensor

__all__ = ["IncompatibleKeys", "load"]


class IncompatibleKeys(NamedTuple):
    """The names that did not find their counterpart; what `Module.load_state_dict` returns."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(owner: str, targets: dict[str, Tensor], state: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy the values of `state` into the arrays of `targets`, once it is known that all of them fit.

    Raises
    ------
    TypeError
        If `state` is not a mapping.
    RuntimeError
        If something does not fit. The message lists everything, and nothing has been copied.
    """
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{owner}.load_state_dict: a {type(state).__name__} was given; it takes what state_dict() returns, "
            "a dict of names and Tensors"
        )
    names = IncompatibleKeys(
        missing_keys=[name for name in targets if name not in state],
        unexpected_keys=[name for name in state if name not in targets],
    )
    sources: dict[str, Array] = {}
    problems: list[str] = []
    if strict:
        problems += [f"missing: {name}" for name in names.missing_keys]
        problems += [f"unexpected: {name}" for name in names.unexpected_keys]
    for name, target in targets.items():
        if name in state:
            try:
                sources[name] = _fitting(state[name], target)
            except (TypeError, ValueError, RuntimeError) as error:
                problems.append(f"{name}: {error}")
    if problems:
        remedy = "\n(strict=False passes over missing and unexpected names)" if strict and any(names) else ""
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise RuntimeError(f"{owner}.load_state_dict: the state does not fit, and nothing was loaded:{listed}{remedy}")
    _copy(sources, targets)
    return names


def _fitting(value: Any, target: Tensor) -> Array:
    """`value` as an array that can be copied into `target`, or an error that says why not."""
    array: Array
    if isinstance(value, Tensor):
        array = value._data
    else:  # of an array, or of a tensor of another library, which may itself require grad
        array = as_array(value.detach() if hasattr(value, "detach") else value)
    if array.shape != target.shape:
        raise ValueError(f"shape {array.shape} in the state, {target.shape} in the module")
    if not np.can_cast(array.dtype, target.dtype, "same_kind"):
        raise TypeError(f"dtype {array.dtype} in the state, {target.dtype} in the module")
    if not target._data.flags.writeable:
        raise ValueError("its array in the module is read-only")
    return array


def _copy(sources: dict[str, Array], targets: dict[str, Tensor]) -> None:
    """Write every source into its target, also where sources are themselves arrays of other targets."""
    overwritten = {id(target._data) for target in targets.values()}
    for name, source in sources.items():
        if id(source) in overwritten and source is not targets[name]._data:
            sources[name] = source.copy()
    for name, source in sources.items():
        array = targets[name]._data
        np.copyto(array, source, casting="same_kind")
        mark_changed(array)
