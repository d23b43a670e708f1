"""Trigonometric functions: the origin, the bounds of the inverses, large values, and sinc at 0 to any order."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad
from tinygrad_fs.ops.elementwise.trigonometric import Sinc


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


class TestTheOrigin:
    def test_of_arctan2(self):
        y, x = leaf(0.0), leaf(0.0)
        tg.arctan2(y, x).backward()
        assert (y.grad.item(), x.grad.item()) == (0.0, 0.0)
        assert math.copysign(1, x.grad.item()) == -1

    def test_of_hypot(self):
        x, y = leaf(0.0, 3.0), leaf(0.0, 4.0)
        tg.hypot(x, y).sum().backward()
        np.testing.assert_allclose([x.grad.data, y.grad.data], [[0.0, 0.6], [0.0, 0.8]])

    @pytest.mark.parametrize("function", [tg.hypot, tg.arctan2])
    def test_second_derivatives_beside_it_are_right(self, function):
        x, y = leaf(0.0, 3.0), leaf(0.0, 4.0)
        first = grad(function(x, y).sum(), (x, y), create_graph=True)
        alone = leaf(3.0), leaf(4.0)
        other = grad(function(*alone).sum(), alone, create_graph=True)
        for one, two in zip(first, other):
            for a, b in zip(grad(one.sum(), (x, y), retain_graph=True), grad(two.sum(), alone, retain_graph=True)):
                assert a.data[1] == pytest.approx(b.data[0])


@pytest.mark.parametrize(("dtype", "large"), [("float64", 1e200), ("float64", 1e-200), ("float32", 1e25)])
class TestExtremeSizes:
    """No square overflows or vanishes on the way to a result that does not."""

    def test_hypot(self, dtype, large):
        x, y = leaf(3 * large, dtype=dtype), leaf(4 * large, dtype=dtype)
        tg.hypot(x, y).backward()
        np.testing.assert_allclose([x.grad.item(), y.grad.item()], [0.6, 0.8], rtol=1e-6)

    def test_arctan2(self, dtype, large):
        y, x = leaf(3 * large, dtype=dtype), leaf(4 * large, dtype=dtype)
        tg.arctan2(y, x).backward()
        np.testing.assert_allclose([y.grad.item(), x.grad.item()], [0.16 / large, -0.12 / large], rtol=1e-6)


@pytest.mark.parametrize("function", [tg.arcsin, tg.arccos])
def test_inverses_near_and_at_their_bounds(function):
    sign = 1 if function is tg.arcsin else -1
    x = leaf(1 - 2.0**-50, 1.0, -1.0)
    function(x).sum().backward()
    # 1 - x^2 = 2^-49 - 2^-100
    np.testing.assert_allclose(x.grad.data * sign, [2.0**24.5, np.inf, np.inf], rtol=1e-14)


def test_angles_by_numpys_other_names():
    x = leaf(180.0)
    for function in (np.deg2rad, np.radians, tg.radians):
        (g,) = grad(function(x), x)
        assert g.item() == pytest.approx(np.pi / 180)
    for function in (np.rad2deg, np.degrees, tg.degrees):
        (g,) = grad(function(x), x)
        assert g.item() == pytest.approx(180 / np.pi)


class TestSinc:
    def test_derivatives_at_0(self):
        x = tg.tensor(0.0, dtype="float64", requires_grad=True)
        y = tg.sinc(x)
        found = [y.item()]
        for _ in range(6):
            (y,) = grad(y, x, create_graph=True)
            found.append(y.item())
        # x^2n has the coefficient (-1)^n pi^2n / (2n + 1)!, and the derivative (2n)! times that.
        expected = [1, 0, -(np.pi**2) / 3, 0, np.pi**4 / 5, 0, -(np.pi**6) / 7]
        np.testing.assert_allclose(found, expected, rtol=1e-14)

    @pytest.mark.parametrize("order", range(8))
    def test_every_order_is_right_near_0_and_far_from_it(self, order):
        # The n-th derivative of sin(t) / t is the integral from 0 to 1 of u^n cos(t u + n pi / 2).
        x = np.concatenate([np.linspace(-6, 6, 997), 10.0 ** np.linspace(-15, -0.1, 200)])
        u, weights = np.polynomial.legendre.leggauss(80)
        u, weights = (u + 1) / 2, weights / 2
        wave = [np.cos, np.sin][order % 2](np.outer(np.pi * x, u)) * (-1) ** ((order + 1) // 2)
        expected = np.pi**order * (wave * u**order) @ weights
        np.testing.assert_allclose(Sinc.apply(x, order=order), expected, atol=2e-14 * np.pi**order)
        np.testing.assert_allclose(Sinc.apply(x, order=order)[997:], expected[997:], rtol=2e-13)

    @pytest.mark.parametrize("dtype", ["float16", "float32"])
    def test_lower_precisions(self, dtype):
        x = tg.tensor([0.0, 1e-7, 0.3, 1.0], dtype=dtype, requires_grad=True)
        y = tg.sinc(x)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == np.dtype(dtype)
        tolerance = 5 * float(np.finfo(dtype).eps)
        exact = x.data.astype(np.float64)
        np.testing.assert_allclose(y.data, np.sinc(exact), atol=tolerance)
        np.testing.assert_allclose(x.grad.data, Sinc.apply(exact, order=1), atol=2 * tolerance)

    def test_of_integers_numbers_and_nothing(self):
        np.testing.assert_allclose(tg.sinc(tg.tensor([0, 1])).data, [1.0, 0.0], atol=1e-16)
        assert tg.sinc(0.0) == 1.0
        assert tg.sinc(np.zeros((0, 2))).shape == (0, 2)
        assert np.isnan(tg.sinc(leaf(np.nan)).item())
