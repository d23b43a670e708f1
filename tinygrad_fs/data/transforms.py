"""Transforms of images, for `DataLoader(..., transform=...)` or by themselves.

They take an array or a Tensor of one image, (C, H, W), or a batch of them, (N, C, H, W), and give a new one. Those that
are random treat each image otherwise, and draw from the generator that they are called with; without one, from the
default generator.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import Array
from tinygrad_fs.random import generator_or_default

__all__ = [
    "CenterCrop",
    "Compose",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomShift",
    "RandomVerticalFlip",
]


class Compose:
    """One transform after another.

    Parameters
    ----------
    transforms : sequence of callable
        Those with a parameter `generator` are given it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import Compose, Normalize, RandomHorizontalFlip
    >>> transform = Compose([RandomHorizontalFlip(p=1.0), Normalize(mean=1.0, std=2.0), np.abs])
    >>> transform(np.arange(3.0).reshape(1, 1, 3))
    array([[[0.5, 0. , 0.5]]])
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, images: Any, generator: np.random.Generator | None = None) -> Any:
        for transform in self.transforms:
            images = transform(images, generator=generator) if takes_generator(transform) else transform(images)
        return images


class Normalize:
    """``(x - mean) / std``, for each channel.

    Parameters
    ----------
    mean, std : float or sequence of float
        For all channels, or one for each.

    Raises
    ------
    ValueError
        If a deviation is 0, or, when called, if there are not as many channels.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import Normalize
    >>> Normalize(mean=[1.0, 2.0], std=[2.0, 4.0])(np.full((2, 1, 1), 4.0))
    array([[[1.5]],
    <BLANKLINE>
           [[0.5]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean = np.atleast_1d(np.asarray(mean, np.float64))
        self.std = np.atleast_1d(np.asarray(std, np.float64))
        if not self.std.all():
            raise ValueError(f"Normalize: std={std}; no deviation may be 0")

    def __call__(self, images: Any) -> Any:
        _check_images("Normalize", images, floating=True)
        channels = images.shape[-3]
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values.size not in (1, channels):
                raise ValueError(f"Normalize: {name} has {values.size} values, but the images have {channels} channels")
        mean, std = (values.astype(images.dtype).reshape(-1, 1, 1) for values in (self.mean, self.std))
        return (images - mean) / std


class RandomShift:
    """Move each image by up to `most` pixels up or down, and left or right. From outside comes 0.

    What falls between pixels is interpolated linearly.

    Parameters
    ----------
    most : float or (float, float)
        How far, or how far vertically and horizontally.

    Raises
    ------
    ValueError
        If it is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import RandomShift
    >>> image = np.ones((1, 4, 4), "float32")
    >>> RandomShift(1.5)(image, np.random.default_rng(0)).shape
    (1, 4, 4)
    """

    def __init__(self, most: float | tuple[float, float]) -> None:
        self.most = (most, most) if isinstance(most, (int, float)) else tuple(most)
        if min(self.most) < 0:
            raise ValueError(f"RandomShift: most={most} must not be negative")

    def __call__(self, images: Any, generator: np.random.Generator | None = None) -> Any:
        _check_images("RandomShift", images, floating=True)
        draw = generator_or_default(generator).uniform
        count = images.shape[:-3]
        vertical, horizontal = (
            _interpolation(size, draw(-most, most, count), images.dtype)
            for size, most in zip(images.shape[-2:], self.most)
        )
        return vertical @ images @ np.swapaxes(horizontal, -2, -1)


class RandomCrop:
    """Cut a window out of each image, at a random place.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the window.
    padding : int, default 0
        Zeros put around the images before.

    Raises
    ------
    ValueError
        If the window is larger than the padded images.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import RandomCrop
    >>> RandomCrop(4, padding=1)(np.ones((8, 1, 4, 4))).shape
    (8, 1, 4, 4)
    """

    def __init__(self, size: int | tuple[int, int], padding: int = 0) -> None:
        self.size = _pair(size)
        self.padding = padding

    def __call__(self, images: Any, generator: np.random.Generator | None = None) -> Any:
        _check_images("RandomCrop", images)
        if self.padding:
            images = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(self.padding, self.padding)] * 2)
        room = _room("RandomCrop", images, self.size)
        draw = generator_or_default(generator).integers
        # One index per image for the window's corner; broadcast against those of channel, row and column.
        shape = (*images.shape[:-3], 1, 1, 1)
        top, left = (draw(0, most + 1, shape) for most in room)
        rows = top + np.arange(self.size[0])[:, None]
        columns = left + np.arange(self.size[1])
        channels = np.arange(images.shape[-3])[:, None, None]
        if images.ndim == 3:
            return images[channels, rows, columns]
        return images[np.arange(images.shape[0])[:, None, None, None], channels, rows, columns]


class CenterCrop:
    """Cut the window in the middle out of each image.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the window.

    Raises
    ------
    ValueError
        If the window is larger than the images.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import CenterCrop
    >>> CenterCrop(2)(np.arange(16.0).reshape(1, 4, 4))
    array([[[ 5.,  6.],
            [ 9., 10.]]])
    """

    def __init__(self, size: int | tuple[int, int]) -> None:
        self.size = _pair(size)

    def __call__(self, images: Any) -> Any:
        _check_images("CenterCrop", images)
        top, left = (most // 2 for most in _room("CenterCrop", images, self.size))
        return images[..., top : top + self.size[0], left : left + self.size[1]]


class _RandomFlip:
    """Mirror some of the images."""

    _axis: int

    def __init__(self, p: float = 0.5) -> None:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"{type(self).__name__}: p={p} must be between 0 and 1")
        self.p = p

    def __call__(self, images: Any, generator: np.random.Generator | None = None) -> Any:
        _check_images(type(self).__name__, images)
        chosen = generator_or_default(generator).random((*images.shape[:-3], 1, 1, 1)) < self.p
        return np.where(chosen, np.flip(images, self._axis), images)


class RandomHorizontalFlip(_RandomFlip):
    """Change left and right of each image with probability `p`.

    Parameters
    ----------
    p : float, default 0.5

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import RandomHorizontalFlip
    >>> RandomHorizontalFlip(1.0)(np.arange(4.0).reshape(1, 2, 2))
    array([[[1., 0.],
            [3., 2.]]])
    """

    _axis = -1


class RandomVerticalFlip(_RandomFlip):
    """Change top and bottom of each image with probability `p`; otherwise as `RandomHorizontalFlip`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data.transforms import RandomVerticalFlip
    >>> RandomVerticalFlip(1.0)(np.arange(4.0).reshape(1, 2, 2))
    array([[[2., 3.],
            [0., 1.]]])
    """

    _axis = -2


def takes_generator(transform: Callable[..., Any]) -> bool:
    """Whether a transform has a parameter `generator`."""
    try:
        return "generator" in inspect.signature(transform).parameters
    except (TypeError, ValueError):  # functions of NumPy have no signature
        return False


def _check_images(what: str, images: Any, floating: bool = False) -> None:
    shape = np.shape(images)
    if len(shape) not in (3, 4):
        raise ValueError(f"{what}: images are of shape (C, H, W) or (N, C, H, W), not {shape}")
    if floating and images.dtype.kind != "f":
        raise TypeError(f"{what}: the images have dtype {images.dtype}; use .astype('float32') first")


def _room(what: str, images: Any, size: tuple[int, int]) -> tuple[int, int]:
    """How far down and to the right the corner of a window can be."""
    height, width = images.shape[-2] - size[0], images.shape[-1] - size[1]
    if min(height, width) < 0:
        raise ValueError(f"{what}: a window of {size} does not fit into images of {tuple(images.shape[-2:])}")
    return height, width


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, (int, np.integer)) else (int(size[0]), int(size[1]))


def _interpolation(size: int, shifts: Array, dtype: Any) -> Array:
    """For each shift a matrix, (1, size, size), that moves the entries of a vector by it."""
    places = np.arange(size)
    distances = places[:, None] - np.asarray(shifts)[..., None, None, None] - places
    matrices: Array = np.maximum(1.0 - np.abs(distances), 0.0)
    return matrices.astype(dtype)
