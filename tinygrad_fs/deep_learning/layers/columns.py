"""im2col: what a filter sees at each position as a column, so that a convolution is a product of matrices."""

from __future__ import annotations

import itertools
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_fs.op import Op

__all__ = [
    "ColumnToImage",
    "ImageToColumn",
    "Pair",
    "Sides",
    "column_to_image",
    "determine_padding",
    "get_im2col_indices",
    "image_to_column",
    "positions",
]

Pair: TypeAlias = tuple[int, int]
Sides: TypeAlias = tuple[Pair, Pair]
"""Padding: ((top, bottom), (left, right))."""


class ImageToColumn(Op):
    """y[(c,i,j), (r,q,n)] = x[n, c, r s + i - top, q s + j - left], 0 outside of the image;  dx: `ColumnToImage`."""

    def forward(x: Any, *, filter_shape: Pair, stride: int, padding: Sides) -> Any:
        samples, channels, height, width = x.shape
        (top, bottom), (left, right) = padding
        # Samples stand innermost, as in the columns: the windows are then copied in long runs.
        shape = (channels, top + height + bottom, left + width + right, samples)
        padded = np.zeros_like(x, shape=shape, order="C")
        padded[:, top : top + height, left : left + width] = x.transpose(1, 2, 3, 0)
        windows = sliding_window_view(padded, filter_shape, axis=(1, 2))[:, ::stride, ::stride]
        _, rows, columns, *_ = windows.shape
        y = np.empty_like(x, shape=(channels, *filter_shape, rows, columns, samples), order="C")
        y[...] = windows.transpose(0, 4, 5, 1, 2, 3)
        return y.reshape(channels * math.prod(filter_shape), rows * columns * samples)

    def vjp(g: Any, shapes: Any, filter_shape: Any, stride: Any, padding: Any) -> Any:
        return ColumnToImage.apply(g, images_shape=shapes[0], filter_shape=filter_shape, stride=stride, padding=padding)


class ColumnToImage(Op):
    """The adjoint of `ImageToColumn`: each entry is added to where it was read, padding aside;  dy: `ImageToColumn`."""

    def forward(y: Any, *, images_shape: tuple[int, ...], filter_shape: Pair, stride: int, padding: Sides) -> Any:
        samples, channels, height, width = images_shape
        (top, bottom), (left, right) = padding
        rows, columns = positions("column_to_image", images_shape[2:], filter_shape, padding, stride)
        taps = y.reshape(channels, *filter_shape, rows, columns, samples)
        shape = (channels, top + height + bottom, left + width + right, samples)
        padded = np.zeros_like(y, shape=shape, order="C")
        # Within one tap no two windows meet, so a plain sum of strided views will do.
        for i, j in itertools.product(*map(range, filter_shape)):
            seen = padded[:, i : i + stride * rows : stride, j : j + stride * columns : stride]
            seen += taps[:, i, j]
        return padded[:, top : top + height, left : left + width].transpose(3, 0, 1, 2)

    def vjp(g: Any, filter_shape: Any, stride: Any, padding: Any) -> Any:
        return ImageToColumn.apply(g, filter_shape=filter_shape, stride=stride, padding=padding)


def positions(who: str, image: Any, filter_shape: Any, padding: Sides, stride: int) -> Pair:
    """How many positions a window has along both axes of an image; raises ValueError if it does not fit."""
    sizes = [size + sum(sides) for size, sides in zip(image, padding)]
    if any(each > size for each, size in zip(filter_shape, sizes)):
        raise ValueError(
            f"{who}: a window of {tuple(filter_shape)} is larger than an image of {tuple(image)}, padded to "
            f"{tuple(sizes)}; pad more, or use a smaller one"
        )
    rows, columns = [(size - each) // stride + 1 for each, size in zip(filter_shape, sizes)]
    return rows, columns


def determine_padding(filter_shape: Pair, output_shape: str = "same") -> Sides:
    """The padding that gives an output of that kind, for stride 1.

    Parameters
    ----------
    filter_shape : (int, int)
        Height and width.
    output_shape : {"same", "valid"}
        As large as the image, with the odd row and column at the end; or no padding.

    Returns
    -------
    ((top, bottom), (left, right))

    Raises
    ------
    ValueError
        If `output_shape` is another one.

    Examples
    --------
    >>> from tinygrad_fs.deep_learning.layers import determine_padding
    >>> determine_padding((3, 4))
    ((1, 1), (1, 2))
    """
    if output_shape == "valid":
        return (0, 0), (0, 0)
    if output_shape != "same":
        raise ValueError(f"determine_padding: {output_shape!r} is unknown; use 'same' or 'valid'")
    height, width = ((size - 1) // 2 for size in filter_shape)
    return (height, filter_shape[0] - 1 - height), (width, filter_shape[1] - 1 - width)


def get_im2col_indices(
    images_shape: tuple[int, ...], filter_shape: Pair, padding: Sides, stride: int = 1
) -> tuple[Any, Any, Any]:
    """Where each entry of the columns stands in the padded images: ``padded[:, k, i, j]``.

    Parameters
    ----------
    images_shape : (int, int, int, int)
        Samples, channels, height, width, without padding.
    filter_shape : (int, int)
    padding : ((top, bottom), (left, right))
    stride : int, default 1

    Returns
    -------
    k : array of int (channels * filter height * filter width, 1)
        The channels.
    i, j : array of int (channels * filter height * filter width, out height * out width)
        Rows and columns.

    Examples
    --------
    >>> from tinygrad_fs.deep_learning.layers import get_im2col_indices
    >>> k, i, j = get_im2col_indices((1, 1, 2, 3), (2, 2), ((0, 0), (0, 0)))
    >>> j.tolist()
    [[0, 1], [1, 2], [0, 1], [1, 2]]
    """
    channels, *image = images_shape[1:]
    out = positions("get_im2col_indices", image, filter_shape, padding, stride)
    taps = np.indices((channels, *filter_shape)).reshape(3, -1, 1)
    corners = stride * np.indices(out).reshape(2, 1, -1)
    return taps[0], taps[1] + corners[0], taps[2] + corners[1]


def image_to_column(images: Any, filter_shape: Pair, stride: int, output_shape: str = "same") -> Any:
    """Lay what a filter sees at each position side by side as columns.

    Parameters
    ----------
    images : array or Tensor (samples, channels, height, width)
    filter_shape : (int, int)
    stride : int
    output_shape : {"same", "valid"}
        As for `determine_padding`.

    Returns
    -------
    array or Tensor (channels * filter height * filter width, out height * out width * samples)
        Rows in the order channel, filter row, filter column; columns in the order out row, out column, sample.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import image_to_column
    >>> image_to_column(np.arange(6.0).reshape(1, 1, 2, 3), (2, 2), 1, "valid")
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    """
    padding = determine_padding(filter_shape, output_shape)
    positions("image_to_column", images.shape[2:], filter_shape, padding, stride)
    return ImageToColumn.apply(images, filter_shape=tuple(filter_shape), stride=stride, padding=padding)


def column_to_image(
    cols: Any, images_shape: tuple[int, ...], filter_shape: Pair, stride: int, output_shape: str = "same"
) -> Any:
    """Add each entry of the columns to where `image_to_column` took it from; the padding is cut off.

    It is the adjoint of `image_to_column`, not its inverse: what several windows see is added up as often.

    Parameters
    ----------
    cols : array or Tensor
        As `image_to_column` returns them.
    images_shape : (int, int, int, int)
        Samples, channels, height, width.
    filter_shape, stride, output_shape
        As for `image_to_column`.

    Returns
    -------
    array or Tensor of shape `images_shape`

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import column_to_image
    >>> column_to_image(np.ones((4, 2)), (1, 1, 2, 3), (2, 2), 1, "valid")
    array([[[[1., 2., 1.],
             [1., 2., 1.]]]])
    """
    padding = determine_padding(filter_shape, output_shape)
    rows, columns = positions("column_to_image", images_shape[2:], filter_shape, padding, stride)
    expected = (images_shape[1] * math.prod(filter_shape), rows * columns * images_shape[0])
    if cols.shape != expected:
        raise ValueError(f"column_to_image: the columns have shape {cols.shape}; for these images they are {expected}")
    return ColumnToImage.apply(
        cols, images_shape=tuple(images_shape), filter_shape=tuple(filter_shape), stride=stride, padding=padding
    )
