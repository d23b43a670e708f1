"""The picture: the stack of layers on the left, what they recorded on the right, each layer tied to its ops."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tinygrad_fs.graph import Node
from tinygrad_fs.viz.arrange import arrange
from tinygrad_fs.viz.describe import describe
from tinygrad_fs.viz.font_metrics import FAMILY, text_width
from tinygrad_fs.viz.layout import Rectangle
from tinygrad_fs.viz.options import Options
from tinygrad_fs.viz.page.contents import Layer
from tinygrad_fs.viz.reading import read
from tinygrad_fs.viz.scene import Scene, Scope
from tinygrad_fs.viz.sketch import Sketch
from tinygrad_fs.viz.styles import FAINT, INK
from tinygrad_fs.viz.svg import elements
from tinygrad_fs.viz.tape import Tape
from tinygrad_fs.viz.values import Values

__all__ = ["RecordedGraph", "picture"]

MARGIN, GAP = 16.0, 90.0
HEIGHT, LEAST = 56.0, 10.0
"""Of a card, and between two of them."""

_GOOD, _BAD = "#1a7f37", "#cf222e"
_LETTERS = (12.0, 10.0, 10.0)


def picture(cards: Sequence[Layer], graph: RecordedGraph) -> str:
    """The picture as an SVG document.

    Parameters
    ----------
    cards : sequence of Layer
        One per layer, and one for a loss of its own.
    graph : RecordedGraph
        What they recorded.
    """
    width = max(map(_width, cards)) + 28.0
    right = width + GAP
    stack = _stacked(graph.rectangles, width)
    bottom = max(graph.layout.height, *[card.y + card.height for card in stack])
    total, height = right + graph.layout.width + 2 * MARGIN, bottom + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total:.1f}pt" height="{height:.1f}pt" '
        f'viewBox="{-MARGIN:.1f} {-MARGIN:.1f} {total:.1f} {height:.1f}" role="img" '
        f'font-family="{FAMILY}">',
        "<title>The stack of layers, and the graph that each of them recorded</title>",
        f'<rect x="{-MARGIN:.1f}" y="{-MARGIN:.1f}" width="{total:.1f}" height="{height:.1f}" fill="#ffffff"/>',
        *[_tie(card, at, right) for card, at in zip(stack, graph.rectangles) if at is not None],
        *map(_flow, stack, stack[1:]),
        *map(_card, cards, stack),
        f'<g transform="translate({right:.1f} 0)">',
        *elements(graph.scene, graph.layout),
        "</g>",
        "</svg>\n",
    ]
    return "\n".join(parts)


class RecordedGraph:
    """The recorded graph with a scope around what each layer recorded.

    Parameters
    ----------
    titles : sequence of str
        The names of the layers.
    nodes : sequence of sequence of Node
        What each of them recorded.
    names : dict of Node to str
        For leaves and inputs: what they are called.
    tape : Tape
        Knows the values.

    Attributes
    ----------
    scene, layout, things, values
        The drawing, its coordinates, what its boxes stand for, and the arrays behind them.
    scope_of : list of int
        For each layer its scope; -1 if it recorded nothing.
    """

    def __init__(
        self, titles: Sequence[str], nodes: Sequence[Sequence[Node]], names: dict[Node, str], tape: Tape
    ) -> None:
        self._owner = {node: layer for layer, recorded in enumerate(nodes) for node in recorded}
        shown = [layer for layer, recorded in enumerate(nodes) if recorded]
        places = {layer: place for place, layer in enumerate(shown)}
        sketch = read([max(self._owner, key=lambda node: node.index)], names, None)
        self.things = sketch.things
        self.values = Values({}, [thing.node for thing in sketch.things], tape)
        self.scene = describe(sketch, Options(show_dtypes=False), Values({}, (), None))
        self.scene.scopes = [Scope(titles[layer], titles[layer]) for layer in shown]
        self._enter(sketch, places, self.scene)
        self.layout = arrange(self.scene)
        self.scope_of = [places.get(layer, -1) for layer in range(len(nodes))]

    @property
    def rectangles(self) -> list[Rectangle | None]:
        """For each layer where its scope is."""
        return [None if scope == -1 else self.layout.scopes[scope] for scope in self.scope_of]

    def _enter(self, sketch: Sketch, scope_of: dict[int, int], scene: Scene) -> None:
        """Put each op into the scope of its layer, and what it alone reads beside it."""
        for thing, box in zip(sketch.things, scene.boxes):
            layer = self._owner.get(thing.node)
            if layer is None:
                continue
            box.scope = scope_of[layer]
            for argument in thing.arguments:
                source, beside = sketch.things[argument.source], scene.boxes[argument.source]
                if source.kind == "leaf" or (source.kind == "input" and not source.name):
                    beside.scope = box.scope
                    beside.title = beside.title.replace("input", "constant")


def _stacked(rectangles: Sequence[Rectangle | None], width: float) -> list[Rectangle]:
    """Where the cards stand: at the height of what they recorded, one under the other."""
    stack: list[Rectangle] = []
    floor = 0.0
    for at in rectangles:
        wanted = at.y + (at.height - HEIGHT) / 2 if at is not None else floor
        top = max(floor, wanted)
        stack.append(Rectangle(0.0, top, width, HEIGHT))
        floor = top + HEIGHT + LEAST
    return stack


def _width(card: Layer) -> float:
    lines = (card.title, card.detail, card.verdict)
    return max(text_width(line, size, bold=line is card.title) for line, size in zip(lines, _LETTERS))


def _tie(card: Rectangle, at: Rectangle, right: float) -> str:
    """The band between a card and its part of the graph."""
    start, end = card.x + card.width, right + at.x
    middle = (start + end) / 2
    top, bottom = f"{at.y:.1f}", f"{at.y + at.height:.1f}"
    return (
        f'<path d="M{start:.1f} {card.y:.1f}C{middle:.1f} {card.y:.1f} {middle:.1f} {top} '
        f"{end:.1f} {top}V{bottom}C{middle:.1f} {bottom} {middle:.1f} {card.y + card.height:.1f} "
        f'{start:.1f} {card.y + card.height:.1f}Z" fill="#eaeef2" fill-opacity="0.7"/>'
    )


def _flow(card: Rectangle, following: Rectangle) -> str:
    """The arrow from a card to the next."""
    x, top, bottom = card.x + card.width / 2, card.y + card.height, following.y
    return (
        f'<path d="M{x:.1f} {top:.1f}V{bottom - 5:.1f}" stroke="{FAINT}"/>'
        f'<path d="M{x:.1f} {bottom:.1f}l-3.2 -7h6.4Z" fill="{FAINT}"/>'
    )


def _card(card: Layer, at: Rectangle) -> str:
    color = _GOOD if card.agrees else _BAD
    lines = [(card.title, INK, ' font-weight="bold"'), (card.detail, FAINT, ""), (card.verdict, color, "")]
    y, written = at.y + 4.0, []
    for (text, fill, weight), size in zip(lines, _LETTERS):
        y += size * 1.4
        written.append(
            f'<text x="{at.x + 14:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="{fill}"{weight}>'
            f"{html.escape(text, quote=False)}</text>"
        )
    border = "1.5" if card.agrees else "2.5"
    return (
        f'<g><rect x="{at.x:.1f}" y="{at.y:.1f}" width="{at.width:.1f}" height="{at.height:.1f}" '
        f'rx="6" fill="#ffffff" stroke="{color}" stroke-width="{border}"/>{"".join(written)}</g>'
    )
