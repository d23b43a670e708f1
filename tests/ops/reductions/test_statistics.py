"""Spread and weighted means at their edges: equal values, nothing, weights that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


def value_and_gradient(function, *values: float) -> tuple:
    x = leaf(*values)
    y = function(x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


class TestSpread:
    @pytest.mark.parametrize("values", [[2.0, 2.0, 2.0], [0.1, 0.1, 0.1], [1e-30, 1e-30, 1e-30], [5.0]])
    def test_equal_values_have_gradient_0(self, values):
        # The mean of three times 0.1 is rounded, so that their deviation as NumPy takes it is not quite 0.
        assert value_and_gradient(tg.std, *values)[1] == [0.0] * len(values)
        x = leaf(*values)
        (first,) = grad(tg.std(x), x, create_graph=True)
        (second,) = grad(first.sum(), x)
        assert np.isfinite(second.data).all()

    def test_equal_values_in_one_row(self):
        x = tg.tensor([[3.0, 3.0], [1.0, 3.0]], requires_grad=True)
        tg.std(x, axis=1).sum().backward()
        assert x.grad.tolist() == [[0.0, 0.0], [-0.5, 0.5]]

    @pytest.mark.filterwarnings("ignore:invalid value")
    @pytest.mark.parametrize("function", [tg.var, tg.std])
    def test_too_few_values(self, function):
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
            value, gradient = value_and_gradient(lambda x: function(x, ddof=1), 2.0)
        assert np.isnan([value, *gradient]).all()

    @pytest.mark.parametrize("function", [tg.var, tg.std])
    def test_correction_is_ddof(self, function):
        x = leaf(1.0, 2.0, 4.0)
        assert function(x, correction=1).item() == function(x, ddof=1).item()
        with pytest.raises(ValueError, match="two names of the same"):
            function(x, ddof=1, correction=1)

    def test_range_of_values_splits_ties(self):
        assert value_and_gradient(tg.ptp, 1.0, 3.0, 3.0) == (2.0, [-1.0, 0.5, 0.5])


class TestAverage:
    def test_returned(self):
        x = tg.tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
        mean, total = tg.average(x, axis=0, weights=[1.0, 3.0], returned=True)
        assert (mean.tolist(), total.tolist()) == ([2.5, 5.0], [4.0, 4.0])
        mean, total = tg.average(x, returned=True)
        assert (mean.item(), total.item(), total.requires_grad) == (3.0, 4.0, False)

    def test_weights_of_several_axes(self, rng):
        values, weights = rng.standard_normal((2, 3, 4)), rng.uniform(0.5, 1, (4, 2))
        expected = np.average(values, axis=(2, 0), weights=weights)
        np.testing.assert_allclose(tg.average(tg.tensor(values), axis=(2, 0), weights=weights).data, expected)

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"weights": [1.0, -1.0, 0.0]}, ZeroDivisionError, "weights sum to zero"),
            ({"weights": [1.0, 2.0]}, TypeError, r"weights have shape \(2,\), x \(3,\); give the axis"),
            ({"weights": [1.0, 2.0], "axis": 0}, ValueError, r"weights have shape \(2,\), which is not that of x"),
        ],
    )
    def test_errors(self, options, error, message):
        with pytest.raises(error, match=message):
            tg.average(leaf(1.0, 2.0, 3.0), **options)
