"""Values: what is known of the arrays behind the nodes of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygrad_fs.graph import RELEASED, Leaf, Node
from tinygrad_fs.viz.labels import trouble_text

__all__ = ["Values"]


class Values:
    """The arrays behind nodes, as far as somebody still holds them: outputs, leaves, and what ops kept for backward.

    Parameters
    ----------
    outputs : mapping of Node to array
        Those of the tensors that were asked for.
    """

    def __init__(self, outputs: Mapping[Node, Any]) -> None:
        self._known = dict(outputs)

    def learn(self, node: Node) -> None:
        """Look at what an op kept for its derivative: its output, and some of its inputs."""
        recipe = getattr(type(node), "recipe", None)
        if recipe is None or node.saved is RELEASED or recipe.variadic:
            return
        for name, value in zip(recipe.saved, node.saved):
            if name == "out":
                self._known.setdefault(node, value)
            elif name in recipe.inputs:
                source = node.inputs[recipe.inputs.index(name)]
                if source is not None and value is not None:
                    self._known.setdefault(source, value)

    def value(self, node: Node) -> Any:
        """The array behind a node, or None."""
        if isinstance(node, Leaf):
            tensor = node.tensor()
            return None if tensor is None else tensor.data
        return self._known.get(node)

    def gradient(self, node: Node) -> Any:
        """The gradient that a leaf got, or None."""
        tensor = node.tensor() if isinstance(node, Leaf) else None
        return None if tensor is None or tensor.grad is None else tensor.grad.data

    def trouble(self, node: Node) -> str:
        """What is wrong with the value or the gradient of a node, in words."""
        value, gradient = trouble_text(self.value(node)), trouble_text(self.gradient(node))
        return "; ".join(filter(None, [value, gradient and f"gradient: {gradient}"]))
