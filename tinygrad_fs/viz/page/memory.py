"""Memory: how many bytes a recorded computation keeps after each of its steps."""

from __future__ import annotations

import math

from tinygrad_fs.graph import RELEASED, Constant, Leaf, Node, Output
from tinygrad_fs.viz.tape import Applied, Pulled, Tape

__all__ = ["bytes_alive"]


def bytes_alive(tape: Tape) -> list[int]:
    """For each step of a tape the bytes that are kept after it.

    These are the arrays that ops keep for their derivatives, until a backward pass releases them, and gradients, until
    they are handed on. Leaves and inputs are there in any case, and are not counted.
    """
    memory = _Memory(tape)
    return [memory.after(number, step) for number, step in enumerate(tape.steps)]


class _Memory:
    """What is kept at a moment."""

    def __init__(self, tape: Tape) -> None:
        self._last = {step.node: number for number, step in enumerate(tape.steps) if isinstance(step, Pulled)}
        self._given = {
            id(tape.value(source))
            for step in tape.steps
            if isinstance(step, Applied)
            for source in step.sources
            if isinstance(source, (Leaf, Constant))
        }
        self._keeps: dict[Node, tuple[tuple[int, int], ...]] = {}
        self._holders: dict[int, int] = {}  # per array, how many ops keep it
        self._gradients: dict[Node, dict[Node, int]] = {}  # per node, those of its outputs
        self._bytes = 0

    def after(self, number: int, step: Applied | Pulled) -> int:
        """The bytes after a step."""
        if isinstance(step, Applied):
            self._keep(step)
        else:
            self._hand_on(step)
            if self._last[step.node] == number and step.node.saved is RELEASED:
                self._release(step.node)
        return self._bytes

    def _keep(self, step: Applied) -> None:
        self._keeps[step.node] = step.keeps
        for identity, size in step.keeps:
            if identity not in self._given:
                holders = self._holders.get(identity, 0)
                self._holders[identity] = holders + 1
                self._bytes += 0 if holders else size

    def _release(self, node: Node) -> None:
        for identity, size in self._keeps.pop(node, ()):
            if identity in self._holders:
                self._holders[identity] -= 1
                if not self._holders[identity]:
                    del self._holders[identity]
                    self._bytes -= size

    def _hand_on(self, step: Pulled) -> None:
        self._bytes -= sum(self._gradients.pop(step.node, {}).values())
        for edge, part in zip(step.node.inputs, step.parts):
            if edge is None or part is None:
                continue
            source = edge.inputs[0] if isinstance(edge, Output) else edge
            known = self._gradients.setdefault(source or edge, {})
            size = math.prod(edge.shape) * part.itemsize
            self._bytes += size - known.get(edge, 0)
            known[edge] = size
