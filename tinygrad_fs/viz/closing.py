"""Closing: areas are drawn as one box each, where their inside would be too much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tinygrad_fs.viz.sketch import Argument, Sketch, Thing

__all__ = ["close", "compacted", "deepest_that_fits"]


def close(sketch: Sketch, depth: int | None, expand: Iterable[str]) -> Sketch:
    """Draw areas as one box each that lie deeper than `depth`; with 0, all of them.

    Parameters
    ----------
    sketch : Sketch
    depth : int or None
        None opens all of them.
    expand : iterable of str
        Paths of areas to open in any case, and all around them.
    """
    closed = _closed(sketch, depth, expand)
    if not any(area != -1 for area in closed):
        return sketch
    boxes: dict[int, int] = {}  # closed area -> its last thing, in whose place it stands
    for number, thing in enumerate(sketch.things):
        if (area := closed[thing.area]) != -1:
            boxes[area] = number
    places: dict[int, int] = {}
    things: list[Thing] = []
    inside: dict[int, list[Argument]] = {}
    for number, thing in enumerate(sketch.things):
        area = closed[thing.area]
        if area == -1:
            things.append(replace(thing, arguments=[*thing.arguments]))
        else:
            inside.setdefault(area, []).extend(thing.arguments)
            if boxes[area] != number:
                continue
            things.append(_box(sketch, area, closed, inside[area]))
        places[number] = len(things) - 1
    for number, thing in enumerate(sketch.things):
        if (area := closed[thing.area]) != -1:
            places[number] = places[boxes[area]]
            things[places[number]].is_output |= thing.is_output
            things[places[number]].members += 1
    for place, thing in enumerate(things):
        thing.arguments = _outside(thing, place, places)
    return Sketch(things, sketch.areas, sketch.notes)


def _closed(sketch: Sketch, depth: int | None, expand: Iterable[str]) -> list[int]:
    """For each area the outermost closed one that it is in or is; -1 for none, as for no area, which comes last."""
    paths = {area.path for area in sketch.areas}
    opened = {path for path in paths if any(_leads_to(path, name) for name in expand)}
    closed: list[int] = []
    for number, (area, own_depth) in enumerate(zip(sketch.areas, _depths(sketch))):
        outer = -1 if area.parent == -1 else closed[area.parent]
        is_closed = depth is not None and own_depth >= depth and (area.path not in opened or not area.kind)
        closed.append(outer if outer != -1 else number if is_closed else -1)
    return [*closed, -1]


def _depths(sketch: Sketch) -> list[int]:
    """In how many others each area is."""
    depths: list[int] = []
    for area in sketch.areas:
        depths.append(0 if area.parent == -1 else depths[area.parent] + 1)
    return depths


def _leads_to(path: str, name: str) -> bool:
    return not path or name == path or name.startswith(f"{path}.")


def _box(sketch: Sketch, area: int, closed: list[int], arguments: list[Argument]) -> Thing:
    """What stands for a closed area."""
    last = next(thing for thing in reversed(sketch.things) if closed[thing.area] == area)
    known = sketch.areas[area]
    return Thing(last.node, "scope", list(arguments), known.parent, members=0, closed=known)


def _outside(thing: Thing, place: int, places: dict[int, int]) -> list[Argument]:
    """The arguments of a thing that come from other boxes; those of a closed area once from each of them."""
    moved = [replace(argument, source=places[argument.source]) for argument in thing.arguments]
    moved = [argument for argument in moved if argument.source < place]
    if thing.closed is None:
        return moved
    once = {(argument.source, argument.part): argument for argument in reversed(moved)}
    for argument in moved:
        once[argument.source, argument.part].differentiable |= argument.differentiable
    return list(reversed(once.values()))


def deepest_that_fits(sketch: Sketch, most: int, expand: Iterable[str]) -> int | None:
    """The largest depth with which there are at most so many boxes; None if all fit, 0 if not even that fits."""
    if len(sketch.things) <= most:
        return None
    for depth in range(max(_depths(sketch), default=-1), 0, -1):
        if len(close(sketch, depth, expand).things) <= most:
            return depth
    return 0


def compacted(sketch: Sketch) -> Sketch:
    """The sketch with only the areas that have something in them, each after the one around it."""
    used: set[int] = set()
    for thing in sketch.things:
        area = thing.area
        while area != -1 and area not in used:
            used.add(area)
            area = sketch.areas[area].parent
    children: dict[int, list[int]] = {}
    for number in sorted(used):
        children.setdefault(sketch.areas[number].parent, []).append(number)
    order: list[int] = []
    waiting = list(reversed(children.get(-1, [])))
    while waiting:
        number = waiting.pop()
        order.append(number)
        waiting += reversed(children.get(number, []))
    numbers = {old: new for new, old in enumerate(order)} | {-1: -1}
    areas = [replace(sketch.areas[old], parent=numbers[sketch.areas[old].parent]) for old in order]
    things = [replace(thing, area=numbers[thing.area]) for thing in sketch.things]
    for thing in things:
        if thing.closed is not None:
            thing.closed = replace(thing.closed, parent=thing.area)
    return Sketch(things, areas, sketch.notes)
