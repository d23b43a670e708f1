"""Describe: a sketch is put into words, and becomes a scene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from tinygrad_fs.graph import Constant, Leaf, Node
from tinygrad_fs.viz import labels
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.scene import Box, BoxKind, Key, Link, LinkKind, Scene, Scope
from tinygrad_fs.viz.sketch import Area, Argument, Sketch, Thing
from tinygrad_fs.viz.tape import Unrecorded
from tinygrad_fs.viz.values import Values

__all__ = ["describe"]

COMMUTATIVE: Final = frozenset({"Add", "Multiply", "Maximum", "Minimum", "Fmax", "Fmin", "Hypot", "Logaddexp"})
"""Ops whose arguments may change places, so that their edges need no numbers."""

OPS: Final = frozenset({"op", "part", "backward", "again"})

_BOX_WORDS: Final[dict[BoxKind, str]] = {
    "op": "op",
    "part": "one of several outputs",
    "leaf": "leaf, gets a gradient",
    "input": "input, gets none",
    "stub": "value without gradient, not recorded",
    "constant": "constant",
    "scope": "module, not opened",
    "backward": "op of a backward pass",
    "again": "op of a backward pass through one, ∂²",
    "gradient": "gradient",
    "saved": "kept for backward",
}
_LINK_WORDS: Final[dict[LinkKind, str]] = {
    "no-grad": "no gradient flows back",
    "gradient": "gradient",
    "saved": "kept for backward",
}


def describe(sketch: Sketch, options: Options, values: Values) -> Scene:
    """The boxes, links, scopes and legend for a sketch, as the options want them."""
    words = _Words(sketch, options, values)
    boxes = [words.box(thing) for thing in sketch.things]
    links: list[Link] = []
    for reader, thing in enumerate(sketch.things):
        links += _links(reader, thing, sketch.things, options.graph == "both")
    for link in links:
        link.trouble = words.carries_trouble(link)
    scopes = [_scope(area, sketch.areas) for area in sketch.areas]
    scene = Scene(boxes, links, scopes, notes=list(sketch.notes), direction=options.direction)
    scene.legend = list(_legend(scene))
    return scene


# ---- boxes


class _Words:
    """The words in and behind boxes."""

    def __init__(self, sketch: Sketch, options: Options, values: Values) -> None:
        self.sketch = sketch
        self.options = options
        self.values = values
        self.usual = sketch.usual_dtype() if options.show_dtypes == "auto" else None

    def box(self, thing: Thing) -> Box:
        """The box of a thing."""
        title, details = self._title(thing), [*self._what(thing), *self._measures(thing)]
        if thing.uses > 1:
            details.append(f"one of {thing.uses:,} uses")
        return Box(
            thing.kind,
            title,
            details,
            self._tooltip(thing, details),
            scope=thing.area,
            is_output=thing.is_output and thing.kind != "gradient" and not thing.is_implied,
            has_gradient=self._has_gradient(thing),
            trouble=self._trouble(thing),
        )

    def _title(self, thing: Thing) -> str:
        name = labels.shorten(labels.legible(thing.name))
        if thing.closed is not None:
            return _area_title(thing.closed, self.sketch.areas)
        if thing.kind == "saved":
            return name
        if thing.kind == "gradient":
            return f"gradient of {name}" if name else "gradient"
        if thing.kind == "stub":
            return self._shown(thing.node) or "value"
        if thing.kind not in OPS:
            return name or thing.kind
        op = thing.node.name
        if thing.is_implied:
            return f"{op} backward"
        if thing.order > 1:
            op = f"{op} ∂{_SUPERSCRIPTS.get(thing.order, thing.order)}"
        return f"{name} = {op}" if name else op

    def _what(self, thing: Thing) -> Iterator[str]:
        """What an op was given besides edges, and the shape and dtype of what it made."""
        node = thing.node
        if thing.kind == "saved" and thing.arguments:
            yield from labels.kept_by(node)
            return
        if thing.closed is not None:
            yield f"{thing.members:,} ops and values"
        elif thing.kind == "stub":
            return
        elif isinstance(node, Constant) and node.value is not None:
            yield str(node.value)
            return
        elif thing.kind in OPS and not thing.is_implied:
            operands = labels.operands(node) if self.options.fold_constants else ""
            if arguments := " ".join(filter(None, [operands, labels.options(node)])):
                yield arguments
        yield from filter(None, [self._shown(node)])
        if thing.kind == "saved":
            yield "of the forward pass"

    def _shown(self, node: Node) -> str:
        """The shape and dtype of what a node made, as far as they are wanted."""
        options = self.options
        return labels.value_text(node, shapes=options.show_shapes, dtypes=bool(options.show_dtypes), usual=self.usual)

    def _measures(self, thing: Thing) -> Iterator[str]:
        """Values, statistics, gradients, times and sizes, as far as they are wanted and known."""
        if thing.kind == "saved" or thing.closed is not None:
            return
        options, values, node = self.options, self.values, thing.node
        is_gradient = thing.kind == "gradient" or thing.is_implied
        value = values.gradient(node) if is_gradient else values.value(node)
        if value is not None and not isinstance(value, tuple):
            if options.show_values:
                yield labels.values_text(value)
            if options.show_stats:
                yield from filter(None, [labels.statistics_text(value)])
            if options.show_memory:
                yield labels.bytes_text(value.nbytes)
        if options.show_grads and not is_gradient:
            gradient = values.gradient(node)
            if gradient is not None and not isinstance(gradient, tuple):
                yield f"gradient {labels.values_text(gradient)}"
            elif isinstance(node, Leaf):
                yield "no grad"
        if thing.kind == "gradient" and isinstance(node, Leaf) and value is None and options.show_grads:
            yield "no grad"
        if options.show_memory and thing.kind in OPS and (kept := values.kept(node)):
            yield f"keeps {labels.bytes_text(kept)}"
        if options.show_time and (seconds := values.seconds(node)[is_gradient]):
            yield labels.seconds_text(seconds)

    def _has_gradient(self, thing: Thing) -> bool:
        if thing.closed is not None:
            return any(argument.differentiable for argument in thing.arguments) or thing.closed.size > 0
        return not isinstance(thing.node, Unrecorded)

    def _trouble(self, thing: Thing) -> str:
        if thing.kind == "saved" or thing.closed is not None:
            return ""
        if thing.kind == "gradient" or thing.is_implied:
            return labels.trouble_text(self.values.gradient(thing.node))
        return self.values.trouble(thing.node)

    def carries_trouble(self, link: Link) -> bool:
        """Whether there is a nan or an inf in what flows along a link."""
        source = self.sketch.things[link.source]
        if link.kind == "saved" or source.closed is not None:
            return False
        is_gradient = source.kind == "gradient" or source.is_implied
        known = self.values.gradient(source.node) if is_gradient else self.values.value(source.node)
        return bool(labels.trouble_text(known))

    def _tooltip(self, thing: Thing, details: list[str]) -> str:
        """All that is known, at full length."""
        name, node = labels.legible(thing.name), thing.node
        if thing.kind in ("scope", "saved", "gradient") or thing.is_implied:
            return ", ".join([self._title(thing), *details])
        word = node.name if thing.kind in OPS else "value without gradient" if thing.kind == "stub" else thing.kind
        where = f"{node.where[0]}:{node.where[1]}" if node.where else ""
        hover = [name, word, labels.operands(node), labels.options(node), labels.value_text(node), where]
        return ", ".join(filter(None, hover))


_SUPERSCRIPTS: Final = {2: "²", 3: "³"}


# ---- scopes


def _scope(area: Area, areas: list[Area]) -> Scope:
    title, path = _area_title(area, areas), labels.legible(area.path)
    return Scope(title, title if title.startswith(path) else f"{path}, {title}", area.parent, area.count)


def _area_title(area: Area, areas: list[Area]) -> str:
    """``name: Class, params, bytes``, and how many calls there are of it."""
    around = areas[area.parent].path if area.parent != -1 else ""
    name, last = [labels.legible(path.removeprefix(f"{around}.")) for path in (area.path, area.last)]
    if last and last != name:
        name = f"{name} to {last}"
    words = labels.shorten(": ".join(filter(None, [name, area.kind])), 2 * labels.LONGEST_NAME)
    if area.count > 1:
        words = f"{words} x {area.count:,}" if words else f"steps of a loop x {area.count:,}"
    if area.is_backward:
        words = f"{words}, backward"
    if area.size:
        size, memory = area.size * area.count, area.bytes * area.count
        words = f"{words}, {size:,} params, {labels.bytes_text(memory)}"
    return words


# ---- links


def _links(reader: int, thing: Thing, things: list[Thing], is_beside: bool) -> Iterable[Link]:
    """The links to a thing: one from each source, however often it is an argument."""
    grouped: dict[tuple[int, int | None, LinkKind], list[Argument]] = defaultdict(list)
    for argument in thing.arguments:
        grouped[argument.source, argument.part, _link_kind(argument, thing, things[argument.source])].append(argument)
    count = sum([not argument.option for argument in thing.arguments])
    is_numbered = count > 1 and thing.kind in OPS and not thing.is_implied and thing.node.name not in COMMUTATIVE
    for (source, part, kind), arguments in grouped.items():
        numbers = [each.option or str(each.position) for each in arguments if each.option or is_numbered]
        times = f"x{len(arguments)}" if len(arguments) > 1 and not thing.is_implied else ""
        yield Link(
            source,
            reader,
            kind,
            " ".join(filter(None, [_listed(numbers), times])),
            "" if part is None else f"[{part}]",
            is_upward=is_beside and thing.is_implied and kind == "gradient",
            is_loose=is_beside and thing.is_implied and kind == "saved",
        )


def _listed(numbers: list[str]) -> str:
    return ", ".join(numbers if len(numbers) <= labels.FEW else [*numbers[:2], "…", numbers[-1]])


def _link_kind(argument: Argument, reader: Thing, source: Thing) -> LinkKind:
    if argument.is_kept or reader.kind == "saved":
        return "saved"
    if reader.kind == "gradient" or reader.is_implied:
        return "gradient"
    if reader.order > source.order:
        return "saved"
    if not argument.differentiable:
        return "no-grad"
    return "gradient" if reader.order else "flow"


# ---- legend


def _legend(scene: Scene) -> Iterator[Key]:
    """What of all the looks is present, each once."""
    kinds = {box.kind for box in scene.boxes}
    for kind, words in _BOX_WORDS.items():
        if kind in kinds:
            yield Key(words, Box(kind, ""))
    if any(box.is_output for box in scene.boxes):
        yield Key("output", Box("op", "", is_output=True))
    if any(box.trouble for box in scene.boxes):
        yield Key("nan or inf", Box("op", "", trouble="nan"))
    if any(not box.has_gradient for box in scene.boxes):
        yield Key("no gradient flows through it", Box("op", "", has_gradient=False))
    drawn = {link.kind for link in scene.links}
    for link_kind, words in _LINK_WORDS.items():
        if link_kind in drawn and not (link_kind == "saved" and "saved" in kinds):
            yield Key(words, link=Link(0, 0, link_kind))
