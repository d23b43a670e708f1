"""Restoring: a checkpoint into what it was saved from, all of it or nothing."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.io.checkpoint import PathLike, load
from tinygrad_fs.io.structure import has_state, state_of
from tinygrad_fs.tensor import Tensor

__all__ = ["Restored", "restore"]


class Restored(NamedTuple):
    """What `restore` returns."""

    rest: dict[Any, Any]
    """What else is in the checkpoint, as the number of the epoch."""
    skipped: list[str]
    """With ``strict=False``: what did not fit."""


def restore(path: PathLike, targets: Any, *, strict: bool = True, max_bytes: int | None = None) -> Restored:
    """Read a checkpoint into what it was saved from; all of it is taken, or nothing is changed.

    Parameters
    ----------
    path : str or os.PathLike
        A file as `save` writes it, or one of another library with the weights of a module.
    targets : module, optimizer or the like, or dict
        Something with a ``load_state_dict()``, if `save` was given that alone. Otherwise a dict of the names under
        which things were saved, to modules, optimizers, schedules, loaders, `numpy.random.Generator`, or such dicts.
    strict : bool, default True
        Whether everything has to fit. Otherwise what does is taken: of a module each parameter and buffer of the same
        name, shape and dtype; of anything else the whole state, if it fits.
    max_bytes : int, optional
        As in `load`.

    Returns
    -------
    Restored
        ``rest``, the entries of the checkpoint that there was no target for, and ``skipped``, a list of what did not
        fit.

    Raises
    ------
    ValueError
        If something does not fit: the message lists all of it, and nothing was changed. Or as in `load`.
    TypeError
        If a target is nothing that has a state.
    FileNotFoundError, ImportError
        As in `load`.

    Examples
    --------
    >>> import tempfile
    >>> import tinygrad_fs as tg
    >>> def make():
    ...     model = tg.nn.Linear(2, 1)
    ...     return {"model": model, "optimizer": tg.optim.Adam(model.parameters(), lr=0.5)}
    >>> trained, fresh = make(), make()
    >>> trained["model"](tg.ones((1, 2))).sum().backward()
    >>> trained["optimizer"].step()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tg.io.save(f"{folder}/run.npz", {**trained, "epoch": 3})
    ...     restored = tg.io.restore(f"{folder}/run.npz", fresh)
    >>> restored.rest
    {'epoch': 3}
    >>> bool((fresh["model"].weight == trained["model"].weight).all())
    True
    """
    pairs, rest = _paired(targets, load(path, max_bytes=max_bytes), "")
    problems: list[str] = []
    changed: list[_Pair] = []
    try:
        for pair in pairs:
            changed.append(pair)
            problems += pair.put(strict)
        if problems and strict:
            listed = "".join(f"\n  {problem}" for problem in problems)
            raise ValueError(f"restore: {os.fspath(path)!r} does not fit, and nothing was changed:{listed}")
    except BaseException:
        for pair in changed:
            pair.take_back()
        raise
    return Restored(rest, problems)


_NOTHING = object()


def _paired(targets: Any, state: Any, name: str) -> tuple[list[_Pair], dict[Any, Any]]:
    """Each target with its state, and the entries of the state that have no target."""
    if has_state(targets):
        return [_Pair(name, targets, state)], {}
    if not isinstance(targets, Mapping):
        raise TypeError(
            f"restore: {name or 'the target'!r} is a {type(targets).__name__}; pass something with a state, as a "
            "module or an optimizer, a numpy.random.Generator, or a dict of these"
        )
    found = state if isinstance(state, Mapping) else {}
    pairs: list[_Pair] = []
    rest = {key: value for key, value in found.items() if key not in targets}
    for key, target in targets.items():
        below, left = _paired(target, found.get(key, _NOTHING), f"{name}/{key}" if name else str(key))
        pairs += below
        if left:
            rest[key] = left
    return pairs, rest


class _Pair:
    """A target, and what the checkpoint has for it."""

    def __init__(self, name: str, target: Any, state: Any) -> None:
        self._prefix = f"{name}: " if name else ""
        self._target = target
        self._state = state
        self._before = copy.deepcopy(state_of(target))

    def put(self, strict: bool) -> list[str]:
        """Give the target its state; returns what does not fit, in which case it may have been changed if `strict`."""
        problems = self._put(strict)
        return [self._prefix + problem for problem in problems]

    def take_back(self) -> None:
        """Give the target back the state that it had."""
        self._write(self._before)

    def _put(self, strict: bool) -> list[str]:
        if self._state is _NOTHING:
            return ["the checkpoint has nothing under this name"]
        own = state_of(self._target)
        if isinstance(own, Mapping) and all(isinstance(value, Tensor) for value in own.values()):
            fitting, problems = _fitting(own, self._state)
            if not (problems and strict):
                self._write({**own, **fitting})
            return problems
        try:
            self._write(self._state)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError) as error:
            self.take_back()
            return [str(error)]
        return []

    def _write(self, state: Any) -> None:
        if isinstance(self._target, np.random.Generator):
            self._target.bit_generator.state = state
        else:
            self._target.load_state_dict(state)


def _fitting(own: Mapping[str, Tensor], given: Any) -> tuple[dict[str, Any], list[str]]:
    """The arrays that a module takes as they are, and what is wrong with the others."""
    if not isinstance(given, Mapping):
        return {}, [f"{type(given).__name__}, where a dict of arrays is expected"]
    fitting: dict[str, Any] = {}
    problems = [f"missing: {name}" for name in own if name not in given]
    problems += [f"unexpected: {name}" for name in given if name not in own]
    for name, target in own.items():
        array = given.get(name)
        if name not in given:
            continue
        if not isinstance(array, np.ndarray):
            problems.append(f"{name}: {type(array).__name__} in the checkpoint, not an array")
        elif array.shape != target.shape:
            problems.append(f"{name}: shape {array.shape} in the checkpoint, {target.shape} in the module")
        elif array.dtype != target.dtype:
            problems.append(f"{name}: dtype {array.dtype} in the checkpoint, {target.dtype} in the module")
        else:
            fitting[name] = array
    return fitting, problems
