"""Repeats: what follows one another and is alike is drawn once, as a block that says how often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.viz import labels
from tinygrad_fs.viz.sketch import Area, Argument, Sketch, Thing

__all__ = ["fold_repeats"]

LONGEST = 128
"""Of how many items, ops or calls, what repeats may consist."""

_Span: TypeAlias = tuple[int, int]
"""A run of ops, by their numbers: the first, and the one after the last."""


@dataclass
class _Run:
    """Copies of something, one after another: each `length` ops long, each one reading from the one before."""

    parent: int
    first: list[_Span]  # the items of the first copy
    items: list[int]  # the areas among these
    count: int
    begin: int
    length: int


def fold_repeats(sketch: Sketch, least: int, plain: bool) -> Sketch:
    """Draw one of each run of copies.

    Copies have the same ops with the same options, shapes and edges among them, and each reads from the one before it:
    the blocks of a network, or the steps of a loop. What a copy reads from elsewhere may differ.

    Parameters
    ----------
    sketch : Sketch
    least : int
        How many copies there must be.
    plain : bool
        Whether ops that are in no call of their own count too, and not calls alone.
    """
    folder = _Folder(sketch, least, plain)
    folder.search()
    return folder.folded() if folder.found else sketch


class _Folder:
    """The ops of a sketch in the order of time, and the runs of copies among them."""

    def __init__(self, sketch: Sketch, least: int, plain: bool) -> None:
        self.sketch = sketch
        self.least = least
        self.plain = plain
        self.found: list[_Run] = []
        self.ops = [number for number, thing in enumerate(sketch.things) if thing.arguments]
        self.place = {number: place for place, number in enumerate(self.ops)}
        self.spans = self._spans()
        numbers: dict[Any, int] = {}
        self.marks = [numbers.setdefault(self._mark(number), len(numbers)) for number in self.ops]

    def _spans(self) -> dict[int, _Span]:
        """The ops of each area, those of its inner areas included; areas with others in between are left out."""
        ends: dict[int, list[int]] = {}
        counts: dict[int, int] = {}
        for place, number in enumerate(self.ops):
            area = self.sketch.things[number].area
            while True:
                ends.setdefault(area, [place, place])[1] = place
                counts[area] = counts.get(area, 0) + 1
                if area == -1:
                    break
                area = self.sketch.areas[area].parent
        return {area: (a, b + 1) for area, (a, b) in ends.items() if counts[area] == b + 1 - a}

    def _mark(self, number: int) -> Any:
        """What has to be the same in a copy of an op."""
        thing = self.sketch.things[number]
        node = thing.node
        options = labels.options(node) if "at" not in getattr(getattr(node, "recipe", None), "options", ()) else ""
        area = self.sketch.areas[thing.area] if thing.area != -1 else None
        where = (area.kind, area.size) if area else None
        arguments = tuple([(each.position, each.part, each.differentiable) for each in thing.arguments])
        return node.name, thing.kind, options, node.shape, node.dtype, where, arguments

    # ---- finding runs

    def search(self) -> None:
        """Find the runs in all areas, from the outermost inwards; of copies only the first is looked into."""
        waiting = [-1]
        while waiting:
            area = waiting.pop()
            runs = self._runs(area)
            self.found += runs
            kept = [item for run in runs for item in run.items]
            inside = {item for run in runs for item in self._areas_within(run)}
            waiting += [child for child in self._children(area) if child not in inside or child in kept]

    def _children(self, area: int) -> list[int]:
        """The areas right inside of an area, in order."""
        found = [number for number in self.spans if number != -1 and self.sketch.areas[number].parent == area]
        return sorted(found, key=lambda number: self.spans[number])

    def _areas_within(self, run: _Run) -> list[int]:
        """The areas right inside of a run's parent that belong to one of its copies."""
        end = run.begin + run.count * run.length
        return [area for area in self._children(run.parent) if run.begin <= self.spans[area][0] < end]

    def _runs(self, area: int) -> list[_Run]:
        """The runs of copies right inside of an area."""
        if area not in self.spans:
            return []
        items, areas = self._items(area)
        numbers: dict[Any, int] = {}
        marks = []
        for (begin, end), inner in zip(items, areas):
            content = tuple(self.marks[begin:end]) if inner != -1 or self.plain else begin
            marks.append(numbers.setdefault((content, inner != -1), len(numbers)))
        runs: list[_Run] = []
        free = np.ones(len(items), bool)
        values = np.array(marks)
        for period in range(1, min(LONGEST, len(items) // self.least) + 1):
            same = (values[:-period] == values[period:]) & free[:-period] & free[period:]
            for begin, length in _stretches(same, period * (self.least - 1)):
                for skipped in range(min(period, length - period * (self.least - 1) + 1)):
                    most = (length - skipped) // period + 1
                    run = self._run(area, items, areas, begin + skipped, period, most)
                    if run is not None:
                        runs.append(run)
                        free[begin + skipped : begin + skipped + run.count * period] = False
                        break
        return runs

    def _items(self, area: int) -> tuple[list[_Span], list[int]]:
        """What is right inside of an area: ops, and areas as a whole; each with the number of the area, or -1."""
        begin, end = self.spans[area]
        children = self._children(area)
        items, areas = [], []
        at = begin
        for child in [*children, None]:
            stop = end if child is None else self.spans[child][0]
            items += [(place, place + 1) for place in range(at, stop)]
            areas += [-1] * (stop - at)
            if child is not None:
                items.append(self.spans[child])
                areas.append(child)
                at = self.spans[child][1]
        return items, areas

    def _run(self, area: int, items: list[_Span], areas: list[int], begin: int, period: int, most: int) -> _Run | None:
        """The run that begins at an item, as far as its copies are really alike; None if there are too few."""
        start = items[begin][0]
        length = items[begin + period - 1][1] - start
        count = 1
        while count < most and self._follows(start + (count - 1) * length, start, length):
            count += 1
        if count < self.least:
            return None
        first = items[begin : begin + period]
        inner = [number for number in areas[begin : begin + period] if number != -1]
        return _Run(area, first, inner, count, start, length)

    def _follows(self, before: int, first: int, length: int) -> bool:
        """Whether the copy after the one at `before` is wired as the first one, and reads from the one before it."""
        here = before + length
        reads_on = False
        for offset in range(length):
            one, other = self.sketch.things[self.ops[first + offset]], self.sketch.things[self.ops[here + offset]]
            for argument, its in zip(one.arguments, other.arguments):
                source, its_source = self.place.get(argument.source, -1), self.place.get(its.source, -1)
                inside, its_inside = source >= first, its_source >= here
                if inside != its_inside or (inside and source - first != its_source - here):
                    return False
                if self._shape(argument) != self._shape(its):
                    return False
                reads_on |= before <= its_source < here
        return reads_on

    def _shape(self, argument: Argument) -> Any:
        return self.sketch.things[argument.source].node.shape

    # ---- folding them

    def folded(self) -> Sketch:
        """The sketch with the first copy of each run alone."""
        areas = [replace(area) for area in self.sketch.areas]
        count = len(self.sketch.things)
        stands = list(range(count))  # what is drawn in the place of each thing
        moved: dict[int, int] = {}  # things that are in another area now
        for run in self.found:
            self._fold(run, areas, stands, moved)
        for number in range(count):  # a copy may stand in a copy
            while stands[stands[number]] != stands[number]:
                stands[number] = stands[stands[number]]
        return self._with(stands, areas, moved)

    def _fold(self, run: _Run, areas: list[Area], stands: list[int], moved: dict[int, int]) -> None:
        """Let the first copy of a run stand for all, in an area that says so."""
        for place in range(run.begin + run.length, run.begin + run.count * run.length):
            stands[self.ops[place]] = self.ops[run.begin + (place - run.begin) % run.length]
        if len(run.first) == 1 and run.items:
            number = run.items[0]
            areas[number].last = areas[self._areas_within(run)[-1]].path
        else:
            number = len(areas)
            areas.append(Area(run.parent, "", "", 0, 0))
            for item in run.items:
                areas[item].parent = number
            for begin, end in run.first:
                for thing in self.ops[begin:end]:
                    if self.sketch.things[thing].area == run.parent:
                        moved[thing] = number
        areas[number].count = run.count

    def _with(self, stands: list[int], areas: list[Area], moved: dict[int, int]) -> Sketch:
        """The sketch of what is drawn: what stands for itself, and of leaves and inputs what one of these reads."""
        things = self.sketch.things
        kept = {number for number in self.ops if stands[number] == number}
        kept |= {
            argument.source
            for number in kept
            for argument in things[number].arguments
            if argument.source not in self.place
        }
        kept |= {number for number, thing in enumerate(things) if thing.is_output and number not in self.place}
        numbers: dict[int, int] = {}
        drawn: list[Thing] = []
        for old in sorted(kept):
            arguments = [
                replace(argument, source=numbers[stands[argument.source]])
                for argument in things[old].arguments
                if stands[argument.source] in numbers  # what leads from a copy to the next is not drawn
            ]
            numbers[old] = len(drawn)
            drawn.append(replace(things[old], arguments=arguments, area=moved.get(old, things[old].area), members=0))
        for number, stand in enumerate(stands):
            if stand in kept:
                drawn[numbers[stand]].members += things[number].members
                drawn[numbers[stand]].is_output |= things[number].is_output
        notes = [*self.sketch.notes, *dict.fromkeys([_note(run) for run in self.found])]
        return Sketch(drawn, areas, notes)


def _stretches(same: np.ndarray[Any, np.dtype[np.bool_]], least: int) -> list[tuple[int, int]]:
    """Where `same` is true at least so often in a row: begin and length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2]) if b - a >= least]


def _note(run: _Run) -> str:
    what = "calls" if len(run.first) == 1 and run.items else "steps of a loop"
    return f"{run.count:,} {what} that are alike are drawn as one"
