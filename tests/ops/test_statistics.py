"""Statistics at their edges: equal values, ties, nan, infinities, nothing."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

INF, NAN = np.inf, np.nan


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


class TestOrderStatistics:
    def test_the_two_in_the_middle_share(self):
        assert value_and_gradient(tg.median, 5.0, 1.0, 2.0, 3.0) == (2.5, [0.0, 0.0, 0.5, 0.5])
        assert value_and_gradient(tg.median, 5.0, 1.0, 2.0) == (2.0, [0.0, 0.0, 1.0])

    def test_ties_keep_the_whole_gradient(self):
        for values in ([1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 2.0, 5.0], [2.0, 2.0, 2.0]):
            value, gradient = value_and_gradient(tg.median, *values)
            assert value == np.median(values)
            assert sum(gradient) == 1.0
            assert all(g == 0.0 for g, v in zip(gradient, values) if v != value)

    def test_linear_weights(self):
        value, gradient = value_and_gradient(lambda x: tg.quantile(x, 0.3), 4.0, 1.0, 3.0)
        assert value == pytest.approx(2.2)
        assert gradient == pytest.approx([0.0, 0.4, 0.6])

    def test_nan_is_the_result_and_takes_the_gradient(self):
        x = tg.tensor([[1.0, NAN, 3.0, NAN], [1.0, 2.0, 3.0, 4.0]], requires_grad=True)
        y = tg.median(x, axis=1)
        np.testing.assert_array_equal(y.data, [NAN, 2.5])
        y.sum().backward()
        assert x.grad.tolist() == [[0.0, 1.0, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]]

    @pytest.mark.parametrize(
        ("values", "q", "expected"),
        [([INF, INF, INF], 0.3, INF), ([1.0, INF], 0.0, 1.0), ([-INF, 2.0], 1.0, 2.0), ([1.0, 2.0, INF], 0.5, 2.0)],
    )
    def test_infinities(self, values, q, expected):
        # NumPy subtracts them, and gives nan with a warning.
        value, gradient = value_and_gradient(lambda x: tg.quantile(x, q), *values)
        assert value == expected
        assert sum(gradient) == pytest.approx(1.0)

    def test_equal_values_give_themselves(self):
        assert tg.quantile(leaf(0.1, 0.1, 0.1), [0.2, 0.3, 0.7]).tolist() == [0.1, 0.1, 0.1]

    def test_shapes_of_q(self):
        x = tg.tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
        for q in (0.5, [0.5], [[0.1, 0.2], [0.3, 0.4]], []):
            for axis in (None, 1, (0, 2), (2, 0), ()):
                expected = np.quantile(x.data, q, axis=axis)
                np.testing.assert_allclose(tg.quantile(x, q, axis=axis).data, expected)
                np.testing.assert_allclose(tg.percentile(x, np.array(q) * 100, axis=axis).data, expected, rtol=1e-13)

    @pytest.mark.filterwarnings("ignore:invalid value")
    def test_the_median_of_nothing(self):
        with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
            assert np.isnan(tg.median(tg.zeros((0, 2)), axis=0).data).all()

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda x: tg.quantile(x, 1.5), ValueError, "quantile: q is 1.5; quantiles are from 0 to 1"),
            (lambda x: tg.quantile(x, NAN), ValueError, "quantile: q is nan"),
            (
                lambda x: tg.percentile(x, [50, 101]),
                ValueError,
                r"percentile: q is \[50, 101\]; percentiles are from 0",
            ),
            (lambda x: tg.quantile(x, 0.5, method="best"), ValueError, "'best' is not a valid method"),
            (lambda x: tg.quantile(x, x), TypeError, "q is a constant and has no gradient"),
            (lambda x: tg.quantile(x[:0], 0.5), ValueError, r"no values over axis None of shape \(0,\)"),
            (lambda x: tg.median(x, axis=3), np.exceptions.AxisError, "axis 3 is out of bounds"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call(leaf(0.1, 0.2))
