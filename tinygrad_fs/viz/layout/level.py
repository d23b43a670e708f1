"""Level: the layered layout of what stands side by side: nodes, and scopes that are laid out already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from tinygrad_fs.viz.layout.curves import Path, along_lane, through_layers
from tinygrad_fs.viz.layout.order import Segment, ordered
from tinygrad_fs.viz.layout.place import placed
from tinygrad_fs.viz.layout.ranks import ranked

__all__ = ["Edge", "Item", "Level", "Role", "arrange"]

APART = 22.0
"""Between neighbours in a layer."""

BESIDE = 11.0
"""Between an edge that passes through a layer and its neighbours."""

LAYERS_APART = 30.0
AFTER_ENTRANCE, BEFORE_EXIT = 16.0, 6.0
"""Between where edges come into a scope and its first layer, and between its last layer and where they go out."""

STEEPEST = 0.14
WIDEST = 70.0
"""A gap grows with how far sideways edges run in it, up to a limit, so that they do not lie too flat."""

LONG = 24
"""An edge over more layers than this runs in a lane at the side."""

IN_STEP = 0.5
IN_LINE = 5.0
FANNED, TO_CORNER = 17.0, 6.0
"""Edges that come from aside enter their reader so far from each other."""

LANE = 9.0
TRACK = 6.0
SPINE, STRAIGHT, BENT = 1.5, 4.0, 0.4
"""A long edge is to be straight where it passes through layers, and gives way to short ones at its ends."""


class Role(Enum):
    """What an item is."""

    NODE = "node"
    ENTRANCE = "entrance"
    EXIT = "exit"


class Item(NamedTuple):
    """Something with a place in a level; an entrance or exit is a point of the border of the scope around it."""

    width: float
    height: float
    role: Role = Role.NODE


class Edge(NamedTuple):
    """An edge between items.

    Attributes
    ----------
    source, reader : int
        Positions of the items.
    leaves, enters : float
        Where, measured from the middle of the item.
    weight : float
        How much it matters that it is straight.
    """

    source: int
    reader: int
    leaves: float = 0.0
    enters: float = 0.0
    weight: float = 1.0


@dataclass
class Level:
    """A finished level.

    Attributes
    ----------
    x, y : list of float
        The middle of each item and its upper side.
    paths : list of Path
        One per edge.
    """

    width: float
    height: float
    x: list[float]
    y: list[float]
    paths: list[Path]


@dataclass
class _Plan:
    """Items and what stands for edges between them, in layers."""

    ranks: list[int]
    widths: list[float]
    segments: list[Segment] = field(default_factory=list)
    routes: list[list[int]] = field(default_factory=list)  # per edge the nodes that it passes; empty for a lane


def arrange(items: Sequence[Item], edges: Sequence[Edge]) -> Level:
    """Lay out items in layers.

    The work grows with the number of items, edges and layers that edges pass through, times a logarithm.
    """
    if not items:
        return Level(0.0, 0.0, [], [], [])
    plan = _plan(items, edges)
    layers = _layers(plan)
    layers = ordered(layers, plan.segments, plan.widths)
    gaps = [_gaps(layer, plan.widths, len(items)) for layer in layers]
    x = placed(layers, plan.segments, _ties(items), gaps, len(plan.widths))
    return _measured(items, edges, plan, layers, x)


# ---- into layers


def _plan(items: Sequence[Item], edges: Sequence[Edge]) -> _Plan:
    """Choose layers, and put a node without width into each layer that an edge passes through."""
    depths, ranks = _ranks(items, edges)
    plan = _Plan(ranks, [item.width for item in items])
    weights = _weights(edges, depths, ranks)
    trunks: dict[tuple[int, float], list[int]] = {}
    for edge, (upper, lower) in zip(edges, weights):
        first, last = ranks[edge.source], ranks[edge.reader]
        if not 0 < last - first <= LONG:
            plan.routes.append([])
            continue
        # Edges that leave at one point share what stands for them, as far as they go.
        trunk = trunks.setdefault((edge.source, edge.leaves), [edge.source])
        while len(trunk) < last - first:
            above, new = trunk[-1], len(plan.widths)
            plan.widths.append(0.0)
            ranks.append(first + len(trunk))
            if len(trunk) == 1:
                plan.segments.append(Segment(above, new, edge.leaves, 0.0, upper))
            else:
                plan.segments.append(Segment(above, new, 0.0, 0.0, edge.weight * STRAIGHT))
            trunk.append(new)
        above = trunk[last - first - 1]
        plan.segments.append(Segment(above, edge.reader, edge.leaves if last - first == 1 else 0.0, edge.enters, lower))
        plan.routes.append([*trunk[: last - first], edge.reader])
    return plan


def _ranks(items: Sequence[Item], edges: Sequence[Edge]) -> tuple[list[int], list[int]]:
    """How deep each item is and its layer: entrances above all others, exits below, and no layer empty."""
    entrances = {number for number, item in enumerate(items) if item.role is Role.ENTRANCE}
    depths, ranks = ranked(len(items), [(edge.source, edge.reader) for edge in edges], entrances)
    inner = [rank for rank, item in zip(ranks, items) if item.role is Role.NODE]
    top, bottom = min(inner, default=0) - 1, max(inner, default=0) + 1
    outer = {Role.ENTRANCE: top, Role.EXIT: bottom}
    ranks = [outer.get(item.role, rank) for rank, item in zip(ranks, items)]
    layers = {rank: number for number, rank in enumerate(sorted(set(ranks)))}
    return depths, [layers[rank] for rank in ranks]


def _weights(edges: Sequence[Edge], depths: list[int], ranks: list[int]) -> list[tuple[float, float]]:
    """How much it matters that each edge is straight where it begins and where it ends.

    Of the edges to one reader, that from the deepest source is the spine of the drawing. A long edge gives way to
    short ones.
    """
    deepest: dict[int, tuple[int, int]] = {}  # of the sources of each reader the deepest, and the one after it
    short = [set[int](), set[int]()]
    for edge in edges:
        if edge.weight >= 1.0:
            first, second = deepest.get(edge.reader, (-1, -1))
            depth = depths[edge.source]
            deepest[edge.reader] = (depth, first) if depth > first else (first, max(second, depth))
        if ranks[edge.reader] - ranks[edge.source] == 1:
            short[0].add(edge.source)
            if edge.weight >= 1.0:
                short[1].add(edge.reader)
    weights = []
    for edge in edges:
        weight = edge.weight
        if weight >= 1.0 and depths[edge.source] > deepest[edge.reader][1] >= 0:
            weight *= SPINE
        if ranks[edge.reader] - ranks[edge.source] == 1:
            weights.append((weight, weight))
        else:
            weights.append(
                (
                    weight * BENT if edge.source in short[0] else weight,
                    weight * BENT if edge.reader in short[1] else weight,
                )
            )
    return weights


def _layers(plan: _Plan) -> list[list[int]]:
    """The nodes of each layer, at first in the order of their numbers; edges that pass stand with their source."""
    place = [float(number) for number in range(len(plan.widths))]
    for route in plan.routes:
        for node in route[1:-1]:
            place[node] = place[route[0]]
    layers: list[list[int]] = [[] for _ in range(max(plan.ranks) + 1)]
    for node in sorted(range(len(plan.widths)), key=place.__getitem__):
        layers[plan.ranks[node]].append(node)
    return layers


def _ties(items: Sequence[Item]) -> list[Segment]:
    """What enters by one way and leaves by one is to leave where it entered, so that scopes stand in line."""
    entrances = [number for number, item in enumerate(items) if item.role is Role.ENTRANCE]
    exits = [number for number, item in enumerate(items) if item.role is Role.EXIT]
    if not entrances or not exits:
        return []
    return [Segment(entrances[0], exits[0], 0.0, 0.0, IN_STEP)]


def _gaps(layer: list[int], widths: list[float], items: int) -> list[float]:
    """The least distances between the middles of neighbours."""
    gaps = []
    for left, right in pairwise(layer):
        apart = APART if left < items and right < items else BESIDE
        gaps.append((widths[left] + widths[right]) / 2 + apart)
    return gaps


# ---- heights and curves


def _measured(
    items: Sequence[Item], edges: Sequence[Edge], plan: _Plan, layers: list[list[int]], x: list[float]
) -> Level:
    """Give layers their heights and edges their curves, and move all of it to begin at 0."""
    left = min(at - width / 2 for at, width in zip(x, plan.widths))
    x = [at - left for at in x]
    right = max(at + width / 2 for at, width in zip(x, plan.widths))
    lanes = _lanes(edges, plan)
    tops, bottoms = _bands(items, edges, plan, layers, x, lanes)
    y = _heights(items, plan, tops, bottoms)
    enters = _fanned(items, edges, plan, x)
    room = _room(layers, x, plan.widths)
    paths = []
    for number, (edge, route) in enumerate(zip(edges, plan.routes)):
        start = (x[edge.source] + edge.leaves, y[edge.source] + items[edge.source].height)
        end = (x[edge.reader] + enters[number], y[edge.reader])
        first, last = plan.ranks[edge.source], plan.ranks[edge.reader]
        if route:
            between = [(x[node], room[node]) for node in route[1:-1]]
            paths.append(through_layers(start, end, between, bottoms[first:last], tops[first + 1 : last + 1]))
        else:
            lane = right + LANE * (lanes[number] + 1.5)
            over, under = bottoms[first] + TRACK, tops[last] - TRACK * 1.5
            paths.append(along_lane(start, end, lane, over, under))
    width = right + (LANE * (max(lanes.values()) + 2) if lanes else 0.0)
    return Level(width, bottoms[-1], x[: len(items)], y, paths)


def _fanned(items: Sequence[Item], edges: Sequence[Edge], plan: _Plan, x: list[float]) -> list[float]:
    """Where each edge enters its reader: what comes straight from above in the middle, the others beside it."""
    arriving: dict[int, dict[tuple[int, float], list[int]]] = {}
    for number, (edge, route) in enumerate(zip(edges, plan.routes)):
        if items[edge.reader].role is Role.NODE and edge.enters == 0.0:
            before = route[-2] if route else -1 - edge.source
            leaves = edge.leaves if before < len(items) else 0.0
            arriving.setdefault(edge.reader, {}).setdefault((before, leaves), []).append(number)
    enters = [edge.enters for edge in edges]
    for reader, groups in arriving.items():
        if len(groups) == 1:
            continue

        def aside(before: tuple[int, float], reader: int = reader) -> float:
            node, leaves = before
            return float("inf") if node < 0 else x[node] + leaves - x[reader]  # the former comes from a lane

        left = sorted([before for before in groups if aside(before) < -IN_LINE], key=aside, reverse=True)
        right = sorted([before for before in groups if aside(before) > IN_LINE], key=aside)
        first = 0.5 if left and right and len(left) + len(right) == len(groups) else 1.0
        if not (left and right) and len(left) + len(right) == len(groups):
            first = 0.0  # all come from one side
        for sign, side in ((-1, left), (1, right)):
            most = max(len(side) - 1 + first, 1.0)
            step = sign * min(FANNED, (items[reader].width / 2 - TO_CORNER) / most)
            for position, from_where in enumerate(side):
                for number in groups[from_where]:
                    enters[number] = step * (position + first)
    return enters


def _room(layers: list[list[int]], x: list[float], widths: list[float]) -> list[float]:
    """How far from the middle of each node its nearest neighbours begin."""
    room = [float("inf")] * len(x)
    for layer in layers:
        for left, right in pairwise(layer):
            apart = x[right] - x[left]
            room[left] = min(room[left], apart - widths[right] / 2)
            room[right] = min(room[right], apart - widths[left] / 2)
    return room


def _lanes(edges: Sequence[Edge], plan: _Plan) -> dict[int, int]:
    """The lane of each edge that runs in one: those of one source share it, others only one after the other."""
    ends: dict[tuple[int, float], list[int]] = {}
    for number, edge in enumerate(edges):
        if plan.routes[number]:
            continue
        ranks = plan.ranks[edge.source], plan.ranks[edge.reader]
        known = ends.setdefault((edge.source, edge.leaves), [min(ranks), max(ranks)])
        known[0], known[1] = min(known[0], *ranks), max(known[1], *ranks)
    free: list[int] = []
    taken = {}
    for key, (first, last) in sorted(ends.items(), key=lambda each: (each[1], each[0])):
        lane = next((number for number, until in enumerate(free) if until < first), len(free))
        if lane == len(free):
            free.append(last)
        free[lane] = last
        taken[key] = lane
    return {number: taken[edge.source, edge.leaves] for number, edge in enumerate(edges) if not plan.routes[number]}


def _bands(
    items: Sequence[Item],
    edges: Sequence[Edge],
    plan: _Plan,
    layers: list[list[int]],
    x: list[float],
    lanes: dict[int, int],
) -> tuple[list[float], list[float]]:
    """Where each layer begins and ends."""
    count = len(items)
    reach = [0.0] * len(layers)
    for part in plan.segments:
        rank = plan.ranks[part.above]
        aside = abs(x[part.above] + part.leaves - x[part.below] - part.enters)
        reach[rank] = max(reach[rank], aside)
    turns = [0] * (len(layers) + 1)
    for number in lanes:
        turns[plan.ranks[edges[number].source]] = 1
        turns[plan.ranks[edges[number].reader] - 1] = 1
    roles = {item.role for item in items}
    borders = {0: AFTER_ENTRANCE} if Role.ENTRANCE in roles else {}
    if Role.EXIT in roles:
        borders[len(layers) - 2] = BEFORE_EXIT
    tops, bottoms = [], []
    at = 0.0
    for rank, layer in enumerate(layers):
        height = max((items[node].height for node in layer if node < count), default=0.0)
        tops.append(at)
        at += height
        bottoms.append(at)
        at += borders.get(rank, LAYERS_APART) + min(WIDEST, STEEPEST * reach[rank]) + turns[rank] * TRACK * 2
    return tops, bottoms


def _heights(items: Sequence[Item], plan: _Plan, tops: list[float], bottoms: list[float]) -> list[float]:
    """The upper side of each item: near to its readers if it reads nothing, near to its sources if nobody reads it."""
    reads = {part.below for part in plan.segments}
    read = {part.above for part in plan.segments}
    y = []
    for node, item in enumerate(items):
        rank = plan.ranks[node]
        slack = bottoms[rank] - tops[rank] - item.height
        share = 0.5 if (node in reads) == (node in read) else 1.0 if node in read else 0.0
        y.append(tops[rank] + slack * share)
    return y
