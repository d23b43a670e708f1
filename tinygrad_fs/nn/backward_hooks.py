"""Functions that see the gradients of a module: of its outputs before its backward pass, of its inputs after it.

The inputs and outputs of a call pass through two ops that change nothing. Backward reaches that of the outputs first,
and that of the inputs last: there the hooks run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.graph import BackwardError
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, read_only

__all__ = ["GradientHooks"]


class _Passing(Op):
    """y = x for each of several inputs;  their gradients go through a function on the way."""

    makes_view = True

    def forward(*xs: Any, through: Any) -> Any:
        return tuple([x[...] for x in xs])

    def vjp(g: Any, through: Any) -> Any:
        return through(g)


class _Through:
    """What the gradients go through, with a name that is the same in every drawing."""

    def __init__(self, name: str, function: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        self._name = name
        self._function = function

    def __call__(self, g: Sequence[Any]) -> Sequence[Any]:
        return self._function(g)

    def __repr__(self) -> str:
        return self._name


class GradientHooks:
    """One call of a module, on the way in and out, and back."""

    def __init__(self, module: Any, before: list[Callable[..., Any]], after: list[Callable[..., Any]]) -> None:
        self._module = module
        self._before = before
        self._after = after
        self._of_outputs: tuple[Any, ...] | None = None
        self._inputs = self._outputs = 0
        self._places: list[int] = []
        self._places_out: list[int] = []

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of the call; gradients of those that need one come back through `_on_inputs`."""
        self._inputs = len(args)
        passed, self._places = _pass(args, _Through("hooks after backward", self._on_inputs))
        return passed

    def leave(self, output: Any) -> Any:
        """The output of the call: a Tensor, or a tuple or list with Tensors in it."""
        several = type(output) in (tuple, list)
        parts = tuple(output) if several else (output,)
        self._outputs = len(parts)
        passed, self._places_out = _pass(parts, _Through("hooks before backward", self._on_outputs))
        return type(output)(passed) if several else passed[0]

    def _on_outputs(self, g: Sequence[Any]) -> Sequence[Any]:
        given = _spread(_as_tensors(g), self._places_out, self._outputs)
        for hook in self._before:
            given = self._answer("pre-hook", hook(self._module, given), given)
        self._of_outputs = given
        if not self._places:
            self._run_after((None,) * self._inputs)
        return _like(g, [given[place] for place in self._places_out])

    def _on_inputs(self, g: Sequence[Any]) -> Sequence[Any]:
        if self._of_outputs is None:  # backward began within the module
            return g
        given = self._run_after(_spread(_as_tensors(g), self._places, self._inputs))
        return _like(g, [given[place] for place in self._places])

    def _run_after(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        of_outputs, self._of_outputs = self._of_outputs, None
        for hook in self._after:
            given = self._answer("hook", hook(self._module, given, of_outputs), given)
        return given

    def _answer(self, kind: str, result: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """What goes on after a hook: what it returned, if that fits, or what it was given."""
        if result is None:
            return given
        gradients = result if isinstance(result, tuple) else (result,)
        if [getattr(each, "shape", None) for each in gradients] != [getattr(each, "shape", None) for each in given]:
            expected = ", ".join("None" if each is None else f"a Tensor of shape {each.shape}" for each in given)
            raise BackwardError(
                f"{type(self._module).__name__}: a backward {kind} returns None, or a tuple of: {expected}"
            )
        return gradients


def _pass(values: tuple[Any, ...], through: _Through) -> tuple[tuple[Any, ...], list[int]]:
    """The values, with those that need a gradient passed through an op; and where these stand."""
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]
    if not places:
        return values, places
    passed = dict(zip(places, _Passing.apply(*[values[i] for i in places], through=through)))
    return tuple([passed.get(i, value) for i, value in enumerate(values)]), places


def _as_tensors(g: Sequence[Any]) -> list[Tensor]:
    return [each if isinstance(each, Tensor) else Tensor._of(read_only(each)) for each in g]


def _spread(gradients: list[Tensor], places: list[int], count: int) -> tuple[Any, ...]:
    """The gradients in their places, None for what has none."""
    spread: list[Any] = [None] * count
    for place, gradient in zip(places, gradients):
        spread[place] = gradient
    return tuple(spread)


def _like(g: Sequence[Any], gradients: list[Tensor]) -> list[Any]:
    """Gradients as the sweep takes them: recorded Tensors, or arrays of the dtypes that they had."""
    return [
        new if isinstance(old, Tensor) else old if new._data is old else _array(new, old)
        for old, new in zip(g, gradients)
    ]


def _array(new: Tensor, old: Any) -> Any:
    return np.asarray(new._data).astype(old.dtype, copy=False)
