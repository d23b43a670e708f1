"""Numbers kept and selected by a mask of bits are those of np.where."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.ops.masking import kept, selected, stepped


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


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("x", "y"), [(5000, 5000), (5000, 1), (1, 5000), (5000, 0.5), (-0.0, 5000), (0, 1.0)])
def test_a_choice_of_two(dtype, x, y, rng):
    def drawn(size: float) -> object:
        return rng.standard_normal(size).astype(dtype) if isinstance(size, int) and size else size

    mask, x, y = rng.random(5000) > 0.5, drawn(x), drawn(y)
    for each in (x, y):
        if isinstance(each, np.ndarray):
            each[:3] = [np.nan, -np.inf, -0.0][: each.size]
    found, expected = selected(mask, x, y), np.where(mask, x, y)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


def test_a_choice_of_two_dtypes(rng):
    mask = rng.random(5000) > 0.5
    x, y = rng.standard_normal(5000).astype("float32"), rng.standard_normal(5000)
    assert selected(mask, x, y).dtype == np.float64
    np.testing.assert_array_equal(selected(mask, x, y), np.where(mask, x, y))


@pytest.mark.parametrize("size", [10, 5000])
def test_a_step_is_exact_and_of_the_dtype(size, rng):
    mask = rng.random(size) > 0.5
    found = stepped(mask, 1.0, 0.1, np.zeros(1, np.float32))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.where(mask, np.float32(1.0), np.float32(0.1)))


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
