"""Dropout in its three kinds: what is kept, how often, with what scale, derivatives, seeds and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck

KINDS = [tg.dropout2d, tg.alpha_dropout]


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


def test_dropout2d_leaves_out_whole_channels(rng):
    x = tg.Tensor(rng.standard_normal((40, 50, 2, 3)), True)
    y = tg.dropout2d(x, 0.25, generator=rng)
    kept = (y.data != 0).all((-1, -2))
    np.testing.assert_allclose(y.data, x.data * kept[:, :, None, None] / 0.75, rtol=1e-15)
    assert abs(kept.mean() - 0.75) < 5 * np.sqrt(0.25 * 0.75 / kept.size)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(kept[:, :, None, None] / 0.75, x.shape), rtol=1e-15)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(p, rng):
    x = rng.standard_normal(200_000)
    y = tg.alpha_dropout(x, p, training=True, generator=rng)
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1.0) < 0.03


def test_alpha_dropout_values(rng):
    x = rng.standard_normal(1000)
    y = tg.alpha_dropout(x, 0.5, training=True, generator=rng)
    alpha = tg.selu(np.array(-1e3))
    a = (0.5 * (1 + 0.5 * alpha**2)) ** -0.5
    dropped = np.isclose(y, a * alpha - a * 0.5 * alpha, rtol=1e-12)
    np.testing.assert_allclose(y[~dropped], a * x[~dropped] - a * 0.5 * alpha)
    assert 400 < dropped.sum() < 600


@pytest.mark.parametrize("kind", [tg.dropout, *KINDS])
def test_derivatives(kind, rng):
    x = tg.Tensor(rng.standard_normal((3, 4, 2)), True)

    def call(x):
        return kind(x, 0.5, True, np.random.default_rng(5))

    assert gradcheck(call, x)
    assert gradgradcheck(lambda x: call(x) ** 2, x)


@pytest.mark.parametrize("kind", KINDS)
def test_limits(kind, rng):
    x = rng.standard_normal((2, 3, 4)).astype("float32")
    np.testing.assert_array_equal(kind(x, 0.0, True), x)
    np.testing.assert_array_equal(kind(x, 0.5, False), x)
    np.testing.assert_array_equal(kind(x, 1.0, True), np.zeros_like(x))
    assert kind(x, 0.5, True).dtype == np.float32
    t = tg.Tensor(x)
    assert kind(t, 0.0, True) is not t
    assert kind(np.zeros((0, 3, 4)), 0.5, True).shape == (0, 3, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind, rng):
    x = rng.standard_normal((20, 30))
    tg.manual_seed(3)
    first = kind(x, 0.5, True)
    tg.manual_seed(3)
    np.testing.assert_array_equal(kind(x, 0.5, True), first)
    assert (kind(x, 0.5, True) != first).any()


@pytest.mark.parametrize("kind", KINDS)
def test_errors(kind):
    with pytest.raises(ValueError, match=rf"{kind.__name__}: p=1.5 .* \[0, 1\]"):
        kind(tg.ones((2, 2)), 1.5)
    with pytest.raises(TypeError, match=f"{kind.__name__}: .*int64"):
        kind(np.ones((2, 2), np.int64), 0.5, True)
    with pytest.raises(ValueError, match=r"dropout2d: .*\(3,\)"):
        tg.dropout2d(tg.ones(3))
