"""Rows of the op table: convolution and pooling along one and three axes, transposed and adaptive ones, resampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from table import Row, apart, normal

import tinygrad_fs as tg


def windows(x, kernel, stride=1, padding=0, dilation=1, fill=0.0):
    """The windows of the last axes, as further axes."""
    axes = len(kernel)
    x = np.pad(x, [(0, 0)] * (x.ndim - axes) + [(padding, padding)] * axes, constant_values=fill)
    reach = tuple(dilation * (k - 1) + 1 for k in kernel)
    every = sliding_window_view(x, reach, axis=tuple(range(-axes, 0)))
    return every[(..., *[slice(None, None, stride)] * axes, *[slice(None, None, dilation)] * axes)]


def conv(x, w, b=0.0, groups=1, **options):
    axes = w.ndim - 2
    parts = []
    for images, filters in zip(np.split(x, groups, axis=1), np.split(w, groups)):
        seen = windows(images, w.shape[2:], **options)
        image, taps = "rst"[:axes], "ijk"[:axes]
        parts.append(np.einsum(f"nc{image}{taps},fc{taps}->nf{image}", seen, filters))
    return np.concatenate(parts, axis=1) + np.reshape(b, (-1, *[1] * axes))


def transposed(x, w, b=0.0, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Each input adds a filter to the output."""
    axes, out = w.ndim - 2, w.shape[1]
    sizes = [(n - 1) * stride + dilation * (k - 1) + 1 for n, k in zip(x.shape[2:], w.shape[2:])]
    y = np.zeros((len(x), out * groups, *[size + output_padding for size in sizes]))
    for place, tap in itertools.product(np.ndindex(x.shape[2:]), np.ndindex(w.shape[2:])):
        at = tuple(p * stride + t * dilation for p, t in zip(place, tap))
        for n, k in np.ndindex(x.shape[:2]):
            group = k // (x.shape[1] // groups)
            y[(n, slice(group * out, (group + 1) * out), *at)] += x[(n, k, *place)] * w[(k, slice(None), *tap)]
    inside = [slice(padding, size + output_padding - padding) for size in sizes]
    return y[(..., *inside)] + np.reshape(b, (-1, *[1] * axes))


def unfolded(x, kernel, **options):
    seen = windows(x, kernel, **options)
    return np.moveaxis(seen, (-2, -1), (2, 3)).reshape(len(x), -1, seen.shape[2] * seen.shape[3])


def folded(y, size, kernel, **options):
    """By the matrix of `unfolded`, transposed."""
    units = np.eye(math.prod(size)).reshape(-1, 1, *size)
    matrix = unfolded(units, kernel, **options).reshape(math.prod(size), -1)
    rows = y.reshape(len(y), -1, matrix.shape[1])
    return (rows @ matrix.T).reshape(len(y), -1, *size)


def adaptive(reduce, x, size):
    y = np.empty((*x.shape[:-2], *size))
    height, width = x.shape[-2:]
    for i, j in np.ndindex(size):
        rows = slice(i * height // size[0], -(-(i + 1) * height // size[0]))
        columns = slice(j * width // size[1], -(-(j + 1) * width // size[1]))
        y[..., i, j] = reduce(x[..., rows, columns], axis=(-2, -1))
    return y


def along(x, axis, places):
    return np.apply_along_axis(lambda row: np.interp(places, np.arange(len(row)), row), axis, x)


def linear(x, sizes, align_corners=False):
    for axis, out in enumerate(sizes, x.ndim - len(sizes)):
        have = x.shape[axis]
        middles = (np.arange(out) + 0.5) * have / out - 0.5
        x = along(x, axis, np.linspace(0, have - 1, out) if align_corners else middles)
    return x


def shuffled(x, r):
    channels, height, width = x.shape
    y = np.empty((channels // r**2, height * r, width * r))
    for c, i, j in np.ndindex(y.shape):
        y[c, i, j] = x[c * r * r + (i % r) * r + j % r, i // r, j // r]
    return y


@np.vectorize
def gaussian_gate(x):
    return x * 0.5 * math.erfc(-x / math.sqrt(2))


def with_options(name, **options):
    return lambda *inputs: getattr(tg, name)(*inputs, **options)


ROWS = [
    Row("conv1d", [normal(2, 2, 5), normal(3, 2, 2), normal(3)], conv, float32=1e-5),
    Row(
        "conv1d",
        [normal(1, 4, 7), normal(4, 2, 3)],
        lambda x, w: conv(x, w, groups=2, stride=2, padding=1, dilation=2),
        with_options("conv1d", groups=2, stride=2, padding=1, dilation=2),
        "options",
        float32=1e-5,
    ),
    Row("conv3d", [normal(1, 2, 3, 3, 4), normal(2, 2, 2, 2, 2), normal(2)], conv, float32=1e-5),
    Row(
        "conv3d",
        [normal(2, 2, 4, 3, 3), normal(2, 1, 2, 2, 1)],
        lambda x, w: conv(x, w, groups=2, stride=2, padding=1, dilation=2),
        with_options("conv3d", groups=2, stride=2, padding=1, dilation=2),
        "options",
        float32=1e-5,
    ),
    Row("conv_transpose1d", [normal(2, 2, 3), normal(2, 3, 2), normal(3)], transposed, float32=1e-5),
    Row(
        "conv_transpose1d",
        [normal(1, 2, 3), normal(2, 1, 3)],
        lambda x, w: transposed(x, w, stride=2, padding=1, output_padding=1, groups=2),
        with_options("conv_transpose1d", stride=2, padding=1, output_padding=1, groups=2),
        "options",
        float32=1e-5,
    ),
    Row("conv_transpose2d", [normal(1, 2, 2, 3), normal(2, 3, 2, 2), normal(3)], transposed, float32=1e-5),
    Row(
        "conv_transpose2d",
        [normal(1, 2, 2, 3), normal(2, 1, 3, 2)],
        lambda x, w: transposed(x, w, stride=2, padding=1, output_padding=1, groups=2),
        with_options("conv_transpose2d", stride=2, padding=1, output_padding=1, groups=2),
        "stride",
        float32=1e-5,
    ),
    Row(
        "conv_transpose2d",
        [normal(1, 1, 2, 3), normal(1, 2, 2, 2)],
        lambda x, w: transposed(x, w, stride=2, padding=1, output_padding=3, dilation=4),
        with_options("conv_transpose2d", stride=2, padding=1, output_padding=3, dilation=4),
        "more output padding than stride",
        float32=1e-5,
    ),
    Row("unfold", [normal(2, 2, 3, 4)], lambda x: unfolded(x, (2, 2)), with_options("unfold", kernel_size=2)),
    Row(
        "unfold",
        [normal(1, 2, 4, 5)],
        lambda x: unfolded(x, (2, 3), stride=2, padding=1, dilation=2),
        with_options("unfold", kernel_size=(2, 3), stride=2, padding=1, dilation=2),
        "options",
    ),
    Row(
        "fold",
        [normal(2, 8, 6)],
        lambda y: folded(y, (3, 4), (2, 2)),
        with_options("fold", output_size=(3, 4), kernel_size=2),
    ),
    Row(
        "fold",
        [normal(1, 12, 4)],
        lambda y: folded(y, (4, 5), (2, 3), stride=2, padding=1, dilation=2),
        with_options("fold", output_size=(4, 5), kernel_size=(2, 3), stride=2, padding=1, dilation=2),
        "options",
    ),
    Row(
        "max_pool1d",
        [apart(2, 7)],
        lambda x: windows(x, (3,), 2).max(-1),
        with_options("max_pool1d", kernel_size=3, stride=2),
    ),
    Row(
        "max_pool1d",
        [apart(2, 7)],
        lambda x: windows(x, (3,), 1, 2, 2, -np.inf).max(-1),
        with_options("max_pool1d", kernel_size=3, stride=1, padding=2, dilation=2),
        "options",
    ),
    Row(
        "avg_pool1d", [normal(2, 7)], lambda x: windows(x, (2,), 2).mean(-1), with_options("avg_pool1d", kernel_size=2)
    ),
    Row(
        "avg_pool1d",
        [normal(2, 6)],
        lambda x: windows(x, (3,), 1, 1).sum(-1) / np.array([2, 3, 3, 3, 3, 2]),
        with_options("avg_pool1d", kernel_size=3, stride=1, padding=1, count_include_pad=False),
        "options",
    ),
    Row(
        "adaptive_max_pool1d",
        [apart(2, 2, 7)],
        lambda x: adaptive(np.max, x[..., None, :], (1, 3))[..., 0, :],
        lambda x: tg.adaptive_max_pool1d(x, 3),
    ),
    Row(
        "adaptive_avg_pool1d",
        [normal(2, 7)],
        lambda x: adaptive(np.mean, x[..., None, :], (1, 3))[..., 0, :],
        lambda x: tg.adaptive_avg_pool1d(x, 3),
    ),
    *[
        Row(
            "adaptive_avg_pool2d",
            [normal(2, 4, 6)],
            lambda x, size=size: adaptive(np.mean, x, size),
            lambda x, size=size: tg.adaptive_avg_pool2d(x, size),
            str(size),
        )
        for size in [(2, 3), (3, 4), (1, 1), (5, 4), (3, 6)]
    ],
    *[
        Row(
            "adaptive_max_pool2d",
            [apart(5, 7)],
            lambda x, size=size: adaptive(np.max, x, size),
            lambda x, size=size: tg.adaptive_max_pool2d(x, size),
            str(size),
        )
        for size in [(2, 3), (3, 4), (6, 4), (5, 1)]
    ],
    Row(
        "lp_pool1d",
        [normal(2, 7)],
        lambda x: np.sqrt((windows(x, (3,), 2) ** 2).sum(-1)),
        lambda x: tg.lp_pool1d(x, 2, 3, 2),
    ),
    Row(
        "lp_pool2d",
        [apart(4, 4) + 1.5],
        lambda x: (windows(x, (2, 2), 2) ** 2.5).sum((-1, -2)) ** 0.4,
        lambda x: tg.lp_pool2d(x, 2.5, 2),
    ),
    Row(
        "lp_pool2d",
        [apart(4, 4)],
        lambda x: windows(x, (2, 2), 2).max((-1, -2)),
        lambda x: tg.lp_pool2d(x, np.inf, 2),
        "inf",
    ),
    Row(
        "upsample",
        [normal(1, 2, 3)],
        lambda x: np.repeat(x, 2, -1),
        lambda x: tg.upsample(x, scale_factor=2),
        "nearest",
    ),
    Row(
        "upsample",
        [normal(1, 1, 3, 5)],
        lambda x: x[:, :, [0, 0, 1, 2]][..., [0, 1, 3]],
        lambda x: tg.upsample(x, (4, 3)),
        "nearest, to a size",
    ),
    Row("upsample", [normal(1, 2, 4)], lambda x: linear(x, (7,)), lambda x: tg.upsample(x, 7, mode="linear"), "linear"),
    *[
        Row(
            "upsample",
            [normal(1, 1, 3, 5)],
            lambda x, corners=corners: linear(x, (5, 3), corners),
            lambda x, corners=corners: tg.upsample(x, (5, 3), mode="bilinear", align_corners=corners),
            f"bilinear, corners {corners}",
        )
        for corners in (False, True)
    ],
    Row(
        "upsample",
        [normal(1, 1, 2, 3, 2)],
        lambda x: linear(x, (4, 2, 3)),
        lambda x: tg.upsample(x, (4, 2, 3), mode="trilinear"),
        "trilinear",
    ),
    Row(
        "upsample",
        [normal(1, 1, 3, 5)],
        lambda x: x[:, :, [0, 1, 1, 2]][..., [0, 2, 4]],
        lambda x: tg.upsample(x, (4, 3), mode="nearest-exact"),
        "nearest-exact",
    ),
    Row(
        "upsample",
        [normal(1, 1, 4, 6)],
        lambda x: x.reshape(1, 1, 2, 2, 3, 2).mean((3, 5)),
        lambda x: tg.upsample(x, (2, 3), mode="area"),
        "area",
    ),
    Row(
        "upsample",
        [normal(1, 1, 1, 4)],
        lambda x: np.stack([x[..., 0], x @ [-0.09375, 0.59375, 0.59375, -0.09375], x[..., 3]], -1),
        lambda x: tg.upsample(x, (1, 3), mode="bicubic", align_corners=True),
        "bicubic",
    ),
    Row("pixel_shuffle", [normal(8, 2, 3)], lambda x: shuffled(x, 2), lambda x: tg.pixel_shuffle(x, 2)),
    Row(
        "pixel_unshuffle",
        [shuffled(normal(8, 2, 3), 2)],
        lambda y: np.stack([y[c, i::2, j::2] for c in range(2) for i in range(2) for j in range(2)]),
        lambda y: tg.pixel_unshuffle(y, 2),
    ),
    Row("gelu", [normal(3, 4) * 2], gaussian_gate),
    Row("gelu", [normal(10, 10)], gaussian_gate, note="many"),
    Row(
        "gelu",
        [normal(3, 4)],
        lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        lambda x: tg.gelu(x, "tanh"),
        "tanh",
    ),
]
