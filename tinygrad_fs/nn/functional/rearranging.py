"""Borders, other resolutions and pixels moved about, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.spatial import PerAxis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["channel_shuffle", "interpolate", "pad", "pixel_shuffle", "pixel_unshuffle"]

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's names of borders, and NumPy's."""


def pad(input: TensorLike, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Add a border, or take one off.

    Parameters
    ----------
    input : array_like
    pad : sequence of int
        (left, right, top, bottom, ...): before and after the last axis, then the one before it, and so on; axes
        that are not named stay. Negative numbers take off: in the modes "reflect" and "replicate" when the border
        is there, in the others before.
    mode : {"constant", "reflect", "replicate", "circular"}
        What the border holds. `tinygrad_fs.pad` calls the last three "reflect", "edge" and "wrap".
    value : float, optional
        For mode "constant"; 0 if not given.

    Raises
    ------
    ValueError
        If the numbers are no pairs or too many, more is taken off than there is, the mode is unknown or comes with
        a value, or there is nothing in `input` to fill a border with.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.pad(tg.tensor([[1.0, 2.0]]), (1, 0, 0, 1), value=9.0)
    tensor([[9., 1., 2.],
            [9., 9., 9.]])
    >>> tg.nn.functional.pad(tg.tensor([[1.0, 2.0, 3.0]]), (-1, 2), mode="replicate")
    tensor([[2., 3., 3., 3.]])
    """
    x = given(input)
    if mode not in MODES:
        raise ValueError(f"pad: mode={mode!r} is unknown; use one of {', '.join(MODES)}")
    if mode != "constant" and value is not None:
        raise ValueError(f"pad: mode={mode!r} takes no value")
    widths = _pairs(pad, x.ndim)
    added = tuple([(max(0, before), max(0, after)) for before, after in widths])
    if mode in ("reflect", "replicate"):  # what is taken off on one side is still seen by the border of the other
        return _cropped(ops.pad(x, added, mode=MODES[mode]), widths, pad)
    x = _cropped(x, widths, pad)
    if mode == "constant":
        return ops.pad(x, added, constant_values=0.0 if value is None else value)
    return ops.pad(x, added, mode=MODES[mode])


def _cropped(x: Tensor, widths: Iterable[tuple[int, int]], pad: Sequence[int]) -> Tensor:
    """What is left of `x` without what the negative widths take off."""
    inside = tuple([slice(max(0, -before), size - max(0, -after)) for size, (before, after) in zip(x.shape, widths)])
    if any(each.stop < each.start for each in inside):
        raise ValueError(f"pad: {tuple(pad)} takes more off than there is in shape {x.shape}")
    return x[inside]


def interpolate(
    input: TensorLike,
    size: PerAxis | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """`tinygrad_fs.upsample`.

    Parameters
    ----------
    input, size, scale_factor, mode, align_corners
        As there.
    recompute_scale_factor : bool, optional
        Compute with ``new size / size`` in place of `scale_factor`, where rounding makes them differ.
    antialias : bool, default False
        There is none; True is refused.

    Raises
    ------
    ValueError
        As `tinygrad_fs.upsample` does, or if there is to be antialiasing.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.interpolate(tg.tensor([[[0.0, 4.0]]]), scale_factor=2)
    tensor([[[0., 0., 4., 4.]]])
    """
    if antialias:
        raise ValueError("interpolate: there is no antialiasing; blur before, or leave antialias=False")
    x = given(input)
    if recompute_scale_factor and scale_factor is not None:
        axes = x.ndim - 2
        scales = scale_factor if isinstance(scale_factor, Sequence) else (scale_factor,) * axes
        size, scale_factor = [int(have * scale) for have, scale in zip(x.shape[2:], scales)], None
    return ops.upsample(x, size, scale_factor, mode, align_corners)


def pixel_shuffle(input: TensorLike, upscale_factor: int) -> Tensor:
    """`tinygrad_fs.pixel_shuffle`."""
    return ops.pixel_shuffle(input, upscale_factor)


def pixel_unshuffle(input: TensorLike, downscale_factor: int) -> Tensor:
    """`tinygrad_fs.pixel_unshuffle`."""
    return ops.pixel_unshuffle(input, downscale_factor)


def channel_shuffle(input: TensorLike, groups: int) -> Tensor:
    """Deal the channels out to `groups` groups in turn: channel ``g * n + i`` comes to place ``i * groups + g``.

    Zhang et al. 2018, "ShuffleNet", for convolutions in groups to see each other's channels.

    Raises
    ------
    ValueError
        If `input` is not of shape (n, channels, ...), or the channels do not divide into the groups.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.channel_shuffle(tg.arange(6.0).reshape(1, 6, 1), 2).ravel()
    tensor([0., 3., 1., 4., 2., 5.])
    """
    x = given(input)
    if x.ndim < 3 or groups < 1 or x.shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: shape {x.shape} has no channels (axis 1 of three or more) that divide into "
            f"{groups} groups"
        )
    apart = ops.reshape(x, (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))
    return ops.swapaxes(apart, 1, 2).reshape(x.shape)


def _pairs(pad: Sequence[int], ndim: int) -> list[tuple[Any, Any]]:
    """One pair for each axis, first axis first."""
    numbers = tuple(pad) if isinstance(pad, Iterable) else (pad,)
    if len(numbers) % 2 or len(numbers) > 2 * ndim or not all(isinstance(each, (int, np.integer)) for each in numbers):
        raise ValueError(
            f"pad: {numbers} are no widths for {ndim} axes; they must be pairs of ints, (left, right, top, bottom, ...)"
        )
    sizes = [int(each) for each in numbers]
    pairs = list(zip(sizes[::2], sizes[1::2]))[::-1]
    return [(0, 0)] * (ndim - len(pairs)) + pairs
