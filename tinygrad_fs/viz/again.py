"""Again: what many read is drawn again beside each of its readers, so that no edge runs across the whole drawing."""

from __future__ import annotations

from dataclasses import replace

from tinygrad_fs.viz.sketch import Sketch, Thing

__all__ = ["draw_again"]

FEW, MANY = 4, 12
SMALL = 60
"""In a drawing of up to so many things, what has many readers is drawn again; in a larger one, what has a few."""


def draw_again(sketch: Sketch) -> Sketch:
    """Draw leaves and inputs with many readers once for each of them."""
    few = MANY if len(sketch.things) <= SMALL else FEW
    readers = [len(set(each)) for each in sketch.readers()]
    uses = {
        number: readers[number]
        for number, thing in enumerate(sketch.things)
        if readers[number] > few and not thing.arguments and not thing.is_output
    }
    if not uses:
        return sketch
    things: list[Thing] = []
    places: dict[int, int] = {}
    for number, thing in enumerate(sketch.things):
        if number in uses:
            continue
        copies: dict[int, int] = {}
        for source in dict.fromkeys([argument.source for argument in thing.arguments]):
            if source in uses:
                copies[source] = len(things)
                things.append(replace(sketch.things[source], area=thing.area, uses=uses[source]))
        arguments = [
            replace(argument, source=copies.get(argument.source, places.get(argument.source, 0)))
            for argument in thing.arguments
        ]
        places[number] = len(things)
        things.append(replace(thing, arguments=arguments))
    count = len(uses)
    what = "1 leaf or input that many read is" if count == 1 else f"{count:,} leaves and inputs that many read are"
    return Sketch(things, sketch.areas, [*sketch.notes, f"{what} drawn again at each use"])
