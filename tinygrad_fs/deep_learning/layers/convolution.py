"""Conv2D: filters that slide over images."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.columns import ColumnToImage, ImageToColumn, determine_padding, positions
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, drawn, kept

__all__ = ["Conv2D"]

_BLOCK = 1 << 17
"""Elements of columns to work on at a time in the backward pass, so that they stay in the cache."""


class Conv2D(Layer):
    """Correlates images with filters: ``y[n, f] = sum over c of x[n, c] * W[f, c] + w0[f]``.

    Parameters
    ----------
    n_filters : int
    filter_shape : (int, int)
        Height and width.
    input_shape : (int, int, int), optional
        Channels, height and width. The first layer needs it.
    padding : {"same", "valid"}
        "same" pads with floor((k - 1) / 2) zeros before and ceil((k - 1) / 2) after, along both axes.
    stride : int, default 1
        The output has floor((size + padding - k) / stride) + 1 rows and columns.

    Attributes
    ----------
    W : array (n_filters, channels, filter height, filter width)
        Uniform within 1 / sqrt(filter height * filter width) of 0.
    w0 : array (n_filters, 1)
        Zeros.

    Raises
    ------
    ValueError
        If `padding` is another one.

    Examples
    --------
    >>> from tinygrad_fs.deep_learning.layers import Conv2D
    >>> Conv2D(16, (3, 3), input_shape=(1, 8, 8), stride=2).output_shape()
    (16, 4, 4)
    """

    def __init__(
        self,
        n_filters: int,
        filter_shape: tuple[int, int],
        input_shape: Shape | None = None,
        padding: str = "same",
        stride: int = 1,
    ) -> None:
        determine_padding(filter_shape, padding)
        self.n_filters = n_filters
        self.filter_shape = filter_shape
        self.padding = padding
        self.stride = stride
        self.input_shape = input_shape
        self.trainable = True
        self.W: Any = None
        self.w0: Any = None

    def initialize(self, optimizer: Any) -> None:
        """Draw the filters; raises ValueError if the input shape is not that of images, or too small."""
        self.output_shape()
        channels = self._image_shape()[0]
        limit = 1 / math.sqrt(math.prod(self.filter_shape))
        self.W = drawn(limit, (self.n_filters, channels, *self.filter_shape))
        self.w0 = np.zeros((self.n_filters, 1))
        self.W_opt = copy.copy(optimizer)
        self.w0_opt = copy.copy(optimizer)

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The output images."""
        self.layer_input = kept(X)
        sides = determine_padding(self.filter_shape, self.padding)
        return ops.conv2d(X, self.W, ops.reshape(self.w0, (self.n_filters,)), stride=self.stride, padding=sides)

    def backward_pass(self, accum_grad: Any) -> Any:
        """With the columns X_col of im2col: dW = g X_col^T, dw0 = sum of g, dX_col = W^T g, brought back to images.

        Here g is the gradient as a matrix, filters by positions. A few samples are taken at a time, and their columns
        are built again rather than kept, being larger than the images.
        """
        X, W = self._forwarded(), self.W.reshape(self.n_filters, -1)
        options = {
            "filter_shape": tuple(self.filter_shape),
            "stride": self.stride,
            "padding": determine_padding(self.filter_shape, self.padding),
        }
        input_gradient = np.empty_like(accum_grad, shape=X.shape, order="C")
        grad_W = np.zeros_like(W)
        per_sample = W.shape[1] * math.prod(accum_grad.shape[2:])
        step = max(1, _BLOCK // per_sample)
        for start in range(0, len(X), step):
            part = slice(start, start + step)
            g = accum_grad[part].transpose(1, 2, 3, 0).reshape(self.n_filters, -1)
            if self.trainable:
                grad_W += g @ ImageToColumn.apply(X[part], **options).T
            input_gradient[part] = ColumnToImage.apply(W.T @ g, images_shape=X[part].shape, **options)
        if self.trainable:
            grad_w0 = np.sum(accum_grad, axis=(0, 2, 3)).reshape(self.w0.shape)
            self._learn(W=grad_W.reshape(self.W.shape), w0=grad_w0)
        return input_gradient

    def output_shape(self) -> Shape:
        """Filters, height and width."""
        sides = determine_padding(self.filter_shape, self.padding)
        return self.n_filters, *positions(
            self.layer_name(), self._image_shape()[1:], self.filter_shape, sides, self.stride
        )

    def _image_shape(self) -> Shape:
        return self._known_input_shape(3, "(channels, height, width)")
