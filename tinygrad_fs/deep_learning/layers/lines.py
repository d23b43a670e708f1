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

from tinygrad_fs.deep_learning.layers.columns import Pair, Sides

__all__ = ["filter_gradient", "image_gradient"]

_BLOCK = 1 << 15
"""Elements of images to work on at a time."""
_GATHERED = 8
"""Samples to put side by side at a time: with more, lines of the cache that are read from push each other out."""


def filter_gradient(images: Any, g: Any, filter_shape: Pair, padding: Sides) -> Any:
    """The gradient of the filters, dW = g X_col^T, one filter row at a time.

    Parameters
    ----------
    images : array (samples, channels, height, width)
    g : array (samples, filters, out height, out width)
        The gradient at the output.
    filter_shape, padding
        As for `ImageToColumn`.

    Returns
    -------
    array (filters, channels, filter height, filter width)
    """
    _, channels, height, width = images.shape
    _, filters, rows, columns = g.shape
    (kh, kw), ((top, bottom), (left, _)) = filter_shape, padding
    samples = _at_a_time(len(g), max(g[:1].size, images[:1].size))
    line = columns * samples
    total = np.zeros_like(g, shape=(kh, filters, kw * channels), order="C")
    seen = np.zeros_like(images, shape=(kw, channels, top + height + bottom, columns, samples), order="C")
    gathered = np.empty_like(g, shape=(filters, rows, columns, samples), order="C")
    block = np.empty_like(images, shape=(channels, height, width, samples), order="C")
    lines, matrix = seen.reshape(kw * channels, -1), gathered.reshape(filters, -1)
    for start in range(0, len(images), samples):
        part = slice(start, start + samples)
        _gather(g[part].transpose(1, 2, 3, 0), gathered)
        _gather(images[part].transpose(1, 2, 3, 0), block)
        for tap in range(kw):
            out, image = _overlap(tap - left, columns, width)
            seen[tap, :, top : top + height, out] = block[:, :, image]
        for row in range(kh):
            total[row] += matrix @ lines[:, row * line : (row + rows) * line].T
    return total.reshape(kh, filters, kw, channels).transpose(1, 3, 0, 2)


def image_gradient(W: Any, g: Any, images_shape: tuple[int, ...], padding: Sides) -> Any:
    """The gradient of the images, the adjoint of `filter_gradient` in them: of column-to-image, too, a line at a time.

    The gradients at the rows of the output that see an image row stand below each other, so one product adds up what
    all filter rows bring to it. What the taps along a row bring is added here.

    Parameters
    ----------
    W : array (filters, channels, filter height, filter width)
    g : array (samples, filters, out height, out width)
        The gradient at the output.
    images_shape : (int, int, int, int)
    padding
        As for `ImageToColumn`.

    Returns
    -------
    array of shape `images_shape`
    """
    _, channels, height, width = images_shape
    _, filters, rows, columns = g.shape
    (kh, kw), ((top, _), (left, _)) = W.shape[2:], padding
    first = kh - 1 - top
    samples = _at_a_time(len(g), max(g[:1].size, math.prod(images_shape[1:])))
    matrix = W[:, :, ::-1].transpose(3, 1, 2, 0).reshape(kw * channels, kh * filters)
    gradient = np.empty_like(g, shape=images_shape, order="C")
    stacked = np.zeros_like(g, shape=(height + kh - 1, filters, columns, samples), order="C")
    below = sliding_window_view(stacked.reshape(-1, columns * samples), kh * filters, axis=0)[::filters].swapaxes(1, 2)
    taps = np.empty_like(g, shape=(height, kw, channels, columns, samples), order="C")
    products = taps.reshape(height, kw * channels, -1)
    block = np.empty_like(g, shape=(height, channels, width, samples), order="C")
    for start in range(0, len(g), samples):
        part = gradient[start : start + samples]
        _gather(g[start : start + samples].transpose(2, 1, 3, 0), stacked[first : first + rows])
        np.matmul(matrix, below, out=products)
        block[...] = 0
        for tap in range(kw):
            out, image = _overlap(tap - left, columns, width)
            block[:, :, image] += taps[:, tap, :, out]
        part[...] = block[..., : len(part)].transpose(3, 1, 0, 2)
    return gradient


def _at_a_time(count: int, size: int) -> int:
    """Into how many samples of that size a batch is cut; rather all blocks alike than one left over."""
    most = max(1, _BLOCK // max(1, size))
    return max(1, -(-count // max(1, -(-count // most))))


def _overlap(shift: int, columns: int, width: int) -> tuple[slice, slice]:
    """The output columns whose window reaches into the image with the tap at `shift`, and what it sees there."""
    begin = min(max(0, -shift), columns)
    end = max(begin, min(columns, width - shift))
    return slice(begin, end), slice(begin + shift, end + shift)


def _gather(source: Any, target: Any) -> None:
    """Copy samples, a few at a time; where there are fewer than there is room for, zeros follow."""
    count = source.shape[-1]
    for start in range(0, count, _GATHERED):
        part = slice(start, min(start + _GATHERED, count))
        target[..., part] = source[..., part]
    target[..., count:] = 0
