"""Curves: the lines that edges are drawn as."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Path", "Point", "along_lane", "moved", "through_layers"]

Point: TypeAlias = tuple[float, float]

Path: TypeAlias = list[tuple[float, ...]]
"""A point to begin at, and then for each piece its end: two numbers for a line; for a curve of the third degree six,
of which the first four are its control points."""

ROUND = 7.0
CLEAR = 6.0
"""An edge that leans keeps so far from what it passes by."""

EXACT = 1e-3
"""What is nearer than this is the same."""


def through_layers(
    start: Point, end: Point, between: list[tuple[float, float]], bottoms: list[float], tops: list[float]
) -> Path:
    """From `start` to `end`, bent in the gaps between layers, and straight within them.

    Parameters
    ----------
    between : list of (float, float)
        For each layer that it passes through, at which x, and how far aside the next thing stands.
    bottoms, tops : list of float
        The y at which each gap begins and ends.
    """
    path: Path = [start]
    stops = [start[0], *[x for x, _ in between], end[0]]
    slopes = [0.0]
    for number, (x, room) in enumerate(between, 1):
        before = (x - stops[number - 1]) / (tops[number - 1] - bottoms[number - 1])
        after = (stops[number + 1] - x) / (tops[number] - bottoms[number])
        slopes.append(_slope(before, after, room, bottoms[number] - tops[number - 1]))
    slopes.append(0.0)
    for number, (upper, lower) in enumerate(zip(bottoms, tops)):
        leaning = slopes[number], slopes[number + 1]
        # The line that leans crosses the middle of its layer at the stop.
        left = stops[number] + (leaning[0] * (upper - tops[number - 1]) / 2 if number else 0.0)
        right = stops[number + 1] - (leaning[1] * (bottoms[number + 1] - lower) / 2 if number + 1 < len(tops) else 0.0)
        _bend(path, (left, upper), (right, lower), leaning)
    _line(path, end)
    return path


def _slope(before: float, after: float, room: float, height: float) -> float:
    """How much an edge may lean where it passes through a layer: on its way, and without touching anything."""
    if before * after <= 0.0:
        return 0.0
    lean = min(abs(before), abs(after), 2.0 * max(0.0, room - CLEAR) / height if height else 1.0)
    return lean if before > 0 else -lean


def _bend(path: Path, start: Point, end: Point, slopes: tuple[float, float]) -> None:
    """Go on to `start`, and from there in an S to `end`, with these slopes at the two."""
    _line(path, start)
    if abs(start[0] - end[0]) < EXACT and slopes == (0.0, 0.0):
        _line(path, end)
        return
    reach = (end[1] - start[1]) * 0.5
    path.append((start[0] + slopes[0] * reach, start[1] + reach, end[0] - slopes[1] * reach, end[1] - reach, *end))


def _line(path: Path, end: Point) -> None:
    """Go straight on to `end`; a straight line that goes on is drawn as one."""
    last = path[-1]
    if abs(last[-2] - end[0]) < EXACT and abs(last[-1] - end[1]) < EXACT:
        return  # a line that short would have a direction of its own
    if len(path) > 1 and len(last) == 2 and max(abs(last[0] - end[0]), abs(path[-2][-2] - end[0])) < EXACT:
        path[-1] = end
    else:
        path.append(end)


def along_lane(start: Point, end: Point, lane: float, over: float, under: float) -> Path:
    """Down to `over`, aside to the lane, along it, and back at `under`, with rounded corners."""
    return _rounded([start, (start[0], over), (lane, over), (lane, under), (end[0], under), end])


def _rounded(points: list[Point]) -> Path:
    path: Path = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:]):
        enter, leave = _towards(corner, before), _towards(corner, after)
        _line(path, enter)
        path.append((*corner, *corner, *leave))
    _line(path, points[-1])
    return path


def _towards(corner: Point, other: Point) -> Point:
    """A little way from a corner to the next."""
    aside, down = other[0] - corner[0], other[1] - corner[1]
    length = abs(aside) + abs(down)
    part = min(ROUND, length / 2) / length if length else 0.0
    return corner[0] + aside * part, corner[1] + down * part


def moved(path: Path, right: float, down: float) -> Path:
    """The path, so much further to the right and down."""
    return [tuple([value + (down if number % 2 else right) for number, value in enumerate(piece)]) for piece in path]


def joined(paths: list[Path]) -> Path:
    """Paths one after another as one, with straight lines from the end of each to the beginning of the next."""
    whole: Path = list(paths[0])
    for path in paths[1:]:
        for piece in path:
            if len(piece) == 2:
                _line(whole, (piece[0], piece[1]))
            else:
                whole.append(piece)
    return whole
