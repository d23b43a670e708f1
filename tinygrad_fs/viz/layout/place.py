"""Place: the x of every node, so that edges are straight and what belongs together is centred."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from tinygrad_fs.viz.layout.order import Segment
from tinygrad_fs.viz.layout.spread import spread
from tinygrad_fs.viz.layout.straighten import Chain, Pulls, chained, straighten

__all__ = ["placed"]

MANY = 2_000
"""From so many nodes on, fewer sweeps have to do."""

SOFTNESS = (30.0, 4.0)
"""How far apart ends are, in the later sweeps, before more distance pulls no harder."""

STIFF = 10.0
NOTHING = 1e-6


def placed(
    layers: list[list[int]],
    segments: list[Segment],
    ties: list[Segment],
    gaps: list[list[float]],
    count: int,
) -> list[float]:
    """The x of the middle of each of `count` nodes.

    Each layer in turn takes the places that its neighbours pull it to, as exactly as the distances allow. At first the
    pull grows with the distance, which centres; then it hardly does, which straightens; and at last whole chains are
    put in line.

    Parameters
    ----------
    layers : list of list of int
        The nodes of each layer, from left to right.
    segments : list of Segment
        The edges between layers that are next to each other.
    ties : list of Segment
        What else should be in line.
    gaps : list of list of float
        For each layer, the least distance between the middles of each node and the next.
    count : int
        How many nodes there are.
    """
    above: Pulls = [[] for _ in range(count)]
    below: Pulls = [[] for _ in range(count)]
    for part in (*segments, *ties):
        shift = part.leaves - part.enters
        above[part.below].append((part.above, shift, part.weight))
        below[part.above].append((part.below, -shift, part.weight))
    chains = chained(layers, above, below)
    x = _packed(layers, gaps, count)
    stiff_above, stiff_below = _stiffened(chains, above, below)
    down, up = range(len(layers)), range(len(layers) - 1, -1, -1)
    for _ in range(_sweeps(count)):
        _sweep(layers, down, stiff_above, gaps, x, None)
        _sweep(layers, up, stiff_below, gaps, x, None)
    pulls = [upper + lower for upper, lower in zip(stiff_above, stiff_below)]
    for softness in SOFTNESS:
        for order in (down, up):
            _sweep(layers, order, pulls, gaps, x, softness)
    straighten(layers, chains, above, below, gaps, x)
    return x


def _stiffened(chains: list[Chain], above: Pulls, below: Pulls) -> tuple[Pulls, Pulls]:
    """The pulls, much stronger within chains: so a chain stays straight while its members are moved one by one."""
    above, below = [list(pulls) for pulls in above], [list(pulls) for pulls in below]
    for nodes, _ in chains:
        for upper, lower in pairwise(nodes):
            for pulls, other in ((below[upper], lower), (above[lower], upper)):
                for number, (node, shift, weight) in enumerate(pulls):
                    if node == other:
                        pulls[number] = (node, shift, weight * STIFF)
    return above, below


def _sweeps(count: int) -> int:
    return 4 if count < MANY else 1


def _packed(layers: list[list[int]], gaps: list[list[float]], count: int) -> list[float]:
    """Each layer as narrow as can be, around 0."""
    x = [0.0] * count
    for layer, distances in zip(layers, gaps):
        at = -sum(distances) / 2
        for node, distance in zip(layer, [*distances, 0.0]):
            x[node] = at
            at += distance
    return x


def _sweep(
    layers: list[list[int]],
    order: Iterable[int],
    pulls: Pulls,
    gaps: list[list[float]],
    x: list[float],
    softness: float | None,
) -> None:
    """Let each layer in turn take the places that it is pulled to."""
    for number in order:
        layer = layers[number]
        targets, weights = [], []
        for node in layer:
            total = mass = 0.0
            here = x[node]
            for other, shift, weight in pulls[node]:
                there = x[other] + shift
                if softness is not None:
                    weight /= softness + abs(there - here)
                total += weight * there
                mass += weight
            targets.append(total / mass if mass else here)
            weights.append(mass or NOTHING)
        if len(layer) == 1:
            x[layer[0]] = targets[0]
        else:
            for node, at in zip(layer, spread(targets, weights, gaps[number])):
                x[node] = at
