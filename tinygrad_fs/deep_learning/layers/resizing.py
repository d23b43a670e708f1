"""Layers that change the size of images: UpSampling2D, ConstantPadding2D, ZeroPadding2D."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, floating

__all__ = ["ConstantPadding2D", "UpSampling2D", "ZeroPadding2D"]


class UpSampling2D(Layer):
    """Repeats rows and columns.

    Parameters
    ----------
    size : (int, int), default (2, 2)
        How often each row, and each column.
    input_shape : (int, int, int), optional
        Channels, height and width. The first layer needs it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import UpSampling2D
    >>> UpSampling2D((1, 2)).forward_pass(np.array([[[[1.0, 2.0]]]]))
    array([[[[1., 1., 2., 2.]]]])
    """

    def __init__(self, size: tuple[int, int] = (2, 2), input_shape: Shape | None = None) -> None:
        self.prev_shape: Shape | None = None
        self.trainable = True
        self.size = size
        self.input_shape = input_shape

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The larger images."""
        self.prev_shape = X.shape
        return ops.repeat(ops.repeat(X, self.size[0], axis=2), self.size[1], axis=3)

    def backward_pass(self, accum_grad: Any) -> Any:
        """The sum over each block of copies."""
        if self.prev_shape is None:
            raise RuntimeError("UpSampling2D.backward_pass: no forward_pass came before it")
        samples, channels, height, width = self.prev_shape
        blocks = accum_grad.reshape(samples, channels, height, self.size[0], width, self.size[1])
        return blocks.sum(axis=(3, 5))

    def output_shape(self) -> Shape:
        """Channels, height and width."""
        channels, height, width = self._known_input_shape(3, "(channels, height, width)")
        return channels, height * self.size[0], width * self.size[1]


class ConstantPadding2D(Layer):
    """Adds rows and columns of a constant.

    Parameters
    ----------
    padding : (int, int) or ((int, int), (int, int))
        Rows above and below and columns left and right: as many on both sides, or ((top, bottom), (left, right)).
        The two forms may be mixed.
    padding_value : float, default 0

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import ConstantPadding2D
    >>> ConstantPadding2D((0, (1, 2)), 9).forward_pass(np.array([[[[1.0]]]]))
    array([[[[9., 1., 9., 9.]]]])
    """

    def __init__(self, padding: Any, padding_value: float = 0) -> None:
        self.padding = tuple([(each, each) if np.ndim(each) == 0 else tuple(each) for each in padding])
        self.trainable = True
        self.padding_value = padding_value

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The larger images."""
        return ops.pad(floating(X), ((0, 0), (0, 0), *self.padding), constant_values=self.padding_value)

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient of the image inside of the border."""
        (top, bottom), (left, right) = self.padding
        height, width = accum_grad.shape[2:]
        return accum_grad[:, :, top : height - bottom, left : width - right]

    def output_shape(self) -> Shape:
        """Channels, height and width."""
        channels, height, width = self._known_input_shape(3, "(channels, height, width)")
        return channels, height + sum(self.padding[0]), width + sum(self.padding[1])


class ZeroPadding2D(ConstantPadding2D):
    """Adds rows and columns of zeros.

    Parameters
    ----------
    padding
        As for `ConstantPadding2D`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import ZeroPadding2D
    >>> ZeroPadding2D((1, 1)).forward_pass(np.ones((2, 3, 4, 4))).shape
    (2, 3, 6, 6)
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0)
