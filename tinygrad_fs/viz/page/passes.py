"""Passes: which forward or backward pass each step of a tape belongs to, and what they are called."""

from __future__ import annotations

from collections import Counter

from tinygrad_fs.viz.page.places import Places
from tinygrad_fs.viz.tape import Pulled, Tape

__all__ = ["names_of", "sweeps_of"]

_NAMES = {1: "backward", 2: "second backward", 3: "third backward"}


def sweeps_of(tape: Tape, places: Places) -> list[int | None]:
    """For each step the backward pass that it belongs to; None for the forward pass.

    A backward pass that is recorded applies ops: those of one of its steps come just before it.
    """
    sweeps: list[int | None] = []
    following: int | None = None
    for step in reversed(tape.steps):
        if isinstance(step, Pulled):
            following = step.sweep
            sweeps.append(following)
        else:
            sweeps.append(following if places.order(step.node) else None)
    return sweeps[::-1]


def names_of(tape: Tape, places: Places) -> dict[int | None, str]:
    """What the passes are called, by the number of the sweep; that of the forward pass is None."""
    orders: dict[int, int] = {}
    for step in tape.steps:
        if isinstance(step, Pulled):
            orders[step.sweep] = max(orders.get(step.sweep, 1), 1 + places.order(step.node))
    counts = Counter(orders.values())
    names: dict[int | None, str] = {None: "forward"}
    met: Counter[int] = Counter()
    for sweep in sorted(orders):
        order = orders[sweep]
        met[order] += 1
        name = _NAMES.get(order, f"backward of order {order}")
        names[sweep] = f"{name} {met[order]}" if counts[order] > 1 else name
    return names
