"""Floats taken apart, and phases: signs of zero, infinities, exponents, constants that are none."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, 2.5, -0.75])


def leaf(values: object) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


@pytest.mark.parametrize("function", [np.modf, np.frexp, lambda x: np.copysign(x, -x), lambda x: np.nextafter(x, 0.0)])
def test_special_values(function):
    mine, expected = function(leaf(SPECIAL)), function(SPECIAL)
    for ours, theirs in zip(mine, expected) if isinstance(mine, tuple) else [(mine, expected)]:
        np.testing.assert_array_equal(ours.data, theirs)
        np.testing.assert_array_equal(np.signbit(ours.data), np.signbit(theirs))
        assert ours.dtype == theirs.dtype


def test_the_gradient_of_a_copied_sign_is_0_at_0_and_in_the_sign():
    x, y = leaf([0.0, -0.0, 2.0, -2.0]), leaf([-1.0, 1.0, -0.0, 0.0])
    np.copysign(x, y).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, -1.0, -1.0]
    assert y.grad.tolist() == [0.0] * 4


def test_whole_parts_have_gradient_0():
    x = leaf([1.5, -2.25])
    fraction, whole = np.modf(x)
    (fraction * 3 + whole * 5).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_results_of_two_go_into_tensors():
    x, whole = leaf([1.5, -2.25]), tg.zeros(2, dtype="float64")
    fraction, same = np.modf(x, out=(None, whole))
    assert same is whole
    assert (fraction.tolist(), whole.tolist()) == ([0.5, -0.25], [1.0, -2.0])


def test_mantissa_and_exponent_are_each_others_way_back():
    x = leaf([6.0, -0.3, 1e-300])
    y = np.ldexp(*np.frexp(x))
    y.sum().backward()
    assert y.tolist() == x.tolist()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_exponents_are_integers_of_any_kind():
    x = leaf([1.5, 3.0])
    for exponent in (2, np.int8(2), tg.tensor(2), [2, 2], np.array([2, 2], "int32")):
        assert np.ldexp(x, exponent).tolist() == [6.0, 12.0]
    assert np.ldexp(2.0, tg.tensor([1, 2])).tolist() == [4.0, 8.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.ldexp(x, 0.5), TypeError, "ldexp: the exponents must be integers, not float64"),
        (lambda x: np.ldexp(1.0, x), TypeError, "ldexp: the exponent is a constant"),
        (lambda x: np.ldexp(x, [1, 2, 3]), ValueError, "broadcast"),
        (lambda x: np.unwrap(x, period=x[0]), TypeError, "unwrap: the period is a constant"),
        (lambda x: np.unwrap(x, axis=1), ValueError, "axis 1 is out of bounds"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf([1.0, 2.0]))
