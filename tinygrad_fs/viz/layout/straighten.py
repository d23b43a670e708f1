"""Straighten: nodes that follow one another are put in line, whole chains at a time, where there is room."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Final, TypeAlias

from tinygrad_fs.viz.layout.spread import spread

__all__ = ["Chain", "Pulls", "chained", "straighten"]

Pulls: TypeAlias = list[list[tuple[int, float, float]]]
"""For each node what it is tied to: another node, how far aside of that it wants to be, and how strongly."""

ROUNDS = 3
FIRM = 1e9
EXACT = 1e-3
NO_OTHERS: Final[Mapping[int, float]] = {}


Chain: TypeAlias = tuple[list[int], list[float]]
"""Nodes of layers one after another, and how far aside of the first each of them is to be."""


def straighten(
    layers: list[list[int]], chains: list[Chain], above: Pulls, below: Pulls, gaps: list[list[float]], x: list[float]
) -> None:
    """Move chains to where the sum of the distances along edges is least, each as one where there is room.

    For the longest chain, the spine of the drawing, room is made.
    """
    spine = max(chains, key=lambda chain: len(chain[0]))
    _make_way(spine, layers, gaps, x)
    room = _Room(layers, gaps, x, above, below)
    chain_of = {node: number for number, (nodes, _) in enumerate(chains) for node in nodes}
    is_due = [True] * len(chains)
    for number in range(ROUNDS):
        for position in range(len(chains)) if number % 2 == 0 else reversed(range(len(chains))):
            if is_due[position]:
                is_due[position] = False
                for node in room.move(chains[position]):
                    for other in room.concerned(node):  # where nothing near to a chain moved, it is where it should be
                        is_due[chain_of[other]] = True
        if not any(is_due):
            return


def _make_way(spine: Chain, layers: list[list[int]], gaps: list[list[float]], x: list[float]) -> None:
    """Put a chain in line, and move what stands in its way aside."""
    nodes, shifts = spine
    if len(nodes) < 3:
        return
    line = median(x[node] - shift for node, shift in zip(nodes, shifts))
    wanted = {node: line + shift for node, shift in zip(nodes, shifts)}
    for layer, distances in zip(layers, gaps):
        targets = [wanted.get(node, x[node]) for node in layer]
        if targets != [x[node] for node in layer]:
            weights = [FIRM if node in wanted else 1.0 for node in layer]
            for node, at in zip(layer, spread(targets, weights, distances)):
                x[node] = at


def chained(layers: list[list[int]], above: Pulls, below: Pulls) -> list[Chain]:
    """All nodes in chains: one goes on from a node to the one that it is most strongly tied to, if that is mutual."""
    back = [_strongest(pulls) for pulls in above]
    following: dict[int, tuple[int, float]] = {}
    preceding: dict[int, int] = {}
    for layer in layers:
        for node in layer:
            link = _strongest(below[node])
            if link is not None and (source := back[link[0]]) is not None and source[0] == node:
                following[node] = link
                preceding[link[0]] = node
    chains = []
    for layer in layers:
        for node in layer:
            if node in preceding:
                continue
            chain, shifts = [node], [0.0]
            while (link := following.get(chain[-1])) is not None:
                chain.append(link[0])
                shifts.append(shifts[-1] - link[1])
            chains.append((chain, shifts))
    return chains


def _strongest(pulls: list[tuple[int, float, float]]) -> tuple[int, float] | None:
    """The neighbour that pulls most; none if several do."""
    found = None
    most, again = 0.0, False
    for other, shift, weight in pulls:
        if weight > most:
            found, most, again = (other, shift), weight, False
        elif weight == most:
            again = True
    return None if again else found


class _Room:
    """The places of all nodes, and how far each can move without coming too near to its neighbours."""

    def __init__(
        self, layers: list[list[int]], gaps: list[list[float]], x: list[float], above: Pulls, below: Pulls
    ) -> None:
        self.x = x
        self.above, self.below = above, below
        self.left: dict[int, tuple[int, float]] = {}
        self.right: dict[int, tuple[int, float]] = {}
        for layer, distances in zip(layers, gaps):
            for node, following, distance in zip(layer, layer[1:], distances):
                self.right[node] = (following, distance)
                self.left[following] = (node, distance)
        # What is tied to one node alone, and weakly, comes along when that moves.
        self.leader: dict[int, int] = {}
        self.companions: dict[int, list[int]] = {}
        for node, pulls in enumerate(below):
            if len(pulls) == 1 and pulls[0][2] < 1.0 and not above[node]:
                self.leader[node] = pulls[0][0]
                self.companions.setdefault(pulls[0][0], []).append(node)

    def concerned(self, node: int) -> list[int]:
        """The nodes whose place depends on that of a node."""
        found = [other for other, _, _ in self.above[node]]
        found += [other for other, _, _ in self.below[node]]
        for side in (self.left, self.right):
            if node in side:
                other = side[node][0]
                found.append(other)
                if other in self.leader:
                    found.append(self.leader[other])
        return found

    def move(self, chain: Chain) -> list[int]:
        """Put a chain in line, whole if there is room, otherwise in as few parts as there is room for.

        Returns the nodes that moved.
        """
        whole = self._together(chain)
        bounds = self._bounds_of(whole)
        if bounds is not None:
            return self._put(whole, chain, bounds)
        nodes, shifts = chain
        moved = []
        begin = 0
        while begin < len(nodes):
            end, least, most = begin, float("-inf"), float("inf")
            while end < len(nodes):
                lower, upper = self._bounds(nodes[end], shifts[end])
                if max(least, lower) > min(most, upper) + EXACT:
                    break
                least, most = max(least, lower), min(most, upper)
                end += 1
            end = max(end, begin + 1)
            if least <= most + EXACT:
                part = nodes[begin:end], shifts[begin:end]
                moved += self._put(dict(zip(*part)), part, (least, most))
            begin = end
        return moved

    def _together(self, chain: Chain) -> dict[int, float]:
        """The nodes of a chain and what belongs to them, and how far aside of its line each is to be."""
        group = dict(zip(*chain))
        for node, shift in zip(*chain):
            for other in self.companions.get(node, ()):
                group[other] = self.x[other] - self.x[node] + shift
        return group

    def _bounds_of(self, group: dict[int, float]) -> tuple[float, float] | None:
        """Between what the line of a group can be; None if there is no room for it."""
        least, most = float("-inf"), float("inf")
        for node, shift in group.items():
            lower, upper = self._bounds(node, shift, group)
            least, most = max(least, lower), min(most, upper)
        return (least, most) if least <= most + EXACT else None

    def _bounds(self, node: int, shift: float, together: Mapping[int, float] = NO_OTHERS) -> tuple[float, float]:
        """Between what the line of a node's chain can be, for its neighbours' sake.

        A neighbour that moves `together` with it is no bound, unless the two would come too near to each other.
        """
        x = self.x
        lower, upper = float("-inf"), float("inf")
        if node in self.left:
            other, distance = self.left[node]
            if other not in together:
                lower = x[other] + distance - shift
            elif shift - together[other] < distance - EXACT:
                return float("inf"), float("-inf")
        if node in self.right:
            other, distance = self.right[node]
            if other not in together:
                upper = x[other] - distance - shift
        return lower, upper

    def _put(self, group: dict[int, float], chain: Chain, bounds: tuple[float, float]) -> list[int]:
        """Move a group to where the ends of the other edges of its chain are nearest."""
        x = self.x
        pulls = []
        for node, shift in zip(*chain):
            for side in (self.above[node], self.below[node]):
                pulls += [(x[other] + aside - shift, weight) for other, aside, weight in side if other not in group]
        now = sum([x[node] - shift for node, shift in zip(*chain)]) / len(chain[0])
        line = min(max(_median(pulls, now), bounds[0]), bounds[1])
        moved = [node for node, shift in group.items() if abs(x[node] - line - shift) > EXACT]
        for node, shift in group.items():
            x[node] = line + shift
        return moved


def _median(pulls: list[tuple[float, float]], now: float) -> float:
    """The weighted median; where it is a range, the place in it nearest to `now`."""
    if not pulls:
        return now
    pulls.sort()
    half = sum([weight for _, weight in pulls]) / 2
    reached = 0.0
    for number, (place, weight) in enumerate(pulls):
        reached += weight
        if reached > half + 1e-9:
            return place
        if reached > half - 1e-9:
            return min(max(now, place), pulls[number + 1][0]) if number + 1 < len(pulls) else place
    return pulls[-1][0]
