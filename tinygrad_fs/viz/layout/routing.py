"""Routing: edges that have no say in who stands where, led from side to side and around what stands between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from tinygrad_fs.viz.layout.curves import Path
from tinygrad_fs.viz.layout.nested import Rectangle

__all__ = ["led_around"]

ROW = 160
"""Boxes are looked up by stretches of so many units from top to bottom."""

CLEAR = 9.0
NEAREST = 12.0
POINTS = 12
"""So many points of a curve are looked at."""


def led_around(boxes: list[Rectangle], links: Iterable[tuple[int, int]]) -> list[Path]:
    """A path for each link, from the side of its source to the side of its reader."""
    return _Ways(boxes).found(links)


class _Ways:
    """The boxes, by where they stand."""

    def __init__(self, boxes: list[Rectangle]) -> None:
        self.boxes = boxes
        self.rows: dict[int, list[Rectangle]] = defaultdict(list)
        for box in boxes:
            for row in range(int(box.y // ROW), int((box.y + box.height) // ROW) + 1):
                self.rows[row].append(box)

    def found(self, links: Iterable[tuple[int, int]]) -> list[Path]:
        return [self._way(self.boxes[source], self.boxes[reader]) for source, reader in links]

    def _way(self, source: Rectangle, reader: Rectangle) -> Path:
        """The curve between the two; where something stands in its way, one that runs above or below that."""
        right = reader.x + reader.width / 2 >= source.x + source.width / 2
        start = (source.x + source.width if right else source.x, source.y + source.height / 2)
        end = (reader.x if right else reader.x + reader.width, reader.y + reader.height / 2)
        direct: Path = [start, _curve(start, end, right)]
        met = self._met(direct, source, reader)
        if not met:
            return direct
        first, last = min([box.x for box in met]), max([box.x + box.width for box in met])
        if not right:
            first, last = last, first
        levels = [min([box.y for box in met]) - CLEAR, max([box.y + box.height for box in met]) + CLEAR]
        levels.sort(key=lambda level: abs(level - start[1]) + abs(level - end[1]))
        ways: list[Path] = [
            [start, _curve(start, (first, level), right), (last, level), _curve((last, level), end, right)]
            for level in levels
        ]
        return next((way for way in ways if not self._met(way, source, reader)), ways[0])

    def _met(self, path: Path, *ends: Rectangle) -> list[Rectangle]:
        """The boxes that a path runs through, but for those at its ends."""
        found: dict[Rectangle, None] = {}
        for (x0, y0), (x1, y1) in pairwise(_points(path)):
            left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
            for row in range(int(top // ROW), int(bottom // ROW) + 1):
                for box in self.rows.get(row, ()):
                    across = box.x < right and left < box.x + box.width
                    if across and box.y < bottom and top < box.y + box.height and box not in ends:
                        found[box] = None
        return list(found)


def _curve(start: tuple[float, float], end: tuple[float, float], right: bool) -> tuple[float, ...]:
    """An S from one point to another that begins and ends level."""
    reach = max(abs(end[0] - start[0]) / 2, NEAREST) * (1 if right else -1)
    return (start[0] + reach, start[1], end[0] - reach, end[1], *end)


def _points(path: Path) -> Iterator[tuple[float, float]]:
    """Points of a path, so dense that between two of them it is as good as straight."""
    x0, y0 = path[0]
    yield x0, y0
    for piece in path[1:]:
        if len(piece) == 6:
            x1, y1, x2, y2, x3, y3 = piece
            for step in range(1, POINTS):
                t, s = step / POINTS, 1 - step / POINTS
                a, b, c, d = s**3, 3 * s * s * t, 3 * s * t * t, t**3
                yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
        x0, y0 = piece[-2:]
        yield x0, y0
