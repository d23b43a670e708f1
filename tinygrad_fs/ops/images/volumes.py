"""Convolution of volumes: a sum of convolutions of their planes, one for each tap along the depth."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.images.convolution import Conv2d
from tinygrad_fs.ops.images.spatial import Padding, PerAxis, as_sizes, check_convolution, conv_edges, merged, positions
from tinygrad_fs.ops.shape import moveaxis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["conv3d"]


def conv3d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve volumes with filters; `conv2d` with one more axis.

    Parameters
    ----------
    x : array_like
        Volumes, of shape (n, channels, depth, height, width), or one without n.
    w : array_like
        Filters, of shape (filters, channels / groups, kernel depth, kernel height, kernel width).
    b : array_like, optional
        Bias, of shape (filters,).
    stride, dilation : int or three of them, default 1
    padding : int, three, three pairs (before, after), 'same' or 'valid', default 0
    groups : int, default 1
        As in `conv2d`.

    Returns
    -------
    Tensor
        Of shape (n, filters, out depth, out height, out width), without n if `x` had none; sizes as in `conv2d`.

    Raises
    ------
    ValueError
        If the shapes do not fit together, the kernel is larger than the padded volume, or an option makes no
        sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.conv3d(tg.ones((1, 2, 4, 4, 4)), tg.ones((5, 2, 3, 3, 3)))[0, :, 0, 0, 0]
    tensor([54., 54., 54., 54., 54.])
    """
    volumes, filters = given(x), given(w)
    bias: Any = None if b is None else given(b)
    check_convolution("conv3d", volumes.shape, filters.shape, None if b is None else bias.shape, groups, 3)
    steps, spread = as_sizes("conv3d", "stride", stride, 3), as_sizes("conv3d", "dilation", dilation, 3)
    edges = conv_edges("conv3d", padding, filters.shape[2:], steps, spread)
    depth = positions("conv3d", volumes.shape[-3:], filters.shape[2:], steps, edges, spread)[0]
    options = {"stride": steps[1:], "padding": edges[1:], "dilation": spread[1:], "groups": groups}
    planes = _planes(volumes if volumes.ndim == 5 else volumes[None], edges[0])
    total: Any = None
    for tap in range(filters.shape[2]):
        first = tap * spread[0]
        seen = planes[first : first + (depth - 1) * steps[0] + 1 : steps[0]]
        y = Conv2d.apply(merged(seen, 0, 2), filters[:, :, tap], bias if tap == 0 else None, **options)
        total = y if total is None else total + y
    total = np.reshape(total, (depth, planes.shape[1], *total.shape[1:]))
    return moveaxis(total, 0, 2) if volumes.ndim == 5 else moveaxis(total[:, 0], 0, 1)


def _planes(volumes: Any, edges: tuple[int, int]) -> Any:
    """Padded along the depth, which stands first: any run of planes is then one run of images, without a copy."""
    planes = np.moveaxis(volumes, 2, 0)
    shape = planes.shape
    planes = np.reshape(merged(planes, 0, 2), shape)  # copied once, here
    return np.pad(planes, (edges, *[(0, 0)] * 4)) if any(edges) else planes
