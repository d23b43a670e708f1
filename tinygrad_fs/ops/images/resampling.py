"""Other resolutions: upsampling, and pixels moved between channels and space."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.images.adaptive import shares
from tinygrad_fs.ops.images.axis_maps import AlongAxis, Taps
from tinygrad_fs.ops.images.spatial import PerAxis, Sizes, as_sizes
from tinygrad_fs.ops.shape import reshape, transpose
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["pixel_shuffle", "pixel_unshuffle", "upsample"]

_LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}
_AXES = {**_LINEAR, "bicubic": 2}
"""Modes that go with one number of axes, and take `align_corners`."""
_MODES = ("nearest", "nearest-exact", "area", *_AXES)

_CUBIC = -0.75
"""The slope of the kernel at 1, in PyTorch and elsewhere; Keys himself takes -0.5."""


def upsample(
    x: TensorLike,
    size: PerAxis | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Resample sequences, images or volumes to another size, larger or smaller.

    Along each axis, output i lies at ``(i + 0.5) / s - 0.5`` of the input, or, with `align_corners`, at
    ``i (size - 1) / (out - 1)``. Linear modes interpolate between the two neighbours there, 'bicubic' among four (Keys
    1981, "Cubic convolution interpolation for digital image processing"), and the border is repeated beyond it;
    'nearest' takes the input at ``floor(i / s)``, 'nearest-exact' the one whose middle is nearest, 'area' the mean of
    what an output covers. Here s is the scale factor, or ``out / size``. An axis whose size stays is left as it is.

    Parameters
    ----------
    x : array_like
        Of shape (n, channels, ...) with one to three axes to resample, of a floating dtype unless for nearest modes.
    size : int or one for each axis, optional
        The new size. Give this or `scale_factor`.
    scale_factor : float or one for each axis, optional
        The new size is ``floor(size * scale_factor)``.
    mode : {"nearest", "nearest-exact", "area", "linear", "bilinear", "trilinear", "bicubic"}
        The linear ones are for one, two and three axes, 'bicubic' is for two.
    align_corners : bool, optional
        For linear and cubic modes; whether the first and last outputs are the first and last inputs. False if not
        given.

    Returns
    -------
    Tensor
        Of shape (n, channels, *size).

    Raises
    ------
    ValueError
        If the mode does not go with the number of axes, not exactly one of size and scale is given, or one of
        them makes no sense.
    TypeError
        If numbers between others are asked for of a dtype that is not floating.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[[0.0, 4.0]]])
    >>> tg.upsample(x, scale_factor=2)
    tensor([[[0., 0., 4., 4.]]])
    >>> tg.upsample(x, size=4, mode="linear")
    tensor([[[0., 1., 3., 4.]]])
    """
    y = given(x)
    _check_mode(y, mode, align_corners)
    image = y.shape[2:]
    sizes, scales = _sizes(image, size, scale_factor)
    # Shrinking axes first, so that there is less to do for the others; then the rows, along which it is slowest.
    for axis in sorted(range(-1, -len(image) - 1, -1), key=lambda axis: sizes[axis] >= image[axis]):
        have, out, scale = image[axis], sizes[axis], scales[axis]
        if out != have:
            y = AlongAxis.apply(y, taps=_taps(mode, have, out, scale, bool(align_corners)), axis=axis)
    return clone(y) if sizes == image else y


def pixel_shuffle(x: TensorLike, upscale_factor: int) -> Tensor:
    """Spread channels over space: of shape (..., c r^2, h, w) make (..., c, h r, w r).

    Shi et al. 2016, "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network".

    Parameters
    ----------
    x : array_like
        Of shape (..., channels, height, width), the channels a multiple of ``upscale_factor**2``.
    upscale_factor : int
        The factor r.

    Raises
    ------
    ValueError
        If `x` has less than three axes, or its channels do not divide.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.pixel_shuffle(tg.tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    images = given(x)
    (r,) = as_sizes("pixel_shuffle", "upscale_factor", upscale_factor, 1)
    if images.ndim < 3 or images.shape[-3] % (r * r):
        raise ValueError(
            f"pixel_shuffle: the input has shape {images.shape}; it needs (..., channels, height, width) with a "
            f"multiple of {r} x {r} = {r * r} channels"
        )
    leading, (channels, height, width) = images.shape[:-3], images.shape[-3:]
    y = reshape(images, (*leading, channels // (r * r), r, r, height, width))
    y = transpose(y, (*range(len(leading)), *[len(leading) + axis for axis in (0, 3, 1, 4, 2)]))
    return reshape(y, (*leading, channels // (r * r), height * r, width * r))


def pixel_unshuffle(x: TensorLike, downscale_factor: int) -> Tensor:
    """The inverse of `pixel_shuffle`: of shape (..., c, h r, w r) make (..., c r^2, h, w).

    Parameters
    ----------
    x : array_like
        Of shape (..., channels, height, width), height and width multiples of `downscale_factor`.
    downscale_factor : int
        The factor r.

    Raises
    ------
    ValueError
        If `x` has less than three axes, or its height or width does not divide.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.pixel_unshuffle(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2).ravel()
    tensor([1., 2., 3., 4.])
    """
    images = given(x)
    (r,) = as_sizes("pixel_unshuffle", "downscale_factor", downscale_factor, 1)
    if images.ndim < 3 or images.shape[-2] % r or images.shape[-1] % r:
        raise ValueError(
            f"pixel_unshuffle: the input has shape {images.shape}; it needs (..., channels, height, width) with height "
            f"and width multiples of {r}"
        )
    leading, (channels, height, width) = images.shape[:-3], images.shape[-3:]
    y = reshape(images, (*leading, channels, height // r, r, width // r, r))
    y = transpose(y, (*range(len(leading)), *[len(leading) + axis for axis in (0, 2, 4, 1, 3)]))
    return reshape(y, (*leading, channels * r * r, height // r, width // r))


def _check_mode(x: Any, mode: str, align_corners: bool | None) -> None:
    if mode not in _MODES:
        raise ValueError(f"upsample: mode={mode!r} is unknown; use one of {', '.join(map(repr, _MODES))}")
    axes = x.ndim - 2
    if not 1 <= axes <= 3 or 0 in x.shape[2:] or axes != _AXES.get(mode, axes):
        wanted = _AXES.get(mode, "one to three")
        raise ValueError(
            f"upsample: mode={mode!r} on an input of shape {x.shape}: it must be (n, channels, ...) with {wanted} "
            "axes to resample, none of them empty"
        )
    if mode not in _AXES and align_corners is not None:
        raise ValueError(f"upsample: align_corners is for linear and cubic modes; leave it out with mode={mode!r}")
    if not mode.startswith("nearest") and x.dtype.kind != "f":
        raise TypeError(f"upsample: dtype {x.dtype} holds no interpolated values; use x.astype('float32')")


def _sizes(image: Sizes, size: Any, scale_factor: Any) -> tuple[Sizes, tuple[float | None, ...]]:
    """The new sizes, and the scales where they were given."""
    if (size is None) == (scale_factor is None):
        raise ValueError("upsample: give either size or scale_factor")
    if size is not None:
        return as_sizes("upsample", "size", size, len(image)), (None,) * len(image)
    scales = tuple(scale_factor) if np.ndim(scale_factor) else (scale_factor,) * len(image)
    if len(scales) != len(image) or not all(0 < scale < math.inf for scale in scales):
        raise ValueError(f"upsample: scale_factor={scale_factor!r} must be positive, one or {len(image)} of them")
    sizes = tuple([math.floor(have * scale) for have, scale in zip(image, scales)])
    if 0 in sizes:
        raise ValueError(f"upsample: scale_factor={scale_factor!r} leaves nothing of {image}; use a larger one")
    return sizes, scales


@functools.lru_cache(maxsize=256)
def _taps(mode: str, have: int, out: int, scale: float | None, align_corners: bool) -> Taps:
    """What each output along an axis sees."""
    if mode == "area":
        return shares(have, out)
    numbers = np.arange(out)
    if mode == "nearest":
        return _single(numbers * have // out if scale is None else np.floor(numbers / scale), have)
    step = have / out if scale is None else 1.0 / scale
    if mode == "nearest-exact":
        return _single(np.floor((numbers + 0.5) * step), have)
    if align_corners:
        step = (have - 1) / (out - 1) if out > 1 else 0.0
    places = numbers * step if align_corners else (numbers + 0.5) * step - 0.5
    return _cubic(places, have) if mode == "bicubic" else _linear(np.maximum(places, 0.0), have)


def _single(places: Any, have: int) -> Taps:
    """The input at each place."""
    return Taps(np.minimum(places.astype(np.intp), have - 1)[None], np.ones((1, places.size)))


def _cubic(places: Any, have: int) -> Taps:
    """Four neighbours, weighed by cubic polynomials of their distances, which sum to 1."""
    lower = np.floor(places)
    near = places - lower
    distances = np.stack([near + 1.0, near, 1.0 - near, 2.0 - near])
    inner = ((_CUBIC + 2.0) * distances - (_CUBIC + 3.0)) * distances**2 + 1.0
    outer = ((_CUBIC * distances - 5.0 * _CUBIC) * distances + 8.0 * _CUBIC) * distances - 4.0 * _CUBIC
    index = np.clip(lower.astype(np.intp) + np.arange(-1, 3)[:, None], 0, have - 1)
    return Taps(index, np.where(distances <= 1.0, inner, outer))


def _linear(places: Any, have: int) -> Taps:
    """The two neighbours of each place."""
    lower = np.minimum(np.floor(places).astype(np.intp), have - 1)
    share = np.minimum(places - lower, 1.0)
    # An output that lies on an input sees half of it twice: its neighbour may be inf, and weights of 0 take longer.
    upper = np.where(share == 0.0, lower, np.minimum(lower + 1, have - 1))
    share = np.where(upper == lower, 0.5, share)
    return Taps(np.stack([lower, upper]), np.stack([1.0 - share, share]))
