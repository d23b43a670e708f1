"""Layers as subjects of an audit: objects with a forward and a backward, of whatever protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from tinygrad_fs.compare.draws import Draw, Template, cotangent, parameter
from tinygrad_fs.compare.errors import AuditError, RunError, guarded
from tinygrad_fs.compare.isolation.parts import Copier, walk
from tinygrad_fs.compare.isolation.randomness import GENERATORS, drawn_by, held_by, replay
from tinygrad_fs.compare.isolation.reach import Reach, reach
from tinygrad_fs.compare.subjects.calls import Methods, as_outputs, is_numbers, is_several
from tinygrad_fs.compare.subjects.case import ByHand, Case, Subject, same, smaller_sizes
from tinygrad_fs.compare.subjects.origin import Built, Origin
from tinygrad_fs.compare.subjects.parameters import Backward, Parameter, discover, is_there, zero_gradients
from tinygrad_fs.compare.trace import as_tensors, tracing
from tinygrad_fs.dtypes import Array
from tinygrad_fs.tensor import Tensor

__all__ = ["TRUNCATIONS", "LayerCase", "LayerSubject"]

TRUNCATIONS = ("bptt_trunc", "bptt_truncate", "truncation")
_RATE = 1.0  # for layers that step by themselves: the step is then the gradient


class LayerSubject(Subject):
    """A layer in one configuration.

    Parameters
    ----------
    origin : Origin
        Where it comes from.
    inputs : sequence
        The arguments of its forward: templates of arrays, and whatever else is to be passed on.
    options : mapping
        Keyword arguments of its forward.
    names : mapping, sequence or None
        Of its parameters, if the caller said so.
    label : str
        The configuration, for the report.
    """

    def __init__(
        self,
        origin: Origin,
        inputs: Sequence[Any],
        options: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | Sequence[str] | None = None,
        label: str = "",
    ) -> None:
        self.origin, self.inputs, self.options, self.names = origin, tuple(inputs), dict(options or {}), names
        self.title = origin.name
        batch = self.arrays[0].shape[0] if self.arrays and self.arrays[0].shape else 1
        self.label = label or f"batch {batch}"
        methods = Methods.of(self._sample)
        if methods is None:
            raise AuditError(
                f"audit: {self.title} has no forward_pass and backward_pass, and no forward and backward; "
                "for functions write audit((forward, backward), X=(x, w, b))"
            )
        self.methods = methods
        self.modes = methods.modes(self._sample)

    @cached_property
    def _sample(self) -> Any:
        return self.origin.sample()

    @property
    def arrays(self) -> list[Template]:
        """The templates among the inputs."""
        return [each for each in self.inputs if isinstance(each, Template)]

    @cached_property
    def built(self) -> Built:
        """The layer, ready for inputs of this configuration."""
        first = self.arrays[0].shape[1:] if self.arrays else None
        return self.origin.build(first)

    @cached_property
    def reach(self) -> Reach:
        """What its code can get at."""
        return reach([self.built.layer])

    @property
    def generators(self) -> list[Any]:
        """Those that its code reaches."""
        try:
            return self.reach.generators
        except RunError:  # the audit will say that it cannot be initialized
            return []

    @cached_property
    def input_names(self) -> dict[int, str]:
        """The inputs that have a gradient: their positions, and what they are called."""
        found = [i for i, each in enumerate(self.inputs) if isinstance(each, Template) and each.is_differentiable]
        return {i: "input" if len(found) == 1 else f"input[{i}]" for i in found}

    @cached_property
    def parameters(self) -> list[Parameter]:
        """Its parameters, found by one run of its backward."""
        return self._discovered[0]

    @property
    def remarks(self) -> list[str]:
        """What is to be said about its parameters."""
        try:
            return self._discovered[1]
        except RunError:  # a finding says so
            return []

    @cached_property
    def _discovered(self) -> tuple[list[Parameter], list[str]]:
        layer = self.built.layer
        case = LayerCase(self, "training", Draw("random", "own", False, 0), [])
        try:
            ran = case.backward()
        except RunError:  # the cases will meet it again, and report it
            return [], []
        if any(update.places and not is_there(layer, update.places[0]) for update in ran.updates):
            layer = case.ripened()  # it makes its weights when it first sees an input
            self.built = Built(layer, self.built.recorder)
        return discover(layer, ran, self.names)

    def case(self, mode: str, draw: Draw) -> LayerCase:
        """A case of a mode."""
        return LayerCase(self, mode, draw, self.parameters)

    def variations(self) -> Iterator[LayerSubject]:
        """A batch of one, another stride, an even kernel."""
        if self.arrays and self.arrays[0].shape and self.arrays[0].shape[0] != 1:
            yield self._with(self._batched(1), self.origin, "batch 1")
        for label, origin in self.origin.changed():
            yield self._with(self.inputs, origin, label)

    def smaller(self) -> Iterator[LayerSubject]:
        """The same with smaller inputs: one axis after the other, as small as possible first."""
        for number, each in enumerate(self.inputs):
            if not isinstance(each, Template):
                continue
            for axis, size in enumerate(each.shape):
                if axis > 0 and not self.origin.is_fresh and self.parameters:
                    break
                for new in smaller_sizes(size):
                    shape = (*each.shape[:axis], new, *each.shape[axis + 1 :])
                    inputs = (*self.inputs[:number], each.resized(shape), *self.inputs[number + 1 :])
                    yield self._with(inputs if axis else self._batched(new), self.origin, self.label)

    def with_integers(self) -> LayerSubject:
        """The same with integers for inputs: for layers that look something up."""
        inputs = [each._replace(domain="integers") if isinstance(each, Template) else each for each in self.inputs]
        return self._with(inputs, self.origin, self.label)

    def _batched(self, size: int) -> tuple[Any, ...]:
        return tuple(
            each.resized((size, *each.shape[1:])) if isinstance(each, Template) and each.shape else each
            for each in self.inputs
        )

    def _with(self, inputs: Sequence[Any], origin: Origin, label: str) -> LayerSubject:
        other = LayerSubject(origin, inputs, self.options, self.names, label)
        other.budget = self.budget
        return other


class LayerCase(Case):
    """A layer, an input, parameters and random states: every run is the same.

    Parameters
    ----------
    subject : LayerSubject
    mode : {"training", "evaluation", "frozen"}
        In the latter two a training forward on another batch goes before.
    draw : Draw
    parameters : list of Parameter
    warmed_by : int
        Of two numbers, each gives another batch before.
    """

    def __init__(
        self, subject: LayerSubject, mode: str, draw: Draw, parameters: list[Parameter], warmed_by: int = 0
    ) -> None:
        self.subject, self.mode, self.draw, self.parameters = subject, mode, draw, parameters
        self.warmed_by, self.budget = warmed_by, subject.budget
        rng = draw.rng
        self.inputs = [each.draw(draw, rng) if isinstance(each, Template) else each for each in subject.inputs]
        self.values: dict[str, Array] = {name: self.inputs[i] for i, name in subject.input_names.items()}
        layer = Copier(subject.built.layer)()
        self._warming: list[str] = []
        if draw.warm or mode != "training":
            self._warm(layer)
        if mode == "frozen":
            layer.trainable = False
        self.values |= {each.name: parameter(each.places[0].of(layer), draw, rng) for each in parameters}
        self._copier = Copier(layer)
        self._held = [place for place, value in walk(layer) if isinstance(value, GENERATORS)]
        self._draws = True

    def _warm(self, layer: Any) -> None:
        """A training forward on another batch, so that nothing is fresh, and what should be forgotten can show."""
        subject, rng = self.subject, np.random.default_rng(self.draw.seed + 1000 * (self.warmed_by + 1))
        other = self.draw._replace(values="random")
        inputs = [each.draw(other, rng) if isinstance(each, Template) else each for each in subject.inputs]
        replay(self.draw.seed + 100 + self.warmed_by, [*subject.reach.generators, *held_by(layer)])
        self.warmed_with = inputs
        call = partial(subject.methods.call_forward, layer, tuple(inputs), subject.options, True)
        self._warming = guarded("forward", partial(drawn_by, call))

    def warmed_otherwise(self, number: int) -> LayerCase:
        """The same case after another batch."""
        return LayerCase(self.subject, self.mode, self.draw, self.parameters, number)

    @property
    def is_warm(self) -> bool:
        """Whether another batch went before."""
        return self.draw.warm or self.mode != "training"

    def forward(self, values: Mapping[str, Any], *, traced: bool = False) -> tuple[Any, ...]:
        """The outputs at other values: arrays, or Tensors, which then record."""
        layer = self._prepared(values)
        for name, steps in self._untruncated.items():  # the truth is not cut short
            setattr(layer, name, steps)
        if not traced:
            return as_outputs(self._forward(layer, values))
        _exchange_arrays(layer)
        with tracing(self.subject.reach.namespaces):
            return as_outputs(self._forward(layer, values))

    def drawn(self) -> list[str]:
        """The modules whose global generators the layer draws from, before or in this forward."""
        layer = self._prepared(self.values)
        return list(dict.fromkeys([*self._warming, *drawn_by(lambda: self._forward(layer, self.values))]))

    def by_hand(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The gradients that the layer's own backward gives."""
        return self._by_hand(cotangents)

    def by_hand_untruncated(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The gradients that backward gives where it goes back through all time steps."""
        return self._by_hand(cotangents, settings=self._untruncated)

    def by_hand_without_forward(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The gradients that backward gives if this forward is left out: of whatever an earlier one has left."""
        return self._by_hand(cotangents, forward=False)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The values that are parameters."""
        return tuple(each.name for each in self.parameters)

    @cached_property
    def _untruncated(self) -> dict[str, int]:
        layer = self.subject.built.layer
        longest = max([size for each in self.subject.arrays for size in each.shape], default=1)
        return {name: longest for name in TRUNCATIONS if isinstance(getattr(layer, name, None), int)}

    @property
    def truncation(self) -> str | None:
        """What cuts the gradient short on purpose."""
        layer = self.subject.built.layer
        return ", ".join(f"{name}={getattr(layer, name)}" for name in self._untruncated) or None

    def cotangents(self, outputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Gradients of the outputs to begin with: normal numbers, or 1 where backward takes none."""
        rng = np.random.default_rng(self.draw.seed + 500)
        if self.subject.methods.takes == 0:
            return tuple(np.ones(output.shape) for output in outputs)
        return tuple(cotangent(output.shape, self.draw, rng) for output in outputs)

    @cached_property
    def returns_several(self) -> bool:
        """Whether backward returns more than the gradient of one input."""
        layer = self._prepared(self.values)
        outputs = as_outputs(self._forward(layer, self.values))
        result = self.subject.methods.call_backward(layer, self.cotangents(outputs), _RATE)
        return is_several(result)

    def backward(self) -> Backward:
        """One run of backward, for the parameters to be found by."""
        layer = self._prepared(self.values)
        outputs = guarded("forward", lambda: as_outputs(self._forward(layer, self.values)))
        return self._backward(layer, self.cotangents(outputs))[1]

    def ripened(self) -> Any:
        """The layer after a forward."""
        layer = self._prepared(self.values)
        self._forward(layer, self.values)
        return layer

    def _by_hand(
        self, cotangents: tuple[Array, ...], *, forward: bool = True, settings: Mapping[str, Any] | None = None
    ) -> ByHand:
        layer = self._prepared(self.values)
        for name, value in (settings or {}).items():
            setattr(layer, name, value)
        remarks = []
        outputs: tuple[Array, ...] = ()
        if forward:
            given = [each.copy() if isinstance(each, np.ndarray) else each for each in self.inputs]
            outputs = guarded("forward", lambda: as_outputs(self._call(layer, given)))
            outputs = tuple(output.copy() for output in outputs)
            if not all(same(a, b) for a, b in zip(given, self.inputs)):
                remarks.append("forward writes into its input; in a network that is the output of the layer before")
        handed = tuple(g.copy() for g in cotangents)
        returned, ran = self._backward(layer, handed)
        if not all(map(same, handed, cotangents)):
            remarks.append("backward writes into the gradient that it is handed")
        gradients = dict(zip(self.subject.input_names.values(), returned))
        for each in self.parameters:
            gradients[each.name] = guarded("backward", partial(each.gradient, ran))
        return ByHand(outputs, gradients, self._updated(ran), tuple(remarks))

    def _backward(self, layer: Any, cotangents: tuple[Array, ...]) -> tuple[tuple[Any, ...], Backward]:
        """Run backward: what it returned for the inputs, and what it left."""
        recorder, methods = self.subject.built.recorder, self.subject.methods
        zero_gradients(layer, self.subject.names)
        recorder.watch(layer)
        before = {
            place: value.copy()
            for place, value in walk(layer)
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and place.is_open
        }
        result = guarded("backward", lambda: methods.call_backward(layer, cotangents, _RATE))
        returned, extra = self._sorted(result)
        rate = _RATE if methods.rate else None
        return returned, Backward(layer, recorder.updates, before, rate, extra)

    def _sorted(self, result: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """What backward returned, as gradients of the inputs and the rest."""
        shapes = [self.inputs[i].shape for i in self.subject.input_names]
        if not isinstance(result, (tuple, list)):
            return (result,), ()
        if len(shapes) == 1 and is_numbers(result) and np.shape(result) == shapes[0]:
            return (np.asarray(result),), ()  # nested lists of numbers
        return tuple(result[: len(shapes)]), tuple(result[len(shapes) :])

    def _updated(self, ran: Backward) -> frozenset[str]:
        changed = {update.places for update in ran.updates}
        return frozenset(
            each.name
            for each in self.parameters
            if any(set(places) & set(each.places) for places in changed)
            or (each.places[0] in ran.before and not same(ran.before[each.places[0]], each.places[0].of(ran.layer)))
        )

    def _prepared(self, values: Mapping[str, Any]) -> Any:
        """A copy of the layer with `values` in it and its random states set."""
        layer = self._copier()
        for each in self.parameters:
            each.put(layer, values[each.name])
        if self._draws:
            replay(self.draw.seed, [*self.subject.reach.generators, *(place.of(layer) for place in self._held)])
        return layer

    def settle(self) -> None:
        """Find out whether random numbers are drawn at all; if not, they need not be replayed."""
        self._draws = bool(self._held or self.subject.reach.generators or self.drawn())

    def _forward(self, layer: Any, values: Mapping[str, Any]) -> Any:
        named = self.subject.input_names
        given = [values[named[i]] if i in named else each for i, each in enumerate(self.inputs)]
        return self._call(layer, [each.copy() if isinstance(each, np.ndarray) else each for each in given])

    def _call(self, layer: Any, given: Sequence[Any]) -> Any:
        subject = self.subject
        return subject.methods.call_forward(layer, tuple(given), subject.options, self.mode != "evaluation")


def _exchange_arrays(layer: Any) -> None:
    """Put Tensors in the place of the arrays of floats that a layer holds, so that it can write into them."""
    exchanged: dict[int, Tensor] = {}
    for place, value in list(walk(layer)):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and place.is_open:
            place.put(layer, exchanged.setdefault(id(value), as_tensors(value)))
