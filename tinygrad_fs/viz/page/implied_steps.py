"""Implied steps: those of a graph that nobody recorded, on the way that the engine would take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tinygrad_fs.viz.page.arrays import Arrays, several
from tinygrad_fs.viz.page.boxes import Boxes
from tinygrad_fs.viz.page.quotes import Lines, argument_name
from tinygrad_fs.viz.page.steps import FINE, Given, Sent, Step, Story, trouble_of
from tinygrad_fs.viz.values import Values

__all__ = ["Implied"]


class Implied:
    """Turns a drawing into steps."""

    def __init__(self, boxes: Boxes, values: Values, arrays: Arrays, lines: Lines) -> None:
        self._boxes = boxes
        self._values = values
        self._arrays = arrays
        self._lines = lines
        self._ops = [
            number
            for number, thing in enumerate(boxes.things)
            if thing.arguments and not thing.is_implied and thing.kind not in ("gradient", "saved")
        ]

    def story(self) -> Story:
        """Forward through all ops, and back; of the two, what the drawing has."""
        story = Story([], [])
        for name, steps in (("forward", self._forward()), ("backward", self._backward())):
            told = [step._replace(phase=len(story.phases)) for step in steps]
            story.steps += told
            story.phases += [name] if told else []
        return story

    def _forward(self) -> Iterator[Step]:
        for box in self._ops:
            yield self._step(box, False, [])

    def _backward(self) -> Iterator[Step]:
        things = self._boxes.things
        sent_by = self._sent_by()
        expected = Counter([target for sent in sent_by.values() for _, target in sent])
        arrived: Counter[int] = Counter()
        for box, each in sent_by.items():
            sent = []
            for position, target in each:
                arrived[target] += 1
                is_all = arrived[target] == expected[target]
                total = self._values.gradient(things[target].node) if is_all else None
                name = argument_name(things[box].node, position)
                counts = arrived[target], expected[target]
                sent.append(Sent(target, name, -1, self._arrays.add(total), *counts, False))
            yield self._step(box, True, sent)

    def _sent_by(self) -> dict[int, list[tuple[int, int]]]:
        """For each box on the way back, in order, the arguments that gradients are sent to, and the boxes of these.

        Where derivatives have boxes of their own, gradients go along their links; elsewhere against those of the ops.
        """
        things = self._boxes.things
        drawn: dict[int, list[tuple[int, int]]] = {}
        for number, thing in enumerate(things):
            if thing.is_implied and thing.kind == "backward":
                drawn[number] = []
            for argument in thing.arguments:
                if argument.source in drawn and not argument.is_kept:
                    drawn[argument.source].append((argument.position, number))
        if drawn:
            return {number: sorted(sent) for number, sent in drawn.items()}
        carrying = self._boxes.carrying()
        return {
            number: [(each.position, each.source) for each in things[number].arguments if each.differentiable]
            for number in reversed(self._ops)
            if number in carrying
        }

    def _step(self, box: int, is_backward: bool, sent: list[Sent]) -> Step:
        node = self._boxes.things[box].node
        op = self._boxes.box(node) if self._boxes.things[box].is_implied else box
        given = [
            Given(
                argument.source,
                argument.option or argument_name(node, argument.position),
                self._arrays.add(self._values.value(self._boxes.things[argument.source].node)),
            )
            for argument in (self._boxes.things[op].arguments if op != -1 else ())
        ]
        outputs = [self._arrays.add(array) for array in several(self._values.value(node))]
        trouble = FINE if is_backward else trouble_of(self._arrays, [each.array for each in given], outputs)
        gradients = [-1] if is_backward else []
        line = self._lines.add(node.where)
        return Step(0, box, is_backward, given, outputs, gradients, sent, 0.0, -1, line, trouble)
