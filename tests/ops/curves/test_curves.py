"""Filters, interpolation, slopes, covariances and polynomials at their edges, and what they do not take."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

POINTS, VALUES = [0.0, 1.0, 3.0], [0.0, 10.0, 0.0]


def leaf(values: object) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("n", [1, 2, 5, 6])
@pytest.mark.parametrize("m", [1, 2, 5, 6])
def test_filters_of_any_length(mode, n, m, rng):
    a, v = rng.standard_normal(n), rng.standard_normal(m)
    for function in (np.convolve, np.correlate):
        x, w = leaf(a), leaf(v)
        y = function(x, w, mode)
        np.testing.assert_allclose(y.data, function(a, v, mode), rtol=1e-13, atol=1e-15)
        dx, dw = grad(y.sum(), [x, w])
        assert (dx.shape, dw.shape) == ((n,), (m,))
        np.testing.assert_allclose([(x * dx).sum().item(), (w * dw).sum().item()], y.data.sum(), rtol=1e-9, atol=1e-12)


def test_between_and_beyond_the_points():
    x, p, f = leaf([-1.0, 0.5, 1.0, 3.0, 9.0]), leaf(POINTS), leaf(VALUES)
    y = np.interp(x, p, f)
    assert y.tolist() == [0.0, 5.0, 10.0, 0.0, 0.0]
    dx, dp, df = grad(y.sum(), [x, p, f])
    assert dx.tolist() == [0.0, 10.0, -5.0, -5.0, 0.0]
    assert df.tolist() == [1.5, 1.5, 2.0]
    assert dp.tolist() == [-5.0, 0.0, 5.0]


def test_constants_beyond_the_ends_take_no_gradient():
    f = leaf(VALUES)
    y = np.interp([-1.0, 9.0, np.nan], POINTS, f, left=7.0, right=8.0)
    assert y.tolist()[:2] == [7.0, 8.0]
    assert grad(y[:2].sum(), f)[0].tolist() == [0.0, 0.0, 0.0]


def test_one_point_and_any_shape():
    f = leaf([4.0])
    y = np.interp([[0.0, 1.0], [2.0, 3.0]], [1.0], f)
    assert y.tolist() == [[4.0, 4.0], [4.0, 4.0]]
    assert grad(y.sum(), f)[0].tolist() == [4.0]
    assert tg.interp(0.5, POINTS, tg.tensor(VALUES, requires_grad=True)).dtype == np.float32


def test_a_straight_line_correlates_with_itself():
    x = leaf([1.0, 2.0, 4.0])
    r = np.corrcoef(x, -2 * x)
    np.testing.assert_allclose(r.data, [[1, -1], [-1, 1]], rtol=1e-15)
    np.testing.assert_allclose(grad(r.sum(), x)[0].data, np.zeros(3), atol=1e-15)
    assert np.corrcoef(x).item() == 1.0


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
def test_the_covariance_of_one_observation():
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.isnan(np.cov(leaf([[1.0], [2.0]])).data).all()


def test_polynomials_of_integers_and_of_nothing():
    assert tg.polyval([1, 2], tg.tensor([3, 4])).tolist() == [5, 6]
    assert tg.polyval([], tg.tensor([3.0])).tolist() == [0.0]
    assert tg.polyval([0.1], leaf([3.0])).tolist() == [0.1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: tg.convolve(x, x, "half"), ValueError, "convolve: mode 'half' is unknown"),
        (lambda x: tg.correlate(x, x[:0]), ValueError, r"correlate: a sequence has shape \(0,\)"),
        (lambda x: tg.convolve(x, tg.ones((2, 2))), ValueError, r"convolve: a sequence has shape \(2, 2\)"),
        (lambda x: tg.interp(x, [0, 1], x), ValueError, r"interp: xp has shape \(2,\) and fp \(3,\)"),
        (lambda x: tg.interp(x, x, x, left=x[0]), TypeError, "interp: left is a constant"),
        (lambda x: tg.interp(x, x, x, period=0), ValueError, "interp: period is 0"),
        (lambda x: tg.gradient(x, 1.0, 2.0), TypeError, "gradient: 2 spacings for 1 axes"),
        (lambda x: tg.gradient(x, [0.0, 1.0]), ValueError, "gradient: .* 3 samples|gradient: .*places of shape"),
        (lambda x: tg.gradient(x[:1]), ValueError, "has 1 samples; .*at least 2"),
        (lambda x: tg.gradient(x, edge_order=3), ValueError, "edge_order is 3; it must be 1 or 2"),
        (lambda x: tg.cov(x[None, None]), ValueError, "at most 2 axes"),
        (lambda x: tg.cov(x, fweights=[1, 2]), ValueError, "fweights have shape .* each of 3 observations"),
        (lambda x: tg.cov(x, aweights=[1.0, 2.0, -1.0]), ValueError, "aweights must not be negative"),
        (lambda x: tg.cov(x, fweights=[0.5, 1, 1]), TypeError, "must be integers"),
        (lambda x: tg.polyval(tg.ones((2, 2)), x), ValueError, "polyval: the coefficients have shape"),
        (lambda x: tg.vander(x[None]), ValueError, "vander: x has shape"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf([1.0, 2.0, 4.0]))
