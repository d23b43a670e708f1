"""Contents: all that a page knows, as rows with the names of their columns once: small enough for 10,000 boxes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from tinygrad_fs.viz.arrange import DETAIL, LEADING, RING, SCOPE_TITLE, SMALL, STACKED, TITLE
from tinygrad_fs.viz.font_metrics import FAMILY
from tinygrad_fs.viz.layout import Layout, Rectangle
from tinygrad_fs.viz.page.arrays import Arrays, Heat, Shown, Statistics
from tinygrad_fs.viz.page.boxes import Boxes
from tinygrad_fs.viz.page.implied_steps import Implied
from tinygrad_fs.viz.page.quotes import Line, Lines, rule_of
from tinygrad_fs.viz.page.recorded_steps import Recorded
from tinygrad_fs.viz.page.steps import MADE, PASSED, Given, Sent, Step, Story
from tinygrad_fs.viz.scene import Box, Scene
from tinygrad_fs.viz.sketch import Thing
from tinygrad_fs.viz.styles import FAINT, INK, SCOPE_FILL, SCOPE_LINE, TROUBLE, BoxLook, LinkLook, box_look, link_look
from tinygrad_fs.viz.svg import CORNER, FOLD, HALF, HEAD
from tinygrad_fs.viz.values import Values

__all__ = ["LayerDifference", "Layer", "contents"]


class _Box(NamedTuple):
    """A box: its words, its place, its look, and numbers of what it holds; -1 where there is none."""

    kind: str
    title: str
    details: list[str]
    tooltip: str
    scope: int
    x: float
    y: float
    width: float
    height: float
    look: int
    trouble: str
    has_gradient: bool
    is_output: bool
    value: int
    gradient: int
    rule: int
    seconds: float
    kept: int


class _Link(NamedTuple):
    """A link: `path` holds the coordinates of its pieces, two numbers for a line and six for a curve."""

    source: int
    reader: int
    kind: str
    number: str
    part: str
    look: int
    path: list[list[float]]


class _Scope(NamedTuple):
    """A box around boxes."""

    title: str
    tooltip: str
    parent: int
    x: float
    y: float
    width: float
    height: float


class LayerDifference(NamedTuple):
    """How far an array of the one way lies from that of the other: the largest difference, and the angle."""

    name: str
    absolute: float
    relative: float
    cosine: float


class Layer(NamedTuple):
    """A layer of the stack beside the drawing: what `compare.side_by_side` has to say of it.

    Attributes
    ----------
    title, detail, verdict : str
        Its three lines.
    agrees : bool
        Whether both ways agree on it.
    scope : int
        The scope of the drawing that holds what it recorded; -1 for none.
    worst : float
        The largest relative difference of all; -1 if nothing was compared.
    differences : list of LayerDifference
    """

    title: str
    detail: str
    verdict: str
    agrees: bool
    scope: int
    worst: float
    differences: list[LayerDifference]


_FIELDS: Final = {
    "boxes": _Box._fields,
    "links": _Link._fields,
    "scopes": _Scope._fields,
    "steps": Step._fields,
    "given": Given._fields,
    "sent": Sent._fields,
    "arrays": Shown._fields,
    "statistics": Statistics._fields,
    "heat": Heat._fields,
    "lines": Line._fields,
    "layers": Layer._fields,
    "differences": LayerDifference._fields,
}

_SIZES: Final = {
    "title": TITLE, "detail": DETAIL, "small": SMALL, "scope": SCOPE_TITLE, "leading": LEADING, "ring": RING,
    "stacked": STACKED, "corner": CORNER, "fold": FOLD, "head": HEAD, "half": HALF,
}  # fmt: skip

_COLORS: Final = {"ink": INK, "faint": FAINT, "trouble": TROUBLE, "scopeFill": SCOPE_FILL, "scopeLine": SCOPE_LINE}


def contents(
    title: str, scene: Scene, layout: Layout, things: list[Thing], values: Values, layers: Iterable[Layer] = ()
) -> tuple[dict[str, Any], list[Shown]]:
    """What the script of a page reads; and apart from it, since the drawing does not need them, the arrays.

    Parameters
    ----------
    title : str
    scene : Scene
    layout : Layout
        Its coordinates.
    things : list of Thing
        What its boxes stand for.
    values : Values
        The arrays behind them, and the tape that knows of their steps.
    layers : iterable of Layer
        The stack to be shown beside the drawing.
    """
    arrays, lines, looks = Arrays(), Lines(), _Looks()
    story = _story(things, values, arrays, lines)
    rules: dict[tuple[str, ...], int] = {}
    boxes = []
    for box, at, thing in zip(scene.boxes, layout.nodes, things):
        rule = rule_of(thing.node) if thing.closed is None else ()
        number = rules.setdefault(rule, len(rules)) if rule else -1
        boxes.append(_box(box, at, looks.add(box_look(box)), number, thing, values, arrays))
    links = [
        _Link(link.source, link.reader, link.kind, link.number, link.part, looks.add(link_look(link)), _points(path))
        for link, path in zip(scene.links, layout.paths)
    ]
    scopes = [
        _Scope(scope.title, scope.tooltip, scope.parent, *_place(at)) for scope, at in zip(scene.scopes, layout.scopes)
    ]
    legend = [
        [
            key.words,
            -1 if key.box is None else looks.add(box_look(key.box)),
            -1 if key.link is None else looks.add(link_look(key.link)),
        ]
        for key in scene.legend
    ]
    data = {
        "title": title,
        "notes": [*scene.notes, *_note_on(story)],
        "direction": scene.direction,
        "width": _tenths(layout.width),
        "height": _tenths(layout.height),
        "fields": _FIELDS,
        "sizes": _SIZES,
        "colors": _COLORS,
        "family": FAMILY,
        "looks": looks.known,
        "legend": legend,
        "boxes": boxes,
        "links": links,
        "scopes": scopes,
        "phases": story.phases,
        "steps": story.steps,
        "first_trouble": _first_trouble(story.steps),
        "rules": list(rules),
        "lines": lines.known,
        "layers": list(layers),
    }
    return data, arrays.shown()


def _story(things: list[Thing], values: Values, arrays: Arrays, lines: Lines) -> Story:
    """The steps: those that a tape has, or else those that the graph implies."""
    boxes = Boxes(things)
    if values.tape is None:
        return Implied(boxes, values, arrays, lines).story()
    return Recorded(values.tape, boxes, values, arrays, lines).story()


def _box(box: Box, at: Rectangle, look: int, rule: int, thing: Thing, values: Values, arrays: Arrays) -> _Box:
    is_gradient = thing.kind == "gradient" or thing.is_implied
    known = thing.closed is None and thing.kind != "saved"
    return _Box(
        box.kind,
        box.title,
        box.details,
        box.tooltip,
        box.scope,
        *_place(at),
        look,
        box.trouble,
        box.has_gradient,
        box.is_output,
        arrays.add(values.value(thing.node)) if known and not is_gradient else -1,
        arrays.add(values.gradient(thing.node)) if known else -1,
        rule,
        sum(values.seconds(thing.node)) if known else 0.0,
        values.kept(thing.node) if known else 0,
    )


class _Looks:
    """The looks of boxes and links, each once."""

    def __init__(self) -> None:
        self._places: dict[BoxLook | LinkLook, int] = {}
        self.known: list[dict[str, Any]] = []

    def add(self, look: BoxLook | LinkLook) -> int:
        """The number of a look."""
        place = self._places.setdefault(look, len(self._places))
        if place == len(self.known):
            self.known.append(asdict(look))
        return place


def _place(at: Rectangle) -> tuple[float, float, float, float]:
    return _tenths(at.x), _tenths(at.y), _tenths(at.width), _tenths(at.height)


def _tenths(value: float) -> float:
    return round(value, 1)


def _points(path: Iterable[tuple[float, ...]]) -> list[list[float]]:
    return [[_tenths(value) for value in piece] for piece in path]


def _first_trouble(steps: list[Step]) -> int:
    """The first step that made a nan or an infinity; or the first that was given one; -1 if all is finite."""
    for wanted in (MADE, PASSED):
        for number, step in enumerate(steps):
            if step.trouble == wanted:
                return number
    return -1


def _note_on(story: Story) -> list[str]:
    if not story.untold:
        return []
    count = "1 step is" if story.untold == 1 else f"{story.untold:,} steps are"
    return [f"{count} left out, having no box in this drawing"]
