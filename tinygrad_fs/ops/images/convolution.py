"""Two-dimensional convolution, in the sense of deep learning: correlation of images with filters.

Three ops that are closed under each other's derivatives: the convolution, which is linear in the images and in
the filters, and its two adjoints. Each derivative of one is another of them, so all orders follow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.images.columns import Geometry, Pair
from tinygrad_fs.ops.images.correlation import correlate, correlate_filters
from tinygrad_fs.ops.images.lines import image_gradient, pay_for_images
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["conv2d"]

Padding: TypeAlias = "int | Sequence[int] | Sequence[Sequence[int]] | str"
Sides: TypeAlias = tuple[Pair, Pair]
"""Padding as it is kept: ((top, bottom), (left, right))."""


class Conv2d(Op):
    """y[n,f,r,c] = b[f] + sum_kij x[n, k, r s + i d - top, c s + j d - left] w[f,k,i,j];  dx, dw: the adjoints.

    dx and dw: the two adjoints that follow;  db: the sum of g over images and positions.
    """

    def forward(
        x: Any,
        w: Any,
        b: Any = None,
        *,
        stride: Pair = (1, 1),
        padding: Sides = ((0, 0), (0, 0)),
        dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> Any:
        images = _batched(x)
        size = output_size("conv2d", images.shape[2:], w.shape[2:], stride, padding, dilation)
        dtype = np.result_type(x, w) if b is None else np.result_type(x, w, b)
        out = np.empty_like(x, shape=(images.shape[0], w.shape[0], *size), dtype=dtype)
        origin = (-padding[0][0], -padding[1][0])
        for _ in correlate(images, w, b, out, Geometry(size, w.shape[2:], origin, stride, dilation, groups)):
            pass
        return out.reshape(*x.shape[:-3], *out.shape[1:])

    def vjp_x(g: Any, w: Any, shapes: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return Conv2dInputGradient.apply(
            g, w, size=shapes[0][-2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    def vjp_w(g: Any, x: Any, shapes: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return Conv2dFilterGradient.apply(
            x, g, kernel=shapes[1][2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    def vjp_b(g: Any) -> Any:
        pixels = g.reshape(-1, g.shape[-3], g.shape[-2] * g.shape[-1])
        # A product with ones, since BLAS sums short rows several times as fast as np.sum does.
        rows = pixels.sum(-1) if g.dtype == np.float16 else np.matmul(pixels, np.ones_like(g, shape=pixels.shape[-1]))
        return rows.sum(0)


class Conv2dInputGradient(Op):
    """The adjoint of `Conv2d` in the images, linear in y and w;  dy: `Conv2d`, dw: `Conv2dFilterGradient`.

    What each output position saw gets its share of `y`.
    """

    def forward(y: Any, w: Any, *, size: Pair, stride: Pair, padding: Sides, dilation: Pair, groups: int) -> Any:
        outputs = _batched(y)
        filters, depth, kh, kw = w.shape
        dtype = np.result_type(y, w)
        if (stride, dilation, groups) == ((1, 1), (1, 1), 1) and pay_for_images(w, outputs, dtype):
            w, outputs = (each.astype(dtype, copy=False) for each in (w, outputs))
            return image_gradient(w, outputs, (len(outputs), depth, *size), (padding[0][0], padding[1][0]))
        out = np.empty_like(y, shape=(outputs.shape[0], depth * groups, *size), dtype=dtype)
        turned = w.reshape(groups, filters // groups, depth, kh, kw).swapaxes(1, 2)
        turned = turned.reshape(groups * depth, filters // groups, kh, kw)
        # Positions that are congruent modulo the stride see the same taps: a correlation of stride 1 for each class.
        # They go side by side, since they write into the same lines of the cache.
        classes = []
        for row in range(min(stride[0], size[0])):
            for column in range(min(stride[1], size[1])):
                part = out[:, :, row :: stride[0], column :: stride[1]]
                taps_h, first_h, step_h = _taps(row + padding[0][0], kh, stride[0], dilation[0])
                taps_w, first_w, step_w = _taps(column + padding[1][0], kw, stride[1], dilation[1])
                seen = turned[:, :, taps_h, taps_w]
                origin, steps = (first_h, first_w), (step_h, step_w)
                if seen.size:
                    geometry = Geometry(part.shape[2:], seen.shape[2:], origin, (1, 1), steps, groups)
                    classes.append(correlate(outputs, seen, None, part, geometry))
                else:
                    part[...] = 0
        for _ in itertools.zip_longest(*classes):
            pass
        return out.reshape(*y.shape[:-3], *out.shape[1:])

    def vjp_y(g: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return Conv2d.apply(g, w, stride=stride, padding=padding, dilation=dilation, groups=groups)

    def vjp_w(g: Any, y: Any, shapes: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return Conv2dFilterGradient.apply(
            g, y, kernel=shapes[1][2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        )


class Conv2dFilterGradient(Op):
    """The adjoint of `Conv2d` in the filters, linear in x and y;  dx: `Conv2dInputGradient`, dy: `Conv2d`."""

    def forward(x: Any, y: Any, *, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair, groups: int) -> Any:
        images, outputs = _batched(x), _batched(y)
        dtype = np.result_type(x, y)
        origin = (-padding[0][0], -padding[1][0])
        geometry = Geometry(outputs.shape[2:], kernel, origin, stride, dilation, groups)
        return correlate_filters(images, outputs, geometry, dtype)

    def vjp_x(g: Any, y: Any, shapes: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return Conv2dInputGradient.apply(
            y, g, size=shapes[0][-2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    def vjp_y(g: Any, x: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return Conv2d.apply(x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv2d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve images with filters (without turning the filters around, as is usual in deep learning).

    ``y[n, f, r, c] = b[f] + sum over k, i, j of x[n, k, r s + i d - top, c s + j d - left] w[f, k, i, j]`` with
    stride s and dilation d; x is zero outside of the image.

    Parameters
    ----------
    x : array_like
        Images, of shape (n, channels, height, width), or one of shape (channels, height, width).
    w : array_like
        Filters, of shape (filters, channels / groups, kernel height, kernel width).
    b : array_like, optional
        Bias, of shape (filters,).
    stride, dilation : int or pair of int, default 1
        Step from one output position to the next, and from one tap of a filter to the next.
    padding : int, pair, pair of pairs, 'same' or 'valid', default 0
        Zeros around the image: on all sides; (vertical, horizontal); ((top, bottom), (left, right)). 'valid' is
        none; 'same' makes the output as large as the image, with the odd zero at the bottom and at the right.
    groups : int, default 1
        Channels and filters fall into that many groups, and filters see the channels of their own group.
        As many groups as channels make a depthwise convolution.

    Returns
    -------
    Tensor
        Of shape (n, filters, out height, out width), without n if x had none; a size is
        ``(size + padding - d (kernel - 1) - 1) // s + 1``. What a stride leaves over at the end is not seen.

    Raises
    ------
    ValueError
        If the shapes do not fit together, the kernel is larger than the padded image, or an option makes no sense.

    Notes
    -----
    In float32, kernels of 3 or 5 rows with many channels take half the multiplications by Winograd's algorithm. Its
    rounding errors are 2 to 5 times those of plain sums, and a nan or an infinity reaches the outputs of up to
    three rows more. In float64 sums are always plain.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor(np.arange(9.0).reshape(1, 1, 3, 3))
    >>> tg.conv2d(x, np.array([[[[1.0, 0.0], [0.0, -1.0]]]])).data
    array([[[[-4., -4.],
             [-4., -4.]]]])
    """
    x_shape, w_shape = _shape_of(x), _shape_of(w)
    b_shape = None if b is None else _shape_of(b)
    _check_shapes(x_shape, w_shape, b_shape, groups)
    stride, dilation = as_pair("conv2d", "stride", stride), as_pair("conv2d", "dilation", dilation)
    sides = conv_sides(padding, w_shape[2:], stride, dilation)
    return Conv2d.apply(x, w, b, stride=stride, padding=sides, dilation=dilation, groups=groups)


def as_pair(op: str, name: str, value: Any, least: int = 1) -> Pair:
    """An option for both axes as a pair of ints, each at least `least`."""
    try:
        pair = (value, value) if np.ndim(value) == 0 else tuple(value)
        first, second = (int(each) if each == int(each) else None for each in pair)
    except (TypeError, ValueError):
        raise _bad_option(op, name, value, least) from None
    if first is None or second is None or first < least or second < least:
        raise _bad_option(op, name, value, least)
    return first, second


def as_sides(op: str, padding: Any) -> Sides:
    """Padding given as an int, a pair or a pair of pairs as ((top, bottom), (left, right))."""
    if isinstance(padding, str) or np.ndim(padding) < 2:
        height, width = as_pair(op, "padding", padding, 0)
        return (height, height), (width, width)
    if np.shape(padding) != (2, 2):
        raise ValueError(f"{op}: padding={padding!r} must be an int, a pair, or ((top, bottom), (left, right))")
    return as_pair(op, "padding", padding[0], 0), as_pair(op, "padding", padding[1], 0)


def output_size(op: str, image: Any, kernel: Any, stride: Pair, padding: Sides, dilation: Pair) -> Pair:
    """How many positions a kernel has along both axes of an image."""
    padded = (image[0] + sum(padding[0]), image[1] + sum(padding[1]))
    reach = (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1)
    if reach[0] > padded[0] or reach[1] > padded[1]:
        spread = "" if dilation == (1, 1) else f" with dilation {dilation}"
        raise ValueError(
            f"{op}: the kernel of {tuple(kernel)}{spread} is larger than the image of {tuple(image)}, padded to "
            f"{padded}; pad more, or use a smaller kernel"
        )
    return (padded[0] - reach[0]) // stride[0] + 1, (padded[1] - reach[1]) // stride[1] + 1


def _bad_option(op: str, name: str, value: Any, least: int) -> ValueError:
    return ValueError(f"{op}: {name}={value!r} must be an int or a pair of ints, each at least {least}")


def conv_sides(padding: Padding, kernel: Any, stride: Pair, dilation: Pair) -> Sides:
    """The padding of a convolution, which may be 'same' or 'valid', as ((top, bottom), (left, right))."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding != "same":
        if isinstance(padding, str):
            raise ValueError(f"conv2d: padding={padding!r} must be 'same', 'valid' or numbers")
        return as_sides("conv2d", padding)
    if stride != (1, 1):
        raise ValueError(
            f"conv2d: padding='same' needs stride 1, not {stride}; give the padding as ((top, bottom), (left, right))"
        )
    totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
    top, left = (total // 2 for total in totals)
    return (top, totals[0] - top), (left, totals[1] - left)


def _check_shapes(x: tuple[int, ...], w: tuple[int, ...], b: tuple[int, ...] | None, groups: int) -> None:
    if len(w) != 4 or 0 in w[1:]:
        raise ValueError(
            f"conv2d: the filters have shape {w}; they need four axes of at least 1: (filters, channels / groups, "
            "kernel height, kernel width)"
        )
    if len(x) not in (3, 4):
        raise ValueError(
            f"conv2d: the images have shape {x}; they need four axes, (n, channels, height, width), or three "
            "for a single image: use np.expand_dims for what is missing"
        )
    if not isinstance(groups, (int, np.integer)) or groups < 1 or w[0] % groups:
        raise ValueError(f"conv2d: groups={groups!r} must be a positive int that divides the {w[0]} filters")
    if x[-3] != w[1] * groups:
        seen = f"{w[1]}" if groups == 1 else f"{groups} groups x {w[1]} = {w[1] * groups}"
        raise ValueError(
            f"conv2d: the images of shape {x} have {x[-3]} channels, but the filters of shape {w} see {seen}; "
            "the filters' second axis must be channels / groups"
        )
    if b is not None and b != w[:1]:
        raise ValueError(f"conv2d: the bias has shape {b}; {w[0]} filters need one of shape {w[:1]}")


def _taps(shift: int, kernel: int, stride: int, dilation: int) -> tuple[slice, int, int]:
    """What the input positions `stride` t + `shift` (counted in the padded image) see of the output.

    Tap i is seen where ``shift - i dilation`` is a multiple of the stride, in output t + (shift - i dilation) / stride.
    Returns the taps, last first, the output that the first of them leads to at t = 0, and the step between outputs.
    """
    common = math.gcd(stride, dilation)
    every = stride // common
    first = next((i for i in range(min(kernel, every)) if (shift - i * dilation) % stride == 0), None)
    if first is None:
        return slice(0, 0), 0, 1
    last = first + (kernel - 1 - first) // every * every
    return slice(last, None, -every), (shift - last * dilation) // stride, dilation // common


def _batched(images: Any) -> Any:
    return images if images.ndim == 4 else images[None]


def _shape_of(value: TensorLike) -> tuple[int, ...]:
    shape = getattr(value, "shape", None)
    return np.shape(value) if shape is None else shape
