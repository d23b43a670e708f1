"""im2col line by line: the gradients of a convolution of stride 1, without its columns as a whole.

Only what the taps along a row see is laid out as columns. What the filter's rows see is then in memory already, since
image rows follow each other there: the same piece, begun a row later. For filters of 3 x 3 that is a third of the
copies. A few samples are taken at a time and stand innermost, so that a line of the images is a long run and all of a
block stays in the cache.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_fs.ops.images.columns import Pair

__all__ = ["filter_gradient", "image_gradient", "pay_for_filters", "pay_for_images"]

_BLOCK = 1 << 15
"""Elements of images to work on at a time."""
# From this width on the rows of one image are long enough to be copied fast; else samples are interleaved.
_WIDE = 24
# Samples to put side by side at a time: with more, lines of the cache that are read from push each other out.
_TOGETHER = 8
_LONG = 48
_LEAST_SAMPLES = _LEAST_CHANNELS = 8
_MOST_CHANNELS = 16


def filter_gradient(images: Any, g: Any, filter_shape: Pair, before: Pair) -> Any:
    """The gradient of the filters, dW = g X_col^T, one filter row at a time.

    Parameters
    ----------
    images : array (samples, channels, height, width)
    g : array (samples, filters, out height, out width)
        The gradient at the output.
    filter_shape : (int, int)
    before : (int, int)
        Rows and columns of padding before the images; what is behind them follows from the shapes.

    Returns
    -------
    array (filters, channels, filter height, filter width)
    """
    _, channels, height, width = images.shape
    _, filters, rows, columns = g.shape
    (kh, kw), (top, left) = filter_shape, before
    samples = _at_a_time(len(g), max(g[:1].size, images[:1].size), columns)
    line = columns * samples
    total = np.zeros_like(g, shape=(kh, filters, kw * channels), order="C")
    seen = np.zeros_like(images, shape=(kw, channels, height, columns, samples), order="C")
    gathered = np.empty_like(g, shape=(filters, rows, columns, samples), order="C")
    block = np.empty_like(images, shape=(channels, height, width, samples), order="C")
    lines, matrix = seen.reshape(kw * channels, -1), gathered.reshape(filters, -1)
    for start in range(0, len(images), samples):
        part = slice(start, start + samples)
        _gather(g[part].transpose(1, 2, 3, 0), gathered)
        _gather(images[part].transpose(1, 2, 3, 0), block)
        for tap in range(kw):
            out, image = _overlap(tap - left, columns, width)
            seen[tap, :, :, out] = block[:, :, image]
        for row in range(kh):
            out, image = _overlap(row - top, rows, height)
            total[row] += matrix[:, _times(line, out)] @ lines[:, _times(line, image)].T
    return total.reshape(kh, filters, kw, channels).transpose(1, 3, 0, 2)


def image_gradient(w: Any, g: Any, images_shape: tuple[int, ...], before: Pair) -> Any:
    """The gradient of the images, the adjoint of `filter_gradient` in them: of column-to-image, too, a line at a time.

    The gradients at the rows of the output that see an image row stand below each other, so one product adds up what
    all filter rows bring to it. What the taps along a row bring is added here.

    Parameters
    ----------
    w : array (filters, channels, filter height, filter width)
    g : array (samples, filters, out height, out width)
        The gradient at the output.
    images_shape : (int, int, int, int)
    before : (int, int)
        As for `filter_gradient`.

    Returns
    -------
    array of shape `images_shape`
    """
    _, channels, height, width = images_shape
    _, filters, rows, columns = g.shape
    (kh, kw), (top, left) = w.shape[2:], before
    samples = _at_a_time(len(g), max(g[:1].size, math.prod(images_shape[1:])), columns)
    matrix = w[:, :, ::-1].transpose(3, 1, 2, 0).reshape(kw * channels, kh * filters)
    gradient = np.empty_like(g, shape=images_shape, order="C")
    stacked = np.empty_like(g, shape=(rows, filters, columns, samples), order="C")
    taps = np.empty_like(g, shape=(height, kw, channels, columns, samples), order="C")
    parts = _products(matrix, stacked.reshape(rows, filters, -1), taps.reshape(height, kw * channels, -1), kh, top)
    block = np.empty_like(g, shape=(height, channels, width, samples), order="C")
    for start in range(0, len(g), samples):
        part = gradient[start : start + samples]
        _gather(g[start : start + samples].transpose(2, 1, 3, 0), stacked)
        for factor, below, product in parts:
            np.matmul(factor, below, out=product)
        block[...] = 0
        for tap in range(kw):
            out, image = _overlap(tap - left, columns, width)
            block[:, :, image] += taps[:, tap, :, out]
        part[...] = block[..., : len(part)].transpose(3, 1, 0, 2)
    return gradient


def _products(matrix: Any, stacked: Any, out: Any, kh: int, top: int) -> list[tuple[Any, Any, Any]]:
    """What is to be multiplied, and where to: all rows that see whole filters at once, and each at a border by itself.

    Row h of the images was seen by the rows from h + top + 1 - kh to h + top of the output.
    """
    rows, filters, line = stacked.shape
    inner = range(max(0, kh - 1 - top), min(len(out), rows - top))
    parts = []
    if len(inner):
        windows = sliding_window_view(stacked.reshape(-1, line), kh * filters, axis=0)[::filters].swapaxes(1, 2)
        first = inner.start + top + 1 - kh
        parts.append((matrix, windows[first : first + len(inner)], out[inner.start : inner.stop]))
    for row in [row for row in range(len(out)) if row not in inner]:
        taps, seen = _overlap(row + top + 1 - kh, kh, rows)
        parts.append((matrix[:, _times(filters, taps)], stacked[seen].reshape(-1, line), out[row]))
    return parts


def _times(factor: int, part: slice) -> slice:
    return slice(part.start * factor, part.stop * factor)


def pay_for_filters(images: Any, g: Any, filter_shape: Pair, dtype: Any) -> bool:
    """Whether `filter_gradient` is the fastest way: narrow images of some channels, not in float32."""
    return dtype == np.float64 and images.shape[1] >= _LEAST_CHANNELS and _are_narrow(g, filter_shape)


def pay_for_images(w: Any, g: Any, dtype: Any) -> bool:
    """Whether `image_gradient` is the fastest way: narrow images of few channels that many filters see."""
    filters, channels, *filter_shape = w.shape
    return dtype != np.float16 and channels <= min(_MOST_CHANNELS, filters // 2) and _are_narrow(g, filter_shape)


def _are_narrow(g: Any, filter_shape: Any) -> bool:
    return len(g) >= _LEAST_SAMPLES and g.shape[3] < _WIDE and max(filter_shape) > 1


def _at_a_time(count: int, size: int, columns: int) -> int:
    """Into how many samples of that size a batch is cut; rather all blocks alike than one left over."""
    least = 1 if columns >= _LONG else _LEAST_SAMPLES  # a run of memory is a line of all of them
    most = max(least, _BLOCK // max(1, size))
    return max(1, -(-count // max(1, -(-count // most))))


def _overlap(shift: int, places: int, size: int) -> tuple[slice, slice]:
    """Where i and i + shift are both inside, i of so many places, i + shift of a size: the i, and the i + shift."""
    begin = min(max(0, -shift), places)
    end = max(begin, min(places, size - shift))
    return slice(begin, end), slice(begin + shift, end + shift)


def _gather(source: Any, target: Any) -> None:
    """Copy samples to where they are innermost; where there are fewer than there is room for, zeros follow."""
    count = source.shape[-1]
    for start in range(0, count, _TOGETHER):
        part = slice(start, min(start + _TOGETHER, count))
        target[..., part] = source[..., part]
    target[..., count:] = 0
