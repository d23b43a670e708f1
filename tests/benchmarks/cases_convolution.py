"""Convolutions, and the windows that they see."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from op_case import Case

import tinygrad_fs as tg

CHANNELS = 16


def images(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // (CHANNELS * 14 * 14)), CHANNELS, 14, 14))


def sequences(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // (CHANNELS * 100)), CHANNELS, 100))


def volumes(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // (8 * 8 * 8 * 8)), 8, 8, 8, 8))


def unfolded_images(size: int, rng: np.random.Generator) -> Any:
    """Columns of windows of 3 x 3 in images of 14 x 14."""
    return rng.standard_normal((max(1, size // (CHANNELS * 14 * 14)), CHANNELS * 4, 13 * 13))


def filters(*shape: int) -> Any:
    return lambda size, rng: rng.standard_normal(shape) / np.prod(shape[1:]) ** 0.5


def bias(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal(CHANNELS)


def padded(x: Any, padding: int, axes: int) -> Any:
    return np.pad(x, ((0, 0), (0, 0), *[(padding, padding)] * axes)) if padding else x


def columns(x: Any, kernel: Any, stride: int, padding: int, dilation: int) -> Any:
    """The windows as columns, for any number of axes: (n, c * taps, places)."""
    axes = len(kernel)
    reach = tuple(dilation * (k - 1) + 1 for k in kernel)
    windows = sliding_window_view(padded(x, padding, axes), reach, axis=tuple(range(2, 2 + axes)))
    windows = windows[
        (slice(None), slice(None), *[slice(None, None, stride)] * axes, *[slice(None, None, dilation)] * axes)
    ]
    order = (0, 1, *range(2 + axes, 2 + 2 * axes), *range(2, 2 + axes))
    return np.ascontiguousarray(windows.transpose(order)).reshape(len(x), x.shape[1] * int(np.prod(kernel)), -1)


def uncolumned(c: Any, shape: Any, kernel: Any, stride: int, padding: int, dilation: int) -> Any:
    """Add columns back to the images of this shape."""
    size = tuple(n + 2 * padding for n in shape[2:])
    out = tuple((n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(size, kernel))
    taps = c.reshape(*shape[:2], *kernel, *out)
    x = np.zeros((*shape[:2], *size), c.dtype)
    for tap in itertools.product(*map(range, kernel)):
        seen = tuple(slice(i * dilation, i * dilation + stride * (n - 1) + 1, stride) for i, n in zip(tap, out))
        x[(..., *seen)] += taps[(slice(None), slice(None), *tap)]
    return x[(..., *[slice(padding, n - padding) for n in size])]


def convolution(name: str, x: Any, w: Any, ours: Any, stride: int = 1, padding: int = 0, dilation: int = 1) -> Case:
    """A convolution with a bias, by columns and products of matrices."""

    def value(x: Any, w: Any, b: Any) -> Any:
        kernel = w.shape[2:]
        y = w.reshape(len(w), -1) @ columns(x, kernel, stride, padding, dilation)
        y += b[:, None]
        return y.reshape(*y.shape[:2], *_places(x, kernel, stride, padding, dilation))

    def derivative(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
        kernel = w.shape[2:]
        rows = g.reshape(*g.shape[:2], -1)
        seen = columns(x, kernel, stride, padding, dilation)
        dw = np.tensordot(rows, seen, ((0, 2), (0, 2))).reshape(w.shape)
        dx = uncolumned(w.reshape(len(w), -1).T @ rows, x.shape, kernel, stride, padding, dilation)
        return dx, dw, rows.sum((0, 2))

    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return Case(name, [x, w, bias], value, derivative, lambda x, w, b: ours(x, w, b, **options))


def transposed(name: str, x: Any, w: Any, ours: Any, stride: int) -> Case:
    """A transposed convolution, as the gradient of a convolution."""

    def value(x: Any, w: Any, b: Any) -> Any:
        kernel = w.shape[2:]
        shape = (len(x), w.shape[1], *[(n - 1) * stride + k for n, k in zip(x.shape[2:], kernel)])
        spread = w.reshape(len(w), -1).T @ x.reshape(*x.shape[:2], -1)
        return uncolumned(spread, shape, kernel, stride, 0, 1) + b.reshape(-1, *[1] * len(kernel))

    def derivative(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
        seen = columns(g, w.shape[2:], stride, 0, 1)
        dx = (w.reshape(len(w), -1) @ seen).reshape(x.shape)
        dw = np.tensordot(x.reshape(*x.shape[:2], -1), seen, ((0, 2), (0, 2))).reshape(w.shape)
        return dx, dw, g.sum((0, *range(2, g.ndim)))

    return Case(name, [x, w, bias], value, derivative, lambda x, w, b: ours(x, w, b, stride=stride))


def _places(x: Any, kernel: Any, stride: int, padding: int, dilation: int) -> Any:
    return tuple((n + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[2:], kernel))


def depthwise(x: Any, w: Any, b: Any) -> Any:
    """A filter of 3 x 3 for each channel, tap by tap."""
    x = padded(x, 1, 2)
    y = np.empty((len(x), CHANNELS, 14, 14), x.dtype)
    y[...] = b[:, None, None]
    for i, j in np.ndindex(3, 3):
        y += x[:, :, i : i + 14, j : j + 14] * w[:, :, i, j, None]
    return y


def of_depthwise(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
    wide, dx, dw = padded(x, 1, 2), np.zeros((*x.shape[:2], 16, 16), x.dtype), np.empty_like(w)
    for i, j in np.ndindex(3, 3):
        dx[:, :, i : i + 14, j : j + 14] += g * w[:, :, i, j, None]
        dw[:, 0, i, j] = np.einsum("nchw,nchw->c", wide[:, :, i : i + 14, j : j + 14], g)
    return dx[:, :, 1:-1, 1:-1], dw, g.sum((0, 2, 3))


CASES = [
    convolution("conv2d", images, filters(CHANNELS, CHANNELS, 3, 3), tg.conv2d, padding=1),
    convolution("conv2d with a stride", images, filters(CHANNELS, CHANNELS, 3, 3), tg.conv2d, 2, 1),
    convolution("conv2d with dilation", images, filters(CHANNELS, CHANNELS, 3, 3), tg.conv2d, 1, 2, 2),
    convolution("conv2d of 1 x 1", images, filters(CHANNELS, CHANNELS, 1, 1), tg.conv2d),
    convolution("conv2d of 5 x 5", images, filters(CHANNELS, CHANNELS, 5, 5), tg.conv2d, padding=2),
    Case(
        "conv2d of each channel",
        [images, filters(CHANNELS, 1, 3, 3), bias],
        depthwise,
        of_depthwise,
        lambda x, w, b: tg.conv2d(x, w, b, padding=1, groups=CHANNELS),
    ),
    convolution("conv1d", sequences, filters(CHANNELS, CHANNELS, 5), tg.conv1d, padding=2),
    convolution("conv1d with a stride", sequences, filters(CHANNELS, CHANNELS, 5), tg.conv1d, 2),
    convolution("conv3d", volumes, filters(CHANNELS, 8, 3, 3, 3), tg.conv3d, padding=1),
    transposed("conv_transpose2d", images, filters(CHANNELS, CHANNELS, 3, 3), tg.conv_transpose2d, 2),
    transposed("conv_transpose2d of 2 x 2", images, filters(CHANNELS, CHANNELS, 2, 2), tg.conv_transpose2d, 2),
    transposed("conv_transpose1d", sequences, filters(CHANNELS, CHANNELS, 4), tg.conv_transpose1d, 2),
    Case(
        "unfold",
        [images],
        lambda x: columns(x, (3, 3), 1, 1, 1),
        lambda g, y, x: uncolumned(g, x.shape, (3, 3), 1, 1, 1),
        lambda x: tg.unfold(x, 3, padding=1),
    ),
    Case(
        "unfold apart",
        [images],
        lambda x: columns(x, (2, 2), 2, 0, 1),
        lambda g, y, x: uncolumned(g, x.shape, (2, 2), 2, 0, 1),
        lambda x: tg.unfold(x, 2, stride=2),
    ),
    Case(
        "fold",
        [unfolded_images],
        lambda x: uncolumned(x, (len(x), CHANNELS, 14, 14), (2, 2), 1, 0, 1),
        lambda g, y, x: columns(g, (2, 2), 1, 0, 1),
        lambda x: tg.fold(x, 14, 2),
    ),
]
