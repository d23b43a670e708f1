"""Region: the part of a graph that was recorded since a moment."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from tinygrad_fs.changes import tick
from tinygrad_fs.graph import Node, Output

__all__ = ["Region"]


class Region:
    """All nodes that are made from now on; what is older lies outside.

    Attributes
    ----------
    start : int
        The tick at which it begins; no node has it.
    """

    def __init__(self) -> None:
        self.start = tick()

    def explore(self, roots: Iterable[Node | None]) -> tuple[set[Node], list[Node]]:
        """The nodes inside that `roots` were computed from, and the border.

        The border are the nodes outside that a node inside reads from, or that are roots, oldest first. What
        lies behind the border is not looked at.
        """
        found = {root for root in roots if root is not None}
        stack = list(found)
        border = []
        while stack:
            node = stack.pop()
            source = node.inputs[0] if type(node) is Output else node  # one of several outputs goes with its op
            if source is not None and source.index < self.start:
                border.append(node)
                continue
            for edge in node.inputs:
                if edge is not None and edge not in found:
                    found.add(edge)
                    stack.append(edge)
        return found.difference(border), sorted(border, key=attrgetter("index"))
