"""Optimizers: trajectories against their formulas, and what belongs to one parameter."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import optim
from tinygrad_fs.deep_learning.optimizers import (
    Adadelta,
    Adagrad,
    Adam,
    NesterovAcceleratedGradient,
    Optimizer,
    RMSprop,
    StochasticGradientDescent,
)

STEPS = 20


def sgd(w, gradients, lr, momentum):
    u = 0
    for g in gradients:
        u = momentum * u + (1 - momentum) * g
        w = w - lr * u
    return w


def nesterov(w, gradients, lr, momentum):
    """In terms of the places where the gradients are taken: those that the momentum leads to."""
    u = 0
    w = w + 0.0
    for g in gradients:
        real = w + momentum * u
        u = momentum * u + lr * np.clip(g, -1, 1)
        w = real - u - momentum * u
    return w


def adagrad(w, gradients, lr):
    total = 0
    for g in gradients:
        total = total + g**2
        w = w - lr * g / np.sqrt(total + 1e-8)
    return w


def adadelta(w, gradients, rho, eps):
    steps = squares = 0
    for g in gradients:
        squares = rho * squares + (1 - rho) * g**2
        u = np.sqrt(steps + eps) / np.sqrt(squares + eps) * g
        steps = rho * steps + (1 - rho) * u**2
        w = w - u
    return w


def rmsprop(w, gradients, lr, rho):
    squares = 0
    for g in gradients:
        squares = rho * squares + (1 - rho) * g**2
        w = w - lr * g / np.sqrt(squares + 1e-8)
    return w


def adam(w, gradients, lr, b1, b2):
    m = v = 0
    for t, g in enumerate(gradients, 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + 1e-8)
    return w


RULES = [
    (StochasticGradientDescent(), sgd, (0.01, 0)),
    (StochasticGradientDescent(0.1, 0.9), sgd, (0.1, 0.9)),
    (NesterovAcceleratedGradient(), nesterov, (0.001, 0.4)),
    (NesterovAcceleratedGradient(0.1, 0.9), nesterov, (0.1, 0.9)),
    (Adagrad(), adagrad, (0.01,)),
    (Adadelta(), adadelta, (0.95, 1e-6)),
    (Adadelta(0.5, 1e-3), adadelta, (0.5, 1e-3)),
    (RMSprop(), rmsprop, (0.01, 0.9)),
    (Adam(), adam, (0.001, 0.9, 0.999)),
    (Adam(0.0002, b1=0.5), adam, (0.0002, 0.5, 0.999)),
]


def named(value):
    return type(value).__name__ if isinstance(value, Optimizer) else getattr(value, "__name__", str(value))


@pytest.mark.parametrize("shape", [(3,), (4, 5), (200, 400), ()], ids=str)
@pytest.mark.parametrize(("optimizer", "formula", "options"), RULES, ids=named)
def test_trajectory(optimizer, formula, options, shape, rng):
    """Also of a parameter that takes several blocks."""
    optimizer = copy.copy(optimizer)
    start = w = rng.standard_normal(shape)
    gradients = rng.standard_normal((STEPS, *shape)) * 2
    for g in gradients:
        w = optimizer.update(w, g)
    np.testing.assert_allclose(w, formula(start, gradients, *options), rtol=1e-10, atol=1e-12)


def test_adam_is_the_one_of_optim(rng):
    w = rng.standard_normal((3, 4))
    p = tg.tensor(w, requires_grad=True)
    ours, theirs = Adam(), optim.Adam([p], lr=0.001)
    for g in rng.standard_normal((STEPS, 3, 4)):
        w = ours.update(w, g)
        p.grad = tg.Tensor(g)
        theirs.step()
    np.testing.assert_allclose(w, p.numpy(), rtol=1e-12)


@pytest.mark.parametrize("optimizer", [rule[0] for rule in RULES], ids=named)
class TestEach:
    def test_neither_parameter_nor_gradient_is_written_to(self, optimizer, rng):
        optimizer = copy.copy(optimizer)
        w, g = rng.standard_normal((2, 5))
        w.flags.writeable = g.flags.writeable = False
        first = optimizer.update(w, g)
        kept = first.copy()
        second = optimizer.update(first, g)
        assert first.flags.writeable
        assert not np.shares_memory(first, second)
        np.testing.assert_array_equal(first, kept)

    def test_a_copy_goes_its_own_way(self, optimizer, rng):
        optimizer = copy.copy(optimizer)
        w, g = rng.standard_normal((2, 5))
        w = optimizer.update(w, g)
        twin = copy.copy(optimizer)
        np.testing.assert_array_equal(twin.update(w, g), optimizer.update(w, g))
        twin.update(w, 100 * g)
        third = copy.deepcopy(optimizer)
        np.testing.assert_array_equal(third.update(w, g), optimizer.update(w, g))

    def test_a_wrong_shape_is_told_and_changes_nothing(self, optimizer, rng):
        optimizer = copy.copy(optimizer)
        w, g = rng.standard_normal((2, 5))
        w = optimizer.update(w, g)
        twin = copy.copy(optimizer)
        with pytest.raises(ValueError, match=r"update: the gradient has shape \(3,\), the parameter \(5,\)"):
            optimizer.update(w, g[:3])
        with pytest.raises(ValueError, match=r"of one of shape \(5,\); give each parameter an optimizer of its own"):
            optimizer.update(w[:3], g[:3])
        np.testing.assert_array_equal(optimizer.update(w, g), twin.update(w, g))

    def test_float32_stays_and_integers_become_floats(self, optimizer):
        g = np.ones(3, np.float32)
        assert copy.copy(optimizer).update(g, g).dtype == np.float32
        assert copy.copy(optimizer).update(np.array([1, 2]), np.array([1, 2])).dtype == np.float64

    def test_any_memory_order(self, optimizer, rng):
        w, g = rng.standard_normal((2, 300, 200))
        expected = copy.copy(optimizer).update(w, g)
        got = copy.copy(optimizer).update(np.asfortranarray(w), g[::-1][::-1].T.copy().T)
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("momentum", [0.0, 0.4, 0.9])
def test_nesterov_takes_functions_and_arrays_alike(momentum):
    """The array form visits the places at which the function form asks for gradients."""

    def gradient(w):
        asked.append(w)
        return 3.0 * w - 1.0

    asked: list[np.ndarray] = []
    w = place = np.array([0.5, -2.0])
    by_function, by_array = NesterovAcceleratedGradient(0.05, momentum), NesterovAcceleratedGradient(0.05, momentum)
    places = []
    for _ in range(STEPS):
        w = by_function.update(w, gradient)
        places.append(place)
        place = by_array.update(place, 3.0 * place - 1.0)
    np.testing.assert_allclose(places, asked, rtol=1e-12)


def test_what_a_subclass_has_to_define_is_said():
    with pytest.raises(NotImplementedError, match="Optimizer: define `def _step"):
        Optimizer().update(np.zeros(2), np.zeros(2))
