"""Nested: scopes are laid out from the inside out, each as one item of the level around it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from tinygrad_fs.viz.layout.curves import Path, joined, moved
from tinygrad_fs.viz.layout.level import Edge, Item, Level, Role, arrange

__all__ = ["Layout", "Link", "Rectangle", "ScopeShape", "lay_out"]

ROOT = -1


class Link(NamedTuple):
    """An edge to be laid out.

    Attributes
    ----------
    source, reader : int
        The nodes at its ends.
    style : int
        Edges from one node run together where they can, if they are of one style.
    weight : float
        How much it matters that it is straight. Below 1 it is a side matter: its source moves to its reader, and the
        reader not to it.
    leaves : float
        Where it leaves its source, measured from the middle of that.
    """

    source: int
    reader: int
    style: int = 0
    weight: float = 1.0
    leaves: float = 0.0


class ScopeShape(NamedTuple):
    """A scope to be laid out.

    Attributes
    ----------
    parent : int
        The scope around it; -1 for none.
    least : (float, float)
        The least width and height, for a title.
    above, aside, below : float
        Room around what is inside: where edges come in, to the left and right, and where they go out.
    """

    parent: int
    least: tuple[float, float]
    above: float
    aside: tuple[float, float]
    below: float


class Rectangle(NamedTuple):
    """A place: the left upper corner, width and height."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """Where everything goes.

    Attributes
    ----------
    nodes, scopes : list of Rectangle
    paths : list of Path
        One per link.
    """

    width: float
    height: float
    nodes: list[Rectangle]
    scopes: list[Rectangle]
    paths: list[Path]


_Item: TypeAlias = tuple[str, int, tuple[int, float]]
"""A kind, a number, and `ALL`: a node or a scope; or an entrance or exit for links from a node, of one style and from
one place of it."""

_End: TypeAlias = tuple[_Item, _Item | float]
"""An end of an edge: a node and how far from its middle, or a scope and the entrance or exit at which it ends."""

ALL: Final = (0, 0.0)


@dataclass
class _Scope:
    """What a level is made of, and then what became of it."""

    items: dict[_Item, int] = field(default_factory=dict)
    edges: dict[tuple[_End, _End], int] = field(default_factory=dict)
    weights: list[float] = field(default_factory=list)
    level: Level | None = None
    width: float = 0.0
    height: float = 0.0
    inset: tuple[float, float] = (0.0, 0.0)


def lay_out(
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    owners: Sequence[int],
    shapes: Sequence[ScopeShape],
) -> Layout:
    """Lay out nodes, links and scopes, from top to bottom.

    Parameters
    ----------
    sizes : sequence of (width, height)
        One per node.
    links : sequence of Link
    owners : sequence of int
        The scope that each node is in; -1 for none.
    shapes : sequence of ScopeShape
        The scopes, each after the one around it.
    """
    with _collecting_later():
        nest = _Nest(sizes, links, owners, shapes)
        for scope in range(len(shapes) - 1, ROOT - 1, -1):
            nest.arrange(scope)
        return nest.composed()


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Put off the collector of cycles.

    A layout makes many small objects and no cycle. The collections that they set off would go through all that the
    program holds, and take a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Nest:
    """The levels of a layout and how they hang together."""

    def __init__(
        self,
        sizes: Sequence[tuple[float, float]],
        links: Sequence[Link],
        owners: Sequence[int],
        shapes: Sequence[ScopeShape],
    ) -> None:
        self.sizes = sizes
        self.links = links
        self.owners = owners
        self.shapes = shapes
        self.depths = [0] * len(shapes)
        for number, shape in enumerate(shapes):
            if shape.parent != ROOT:
                self.depths[number] = self.depths[shape.parent] + 1
        self.known: dict[tuple[tuple[Item, ...], tuple[Edge, ...]], Level] = {}
        self.scopes = {number: _Scope() for number in range(ROOT, len(shapes))}
        self.pieces: list[list[tuple[int, int]]] = [[] for _ in links]
        for number in sorted(range(len(links)), key=lambda number: links[number].reader):
            self.pieces[number] = self._pieces(links[number])
        for node in range(len(sizes)):
            self._enter(node)

    def _enter(self, node: int) -> None:
        """Make a node, and the scopes around it, items of their levels."""
        item, owner = ("node", node, ALL), self.owners[node]
        while True:
            self._item(owner, item)
            if owner == ROOT:
                return
            item, owner = ("scope", owner, ALL), self.shapes[owner].parent

    def _item(self, scope: int, item: _Item) -> None:
        items = self.scopes[scope].items
        items.setdefault(item, len(items))

    def _edge(self, number: int, source: _End, reader: _End, weight: float) -> tuple[int, int]:
        """An edge of a level; what runs along it already is drawn by the same."""
        self._item(number, source[0])
        self._item(number, reader[0])
        scope = self.scopes[number]
        edge = scope.edges.setdefault((source, reader), len(scope.edges))
        if edge == len(scope.weights):
            scope.weights.append(weight)
        scope.weights[edge] = max(scope.weights[edge], weight)
        return number, edge

    def _pieces(self, link: Link) -> list[tuple[int, int]]:
        """The edges, each of a level, that make up a link: out of scopes, across, and into scopes."""
        entrance: _Item = ("entrance", link.source, (link.style, link.leaves))
        leaving: _Item = ("exit", link.source, (link.style, link.leaves))
        upper, lower = self.owners[link.source], self.owners[link.reader]
        source: _End = (("node", link.source, ALL), link.leaves)
        reader: _End = (("node", link.reader, ALL), 0.0)
        first: list[tuple[int, int]] = []
        last: list[tuple[int, int]] = []
        while upper != lower:
            if self._depth(upper) > self._depth(lower):
                first.append(self._edge(upper, source, (leaving, 0.0), link.weight))
                source = (("scope", upper, ALL), leaving)
                upper = self.shapes[upper].parent
            else:
                last.append(self._edge(lower, (entrance, 0.0), reader, link.weight))
                reader = (("scope", lower, ALL), entrance)
                lower = self.shapes[lower].parent
        return [*first, self._edge(upper, source, reader, link.weight), *reversed(last)]

    def _depth(self, scope: int) -> int:
        return -1 if scope == ROOT else self.depths[scope]

    # ---- from the inside out

    def arrange(self, number: int) -> None:
        """Lay out one level, whose scopes are laid out."""
        scope = self.scopes[number]
        items = tuple([self._measured(item) for item in scope.items])
        edges = tuple(
            [
                Edge(scope.items[source[0]], scope.items[reader[0]], self._offset(source), self._offset(reader), weight)
                for (source, reader), weight in zip(scope.edges, scope.weights)
            ]
        )
        level = self.known.get((items, edges))
        if level is None:  # the blocks of a network are often all the same
            level = self.known[items, edges] = arrange(items, edges)
        scope.level = level
        scope.width, scope.height = level.width, level.height
        if number != ROOT:
            shape = self.shapes[number]
            scope.width = max(level.width + sum(shape.aside), shape.least[0])
            scope.height = max(level.height + shape.above + shape.below, shape.least[1])
            scope.inset = (shape.aside[0] + (scope.width - level.width - sum(shape.aside)) / 2, shape.above)

    def _measured(self, item: _Item) -> Item:
        kind, number, _ = item
        if kind == "node":
            return Item(*self.sizes[number])
        if kind == "scope":
            return Item(self.scopes[number].width, self.scopes[number].height)
        return Item(0.0, 0.0, Role(kind))

    def _offset(self, end: _End) -> float:
        """How far from the middle of its item an edge ends."""
        (_, number, _), port = end
        if isinstance(port, float):
            return port
        scope = self.scopes[number]
        assert scope.level is not None  # its turn was before
        return scope.inset[0] + scope.level.x[scope.items[port]] - scope.width / 2

    # ---- from the outside in

    def composed(self) -> Layout:
        """Everything in the coordinates of the whole."""
        corners = {ROOT: (0.0, 0.0)}  # of what is inside of each scope
        rectangles = [Rectangle(0.0, 0.0, 0.0, 0.0)] * len(self.shapes)
        nodes = [Rectangle(0.0, 0.0, 0.0, 0.0)] * len(self.sizes)
        for number, scope in self.scopes.items():  # the outer ones come first
            level = scope.level
            assert level is not None
            left, top = corners[number]
            for (kind, inner, _), position in scope.items.items():
                if kind == "node":
                    width, height = self.sizes[inner]
                    nodes[inner] = Rectangle(
                        left + level.x[position] - width / 2, top + level.y[position], width, height
                    )
                elif kind == "scope":
                    within = self.scopes[inner]
                    x, y = left + level.x[position] - within.width / 2, top + level.y[position]
                    rectangles[inner] = Rectangle(x, y, within.width, within.height)
                    corners[inner] = (x + within.inset[0], y + within.inset[1])
        paths = [self._path(pieces, corners) for pieces in self.pieces]
        root = self.scopes[ROOT]
        return Layout(root.width, root.height, nodes, rectangles, paths)

    def _path(self, pieces: list[tuple[int, int]], corners: dict[int, tuple[float, float]]) -> Path:
        """The way of a link through the levels."""
        parts = []
        for scope, edge in pieces:
            level = self.scopes[scope].level
            assert level is not None
            parts.append(moved(level.paths[edge], *corners[scope]))
        return joined(parts)
