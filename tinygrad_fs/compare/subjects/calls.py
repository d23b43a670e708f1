"""How a layer is called: its methods, the way in which it is told that it trains, and what it returns."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.errors import UnfitError
from tinygrad_fs.dtypes import Array
from tinygrad_fs.tensor import Tensor

__all__ = ["Methods", "as_outputs", "is_numbers", "is_several", "staying"]

_SWITCHES = ("training", "train", "is_training", "is_train", "train_flg", "train_mode", "train_flag")
_RATES = ("learning_rate", "lr", "eta", "alpha", "rate", "step_size")
_PAIRS = (("forward_pass", "backward_pass"), ("forward", "backward"), ("__call__", "backward"))


class Methods(NamedTuple):
    """The methods of a layer.

    Attributes
    ----------
    forward, backward : str
        Their names.
    switch : str or None
        The parameter of forward that says whether the layer trains.
    rate : str or None
        The parameter of backward that takes a learning rate.
    takes : int
        How many gradients backward can be given.
    """

    forward: str
    backward: str
    switch: str | None
    rate: str | None
    takes: int

    @classmethod
    def of(cls, layer: Any) -> Methods | None:
        """Those of `layer`; None if it has no forward and backward."""
        for forward, backward in _PAIRS:
            if callable(getattr(layer, forward, None)) and callable(getattr(layer, backward, None)):
                switch = next((name for name in _named(getattr(layer, forward)) if name in _SWITCHES), None)
                taken = _named(getattr(layer, backward))
                rate = next((name for name in taken if name in _RATES), None)
                any_number = any(each.kind is each.VAR_POSITIONAL for each in _parameters(getattr(layer, backward)))
                takes = sys.maxsize if any_number else len(taken) - (rate is not None)
                return cls(forward, backward, switch, rate, takes)
        return None

    def call_forward(self, layer: Any, args: tuple[Any, ...], options: Mapping[str, Any], training: bool) -> Any:
        """Run the forward of `layer`, told whether it trains."""
        told = {self.switch: training} if self.switch is not None else {}
        if not told:
            _set_mode(layer, training)
        with staying():
            return getattr(layer, self.forward)(*args, **{**told, **options})

    def call_backward(self, layer: Any, cotangents: tuple[Array, ...], rate: float) -> Any:
        """Run the backward of `layer` from the gradients of its outputs."""
        given: tuple[Any, ...] = cotangents if self.takes >= len(cotangents) else (cotangents,)
        if self.takes == 0:
            given = ()
        with staying():
            return getattr(layer, self.backward)(*given, **({self.rate: rate} if self.rate else {}))

    def misfit(self, layer: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> str | None:
        """Why forward cannot be called with such arguments; None if it can, as far as its signature says."""
        told = {self.switch: True} if self.switch is not None else {}
        try:
            signature = inspect.signature(getattr(layer, self.forward))
        except (TypeError, ValueError):
            return None
        try:
            signature.bind(*args, **{**told, **options})
        except TypeError as error:
            return f"{self.forward}{signature}: {error}"
        return None

    def modes(self, layer: Any) -> tuple[str, ...]:
        """The modes that `layer` has."""
        evaluates = self.switch is not None or _has_mode(layer)
        freezes = isinstance(getattr(layer, "trainable", None), (bool, np.bool_))
        return ("training", *(["evaluation"] if evaluates else []), *(["frozen"] if freezes else []))


@contextlib.contextmanager
def staying() -> Iterator[None]:
    """Let `sys.exit` be a failure of the code that calls it, not the end of the audit."""
    try:
        yield
    except SystemExit as error:
        raise UnfitError(f"called sys.exit({error.code!r})") from None


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
        return []


def _named(function: Callable[..., Any]) -> list[str]:
    return [each.name for each in _parameters(function) if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


def _has_mode(layer: Any) -> bool:
    told = callable(getattr(layer, "eval", None)) and callable(getattr(layer, "train", None))
    return told or any(isinstance(getattr(layer, name, None), bool) for name in _SWITCHES)


def _set_mode(layer: Any, training: bool) -> None:
    if callable(getattr(layer, "eval", None)) and callable(getattr(layer, "train", None)):
        (layer.train if training else layer.eval)()
    for name in _SWITCHES:
        if isinstance(getattr(layer, name, None), bool):
            setattr(layer, name, training)


def is_numbers(value: Any) -> bool:
    """Whether `value` is a number or nested lists of numbers, and not a list of arrays."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(is_numbers, value))
    return isinstance(value, (int, float, np.number))


def is_several(value: Any) -> bool:
    """Whether `value` holds several arrays, and is not one that is written as nested lists."""
    return isinstance(value, (tuple, list)) and not is_numbers(value)


def as_outputs(result: Any) -> tuple[Any, ...]:
    """What a forward returned, as a tuple of arrays and Tensors.

    Raises
    ------
    UnfitError
        If it is no array, number or tuple of these.
    """
    if isinstance(result, tuple):
        return tuple(output for each in result for output in as_outputs(each))
    if isinstance(result, Tensor):
        return (result,)
    output = np.asarray(result)
    if result is None or output.dtype.kind not in "fiub":
        got = "None" if result is None else type(result).__name__
        if isinstance(result, np.ndarray):
            got = f"one of {output.dtype}"
        raise UnfitError(f"must return an array of real numbers; it returned {got}")
    return (output,)
