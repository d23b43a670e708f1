"""Pooling, forward and backward."""

from __future__ import annotations

from typing import Any

from workloads.tasks import both_ways
from workloads.workload import Workload, beside_torch

__all__ = ["rows"]


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with batch and channels divided by `shrink`."""
    images = (64 // shrink, 32 // shrink, 28, 28)
    return tuple(_row(kind, size, images) for kind in ("max", "avg") for size in (2, 3))


def _row(kind: str, size: int, images: tuple[int, ...]) -> Workload:
    def pool(lib: Any, x: Any) -> Any:
        return getattr(lib.nn.functional, f"{kind}_pool2d")(x, size, 2, size // 2 if size % 2 else 0)

    title = f"{kind}_pool2d {size}x{size}, stride 2, on {images}, forward and backward"
    return beside_torch(f"{kind}-pool-{size}x{size}", title, both_ways(pool, images), time=1.5)
