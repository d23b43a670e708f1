"""Boxes: in which box of a drawing a node stands."""

from __future__ import annotations

from tinygrad_fs.graph import Node, Output
from tinygrad_fs.viz.sketch import Thing

__all__ = ["Boxes"]


class Boxes:
    """Finds the boxes of nodes. A node may have several: one at each use, or one for each way.

    Parameters
    ----------
    things : list of Thing
        What the boxes stand for.
    """

    def __init__(self, things: list[Thing]) -> None:
        self.things = things
        self._forward: dict[Node, int] = {}
        self._backward: dict[Node, int] = {}
        self._orders: dict[Node, int] = {}
        for number, thing in enumerate(things):
            if thing.closed is not None or thing.kind == "saved":
                continue
            if thing.is_implied:
                self._backward.setdefault(thing.node, number)
            elif thing.kind != "gradient":
                self._forward.setdefault(thing.node, number)
                self._orders[thing.node] = thing.order

    def box(self, node: Node, is_backward: bool = False) -> int:
        """The box of a node, or that of its derivative if there is one; -1 for none."""
        found = self._backward.get(node, -1) if is_backward else -1
        return self._forward.get(node, -1) if found == -1 else found

    def source(self, node: Node, reader: int) -> int:
        """The box of a node that a box reads from."""
        node = self._drawn(node)
        if reader != -1:
            for argument in self.things[reader].arguments:
                if self.things[argument.source].node is node and not argument.is_kept:
                    return argument.source
        return self.box(node)

    def target(self, node: Node, sender: int) -> int:
        """The box that the gradient of a node goes to, from one box."""
        node = self._drawn(node)
        return self._backward[node] if node in self._backward else self.source(node, sender)

    def order(self, node: Node) -> int:
        """How many backward passes it takes to come to a node."""
        return self._orders.get(node, 0)

    def carrying(self) -> set[int]:
        """The boxes through which gradients flow back from the outputs."""
        found: set[int] = set()
        for number in reversed(range(len(self.things))):
            thing = self.things[number]
            differentiable = [argument.source for argument in thing.arguments if argument.differentiable]
            if (thing.is_output and (differentiable or thing.kind == "leaf")) or number in found:
                found.add(number)
                found.update(differentiable)
        return found

    def _drawn(self, node: Node) -> Node:
        """The node that has a box: one output of several may have none of its own."""
        if isinstance(node, Output) and node not in self._forward and node.inputs[0] is not None:
            return node.inputs[0]
        return node
