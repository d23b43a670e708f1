"""Exponentials and logarithms: far out, at 0 and at infinity."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradgradcheck

INF, NAN = np.inf, np.nan


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


@pytest.mark.parametrize("function", [tg.logaddexp, tg.logaddexp2])
class TestLogAddExp:
    @pytest.mark.parametrize(
        ("x", "y", "dx", "dy"),
        [
            (1000.0, 1000.0, 0.5, 0.5),
            (1e6, -1e6, 1.0, 0.0),
            (-1e6, 3.0, 0.0, 1.0),
            (-INF, 3.0, 0.0, 1.0),
            (INF, 3.0, 1.0, 0.0),
            (-INF, -INF, 0.5, 0.5),
            (INF, INF, 0.5, 0.5),
        ],
    )
    def test_gradients(self, function, x, y, dx, dy):
        a, b = leaf(x), leaf(y)
        z = function(a, b)
        assert z.item() == pytest.approx(max(x, y), rel=1e-3)
        z.backward()
        assert (a.grad.item(), b.grad.item()) == (dx, dy)

    def test_small_gradients_keep_their_digits(self, function):
        x = leaf(-600.0)
        function(x, 100.0).backward()
        expected = np.exp(-700.0) if function is tg.logaddexp else 2.0**-700
        assert x.grad.item() == pytest.approx(expected, rel=1e-12)

    def test_second_derivatives_are_finite_far_out(self, function):
        x, y = leaf(-INF, 1e6, -1e6, 800.0), leaf(-INF, -1e6, 1e6, 800.0)
        first = grad(function(x, y).sum(), (x, y), create_graph=True)
        for second in grad(sum(g.sum() * (i + 1) for i, g in enumerate(first)), (x, y)):
            assert np.isfinite(second.data).all()

    def test_equal_values_have_a_second_derivative(self, function):
        assert gradgradcheck(function, [leaf(0.3), leaf(0.3)])


@pytest.mark.parametrize("x", [-40.0, -800.0, 800.0])
def test_the_derivative_of_expm1_keeps_its_digits(x):
    if x > 709:
        pytest.skip("e^x overflows")
    t = leaf(x)
    tg.expm1(t).backward()
    assert t.grad.item() == pytest.approx(np.exp(x), rel=1e-15)


class TestXLogY:
    @pytest.mark.parametrize(
        ("x", "y", "value", "dx", "dy"),
        [
            (0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 2.0, 0.0, np.log(2.0), 0.0),
            (0.0, -1.0, 0.0, 0.0, 0.0),
            (0.0, NAN, NAN, NAN, NAN),
            (0.0, INF, 0.0, INF, 0.0),
            (3.0, 2.0, 3 * np.log(2.0), np.log(2.0), 1.5),
        ],
    )
    def test_values_and_gradients(self, x, y, value, dx, dy):
        a, b = leaf(x), leaf(y)
        z = tg.xlogy(a, b)
        z.backward()
        np.testing.assert_array_equal([z.item(), a.grad.item(), b.grad.item()], [value, dx, dy])

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_with_0_elsewhere(self):
        x, y = leaf(2.0), leaf(0.0)
        z = tg.xlogy(x, y)
        z.backward()
        assert (z.item(), x.grad.item(), y.grad.item()) == (-INF, -INF, INF)

    def test_second_derivatives_at_0(self):
        assert gradgradcheck(tg.xlogy, [leaf(0.0), leaf(2.0)])
        x, y = leaf(0.0), leaf(0.0)
        first = grad(tg.xlogy(x, y), (x, y), create_graph=True)
        assert not any(np.isnan(g.data).any() for g in grad(first[0] + first[1], (x, y)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("function", [tg.log, tg.log2, tg.log10, tg.sqrt, tg.cbrt])
def test_at_0_the_slope_is_infinite(function):
    x = leaf(0.0)
    function(x).backward()
    assert x.grad.item() == INF


def test_cube_roots_of_negative_numbers():
    x = leaf(-8.0)
    tg.cbrt(x).backward()
    assert x.grad.item() == pytest.approx(1 / 12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("function", "slope"), [(tg.reciprocal, -INF), (tg.rsqrt, -INF)])
def test_reciprocals_at_0(function, slope):
    x = leaf(0.0)
    y = function(x)
    y.backward()
    assert (y.item(), x.grad.item()) == (INF, slope)
