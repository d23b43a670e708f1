"""Transposed convolution: the adjoint of convolution in the images, which makes images larger."""

from __future__ import annotations

from typing import Any

from tinygrad_fs.ops.arranging.padding import pad
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.convolution import Conv2dInputGradient
from tinygrad_fs.ops.images.spatial import PerAxis, Sizes, as_sizes, check_transposed
from tinygrad_fs.ops.shape import expand_dims, reshape, squeeze
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["conv_transpose1d", "conv_transpose2d"]


def conv_transpose1d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Tensor:
    """Spread sequences over longer ones: the adjoint of `conv1d` in its input, plus a bias.

    Parameters
    ----------
    x : array_like
        Sequences, of shape (n, channels, length), or one of shape (channels, length).
    w : array_like
        Filters, of shape (channels, out channels / groups, kernel size).
    b : array_like, optional
        Bias, of shape (out channels,).
    stride, padding, output_padding, groups, dilation
        As in `conv_transpose2d`.

    Returns
    -------
    Tensor
        Of shape (n, out channels, out length), without n if `x` had none; sizes as in `conv_transpose2d`.

    Raises
    ------
    ValueError
        As `conv_transpose2d` does.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.conv_transpose1d(tg.tensor([[1.0, 2.0]]), [[[1.0, 10.0, 100.0]]], stride=2)
    tensor([[  1.,  10., 102.,  20., 200.]])
    """
    images, filters = given(x), given(w)
    bias: Any = None if b is None else given(b)
    check_transposed("conv_transpose1d", images.shape, filters.shape, None if b is None else bias.shape, groups, 1)
    options = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
    y = _transposed("conv_transpose1d", expand_dims(images, -2), expand_dims(filters, -2), groups, **_plane(options))
    return _with_bias(squeeze(y, -2), bias, 1)


def conv_transpose2d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Tensor:
    """Spread images over larger ones: the adjoint of `conv2d` in its images, plus a bias.

    ``y[n, f, r s + i d - p, c s + j d - p] += x[n, k, r, c] w[k, f, i, j]`` with stride s, dilation d, padding p.

    Parameters
    ----------
    x : array_like
        Images, of shape (n, channels, height, width), or one of shape (channels, height, width).
    w : array_like
        Filters, of shape (channels, out channels / groups, kernel height, kernel width).
    b : array_like, optional
        Bias, of shape (out channels,).
    stride, dilation : int or pair of int, default 1
        Step between the places where pixels are spread to, and between the taps of a filter.
    padding : int or pair of int, default 0
        How much is cut off on all sides: the padding of the convolution that this is the adjoint of.
    output_padding : int or pair of int, default 0
        How much larger the output is at the bottom and at the right; less than the stride or the dilation. It
        chooses among the sizes that the convolution with this stride maps to the same one.
    groups : int, default 1
        As in `conv2d`.

    Returns
    -------
    Tensor
        Of shape (n, out channels, out height, out width), without n if `x` had none; a size is
        ``(size - 1) s - 2 p + d (kernel - 1) + output_padding + 1``.

    Raises
    ------
    ValueError
        If the shapes do not fit together, an option makes no sense, or the padding cuts off everything.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.conv_transpose2d(tg.tensor([[[1.0, 2.0]]]), [[[[1.0, 1.0], [3.0, 3.0]]]], stride=2)
    tensor([[[1., 1., 2., 2.],
             [3., 3., 6., 6.]]])
    """
    images, filters = given(x), given(w)
    bias: Any = None if b is None else given(b)
    check_transposed("conv_transpose2d", images.shape, filters.shape, None if b is None else bias.shape, groups, 2)
    options = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
    sizes = {name: as_sizes("conv_transpose2d", name, value, 2, _LEAST[name]) for name, value in options.items()}
    return _with_bias(_transposed("conv_transpose2d", images, filters, groups, **sizes), bias, 2)


_LEAST = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}


def _plane(options: dict[str, Any]) -> dict[str, Sizes]:
    """Options along one axis as those of images of height 1."""
    along = {name: as_sizes("conv_transpose1d", name, value, 1, _LEAST[name]) for name, value in options.items()}
    return {name: (_LEAST[name], *value) for name, value in along.items()}


def _transposed(
    op: str, x: Any, w: Any, groups: int, *, stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes
) -> Tensor:
    image, kernel = x.shape[-2:], w.shape[2:]
    if any(more >= max(s, d) for more, s, d in zip(output_padding, stride, dilation)):
        raise ValueError(
            f"{op}: output_padding={output_padding} must be less than the stride {stride} or the dilation {dilation}"
        )
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    size = [(n - 1) * s + r - 2 * p for n, s, r, p in zip(image, stride, reach, padding)]
    if any(n + more < 1 for n, more in zip(size, output_padding)):
        raise ValueError(
            f"{op}: an input of shape {x.shape} with filters of shape {w.shape} has nothing left after padding="
            f"{padding}; use a smaller padding"
        )
    # What is more than a stride leaves over would be another position: it is cut off less, or there is nothing.
    rests = [min(more, s - 1) for more, s in zip(output_padding, stride)]
    beyond = [more - rest for more, rest in zip(output_padding, rests)]
    spared = [min(more, p) for more, p in zip(beyond, padding)]
    y = Conv2dInputGradient.apply(
        x,
        w,
        size=tuple([n + rest + some for n, rest, some in zip(size, rests, spared)]),
        stride=stride,
        padding=tuple([(p, p - some) for p, some in zip(padding, spared)]),
        dilation=dilation,
        groups=groups,
    )
    nothing = [(0, more - some) for more, some in zip(beyond, spared)]
    return pad(y, [(0, 0)] * (y.ndim - 2) + nothing) if any(map(any, nothing)) else y


def _with_bias(y: Tensor, b: Any, axes: int) -> Tensor:
    return y if b is None else y + reshape(b, (-1, *[1] * axes))
