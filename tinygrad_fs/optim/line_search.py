"""A line search: how far to go along a direction, by few values and slopes of the loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from tinygrad_fs.dtypes import Array

__all__ = ["Point", "strong_wolfe"]

_DECREASE = 1e-4  # of what the slope at the start promises, this part of a fall in the loss is enough
_FLATNESS = 0.9  # a slope is flat that is less than this part of the one at the start


class Point(NamedTuple):
    """What is known of the loss at one place of the line."""

    t: float
    """How many times the direction it is from the start."""
    loss: float
    gradient: Array
    slope: float
    """Of the loss along the direction."""


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, t: float, *, reach: float, tolerance: float, limit: int
) -> tuple[Point, int]:
    """Find a point where the loss has fallen enough and is flat enough (the strong Wolfe conditions).

    Nocedal and Wright 2006, "Numerical optimization", algorithms 3.5 and 3.6, with cubic interpolation.

    Parameters
    ----------
    evaluate : callable
        The point at a place t.
    start : Point
        The one at 0, where the slope must be negative.
    t : float
        Where to try first.
    reach : float
        The largest element of the direction.
    tolerance : float
        The search ends where a parameter would not move by more.
    limit : int
        How many points may be tried after the first one.

    Returns
    -------
    Point, int
        The best point, which may fall short of the conditions at the limit, and how often the loss was computed.
    """
    search = _Search(evaluate, start, limit)
    low, high = search.bracket(t)
    if search.found is None:
        low, high = (low, high) if low.loss <= high.loss else (high, low)
        low = search.zoom(low, high, tolerance / reach if reach else math.inf)
    return search.found or low, search.tries + 1


class _Search:
    """One search: its start, and how often it has looked."""

    def __init__(self, evaluate: Callable[[float], Point], start: Point, limit: int) -> None:
        self._evaluate = evaluate
        self._start = start
        self._limit = limit
        self.tries = 0
        self.found: Point | None = None

    def _try(self, t: float) -> Point:
        self.tries += 1
        return self._evaluate(t)

    def _too_high(self, point: Point) -> bool:
        return point.loss > self._start.loss + _DECREASE * point.t * self._start.slope

    def _is_flat(self, point: Point) -> bool:
        return abs(point.slope) <= -_FLATNESS * self._start.slope

    def bracket(self, t: float) -> tuple[Point, Point]:
        """Go outward until the conditions hold, or a point must lie between two others where they do."""
        before, point = self._start, self._evaluate(t)
        while self.tries < self._limit:
            if self._too_high(point) or (self.tries > 1 and point.loss >= before.loss):
                return before, point
            if self._is_flat(point):
                self.found = point
                return point, point
            if point.slope >= 0:
                return before, point
            t = _lowest(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10)
            before, point = point, self._try(t)
        return self._start, point

    def zoom(self, low: Point, high: Point, width: float) -> Point:
        """Narrow the bracket; `low` is the end with the lower loss."""
        stalled = False
        while self.tries < self._limit and abs(high.t - low.t) >= width:
            left, right = sorted((low.t, high.t))
            t, stalled = _inside(_lowest(low, high, left, right), left, right, stalled)
            point = self._try(t)
            if self._too_high(point) or point.loss >= low.loss:
                low, high = (low, point) if low.loss <= point.loss else (point, low)
                continue
            if self._is_flat(point):
                self.found = point
                return point
            if point.slope * (high.t - low.t) >= 0:
                high = low
            low = point
        return low


def _inside(t: float, left: float, right: float, stalled: bool) -> tuple[float, bool]:
    """Keep `t` off the ends of a bracket, where a search would make no progress; and whether it came near to them."""
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if stalled or t >= right or t <= left:
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
    return t, True


def _lowest(one: Point, other: Point, least: float, most: float) -> float:
    """Where the cubic through two points with their slopes is lowest, between the bounds; or half way between these."""
    left, right = (one, other) if one.t <= other.t else (other, one)
    secant = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t)
    square = secant**2 - left.slope * right.slope
    if not square >= 0:
        return (least + most) / 2
    root = math.sqrt(square)
    curvature = right.slope - left.slope + 2 * root
    if curvature == 0:  # a straight line
        return most if left.slope < 0 else least
    t = right.t - (right.t - left.t) * ((right.slope + root - secant) / curvature)
    return min(max(t, least), most)
