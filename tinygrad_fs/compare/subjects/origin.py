"""Where a layer comes from: a class that is called, or an object that is copied, made ready for inputs of a shape."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinygrad_fs.compare.errors import AuditError, RunError
from tinygrad_fs.compare.isolation.parts import Copier, Place, walk
from tinygrad_fs.compare.isolation.randomness import held_by, replay
from tinygrad_fs.compare.subjects.recorder import Recorder

__all__ = ["Built", "Origin", "exchange_optimizers"]

_KERNELS = ("filter_shape", "kernel_shape", "kernel_size", "filter_size", "pool_shape", "pool_size")
_STRIDES = ("stride", "strides")
_SEED = 271828


class Built(NamedTuple):
    """A layer that is ready to run, and the optimizer that catches its gradients."""

    layer: Any
    recorder: Recorder


class Origin:
    """A class with arguments, or an object.

    Parameters
    ----------
    source : class or object
    args : tuple
        For the class.
    settings : mapping
        Keyword arguments for the class; attributes to be set on an object that has not made its weights yet.
    """

    def __init__(self, source: Any, args: tuple[Any, ...] = (), settings: Mapping[str, Any] | None = None) -> None:
        self.source, self.args, self.settings = source, args, dict(settings or {})
        self._copier = None if inspect.isclass(source) else Copier(source)

    @property
    def name(self) -> str:
        """The name of the class; of the source's layers with their own name of it."""
        if inspect.isclass(self.source):
            return self.source.__name__
        own = getattr(self.source, "layer_name", None)
        try:
            return str(own()) if callable(own) else type(self.source).__name__
        except Exception:  # it may need what only a network gives it
            return type(self.source).__name__

    def sample(self) -> Any:
        """One object, not made ready."""
        if self._copier is not None:
            return self._copier()
        try:
            return self.source(*self.args, **self.settings)
        except Exception as error:
            if inspect.isabstract(self.source):
                missing = ", ".join(sorted(self.source.__abstractmethods__))
                raise AuditError(
                    f"audit: {self.name} is abstract: it leaves {missing} to others; audit one of them"
                ) from None
            call = ", ".join([*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.settings.items())])
            raise AuditError(
                f"audit: {self.name}({call}) raised {type(error).__name__}: {error}; give what it needs as "
                "args=(...) and kwargs={...}"
            ) from error

    def build(self, shape: tuple[int, ...] | None) -> Built:
        """A layer for inputs of `shape` (without the batch); its weights are the same every time.

        Raises
        ------
        RunError
            If `initialize` raises.
        """
        replay(_SEED)
        layer = self.sample()
        recorder = Recorder()
        if self._copier is not None:
            for name, value in self.settings.items():
                setattr(layer, name, value)
        if exchange_optimizers(layer, recorder):  # it has its weights, and keeps them
            return Built(layer, recorder)
        _tell_shape(layer, shape)
        replay(_SEED, held_by(layer))
        initialize = getattr(layer, "initialize", None)
        if callable(initialize):
            try:
                initialize(recorder) if inspect.signature(initialize).parameters else initialize()
            except Exception as error:
                raise RunError("initialize", error) from error
        return Built(layer, recorder)

    @property
    def is_fresh(self) -> bool:
        """Whether weights are made anew with every build, so that shapes can change."""
        if self._copier is None:
            return True
        arrays = any(isinstance(value, np.ndarray) for _, value in walk(self.source))
        return not arrays and not _optimizers_in(self.source)

    def changed(self) -> Iterator[tuple[str, Origin]]:
        """The same with another stride, and with an even kernel, where it has such settings."""
        if not self.is_fresh:
            return
        current = self._current_settings()
        for names, change in ((_STRIDES, _other_strides), (_KERNELS, _even)):
            for name in names:
                value = _changed(current.get(name), change)
                if value is not None:
                    yield f"{name}={value!r}", self._with(name, value)

    def _current_settings(self) -> dict[str, Any]:
        if self._copier is not None:
            return {name: getattr(self.source, name) for name in (*_STRIDES, *_KERNELS) if hasattr(self.source, name)}
        try:
            bound = inspect.signature(self.source).bind(*self.args, **self.settings)
        except (TypeError, ValueError):
            return {}
        bound.apply_defaults()
        return bound.arguments

    def _with(self, name: str, value: Any) -> Origin:
        if self._copier is not None:
            return Origin(self.source, (), {**self.settings, name: value})
        bound = inspect.signature(self.source).bind(*self.args, **self.settings)
        bound.arguments[name] = value
        return Origin(self.source, bound.args, bound.kwargs)


def exchange_optimizers(root: Any, recorder: Recorder) -> bool:
    """Put the recorder in the place of all optimizers in an object; whether there were any."""
    found = _optimizers_in(root)
    for place in found:
        place.put(root, recorder)
    return bool(found)


def _optimizers_in(root: Any) -> list[Place]:
    """The places of optimizers."""
    return [
        place
        for place, value in walk(root)
        if place.steps[-1][0] == "attribute"
        and place.steps[-1][1].endswith(("opt", "optim", "optimizer"))
        and not isinstance(value, (dict, set, type))
        and callable(getattr(value, "update", None))
    ]


def _tell_shape(layer: Any, shape: tuple[int, ...] | None) -> None:
    if shape is None:
        return
    if callable(getattr(layer, "set_input_shape", None)):
        layer.set_input_shape(shape)
    elif hasattr(layer, "input_shape"):
        layer.input_shape = shape


_Sizes: TypeAlias = tuple[int, ...]


def _changed(setting: Any, change: Callable[[_Sizes], _Sizes | None]) -> Any:
    """A setting, one size or a tuple of them, after a change; None if it is neither, or is to stay."""
    sizes = setting if isinstance(setting, tuple) else (setting,)
    if not sizes or not all(type(size) is int for size in sizes):
        return None
    new = change(sizes)
    return new if new is None or isinstance(setting, tuple) else new[0]


def _other_strides(sizes: _Sizes) -> _Sizes:
    return tuple(1 if size == 2 else 2 for size in sizes)


def _even(sizes: _Sizes) -> _Sizes | None:
    return (2,) * len(sizes) if any(size % 2 for size in sizes) else None
