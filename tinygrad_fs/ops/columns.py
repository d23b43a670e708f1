"""Correlation of images with filters as matrix products (im2col), on arrays.

What an output position sees becomes a column, so that a correlation is ``filters @ columns``. The columns are
written through a strided view of the padded images, a block of positions at a time, into a buffer that stays in
the cache: they are never held as a whole, and the gradient of the filters builds them again.

A block takes all of a few samples, or some rows of one. Its samples stand innermost, so that copies run over
whole rows times samples even where images are small. Blocks are cut by shape alone and summed in a fixed order:
the same input gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["Blocks", "Columns", "Geometry", "Pair", "Window", "block_rows", "interleave"]

Pair: TypeAlias = tuple[int, int]

# All measured with OpenBLAS 0.3.31 on one core of a Xeon.
# From this width on the rows of one image are long enough to be copied fast; else samples are interleaved.
WIDE = 24
_INTERLEAVED = 128
_SMALL_BLOCK_BYTES = 256 << 10
# Samples to put side by side at a time: with more, lines of the cache that are read from push each other out.
_TOGETHER = 8
# OpenBLAS multiplies without packing up to a million multiplications. For 16 to 32 filters that is up to 1.8
# times as fast, with the columns of 64 to 128 positions in a piece of memory of their own.
_SMALL_PRODUCT = 1_000_000
_POSITIONS = 128
# From this many positions on, a row of outputs is worth a product of its own, since that spares copies.
_LEAST_ROW = 24
BLOCK_BYTES = 4 << 20
LEAST_POSITIONS = 192


class Geometry(NamedTuple):
    """Where outputs look: position (r, c) sees, at tap (i, j), the input at r sh + i dh + top, c sw + j dw + left.

    Outside of the image there are zeros; `top` and `left`, the origin, are usually negative.
    """

    size: Pair
    kernel: Pair
    origin: Pair
    stride: Pair
    dilation: Pair
    groups: int


def samples_at_a_time(count: int, width: int, bytes_per_sample: int) -> int:
    """How many samples to interleave for outputs of that width."""
    if width >= WIDE:
        return 1
    most = max(4, _INTERLEAVED // width, _SMALL_BLOCK_BYTES // max(1, bytes_per_sample))
    return max(1, -(-count // max(1, -(-count // most))))


def interleave(source: Any, target: Any) -> None:
    """Copy what stands sample by sample to where samples are innermost, some samples at a time."""
    for start in range(0, target.shape[-1], _TOGETHER):
        part = slice(start, start + _TOGETHER)
        target[..., part] = source[..., part]


class Window:
    """A buffer for what a block of outputs sees of some images, with the zeros around them.

    Attributes
    ----------
    padded : array (channels, rows, phases, columns, samples)
        Columns that are congruent modulo the stride stand together in a phase, so that what a tap sees
        along a row of outputs is one run of memory. There is a spare row at the end.
    """

    def __init__(self, x: Any, geometry: Geometry, samples: int, height: int, dtype: Any) -> None:
        self.images = x.transpose(1, 2, 3, 0)
        self.samples = samples
        (self.step, phases), (spread, aside) = geometry.stride, geometry.dilation
        (kh, kw), (self.top, left) = geometry.kernel, geometry.origin
        self.rows = (height - 1) * self.step + (kh - 1) * spread + 1
        columns = geometry.size[1] + (kw - 1) * aside // phases
        self.padded = np.zeros_like(x, shape=(x.shape[1], self.rows + 1, phases, columns, samples), dtype=dtype)
        self.copies = []
        for phase in range(phases):
            first = left + phase  # column c of the phase is column first + c phases of the image
            begin = max(0, -(first // phases))
            end = max(begin, min(columns, -((first - x.shape[3]) // phases)))
            source = slice(first + begin * phases, max(0, first + end * phases), phases)
            self.copies.append((self.padded[:, :, phase, begin:end], self.images[:, :, source]))

    def fill(self, sample: int, row: int) -> None:
        """Copy what the outputs from `row` on see of the images from `sample` on."""
        first = row * self.step + self.top
        begin = max(first, 0)
        end = max(begin, min(first + self.rows, self.images.shape[1]))
        self.padded[:, : begin - first] = 0  # other rows of the images may have stood here
        self.padded[:, end - first :] = 0
        for target, images in self.copies:
            interleave(images[:, begin:end, :, sample : sample + self.samples], target[:, begin - first : end - first])

    def along(self, geometry: Geometry, tap: int) -> Any:
        """What a tap sees along rows of outputs, of shape (channels, rows, out columns, samples)."""
        position = tap * geometry.dilation[1]
        phase, first = position % geometry.stride[1], position // geometry.stride[1]
        return self.padded[:, :, phase, first : first + geometry.size[1]]


class Columns:
    """A block of output positions: `samples` samples, `rows` rows, in products of `step` rows each.

    `pitch` is the number of positions to a row. Where it is that of the padded image, and not of the output, a
    tap sees all rows as one run, and the positions at the end of a row mean nothing.
    """

    def __init__(self, x: Any, geometry: Geometry, samples: int, rows: int, step: int, pitch: int, dtype: Any) -> None:
        (kh, kw), channels, products = geometry.kernel, x.shape[1], rows // step
        self.geometry, self.samples, self.rows, self.step, self.pitch = geometry, samples, rows, step, pitch
        self.window = Window(x, geometry, samples, rows, dtype)
        taps = np.empty_like(x, shape=(products, channels, kh, kw, step, pitch, samples), dtype=dtype)
        self.columns = taps.reshape(products, geometry.groups, -1, step * pitch * samples)
        self.buffer: Any = None
        see = self._see_runs if pitch > geometry.size[1] else self._see_rows
        self.copies = [(taps[:, :, :, tap], seen) for tap, seen in enumerate(see(channels, products))]

    def _see_rows(self, channels: int, products: int) -> list[Any]:
        """What the taps of each column see: (products, channels, taps, step, columns, samples)."""
        (stride, phases), (spread, aside) = self.geometry.stride, self.geometry.dilation
        windows = sliding_window_view(self.window.padded, (self.rows - 1) * stride + 1, axis=1)
        windows = windows[:, :-1:spread, ..., ::stride]
        found = []
        for tap in range(self.geometry.kernel[1]):
            first = tap * aside // phases
            seen = windows[:, :, tap * aside % phases, first : first + self.pitch]
            seen = seen.reshape(channels, -1, self.pitch, self.samples, products, self.step)
            found.append(seen.transpose(4, 0, 1, 5, 2, 3))
        return found

    def _see_runs(self, channels: int, products: int) -> list[Any]:
        """The same, with rows as wide as the window."""
        (kh, kw), (spread, aside) = self.geometry.kernel, self.geometry.dilation
        runs = sliding_window_view(self.window.padded.reshape(channels, -1), self.rows * self.pitch, axis=1)
        found = []
        for tap in range(kw):
            seen = runs[:, tap * aside :: spread * self.pitch][:, :kh]
            found.append(seen.reshape(channels, kh, products, self.step, self.pitch, 1).transpose(2, 0, 1, 3, 4, 5))
        return found

    def _fill(self, sample: int, row: int) -> Any:
        """The columns, of shape (products, groups, channels and taps, positions)."""
        self.window.fill(sample, row)
        for target, seen in self.copies:
            np.copyto(target, seen)
        return self.columns

    def multiply(self, matrix: Any, b: Any, sample: int, row: int, part: Any, dense: bool) -> None:
        """Write the outputs of the block into `part` (samples, filters, rows, columns); `dense`: it has no gaps."""
        columns = self._fill(sample, row)
        _, groups, filters, _ = matrix.shape
        width = part.shape[3]
        if dense and self.samples == 1 and self.pitch == width:
            product = part[0].reshape(groups, filters, len(columns), -1).transpose(2, 0, 1, 3)
        else:
            if self.buffer is None:
                shape = (len(columns), groups, filters, columns.shape[-1])
                self.buffer = np.empty_like(part, shape=shape, order="C", dtype=columns.dtype)
            product = self.buffer
        np.matmul(matrix, columns, out=product)
        if b is not None:
            np.add(product, b, out=product)
        if product is self.buffer:
            split = product.reshape(len(columns), groups * filters, self.step, self.pitch, self.samples)
            target = part.reshape(self.samples, groups * filters, len(columns), self.step, width)
            target[...] = split[:, :, :, :width].transpose(4, 1, 0, 2, 3)

    def outer(self, sample: int, row: int, part: Any) -> Any:
        """The products of columns and the outputs' gradients `part`, summed over positions."""
        columns = self._fill(sample, row)
        groups, filters = self.geometry.groups, part.shape[1] // self.geometry.groups
        order, back = ((1, 2, 3, 0), (3, 0, 1, 2)) if filters_first(filters) else ((2, 3, 0, 1), (2, 3, 0, 1))
        shape = (self.samples, part.shape[1], self.rows, self.pitch)
        if self.buffer is None:  # zeros, for the positions at the end of rows that mean nothing
            gaps = tuple([shape[axis] for axis in order])
            self.buffer = np.zeros_like(part, shape=gaps, order="C", dtype=columns.dtype)
        gathered = self.buffer
        gathered.transpose(back)[..., : part.shape[3]] = part
        if filters_first(filters):
            parts = gathered.reshape(groups, filters, len(columns), -1).transpose(2, 0, 1, 3)
            product = np.matmul(parts, columns.swapaxes(2, 3))
        else:
            parts = gathered.reshape(len(columns), -1, groups, filters).transpose(0, 2, 1, 3)
            product = np.matmul(columns, parts)
        return product if len(product) == 1 else product.sum(0, keepdims=True)


class RowColumns(Columns):
    """The same with one output row to a product, and fewer copies: what a row of taps sees is written once.

    It stands as (row, tap along the row, channel), so that the columns of an output row are `kh` rows of that, one
    below the other: a view.
    """

    def __init__(self, x: Any, geometry: Geometry, samples: int, rows: int, dtype: Any) -> None:
        (kh, kw), groups, width = geometry.kernel, geometry.groups, geometry.size[1]
        self.geometry, self.samples, self.rows, self.step, self.pitch = geometry, samples, rows, 1, width
        self.window = Window(x, geometry, samples, rows, dtype)
        height, depth = self.window.rows, x.shape[1] // groups
        taps = np.empty_like(x, shape=(groups, height, kw, depth, width, samples), dtype=dtype)
        lines = taps.reshape(groups, height, kw * depth, width * samples)
        seen = sliding_window_view(lines, kh, axis=1)[:, :: geometry.stride[0]]
        self.columns = seen.transpose(1, 0, 4, 2, 3).reshape(rows, groups, kh * kw * depth, width * samples)
        self.buffer: Any = None
        self.copies = [(taps[:, :, tap], self._see(tap)) for tap in range(kw)]

    def _see(self, tap: int) -> Any:
        """What a tap sees along all rows, of shape (groups, rows, channels, columns, samples)."""
        seen = self.window.along(self.geometry, tap)[:, :-1]
        return seen.reshape(self.geometry.groups, -1, *seen.shape[1:]).swapaxes(1, 2)


class PlainColumns:
    """The same for a kernel of 1 x 1: the columns are the images themselves, and a product takes all of a sample."""

    def __init__(self, x: Any, geometry: Geometry, samples: int) -> None:
        self.samples, self.rows = samples, geometry.size[0]
        self.columns = x.reshape(x.shape[0], geometry.groups, x.shape[1] // geometry.groups, -1)

    def multiply(self, matrix: Any, b: Any, sample: int, row: int, part: Any, dense: bool) -> None:
        """As `Columns.multiply`."""
        columns = self.columns[sample : sample + self.samples]
        product = np.matmul(
            matrix, columns, out=part.reshape(*columns.shape[:2], -1, columns.shape[-1]) if dense else None
        )
        if b is not None:
            np.add(product, b, out=product)
        if not dense:
            part[...] = product.reshape(part.shape)

    def outer(self, sample: int, row: int, part: Any) -> Any:
        """As `Columns.outer`."""
        columns = self.columns[sample : sample + self.samples]
        parts = part.reshape(*columns.shape[:2], -1, columns.shape[-1]).astype(columns.dtype, copy=False)
        if filters_first(parts.shape[2]):
            product = np.matmul(parts, columns.swapaxes(2, 3))
        else:
            product = np.matmul(columns, parts.swapaxes(2, 3))
        return product.sum(0, keepdims=True)


class Blocks:
    """The blocks that make up a correlation, and the filters as they need them."""

    def __init__(self, x: Any, filters: int, geometry: Geometry, dtype: Any) -> None:
        self.x, self.geometry, self.dtype = x, geometry, dtype
        self.depth = x.shape[1] // geometry.groups * geometry.kernel[0] * geometry.kernel[1]
        self.filters = filters // geometry.groups
        self.plain = geometry[:-1] == (x.shape[2:], (1, 1), (0, 0), (1, 1), (1, 1)) and x.dtype == dtype
        bytes_per_sample = self._bytes_per_position() * math.prod(geometry.size)
        self.by_rows = False
        if self.plain:
            self.samples = max(1, min(len(x), _SMALL_BLOCK_BYTES // max(1, bytes_per_sample)))
            self.rows = geometry.size[0]
        else:
            self.samples = samples_at_a_time(len(x), geometry.size[1], bytes_per_sample)
            self.by_rows = self._go_by_rows()
            self.pitch = self._pitch()
            self.step, self.rows = self._cut()
        self.forms: dict[Pair, Any] = {}

    def _bytes_per_position(self) -> int:
        return int(self.depth * self.geometry.groups * self.dtype.itemsize)

    def _go_by_rows(self) -> bool:
        """Whether each output row is a product: where rows are long enough, and taps stand below each other."""
        (kh, _), geometry = self.geometry.kernel, self.geometry
        return kh > 1 and geometry.dilation[0] == 1 and self.samples * geometry.size[1] >= _LEAST_ROW

    def _pitch(self) -> int:
        """Positions to a row: more than there are, where that costs less in products than it saves in copies."""
        width = self.geometry.size[1]
        wide = width + (self.geometry.kernel[1] - 1) * self.geometry.dilation[1]
        pays = not self.by_rows and self.filters * (wide - width) <= 5 * width
        return wide if pays and self.samples == 1 and self.geometry.stride == (1, 1) else width

    def _cut(self) -> Pair:
        """Rows of a product, and of a block."""
        height = self.geometry.size[0]
        line = self.samples * self.pitch
        per_position = self._bytes_per_position()
        if self.by_rows:
            return 1, block_rows(height, line, per_position // self.geometry.kernel[0])
        # With few filters a block is read once, and had better stay in the second level of the cache.
        limit = block_rows(height, line, per_position if self.filters >= 8 else 4 * per_position)
        positions = min(_POSITIONS, _SMALL_PRODUCT // max(1, self.depth * self.filters))
        if positions < max(32, line) or self.filters < 4:
            return height, limit
        step = max(rows for rows in range(1, height + 1) if height % rows == 0 and rows * line <= positions)
        return step, max(1, limit // step) * step

    def __iter__(self) -> Iterator[tuple[int, int, Any]]:
        for sample in range(0, len(self.x), self.samples):
            samples = min(self.samples, len(self.x) - sample)
            for row in range(0, self.geometry.size[0], self.rows):
                form = (samples, min(self.rows, self.geometry.size[0] - row))
                if form not in self.forms:
                    self.forms[form] = self._form(*form)
                yield sample, row, self.forms[form]

    def _form(self, samples: int, rows: int) -> Columns | PlainColumns:
        if self.plain:
            return PlainColumns(self.x, self.geometry, samples)
        if self.by_rows:
            return RowColumns(self.x, self.geometry, samples, rows, self.dtype)
        return Columns(self.x, self.geometry, samples, rows, min(self.step, rows), self.pitch, self.dtype)

    def matrix(self, w: Any) -> Any:
        """The filters as matrices, of shape (1, groups, filters, channels and taps)."""
        if self.by_rows:
            w = w.transpose(0, 2, 3, 1)
        return w.astype(self.dtype, order="C", copy=False).reshape(1, self.geometry.groups, self.filters, -1)

    def from_matrix(self, matrix: Any) -> Any:
        """The adjoint: filters from a sum of `Columns.outer`."""
        filters = matrix if filters_first(self.filters) else matrix.swapaxes(2, 3)
        if self.by_rows:
            rows = filters.reshape(self.geometry.groups * self.filters, *self.geometry.kernel, -1)
            return rows.transpose(0, 3, 1, 2)
        return filters.reshape(self.geometry.groups * self.filters, -1, *self.geometry.kernel)


def filters_first(filters: int) -> bool:
    """Whether the gradient of that many filters is computed as filters x columns; else as columns x filters.

    The latter is the faster product, but its transpose takes time; and a single filter is a vector.
    """
    return filters == 1 or filters >= 128


def block_rows(height: int, line: int, bytes_per_position: int) -> int:
    """How many rows of `line` positions a block takes; rather all alike than one left over."""
    most = max(BLOCK_BYTES // max(1, bytes_per_position * line), -(-LEAST_POSITIONS // line), 1)
    return -(-height // -(-height // most))
