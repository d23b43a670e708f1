"""Arithmetic: quotients and remainders, powers, and what NumPy's names for them do on Tensors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


class TestFloatPower:
    def test_is_always_float64(self):
        x = leaf(2.0, 3.0, dtype="float32")
        y = tg.float_power(x, 2)
        assert (y.dtype, y.tolist()) == (np.float64, [4.0, 9.0])
        y.sum().backward()
        assert (x.grad.dtype, x.grad.tolist()) == (np.float32, [4.0, 6.0])

    @pytest.mark.parametrize("x", [tg.tensor([2, 4]), np.array([2, 4]), [2, 4]])
    def test_of_integers(self, x):
        result = tg.float_power(x, -1)
        assert isinstance(result, tg.Tensor) == isinstance(x, tg.Tensor)
        assert (result.dtype, result.tolist()) == (np.float64, [0.5, 0.25])

    def test_derivatives(self):
        x, y = leaf(0.5, 1.5), leaf(-1.2)
        assert gradcheck(tg.float_power, [x, y])
        assert gradgradcheck(tg.float_power, [x, y])
        assert gradcheck(lambda y: np.float_power(2, y), y)


class TestQuotients:
    def test_floor_division_has_gradient_0_of_the_inputs_shapes(self):
        x, y = tg.ones((2, 3), requires_grad=True), tg.full((3,), 2.0, requires_grad=True)
        (x // y).sum().backward()
        assert (x.grad.tolist(), y.grad.tolist()) == ([[0.0] * 3] * 2, [0.0] * 3)

    @pytest.mark.parametrize(("function", "slope"), [(tg.remainder, 2.0), (tg.fmod, 1.0)])
    def test_remainders_of_negative_numbers(self, function, slope):
        x, y = leaf(-5.0), leaf(3.0)
        function(x, y).sum().backward()
        assert (x.grad.item(), y.grad.item()) == (1.0, slope)

    def test_the_derivative_belongs_to_the_remainder_that_was_found(self):
        # 0.1 is a little more than a tenth, so it goes 9 times into 1, although 1 / 0.1 rounds to 10.
        for function in (tg.remainder, tg.fmod):
            x, y = leaf(1.0), leaf(0.1)
            rest = function(x, y)
            rest.sum().backward()
            assert rest.item() == pytest.approx(0.1)
            assert y.grad.item() == -9.0

    def test_divmod(self):
        x = leaf(5.0, -5.0)
        for quotient, rest in (divmod(x, 3), np.divmod(x, 3), tg.divmod(x, 3)):
            assert (quotient.tolist(), rest.tolist()) == ([1.0, -2.0], [2.0, 1.0])
            assert quotient.requires_grad
            assert rest.requires_grad


class TestPower:
    def test_of_a_number_stays_float32(self):
        y = leaf(1.0, 2.0, dtype="float32")
        (2.0**y).sum().backward()
        np.testing.assert_allclose(y.grad.data, np.log(2) * np.array([2.0, 4.0]), rtol=1e-6)

    @pytest.mark.parametrize(("base", "slope"), [(0, 0.0), (1, 0.0), (-2.0, np.nan)])
    def test_of_a_singular_number(self, base, slope):
        y = leaf(2.0)
        (base**y).sum().backward()
        np.testing.assert_array_equal(y.grad.data, slope)


class TestAliases:
    @pytest.mark.parametrize(
        ("function", "value"),
        [(np.abs, 2.5), (np.absolute, 2.5), (np.fabs, 2.5), (np.positive, -2.5), (np.negative, 2.5)],
    )
    def test_of_one(self, function, value):
        y = function(leaf(-2.5))
        assert (y.tolist(), y.requires_grad) == ([value], True)

    @pytest.mark.parametrize(
        ("function", "value"), [(np.true_divide, -1.25), (np.divide, -1.25), (np.mod, 1.5), (np.pow, 6.25)]
    )
    def test_of_two(self, function, value):
        y = function(leaf(-2.5), 2)
        assert (y.tolist(), y.requires_grad) == ([value], True)

    def test_of_integers_fabs_gives_floats(self):
        assert np.fabs(tg.tensor([-2])).dtype == tg.fabs(tg.tensor([-2])).dtype == np.float64
        assert tg.absolute(tg.tensor([-2])).dtype == np.int64
