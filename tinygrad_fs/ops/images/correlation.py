"""Correlation of images with filters, and its adjoint in the filters, on arrays: all that convolution computes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_fs.ops.images.columns import Blocks, Geometry, channels_of_long_rows, evenly
from tinygrad_fs.ops.images.lines import filter_gradient, pay_for_filters
from tinygrad_fs.ops.images.winograd import WinogradBlocks

__all__ = ["correlate", "correlate_filters"]


def correlate(x: Any, w: Any, b: Any, out: Any, geometry: Geometry) -> Iterator[None]:
    """Write into `out` the correlation of images `x` (n, c, h, w) with filters `w` (f, c / groups, kh, kw).

    `b` (f,) or None is added. `out` (n, f, *size) may be a strided view. Goes on by a block each time it is
    iterated, so that several can be computed side by side.
    """
    if parts := _parts(x, len(w), geometry):
        for channels, filters, some in parts:
            yield from correlate(x[:, channels], w[filters], None if b is None else b[filters], out[:, filters], some)
        return
    if _is_of_tiles(x, geometry):
        x, w, geometry = _as_channels(x, geometry), w.reshape(len(w), -1, 1, 1), _of_tiles(geometry)
    blocks = _blocks(x, len(w), geometry, out.dtype)
    matrix = blocks.matrix(w)
    if b is not None:
        b = b.astype(blocks.dtype, copy=False).reshape(geometry.groups, -1, 1)
    for sample, row, block in blocks:
        part = out[sample : sample + block.samples, :, row : row + block.rows]
        yield block.multiply(matrix, b, sample, row, part)


def correlate_filters(x: Any, g: Any, geometry: Geometry, dtype: Any) -> Any:
    """The gradient of the filters of `correlate`, of shape (f, c / groups, kh, kw), from that of its output."""
    if parts := _parts(x, g.shape[1], geometry):
        gradients = [correlate_filters(x[:, channels], g[:, filters], some, dtype) for channels, filters, some in parts]
        return np.concatenate(gradients)
    if _is_of_tiles(x, geometry):
        gradient = correlate_filters(_as_channels(x, geometry), g, _of_tiles(geometry), dtype)
        return gradient.reshape(g.shape[1], -1, *geometry.kernel)
    if geometry[3:] == ((1, 1), (1, 1), 1) and pay_for_filters(x, g, geometry.kernel, dtype):
        before = (-geometry.origin[0], -geometry.origin[1])
        return filter_gradient(x.astype(dtype, copy=False), g.astype(dtype, copy=False), geometry.kernel, before)
    blocks = _blocks(x, g.shape[1], geometry, dtype)
    total = None
    for sample, row, block in blocks:
        products = block.outer(sample, row, g[sample : sample + block.samples, :, row : row + block.rows])
        if total is None:
            total = products
        else:
            total += products
    if total is None:
        return np.zeros_like(x, shape=(g.shape[1], x.shape[1] // geometry.groups, *geometry.kernel), dtype=dtype)
    return blocks.from_matrix(total).astype(dtype, copy=False)


def _parts(x: Any, filters: int, geometry: Geometry) -> list[tuple[slice, slice, Geometry]]:
    """Where each channel is a group, some of them at a time: channels, their filters, and the geometry; else nothing.

    As many as fill a block of long rows: for 64 channels of 28 x 28 that takes three quarters of the time.
    """
    groups = geometry.groups
    together = evenly(groups, channels_of_long_rows(geometry, x.itemsize))
    if groups < x.shape[1] or groups <= together or geometry.kernel == (1, 1):
        return []
    times, found = filters // groups, []
    for start in range(0, groups, together):
        end = min(start + together, groups)
        some = geometry._replace(groups=end - start)
        found.append((slice(start, end), slice(start * times, end * times), some))
    return found


def _is_of_tiles(x: Any, geometry: Geometry) -> bool:
    """Whether the windows lie side by side and inside of the images, so that each element is seen once at most."""
    (height, width), (kh, kw) = geometry.size, geometry.kernel
    return (
        geometry.kernel == geometry.stride != (1, 1)
        and geometry.origin == (0, 0)
        and geometry.dilation == (1, 1)
        and height * kh <= x.shape[2]
        and width * kw <= x.shape[3]
    )


def _as_channels(x: Any, geometry: Geometry) -> Any:
    """Images with the elements of each window as channels of one position."""
    (height, width), (kh, kw) = geometry.size, geometry.kernel
    tiles = x[:, :, : height * kh, : width * kw].reshape(*x.shape[:2], height, kh, width, kw)
    return tiles.transpose(0, 1, 3, 5, 2, 4).reshape(len(x), x.shape[1] * kh * kw, height, width)


def _of_tiles(geometry: Geometry) -> Geometry:
    return geometry._replace(kernel=(1, 1), stride=(1, 1))


def _blocks(x: Any, filters: int, geometry: Geometry, dtype: Any) -> Blocks:
    # float16 runs out of digits and of range in long sums.
    computed = np.dtype(np.float32) if dtype == np.float16 else np.dtype(dtype)
    kind = WinogradBlocks if WinogradBlocks.pay(x, filters, geometry, computed) else Blocks
    return kind(x, filters, geometry, computed)
