"""Steps of an optimizer alone, beside forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.tasks import entries
from workloads.workload import Task, Workload, beside_torch

__all__ = ["rows"]


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with numbers of parameters divided by `shrink`."""
    in_100 = [(200 // shrink, 250)] * (100 // shrink)
    in_3 = (2000 // shrink, 1000), (1500 // shrink, 1000), (1500 // shrink, 1000)
    return (
        beside_torch("adam-small", "Adam step, 100 parameters of 32", adam(*[(32,)] * (100 // shrink)), time=1.0),
        beside_torch("adam-100", "Adam step, 5 million parameters in 100 tensors", adam(*in_100), time=1.0),
        beside_torch("adam-3", "Adam step, 5 million parameters in 3 tensors", adam(*in_3), time=1.0),
    )


def adam(*shapes: tuple[int, ...]) -> Callable[[Any], Task]:
    """A step of Adam over parameters of these shapes, with gradients that stay."""

    def build(lib: Any) -> Task:
        rng = np.random.default_rng(4)
        params = []
        for shape in shapes:
            values, gradient = (rng.standard_normal(shape, dtype=np.float32) for _ in range(2))
            params.append(lib.tensor(values, requires_grad=True))
            params[-1].grad = lib.tensor(gradient)
        optimizer = lib.optim.Adam(params)

        def check() -> dict[str, list[float]]:
            for _ in range(5):
                optimizer.step()
            return {f"parameter {number}": entries(p) for number, p in enumerate(params)}

        return Task(optimizer.step, check)

    return build
