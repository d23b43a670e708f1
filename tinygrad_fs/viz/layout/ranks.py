"""Ranks: which layer each node stands in, so that edges run downward and are short."""

from __future__ import annotations

from collections.abc import Collection, Iterable

__all__ = ["ranked", "spans"]

FEW = 8


def ranked(count: int, edges: Iterable[tuple[int, int]], anchored: Collection[int] = ()) -> tuple[list[int], list[int]]:
    """Two layers for each of `count` nodes: the first that its edges allow, and the one that it is to stand in.

    The latter is as late as does not make edges longer. What reads nothing, or only such, goes to where it is read,
    unless it is `anchored`. An edge that would close a cycle is passed by: it will run upward.
    """
    readers: list[list[int]] = [[] for _ in range(count)]
    sources: list[list[int]] = [[] for _ in range(count)]
    for source, reader in edges:
        readers[source].append(reader)
        sources[reader].append(source)
    order = _topological(readers, sources)
    position = [0] * count
    for number, node in enumerate(order):
        position[node] = number
    sources = [[source for source in sources[node] if position[source] < position[node]] for node in range(count)]
    readers = [[reader for reader in readers[node] if position[reader] > position[node]] for node in range(count)]
    earliest = [0] * count
    for node in order:
        earliest[node] = max([earliest[source] + 1 for source in sources[node]], default=0)
    ranks = list(earliest)
    loose = _loose(order, readers, sources, anchored)
    for node in reversed(order):
        if loose[node] and readers[node]:
            ranks[node] = max(ranks[node], min([ranks[reader] for reader in readers[node]]) - 1)
    return earliest, ranks


def _loose(
    order: list[int], readers: list[list[int]], sources: list[list[int]], anchored: Collection[int]
) -> list[bool]:
    """Which nodes can move down without making more edges longer than shorter.

    What many read holds none of them: edges from one node run together, so that one more that is long costs nothing.
    """
    follows = [False] * len(order)  # it goes where its only reader goes, and all that leads to it comes along
    loose = [False] * len(order)
    for node in order:
        if node in anchored:
            continue
        held = sum([not follows[source] and len(readers[source]) <= FEW for source in sources[node]])
        follows[node] = not sources[node] or (held == 0 and len(readers[node]) == 1)
        loose[node] = len(readers[node]) > held
    return loose


def _topological(readers: list[list[int]], sources: list[list[int]]) -> list[int]:
    """All nodes, sources before readers; a cycle is entered at its node of the lowest number."""
    waiting = [len(before) for before in sources]
    free = [node for node in reversed(range(len(readers))) if not waiting[node]]
    order: list[int] = []
    done = [False] * len(readers)
    fresh = 0
    while len(order) < len(readers):
        if not free:
            while done[fresh]:
                fresh += 1
            free.append(fresh)
        node = free.pop()
        done[node] = True
        order.append(node)
        for reader in readers[node]:
            waiting[reader] -= 1
            if waiting[reader] == 0 and not done[reader]:
                free.append(reader)
    return order


def spans(count: int, edges: Iterable[tuple[int, int]]) -> int:
    """How many nodes a layered layout has to invent: for each edge, one in every layer that it passes through.

    This is what the time of a layout grows with, and it is known before any layout is made.
    """
    edges = list(edges)
    _, ranks = ranked(count, edges)
    return sum(max(0, abs(ranks[reader] - ranks[source]) - 1) for source, reader in edges)
