"""Implied: the steps of a graph that nobody recorded: the way that the engine would take, with what is still known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tinygrad_fs.viz.page.arrays import Arrays, several
from tinygrad_fs.viz.page.lines import Lines
from tinygrad_fs.viz.page.places import Places
from tinygrad_fs.viz.page.rules import argument_name
from tinygrad_fs.viz.page.steps import FINE, Given, Sent, Step, Story, trouble_of
from tinygrad_fs.viz.sketch import Argument
from tinygrad_fs.viz.values import Values

__all__ = ["Implied"]


class Implied:
    """Turns a drawing into steps."""

    def __init__(self, places: Places, values: Values, arrays: Arrays, lines: Lines) -> None:
        self._places = places
        self._values = values
        self._arrays = arrays
        self._lines = lines
        self._ops = [
            number
            for number, thing in enumerate(places.things)
            if thing.arguments and not thing.is_implied and thing.kind != "saved"
        ]

    def story(self) -> Story:
        """Forward through all ops, and back."""
        return Story([*self._forward(), *self._backward()], ["forward", "backward"])

    def _forward(self) -> Iterator[Step]:
        for number in self._ops:
            yield self._step(number, 0, [])

    def _backward(self) -> Iterator[Step]:
        carrying = self._places.carrying()
        ops = [number for number in reversed(self._ops) if number in carrying]
        expected = Counter([argument.source for number in ops for argument in self._differentiable(number)])
        arrived: Counter[int] = Counter()
        for number in ops:
            sent = []
            for argument in self._differentiable(number):
                source = argument.source
                arrived[source] += 1
                is_all = arrived[source] == expected[source]
                total = self._values.gradient(self._places.things[source].node) if is_all else None
                name = argument_name(self._places.things[number].node, argument.position)
                target = self._places.derivative(source)
                counts = arrived[source], expected[source]
                sent.append(Sent(target, name, -1, self._arrays.add(total), *counts, False))
            yield self._step(number, 1, sent)

    def _differentiable(self, number: int) -> list[Argument]:
        return [argument for argument in self._places.things[number].arguments if argument.differentiable]

    def _step(self, number: int, phase: int, sent: list[Sent]) -> Step:
        thing = self._places.things[number]
        given = [
            Given(
                argument.source,
                argument.option or argument_name(thing.node, argument.position),
                self._arrays.add(self._values.value(self._places.things[argument.source].node)),
            )
            for argument in thing.arguments
        ]
        outputs = [self._arrays.add(array) for array in several(self._values.value(thing.node))]
        trouble = trouble_of(self._arrays, [each.array for each in given], outputs) if phase == 0 else FINE
        line = self._lines.add(thing.node.where)
        box = self._places.derivative(number) if phase == 1 else number
        return Step(phase, box, phase == 1, given, outputs, [-1] * phase, sent, 0.0, -1, line, trouble)
