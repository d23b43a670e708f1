"""Correlation of images with filters as matrix products (im2col), on arrays.

What an output position sees becomes a column, so that a correlation is ``filters @ columns``. The columns are
written through a strided view of the padded images, a block of positions at a time, into a buffer that stays in
the cache: they are never held as a whole, and the gradient of the filters builds them again.

A block takes all of a few samples, or some rows of one. Its samples stand innermost, so that the copies run over
whole output rows times samples even where images are small. Blocks are cut by shape alone and summed in a fixed
order, so results do not depend on the machine's load.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["Pair", "correlate", "correlate_filters"]

Pair = tuple[int, int]

# Measured with OpenBLAS on one core of a Xeon. Products of up to a million multiplications go without packing,
# which for 16 to 32 filters is 1.3 to 1.6 times as fast; they are best at 64 to 128 positions each.
_SMALL_PRODUCT = 1_000_000
_POSITIONS = 128
# From this width on the rows of one image are long enough to be copied fast, and samples need not be interleaved.
_WIDE = 24
_INTERLEAVED = 64
_BLOCK_BYTES = 4 << 20


class Geometry(NamedTuple):
    """Where outputs look: position (r, c) sees, at tap (i, j), the input at r sh + i dh + top, c sw + j dw + left.

    Outside of the image there are zeros; `top` and `left` are usually negative.
    """

    size: Pair
    kernel: Pair
    origin: Pair
    stride: Pair
    dilation: Pair
    groups: int

    def is_plain(self, image: Pair) -> bool:
        """Whether each output position sees just the same position of the image."""
        return self.kernel == (1, 1) and self.stride == (1, 1) and self.origin == (0, 0) and self.size == image

    def span(self, axis: int, length: int) -> int:
        """How many input positions `length` neighbouring outputs see."""
        return (length - 1) * self.stride[axis] + (self.kernel[axis] - 1) * self.dilation[axis] + 1


class Plan(NamedTuple):
    """How to cut: samples of a block, products of a block, output rows of a product."""

    samples: int
    products: int
    rows: int

    @classmethod
    def of(cls, count: int, depth: int, filters: int, geometry: Geometry, plain: bool, itemsize: int) -> Plan:
        """Cut the outputs for `count` images, with `depth` rows of columns and `filters` in each group."""
        height, width = geometry.size
        samples = 1
        if width < _WIDE and not plain:
            blocks = max(1, -(-count // max(4, _INTERLEAVED // width)))
            samples = max(1, -(-count // blocks))
        line = samples * width
        block_rows = max(1, _BLOCK_BYTES // (depth * geometry.groups * line * itemsize), 256 // line)
        if depth * filters * max(line, 64) <= _SMALL_PRODUCT and filters > 1 and not plain:
            at_most = max(1, min(_POSITIONS, _SMALL_PRODUCT // (depth * filters)) // line)
            rows = max(r for r in range(1, min(at_most, height) + 1) if height % r == 0)
            return cls(samples, max(1, min(height, block_rows) // rows), rows)
        if block_rows < height:  # rather even blocks than one that is left over
            block_rows = -(-height // -(-height // block_rows))
        return cls(samples, 1, min(height, block_rows))


class Block:
    """Buffers for blocks of one form, and the views that fill them.

    Attributes
    ----------
    columns : array (products, groups, depth, positions)
        Positions run over rows, columns, samples.
    """

    def __init__(self, x: Any, geometry: Geometry, samples: int, products: int, rows: int, dtype: Any) -> None:
        channels = x.shape[1]
        (kh, kw), (sh, sw), (dh, dw) = geometry.kernel, geometry.stride, geometry.dilation
        width = geometry.size[1]
        self.geometry = geometry
        self.samples, self.products, self.rows = samples, products, rows
        self.height = height = products * rows
        self.images = x.transpose(1, 2, 3, 0)
        spans = geometry.span(0, height), geometry.span(1, width)
        self.padded = np.zeros_like(x, shape=(channels, *spans, samples), dtype=dtype)
        windows = sliding_window_view(
            self.padded,
            ((height - 1) * sh + 1, (width - 1) * sw + 1),
            axis=(1, 2),
        )[:, ::dh, ::dw, :, ::sh, ::sw]
        windows = windows.reshape(channels, kh, kw, samples, products, rows, width)
        self.windows = windows.transpose(4, 0, 1, 2, 5, 6, 3)
        self.taps = np.empty_like(x, shape=self.windows.shape, dtype=dtype)
        self.columns = self.taps.reshape(products, geometry.groups, -1, rows * width * samples)

    def fill(self, sample: int, row: int) -> Any:
        """The columns of the block that begins at a sample and an output row."""
        top, bottom, above = _overlap(self.geometry, 0, row, self.padded.shape[1], self.images.shape[1])
        left, right, before = _overlap(self.geometry, 1, 0, self.padded.shape[2], self.images.shape[2])
        below = above + bottom - top
        self.padded[:, :above] = 0  # other rows of the image may have stood here
        self.padded[:, below:] = 0
        self.padded[:, above:below, before : before + right - left] = self.images[
            :, top:bottom, left:right, sample : sample + self.samples
        ]
        np.copyto(self.taps, self.windows)
        return self.columns


class PlainBlock:
    """The columns of a 1 x 1 kernel: the images themselves."""

    samples = products = 1

    def __init__(self, x: Any, geometry: Geometry, rows: int) -> None:
        self.height = self.rows = rows
        self.width = geometry.size[1]
        self.pixels = x.reshape(x.shape[0], 1, geometry.groups, x.shape[1] // geometry.groups, -1)

    def fill(self, sample: int, row: int) -> Any:
        """The columns of the block that begins at a sample and an output row."""
        return self.pixels[sample, ..., row * self.width : (row + self.rows) * self.width]


def _overlap(geometry: Geometry, axis: int, first: int, length: int, size: int) -> tuple[int, int, int]:
    """Begin and end of what a window sees of an image's axis, and where in the window that begins."""
    begin = first * geometry.stride[axis] + geometry.origin[axis]
    inside = max(begin, 0)
    return inside, max(inside, min(begin + length, size)), inside - begin


class Blocks:
    """All blocks of a correlation, in order."""

    def __init__(self, x: Any, filters: int, geometry: Geometry, dtype: Any) -> None:
        self.x, self.geometry, self.dtype = x, geometry, dtype
        self.plain = geometry.is_plain(x.shape[2:]) and x.dtype == dtype
        depth = x.shape[1] // geometry.groups * geometry.kernel[0] * geometry.kernel[1]
        self.plan = Plan.of(
            x.shape[0], depth, filters // geometry.groups, geometry, self.plain, np.dtype(dtype).itemsize
        )
        self.forms: dict[tuple[int, int, int], Block | PlainBlock] = {}

    def __iter__(self) -> Any:
        samples, products, rows = self.plan
        count, height = self.x.shape[0], self.geometry.size[0]
        for sample in range(0, count, samples):
            row = 0
            while row < height:
                left = height - row
                block = self._form(
                    min(samples, count - sample), *((min(products, left // rows), rows) if rows <= left else (1, left))
                )
                yield sample, row, block
                row += block.height

    def _form(self, samples: int, products: int, rows: int) -> Block | PlainBlock:
        key = (samples, products, rows)
        if key not in self.forms:
            self.forms[key] = (
                PlainBlock(self.x, self.geometry, rows)
                if self.plain
                else Block(self.x, self.geometry, samples, products, rows, self.dtype)
            )
        return self.forms[key]


def correlate(x: Any, w: Any, b: Any, out: Any, geometry: Geometry, dtype: Any) -> None:
    """Write into `out` the correlation of images `x` (n, c, h, w) with filters `w` (f, c / groups, kh, kw).

    `b` (f,) or None is added. `out` (n, f, *size) may be a strided view; sums are taken in `dtype`.
    """
    _, filters, _, width = out.shape
    groups = geometry.groups
    matrix = np.ascontiguousarray(w, dtype=dtype).reshape(groups, filters // groups, -1)
    if b is not None:
        b = b.astype(dtype, copy=False).reshape(groups, filters // groups, 1)
    buffer = None
    in_place = out.flags.c_contiguous and out.dtype == dtype
    for sample, row, block in Blocks(x, filters, geometry, dtype):
        part = out[sample : sample + block.samples, :, row : row + block.height]
        shape = (block.products, groups, filters // groups, block.rows * width * block.samples)
        columns = block.fill(sample, row)
        if in_place and block.samples == 1:
            product = part[0].reshape(groups, filters // groups, block.products, -1).transpose(2, 0, 1, 3)
        else:
            if buffer is None or buffer.shape != shape:
                buffer = np.empty_like(x, shape=shape, dtype=dtype)
            product = buffer
        np.matmul(matrix, columns, out=product)
        if b is not None:
            np.add(product, b, out=product)
        if product is buffer:
            split = product.reshape(block.products, filters, block.rows, width, block.samples)
            part.reshape(block.samples, filters, block.products, block.rows, width)[...] = split.transpose(
                4, 1, 0, 2, 3
            )


def correlate_filters(x: Any, g: Any, geometry: Geometry, dtype: Any) -> Any:
    """The gradient of the filters of `correlate`, of shape (f, c / groups, kh, kw), from that of its output."""
    _, filters, _, width = g.shape
    groups = geometry.groups
    channels = x.shape[1] // groups
    depth = channels * geometry.kernel[0] * geometry.kernel[1]
    total = np.zeros_like(x, shape=(groups, depth, filters // groups), dtype=dtype)
    gathered = None
    positions = g.transpose(2, 3, 0, 1)
    for sample, row, block in Blocks(x, filters, geometry, dtype):
        columns = block.fill(sample, row)
        shape = (block.height, width, block.samples, filters)
        if gathered is None or gathered.shape != shape:
            gathered = np.empty_like(g, shape=shape, dtype=dtype)
        np.copyto(gathered, positions[row : row + block.height, :, sample : sample + block.samples])
        parts = gathered.reshape(block.products, -1, groups, filters // groups).transpose(0, 2, 1, 3)
        total += np.matmul(columns, parts).sum(0)
    return total.transpose(0, 2, 1).reshape(filters, channels, *geometry.kernel)
