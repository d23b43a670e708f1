"""Sketch: what of a graph is to be drawn, before it is put into words.

`read` makes one from nodes; the steps that make large graphs small take a sketch and give a smaller one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tinygrad_fs.graph import Constant, Leaf, Node, Output, ancestors
from tinygrad_fs.viz.scene import BoxKind

__all__ = ["Argument", "Sketch", "Thing", "read"]


@dataclass(slots=True)
class Argument:
    """One argument of a thing.

    Attributes
    ----------
    source : int
        The position of the thing that it comes from.
    position : int
        Which argument it is.
    part : int or None
        Which of several outputs of the source it is.
    differentiable : bool
        Whether a gradient flows back along it.
    """

    source: int
    position: int
    part: int | None = None
    differentiable: bool = True


@dataclass(slots=True)
class Thing:
    """What becomes a box.

    Attributes
    ----------
    node : Node
        What it was read from.
    kind : BoxKind
    arguments : list of Argument
    is_output : bool
        Whether it is one of the tensors that were asked for.
    name : str
        The name that the user gave; empty for none.
    uses : int
        How many boxes are drawn for its node, if it is drawn again at each use; otherwise 1.
    """

    node: Node
    kind: BoxKind
    arguments: list[Argument] = field(default_factory=list)
    is_output: bool = False
    name: str = ""
    uses: int = 1


@dataclass(slots=True)
class Sketch:
    """The things to be drawn, sources before their readers, and what was done to make them few."""

    things: list[Thing]
    notes: list[str] = field(default_factory=list)

    def usual_dtype(self) -> Any:
        """The most frequent dtype, or the first of several such."""
        counts = Counter(thing.node.dtype for thing in self.things if not isinstance(thing.node.dtype, tuple))
        return counts.most_common(1)[0][0] if counts else None

    def readers(self) -> list[list[int]]:
        """For each thing, those that read it: as often as they do."""
        readers: list[list[int]] = [[] for _ in self.things]
        for number, thing in enumerate(self.things):
            for argument in thing.arguments:
                readers[argument.source].append(number)
        return readers


def read(roots: list[Node], names: Mapping[Node, str], fold_constants: bool = True) -> Sketch:
    """All that the roots were computed from.

    Parameters
    ----------
    roots : list of Node
        The outputs.
    names : mapping of Node to str
        The names that the user gave.
    fold_constants : bool, default True
        Whether numbers stand in the label of their op, and not in boxes of their own.
    """
    asked = frozenset(roots)

    def is_drawn(node: Node) -> bool:
        """Whether it has a box. One output of several stands on the edges that it feeds."""
        if isinstance(node, Output):
            return node in asked or node in names
        return True

    arguments = _arguments if fold_constants else _Unfolded().arguments
    drawn = [node for node in _reachable(roots, arguments) if is_drawn(node)]
    places = {node: number for number, node in enumerate(drawn)}
    things = []
    for node in drawn:
        thing = Thing(node, _kind(node, node in asked or node in names), [], node in asked, names.get(node, ""))
        for position, source in arguments(node):
            part = None
            if isinstance(source, Output) and not is_drawn(source) and source.inputs[0] is not None:
                part, source = source.position, source.inputs[0]
            if source in places:
                thing.arguments.append(Argument(places[source], position, part, node.inputs[position] is not None))
        things.append(thing)
    return Sketch(things)


def _kind(node: Node, is_special: bool) -> BoxKind:
    if isinstance(node, Leaf):
        return "leaf"
    if isinstance(node, Constant):
        return "constant" if node.value is not None or not (node.shape or is_special) else "input"
    return "part" if isinstance(node, Output) else "op"


Arguments: TypeAlias = Callable[[Node], Iterable[tuple[int, Node]]]
"""What gives the arguments of a node that are drawn, each with its position."""


def _reachable(roots: list[Node], arguments: Arguments) -> dict[Node, None]:
    """All nodes that lead to the roots: ops in the order in which they were made, leaves before their first reader.

    A layout keeps to this order where it can. So arguments stand side by side as they were given, and it does not
    matter when a leaf was made.
    """
    found: dict[Node, None] = {}
    for node in reversed(ancestors(roots)):
        if node.inputs:
            found.update(dict.fromkeys([source for _, source in arguments(node)]))
            found[node] = None
    return found | dict.fromkeys(roots)


def _arguments(node: Node) -> Iterator[tuple[int, Node]]:
    """Edges, and constants that are no numbers."""
    for position, (edge, constant) in enumerate(zip(node.inputs, node.constants or node.inputs)):
        if edge is not None:
            yield position, edge
        elif isinstance(constant, Constant):
            yield position, constant


class _Unfolded:
    """Edges and all constants, with a node for each number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Node, int], Constant] = {}

    def arguments(self, node: Node) -> Iterator[tuple[int, Node]]:
        known = dict(_arguments(node))
        for position, number in enumerate(node.constants or ()):
            if isinstance(number, (bool, int, float)):
                key = node, position
                known[position] = self._numbers.setdefault(key, Constant((), None, number))
        return iter(sorted(known.items()))
