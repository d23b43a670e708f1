"""Gradients of convolution line by line: right for every padding and however samples are divided."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_fs.ops import conv2d
from tinygrad_fs.ops.images import convolution, correlation, lines
from tinygrad_fs.ops.images.lines import filter_gradient, image_gradient
from tinygrad_fs.tensor import Tensor

# (images, filters, filter shape, (top, bottom), (left, right))
CASES = {
    "same": ((9, 3, 5, 6), 4, (3, 3), (1, 1), (1, 1)),
    "valid": ((9, 3, 5, 6), 4, (3, 3), (0, 0), (0, 0)),
    "more after than before": ((9, 3, 5, 6), 4, (2, 4), (0, 1), (1, 2)),
    "more before than after": ((9, 3, 5, 6), 4, (4, 2), (2, 1), (1, 0)),
    "a row": ((9, 3, 5, 6), 4, (1, 3), (0, 0), (1, 1)),
    "a column": ((9, 3, 5, 6), 4, (3, 1), (1, 1), (0, 0)),
    "one by one": ((9, 3, 5, 6), 4, (1, 1), (0, 0), (0, 0)),
    "windows that see nothing but padding": ((9, 2, 3, 3), 2, (2, 2), (3, 4), (4, 3)),
    "one window": ((9, 2, 3, 4), 5, (3, 4), (0, 0), (0, 0)),
    "a filter larger than the image": ((9, 2, 2, 2), 3, (5, 5), (2, 2), (2, 2)),
    "one sample": ((1, 3, 5, 6), 4, (3, 3), (1, 1), (1, 1)),
    "no sample": ((0, 3, 5, 6), 4, (3, 3), (1, 1), (1, 1)),
}


def made(case, dtype=np.float64):
    """Images, filters, gradients at the output, and the padding."""
    shape, filters, filter_shape, rows, cols = CASES[case]
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape), rng.standard_normal((filters, shape[1], *filter_shape))
    size = [n + sum(sides) - k + 1 for n, sides, k in zip(shape[2:], (rows, cols), filter_shape)]
    g = rng.standard_normal((shape[0], filters, *size))
    return x.astype(dtype), w.astype(dtype), g.astype(dtype), (rows, cols)


def by_definition(x, w, g, padding):
    """Both gradients, with the padded images as a whole."""
    windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), *padding)), w.shape[2:], axis=(2, 3))
    of_filters = np.einsum("ncrqij,nfrq->fcij", windows, g)
    of_padded = np.zeros((*x.shape[:2], x.shape[2] + sum(padding[0]), x.shape[3] + sum(padding[1])))
    for i, j in np.ndindex(*w.shape[2:]):
        of_padded[:, :, i : i + g.shape[2], j : j + g.shape[3]] += np.einsum("fc,nfrq->ncrq", w[:, :, i, j], g)
    (top, _), (left, _) = padding
    return of_filters, of_padded[:, :, top : top + x.shape[2], left : left + x.shape[3]]


@pytest.mark.parametrize("elements", [1, 300, 1 << 15], ids=["by one", "some at a time", "all at once"])
@pytest.mark.parametrize("case", CASES)
def test_gradients_by_definition(case, elements, monkeypatch):
    monkeypatch.setattr(lines, "_BLOCK", elements)
    monkeypatch.setattr(lines, "_LONG", 0)  # or eight samples are the least
    x, w, g, padding = made(case)
    before = (padding[0][0], padding[1][0])
    expected = by_definition(x, w, g, padding)
    np.testing.assert_allclose(filter_gradient(x, g, w.shape[2:], before), expected[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(image_gradient(w, g, x.shape, before), expected[1], rtol=1e-12, atol=1e-12)


def test_other_memory_orders_and_dtypes():
    x, w, g, padding = made("same", np.float32)
    expected = by_definition(x, w, g, padding)
    x, w, g = (np.asfortranarray(each) for each in (x, w, g))
    found = filter_gradient(x, g, (3, 3), (1, 1)), image_gradient(w, g, x.shape, (1, 1))
    for ours, right in zip(found, expected):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, right, rtol=1e-4, atol=1e-4)


def test_an_infinity_stays_in_its_sample():
    """A short last block must not see what stood in the buffers before."""
    x, w, g, _ = made("same")
    g[:, :] = np.where(np.arange(9)[:, None, None, None] == 0, np.inf, 0.0)
    gradient = image_gradient(np.abs(w), g, x.shape, (1, 1))
    assert np.isinf(gradient[0]).all()
    np.testing.assert_array_equal(gradient[1:], 0)


def test_conv2d_takes_them_where_they_pay(monkeypatch):
    """Both ways of conv2d to its gradients are the same function."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((20, 8, 6, 7)), rng.standard_normal((16, 8, 3, 3))
    seed = rng.standard_normal((20, 16, 6, 7))
    used, found = [], []
    monkeypatch.setattr(correlation, "filter_gradient", lambda *a: used.append("w") or filter_gradient(*a))
    monkeypatch.setattr(convolution, "image_gradient", lambda *a: used.append("x") or image_gradient(*a))
    for wide in (lines._WIDE, 0):  # images are never narrower than that
        monkeypatch.setattr(lines, "_WIDE", wide)
        leaves = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)
        conv2d(*leaves, padding=1).backward(seed)
        found.append([leaf.grad.numpy() for leaf in leaves])
    assert sorted(used) == ["w", "x"]
    for one, other in zip(*found):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
