"""Numbers kept by a mask of bits are those of np.where."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.ops.masking import kept


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize(
    "shapes", [((5000,), (5000,)), ((70, 1), (70, 80)), ((4000,), ()), ((60, 70), (70,)), ((3,), (3,))]
)
def test_as_where(dtype, shapes, rng):
    values = (rng.standard_normal(shapes[0]) * 10).astype(dtype)
    mask = np.asarray(rng.random(shapes[1]) > 0.5)
    found = kept(values, mask)
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, np.where(mask, values, 0))


def test_what_is_left_out_is_zero_whatever_it_was():
    values = np.tile([np.nan, np.inf, -np.inf, -0.0, 1.0], 1000)
    mask = np.tile([False] * 5 + [True] * 5, 500)
    found = kept(values, mask)
    np.testing.assert_array_equal(found, np.where(mask, values, 0))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(np.where(mask, values, 0)))


def test_any_memory_order():
    values = np.arange(12_000.0).reshape(100, 120)
    for view in (values.T, values[::-1], values[:, ::2], np.broadcast_to(values[0], (100, 120))):
        mask = view % 3 == 0
        np.testing.assert_array_equal(kept(view, mask), np.where(mask, view, 0))


def test_gradients_of_many_elements(rng):
    x = tg.tensor(rng.standard_normal(5000), requires_grad=True)
    y = tg.tensor(rng.standard_normal(5000), requires_grad=True)
    tg.maximum(x, y).sum().backward()
    np.testing.assert_array_equal(x.grad.data, x.data > y.data)
    np.testing.assert_array_equal(y.grad.data, x.data < y.data)
    (g,) = tg.autograd.grad(tg.where(x > 0, x, 0).sum(), x)
    np.testing.assert_array_equal(g.data, x.data > 0)
