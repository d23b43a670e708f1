"""Hyperbolic functions: large values and the bounds of the inverses."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad


def slope(function, x: float, dtype: str = "float64") -> float:
    t = tg.tensor(x, requires_grad=True, dtype=dtype)
    function(t).backward()
    return t.grad.item()


@pytest.mark.parametrize(("dtype", "large"), [("float64", 1e200), ("float32", 1e25)])
@pytest.mark.parametrize("function", [tg.arcsinh, tg.arccosh])
def test_inverses_of_large_values(function, dtype, large):
    assert slope(function, large, dtype) == pytest.approx(1 / large, rel=1e-12 if dtype == "float64" else 1e-4)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_inverses_at_their_bounds():
    assert slope(tg.arccosh, 1.0) == np.inf
    assert slope(tg.arctanh, 1.0) == np.inf
    assert slope(tg.arctanh, -1.0) == np.inf


def test_inverses_near_their_bounds_keep_their_digits():
    step = 2.0**-50
    assert slope(tg.arccosh, 1 + step) == pytest.approx(1 / np.sqrt(step * (2 + step)), rel=1e-14)
    assert slope(tg.arctanh, 1 - step) == pytest.approx(1 / (step * (2 - step)), rel=1e-14)


def test_derivatives_of_higher_order_are_finite_far_out():
    x = tg.tensor([1e160, 1e300], dtype="float64", requires_grad=True)
    for function in (tg.arcsinh, tg.arccosh, tg.arctan):
        (first,) = grad(function(x).sum(), x, create_graph=True)
        (second,) = grad(first.sum(), x)
        assert np.isfinite(second.data).all()
