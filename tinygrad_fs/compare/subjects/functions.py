"""Functions as subjects of an audit: forward and backward with a cache, losses with their gradient, derivatives."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.draws import Draw, Template, cotangent
from tinygrad_fs.compare.errors import AuditError, UnfitError, guarded
from tinygrad_fs.compare.isolation.parts import Copier
from tinygrad_fs.compare.isolation.randomness import drawn_by, held_by, replay
from tinygrad_fs.compare.isolation.reach import Reach, reach
from tinygrad_fs.compare.subjects.calls import as_outputs, is_several, staying
from tinygrad_fs.compare.subjects.case import ByHand, Case, Subject, same, smaller_sizes
from tinygrad_fs.compare.trace import tracing
from tinygrad_fs.dtypes import Array

__all__ = ["FunctionCase", "FunctionSubject", "Functions"]

_LABELS = {"y", "t", "y_true", "target", "targets", "label", "labels", "truth", "expected"}
"""What an argument is called that a loss compares with: its gradient is not what a loss returns."""


class Functions(NamedTuple):
    """What computes a value and its gradient.

    Attributes
    ----------
    holder : object or None
        Whose methods they are; it is copied for every run.
    forward, backward : callable or str
        Functions, or names of methods of the holder. Without a backward the forward returns the gradient too.
    title : str
        For the report.
    """

    holder: Any
    forward: Any
    backward: Any
    title: str

    def bind(self, holder: Any) -> tuple[Callable[..., Any], Callable[..., Any] | None]:
        """Both as callables, methods of `holder`, or the functions themselves."""
        if self.holder is None:
            return self.forward, self.backward
        return getattr(holder, self.forward), getattr(holder, self.backward)


class FunctionSubject(Subject):
    """Functions with arguments of certain shapes.

    Parameters
    ----------
    functions : Functions
    inputs : sequence
        Positional arguments: templates of arrays, and whatever else is to be passed on.
    options : mapping
        Keyword arguments of the forward.
    names : mapping, sequence or None
        The arguments whose gradients are returned, in the order in which they are, if the caller said so.
    label : str
        The configuration, for the report.
    """

    modes = ("training",)

    def __init__(
        self,
        functions: Functions,
        inputs: Sequence[Any],
        options: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | Sequence[str] | None = None,
        label: str = "as given",
    ) -> None:
        self.functions, self.inputs, self.options, self.names = functions, tuple(inputs), dict(options or {}), names
        self.title, self.label = functions.title, label
        self._remarks: list[str] = []
        self.copier = Copier(functions.holder)

    @cached_property
    def reach(self) -> Reach:
        """What their code can get at."""
        return reach([each for each in self.functions.bind(self.functions.holder) if each is not None])

    @property
    def generators(self) -> list[Any]:
        """Those that the functions reach."""
        return self.reach.generators

    @property
    def remarks(self) -> list[str]:
        """Which gradients are not returned."""
        return self._remarks

    @cached_property
    def arguments(self) -> list[str]:
        """What each positional argument is called."""
        try:
            parameters = inspect.signature(self.functions.bind(self.functions.holder)[0]).parameters.values()
        except (TypeError, ValueError):
            parameters = {}.values()
        named = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
        return [named[i] if i < len(named) else f"input[{i}]" for i in range(len(self.inputs))]

    @cached_property
    def audited(self) -> list[tuple[int, Any]]:
        """The positions of the arguments that have a gradient, each with where it is in what backward returns."""
        floats = [i for i, each in enumerate(self.inputs) if isinstance(each, Template) and each.is_differentiable]
        arrays = [i for i, each in enumerate(self.inputs) if isinstance(each, Template)]
        if not floats:
            raise AuditError(f"audit: {self.title} was given no array of floats: nothing is to be differentiated")
        returned = FunctionCase(self, Draw.as_given(), []).returned()
        if isinstance(returned, dict):
            found = [(i, _key(self.arguments[i], returned)) for i in floats]
            return [(i, key) for i, key in found if key is not None]
        if not is_several(returned):
            returned = (returned,)
        if self.names is not None:
            return [(self._position(name), number) for number, name in enumerate(self.names)]
        if len(returned) > len(floats) and len(returned) == len(arrays):
            return [(i, number) for number, i in enumerate(arrays) if i in floats]
        if len(returned) > len(floats):
            raise AuditError(
                f"audit: {self.title} returned {len(returned)} gradients for {len(floats)} arrays; say which: "
                "names=['x', 'w']"
            )
        if len(returned) == 1:
            wanted = [i for i in floats if self.arguments[i] not in _LABELS] or floats
            return [(wanted[0], 0)]
        left = [self.arguments[i] for i in floats[len(returned) :]]
        if left:
            self._remarks.append(f"no gradient of {', '.join(left)} is returned, so that none is audited")
        return [(i, number) for number, i in enumerate(floats[: len(returned)])]

    def _position(self, name: str) -> int:
        if name not in self.arguments:
            raise AuditError(f"audit: names= has {name!r}; the arguments are {', '.join(self.arguments)}")
        return self.arguments.index(name)

    def case(self, mode: str, draw: Draw) -> FunctionCase:
        """A case of the one mode that functions have."""
        return FunctionCase(self, draw, self.audited)

    def variations(self) -> Iterator[FunctionSubject]:
        """A batch of one, and another stride."""
        arrays = [i for i, each in enumerate(self.inputs) if isinstance(each, Template) and each.shape]
        if arrays and (batch := self.inputs[arrays[0]].shape[0]) > 1:
            together = [i for i in arrays if self.inputs[i].shape[0] == batch]
            for chosen in (together, arrays[:1]):
                one = self._with({i: (1, *self.inputs[i].shape[1:]) for i in chosen}, "batch 1")
                leading = one._leading_sizes()
                if leading is not None and leading <= ({1, None} if chosen is together else {1}):
                    yield one
                    break
        for label, inputs, options in self._other_strides():
            other = self._other(inputs, options, label)
            if other._leading_sizes() is not None:
                yield other

    def smaller(self) -> Iterator[FunctionSubject]:
        """The same with smaller arrays: axes of equal sizes together, since they usually belong together."""
        arrays = {i: each.shape for i, each in enumerate(self.inputs) if isinstance(each, Template)}
        for size in sorted({size for shape in arrays.values() for size in shape}, reverse=True):
            for new in smaller_sizes(size):
                shapes = {i: tuple(new if each == size else each for each in shape) for i, shape in arrays.items()}
                yield self._with(shapes, self.label)

    def _with(self, shapes: Mapping[int, tuple[int, ...]], label: str) -> FunctionSubject:
        inputs = [each.resized(shapes[i]) if i in shapes else each for i, each in enumerate(self.inputs)]
        return self._other(inputs, self.options, label)

    def _other(self, inputs: list[Any], options: Mapping[str, Any], label: str) -> FunctionSubject:
        """The same functions with other arguments."""
        other = FunctionSubject(self.functions, inputs, options, self.names, label)
        other.budget = self.budget
        return other

    def _other_strides(self) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
        def changed(table: Mapping[str, Any]) -> dict[str, Any] | None:
            value = table.get("stride")
            return {**table, "stride": 1 if value == 2 else 2} if type(value) is int else None

        if (options := changed(self.options)) is not None:
            yield f"stride={options['stride']}", [*self.inputs], options
        for i, each in enumerate(self.inputs):
            if isinstance(each, dict) and (table := changed(each)) is not None:
                yield f"stride={table['stride']}", [*self.inputs[:i], table, *self.inputs[i + 1 :]], self.options

    def _leading_sizes(self) -> set[int | None] | None:
        """The first sizes of the outputs (None for numbers); None if the forward does not take such arguments."""
        try:
            case = self.case("training", Draw.as_given())
            outputs = case.forward(case.values)
        except Exception:  # whatever it says: it was not asked for by the caller
            return None
        return {output.shape[0] if output.shape else None for output in outputs}


class FunctionCase(Case):
    """Functions with arguments and random states: every run is the same.

    Parameters
    ----------
    subject : FunctionSubject
    draw : Draw
    audited : list of (int, key)
        The arguments with a gradient, and where that is in what backward returns.
    """

    def __init__(self, subject: FunctionSubject, draw: Draw, audited: list[tuple[int, Any]]) -> None:
        self.subject, self.draw, self.audited, self.budget = subject, draw, audited, subject.budget
        rng = draw.rng
        self.inputs = [each.draw(draw, rng) if isinstance(each, Template) else each for each in subject.inputs]
        self.values: dict[str, Array] = {subject.arguments[i]: self.inputs[i] for i, _ in audited}

    def cotangents(self, outputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Gradients of the outputs to begin with: normal numbers, or 1 for a loss."""
        if self.subject.functions.backward is None:
            return tuple(np.ones(output.shape) for output in outputs)
        rng = np.random.default_rng(self.draw.seed + 500)
        return tuple(cotangent(output.shape, self.draw, rng) for output in outputs)

    def forward(self, values: Mapping[str, Any], *, traced: bool = False) -> tuple[Any, ...]:
        """The outputs at other values: arrays, or Tensors, which then record."""
        forward, _ = self._ready()
        args, options = self._arguments(values)
        if not traced:
            return as_outputs(self._split(forward(*args, **options))[0])
        with tracing(self.subject.reach.namespaces):
            return as_outputs(self._split(forward(*args, **options))[0])

    def drawn(self) -> list[str]:
        """The modules whose global generators the forward draws from."""
        forward, _ = self._ready()
        args, options = self._arguments({})
        return drawn_by(lambda: forward(*args, **options))

    def by_hand(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The gradients that the functions themselves give."""
        outputs, returned, remarks = self._run(cotangents)
        if not isinstance(returned, dict) and not is_several(returned):
            returned = (returned,)
        gradients = {self.subject.arguments[i]: _taken(returned, key) for i, key in self.audited}
        return ByHand(outputs, gradients, frozenset(), remarks)

    def returned(self) -> Any:
        """What backward returns, as it is."""
        return self._run(None)[1]

    def _run(self, cotangents: tuple[Array, ...] | None) -> tuple[tuple[Array, ...], Any, tuple[str, ...]]:
        """Run both, on gradients of the outputs or else on those of the draw: outputs, what came back, and remarks."""
        forward, backward = self._ready()
        args, options = self._arguments({})
        outputs, cache = guarded("forward", lambda: self._split(forward(*args, **options)))
        arrays = tuple(np.array(each) for each in guarded("forward", lambda: as_outputs(outputs)))
        remarks = () if all(map(same, args, self.inputs)) else ("forward writes into its arguments",)
        handed = self.cotangents(arrays) if cotangents is None else cotangents
        return arrays, guarded("backward", lambda: self._returned(backward, outputs, cache, handed)), remarks

    @cached_property
    def kind(self) -> str:
        """How the functions work together: "loss", "derivative", "cache", or "caches" after several outputs."""
        forward, backward = self._ready()
        args, options = self._arguments({})
        result = forward(*args, **options)
        if backward is None:
            return "loss"
        if not isinstance(result, tuple):
            return "derivative"
        return "cache" if len(result) == 2 else "caches"

    @cached_property
    def returns_several(self) -> bool:
        """Whether several gradients are returned."""
        returned = self.returned()
        return isinstance(returned, dict) or is_several(returned)

    def _ready(self) -> tuple[Callable[..., Any], Callable[..., Any] | None]:
        """The functions, bound to a copy of their holder, with random states set."""
        holder = self.subject.copier()
        replay(self.draw.seed, [*self.subject.reach.generators, *held_by(holder)])
        forward, backward = self.subject.functions.bind(holder)
        return staying()(forward), None if backward is None else staying()(backward)

    def _arguments(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        names = self.subject.arguments
        given = [values.get(name, each) for name, each in zip(names, self.inputs)]
        args = [each if name in values and not isinstance(each, np.ndarray) else copy.deepcopy(each)
                for name, each in zip(names, given)]  # fmt: skip
        return args, copy.deepcopy(self.subject.options)

    def _split(self, result: Any) -> tuple[Any, Any]:
        """What the forward returned, as outputs and cache."""
        if not isinstance(result, tuple):
            if self.subject.functions.backward is None:
                raise UnfitError("must return (loss, gradient), and returned one value; for two functions give both")
            return result, result
        if len(result) < 2:
            raise UnfitError(f"must return (out, cache) or (loss, gradient), not a tuple of {len(result)}")
        return (result[0] if len(result) == 2 else result[:-1]), result[-1]

    def _returned(self, backward: Any, outputs: Any, cache: Any, cotangents: tuple[Array, ...]) -> Any:
        if backward is None:  # the loss itself has returned the gradient, in the place of a cache
            return cache
        if cache is outputs:  # a value alone: then backward is its derivative, of the same arguments
            args, options = self._arguments({})
            return _chained(cotangents[0], backward(*args, **options))
        if not isinstance(outputs, tuple):
            return backward(cotangents[0].copy(), cache)
        copies = tuple(g.copy() for g in cotangents)
        takes_all = len(inspect.signature(backward).parameters) > 2
        return backward(*copies, cache) if takes_all else backward(copies, cache)


def _chained(g: Array, derivative: Any) -> Any:
    """The product of a gradient and a derivative; a value that belongs to a whole row counts for all of the row."""
    missing = np.ndim(derivative) - g.ndim
    rows = missing > 0 and g.ndim > 0 and np.shape(derivative)[: g.ndim] == g.shape
    return (g.reshape(*g.shape, *[1] * missing) if rows else g) * derivative


def _key(name: str, table: Mapping[Any, Any]) -> Any:
    return next((key for key in (name, f"d{name}", f"grad_{name}", f"{name}_grad") if key in table), None)


def _taken(returned: Any, key: Any) -> Any:
    try:
        return returned[key]
    except (LookupError, TypeError):
        return None
