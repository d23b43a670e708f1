"""Pooling, forward and backward."""

from __future__ import annotations

from typing import Any

from workloads.tasks import both_ways
from workloads.workload import Workload, beside_torch

__all__ = ["ROWS"]

_SHAPE = (64, 32, 28, 28)


def _row(kind: str, size: int) -> Workload:
    def pool(lib: Any, x: Any) -> Any:
        return getattr(lib.nn.functional, f"{kind}_pool2d")(x, size, 2, size // 2 if size % 2 else 0)

    title = f"{kind}_pool2d {size}x{size}, stride 2, on {_SHAPE}, forward and backward"
    return beside_torch(f"{kind}-pool-{size}x{size}", title, both_ways(pool, _SHAPE), time=1.5)


ROWS = (_row("max", 2), _row("max", 3), _row("avg", 2), _row("avg", 3))
