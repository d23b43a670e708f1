"""Pooling: the largest value, or the mean, of windows of images, or of whole images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.columns import ColumnToImage, ImageToColumn, Sides, determine_padding, positions
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, floating, kept
from tinygrad_fs.ops.images.convolution import as_sides

__all__ = ["AveragePooling2D", "GlobalAveragePooling2D", "MaxPooling2D", "PoolingLayer"]


class PoolingLayer(Layer):
    """The base of pooling layers.

    Parameters
    ----------
    pool_shape : (int, int), default (2, 2)
        Height and width of the window.
    stride : int, default 1
    padding : int, pair, pair of pairs, "same" or "valid", default 0
        Around the image: on all sides; (vertical, horizontal); ((top, bottom), (left, right)); or as for `Conv2D`.

    Raises
    ------
    ValueError
        If `padding` is something else.
    """

    def __init__(self, pool_shape: tuple[int, int] = (2, 2), stride: int = 1, padding: Any = 0) -> None:
        self.pool_shape = pool_shape
        self.stride = stride
        self.padding = padding
        self.trainable = True
        self._sides()

    def output_shape(self) -> Shape:
        """Channels, height and width; a size is floor((size + padding - window) / stride) + 1."""
        channels, *image = self._known_input_shape(3, "(channels, height, width)")
        return channels, *positions(self.layer_name(), image, self.pool_shape, self._sides(), self.stride)

    def _sides(self) -> Sides:
        if isinstance(self.padding, str):
            return determine_padding(self.pool_shape, self.padding)
        return as_sides(type(self).__name__, self.padding)

    def _columns(self, X: Any, padding: Sides) -> Any:
        """The windows of each channel of each sample by itself as columns."""
        return ImageToColumn.apply(_planes(X), filter_shape=self.pool_shape, stride=self.stride, padding=padding)

    def _images(self, columns: Any, shape: Shape) -> Any:
        """The adjoint of `_columns`."""
        images = ColumnToImage.apply(
            columns,
            images_shape=(shape[0] * shape[1], 1, *shape[2:]),
            filter_shape=self.pool_shape,
            stride=self.stride,
            padding=self._sides(),
        )
        return images.reshape(shape)


class MaxPooling2D(PoolingLayer):
    """The largest value of each window. Padding is never chosen.

    Parameters
    ----------
    pool_shape, stride, padding
        As for `PoolingLayer`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import MaxPooling2D
    >>> MaxPooling2D(stride=2).forward_pass(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The largest values."""
        X = floating(X)
        self.layer_input = kept(X)
        return ops.max_pool2d(X, self.pool_shape, self.stride, self._sides())

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient of a window, to the first of its largest elements."""
        X = self._forwarded()
        padded = np.pad(X, ((0, 0), (0, 0), *self._sides()), constant_values=-np.inf)
        columns = self._columns(padded, ((0, 0), (0, 0)))
        first = np.argmax(columns, axis=0)
        spread = np.zeros_like(columns, dtype=accum_grad.dtype)
        spread[first, np.arange(first.size)] = _planes(accum_grad).transpose(1, 2, 3, 0).reshape(-1)
        return self._images(spread, X.shape)


class AveragePooling2D(PoolingLayer):
    """The mean of each window. Padding counts as zeros.

    Parameters
    ----------
    pool_shape, stride, padding
        As for `PoolingLayer`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import AveragePooling2D
    >>> AveragePooling2D(stride=2).forward_pass(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    def __init__(self, pool_shape: tuple[int, int] = (2, 2), stride: int = 1, padding: Any = 0) -> None:
        super().__init__(pool_shape, stride, padding)
        self.prev_shape: Shape | None = None

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The means."""
        self.prev_shape = X.shape
        return ops.avg_pool2d(floating(X), self.pool_shape, self.stride, self._sides())

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient of a window, in equal shares to its elements."""
        if self.prev_shape is None:
            raise RuntimeError("AveragePooling2D.backward_pass: no forward_pass came before it")
        size = math.prod(self.pool_shape)
        shares = _planes(accum_grad).transpose(1, 2, 3, 0).reshape(1, -1) / size
        return self._images(np.repeat(shares, size, axis=0), self.prev_shape)


class GlobalAveragePooling2D(Layer):
    """The mean of each channel: one number in place of an image.

    Lin, Chen and Yan 2014, "Network in network", section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import GlobalAveragePooling2D
    >>> GlobalAveragePooling2D().forward_pass(np.ones((5, 3, 4, 4))).shape
    (5, 3)
    """

    def __init__(self) -> None:
        self.prev_shape: Shape | None = None
        self.trainable = True

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The means."""
        self.prev_shape = X.shape
        return ops.mean(X, axis=(2, 3))

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient of a mean, in equal shares to its elements."""
        if self.prev_shape is None:
            raise RuntimeError("GlobalAveragePooling2D.backward_pass: no forward_pass came before it")
        shares = accum_grad / math.prod(self.prev_shape[2:])
        return shares[:, :, None, None] + np.zeros(self.prev_shape, accum_grad.dtype)

    def output_shape(self) -> Shape:
        """One number per channel."""
        return (self._known_input_shape(3, "(channels, height, width)")[0],)


def _planes(images: Any) -> Any:
    """Each channel of each sample as a sample of its own."""
    samples, channels, height, width = images.shape
    return images.reshape(samples * channels, 1, height, width)
