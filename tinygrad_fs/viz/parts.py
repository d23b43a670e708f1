"""Parts: what of a graph is drawn: which nodes, as what, and the edges between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tinygrad_fs.graph import Constant, Leaf, Node, Output, ancestors

__all__ = ["Edge", "Parts"]

KINDS = ("op", "leaf", "input", "constant", "part")


class Edge(NamedTuple):
    """An argument: what it is computed from, and what reads it.

    Attributes
    ----------
    number : int or None
        Which argument it is; None for the only one.
    part : int or None
        Which of several outputs of `source` it is.
    differentiable : bool
        Whether a gradient flows back along it.
    """

    source: Node
    reader: Node
    number: int | None
    part: int | None
    differentiable: bool


class Parts:
    """The nodes that are drawn, arguments before what reads them, and the edges between them.

    Parameters
    ----------
    roots : list of Node
        The outputs: they, and all that they were computed from, are drawn.
    names : mapping of Node to str
        The names that the user gave.
    """

    def __init__(self, roots: list[Node], names: Mapping[Node, str]) -> None:
        self.roots = frozenset(roots)
        self.names = names
        self.nodes = [node for node in _reachable(roots) if self._is_drawn(node)]
        self.edges = [edge for node in self.nodes for edge in self._edges_to(node)]

    def _is_drawn(self, node: Node) -> bool:
        """Whether it has a box: numbers stand in their op's, and one output of several on the edges that it feeds."""
        if isinstance(node, Output):
            return node in self.roots or node in self.names
        return not isinstance(node, Constant) or node.value is None

    def _edges_to(self, node: Node) -> list[Edge]:
        arguments = list(_arguments(node))
        edges = []
        for position, source in arguments:
            part = None
            if isinstance(source, Output) and not self._is_drawn(source) and source.inputs[0] is not None:
                part, source = source.position, source.inputs[0]
            number = position if len(arguments) > 1 else None
            edges.append(Edge(source, node, number, part, node.inputs[position] is not None))
        return edges

    def kind(self, node: Node) -> str:
        """What a node is drawn as: one of `KINDS`."""
        if isinstance(node, Leaf):
            return "leaf"
        if isinstance(node, Constant):
            return "input" if node.shape or node in self.names or node in self.roots else "constant"
        return "part" if isinstance(node, Output) else "op"

    def counts(self) -> dict[str, int]:
        """How many nodes there are of each kind, and how many edges."""
        kinds = Counter(map(self.kind, self.nodes))
        return {kind: kinds[kind] for kind in KINDS} | {"edge": len(self.edges)}

    def usual_dtype(self) -> Any:
        """The most frequent dtype, or the first of several such."""
        counts = Counter(node.dtype for node in self.nodes if not isinstance(node.dtype, tuple))
        return counts.most_common(1)[0][0]


def _reachable(roots: list[Node]) -> dict[Node, None]:
    """All nodes that lead to the roots: ops in the order in which they were made, leaves before their first reader.

    A layout keeps to this order where it can. So arguments stand side by side as they were given, and it does not
    matter when a leaf was made.
    """
    found: dict[Node, None] = {}
    for node in reversed(ancestors(roots)):
        if node.inputs:
            found.update(dict.fromkeys([source for _, source in _arguments(node)]))
            found[node] = None
    return found | dict.fromkeys(roots)


def _arguments(node: Node) -> Iterator[tuple[int, Node]]:
    """The arguments that are nodes, each with its position: edges, and constants that are no numbers."""
    constants = node.constants or node.inputs
    for position, (edge, constant) in enumerate(zip(node.inputs, constants)):
        if edge is not None:
            yield position, edge
        elif isinstance(constant, Constant) and constant.value is None:
            yield position, constant
