"""2-D convolution, forward and backward, of the shapes that networks have."""

from __future__ import annotations

from typing import Any

from workloads.tasks import both_ways
from workloads.workload import Workload, beside_torch

__all__ = ["ROWS", "TARGET_OF_MEAN"]

TARGET_OF_MEAN = 1.2
"""For the geometric mean over the rows."""
_TARGET = 1.7


def _row(shape: tuple[int, ...], filters: int, size: int = 3, *, stride: int = 1, groups: int = 1) -> Workload:
    def convolve(lib: Any, x: Any, weight: Any, bias: Any) -> Any:
        return lib.nn.functional.conv2d(x, weight, bias, stride=stride, padding=size // 2, groups=groups)

    channels = shape[1]
    kind = "depthwise" if groups == channels else f"{groups} groups" if groups > 1 else ""
    kind += f"stride {stride}" if stride > 1 else ""
    name = f"conv-{size}x{size}-{channels}x{shape[2]}" + (kind and f"-{kind.replace(' ', '-')}")
    title = f"conv2d {size}x{size}{kind and ', '}{kind}, {shape}->{filters}, forward and backward"
    build = both_ways(convolve, shape, (filters, channels // groups, size, size), (filters,))
    return beside_torch(name, title, build, time=_TARGET)


ROWS = (
    _row((256, 16, 8, 8), 32),
    _row((64, 16, 28, 28), 32),
    _row((32, 64, 28, 28), 64),
    _row((8, 64, 56, 56), 64),
    _row((8, 128, 28, 28), 128),
    _row((8, 256, 14, 14), 256),
    _row((8, 512, 7, 7), 512),
    _row((32, 64, 28, 28), 64, 1),
    _row((64, 16, 28, 28), 32, 5),
    _row((32, 64, 28, 28), 128, stride=2),
    _row((32, 64, 28, 28), 64, groups=4),
    _row((32, 64, 28, 28), 64, groups=64),
)
