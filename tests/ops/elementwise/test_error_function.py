"""The error function and its complement against the math module, and their tails."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad
from tinygrad_fs.ops.elementwise import error_function

INF, NAN = np.inf, np.nan


@pytest.fixture(params=["blocks", "small"])
def size_of_small(request, monkeypatch):
    """Both ways for arrays of any size."""
    monkeypatch.setattr(error_function, "_SMALL", 0 if request.param == "blocks" else 10**9)


def exact(function, x: np.ndarray) -> np.ndarray:
    return np.array([function(float(value)) for value in x.ravel()]).reshape(x.shape)


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(found - expected) / np.abs(expected)))


@pytest.mark.usefixtures("size_of_small")
class TestAccuracy:
    def test_erf(self, rng):
        x = np.concatenate([rng.uniform(-7, 7, 40_000), 10.0 ** rng.uniform(-300, 0, 5_000), np.arange(1, 7) / 2048])
        assert relative_error(tg.erf(x), exact(math.erf, x)) < 6e-16

    def test_erfc_as_far_as_there_are_normal_numbers(self, rng):
        x = np.concatenate([rng.uniform(-7, 7, 20_000), rng.uniform(7, 26.5, 20_000)])
        assert relative_error(tg.erfc(x), exact(math.erfc, x)) < 1e-15

    @pytest.mark.parametrize(("function", "reference"), [(tg.erf, math.erf), (tg.erfc, math.erfc)])
    def test_float32(self, function, reference, rng):
        x = np.concatenate([rng.uniform(-5, 9.1, 40_000), rng.uniform(-0.01, 0.01, 5_000)]).astype(np.float32)
        y = function(x)
        assert y.dtype == np.float32
        assert relative_error(y, exact(reference, x)) < 3e-7

    def test_float16(self):
        x = np.linspace(-3, 3, 50, dtype=np.float16)
        y = tg.erf(x)
        assert y.dtype == np.float16
        np.testing.assert_allclose(y, exact(math.erf, x), atol=5e-4)

    def test_far_out(self):
        x = np.array([-INF, -1e300, -30.0, 0.0, 30.0, 1e300, INF, NAN])
        np.testing.assert_array_equal(tg.erf(x), [-1, -1, -1, 0, 1, 1, 1, NAN])
        np.testing.assert_array_equal(tg.erfc(x), [2, 2, 2, 1, 0, 0, 0, NAN])

    def test_the_sign_of_0_stays(self):
        assert math.copysign(1, tg.erf(np.array([-0.0]))[0]) == -1

    def test_erfc_of_both_zeros(self):
        assert tg.erfc(np.array([0.0, -0.0])).tolist() == [1.0, 1.0]

    @pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (2, 3, 4)])
    def test_shapes(self, shape):
        x = np.full(shape, 0.5)
        assert tg.erf(tg.Tensor(x)).shape == tg.erfc(x).shape == shape

    def test_numbers_lists_and_integers(self):
        assert tg.erf(0.5) == math.erf(0.5)
        assert tg.erfc([0.5, 1.0]).tolist() == [math.erfc(0.5), math.erfc(1.0)]
        assert tg.erf(tg.tensor([1])).dtype == np.float64


def test_more_than_one_block(rng):
    x = rng.standard_normal((3, error_function._BLOCK)).T
    np.testing.assert_allclose(tg.erf(x), exact(math.erf, x), rtol=1e-15)


@pytest.mark.parametrize("x", [-30.0, 0.0, 30.0])
def test_derivatives_of_higher_order(x):
    t = tg.tensor(x, dtype="float64", requires_grad=True)
    (first,) = grad(tg.erf(t), t, create_graph=True)
    assert first.item() == pytest.approx(2 / math.sqrt(math.pi) * math.exp(-x * x))
    (second,) = grad(first, t, create_graph=True)
    assert second.item() == pytest.approx(-2 * x * first.item())
    (third,) = grad(second, t)
    assert third.item() == pytest.approx((4 * x * x - 2) * first.item())
