"""What is not nan: gradients of the missing values, nothing but nan, and NumPy's warnings and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

NAN = np.nan
ROWS = [[NAN, NAN, NAN], [1.0, NAN, 3.0]]


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def value_and_gradient(function, *values: float) -> tuple:
    x = leaf(*values)
    y = function(x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


@pytest.mark.parametrize(
    ("function", "value", "gradient"),
    [
        (tg.nansum, 4.0, [1.0, 0.0, 1.0]),
        (tg.nanmean, 2.0, [0.5, 0.0, 0.5]),
        (tg.nanprod, 3.0, [3.0, 0.0, 1.0]),
        (tg.nanvar, 1.0, [-1.0, 0.0, 1.0]),
        (tg.nanstd, 1.0, [-0.5, 0.0, 0.5]),
        (tg.nanmax, 3.0, [0.0, 0.0, 1.0]),
        (tg.nanmin, 1.0, [1.0, 0.0, 0.0]),
        (tg.nanmedian, 2.0, [0.5, 0.0, 0.5]),
        (tg.nancumsum, [1.0, 1.0, 4.0], [3.0, 0.0, 1.0]),
        (tg.nancumprod, [1.0, 1.0, 3.0], [5.0, 0.0, 1.0]),
    ],
)
def test_a_nan_neither_counts_nor_gets_a_gradient(function, value, gradient):
    assert value_and_gradient(function, 1.0, NAN, 3.0) == (value, gradient)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (tg.nanmean, "Mean of empty slice"),
        (tg.nanvar, "Degrees of freedom"),
        (tg.nanstd, "Degrees of freedom"),
        (tg.nanmax, "All-NaN slice"),
        (tg.nanmin, "All-NaN slice"),
        (tg.nanmedian, "All-NaN slice"),
        (lambda x, axis: tg.nanquantile(x, [0.2, 0.8], axis), "All-NaN slice"),
    ],
)
def test_nothing_but_nan(function, message):
    x = tg.tensor(ROWS, requires_grad=True, dtype="float64")
    with pytest.warns(RuntimeWarning, match=message):
        y = function(x, axis=1)
    assert np.isnan(y.data[..., 0]).all()
    (first,) = grad(y.sum(), x, create_graph=True)
    np.testing.assert_array_equal(first.data[:, 1], [0, 0])
    np.testing.assert_array_equal(first.data[0], [0, 0, 0])
    assert np.isfinite(first.data[1]).all()
    if function in (tg.nanvar, tg.nanstd):
        (second,) = grad(first[1, 0], x)
        np.testing.assert_array_equal(second.data[0], [0, 0, 0])
        assert np.isfinite(second.data).all()


def test_the_sum_of_nothing_but_nan_is_that_of_nothing():
    assert value_and_gradient(tg.nansum, NAN, NAN) == (0.0, [0.0, 0.0])
    assert value_and_gradient(tg.nanprod, NAN, NAN) == (1.0, [0.0, 0.0])


def test_ties_share_and_the_beginning_counts():
    assert value_and_gradient(tg.nanmax, 3.0, NAN, 3.0) == (3.0, [0.5, 0.0, 0.5])
    assert value_and_gradient(lambda x: tg.nanmin(x, initial=0.5), 3.0, NAN) == (0.5, [0.0, 0.0])


def test_equal_values_do_not_spread():
    assert value_and_gradient(tg.nanstd, 0.1, NAN, 0.1) == (0.0, [0.0, 0.0, 0.0])


def test_too_few_numbers():
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.isnan(tg.nanvar(leaf(1.0, NAN, 3.0), where=[True, True, False], ddof=1).item())


def test_where_narrows_further():
    assert tg.nanmean(leaf(1.0, NAN, 3.0), where=[True, True, False]).item() == 1.0
    assert tg.nansum(leaf(1.0, NAN, 3.0), where=[True, True, False], initial=1.0).item() == 2.0
    assert tg.nanvar(leaf(1.0, NAN, 3.0, 5.0), where=[True, True, True, False]).item() == 1.0


def test_places():
    values = np.array([[NAN, 1.0, 3.0], [2.0, NAN, 0.5]])
    for name in ("nanargmax", "nanargmin"):
        for axis in (None, 0, 1, -1):
            expected = getattr(np, name)(values, axis, keepdims=True)
            np.testing.assert_array_equal(getattr(tg, name)(tg.tensor(values), axis, keepdims=True).data, expected)
    with pytest.raises(ValueError, match=r"nanargmin: All-NaN slice encountered along axis 1 of shape \(2, 3\)"):
        tg.nanargmin(tg.tensor(ROWS), axis=1)
    with pytest.raises(ValueError, match="attempt to get argmax of an empty sequence"):
        tg.nanargmax(tg.zeros(0))


@pytest.mark.filterwarnings("ignore:invalid value")
def test_quantiles_of_nothing():
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(tg.nanquantile(tg.zeros((0, 2)), 0.3, axis=0).data).all()


def test_integers_have_nothing_missing():
    x = tg.tensor([[1, 5], [2, 2]])
    for name in ("nansum", "nanmean", "nanvar", "nanmax", "nanmedian", "nancumprod"):
        np.testing.assert_array_equal(getattr(tg, name)(x, 1).data, getattr(np, name)(x.data, 1))


def test_numpy_runs_on_them():
    x = tg.tensor(ROWS[1], requires_grad=True)
    for function in (np.nanmax, np.nanvar, np.nanmedian, np.nancumsum):
        assert function(x).requires_grad
    assert np.nanquantile(a=x, q=0.5, overwrite_input=True).requires_grad
    assert not np.nanargmax(x).requires_grad


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: tg.nanquantile(x, 1.5), ValueError, "nanquantile: q is 1.5; quantiles are from 0 to 1"),
        (lambda x: tg.nanpercentile(x, 101), ValueError, "nanpercentile: q is 101; percentiles are from 0 to 100"),
        (
            lambda x: tg.nanquantile(x, 0.5, weights=[1, 1, 1]),
            ValueError,
            "weights are for method='inverted_cdf' alone",
        ),
        (lambda x: tg.nanmax(x, where=[True, True, False]), ValueError, "nanmax: with where= .* give initial= too"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(1.0, NAN, 3.0))
