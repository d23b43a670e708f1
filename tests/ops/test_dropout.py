"""dropout: what it keeps, how often, with what scale, and that a seed repeats it."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_keeps_with_the_right_probability_and_scale(p, dtype):
    n = 200_000
    y = tg.dropout(tg.ones(n, dtype=dtype), p, generator=np.random.default_rng(3)).data
    assert y.dtype == dtype
    kept = y[y != 0]
    np.testing.assert_allclose(kept, 1 / (1 - p), rtol=1e-4)
    assert abs(kept.size / n - (1 - p)) < 5 * np.sqrt(p * (1 - p) / n)


def test_the_gradient_is_that_of_the_mask():
    x = tg.ones(1000, requires_grad=True)
    y = tg.dropout(x, 0.3)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)


def test_derivatives(rng):
    x = tg.Tensor(rng.standard_normal((3, 4)), True)

    def function(x):
        return tg.dropout(x, 0.5, generator=np.random.default_rng(1)) ** 2

    assert gradcheck(function, x)
    assert gradgradcheck(function, x)


def test_in_evaluation_and_at_0_it_is_the_identity():
    x = tg.ones(100, requires_grad=True)
    for y in (tg.dropout(x, 0.5, training=False), tg.dropout(x, 0.0)):
        np.testing.assert_array_equal(y.data, x.data)
        y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, 2.0)


def test_at_1_it_gives_zeros():
    x = tg.ones(100, requires_grad=True)
    y = tg.dropout(x, 1.0)
    y.sum().backward()
    assert not y.data.any()
    assert not x.grad.data.any()


def test_a_seed_repeats_it():
    x = tg.ones(50)
    tg.manual_seed(4)
    first = tg.dropout(x).tolist()
    assert tg.dropout(x).tolist() != first
    tg.manual_seed(4)
    assert tg.dropout(x).tolist() == first
    with_generator = [tg.dropout(x, generator=np.random.default_rng(9)).tolist() for _ in range(2)]
    assert with_generator[0] == with_generator[1]


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (7,), (2, 3, 5)])
def test_any_shape(shape):
    assert tg.dropout(tg.ones(shape)).shape == shape


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability(p):
    with pytest.raises(ValueError, match=r"dropout: p=.* \[0, 1\]"):
        tg.dropout(tg.ones(2), p)


def test_integers_cannot_be_scaled():
    with pytest.raises(TypeError, match="dropout"):
        tg.dropout(tg.arange(3))
