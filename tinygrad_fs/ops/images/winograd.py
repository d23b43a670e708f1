"""Correlation with fewer multiplications, after Toom, Cook and Winograd.

Four outputs of a filter with r taps are 4 r multiplications, but only r + 3 are needed: polynomials of degree 3 and
r - 1 are multiplied by their values at r + 3 points. Transposed, that is ``y = A ((G w) * (B x))`` for the
correlation of r + 3 inputs x with r taps w. Here it is done along image rows, for all channels and all columns of a
block at once, so the elementwise product becomes r + 3 matrix products, and the taps along columns stay columns of
a matrix as in im2col. With 3 x 3 filters that halves the multiplications.

A. Lavin, S. Gray 2016, "Fast algorithms for convolutional neural networks" (there along both axes, which
needs more additions than it is worth in NumPy). The points are chosen for small errors: the rounding error is about
3 times that of plain sums with 3 taps, and 5 times with 5. It is used for float32 only: who asks for float64 wants
the digits.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_fs.ops.images import columns
from tinygrad_fs.ops.images.columns import Blocks, Geometry, Window, copy_rows, evenly

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["WinogradBlocks", "transforms"]

OUTPUTS = 4
_POINTS = ("0", "1", "-1", "2", "-1/2", "-2", "1/2")
# From here on the multiplications saved are worth more than the transforms (measured).
_LEAST_PRODUCT = 256
_LEAST_POSITIONS = 384


@functools.lru_cache
def transforms(taps: int) -> tuple[Any, Any, Any]:
    """A (4, r + 3), B (r + 3, r + 3) and G (r + 3, r) in float64, for r taps.

    Row i of G and column i of A hold the powers of point i, the last point being infinity. B solves the
    polynomial's coefficients from the values, transposed; its rows are scaled to integers, and those of G back.
    """
    from fractions import Fraction  # a tenth of the time of `import tinygrad_fs`, for some convolutions only

    count = taps + OUTPUTS - 1
    points = [Fraction(point) for point in _POINTS[: count - 1]]

    def powers(length: int) -> list[list[Fraction]]:
        at_infinity = [Fraction(0)] * (length - 1) + [Fraction(1)]
        return [[point**k for k in range(length)] for point in points] + [at_infinity]

    inverse = _inverse(powers(count))
    a = np.array(powers(OUTPUTS), dtype=np.float64).T
    b, g = [], []
    for i, row in enumerate(powers(taps)):
        solved = [inverse[k][i] for k in range(count)]
        scale = Fraction(np.lcm.reduce([value.denominator for value in solved]).item())
        b.append([float(value * scale) for value in solved])
        g.append([float(value / scale) for value in row])
    return a, np.array(b), np.array(g)


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Exactly, by elimination."""
    size = len(matrix)
    rows: list[list[Any]] = [[*row, *(int(i == k) for k in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if rows[i][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [value / lead for value in rows[column]]
        for i in range(size):
            factor = rows[i][column]
            if i != column and factor:
                rows[i] = [value - factor * own for value, own in zip(rows[i], rows[column])]
    return [row[size:] for row in rows]


class WinogradColumns:
    """A block of output positions: `samples` samples, `rows` rows, in tiles of four rows."""

    def __init__(self, x: Any, filters: int, geometry: Geometry, samples: int, rows: int, dtype: Any) -> None:
        (kh, kw), channels, groups = geometry.kernel, x.shape[1], geometry.groups
        self.samples, self.rows, self.groups, tiles = samples, rows, groups, -(-rows // OUTPUTS)
        self.a, self.b, _ = (np.asarray(each, dtype=dtype, like=x) for each in transforms(kh))
        points = len(self.b)
        self.window = window = Window(x, geometry, samples, OUTPUTS * tiles, dtype)
        inputs = window.padded
        self.inputs = sliding_window_view(inputs, points, axis=1)[:, ::OUTPUTS].swapaxes(2, 3)
        values = np.empty_like(x, shape=(points, channels, tiles, inputs.shape[2]), dtype=dtype, order="C")
        self.values = values.transpose(1, 2, 0, 3)
        taps = np.empty_like(x, shape=(points, channels, kw, tiles, window.line), dtype=dtype, order="C")
        self.columns = taps.reshape(points, groups, -1, tiles * window.line)
        aside = geometry.dilation[1]
        self.copies = [(taps[:, :, tap], values[..., tap * aside :][..., : window.line]) for tap in range(kw)]
        # Zeros, for the positions at the end of a sample's row that mean nothing.
        buffer = np.zeros_like(
            x, shape=(OUTPUTS, filters, tiles, samples, window.line // samples), dtype=dtype, order="C"
        )
        self.buffer = buffer.reshape(OUTPUTS, -1)
        self.outputs = buffer[..., : geometry.size[1]].transpose(0, 3, 1, 2, 4)

    def _fill(self, sample: int, row: int) -> Any:
        """The columns of the transformed rows, of shape (points, groups, channels and taps along rows, positions)."""
        self.window.fill(sample, row)
        np.matmul(self.b, self.inputs, out=self.values)
        for target, seen in self.copies:
            np.copyto(target, seen)
        return self.columns

    def multiply(self, matrix: Any, b: Any, sample: int, row: int, part: Any) -> None:
        """Write the outputs of the block into `part` (samples, filters, rows, columns)."""
        product = np.matmul(matrix, self._fill(sample, row))
        if b is not None:
            product[1] += b  # the value at point 1 goes to all four outputs
        np.matmul(self.a, product.reshape(len(product), -1), out=self.buffer)
        for i, outputs in enumerate(self.outputs):
            rows = part[:, :, i::OUTPUTS]
            copy_rows(outputs[:, :, : rows.shape[2]], rows)

    def outer(self, sample: int, row: int, part: Any) -> Any:
        """The products of columns and the outputs' gradients `part`, summed over positions."""
        for i, outputs in enumerate(self.outputs):
            rows = part[:, :, i::OUTPUTS]
            copy_rows(rows, outputs[:, :, : rows.shape[2]])
        columns = self._fill(sample, row)
        values = np.matmul(self.a.T, self.buffer).reshape(len(columns), self.groups, -1, columns.shape[-1])
        return np.matmul(columns, values.swapaxes(2, 3))


def _flat(array: Any) -> Any:
    return array.reshape(array.shape[0], -1)


class WinogradBlocks(Blocks):
    """The blocks that make up a correlation, and the filters as they need them."""

    @classmethod
    def pay(cls, x: Any, filters: int, geometry: Geometry, dtype: Any) -> bool:
        """Whether this is worth while: many channels and filters, rows one by one."""
        height, width = geometry.size
        return (
            dtype == np.float32
            and geometry.kernel[0] in (3, 5)
            and geometry.stride == (1, 1)
            and geometry.dilation[0] == 1
            and 3 * OUTPUTS * -(-height // OUTPUTS) <= 4 * height  # few rows of tiles are beyond the image
            and x.shape[1] * filters >= _LEAST_PRODUCT * geometry.groups**2
            and len(x) * height * width >= _LEAST_POSITIONS
        )

    def _go_by_rows(self, pitch: int) -> bool:
        return False

    def _bytes_per_position(self) -> int:
        kh = self.geometry.kernel[0]
        return super()._bytes_per_position() * (kh + OUTPUTS - 1) // (OUTPUTS * kh)

    def _rows(self, line: int, per_position: int) -> int:
        tiles = -(-self.geometry.size[0] // OUTPUTS)
        return OUTPUTS * evenly(tiles, columns.BLOCK_BYTES // max(1, OUTPUTS * line * per_position))

    def _form(self, samples: int, rows: int) -> Any:
        filters = self.filters * self.geometry.groups
        return WinogradColumns(self.x, filters, self.geometry, samples, rows, self.dtype)

    def matrix(self, w: Any) -> Any:
        """The filters' values at the points, as matrices of shape (points, groups, filters, channels and taps)."""
        _, channels, kh, kw = w.shape
        _, _, g = transforms(kh)
        taps = w.astype(self.dtype, copy=False).transpose(2, 0, 1, 3).reshape(kh, -1)
        values = np.matmul(np.asarray(g, dtype=self.dtype, like=w), taps)
        return values.reshape(len(g), self.geometry.groups, self.filters, channels * kw)

    def from_matrix(self, matrix: Any) -> Any:
        """The adjoint: filters from a sum of `WinogradColumns.outer`."""
        kh, kw = self.geometry.kernel
        _, _, g = transforms(kh)
        taps = np.matmul(np.asarray(g.T, dtype=self.dtype, like=matrix), _flat(matrix)).reshape(
            kh, self.geometry.groups, -1, kw, self.filters
        )
        return taps.transpose(1, 4, 2, 0, 3).reshape(self.geometry.groups * self.filters, -1, kh, kw)
