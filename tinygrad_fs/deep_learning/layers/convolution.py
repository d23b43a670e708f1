"""Conv2D: filters that slide over images."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.columns import (
    ColumnToImage,
    ImageToColumn,
    Pair,
    Sides,
    determine_padding,
    positions,
)
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, drawn, kept
from tinygrad_fs.ops.images.lines import filter_gradient, image_gradient

__all__ = ["Conv2D"]

_BLOCK = 1 << 17
"""Elements of columns to work on at a time in the backward pass."""


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
        bias = ops.reshape(self.w0, (self.n_filters,))
        return ops.conv2d(X, self.W, bias, stride=self.stride, padding=self._sides())

    def backward_pass(self, accum_grad: Any) -> Any:
        """With the columns X_col of im2col: dW = g X_col^T, dw0 = sum of g, dX_col = W^T g, brought back to images.

        Here g is the gradient as a matrix, filters by positions. A few samples are taken at a time, and their columns
        are built again rather than kept, being larger than the images; for stride 1, only a line at a time.
        """
        W = self.W
        self.learn_from(accum_grad)
        X = self._forwarded()
        if self.stride == 1:
            return image_gradient(W, accum_grad, X.shape, self._padding_before())
        matrix, gradient = W.reshape(self.n_filters, -1).T, np.empty_like(accum_grad, shape=X.shape, order="C")
        for part in self._parts(accum_grad):
            columns = matrix @ self._as_matrix(accum_grad[part])
            gradient[part] = ColumnToImage.apply(columns, images_shape=X[part].shape, **self._windows())
        return gradient

    def learn_from(self, accum_grad: Any) -> None:
        """Update the parameters as `backward_pass` does; the gradient at the input is not computed."""
        if not self.trainable:
            return
        X = self._forwarded()
        if self.stride == 1:
            grad_W = filter_gradient(X, accum_grad, self.filter_shape, self._padding_before())
        else:
            grad_W = np.zeros_like(self.W)
            for part in self._parts(accum_grad):
                columns = ImageToColumn.apply(X[part], **self._windows())
                grad_W += (self._as_matrix(accum_grad[part]) @ columns.T).reshape(grad_W.shape)
        grad_w0 = np.sum(np.sum(accum_grad, axis=0), axis=(1, 2))  # a third of the time of all axes at once
        self._learn(W=grad_W, w0=grad_w0.reshape(self.w0.shape))

    def _as_matrix(self, accum_grad: Any) -> Any:
        return accum_grad.transpose(1, 2, 3, 0).reshape(self.n_filters, -1)

    def _parts(self, accum_grad: Any) -> list[slice]:
        """The samples to work on at a time, so that their columns stay in the cache."""
        step = max(1, _BLOCK // max(1, self.W[0].size * accum_grad[0, 0].size)) if len(accum_grad) else 1
        return [slice(start, start + step) for start in range(0, len(accum_grad), step)]

    def _sides(self) -> Sides:
        return determine_padding(self.filter_shape, self.padding)

    def _padding_before(self) -> Pair:
        (top, _), (left, _) = self._sides()
        return top, left

    def _windows(self) -> dict[str, Any]:
        return {"filter_shape": tuple(self.filter_shape), "stride": self.stride, "padding": self._sides()}

    def output_shape(self) -> Shape:
        """Filters, height and width."""
        image = self._image_shape()[1:]
        return self.n_filters, *positions(self.layer_name(), image, self.filter_shape, self._sides(), self.stride)

    def _image_shape(self) -> Shape:
        return self._known_input_shape(3, "(channels, height, width)")
