"""Describe: a sketch is put into words, and becomes a scene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from tinygrad_fs.viz import labels
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.scene import Box, Key, Link, Scene
from tinygrad_fs.viz.sketch import Argument, Sketch, Thing
from tinygrad_fs.viz.values import Values

__all__ = ["describe"]

COMMUTATIVE: Final = frozenset({"Add", "Multiply", "Maximum", "Minimum", "Fmax", "Fmin", "Hypot", "Logaddexp"})
"""Ops whose arguments may change places, so that their edges need no numbers."""

_WORDS: Final = {
    "op": "op",
    "part": "one of several outputs",
    "leaf": "leaf, gets a gradient",
    "input": "input, gets none",
    "constant": "constant",
    "scope": "module, not opened",
    "backward": "op of the backward pass",
    "again": "op of its backward pass, ∂²",
    "gradient": "gradient",
    "saved": "kept for backward",
}


def describe(sketch: Sketch, options: Options, values: Values) -> Scene:
    """The boxes, links and legend for a sketch, as the options want them."""
    usual = sketch.usual_dtype() if options.show_dtypes == "auto" else None
    boxes = [_box(thing, options, values, usual) for thing in sketch.things]
    links: list[Link] = []
    for reader, thing in enumerate(sketch.things):
        links += _links(reader, thing, boxes)
    scene = Scene(boxes, links, [], notes=list(sketch.notes), direction=options.direction)
    scene.legend = list(_legend(scene))
    return scene


def _box(thing: Thing, options: Options, values: Values, usual: object) -> Box:
    """Style, label and tooltip of a thing."""
    node, kind = thing.node, thing.kind
    is_op = kind in ("op", "part")
    name = labels.legible(thing.name)
    word = node.name if is_op else kind
    title = labels.shorten(name)
    if is_op or not name:
        title = f"{title} = {word}" if name else word
    arguments = [labels.operands(node) if options.fold_constants else "", labels.options(node)]
    shown = labels.value_text(node, shapes=options.show_shapes, dtypes=bool(options.show_dtypes), usual=usual)
    details = [" ".join(filter(None, arguments)), shown]
    if thing.uses > 1:
        details.append(f"one of {thing.uses:,} uses")
    hover = [name, word, *arguments, labels.value_text(node)]
    return Box(
        kind,
        title,
        list(filter(None, details)),
        ", ".join(filter(None, hover)),
        is_output=thing.is_output,
        trouble=values.trouble(node),
    )


def _links(reader: int, thing: Thing, boxes: list[Box]) -> Iterable[Link]:
    """The links to a thing: one from each source, however often it is an argument."""
    grouped: dict[tuple[int, int | None, bool], list[Argument]] = defaultdict(list)
    for argument in thing.arguments:
        grouped[argument.source, argument.part, argument.differentiable].append(argument)
    is_numbered = len(thing.arguments) > 1 and thing.node.name not in COMMUTATIVE
    for (source, part, differentiable), arguments in grouped.items():
        numbers = [str(argument.position) for argument in arguments] if is_numbered else []
        times = f"x{len(arguments)}" if len(arguments) > 1 else ""
        yield Link(
            source,
            reader,
            "flow" if differentiable else "no-grad",
            " ".join(filter(None, [", ".join(numbers), times])),
            "" if part is None else f"[{part}]",
            trouble=bool(boxes[source].trouble),
        )


def _legend(scene: Scene) -> Iterable[Key]:
    """What of all the looks is present, each once."""
    kinds = dict.fromkeys([box.kind for box in scene.boxes])
    for kind, words in _WORDS.items():
        if kind in kinds:
            yield Key(words, Box(kind, ""))
    if any(box.is_output for box in scene.boxes):
        yield Key("output", Box("op", "", is_output=True))
    if any(box.trouble for box in scene.boxes):
        yield Key("nan or inf", Box("op", "", trouble="nan"))
    if any(link.kind == "no-grad" for link in scene.links):
        yield Key("no gradient flows back", link=Link(0, 0, "no-grad"))
