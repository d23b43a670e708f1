"""Values: what is known of the arrays behind the nodes of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tinygrad_fs.graph import RELEASED, Leaf, Node
from tinygrad_fs.viz.labels import trouble_text
from tinygrad_fs.viz.tape import Tape

__all__ = ["Values"]


class Values:
    """The arrays behind nodes, as far as somebody still holds them.

    These are the outputs that were asked for, leaves, what ops kept for backward, and what a tape kept.

    Parameters
    ----------
    outputs : mapping of Node to array
    nodes : iterable of Node
        All that are drawn.
    tape : Tape or None
        What knows more than is still held.
    """

    def __init__(self, outputs: Mapping[Node, Any], nodes: Iterable[Node], tape: Tape | None) -> None:
        self._known = dict(outputs)
        self.tape = tape
        for node in nodes:
            self._learn(node)

    def _learn(self, node: Node) -> None:
        """Look at what an op kept for its derivative: its output, and some of its inputs."""
        recipe = getattr(node, "recipe", None)
        if recipe is None or node.saved is RELEASED or recipe.variadic:
            return
        for name, value in zip(recipe.saved, node.saved):
            if value is None:
                continue
            if name == "out":
                self._known.setdefault(node, value)
            elif name in recipe.inputs:
                source = node.inputs[recipe.inputs.index(name)]
                if source is not None:
                    self._known.setdefault(source, value)

    def value(self, node: Node) -> Any:
        """The array behind a node, a tuple of arrays, or None."""
        if isinstance(node, Leaf) and (tensor := node.tensor()) is not None:
            return tensor.data
        known = self.tape.value(node) if self.tape is not None else None
        return self._known.get(node) if known is None else known

    def gradient(self, node: Node) -> Any:
        """The gradient of a node, or None: of a leaf what its tensor has; of others, or if that is gone, the tape's."""
        if isinstance(node, Leaf) and (tensor := node.tensor()) is not None:
            return None if tensor.grad is None else tensor.grad.data
        return self.tape.gradient(node) if self.tape is not None else None

    def seconds(self, node: Node) -> tuple[float, float]:
        """How long a node's op and its derivative took; zeros if that is not known."""
        return self.tape.seconds(node) if self.tape is not None else (0.0, 0.0)

    def kept(self, node: Node) -> int:
        """How many bytes a node keeps, or kept, for its derivative; 0 if that is not known."""
        applied = self.tape.applied(node) if self.tape is not None else None
        return 0 if applied is None else applied.kept

    def trouble(self, node: Node) -> str:
        """What is wrong with the value or the gradient of a node, in words."""
        value, gradient = trouble_text(self.value(node)), trouble_text(self.gradient(node))
        return "; ".join(filter(None, [value, gradient and f"gradient: {gradient}"]))
