"""Recorded steps: those that a tape has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from tinygrad_fs.graph import Node, unbroadcast
from tinygrad_fs.viz.page.arrays import Arrays, several
from tinygrad_fs.viz.page.boxes import Boxes
from tinygrad_fs.viz.page.memory import bytes_alive
from tinygrad_fs.viz.page.quotes import Lines, argument_name
from tinygrad_fs.viz.page.steps import Given, Sent, Step, Story, trouble_of
from tinygrad_fs.viz.tape import Applied, Pulled, Tape
from tinygrad_fs.viz.values import Values

__all__ = ["Recorded"]

_NAMES = {1: "backward", 2: "second backward", 3: "third backward"}


class Recorded:
    """Turns what happened under a tape into steps."""

    def __init__(self, tape: Tape, boxes: Boxes, values: Values, arrays: Arrays, lines: Lines) -> None:
        self._tape = tape
        self._boxes = boxes
        self._values = values
        self._arrays = arrays
        self._lines = lines

    def story(self) -> Story:
        """All of it. A phase is a pass, or a part of one between two others."""
        names = _names_of(self._tape, self._boxes)
        gathered = _Gathered(self._tape)
        story = Story([], [])
        latest: int | None = None
        for happened, sweep, alive in zip(
            self._tape.steps, _sweeps_of(self._tape, self._boxes), bytes_alive(self._tape)
        ):
            parts = gathered.parts(happened) if isinstance(happened, Pulled) else []
            box = self._boxes.box(happened.node, isinstance(happened, Pulled))
            if box == -1:
                story.untold += 1
                continue
            if not story.steps or sweep != latest:
                story.phases.append(names[sweep])
                latest = sweep
            phase = len(story.phases) - 1
            if isinstance(happened, Applied):
                story.steps.append(self._applied(happened, phase, box, alive))
            else:
                story.steps.append(self._pulled(happened, parts, phase, box, alive))
        return story

    def _applied(self, happened: Applied, phase: int, box: int, alive: int) -> Step:
        given = self._given(happened, box)
        outputs = [self._arrays.add(array) for array in several(happened.value)]
        trouble = trouble_of(self._arrays, [each.array for each in given], outputs)
        line = self._line(happened)
        return Step(phase, box, False, given, outputs, [], [], happened.seconds, alive, line, trouble)

    def _pulled(self, happened: Pulled, parts: list[_Part], phase: int, box: int, alive: int) -> Step:
        applied = self._tape.applied(happened.node)
        given = self._given(applied, self._boxes.box(happened.node)) if applied else []
        outputs = [self._arrays.add(array) for array in several(self._values.value(happened.node))]
        gradients = [self._arrays.add(array) for array in several(happened.gradient)]
        sent = [
            Sent(
                self._boxes.target(part.edge, box),
                argument_name(happened.node, part.position),
                self._arrays.add(part.array),
                self._arrays.add(part.sum),
                part.arrived,
                part.expected,
                part.is_summed,
            )
            for part in parts
        ]
        before = [*gradients, *[each.array for each in given], *outputs]
        trouble = trouble_of(self._arrays, before, [each.array for each in sent])
        line = self._line(applied)
        return Step(phase, box, True, given, outputs, gradients, sent, happened.seconds, alive, line, trouble)

    def _line(self, applied: Applied | None) -> int:
        """The line that called an op; that of a whole recording, as `side_by_side` makes one, tells nothing of it."""
        where = applied.where if applied is not None else None
        return self._lines.add(None if where == self._tape.begun_at else where)

    def _given(self, applied: Applied, box: int) -> list[Given]:
        given = []
        for position, source in enumerate(applied.sources):
            if source is not None:
                name = self._tape.option(applied.node, position) or argument_name(applied.node, position)
                array = self._arrays.add(self._tape.value(source))
                given.append(Given(self._boxes.source(source, box), name, array))
        return given


# ---- which pass a step belongs to


def _sweeps_of(tape: Tape, boxes: Boxes) -> list[int | None]:
    """For each step the backward pass that it belongs to; None for the forward pass.

    A backward pass that is recorded applies ops: those of one of its steps come just before it.
    """
    sweeps: list[int | None] = []
    following: int | None = None
    for step in reversed(tape.steps):
        if isinstance(step, Pulled):
            following = step.sweep
            sweeps.append(following)
        else:
            sweeps.append(following if boxes.order(step.node) else None)
    return sweeps[::-1]


def _names_of(tape: Tape, boxes: Boxes) -> dict[int | None, str]:
    """What the passes are called, by the number of the sweep; that of the forward pass is None."""
    orders: dict[int, int] = {}
    for step in tape.steps:
        if isinstance(step, Pulled):
            orders[step.sweep] = max(orders.get(step.sweep, 1), 1 + boxes.order(step.node))
    counts = Counter(orders.values())
    names: dict[int | None, str] = {None: "forward"}
    met: Counter[int] = Counter()
    for sweep in sorted(orders):
        order = orders[sweep]
        met[order] += 1
        name = _NAMES.get(order, f"backward of order {order}")
        names[sweep] = f"{name} {met[order]}" if counts[order] > 1 else name
    return names


# ---- what comes together of each gradient


class _Part(NamedTuple):
    """A gradient on its way.

    Attributes
    ----------
    edge : Node
        Where to.
    position : int
        Which argument that is.
    array, sum : array or None
        What came, and what has come together there with it; None if it was added unseen.
    arrived, expected : int
        Which of how many it is, from 1.
    is_summed : bool
        Whether it had to be summed to the shape of its argument, which was broadcast.
    """

    edge: Node
    position: int
    array: Any
    sum: Any
    arrived: int
    expected: int
    is_summed: bool


class _Gathered:
    """Follows backward passes, and knows what has come together where."""

    def __init__(self, tape: Tape) -> None:
        self._expected: Counter[tuple[int, Node]] = Counter()
        for step in tape.steps:
            if isinstance(step, Pulled):
                self._expected.update([(step.sweep, edge) for _, edge, _ in _sent(step)])
        self._arrived: Counter[tuple[int, Node]] = Counter()
        self._sums: dict[tuple[int, Node], Any] = {}

    def parts(self, step: Pulled) -> list[_Part]:
        """What a derivative sent; to be asked once for each, in their order."""
        found = []
        for position, edge, part in _sent(step):
            is_summed = part is not None and part.shape != edge.shape
            if is_summed:
                part = unbroadcast(part, edge.shape)
            key = step.sweep, edge
            if key in self._sums:
                known = self._sums[key]
                self._sums[key] = None if part is None or known is None else known + part
            else:
                self._sums[key] = part
            self._arrived[key] += 1
            found.append(
                _Part(edge, position, part, self._sums[key], self._arrived[key], self._expected[key], is_summed)
            )
        return found


def _sent(step: Pulled) -> Iterator[tuple[int, Node, Any]]:
    """The arguments that a derivative sent something to, and what, as far as it was seen.

    What is None among its parts was not asked for. Where it has no parts, they were not kept, or added in place.
    """
    for position, edge in enumerate(step.node.inputs):
        is_seen = position < len(step.parts)
        part = step.parts[position] if is_seen else None
        if edge is not None and (part is not None or not is_seen):
            yield position, edge, part
