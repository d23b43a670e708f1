"""Backward: the backward pass of a sketch: what was recorded of it, or what it would do."""

from __future__ import annotations

from dataclasses import replace

from tinygrad_fs.viz.scene import BoxKind
from tinygrad_fs.viz.sketch import Area, Argument, Sketch, Thing

__all__ = ["backward_alone", "with_backward"]


def backward_alone(sketch: Sketch) -> Sketch:
    """Of a sketch with a recorded backward pass that pass alone: what it reads of the forward pass are notes."""
    things: list[Thing] = []
    places: dict[int, int] = {}
    for number, thing in enumerate(sketch.things):
        if not thing.order:
            continue
        arguments = []
        for argument in thing.arguments:
            source = sketch.things[argument.source]
            if source.order:
                arguments.append(replace(argument, source=places[argument.source]))
            else:
                arguments.append(replace(argument, source=len(things), is_kept=True))
                things.append(Thing(source.node, "saved", [], thing.area, name=source.name or _word(source)))
        places[number] = len(things)
        things.append(replace(thing, arguments=arguments))
    return Sketch(things, sketch.areas, sketch.notes)


def _word(thing: Thing) -> str:
    return thing.kind if thing.kind in ("leaf", "input", "constant") else thing.node.name


def with_backward(sketch: Sketch, alone: bool) -> Sketch:
    """A sketch with what backward would do: for each op its derivative, and the gradients of all leaves.

    Parameters
    ----------
    sketch : Sketch
        A forward pass.
    alone : bool
        Whether to leave the forward pass out.
    """
    reverse = _Reverse(sketch, alone)
    for number in reversed(range(len(sketch.things))):
        reverse.go_back(number)
    if alone:
        return reverse.alone()
    return Sketch([*sketch.things, *reverse.things], reverse.areas, sketch.notes)


class _Reverse:
    """The things of the backward pass, as they come; their numbers go on from those of the forward pass."""

    def __init__(self, sketch: Sketch, alone: bool) -> None:
        self.sketch = sketch
        self.things: list[Thing] = []
        self.areas = list(sketch.areas)
        self.mirrored = {-1: -1}
        self.arriving: dict[int, list[Argument]] = {}  # per forward thing, the gradients that it gets
        self.is_alone = alone

    def go_back(self, number: int) -> None:
        """Hand the gradient of a thing on to what it was computed from."""
        thing = self.sketch.things[number]
        arriving = self.arriving.get(number, [])
        carries = thing.kind == "leaf" or any(argument.differentiable for argument in thing.arguments)
        if thing.is_output and carries:
            seed = Thing(thing.node, "gradient", [] if self.is_alone else [Argument(number, 0)], name=thing.name)
            arriving = [*arriving, Argument(self._add(seed), 0)]
        if not arriving or not carries:
            return
        kind: BoxKind = "gradient" if thing.kind == "leaf" else "backward"
        kept = [] if self.is_alone or kind == "gradient" else self._kept(thing, number)
        here = Thing(thing.node, kind, [*arriving, *kept], self._mirror(thing.area), name=thing.name, is_implied=True)
        here.order = 1
        place = self._add(here)
        for argument in thing.arguments:
            if argument.differentiable:
                self.arriving.setdefault(argument.source, []).append(Argument(place, argument.position))

    def _add(self, thing: Thing) -> int:
        self.things.append(thing)
        return len(self.sketch.things) + len(self.things) - 1

    def _kept(self, thing: Thing, number: int) -> list[Argument]:
        """What the derivative of an op reads of the forward pass."""
        recipe = getattr(thing.node, "recipe", None)
        if recipe is None:
            return []
        sources = {argument.position: argument.source for argument in thing.arguments}
        kept = []
        for name in recipe.saved:
            if name == "out":
                kept.append(number)
            elif recipe.variadic and name in recipe.inputs:
                kept += sources.values()
            elif name in recipe.inputs and (source := sources.get(recipe.inputs.index(name))) is not None:
                kept.append(source)
        return [Argument(source, 0, is_kept=True) for source in dict.fromkeys(kept)]

    def _mirror(self, area: int) -> int:
        """The area of the backward pass for one of the forward pass."""
        chain = []
        while area not in self.mirrored:
            chain.append(area)
            area = self.areas[area].parent
        for inner in reversed(chain):
            known = self.areas[inner]
            self.mirrored[inner] = len(self.areas)
            parent = self.mirrored[known.parent]
            self.areas.append(Area(parent, known.path, known.kind, known.size, known.bytes, is_backward=True))
        return self.mirrored[chain[0]] if chain else self.mirrored[area]

    def alone(self) -> Sketch:
        """The backward pass by itself."""
        first = len(self.sketch.things)
        for thing in self.things:
            thing.arguments = [replace(argument, source=argument.source - first) for argument in thing.arguments]
        return Sketch(self.things, self.areas, self.sketch.notes)
