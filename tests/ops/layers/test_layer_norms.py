"""Normalizations within a sample: running values, parts that need no gradient, and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck


@pytest.mark.parametrize("training", [True, False])
def test_running_values_of_instance_norm(training, rng):
    torch = pytest.importorskip("torch")
    x, mean, var = rng.standard_normal((3, 2, 5)), rng.standard_normal(2), rng.random(2) + 0.5
    theirs = [torch.tensor(each) for each in (x, mean, var)]
    expected = torch.nn.functional.instance_norm(*theirs, use_input_stats=training, momentum=0.25)
    result = tg.instance_norm(x, mean, var, use_input_stats=training, momentum=0.25)
    np.testing.assert_allclose(result, expected.numpy(), rtol=1e-10)
    np.testing.assert_allclose(mean, theirs[1].numpy())
    np.testing.assert_allclose(var, theirs[2].numpy())


def test_only_the_weight_needs_a_gradient(rng):
    x = rng.standard_normal((3, 4))
    w, b = tg.Tensor(rng.standard_normal(4), True), tg.Tensor(rng.standard_normal(4), True)
    assert gradcheck(lambda w, b: tg.layer_norm(x, 4, w, b), [w, b])
    assert gradcheck(lambda b: tg.layer_norm(x, 4, None, b), b)
    assert gradcheck(lambda w: tg.rms_norm(x, 4, w), w)


def test_equal_values_have_finite_gradients():
    x = tg.ones((2, 4), requires_grad=True)
    (tg.layer_norm(x, 4) ** 2).sum().backward()
    np.testing.assert_array_equal(x.grad.data, 0.0)


def test_float32_far_from_0(rng):
    x = (rng.standard_normal((4, 64)) + 1000).astype("float32")
    exact = x.astype("float64")
    exact = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(tg.layer_norm(x, 64), exact, atol=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.layer_norm(tg.ones((2, 3)), 4), r"layer_norm: x of shape \(2, 3\) does not end with .* \(4,\)"),
        (lambda: tg.layer_norm(tg.ones((2, 3)), ()), "does not end with"),
        (lambda: tg.layer_norm(tg.ones((2, 3)), 3, tg.ones(2)), r"weight has shape \(2,\); it must be .* \(3,\)"),
        (lambda: tg.rms_norm(tg.ones((2, 3)), 2), "rms_norm: x of shape"),
        (lambda: tg.group_norm(tg.ones((2, 3)), 2), "3 channels do not divide into 2 groups"),
        (lambda: tg.group_norm(tg.ones(3), 1), "at least two axes"),
        (lambda: tg.group_norm(tg.ones((2, 4)), 2, tg.ones(2)), r"weight has shape \(2,\)"),
        (lambda: tg.instance_norm(tg.ones((2, 3))), "at least three axes"),
        (lambda: tg.instance_norm(tg.ones((2, 3, 1))), "more than one value"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
