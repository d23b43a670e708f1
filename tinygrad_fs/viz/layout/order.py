"""Order: who stands left of whom in each layer, so that few edges cross."""

from __future__ import annotations

from bisect import bisect, insort
from typing import NamedTuple, TypeAlias

__all__ = ["Segment", "ordered"]

SMALL = 1_000
PATIENCE = 4
TRANSPOSED = 600
"""Up to so many segments, neighbours that would cross fewer edges the other way round are exchanged too."""


class Segment(NamedTuple):
    """An edge, or a part of one, from a node to one in the next layer.

    Attributes
    ----------
    above, below : int
        The nodes at its ends.
    leaves, enters : float
        How far from the middle of the one above it leaves, and of the one below it enters.
    weight : float
        How much it matters that it is straight.
    """

    above: int
    below: int
    leaves: float
    enters: float
    weight: float


Neighbour: TypeAlias = tuple[int, float, float]
"""The other end of a segment: the node, where on it the segment ends, and where it ends on this side."""

Neighbours: TypeAlias = list[list[Neighbour]]


def ordered(layers: list[list[int]], segments: list[Segment], widths: list[float]) -> list[list[int]]:
    """The layers, sorted by barycentres in sweeps down and up; the best of all sweeps is kept."""
    above: Neighbours = [[] for _ in widths]
    below: Neighbours = [[] for _ in widths]
    for part in segments:
        leaves, enters = _share(part.leaves, widths[part.above]), _share(part.enters, widths[part.below])
        above[part.below].append((part.above, leaves, enters))
        below[part.above].append((part.below, enters, leaves))
    best, fewest = layers, _crossings(layers, below)
    for first in (0, 1) if len(segments) < SMALL else (0,):
        layers, stale = best, 0
        for number in range(_sweeps(len(segments))):
            if fewest == 0 or stale == PATIENCE:
                break
            layers = _swept(layers, above, below, downward=number % 2 == first)
            if len(segments) <= TRANSPOSED:
                _transpose(layers, above, below)
            count = _crossings(layers, below)
            stale += 1
            if count < fewest:
                best, fewest, stale = [list(layer) for layer in layers], count, 0
    return best


def _share(offset: float, width: float) -> float:
    """Where on a node an edge ends, in units of its place: between -0.5 and 0.5."""
    return offset / width if width else 0.0


def _sweeps(segments: int) -> int:
    return 24 if segments < SMALL else 8 if segments < 10_000 else 4


def _swept(
    layers: list[list[int]],
    above: Neighbours,
    below: Neighbours,
    downward: bool,
) -> list[list[int]]:
    """Sort layer after layer by where the neighbours in the layer before stand."""
    known = above if downward else below
    place = [0.0] * len(above)
    result = [[0]] * len(layers)
    for number in range(len(layers)) if downward else reversed(range(len(layers))):
        layer = layers[number]
        wanted = []
        fixed = []
        for slot, node in enumerate(layer):
            neighbours = known[node]
            if neighbours:
                wanted.append(
                    (sum([place[other] + share for other, share, _ in neighbours]) / len(neighbours), slot, node)
                )
            else:
                fixed.append((slot, node))
        wanted.sort()
        layer = [node for _, _, node in wanted]
        for slot, node in fixed:  # without neighbours on this side: each keeps its slot
            layer.insert(slot, node)
        for slot, node in enumerate(layer):
            place[node] = slot
        result[number] = layer
    return result


def _transpose(layers: list[list[int]], above: Neighbours, below: Neighbours) -> None:
    """Exchange neighbours while that takes crossings away."""
    place = [0.0] * len(above)
    for layer in layers:
        for slot, node in enumerate(layer):
            place[node] = slot
    improved = True
    rounds = 0
    while improved and rounds < 8:
        improved = False
        rounds += 1
        for layer in layers:
            for slot in range(len(layer) - 1):
                left, right = layer[slot], layer[slot + 1]
                gain = _gain(above[left], above[right], place) + _gain(below[left], below[right], place)
                if gain > 0:
                    layer[slot], layer[slot + 1] = right, left
                    place[right], place[left] = slot, slot + 1
                    improved = True


def _gain(left: list[Neighbour], right: list[Neighbour], place: list[float]) -> int:
    """How many crossings between the edges of two neighbours go away when these change places."""
    gain = 0
    for node, share, _ in left:
        at = place[node] + share
        for other, other_share, _ in right:
            end = place[other] + other_share
            gain += (end < at) - (at < end)
    return gain


def _crossings(layers: list[list[int]], below: Neighbours) -> int:
    """How many pairs of segments cross."""
    place = [0.0] * len(below)
    for layer in layers:
        for slot, node in enumerate(layer):
            place[node] = slot
    count = 0
    for layer in layers:
        seen: list[float] = []
        for node in layer:
            for _, end in sorted([(own, place[other] + share) for other, share, own in below[node]]):
                count += len(seen) - bisect(seen, end)
                insort(seen, end)
    return count
