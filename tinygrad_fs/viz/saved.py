"""Saved: notes on what ops keep for their derivatives."""

from __future__ import annotations

from tinygrad_fs.graph import RELEASED, Node
from tinygrad_fs.viz.labels import array_text
from tinygrad_fs.viz.sketch import Argument, Sketch, Thing

__all__ = ["add_notes", "kept_by"]


def add_notes(sketch: Sketch) -> Sketch:
    """A note beside each op that keeps something."""
    things = list(sketch.things)
    for number, thing in enumerate(sketch.things):
        if thing.kind in ("op", "backward", "again") and not thing.is_implied and kept_by(thing.node):
            things.append(Thing(thing.node, "saved", [Argument(number, 0, is_kept=True)], thing.area, name="kept"))
    return Sketch(things, sketch.areas, sketch.notes)


def kept_by(node: Node) -> list[str]:
    """What a node keeps for its derivative, a line each; where it was released after backward, the names alone."""
    recipe = getattr(node, "recipe", None)
    names = [name for name in recipe.saved if name != "shapes"] if recipe is not None else []
    if node.saved is RELEASED:
        return [f"{name}, released" for name in names]
    lines = []
    for name, value in zip(recipe.saved if recipe is not None else (), node.saved):
        for array in value if isinstance(value, tuple) and name != "shapes" else (value,):
            lines += [f"{name} {array_text(array)}"] if hasattr(array, "nbytes") else []
    return lines
