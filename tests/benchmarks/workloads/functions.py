"""Functions of large arrays, forward and backward: along the rows of a matrix, and element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.tasks import both_ways
from workloads.workload import Workload, beside_torch

__all__ = ["rows"]


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with sizes divided by `shrink`."""
    return (*_of_matrix(4096 // shrink, 1024 // shrink), *_elementwise(10**7 // shrink))


def _of_matrix(height: int, width: int) -> list[Workload]:
    labels = np.random.default_rng(3).integers(width, size=height)

    def row(name: str, function: Callable[..., Any], *others: tuple[int, ...]) -> Workload:
        title = f"{name} on ({height}, {width}), forward and backward"
        build = both_ways(function, (height, width), *others)
        return beside_torch(name, title, build, on_all_cores=False, time=1.5)

    def layer_norm(lib: Any, x: Any, weight: Any, bias: Any) -> Any:
        return lib.nn.functional.layer_norm(x, (width,), weight, bias)

    return [
        row("softmax", lambda lib, x: lib.nn.functional.softmax(x, -1)),
        row("log_softmax", lambda lib, x: lib.nn.functional.log_softmax(x, -1)),
        row("layer_norm", layer_norm, (width,), (width,)),
        row("gelu", lambda lib, x: lib.nn.functional.gelu(x)),
        row("cross_entropy", lambda lib, x: lib.nn.functional.cross_entropy(x, lib.tensor(labels))),
    ]


def _elementwise(size: int) -> list[Workload]:
    def row(name: str, formula: str, function: Callable[..., Any], inputs: int = 1) -> Workload:
        title = f"{formula} on {size:,} numbers, forward and backward"
        build = both_ways(function, *[(size,)] * inputs)
        return beside_torch(f"elementwise-{name}", title, build, on_all_cores=False, time=1.2)

    return [
        row("arithmetic", "x * y + x", lambda lib, x, y: x * y + x, 2),
        row("relu", "relu(x)", lambda lib, x: lib.nn.functional.relu(x)),
        row("exp", "exp(x)", lambda lib, x: lib.exp(x)),
        row("tanh", "tanh(x)", lambda lib, x: lib.tanh(x)),
    ]
