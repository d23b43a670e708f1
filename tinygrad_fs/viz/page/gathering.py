"""Gathering: what comes together of each gradient, step by step, during the backward passes of a tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from tinygrad_fs.graph import Node, unbroadcast
from tinygrad_fs.viz.tape import Pulled, Tape

__all__ = ["Gathered", "Part"]


class Part(NamedTuple):
    """A gradient on its way.

    Attributes
    ----------
    edge : Node
        Where to.
    position : int
        Which argument that is.
    array, sum : array or None
        What came, and what has come together there with it; None if it was added unseen.
    arrived, expected : int
        Which of how many it is, from 1.
    is_summed : bool
        Whether it had to be summed to the shape of its argument, which was broadcast.
    """

    edge: Node
    position: int
    array: Any
    sum: Any
    arrived: int
    expected: int
    is_summed: bool


class Gathered:
    """Follows backward passes, and knows what has come together where."""

    def __init__(self, tape: Tape) -> None:
        self._expected: Counter[tuple[int, Node]] = Counter()
        for step in tape.steps:
            if isinstance(step, Pulled):
                self._expected.update([(step.sweep, edge) for _, edge, _ in _sent(step)])
        self._arrived: Counter[tuple[int, Node]] = Counter()
        self._sums: dict[tuple[int, Node], Any] = {}

    def parts(self, step: Pulled) -> list[Part]:
        """What a derivative sent; to be asked once for each, in their order."""
        found = []
        for position, edge, part in _sent(step):
            is_summed = part is not None and part.shape != edge.shape
            if is_summed:
                part = unbroadcast(part, edge.shape)
            key = step.sweep, edge
            if key in self._sums:
                known = self._sums[key]
                self._sums[key] = None if part is None or known is None else known + part
            else:
                self._sums[key] = part
            self._arrived[key] += 1
            found.append(
                Part(edge, position, part, self._sums[key], self._arrived[key], self._expected[key], is_summed)
            )
        return found


def _sent(step: Pulled) -> Iterator[tuple[int, Node, Any]]:
    """The arguments that a derivative sent something to, and what, as far as it was seen.

    What is None among its parts was not asked for. Where it has no parts, they were not kept, or added in place.
    """
    for position, edge in enumerate(step.node.inputs):
        is_seen = position < len(step.parts)
        part = step.parts[position] if is_seen else None
        if edge is not None and (part is not None or not is_seen):
            yield position, edge, part
