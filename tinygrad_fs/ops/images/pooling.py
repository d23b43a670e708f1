"""Pooling: the largest value, or the mean, of each window of an image.

A window is reduced along one axis after the other, so that a k x k window takes 2 k passes instead of k^2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_fs.dtypes import zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.images.columns import Pair
from tinygrad_fs.ops.images.convolution import Padding, Sides, as_pair, as_sides, output_size
from tinygrad_fs.ops.images.spatial import remembered
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["avg_pool2d", "max_pool2d"]


_FEW_TAPS = 9
"""Windows of more elements are gone through once, to find where the largest one is."""


class MaxPool2d(Op):
    """y = the largest x of each window;  dx: the window's gradient, to the first position that has it.

    The positions are found in backward: inference does not pay for them, and they are integers, so that what is
    left of the derivative is linear.
    """

    def forward(x: Any, *, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Any:
        return pooled(np.maximum, _padded(x, padding, _lowest(x.dtype)), kernel, stride, dilation)

    def vjp(g: Any, x: Any, out: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        x, out = array_of(x), array_of(out)
        disjoint = all(s >= d * (k - 1) + 1 for s, d, k in zip(stride, dilation, kernel))
        if disjoint and not isinstance(g, Tensor) and np.isfinite(out).all():
            if math.prod(kernel) <= _FEW_TAPS:
                return _to_first_largest(g, x, out, kernel, stride, padding, dilation)
            if kernel == stride and x.size == out.size * math.prod(kernel):
                dx = _to_only_largest(g, x, out, kernel)
                if dx is not None:
                    return dx
        positions = first_largest(x, out, kernel, stride, padding, dilation)
        return Scatter.apply(g, shape_of=x.shape, positions=positions, disjoint=disjoint)


class Scatter(Op):
    """z[positions] += y, on zeros: the adjoint of `Gather`; positions count in the flat z;  dy = g[positions]."""

    def forward(y: Any, *, shape_of: tuple[int, ...], positions: Any, disjoint: bool) -> Any:
        z = zeros_beside(y, shape_of, y.dtype)
        if disjoint:
            z.reshape(-1)[positions] = y
        else:  # with one axis and integer positions add.at is as fast as a plain assignment
            np.add.at(z.reshape(-1), positions.reshape(-1), y.reshape(-1))
        return z

    def vjp(g: Any, shape_of: Any, positions: Any, disjoint: Any) -> Any:
        return Gather.apply(g, positions=positions, disjoint=disjoint)


class Gather(Op):
    """y = z[positions], counted in the flat z;  dz: `Scatter`. It is max pooling once the positions are known."""

    def forward(z: Any, *, positions: Any, disjoint: bool) -> Any:
        return z.reshape(-1)[positions]

    def vjp(g: Any, shapes: Any, positions: Any, disjoint: Any) -> Any:
        return Scatter.apply(g, shape_of=shapes[0], positions=positions, disjoint=disjoint)


class AvgPool2d(Op):
    """y = the mean of x over each window;  dx: g shared out evenly."""

    def forward(x: Any, *, kernel: Pair, stride: Pair, padding: Sides, counts_padding: bool) -> Any:
        total = pooled(np.add, _padded(x, padding, 0), kernel, stride, (1, 1))
        total *= _shares(x, x.shape[-2:], kernel, stride, padding, counts_padding)
        return total

    def vjp(g: Any, shapes: Any, kernel: Any, stride: Any, padding: Any, counts_padding: Any) -> Any:
        return AvgPool2dGradient.apply(
            g, size=shapes[0][-2:], kernel=kernel, stride=stride, padding=padding, counts_padding=counts_padding
        )


class AvgPool2dGradient(Op):
    """The adjoint of `AvgPool2d`: each y is shared out evenly over its window;  dy: `AvgPool2d`."""

    def forward(y: Any, *, size: Pair, kernel: Pair, stride: Pair, padding: Sides, counts_padding: bool) -> Any:
        (top, bottom), (left, right) = padding
        height, width = size[0] + top + bottom, size[1] + left + right
        y = y * _shares(y, size, kernel, stride, padding, counts_padding)
        rows = _spread(y, -1, kernel[1], stride[1], width)
        image = _spread(rows, -2, kernel[0], stride[0], height)
        return image[..., top : height - bottom, left : width - right]

    def vjp(g: Any, kernel: Any, stride: Any, padding: Any, counts_padding: Any) -> Any:
        return AvgPool2d.apply(g, kernel=kernel, stride=stride, padding=padding, counts_padding=counts_padding)


def max_pool2d(
    x: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Take the largest value of each window of an image.

    Parameters
    ----------
    x : array_like
        Images, of shape (..., height, width).
    kernel_size : int or pair of int
        Size of the window.
    stride : int or pair of int, optional
        Step from one window to the next; the size of the window if not given.
    padding : int, pair, or pair of pairs, default 0
        Rows and columns of -inf around the image: on all sides; (vertical, horizontal);
        ((top, bottom), (left, right)). Each window must see some element of the image.
    dilation : int or pair of int, default 1
        Step from one element of a window to the next.

    Returns
    -------
    Tensor
        Of shape (..., out height, out width); a size is ``(size + padding - d (kernel - 1) - 1) // stride + 1``.
        The gradient goes to the first of several largest elements, in row-major order; nan wins over all numbers.

    Raises
    ------
    ValueError
        If `x` has less than two axes, a window is larger than the padded image, or an option makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.max_pool2d(tg.tensor(np.arange(16.0).reshape(1, 4, 4)), 2).data
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    kernel, steps, sides, spread = _options("max_pool2d", np.shape(x), kernel_size, stride, padding, dilation)
    return MaxPool2d.apply(x, kernel=kernel, stride=steps, padding=sides, dilation=spread)


@in_float32
def avg_pool2d(
    x: TensorLike,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: Padding = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """Take the mean of each window of an image.

    Parameters
    ----------
    x : array_like
        Images, of shape (..., height, width), of a floating dtype.
    kernel_size, stride
        As in `max_pool2d`.
    padding : int, pair, or pair of pairs, default 0
        Rows and columns of zeros around the image; otherwise as in `max_pool2d`.
    count_include_pad : bool, default True
        Whether the zeros of the padding count in the mean.

    Returns
    -------
    Tensor
        Of shape (..., out height, out width), as in `max_pool2d`.

    Raises
    ------
    ValueError
        If `x` has less than two axes, a window is larger than the padded image, or an option makes no sense.
    TypeError
        If `x` is not of a floating dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> tg.avg_pool2d(tg.tensor(np.arange(16.0).reshape(1, 4, 4)), 2).data
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    kernel, steps, sides, _ = _options("avg_pool2d", np.shape(x), kernel_size, stride, padding, 1)
    dtype = getattr(x, "dtype", None)
    if dtype is not None and dtype.kind != "f":
        raise TypeError(f"avg_pool2d: a mean of dtype {dtype} is not exact; use x.astype('float32')")
    return AvgPool2d.apply(x, kernel=kernel, stride=steps, padding=sides, counts_padding=bool(count_include_pad))


@remembered
def _options(
    op: str, shape: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Pair, Pair, Sides, Pair]:
    """The kernel, the stride, the padding and the dilation of a pooling op, checked."""
    if len(shape) < 2:
        raise ValueError(f"{op}: the input has shape {shape}; it needs at least two axes, (..., height, width)")
    kernel = as_pair(op, "kernel_size", kernel_size)
    steps = kernel if stride is None else as_pair(op, "stride", stride)
    spread = as_pair(op, "dilation", dilation)
    sides = as_sides(op, padding)
    size = output_size(op, shape[-2:], kernel, steps, sides, spread)
    for axis in (0, 1):
        first = np.arange(size[axis]) * steps[axis] - sides[axis][0]
        seen = first[:, None] + np.arange(kernel[axis]) * spread[axis]
        if any(sides[axis]) and not ((seen >= 0) & (seen < shape[-2 + axis])).any(1).all():
            raise ValueError(
                f"{op}: with padding={padding!r} a window of {kernel} sees no element of the image of {shape[-2:]}; "
                "use a smaller padding"
            )
    return kernel, steps, sides, spread


def _taps_along(x: Any, axis: int, kernel: int, stride: int, dilation: int) -> list[Any]:
    """For each element of a window along an axis (-1 or -2), the view of those elements of all windows."""
    count = (x.shape[axis] - dilation * (kernel - 1) - 1) // stride + 1
    slices = [slice(i * dilation, i * dilation + (count - 1) * stride + 1, stride) for i in range(kernel)]
    return [x[..., each] if axis == -1 else x[..., each, :] for each in slices]


def pooled(combine: Any, x: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Any:
    """Combine the elements of each window; rows first, whose elements lie side by side."""
    for axis in (-2, -1):
        first, *others = _taps_along(x, axis, kernel[axis], stride[axis], dilation[axis])
        x = combine(first, others[0]) if others else first
        for taps in others[1:]:
            combine(x, taps, out=x)
    return x.copy() if kernel == (1, 1) else x


def _spread(y: Any, axis: int, kernel: int, stride: int, size: int) -> Any:
    """The adjoint of a sum over windows along an axis (-1 or -2) of the given size."""
    if kernel == stride == 1 and size == y.shape[axis]:
        return y
    shape = (*y.shape[:-1], size) if axis == -1 else (*y.shape[:-2], size, y.shape[-1])
    tiles = kernel == stride and kernel * y.shape[axis] == size  # so that every element is written to, once
    if tiles and kernel > 4:
        return y.repeat(kernel, axis=axis)
    x = np.empty_like(y, shape=shape, order="C") if tiles else np.zeros_like(y, shape=shape, order="C")
    for taps in _taps_along(x, axis, kernel, stride, 1):
        if kernel <= stride:
            taps[...] = y
        else:
            taps += y
    return x


def _padded(x: Any, padding: Sides, value: float) -> Any:
    if not any(map(any, padding)):
        return x
    (top, bottom), (left, right) = padding
    height, width = x.shape[-2:]
    padded = np.full_like(x, value, shape=(*x.shape[:-2], top + height + bottom, left + width + right))
    padded[..., top : top + height, left : left + width] = x
    return padded


def _lowest(dtype: Any) -> Any:
    if dtype.kind == "f":
        return -np.inf
    return np.iinfo(dtype).min if dtype.kind in "iu" else False


def _shares(like: Any, size: Pair, kernel: Pair, stride: Pair, padding: Sides, counts_padding: bool) -> Any:
    """1 / the number of elements in a window: one number, or one for each window of an image of this size."""
    if counts_padding or not any(map(any, padding)):
        return 1.0 / (kernel[0] * kernel[1])
    ones = np.ones_like(like, shape=size)
    return 1.0 / pooled(np.add, _padded(ones, padding, 0), kernel, stride, (1, 1))


def first_largest(x: Any, out: Any, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Any:
    """For each window the position, in the flat `x`, of its first element that equals the largest, `out`."""
    height, width = x.shape[-2:]
    padded = _padded(x, padding, _lowest(x.dtype))
    chosen = _first_tap(padded, kernel, stride, dilation)
    odd = ~np.isfinite(out)
    if odd.any():
        chosen[odd] = _first_tap_of_odd(padded, out, odd, kernel, stride, padding, dilation)
    (top, _), (left, _) = padding
    taps = (np.arange(kernel[0])[:, None] * dilation[0] * width + np.arange(kernel[1]) * dilation[1]).reshape(-1)
    rows = (np.arange(out.shape[-2]) * stride[0] - top)[:, None] * width
    corners = rows + (np.arange(out.shape[-1]) * stride[1] - left)
    planes = np.arange(out.size // corners.size if corners.size else 0) * (height * width)
    taps, places = (np.asarray(each, like=x) for each in (taps, planes[:, None, None] + corners))
    positions = taps[chosen]
    positions += places.reshape(out.shape)
    return positions


def _to_first_largest(g: Any, x: Any, out: Any, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair) -> Any:
    """The gradient for windows of finite numbers that do not overlap, tap by tap: in half of the time of positions."""
    padded = _padded(x, padding, _lowest(x.dtype))
    dx, free = np.zeros_like(padded), np.ones_like(out, dtype=bool)
    rows = zip(*[_taps_along(image, -2, kernel[0], stride[0], dilation[0]) for image in (padded, dx)])
    for row, target_row in rows:
        sides = [_taps_along(image, -1, kernel[1], stride[1], dilation[1]) for image in (row, target_row)]
        for taps, target in zip(*sides):
            hit = np.equal(taps, out)
            hit &= free
            free ^= hit
            target[...] = kept(g, hit)
    (top, bottom), (left, right) = padding
    return dx[..., top : dx.shape[-2] - bottom, left : dx.shape[-1] - right]


def _to_only_largest(g: Any, x: Any, out: Any, kernel: Pair) -> Any:
    """The gradient for windows that divide the image, or None if one of them has several largest elements."""
    lines = (*out.shape[:-1], 1, out.shape[-1], 1)
    hit = x.reshape(*out.shape[:-1], kernel[0], out.shape[-1], kernel[1]) == out.reshape(lines)
    return kept(g.reshape(lines), hit).reshape(x.shape) if np.count_nonzero(hit) == out.size else None


def _first_tap(padded: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Any:
    """The number, in row-major order, of the first largest element in each window that holds finite numbers.

    A later tap that is larger has the larger number, so that `maximum` does the work of a masked assignment.
    """
    small = np.uint8 if kernel[0] * kernel[1] <= 256 else np.intp
    largest, *others = _taps_along(padded, -1, kernel[1], stride[1], dilation[1])
    column = np.zeros_like(largest, dtype=small)
    for j, taps in enumerate(others, 1):
        np.maximum(column, (taps > largest) * small(j), out=column)
        largest = np.maximum(largest, taps)
    columns = _taps_along(column, -2, kernel[0], stride[0], dilation[0])
    rows = _taps_along(largest, -2, kernel[0], stride[0], dilation[0])
    largest, tap = rows[0], columns[0].copy()
    for i, (taps, column) in enumerate(zip(rows[1:], columns[1:]), 1):
        np.maximum(tap, (taps > largest) * (column + small(i * kernel[1])), out=tap)
        largest = np.maximum(largest, taps)
    return tap


def _first_tap_of_odd(
    padded: Any, out: Any, odd: Any, kernel: Pair, stride: Pair, padding: Sides, dilation: Pair
) -> Any:
    """The same for windows whose largest element is nan or infinite; the padding is never chosen."""

    def windows(image: Any) -> Any:
        reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel))
        every = sliding_window_view(image, reach, axis=(-2, -1))
        return every[..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]

    (top, bottom), (left, right) = padding
    inside = np.zeros_like(padded, dtype=bool)
    inside[..., top : inside.shape[-2] - bottom, left : inside.shape[-1] - right] = True
    values = windows(padded)[odd]
    largest = out[odd][:, None, None]
    candidates = windows(inside)[odd] & ((values == largest) | (np.isnan(values) & np.isnan(largest)))
    return candidates.reshape(len(candidates), -1).argmax(1)
