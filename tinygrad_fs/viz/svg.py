"""SVG: a scene and its coordinates as a picture for any browser. No script, no style sheet, nothing from elsewhere."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from tinygrad_fs.viz.arrange import DETAIL, LEADING, RING, SCOPE_TITLE, STACKED, lines
from tinygrad_fs.viz.font_metrics import FAMILY, text_width
from tinygrad_fs.viz.layout import Layout, Path, Rectangle
from tinygrad_fs.viz.scene import Box, Key, Link, Scene, Scope
from tinygrad_fs.viz.styles import FAINT, INK, SCOPE_FILL, SCOPE_LINE, TROUBLE, BoxLook, box_look, link_look

__all__ = ["CORNER", "FOLD", "HALF", "HEAD", "elements", "write_svg"]

MARGIN = 16.0
HEAD, HALF = 7.0, 3.2
"""Length and half width of an arrowhead."""

DASHES = "5 3"
CORNER = 6.0
FOLD = 8.0


def write_svg(scene: Scene, layout: Layout, title: str) -> str:
    """The picture as a document.

    Parameters
    ----------
    scene : Scene
    layout : Layout
        Its coordinates.
    title : str
        What it shows, for those who cannot see it.
    """
    legend = _Legend(scene, max(layout.width, 320.0))
    width = max(layout.width, legend.width) + 2 * MARGIN
    height = layout.height + legend.height + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}pt" height="{_n(height)}pt" '
        f'viewBox="{_n(-MARGIN)} {_n(-MARGIN)} {_n(width)} {_n(height)}" role="img" font-family="{FAMILY}">',
        f"<title>{_text(title)}</title>",
        f'<rect x="{_n(-MARGIN)}" y="{_n(-MARGIN)}" width="{_n(width)}" height="{_n(height)}" fill="#ffffff"/>',
        *elements(scene, layout),
        *legend.written(layout.height),
        "</svg>\n",
    ]
    return "\n".join(parts)


def elements(scene: Scene, layout: Layout) -> list[str]:
    """What a picture consists of, without a legend, to be put into a document."""
    return [
        *map(_scope, scene.scopes, layout.scopes),
        '<g fill="none">',
        *_lines(scene.links, layout.paths),
        "</g>",
        *_heads(scene, layout),
        *map(_scope_title, scene.scopes, layout.scopes),
        '<g text-anchor="middle">',
        *[_box(f"n{number}", box, at) for number, (box, at) in enumerate(zip(scene.boxes, layout.nodes))],
        "</g>",
        *_numbers(scene, layout),
    ]


def _n(value: float) -> str:
    """A number, as short as a tenth of a pixel needs."""
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return html.escape(text, quote=False)


# ---- boxes


def _scope(scope: Scope, at: Rectangle) -> str:
    return (
        f'<g><title>{_text(scope.tooltip)}</title><rect x="{_n(at.x)}" y="{_n(at.y)}" width="{_n(at.width)}" '
        f'height="{_n(at.height)}" rx="8" fill="{SCOPE_FILL}" stroke="{SCOPE_LINE}"/></g>'
    )


def _scope_title(scope: Scope, at: Rectangle) -> str:
    return _rimmed(
        scope.title, at.x + 9.0, at.y + 14.5, f'font-size="{_n(SCOPE_TITLE)}" font-weight="bold"', SCOPE_FILL
    )


def _box(name: str, box: Box, at: Rectangle) -> str:
    look = box_look(box)
    if look.shape == "stack":
        at = Rectangle(at.x, at.y, at.width - 2 * STACKED, at.height - 2 * STACKED)
    return f'<g id="{name}"><title>{_text(box.tooltip)}</title>{_shape(look, at)}{_words(box, look, at)}</g>'


def _shape(look: BoxLook, at: Rectangle) -> str:
    """The outline of a box."""
    pen = f'stroke="{look.line}"'
    if look.width != 1.0:
        pen += f' stroke-width="{_n(look.width)}"'
    if look.dashed:
        pen += f' stroke-dasharray="{DASHES}"'
    if look.shape == "note":
        right, bottom, inner = at.x + at.width, at.y + at.height, at.x + at.width - FOLD
        return (
            f'<path d="M{_n(at.x)} {_n(at.y)}H{_n(inner)}L{_n(right)} {_n(at.y + FOLD)}V{_n(bottom)}H{_n(at.x)}Z'
            f'M{_n(inner)} {_n(at.y)}V{_n(at.y + FOLD)}H{_n(right)}" fill="{look.fill}" {pen}/>'
        )
    if look.double:
        return _outline(look, at, f'fill="none" {pen}') + _outline(look, _grown(at, -RING), f'fill="{look.fill}" {pen}')
    outlines = [_outline(look, at, f'fill="{look.fill}" {pen}')]
    if look.shape == "stack":
        for step in (1, 2):
            behind = Rectangle(at.x + STACKED * step, at.y + STACKED * step, at.width, at.height)
            outlines.insert(0, _outline(look, behind, f'fill="{look.fill}" {pen}'))
    return "".join(outlines)


def _outline(look: BoxLook, at: Rectangle, paint: str) -> str:
    if look.shape == "oval":
        return (
            f'<ellipse cx="{_n(at.x + at.width / 2)}" cy="{_n(at.y + at.height / 2)}" rx="{_n(at.width / 2)}" '
            f'ry="{_n(at.height / 2)}" {paint}/>'
        )
    corner = "" if look.shape == "box" else f'rx="{_n(CORNER)}" '
    return f'<rect x="{_n(at.x)}" y="{_n(at.y)}" width="{_n(at.width)}" height="{_n(at.height)}" {corner}{paint}/>'


def _grown(at: Rectangle, by: float) -> Rectangle:
    return Rectangle(at.x - by, at.y - by, at.width + 2 * by, at.height + 2 * by)


def _words(box: Box, look: BoxLook, at: Rectangle) -> str:
    """The text of a box, line by line, in the middle of it."""
    text = lines(box)
    middle = at.x + at.width / 2
    y = at.y + (at.height - sum(letters * LEADING for _, letters, _ in text)) / 2
    written = []
    for number, (line, letters, bold) in enumerate(text):
        y += letters * LEADING
        color = INK if number == 0 else TROUBLE if bold else FAINT
        weight = ' font-weight="bold"' if bold else ""
        written.append(
            f'<text x="{_n(middle)}" y="{_n(y - 0.32 * letters)}" font-size="{_n(letters)}"{weight} fill="{color}">'
            f"{_text(line)}</text>"
        )
    return "".join(written)


# ---- links


def _lines(links: list[Link], paths: list[Path]) -> Iterable[str]:
    """The lines of all links. What several of one look run along together is drawn once."""
    drawn = set()
    for link, path in zip(links, paths):
        look = link_look(link)
        written, pen = "", path[0][:0]
        for start, piece in zip(path, _shortened(path)[1:]):
            step = (look, start[-2:], piece)
            if step in drawn:
                continue
            drawn.add(step)
            if pen != start[-2:]:
                written += f"M{_n(start[-2])} {_n(start[-1])}"
            written += ("L" if len(piece) == 2 else "C") + " ".join(map(_n, piece))
            pen = piece[-2:]
        if written:
            width = f' stroke-width="{_n(look.width)}"' if look.width != 1.0 else ""
            dashes = f' stroke-dasharray="{DASHES}"' if look.dashed else ""
            yield f'<path d="{written}" stroke="{look.line}"{width}{dashes}/>'


def _shortened(path: Path) -> Path:
    """The path, ending where the arrowhead begins."""
    back = _heading(path)
    *rest, last = path
    end = (last[-2] - back[0] * HEAD, last[-1] - back[1] * HEAD)
    if len(last) == 2:
        return [*rest, end]
    return [*rest, (*last[:2], last[2] - back[0] * HEAD, last[3] - back[1] * HEAD, *end)]


def _heading(path: Path) -> tuple[float, float]:
    """The direction in which a path ends, as a step of length 1."""
    last = path[-1]
    before = last[-4:-2] if len(last) > 2 else path[-2][-2:]
    right, down = last[-2] - before[0], last[-1] - before[1]
    length = math.hypot(right, down)
    return (right / length, down / length) if length else (0.0, 1.0)


def _heads(scene: Scene, layout: Layout) -> Iterable[str]:
    """The arrowheads."""
    for link, path in zip(scene.links, layout.paths):
        x, y = path[-1][-2:]
        right, down = _heading(path)
        back_x, back_y = x - right * HEAD, y - down * HEAD
        yield (
            f'<path d="M{_n(x)} {_n(y)}L{_n(back_x - down * HALF)} {_n(back_y + right * HALF)} '
            f'{_n(back_x + down * HALF)} {_n(back_y - right * HALF)}Z" fill="{link_look(link).line}"/>'
        )


def _numbers(scene: Scene, layout: Layout) -> Iterable[str]:
    """What stands beside the ends of links."""
    turned = scene.direction == "LR"
    for link, path in zip(scene.links, layout.paths):
        if link.number:
            x, y = path[-1][-2:]
            at = layout.nodes[link.reader]
            if turned:
                over = y <= at.y + at.height / 2
                yield _beside(link.number, x - 5.0, y - 4.0 if over else y + 11.0, "end")
            else:
                left = x < at.x + at.width / 2 - 1.0
                yield _beside(link.number, x - 5.0 if left else x + 5.0, y - 6.0, "end" if left else "start")
        if link.part:
            x, y = path[0][-2:]
            turns = _turn(path, 1 if turned else 0)  # the label stands where the line does not turn to
            if turned:
                yield _beside(link.part, x + 4.0, y + 11.0 if turns < 0 else y - 4.0, "start")
            else:
                yield _beside(link.part, x - 4.0 if turns > 0 else x + 4.0, y + 10.0, "end" if turns > 0 else "start")


def _turn(path: Path, axis: int) -> float:
    """How far, along an axis, the first turn of a path leads aside of its beginning."""
    aside = [piece[axis - 2] - path[0][axis] for piece in path]
    return next((far for far in aside if abs(far) > 1.0), 0.0)


def _beside(text: str, x: float, y: float, anchor: str) -> str:
    return _rimmed(text, x, y, f'font-size="9" text-anchor="{anchor}"', "#ffffff")


def _rimmed(text: str, x: float, y: float, letters: str, rim: str) -> str:
    """Text with a rim, so that it can be read where it crosses a line."""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" {letters} fill="{FAINT}" stroke="{rim}" stroke-width="3" '
        f'stroke-linejoin="round" paint-order="stroke">{_text(text)}</text>'
    )


# ---- legend


class _Legend:
    """The legend and the notes, in rows as wide as the drawing."""

    def __init__(self, scene: Scene, room: float) -> None:
        self.scene = scene
        self.rows: list[list[tuple[float, Key]]] = []
        x = room + 1.0
        for key in scene.legend:
            length = 30.0 + text_width(key.words, DETAIL) + 16.0
            if x + length > room:
                self.rows.append([])
                x = 0.0
            self.rows[-1].append((x, key))
            x += length
        widths = [text_width(note, DETAIL) for note in scene.notes]
        widths += [row[-1][0] + 30.0 + text_width(row[-1][1].words, DETAIL) for row in self.rows]
        self.width = max(widths, default=0.0)
        self.height = 20.0 * len(self.rows) + 15.0 * len(scene.notes)
        if self.height:
            self.height += 22.0

    def written(self, top: float) -> Iterable[str]:
        """The legend below a drawing that ends at `top`."""
        if not self.height:
            return
        y = top + 22.0
        yield f'<g font-size="{_n(DETAIL)}" fill="{FAINT}">'
        for row in self.rows:
            for x, key in row:
                yield f'{self._sample(key, x, y)}<text x="{_n(x + 30)}" y="{_n(y + 10)}">{_text(key.words)}</text>'
            y += 20.0
        for note in self.scene.notes:
            yield f'<text x="0" y="{_n(y + 10)}" font-style="italic">{_text(note)}</text>'
            y += 15.0
        yield "</g>"

    def _sample(self, key: Key, x: float, y: float) -> str:
        if key.box is not None:
            return _shape(box_look(key.box), Rectangle(x + 2.0, y + 0.5, 20.0, 12.0))
        assert key.link is not None
        path: Path = [(x, y + 6.5), (x + 24.0, y + 6.5)]
        return f'<g fill="none">{"".join(_lines([key.link], [path]))}</g>'
