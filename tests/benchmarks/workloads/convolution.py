"""2-D convolution, forward and backward, of the shapes that networks have."""

from __future__ import annotations

from typing import Any

from workloads.tasks import both_ways
from workloads.workload import Workload, beside_torch

__all__ = ["TARGET_OF_MEAN", "rows"]

TARGET_OF_MEAN = 1.2
"""For the geometric mean over the rows."""
_TARGET = 1.7


_SHAPES = (
    ((256, 16, 8, 8), 32),
    ((64, 16, 28, 28), 32),
    ((32, 64, 28, 28), 64),
    ((8, 64, 56, 56), 64),
    ((8, 128, 28, 28), 128),
    ((8, 256, 14, 14), 256),
    ((8, 512, 7, 7), 512),
)
"""Images and filters of 3 x 3."""


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with batches, channels and filters divided by `shrink`."""

    def row(images: tuple[int, ...], filters: int, size: int = 3, **options: int) -> Workload:
        samples, channels, *area = images
        return _row((samples // shrink, channels // shrink, *area), filters // shrink, size, **options)

    return (
        *[row(images, filters) for images, filters in _SHAPES],
        row((32, 64, 28, 28), 64, 1),
        row((64, 16, 28, 28), 32, 5),
        row((32, 64, 28, 28), 128, stride=2),
        row((32, 64, 28, 28), 64, groups=4),
        row((32, 64, 28, 28), 64, groups=64 // shrink),
    )


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
