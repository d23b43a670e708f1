"""Arrange: a scene gets its coordinates from the built-in layout."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from tinygrad_fs.viz.font_metrics import text_width
from tinygrad_fs.viz.layout import Layout, Path, Rectangle, ScopeShape, lay_out, led_around
from tinygrad_fs.viz.layout import Link as LayoutLink
from tinygrad_fs.viz.scene import Box, Link, LinkKind, Scene, Scope
from tinygrad_fs.viz.styles import box_look

__all__ = ["DETAIL", "LEADING", "RING", "SCOPE_TITLE", "SMALL", "STACKED", "TITLE", "arrange", "lines", "size"]

TITLE, DETAIL, SMALL, SCOPE_TITLE = 12.0, 10.0, 10.0, 11.0
"""Sizes of letters: in a box, under its title, in a small box, and above a scope."""

LEADING = 1.28
RING, STACKED = 3.0, 3.0
"""Between the two lines of a double border, and between the boxes of a stack."""

HEADER = 20.0
INSIDE = 14.0
OUTPUTS = 36.0
"""Between the links of several outputs where they leave their op, so that each has room for its number."""

NUMBERED, MANY = 27.0, 4
"""How wide a box is for each of three or more numbered arguments, up to so many."""

ASIDE = 0.15
"""The weight of a link to or from what stands beside the flow: it gives way to others."""


def lines(box: Box) -> list[tuple[str, float, bool]]:
    """The lines of text in a box, each with its size and whether it is bold."""
    small = box_look(box).small
    found = [(box.title, SMALL if small else TITLE, not small)]
    found += [(detail, DETAIL, False) for detail in box.details]
    if box.trouble:
        found.append((box.trouble, DETAIL, True))
    return found


def size(box: Box) -> tuple[float, float]:
    """Width and height of a box around its text."""
    text = lines(box)
    look = box_look(box)
    ring = 2 * RING if look.double else 0.0
    width = max(text_width(line, letters, bold) for line, letters, bold in text)
    height = sum(letters * LEADING for _, letters, _ in text)
    if look.shape == "oval":
        return max(1.3 * width + 8, 44.0) + ring, 1.55 * height + 4 + ring
    across, down = (12.0, 6.0) if look.small else (20.0, 12.0)
    if look.shape == "note":
        across += 8.0
    if look.shape == "stack":
        ring += 2 * STACKED
    return width + across + ring, height + down + ring


def arrange(scene: Scene) -> Layout:
    """Lay a scene out. Where the direction is from left to right, it is laid out from top to bottom and turned."""
    turned = scene.direction == "LR"
    sizes = [size(box) for box in scene.boxes]
    if not turned:
        sizes = _with_room_for_numbers(sizes, scene.links)
    bound = [link for link in scene.links if not link.is_loose]
    shapes = [_shape(scope, turned) for scope in scene.scopes]
    leaves = _leaves(bound, [height if turned else width for width, height in sizes])
    layout = lay_out(
        [(height, width) if turned else (width, height) for width, height in sizes],
        [_bound(link, scene.boxes, leaves.get((link.source, link.part), 0.0)) for link in bound],
        [box.scope for box in scene.boxes],
        shapes,
    )
    paths = iter([_reversed(path) if link.is_upward else path for link, path in zip(bound, layout.paths)])
    loose = iter(led_around(layout.nodes, [(link.source, link.reader) for link in scene.links if link.is_loose]))
    layout.paths = [next(loose if link.is_loose else paths) for link in scene.links]
    return _turned(layout) if turned else layout


def _with_room_for_numbers(sizes: list[tuple[float, float]], links: list[Link]) -> list[tuple[float, float]]:
    """The sizes of boxes, no narrower than the numbers of the arguments need that stand side by side above them."""
    counts = Counter(link.reader for link in links if link.number)
    return [
        (max(width, NUMBERED * min(counts[place], MANY)) if counts[place] > 2 else width, height)
        for place, (width, height) in enumerate(sizes)
    ]


def _leaves(links: list[Link], widths: list[float]) -> dict[tuple[int, str], float]:
    """How far from the middle of its source each of several outputs leaves it, in the order of their numbers."""
    parts: dict[int, dict[str, None]] = {}
    for link in links:
        if not link.is_upward:
            parts.setdefault(link.source, {})[link.part] = None
    found: dict[tuple[int, str], float] = {}
    for source, names in parts.items():
        if len(names) > 1:
            step = min(OUTPUTS, (widths[source] - 12.0) / len(names))
            for place, name in enumerate(sorted(names, key=lambda name: (len(name), name))):
                found[source, name] = step * (place - (len(names) - 1) / 2)
    return found


def _bound(link: Link, boxes: list[Box], leaves: float) -> LayoutLink:
    """What the layout needs to know of a link. Links that look different do not run together."""
    source, reader = (link.reader, link.source) if link.is_upward else (link.source, link.reader)
    is_aside = boxes[source].kind in ("leaf", "constant") or boxes[reader].kind == "saved"
    return LayoutLink(source, reader, _STYLES.index((link.kind, link.trouble)), ASIDE if is_aside else 1.0, leaves)


_STYLES = [(kind, trouble) for kind in get_args(LinkKind) for trouble in (False, True)]


def _shape(scope: Scope, turned: bool) -> ScopeShape:
    title = text_width(scope.title, SCOPE_TITLE, bold=True) + 20.0
    if turned:
        return ScopeShape(scope.parent, (0.0, title), INSIDE, (HEADER + INSIDE / 2, INSIDE), INSIDE)
    return ScopeShape(scope.parent, (title, 0.0), HEADER, (INSIDE, INSIDE), INSIDE)


def _turned(layout: Layout) -> Layout:
    """The layout with x and y exchanged."""
    return Layout(
        layout.height,
        layout.width,
        [Rectangle(y, x, height, width) for x, y, width, height in layout.nodes],
        [Rectangle(y, x, height, width) for x, y, width, height in layout.scopes],
        [[tuple([piece[number ^ 1] for number in range(len(piece))]) for piece in path] for path in layout.paths],
    )


def _reversed(path: Path) -> Path:
    """The same path from its end to its beginning."""
    points = [piece[-2:] for piece in path]
    back: Path = [points[-1]]
    for piece, point in zip(reversed(path[1:]), reversed(points[:-1])):
        back.append(point if len(piece) == 2 else (*piece[2:4], *piece[0:2], *point))
    return back
