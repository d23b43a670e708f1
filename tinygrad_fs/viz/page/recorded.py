"""Recorded: the steps that a tape has."""

from __future__ import annotations

from tinygrad_fs.viz.page.arrays import Arrays, several
from tinygrad_fs.viz.page.gathering import Gathered, Part
from tinygrad_fs.viz.page.lines import Lines
from tinygrad_fs.viz.page.memory import bytes_alive
from tinygrad_fs.viz.page.passes import names_of, sweeps_of
from tinygrad_fs.viz.page.places import Places
from tinygrad_fs.viz.page.rules import argument_name
from tinygrad_fs.viz.page.steps import Given, Sent, Step, Story, trouble_of
from tinygrad_fs.viz.tape import Applied, Pulled, Tape
from tinygrad_fs.viz.values import Values

__all__ = ["Recorded"]


class Recorded:
    """Turns what happened under a tape into steps."""

    def __init__(self, tape: Tape, places: Places, values: Values, arrays: Arrays, lines: Lines) -> None:
        self._tape = tape
        self._places = places
        self._values = values
        self._arrays = arrays
        self._lines = lines

    def story(self) -> Story:
        """All of it. A phase is a pass, or a part of one between two others."""
        names = names_of(self._tape, self._places)
        gathered = Gathered(self._tape)
        story = Story([], [])
        latest: int | None = None
        for happened, sweep, alive in zip(
            self._tape.steps, sweeps_of(self._tape, self._places), bytes_alive(self._tape)
        ):
            parts = gathered.parts(happened) if isinstance(happened, Pulled) else []
            box = self._places.box(happened.node, isinstance(happened, Pulled))
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

    def _pulled(self, happened: Pulled, parts: list[Part], phase: int, box: int, alive: int) -> Step:
        applied = self._tape.applied(happened.node)
        given = self._given(applied, self._places.box(happened.node)) if applied else []
        outputs = [self._arrays.add(array) for array in several(self._values.value(happened.node))]
        gradients = [self._arrays.add(array) for array in several(happened.gradient)]
        sent = [
            Sent(
                self._places.target(part.edge, box),
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
                given.append(Given(self._places.source(source, box), name, array))
        return given
