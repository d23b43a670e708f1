"""Rounding and signs: halves, steps, and gradients of 0 that are recorded."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

FUNCTIONS = [tg.ceil, tg.floor, tg.rint, tg.round, tg.sign, tg.trunc, np.ceil, np.around, np.rint, np.sign]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_gradient_is_0_also_at_the_steps(function):
    x = tg.tensor([-1.0, -0.5, 0.0, 0.5, 1.5, 2.5], requires_grad=True)
    y = function(x)
    np.testing.assert_array_equal(y.data, function(x.data))
    y.sum().backward()
    assert x.grad.tolist() == [0.0] * 6


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_second_derivative_is_0_too(function):
    x = tg.tensor([0.3, 1.7], requires_grad=True)
    (first,) = grad((function(x) * x).sum(), x, create_graph=True)
    np.testing.assert_array_equal(first.data, function(x.data))
    (second,) = grad(first.sum(), x)
    assert second.tolist() == [0.0, 0.0]


def test_round_takes_decimals():
    x = tg.tensor([123.456], dtype="float64", requires_grad=True)
    for y in (x.round(1), tg.round(x, 1), np.round(x, 1), np.round(x, decimals=1), np.around(x, 1)):
        assert (y.tolist(), y.requires_grad) == ([123.5], True)
    assert x.round(-2).tolist() == [100.0]


def test_integers_become_what_numpy_makes_of_them():
    integers = np.array([-3, 4])  # integers since NumPy 2.1, floats in 2.0
    for function, numpys in ((tg.round, np.round), (tg.floor, np.floor), (tg.sign, np.sign), (tg.trunc, np.trunc)):
        assert function(tg.tensor(integers)).dtype == numpys(integers).dtype


@pytest.mark.parametrize("shape", [(), (0, 2)])
def test_any_shape(shape):
    x = tg.ones(shape, requires_grad=True)
    tg.floor(x).sum().backward()
    assert x.grad.shape == shape


class TestHeaviside:
    def test_the_value_at_0_takes_the_gradient_there(self):
        x = tg.tensor([-1.0, 0.0, 2.0], requires_grad=True)
        h = tg.tensor(0.5, requires_grad=True)
        y = tg.heaviside(x, h)
        assert y.tolist() == [0.0, 0.5, 1.0]
        y.sum().backward()
        assert (x.grad.tolist(), h.grad.item()) == ([0.0] * 3, 1.0)

    def test_nan_stays(self):
        assert np.isnan(tg.heaviside(tg.tensor([np.nan]), 1).item())
