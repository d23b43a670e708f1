"""Reading: from nodes, and what a tape knows of them, to a sketch."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from operator import attrgetter

from tinygrad_fs.graph import Constant, Leaf, Node, Output, passes
from tinygrad_fs.viz.scene import BoxKind
from tinygrad_fs.viz.sketch import Area, Argument, Sketch, Thing
from tinygrad_fs.viz.tape import Tape

__all__ = ["read"]


def read(roots: list[Node], names: Mapping[Node, str], tape: Tape | None, fold_constants: bool = True) -> Sketch:
    """All that the roots were computed from.

    Parameters
    ----------
    roots : list of Node
        The outputs.
    names : mapping of Node to str
        Names for any nodes.
    tape : Tape or None
        What knows more of some of the nodes than the engine keeps.
    fold_constants : bool, default True
        Whether numbers stand in the label of their op, and not in boxes of their own.
    """
    asked = frozenset(roots)
    arguments = _Arguments(tape, fold_constants)

    def is_drawn(node: Node) -> bool:
        """Whether it has a box. One output of several stands on the edges that it feeds."""
        return not isinstance(node, Output) or node in asked or node in names

    drawn = [node for node in _reachable(roots, arguments) if is_drawn(node)]
    places = {node: number for number, node in enumerate(drawn)}
    orders = _Orders(drawn)
    things = []
    for node in drawn:
        name = names.get(node, "")
        is_recorded = tape is not None and tape.call_of(node) is not None
        kind = _kind(node, bool(name) or node in asked, is_recorded)
        thing = Thing(node, kind, is_output=node in asked, name=name)
        if thing.kind in ("op", "part") and (order := orders.of(node)):
            thing.kind, thing.order = "backward" if order == 1 else "again", order
        for position, source in arguments.of(node):
            part = None
            if isinstance(source, Output) and not is_drawn(source) and source.inputs[0] is not None:
                part, source = source.position, source.inputs[0]
            differentiable = position < len(node.inputs) and node.inputs[position] is not None
            option = "" if tape is None else tape.option(node, position)
            thing.arguments.append(Argument(places[source], position, part, differentiable, option=option))
        things.append(thing)
    sketch = Sketch(things)
    if tape is not None:
        _put_into_areas(sketch, tape)
    return sketch


def _kind(node: Node, is_special: bool, is_recorded: bool) -> BoxKind:
    """What is drawn for a node. Of a value without gradient that nothing more is known of, only a stub can be."""
    if isinstance(node, Leaf):
        return "leaf"
    if isinstance(node, Constant):
        if node.value is not None or not (node.shape or is_special):
            return "constant"
        return "input" if is_special or is_recorded else "stub"
    return "part" if isinstance(node, Output) else "op"


def _reachable(roots: list[Node], arguments: _Arguments) -> dict[Node, None]:
    """All nodes that lead to the roots: ops in the order in which they were made, leaves before their first reader.

    A layout keeps to this order where it can. So arguments stand side by side as they were given, and it does not
    matter when a leaf was made.
    """
    found = dict.fromkeys(roots)
    stack = list(found)
    while stack:
        for _, source in arguments.of(stack.pop()):
            if source not in found:
                found[source] = None
                stack.append(source)
    ordered: dict[Node, None] = {}
    for node in sorted(found, key=attrgetter("index")):
        sources = [source for _, source in arguments.of(node)]
        if sources:
            ordered.update(dict.fromkeys(sources))
            ordered[node] = None
    return ordered | dict.fromkeys(roots)


class _Arguments:
    """The arguments of nodes that are drawn."""

    def __init__(self, tape: Tape | None, fold_constants: bool) -> None:
        self._tape = tape
        self._fold = fold_constants
        self._known: dict[Node, list[tuple[int, Node]]] = {}

    def of(self, node: Node) -> list[tuple[int, Node]]:
        """What a node was computed from, with positions: edges, inputs without gradient, and numbers if wanted."""
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = list(self._found(node))
        return known

    def _found(self, node: Node) -> Iterator[tuple[int, Node]]:
        sources = self._tape.sources(node) if self._tape is not None else None
        for position, (edge, source, constant) in enumerate(
            zip_longest(node.inputs, sources or (), node.constants or ())
        ):
            found = source or edge
            if found is None and constant is not None:
                if isinstance(constant, Node):
                    found = constant
                elif not self._fold:
                    found = Constant((), None, constant)
            if found is not None:
                yield position, found


# ---- backward passes that were recorded


class _Orders:
    """Which of some nodes were made by backward passes that were recorded."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._orders: list[int] = []
        for begin, end, depth in sorted(passes):
            if not self._begins or begin > self._ends[-1]:  # and not inside of another pass
                self._begins.append(begin)
                self._ends.append(end)
                self._orders.append(depth)
        for node in sorted(nodes, key=attrgetter("index")) if self._begins else ():
            here = self._pass_of(node)
            if here is not None:
                read = [self.of(edge) for edge in node.inputs if edge is not None and self._pass_of(edge) != here]
                self._orders[here] = max([self._orders[here], *[order + 1 for order in read]])

    def _pass_of(self, node: Node) -> int | None:
        """The number of the pass that made a node."""
        number = bisect(self._begins, node.index) - 1
        return number if number >= 0 and node.index <= self._ends[number] else None

    def of(self, node: Node) -> int:
        """1 for an op of a backward pass, 2 for one of a backward pass through such ops, and so on; 0 for others."""
        number = self._pass_of(node)
        return 0 if number is None else self._orders[number]


# ---- calls of modules


def _put_into_areas(sketch: Sketch, tape: Tape) -> None:
    """Put everything into the area of the call that it was made in, or where it came in or is read."""
    sketch.areas = [Area(call.parent, call.path, call.kind, call.size, call.bytes) for call in tape.calls]
    readers = sketch.readers()
    for number in reversed(range(len(sketch.things))):
        thing = sketch.things[number]
        call = tape.call_of(thing.node)
        if call is not None and thing.node not in tape.names:
            thing.area = call
        elif readers[number] and not thing.arguments:
            thing.area = sketch.around([sketch.things[reader].area for reader in readers[number]])
    for thing in sketch.things:
        path = sketch.areas[thing.area].path if thing.area != -1 else ""
        if path and thing.node in tape.names and thing.name.startswith(f"{path}."):
            thing.name = thing.name[len(path) + 1 :]
