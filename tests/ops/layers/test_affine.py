"""linear: values, derivatives and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck


@pytest.mark.parametrize("x_shape", [(3,), (5, 3), (2, 4, 3), (0, 3), (2, 0, 3)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_values_and_derivatives(x_shape, with_bias, rng):
    x, w, b = (tg.Tensor(rng.standard_normal(s), True) for s in (x_shape, (4, 3), (4,)))
    inputs = [x, w, b] if with_bias else [x, w]
    y = tg.linear(*inputs)
    np.testing.assert_allclose(y.data, x.data @ w.data.T + (b.data if with_bias else 0), rtol=1e-12)
    assert gradcheck(tg.linear, inputs)
    assert gradgradcheck(tg.linear, inputs)


def test_float32_stays():
    assert tg.linear(tg.ones((2, 3)), tg.ones((4, 3)), tg.ones(4)).dtype == np.float32
    assert tg.linear(np.ones((2, 3), "f"), np.ones((4, 3), "f"), np.ones(4)).dtype == np.float64


def test_the_bias_is_not_changed():
    b = tg.ones(2, requires_grad=True)
    tg.linear(tg.ones((3, 2)), tg.ones((2, 2)), b).sum().backward()
    assert b.tolist() == [1.0, 1.0]
    assert b.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("x", "w", "b", "message"),
    [
        ((2, 5), (4, 3), None, r"last axis of the input \(2, 5\) must have the 3 in_features of the weight \(4, 3\)"),
        ((2, 3), (4, 3, 1), None, r"weight has shape \(4, 3, 1\); it must be \(out_features, in_features\)"),
        ((2, 3), (4, 3), (5,), r"bias has shape \(5,\); it must be \(4,\)"),
        ((), (4, 3), None, "last axis"),
    ],
)
def test_errors(x, w, b, message):
    with pytest.raises(ValueError, match=f"linear: .*{message}"):
        tg.linear(tg.zeros(x), tg.zeros(w), None if b is None else tg.zeros(b))
