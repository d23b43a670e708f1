"""im2col: order, indices, and that going back is the adjoint."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck
from tinygrad_fs.deep_learning.layers import (
    column_to_image,
    determine_padding,
    get_im2col_indices,
    image_to_column,
)

GEOMETRIES = [
    ((2, 3, 5, 6), (3, 3), 1, "same"),
    ((2, 3, 5, 6), (3, 3), 2, "same"),
    ((2, 1, 5, 6), (2, 4), 1, "same"),
    ((1, 3, 4, 4), (4, 1), 1, "valid"),
    ((2, 2, 7, 5), (2, 2), 3, "valid"),
    ((3, 2, 3, 3), (1, 1), 1, "same"),
    ((0, 2, 3, 3), (2, 2), 1, "same"),
]


@pytest.fixture(params=GEOMETRIES, ids=str)
def geometry(request):
    return request.param


def padded(images, padding):
    return np.pad(images, ((0, 0), (0, 0), *padding))


def test_padding():
    assert determine_padding((3, 3)) == ((1, 1), (1, 1))
    assert determine_padding((4, 1)) == ((1, 2), (0, 0))
    assert determine_padding((5, 2), "valid") == ((0, 0), (0, 0))
    with pytest.raises(ValueError, match="determine_padding: 0 is unknown"):
        determine_padding((2, 2), 0)


def test_columns_are_what_the_indices_say(geometry, rng):
    shape, filter_shape, stride, kind = geometry
    images = rng.standard_normal(shape)
    padding = determine_padding(filter_shape, kind)
    k, i, j = get_im2col_indices(shape, filter_shape, padding, stride)
    seen = padded(images, padding)[:, k, i, j]  # samples, taps, positions
    expected = seen.transpose(1, 2, 0).reshape(len(k), -1) if len(images) else np.zeros((len(k), 0))
    np.testing.assert_array_equal(image_to_column(images, filter_shape, stride, kind), expected)


def test_rows_are_channel_row_column_and_columns_are_row_column_sample():
    images = np.arange(2 * 2 * 3 * 3.0).reshape(2, 2, 3, 3)
    columns = image_to_column(images, (2, 2), 1, "valid").reshape(2, 2, 2, 2, 2, 2)
    for c, i, j, row, column, sample in np.ndindex(columns.shape):
        assert columns[c, i, j, row, column, sample] == images[sample, c, row + i, column + j]


def test_going_back_is_the_adjoint(geometry, rng):
    shape, filter_shape, stride, kind = geometry
    images = rng.standard_normal(shape)
    columns = image_to_column(images, filter_shape, stride, kind)
    other = rng.standard_normal(columns.shape)
    back = column_to_image(other, shape, filter_shape, stride, kind)
    assert back.shape == shape
    np.testing.assert_allclose(np.sum(columns * other), np.sum(images * back), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "filter_shape", "stride", "kind"),
    [((1, 2, 3, 3), (3, 3), 1, "same"), ((2, 1, 3, 4), (2, 2), 2, "same"), ((1, 1, 4, 3), (2, 1), 3, "valid")],
)
def test_tensors_are_recorded(shape, filter_shape, stride, kind, rng):
    images = tg.Tensor(rng.standard_normal(shape), requires_grad=True)

    def there(x):
        return image_to_column(x, filter_shape, stride, kind)

    def back(y):
        return column_to_image(y, shape, filter_shape, stride, kind)

    columns = tg.Tensor(there(images.numpy()), requires_grad=True)
    for function, x in ((there, images), (back, columns)):
        assert isinstance(function(x), tg.Tensor)
        assert gradcheck(function, x)
        assert gradgradcheck(function, x)


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match=r"image_to_column: a window of \(3, 3\) is larger than an image of \(2, 2\)"):
        image_to_column(np.zeros((1, 1, 2, 2)), (3, 3), 1, "valid")
    with pytest.raises(ValueError, match=r"columns have shape \(9, 5\); for these images they are \(9, 4\)"):
        column_to_image(np.zeros((9, 5)), (1, 1, 2, 2), (3, 3), 1)
