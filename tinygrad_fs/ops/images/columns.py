"""Correlation of images with filters as matrix products (im2col), on arrays.

What an output position sees becomes a column, so that a correlation is ``filters @ columns``. The columns of a block
of positions at a time are written into a buffer that stays in the cache: they are never held as a whole, and the
gradient of the filters builds them again.

A block takes some rows of some samples, which stand side by side as one wide image. So what a tap sees along a row is
one long run of memory even where images are small, and copies and products work on that. Blocks are cut by shape alone
and summed in a fixed order: the same input gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["Blocks", "Columns", "Geometry", "Layout", "Pair", "Window", "channels_of_long_rows", "copy_rows", "evenly"]

Pair: TypeAlias = tuple[int, int]

# Measured with OpenBLAS 0.3.31 on an EPYC with 512 KiB of cache to a core.
# Positions in a row of a block: with fewer, products of matrices and copies take their time to begin.
_LEAST_LINE = 256
_SMALL_BLOCK_BYTES = 256 << 10
# From this many positions on, a row of outputs is worth a product of its own, since that spares copies; unless there
# are so many filters that products take nearly all of the time.
_LEAST_ROW = 96
_MOST_FILTERS = 96
BLOCK_BYTES = 2 << 20


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


class Layout(NamedTuple):
    """How images stand side by side in a row. The zeros after an image are those before the next one, too.

    Attributes
    ----------
    pitch : int
        From one image to the next, in positions of the output.
    reach : int
        How far the last tap sees beyond the first one.
    begin, end : int
        Where an image stands in its piece of the row.
    source : slice
        The columns of it that are seen.
    """

    pitch: int
    reach: int
    begin: int
    end: int
    source: slice

    @classmethod
    def of(cls, geometry: Geometry, width: int) -> Layout:
        """The layout for images of that width."""
        stride, left = geometry.stride[1], geometry.origin[1]
        reach = (geometry.kernel[1] - 1) * geometry.dilation[1]
        columns = (geometry.size[1] - 1) * stride + reach + 1
        begin = min(columns, max(0, -left))
        end = max(begin, min(columns, width - left))
        shared = min(reach, begin, columns - end)
        pitch = max(geometry.size[1], -(-(columns - shared) // stride))
        return cls(pitch, reach, begin, end, slice(left + begin, max(0, left + end)))


class Window:
    """A buffer for what a block of outputs sees of some images, with the zeros around them.

    Attributes
    ----------
    line : int
        Positions in a row of the block, `pitch` for each sample, of which the last ones may mean nothing.
    padded : array (channels, rows, stride * line + reach)
    """

    def __init__(self, x: Any, geometry: Geometry, samples: int, height: int, dtype: Any) -> None:
        self.geometry, self.samples = geometry, samples
        self.rows = (height - 1) * geometry.stride[0] + (geometry.kernel[0] - 1) * geometry.dilation[0] + 1
        layout = Layout.of(geometry, x.shape[3])
        self.line = samples * layout.pitch
        self.columns = self.line * geometry.stride[1]
        shape = (x.shape[1], self.rows, self.columns + layout.reach)
        self.padded = np.zeros_like(x, shape=shape, dtype=dtype, order="C")
        pieces = self.padded[..., : self.columns].reshape(*shape[:2], samples, -1)
        self.pieces = pieces[..., layout.begin : layout.end]
        self.images = x.transpose(1, 2, 0, 3)[..., layout.source]

    def fill(self, sample: int, row: int) -> None:
        """Copy what the outputs from `row` on see of the images from `sample` on."""
        first = row * self.geometry.stride[0] + self.geometry.origin[0]
        begin = max(first, 0)
        end = max(begin, min(first + self.rows, self.images.shape[1]))
        self.padded[:, : begin - first] = 0  # other rows of the images may have stood here
        self.padded[:, end - first :] = 0
        images = self.images[:, begin:end, sample : sample + self.samples]
        copy_rows(images, self.pieces[:, begin - first : end - first])

    def along(self, tap: int) -> Any:
        """What a tap sees along the rows of the images, of shape (channels, rows, positions)."""
        first = tap * self.geometry.dilation[1]
        return self.padded[..., first : first + self.columns : self.geometry.stride[1]]

    def seen(self, tap: int) -> Any:
        """What a tap along a row sees in all rows of the kernel: (channels, out rows, kernel rows, positions)."""
        geometry = self.geometry
        windows = sliding_window_view(self.along(tap), (geometry.kernel[0] - 1) * geometry.dilation[0] + 1, axis=1)
        return windows[:, :: geometry.stride[0], :, :: geometry.dilation[0]].swapaxes(2, 3)


class Columns:
    """A block of output positions, `samples` samples and `rows` rows, in one product."""

    def __init__(self, x: Any, filters: int, geometry: Geometry, samples: int, rows: int, dtype: Any) -> None:
        self.samples, self.rows = samples, rows
        self.window = Window(x, geometry, samples, rows, dtype)
        self.columns, self.copies = self._lay_out(x, geometry)
        products, groups, _, positions = self.columns.shape
        # Zeros, for the positions at the end of a sample's row that mean nothing.
        self.buffer = np.zeros_like(x, shape=(products, groups, filters, positions), dtype=dtype, order="C")
        self.outputs = self._as_outputs(self.buffer, groups * filters)[..., : geometry.size[1]]

    def _lay_out(self, x: Any, geometry: Geometry) -> tuple[Any, list[tuple[Any, Any]]]:
        """The columns, of shape (products, groups, channels and taps, positions), and what is copied where."""
        (kh, kw), window = geometry.kernel, self.window
        taps = np.empty_like(x, shape=(x.shape[1], kh, kw, self.rows, window.line), dtype=window.padded.dtype)
        columns = taps.reshape(1, geometry.groups, -1, self.rows * window.line)
        return columns, [(taps[:, :, tap], window.seen(tap).swapaxes(1, 2)) for tap in range(kw)]

    def _as_outputs(self, buffer: Any, filters: int) -> Any:
        """A view of products as (samples, filters, rows, columns)."""
        return buffer.reshape(filters, self.rows, self.samples, -1).transpose(2, 0, 1, 3)

    def _fill(self, sample: int, row: int) -> Any:
        """The columns of the block that begins there."""
        self.window.fill(sample, row)
        for target, seen in self.copies:
            np.copyto(target, seen)
        return self.columns

    def multiply(self, matrix: Any, b: Any, sample: int, row: int, part: Any) -> None:
        """Write the outputs of the block into `part` (samples, filters, rows, columns)."""
        np.matmul(matrix, self._fill(sample, row), out=self.buffer)
        if b is not None:
            np.add(self.buffer, b, out=self.buffer)
        copy_rows(self.outputs, part)

    def outer(self, sample: int, row: int, part: Any) -> Any:
        """The products of the outputs' gradients `part` and columns, summed over positions."""
        copy_rows(part, self.outputs)
        product = np.matmul(self.buffer, self._fill(sample, row).swapaxes(2, 3))
        return product if len(product) == 1 else product.sum(0, keepdims=True)


class RowColumns(Columns):
    """The same with one output row to a product, and fewer copies: what a row of taps sees is written once.

    It stands as (row, tap along the row, channel), so that the columns of an output row are `kh` rows of that, one
    below the other: a view.
    """

    def _lay_out(self, x: Any, geometry: Geometry) -> tuple[Any, list[tuple[Any, Any]]]:
        (kh, kw), groups, window = geometry.kernel, geometry.groups, self.window
        shape = (groups, window.rows, kw, x.shape[1] // groups, window.line)
        taps = np.empty_like(x, shape=shape, dtype=window.padded.dtype)
        lines = taps.reshape(groups, window.rows, -1, window.line)
        seen = sliding_window_view(lines, kh, axis=1)[:, :: geometry.stride[0]]
        columns = seen.transpose(1, 0, 4, 2, 3).reshape(self.rows, groups, -1, window.line)
        apart = [window.along(tap).reshape(groups, -1, window.rows, window.line) for tap in range(kw)]
        return columns, [(taps[:, :, tap], each.swapaxes(1, 2)) for tap, each in enumerate(apart)]

    def _as_outputs(self, buffer: Any, filters: int) -> Any:
        return buffer.reshape(self.rows, filters, self.samples, -1).transpose(2, 1, 0, 3)


class PlainColumns:
    """The same for a kernel of 1 x 1: the columns are the images themselves, and a product takes all of a sample."""

    def __init__(self, x: Any, geometry: Geometry, samples: int) -> None:
        self.samples, self.rows = samples, geometry.size[0]
        self.columns = x.reshape(x.shape[0], geometry.groups, x.shape[1] // geometry.groups, -1)

    def multiply(self, matrix: Any, b: Any, sample: int, row: int, part: Any) -> None:
        """As `Columns.multiply`."""
        columns = self.columns[sample : sample + self.samples]
        dense = part.flags.c_contiguous and part.dtype == columns.dtype
        shape = (*columns.shape[:2], -1, columns.shape[-1])
        product = np.matmul(matrix, columns, out=part.reshape(shape) if dense else None)
        if b is not None:
            np.add(product, b, out=product)
        if not dense:
            part[...] = product.reshape(part.shape)

    def outer(self, sample: int, row: int, part: Any) -> Any:
        """As `Columns.outer`."""
        columns = self.columns[sample : sample + self.samples]
        parts = part.reshape(*columns.shape[:2], -1, columns.shape[-1]).astype(columns.dtype, copy=False)
        return np.matmul(parts, columns.swapaxes(2, 3)).sum(0, keepdims=True)


class Blocks:
    """The blocks that make up a correlation, and the filters as they need them."""

    def __init__(self, x: Any, filters: int, geometry: Geometry, dtype: Any) -> None:
        self.x, self.geometry, self.dtype = x, geometry, dtype
        self.filters = filters // geometry.groups
        self.plain = geometry[:-1] == (x.shape[2:], (1, 1), (0, 0), (1, 1), (1, 1)) and x.dtype == dtype
        pitch = Layout.of(geometry, x.shape[3]).pitch
        self.by_rows = self._go_by_rows(pitch)
        self.samples, self.rows = self._cut(pitch)
        self.forms: dict[Pair, Any] = {}

    def _bytes_per_position(self) -> int:
        """How much of a block's columns belongs to one position."""
        kh, kw = self.geometry.kernel
        return int(self.x.shape[1] * kw * (1 if self.by_rows else kh) * self.dtype.itemsize)

    def _go_by_rows(self, pitch: int) -> bool:
        """Whether each output row is a product: where rows are long enough, and taps stand below each other."""
        line = min(len(self.x), _LEAST_LINE // pitch + 1) * pitch
        return (
            self.geometry.kernel[0] > 1
            and self.geometry.dilation[0] == 1
            and line >= _LEAST_ROW
            and self.filters <= _MOST_FILTERS
        )

    def _cut(self, pitch: int) -> Pair:
        """Samples and rows of a block; rather all alike than one left over."""
        height, per_position = self.geometry.size[0], self._bytes_per_position()
        if self.plain:
            most = _SMALL_BLOCK_BYTES // max(1, per_position * math.prod(self.geometry.size))
            return max(1, min(len(self.x), most)), height
        most = max(-(-_LEAST_LINE // pitch), BLOCK_BYTES // max(1, per_position * pitch * height))
        samples = evenly(len(self.x), most)
        return samples, self._rows(samples * pitch, per_position)

    def _rows(self, line: int, per_position: int) -> int:
        """How many rows of `line` positions a block takes."""
        return evenly(self.geometry.size[0], max(BLOCK_BYTES // max(1, per_position * line), _LEAST_LINE // line))

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
        kind = RowColumns if self.by_rows else Columns
        return kind(self.x, self.filters, self.geometry, samples, rows, self.dtype)

    def matrix(self, w: Any) -> Any:
        """The filters as matrices, of shape (1, groups, filters, channels and taps)."""
        if self.by_rows:
            w = w.transpose(0, 2, 3, 1)
        return w.astype(self.dtype, order="C", copy=False).reshape(1, self.geometry.groups, self.filters, -1)

    def from_matrix(self, matrix: Any) -> Any:
        """The adjoint: filters from a sum of `Columns.outer`."""
        if self.by_rows:
            rows = matrix.reshape(self.geometry.groups * self.filters, *self.geometry.kernel, -1)
            return rows.transpose(0, 3, 1, 2)
        return matrix.reshape(self.geometry.groups * self.filters, -1, *self.geometry.kernel)


def channels_of_long_rows(geometry: Geometry, itemsize: int) -> int:
    """How many channels fill a block that takes all rows, and long ones."""
    return BLOCK_BYTES // max(1, _LEAST_LINE * geometry.size[0] * geometry.kernel[1] * itemsize)


def evenly(count: int, most: int) -> int:
    """Into how many at a time `count` is cut, at most that many where possible; rather all alike than one left over."""
    return max(1, -(-count // max(1, -(-count // max(1, most)))))


def copy_rows(source: Any, target: Any) -> None:
    """``target[...] = source``, a row as one item where rows lie in one piece: a third of the time for rows of 8."""
    row = target.shape[-1] * target.itemsize
    alike = type(source) is type(target) is np.ndarray and source.dtype == target.dtype
    if alike and row and source.strides[-1] == target.strides[-1] == target.itemsize:
        source, target = source.view(f"V{row}"), target.view(f"V{row}")
    target[...] = source
