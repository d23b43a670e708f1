"""Activation functions: values, derivatives by hand against differences and against the tape, and the far ends."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.deep_learning import activation_functions
from tinygrad_fs.deep_learning.activation_functions import (
    ELU,
    SELU,
    LeakyReLU,
    Linear,
    ReLU,
    Sigmoid,
    Softmax,
    SoftPlus,
    Swish,
    TanH,
    backward_through,
)

ELEMENTWISE = [Sigmoid(), TanH(), ReLU(), LeakyReLU(), LeakyReLU(0.01), ELU(), ELU(1.0), SELU(), SoftPlus(), Linear()]
ELEMENTWISE += [Swish()]
X = np.array([[-3.0, -0.7, 0.2], [0.9, 2.5, -0.1]])


def named(function):
    return f"{type(function).__name__}-{getattr(function, 'alpha', '')}"


@pytest.mark.parametrize("function", ELEMENTWISE, ids=named)
def test_gradient_is_the_slope(function):
    step = 1e-6
    slope = (function(X + step) - function(X - step)) / (2 * step)
    np.testing.assert_allclose(function.gradient(X), slope, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("function", [*ELEMENTWISE, Softmax()], ids=named)
def test_backward_pass_is_what_the_tape_gives(function, rng):
    g = rng.standard_normal(X.shape)
    leaf = tg.Tensor(X, requires_grad=True)
    out = function(leaf)
    (expected,) = tg.autograd.grad(out, leaf, g)
    np.testing.assert_array_equal(out.numpy(), function(X))
    np.testing.assert_allclose(function.backward_pass(X, g), expected.numpy(), rtol=1e-12, atol=1e-15)


def test_gradient_of_softmax_is_the_diagonal_of_its_jacobian():
    jacobian = tg.func.jacobian(Softmax())(X[0]).numpy()
    np.testing.assert_allclose(Softmax().gradient(X[0]), np.diag(jacobian), rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "left", "right"),
    [
        (Sigmoid(), (0, 0), (1, 0)),
        (TanH(), (-1, 0), (1, 0)),
        (ReLU(), (0, 0), (1e4, 1)),
        (LeakyReLU(), (-2e3, 0.2), (1e4, 1)),
        (ELU(), (-0.1, 0), (1e4, 1)),
        (SELU(), (-1.7580993408473768, 0), (1.0507009873554805e4, 1.0507009873554805)),
        (SoftPlus(), (0, 0), (1e4, 1)),
        (Swish(), (0, 0), (1e4, 1)),
    ],
    ids=lambda value: named(value) if callable(value) else None,
)
def test_far_from_zero_nothing_overflows(function, left, right):
    x = np.array([-1e4, 1e4])
    np.testing.assert_allclose(function(x), [left[0], right[0]], rtol=1e-15)
    np.testing.assert_allclose(function.gradient(x), [left[1], right[1]], rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "at_zero"),
    [(ReLU(), 0), (LeakyReLU(), 0.2), (ELU(), 0.1), (SELU(), 1.7580993408473766)],
    ids=lambda value: named(value) if callable(value) else None,
)
def test_the_value_at_a_kink_is_the_documented_one(function, at_zero):
    assert function.gradient(np.array([0.0])) == pytest.approx(at_zero)
    assert function.backward_pass(np.array([0.0]), np.array([1.0])) == pytest.approx(at_zero)


@pytest.mark.parametrize("function", [*ELEMENTWISE, Softmax()], ids=named)
def test_lists_integers_and_numbers_are_taken(function):
    np.testing.assert_array_equal(function([0.0, 1.0]), function(np.array([0.0, 1.0])))
    np.testing.assert_allclose(function(np.array([0, 1])), function(np.array([0.0, 1.0])))
    np.testing.assert_array_equal(function.gradient([0.0, 1.0]), function.gradient(np.array([0.0, 1.0])))
    assert np.ndim(function(0.5)) == 0


def test_constants():
    assert (LeakyReLU().alpha, ELU().alpha) == (0.2, 0.1)
    assert (SELU().alpha, SELU().scale) == (1.6732632423543772, 1.0507009873554805)


def test_a_function_with_nothing_but_a_gradient_will_do():
    class Cube:
        def __call__(self, x):
            return x**3

        def gradient(self, x):
            return 3 * x**2

    assert backward_through(Cube(), np.array([2.0]), np.array([0.5])) == 6.0


def test_what_a_subclass_has_to_define_is_said():
    class Unfinished(activation_functions.ActivationFunction):
        """Neither values nor derivative."""

    with pytest.raises(NotImplementedError, match="Unfinished: define `def __call__"):
        Unfinished()(X)
    with pytest.raises(NotImplementedError, match="Unfinished: define `def gradient"):
        Unfinished().gradient(X)
