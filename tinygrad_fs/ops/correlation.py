"""Correlation of images with filters, and its adjoint in the filters, on arrays: all that convolution computes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_fs.ops.columns import Blocks, Geometry
from tinygrad_fs.ops.winograd import WinogradBlocks

__all__ = ["correlate", "correlate_filters"]


def correlate(x: Any, w: Any, b: Any, out: Any, geometry: Geometry, dense: bool = True) -> Iterator[None]:
    """Write into `out` the correlation of images `x` (n, c, h, w) with filters `w` (f, c / groups, kh, kw).

    `b` (f,) or None is added. `out` (n, f, *size) may be a strided view, if it is not `dense`. Goes on by a block each
    time it is iterated, so that several can be computed side by side.
    """
    blocks = _blocks(x, len(w), geometry, out.dtype)
    matrix = blocks.matrix(w)
    if b is not None:
        b = b.astype(blocks.dtype, copy=False).reshape(geometry.groups, -1, 1)
    dense = dense and out.dtype == blocks.dtype
    for sample, row, block in blocks:
        part = out[sample : sample + block.samples, :, row : row + block.rows]
        yield block.multiply(matrix, b, sample, row, part, dense)


def correlate_filters(x: Any, g: Any, geometry: Geometry, dtype: Any) -> Any:
    """The gradient of the filters of `correlate`, of shape (f, c / groups, kh, kw), from that of its output."""
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


def _blocks(x: Any, filters: int, geometry: Geometry, dtype: Any) -> Blocks:
    # float16 runs out of digits and of range in long sums.
    computed = np.dtype(np.float32) if dtype == np.float16 else np.dtype(dtype)
    kind = WinogradBlocks if WinogradBlocks.pay(x, filters, geometry, computed) else Blocks
    return kind(x, filters, geometry, computed)
