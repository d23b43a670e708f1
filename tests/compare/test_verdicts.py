"""The verdict on one gradient, from arrays alone: each kind, and what is easily taken for another."""

from __future__ import annotations

import numpy as np
import pytest

from tinygrad_fs.compare.numeric import Differences
from tinygrad_fs.compare.pattern import Marked, describe
from tinygrad_fs.compare.verdict import GradientPair, judge

rng = np.random.default_rng(11)
DRAWS = [rng.standard_normal((3, 4)) for _ in range(3)]
TIES = rng.permutation(np.resize([-1.0, 0.0, 1.0], 12)).reshape(3, 4)


def pair(x, wrong, *, generic=True, function=np.abs, derivative=np.sign):
    """The gradient of sum(g * function(x)), spoilt by `wrong(gradient, x)`."""
    g = np.random.default_rng(3).uniform(0.5, 2, x.shape)
    truth = g * derivative(x)
    differences = Differences(lambda values: (function(values["input"]),), {"input": x}, (g,))
    return GradientPair(wrong(truth, x), truth, "input", x, generic=generic, differences=differences)


def verdict(wrong, **functions):
    generic = [pair(x, wrong, **functions) for x in DRAWS]
    return judge([*generic, pair(TIES, wrong, generic=False, **functions)])


SMOOTH = {"function": lambda x: x**3, "derivative": lambda x: 3 * x**2}


def negative_lost(gradient, x):
    return np.where(x < 0, 0, gradient)


def last_column_lost(gradient, x):
    return gradient * np.array([1, 1, 1, 0.0])


SPOILT = {
    "right": (lambda t, x: t, "right", ""),
    "rounding": (lambda t, x: t * (1 + 1e-9), "right", ""),
    "scaled": (lambda t, x: 2.5 * t, "scaled", "2.5 times the gradient"),
    "a small factor": (lambda t, x: t * (1 + 1e-4), "scaled", "1.0001 times the gradient"),
    "the sign": (lambda t, x: -t, "scaled", "the sign is wrong"),
    "zero": (lambda t, x: 0 * t, "wrong", "it is zero, and should not be"),
    "something added": (lambda t, x: t + 0.1, "wrong", "cosine"),
    "another factor in every draw": (lambda t, x: t * (2 + x.sum()), "wrong", "cosine"),
    "a condition": (negative_lost, "partial", "wrong where input is negative"),
    "a column": (last_column_lost, "partial", "wrong at [:, -1]"),
    "nan": (lambda t, x: np.where(x > 1, np.nan, t), "nonfinite", "entries are nan or infinite"),
    "infinite": (lambda t, x: t / np.where(x > 1, 0.0, 1.0), "nonfinite", "entries are nan or infinite"),
}


@pytest.mark.parametrize("name", SPOILT)
@np.errstate(all="ignore")
def test_each_kind(name):
    wrong, expected, words = SPOILT[name]
    found = verdict(wrong, **SMOOTH)
    assert found.verdict == expected
    assert words in found.detail
    assert (found.scale is not None) == (expected == "scaled")


def test_a_kink_is_a_convention_whatever_is_taken_there():
    for taken in (-1.0, 0.0, 0.5, 1.0):
        found = verdict(lambda t, x, taken=taken: np.where(x == 0, taken * 0.5, t))
        assert found.verdict == "convention", taken
        assert "at kinks and ties it takes" in found.detail


def test_a_value_far_from_the_slopes_is_none():
    assert verdict(lambda t, x: np.where(x == 0, 9.0, t)).verdict == "partial"


def test_what_is_wrong_elsewhere_is_not_excused_by_kinks():
    assert verdict(lambda t, x: np.where(x == 0, 1.0, 2 * t)).verdict == "scaled"


def test_only_generic_draws_decide_where_they_differ():
    """At 1 and 0 the slope of x^3 is also 3 x: the ties alone would not show it."""
    found = verdict(lambda t, x: t / np.where(x == 0, 1, x), **SMOOTH)
    assert found.verdict == "wrong"


def test_a_truth_that_is_not_finite_says_nothing():
    x = np.array([0.0, 4.0])
    g = np.ones(2)
    with np.errstate(all="ignore"):
        differences = Differences(lambda v: (np.sqrt(np.abs(v["x"])),), {"x": x}, (g,))
        for at_zero in (np.inf, 0.0, 5.0):
            by_hand = np.array([at_zero, 0.25])
            one = GradientPair(by_hand, np.array([np.inf, 0.25]), "x", x, generic=True, differences=differences)
            assert judge([one]).verdict == "right"


def test_no_gradient_at_all_is_right_if_there_is_none():
    x = np.ones(3)
    differences = Differences(lambda v: (0 * v["x"],), {"x": x}, (x,))
    one = GradientPair(np.full(3, 1e-16), np.zeros(3), "x", x, generic=True, differences=differences)
    assert judge([one]).verdict == "right"
    one = GradientPair(np.full(3, 1e-2), np.zeros(3), "x", x, generic=True, differences=differences)
    assert judge([one]).verdict == "wrong"


def marked(shape, *index):
    mask = np.zeros(shape, bool)
    mask[index] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (marked((3, 4), slice(None), slice(0, 3)), "at [:, :3]"),
        (marked((3, 4), slice(None), 0), "at [:, 0]"),
        (marked((3, 4), -1), "at [-1]"),
        (marked((3, 4), 1, 2), "at [1, 2]"),
        (marked((2, 6, 3), slice(None), slice(1, None, 2)), "at [:, 1::2]"),
        (marked((4,), slice(1, 3)), "at [1:3]"),
        (marked((2, 2), [0, 1], [0, 1]), "in 2 of 4 entries, the first at [0, 0]"),
    ],
)
def test_parts_in_words(mask, words):
    assert describe([Marked(mask, np.ones(mask.shape, bool), np.ones(mask.shape))], "W") == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (lambda x: x < 0, "where W is negative"),
        (lambda x: x > 0, "where W is positive"),
        (lambda x: np.abs(x) > 1, "where W is above 1 in size"),
        (lambda x: np.abs(x) < 1, "where W is below 1 in size"),
    ],
)
def test_conditions_in_words(condition, words):
    assert describe([Marked(condition(x), np.ones(x.shape, bool), x) for x in DRAWS], "W") == words
