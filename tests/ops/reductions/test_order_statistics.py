"""Order statistics at their edges: ties, nan, infinities, nothing."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

INF, NAN = np.inf, np.nan


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


def value_and_gradient(function, *values: float) -> tuple:
    x = leaf(*values)
    y = function(x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


def by_weight(weights: object):
    return lambda x: tg.quantile(x, 0.5, weights=weights, method="inverted_cdf")


def test_the_two_in_the_middle_share():
    assert value_and_gradient(tg.median, 5.0, 1.0, 2.0, 3.0) == (2.5, [0.0, 0.0, 0.5, 0.5])
    assert value_and_gradient(tg.median, 5.0, 1.0, 2.0) == (2.0, [0.0, 0.0, 1.0])


def test_ties_keep_the_whole_gradient():
    for values in ([1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 2.0, 5.0], [2.0, 2.0, 2.0]):
        value, gradient = value_and_gradient(tg.median, *values)
        assert value == np.median(values)
        assert sum(gradient) == 1.0
        assert all(g == 0.0 for g, v in zip(gradient, values) if v != value)


def test_linear_weights():
    value, gradient = value_and_gradient(lambda x: tg.quantile(x, 0.3), 4.0, 1.0, 3.0)
    assert value == pytest.approx(2.2)
    assert gradient == pytest.approx([0.0, 0.4, 0.6])


def test_nan_is_the_result_and_takes_the_gradient():
    x = tg.tensor([[1.0, NAN, 3.0, NAN], [1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    y = tg.median(x, axis=1)
    np.testing.assert_array_equal(y.data, [NAN, 2.5])
    y.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]]


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [([INF, INF, INF], 0.3, INF), ([1.0, INF], 0.0, 1.0), ([-INF, 2.0], 1.0, 2.0), ([1.0, 2.0, INF], 0.5, 2.0)],
)
def test_infinities(values, q, expected):
    # NumPy subtracts them, and gives nan with a warning.
    value, gradient = value_and_gradient(lambda x: tg.quantile(x, q), *values)
    assert value == expected
    assert sum(gradient) == pytest.approx(1.0)


def test_equal_values_give_themselves():
    assert tg.quantile(leaf(0.1, 0.1, 0.1), [0.2, 0.3, 0.7]).tolist() == [0.1, 0.1, 0.1]


def test_shapes_of_q():
    x = tg.tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    for q in (0.5, [0.5], [[0.1, 0.2], [0.3, 0.4]], []):
        for axis in (None, 1, (0, 2), (2, 0), ()):
            expected = np.quantile(x.data, q, axis=axis)
            np.testing.assert_allclose(tg.quantile(x, q, axis=axis).data, expected)
            np.testing.assert_allclose(tg.percentile(x, np.array(q) * 100, axis=axis).data, expected, rtol=1e-13)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_the_median_of_nothing():
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
        (lambda x: tg.quantile(x, 0.5, weights=[1, 1]), ValueError, "method='inverted_cdf' alone, not 'linear'"),
        (by_weight([1, -1]), ValueError, "quantile: weights must not be negative"),
        (by_weight([0, 0]), ValueError, "quantile: weights must be finite, and not all 0"),
        (by_weight([1, INF]), ValueError, "quantile: weights must be finite, and not all 0"),
        (by_weight([1, 1, 1]), TypeError, r"quantile: weights have shape \(3,\), x \(2,\)"),
        (lambda x: by_weight(x)(x), TypeError, "quantile: weights is a constant and has no gradient"),
        (lambda x: tg.quantile(x, x), TypeError, "q is a constant and has no gradient"),
        (lambda x: tg.quantile(x[:0], 0.5), ValueError, r"no values over axis None of shape \(0,\)"),
        (lambda x: tg.median(x, axis=3), np.exceptions.AxisError, "axis 3 is out of bounds"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(0.1, 0.2))


def test_weights_of_nothing_are_no_quantile():
    x = leaf(1.0, 2.0, 3.0)
    for q in (0.0, 0.5, 1.0):
        y = tg.quantile(x, q, weights=[0.0, 1.0, 0.0], method="inverted_cdf")
        assert y.item() == 2.0
    y.backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(tg.quantile(leaf(1.0, NAN), 0.1, weights=[1.0, 1.0], method="inverted_cdf").item())
