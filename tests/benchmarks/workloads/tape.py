"""Recording and sweeping: long chains of short ops, and how the time of a backward pass grows with its length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads import in_autograd, in_mygrad
from workloads.tasks import entries
from workloads.workload import OURS, Task, Workload, beside_torch

__all__ = ["NODES", "rows"]

_LENGTH = 100
_CHAIN = f"{_LENGTH} x tanh(x * w) on {{}}, forward and backward"

NODES = {"nodes-1e3": 10**3, "nodes-1e4": 10**4, "nodes-1e5": 10**5, "nodes-1e6": 10**6}
"""How many nodes the rows go back through, by name."""


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with matrices divided by `shrink` in height and width, and numbers of nodes by its square."""
    smallest = {OURS: chain(4), "torch": chain(4), "mygrad": in_mygrad.chain, "autograd": in_autograd.chain}
    limits = {"torch": {"time": 0.75}, "mygrad": {"time": None}, "autograd": {"time": None}}
    return (
        Workload("chain-4", _CHAIN.format("4x4"), smallest, limits),
        *[
            beside_torch(f"chain-{size}", _CHAIN.format(f"{size}x{size}"), chain(size // shrink), time=1.0)
            for size in (64, 256)
        ],
        *[_nodes_row(name, count, shrink) for name, count in NODES.items()],
    )


def _nodes_row(name: str, count: int, shrink: int) -> Workload:
    build, title = nodes(count // shrink**2), f"Backward of {count:,} nodes"
    return beside_torch(name, title, build, on_all_cores=False, takes_long=count > 10**5, time=1.0)


def chain(size: int) -> Callable[[Any], Task]:
    """100 times x = tanh(x * w), forward and backward: what recording and sweeping cost beside some arithmetic."""

    def build(lib: Any) -> Task:
        start, w = _start_and_factors(lib, size)

        def step() -> Any:
            start.grad = w.grad = None
            loss = _end_of_chain(lib, start, w, _LENGTH)
            loss.backward()
            return loss

        def check() -> dict[str, list[float]]:
            return {"loss": [step().item()], "start": entries(start.grad), "factors": entries(w.grad)}

        return Task(step, check)

    return build


def nodes(count: int) -> Callable[[Any], Task]:
    """The backward pass alone of such a chain of `count` ops, until its graph is freed."""

    def build(lib: Any) -> Task:
        start, w = _start_and_factors(lib, 4)
        losses = []

        def prepare() -> None:
            start.grad = w.grad = None
            losses.append(_end_of_chain(lib, start, w, count // 2))

        def check() -> dict[str, list[float]]:
            start.grad = w.grad = None
            loss = _end_of_chain(lib, start, w, _LENGTH)
            loss.backward()
            return {"loss": [loss.item()], "factors": entries(w.grad)}

        return Task(lambda: losses.pop().backward(), check, prepare=prepare)

    return build


def _start_and_factors(lib: Any, size: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    start = lib.tensor(rng.standard_normal((size, size), dtype=np.float32), requires_grad=True)
    # Factors close to 1, so that neither values nor gradients fade into slow subnormal numbers.
    return start, lib.tensor(rng.uniform(0.9, 1.1, (size, size)).astype(np.float32), requires_grad=True)


def _end_of_chain(lib: Any, x: Any, w: Any, length: int) -> Any:
    for _ in range(length):
        x = lib.tanh(x * w)
    return x.sum()
