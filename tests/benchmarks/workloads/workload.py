"""What a row of the table is: a task in us and in each peer, and what was promised of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["MODULES", "OURS", "OWN", "Task", "Workload", "beside_torch"]

OURS = "tinygrad_fs"

MODULES = {
    "layerwise": OURS,
    "plain layers": "numpy",
    "mlfromscratch": "mlfromscratch.deep_learning",
    "scikit-learn": "sklearn",
}
"""What a peer imports, where that is not its name."""


OWN = ("layerwise", "plain layers")
"""Peers that are no package of others."""


class Task(NamedTuple):
    """A workload that is ready to run in one library."""

    step: Callable[[], object]
    """What is timed."""
    check: Callable[[], dict[str, list[float]]]
    """Numbers that must agree between libraries, by name; asked for once, before the timing."""
    wake: Callable[[], object] | None = None
    """A step on next to no data: libraries load code and make pools at first use, which is no step's memory."""
    prepare: Callable[[], object] | None = None
    """What each step needs done before it, and is not timed."""


@dataclass(frozen=True)
class Workload:
    """A row of the table.

    Attributes
    ----------
    build : mapping of str to callable
        For us and for each peer, what makes the task from its module.
    limits : mapping of str to mapping
        For each peer what is measured, "time" or "memory", with the target for our share of the peer's, or None
        where no target was set.
    on_all_cores : bool
        Whether it is measured on all cores as well as on one thread; what has no target is not.
    takes_long : bool
        Whether a quick run leaves it out.
    """

    name: str
    title: str
    build: Mapping[str, Callable[[Any], Task]]
    limits: Mapping[str, Mapping[str, float | None]]
    on_all_cores: bool = True
    takes_long: bool = False


def beside_torch(
    name: str,
    title: str,
    build: Callable[[Any], Task],
    *,
    on_all_cores: bool = True,
    takes_long: bool = False,
    **limits: float | None,
) -> Workload:
    """A row in which one function serves us and PyTorch, so that both do the same by construction."""
    return Workload(name, title, {OURS: build, "torch": build}, {"torch": limits}, on_all_cores, takes_long)
