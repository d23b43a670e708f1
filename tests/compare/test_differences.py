"""Central differences: right slopes, kinks that are seen, precision that is known, and what they may cost."""

from __future__ import annotations

import numpy as np
import pytest

from tinygrad_fs import compare
from tinygrad_fs.compare import numeric
from tinygrad_fs.compare.numeric import BUDGET, Differences, Precision

X = np.array([[0.5, -1.5, 2.0], [1.0, -0.25, 0.75]])


def differences(function, x=X, dtype=np.float64):
    shape = function(x).shape
    g = np.random.default_rng(0).standard_normal(shape)
    return Differences(lambda values: (function(values["x"]).astype(dtype),), {"x": x}, (g,)), g


SMOOTH = {
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "steep": (lambda x: np.exp(3 * x), lambda x: 3 * np.exp(3 * x)),
    "linear": (lambda x: 7 * x, lambda x: np.full(x.shape, 7.0)),
    "constant": (np.zeros_like, np.zeros_like),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_slopes_of_smooth_functions(name):
    function, derivative = SMOOTH[name]
    found, g = differences(function)
    gradient, kinks = found.gradient("x")
    np.testing.assert_allclose(gradient, g * derivative(X), rtol=1e-7, atol=1e-9)
    assert not kinks.any()


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (np.abs, 0.0),
        (lambda x: np.maximum(x, 0), 0.0),
        (lambda x: np.maximum(x, 1.0), 1.0),
        (lambda x: np.clip(x, -1, 1), -1.0),
        (lambda x: np.where(x > 2, 3 * x, x + 4), 2.0),
        (lambda x: np.abs(x), 4e-6),  # not at the kink, but within the step
        (lambda x: np.sqrt(np.abs(x)), 0.0),
    ],
)
def test_kinks_are_seen(function, at):
    found, _ = differences(function, np.array([at, 0.5, 3.0]))
    assert found.gradient("x")[1].tolist() == [True, False, False]


def test_the_slopes_on_both_sides():
    found, g = differences(lambda x: np.where(x > 0, 3 * x, x), np.zeros(1))
    slope = found.slope_in("x", (0,))
    assert (slope.left, slope.right) == (pytest.approx(g[0]), pytest.approx(3 * g[0]))
    around = found.around("x", (0,), np.random.default_rng(0))
    assert around[:2] == pytest.approx([3 * g[0], g[0]])
    assert set((around / g[0]).round(6)) == {1.0, 3.0}


def test_a_slope_without_bounds_is_known_for_one():
    root, _ = differences(lambda x: np.sqrt(np.abs(x)), np.array([0.0, 1.0]))
    assert root.is_steep("x", (0,))
    assert not root.is_steep("x", (1,))


def test_strong_curvature_is_no_kink():
    found, g = differences(lambda x: np.cos(100 * x), np.array([0.3]))
    gradient, kinks = found.gradient("x")
    assert gradient == pytest.approx(-100 * g * np.sin(30), rel=1e-6)
    assert not kinks.any()


@pytest.mark.parametrize(
    ("function", "bits"),
    [
        (lambda x: np.tanh(x), 64),
        (lambda x: np.tanh(x.astype(np.float32)), 32),
        (lambda x: np.tanh(x.astype(np.float32)).astype(np.float64), 32),
        (lambda x: np.tanh(x.astype(np.float16)).astype(np.float64), 16),
    ],
)
def test_the_precision_is_that_of_the_coarsest_step_on_the_way(function, bits):
    g = np.ones(X.shape)
    found = Differences(lambda values: (function(values["x"]),), {"x": X}, (g,))
    assert found.precision("x") == Precision.for_bits(bits)
    gradient, _ = found.gradient("x")
    np.testing.assert_allclose(gradient, 1 - np.tanh(X) ** 2, atol={64: 1e-9, 32: 1e-3, 16: 0.2}[bits])


def test_many_entries_are_moved_along_directions():
    x = np.random.default_rng(1).standard_normal(2001)
    found, g = differences(lambda x: x**2, x)
    assert not found.is_affordable("x", BUDGET)
    assert differences(lambda x: x**2, x[1:])[0].is_affordable("x", BUDGET)
    directional = found.directional("x", np.random.default_rng(2))
    assert len(directional.slopes) == len(directional.directions) >= 30
    np.testing.assert_allclose(directional.of(2 * g * x), directional.slopes, rtol=1e-6, atol=1e-7)
    assert [len(found.directional("x", np.random.default_rng(2), budget).slopes) for budget in (0, 20, 400)] == [
        3, 5, 40,
    ]  # fmt: skip


def test_values_without_slopes_are_not_moved():
    found = Differences(lambda v: (v["x"][v["i"]],), {"x": X, "i": np.array([0, 0, 1])}, (np.ones((3, 3)),))
    np.testing.assert_allclose(found.gradient("x")[0], [[2, 2, 2], [1, 1, 1]])


class OneByOne:
    """No tape can follow its forward; it counts how often that runs."""

    runs = 0

    def forward(self, x):
        OneByOne.runs += 1
        self.x = x
        return np.array([[float(value) ** 2 for value in row] for row in x])

    def backward(self, g):
        return g * self.x


def test_a_forward_runs_no_more_often_than_the_budget_allows():
    def audited(**budget):
        OneByOne.runs = 0
        report = compare.audit(OneByOne, input_shape=(60,), draws=1, variations=False, **budget)
        (finding,) = report.findings
        assert (finding.verdict, finding.truth) == ("scaled", "differences")
        assert finding.scale == pytest.approx(0.5, rel=1e-4)
        return OneByOne.runs, report.remarks

    runs, remarks = audited()
    assert runs > 4 * 180 * 4
    assert remarks == ()
    runs, remarks = audited(budget=40)
    assert runs < 600
    (remark,) = remarks
    assert remark.startswith("the gradient of input was compared along random directions: ")
    assert remark.endswith("a larger budget allows them")


def test_a_slow_forward_is_not_run_for_every_entry(monkeypatch):
    monkeypatch.setattr(numeric, "PATIENCE", 0.0)
    OneByOne.runs = 0
    report = compare.audit(OneByOne, input_shape=(60,), draws=1, variations=False)
    assert report.findings[0].verdict == "scaled"
    assert len(report.remarks) == 1
    assert OneByOne.runs < 600
    assert compare.audit(OneByOne, input_shape=(60,), draws=1, variations=False, budget=8000).remarks == ()
