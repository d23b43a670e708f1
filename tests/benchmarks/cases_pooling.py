"""Pooling, and other resolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from op_case import Case

import tinygrad_fs as tg


def sequences(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // 1600), 16, 100))


def odd_images(size: int, rng: np.random.Generator) -> Any:
    """Of a size that divides into no two equal parts."""
    return rng.standard_normal((max(1, size // (16 * 13 * 13)), 16, 13, 13))


def many_channels(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((max(1, size // (64 * 8 * 8)), 64, 8, 8))


def taps(x: Any, kernel: int, stride: int, axes: int = 2) -> Any:
    """For each place in a window, the elements there of all windows: views, first row by row."""
    out = [(n - kernel) // stride + 1 for n in x.shape[-axes:]]
    for tap in np.ndindex(*[kernel] * axes):
        yield x[(..., *[slice(i, i + stride * (n - 1) + 1, stride) for i, n in zip(tap, out)])]


def largest(x: Any, kernel: int, stride: int, axes: int) -> Any:
    first, *others = taps(x, kernel, stride, axes)
    y = first.copy()
    for each in others:
        np.maximum(y, each, out=y)
    return y


def of_largest(g: Any, y: Any, x: Any, kernel: int, stride: int, axes: int) -> Any:
    dx, free = np.zeros_like(x), np.ones(y.shape, bool)
    for mine, each in zip(taps(dx, kernel, stride, axes), taps(x, kernel, stride, axes)):
        hit = (each == y) & free
        free ^= hit
        mine += g * hit
    return dx


def max_pool(name: str, kind: Any, kernel: int, stride: int, axes: int, ours: Any) -> Case:
    return Case(
        name,
        [kind],
        lambda x: largest(x, kernel, stride, axes),
        lambda g, y, x: of_largest(g, y, x, kernel, stride, axes),
        lambda x: ours(x, kernel, stride),
    )


def mean(x: Any, kernel: int, stride: int, axes: int) -> Any:
    first, *others = taps(x, kernel, stride, axes)
    y = first.copy()
    for each in others:
        y += each
    y *= x.dtype.type(1 / kernel**axes)
    return y


def of_mean(g: Any, x: Any, kernel: int, stride: int, axes: int) -> Any:
    dx, shares = np.zeros_like(x), g * g.dtype.type(1 / kernel**axes)
    for mine in taps(dx, kernel, stride, axes):
        mine += shares
    return dx


def avg_pool(name: str, kind: Any, kernel: int, stride: int, axes: int, ours: Any) -> Case:
    return Case(
        name,
        [kind],
        lambda x: mean(x, kernel, stride, axes),
        lambda g, y, x: of_mean(g, x, kernel, stride, axes),
        lambda x: ours(x, kernel, stride),
    )


def power_pool(name: str, kind: Any, axes: int, ours: Any) -> Case:
    """The root of the sum of squares over windows of 2."""
    count = 2**axes

    def derivative(g: Any, y: Any, x: Any) -> Any:
        dx = of_mean(g / y * count, x, 2, 2, axes)
        dx *= x
        return dx

    return Case(name, [kind], lambda x: np.sqrt(mean(x * x, 2, 2, axes) * count), derivative, lambda x: ours(x, 2, 2))


def cuts(size: int, out: int) -> list[slice]:
    """The windows of adaptive pooling."""
    return [slice(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def adaptive(reduce: Any, x: Any, out: int) -> Any:
    y = np.empty((*x.shape[:-2], out, out), x.dtype)
    for i, rows in enumerate(cuts(x.shape[-2], out)):
        for j, columns in enumerate(cuts(x.shape[-1], out)):
            y[..., i, j] = reduce(x[..., rows, columns], axis=(-2, -1))
    return y


def of_adaptive_mean(g: Any, x: Any, out: int) -> Any:
    dx = np.zeros_like(x)
    for i, rows in enumerate(cuts(x.shape[-2], out)):
        for j, columns in enumerate(cuts(x.shape[-1], out)):
            part = dx[..., rows, columns]
            part += (g[..., i, j] / (part.shape[-1] * part.shape[-2]))[..., None, None]
    return dx


def of_adaptive_max(g: Any, y: Any, x: Any, out: int) -> Any:
    dx = np.zeros_like(x)
    for i, rows in enumerate(cuts(x.shape[-2], out)):
        for j, columns in enumerate(cuts(x.shape[-1], out)):
            hit = x[..., rows, columns] == y[..., i, j][..., None, None]
            dx[..., rows, columns] += g[..., i, j][..., None, None] * hit
    return dx


def between(x: Any, axis: int) -> Any:
    """Twice as many along an axis: three quarters of the nearer and one of the other neighbour."""
    x = x.swapaxes(axis, -1)
    y = np.empty((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    y[..., ::2] = 0.75 * x
    y[..., 1::2] = y[..., ::2]
    quarter = 0.25 * x
    y[..., 2::2] += quarter[..., :-1]
    y[..., 1:-1:2] += quarter[..., 1:]
    y[..., 0] += quarter[..., 0]
    y[..., -1] += quarter[..., -1]
    return y.swapaxes(axis, -1)


def of_between(g: Any, axis: int) -> Any:
    g = g.swapaxes(axis, -1)
    even, odd = g[..., ::2], g[..., 1::2]
    x = 0.75 * (even + odd)
    x[..., :-1] += 0.25 * even[..., 1:]
    x[..., 1:] += 0.25 * odd[..., :-1]
    x[..., 0] += 0.25 * even[..., 0]
    x[..., -1] += 0.25 * odd[..., -1]
    return x.swapaxes(axis, -1)


def shuffled(x: Any) -> Any:
    n, c, h, w = x.shape
    return x.reshape(n, c // 4, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // 4, 2 * h, 2 * w)


def unshuffled(x: Any) -> Any:
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 5, 2, 4).reshape(n, 4 * c, h // 2, w // 2)


def over_windows(reduce: Any, x: Any) -> Any:
    return reduce(sliding_window_view(x, 2, -1)[..., ::2, :], axis=-1)


CASES = [
    max_pool("max_pool2d", "images", 2, 2, 2, tg.max_pool2d),
    max_pool("max_pool2d, overlapping", "images", 3, 2, 2, tg.max_pool2d),
    max_pool("max_pool1d", sequences, 2, 2, 1, tg.max_pool1d),
    avg_pool("avg_pool2d", "images", 2, 2, 2, tg.avg_pool2d),
    avg_pool("avg_pool2d, overlapping", "images", 3, 1, 2, tg.avg_pool2d),
    avg_pool("avg_pool1d", sequences, 2, 2, 1, tg.avg_pool1d),
    power_pool("lp_pool2d", "images", 2, lambda x, k, s: tg.lp_pool2d(x, 2, k, s)),
    power_pool("lp_pool1d", sequences, 1, lambda x, k, s: tg.lp_pool1d(x, 2, k, s)),
    Case(
        "adaptive_avg_pool2d",
        [odd_images],
        lambda x: adaptive(np.mean, x, 5),
        lambda g, y, x: of_adaptive_mean(g, x, 5),
        lambda x: tg.adaptive_avg_pool2d(x, 5),
    ),
    Case(
        "adaptive_avg_pool2d to one",
        ["images"],
        lambda x: x.mean((2, 3), keepdims=True),
        lambda g, y, x: np.broadcast_to(g / 196, x.shape).copy(),
        lambda x: tg.adaptive_avg_pool2d(x, 1),
    ),
    Case(
        "adaptive_avg_pool1d",
        [sequences],
        lambda x: x.reshape(*x.shape[:2], 10, 10).mean(-1),
        lambda g, y, x: np.repeat(g / 10, 10, -1),
        lambda x: tg.adaptive_avg_pool1d(x, 10),
    ),
    Case(
        "adaptive_max_pool1d",
        [sequences],
        lambda x: x.reshape(*x.shape[:2], 10, 10).max(-1),
        lambda g, y, x: ((x.reshape(*y.shape, 10) == y[..., None]) * g[..., None]).reshape(x.shape),
        lambda x: tg.adaptive_max_pool1d(x, 10),
    ),
    Case(
        "adaptive_max_pool2d",
        [odd_images],
        lambda x: adaptive(np.max, x, 5),
        lambda g, y, x: of_adaptive_max(g, y, x, 5),
        lambda x: tg.adaptive_max_pool2d(x, 5),
    ),
    Case(
        "upsample",
        ["images"],
        lambda x: x.repeat(2, 2).repeat(2, 3),
        lambda g, y, x: g[..., ::2, ::2] + g[..., 1::2, ::2] + g[..., ::2, 1::2] + g[..., 1::2, 1::2],
        lambda x: tg.upsample(x, scale_factor=2),
    ),
    Case(
        "upsample linear",
        [sequences],
        lambda x: between(x, -1),
        lambda g, y, x: of_between(g, -1),
        lambda x: tg.upsample(x, scale_factor=2, mode="linear"),
    ),
    Case(
        "upsample bilinear",
        ["images"],
        lambda x: between(between(x, -1), -2),
        lambda g, y, x: of_between(of_between(g, -2), -1),
        lambda x: tg.upsample(x, scale_factor=2, mode="bilinear"),
    ),
    Case("pixel_shuffle", [many_channels], shuffled, lambda g, y, x: unshuffled(g), lambda x: tg.pixel_shuffle(x, 2)),
    Case(
        "pixel_unshuffle",
        [many_channels],
        unshuffled,
        lambda g, y, x: shuffled(g),
        lambda x: tg.pixel_unshuffle(x, 2),
    ),
]
