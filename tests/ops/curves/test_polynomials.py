"""Arithmetic of polynomials: lengths, zeros in front, remainders, fits of less than full rank, and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

X = np.array([0.0, 1.0, 2.0, 3.0])


def leaf(values: object) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


@pytest.mark.parametrize("factors", [([0.0, 0.0, 1.0], [2.0, 1.0]), ([0.0, 0.0], [2.0, 1.0]), ([3.0], [0.0])])
def test_zeros_in_front_are_left_out_of_a_product(factors):
    a, b = map(leaf, factors)
    product = np.polymul(a, b)
    assert product.tolist() == np.polymul(*factors).tolist()
    assert product.requires_grad


@pytest.mark.parametrize(
    ("u", "v"),
    [
        ([1.0, 3.0, 5.0], [1.0, 1.0]),
        ([1.0, 3.0, 2.0], [1.0, 1.0]),  # nothing is left
        ([1.0, 0.0, 0.0, 0.0, 4.0], [2.0, 0.0, 0.0]),  # zeros are left in front
        ([2.0, 3.0], [1.0, 0.0, 1.0]),  # of a lower degree
        ([0.0, 3.0], [1.0, 0.0, 1.0]),
        ([2.0, 3.0], [4.0]),
    ],
)
def test_quotients_and_remainders(u, v):
    for mine, expected in zip(np.polydiv(leaf(u), leaf(v)), np.polydiv(u, v), strict=True):
        np.testing.assert_allclose(mine.data, expected, atol=1e-15)
        assert mine.shape == expected.shape


def test_derivatives_of_a_number():
    assert np.polyder(leaf([3.0])).tolist() == np.polyder([3.0]).tolist() == []
    assert np.polyder(leaf([3.0]), 2).shape == (0,)
    assert np.polyint(leaf([3.0, 1.0]), 0).tolist() == [3.0, 1.0]


def test_the_polynomial_of_no_roots():
    assert tg.poly(leaf([])).item() == np.poly([]) == 1.0


def test_the_characteristic_polynomial_of_a_symmetric_matrix():
    a = leaf([[2.0, 1.0], [1.0, 3.0]])
    p = np.poly(np.linalg.eigvalsh(a))
    np.testing.assert_allclose(p.data, np.poly(a.numpy()), rtol=1e-14)
    (slope,) = grad(p[2], a)  # the determinant
    np.testing.assert_allclose(slope.data + slope.data.T, [[6.0, -2.0], [-2.0, 4.0]], atol=1e-13)


def test_a_fit_gives_back_what_the_points_were_made_of():
    p = leaf([2.0, -1.0, 0.5])
    again = np.polyfit(X, np.polyval(p, X), 2)
    np.testing.assert_allclose(again.data, p.data, rtol=1e-12)
    np.testing.assert_allclose(grad(again[0], p)[0].data, [1.0, 0.0, 0.0], atol=1e-12)


def test_a_fit_that_several_polynomials_solve():
    y = leaf([1.0, 2.0, 3.0])
    places = [1.0, 1.0, 2.0]
    with pytest.warns(np.exceptions.RankWarning, match="polyfit: several polynomials come as near"):
        p = np.polyfit(places, y, 2)
    with pytest.warns(np.exceptions.RankWarning):
        np.testing.assert_allclose(p.data, np.polyfit(places, y.numpy(), 2), rtol=1e-10)
    for mine, expected in zip(np.polyfit(places, y, 2, full=True)[1:], np.polyfit(places, y.numpy(), 2, full=True)[1:]):
        np.testing.assert_allclose(getattr(mine, "data", mine), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.polyadd(x[None], x), r"polyadd: the coefficients have shape \(1, 4\)"),
        (lambda x: np.polymul(x, x[None]), r"polymul: the coefficients have shape \(1, 4\)"),
        (lambda x: np.polydiv(x, x[:0]), r"polydiv: polynomials of shapes \(4,\) and \(0,\)"),
        (lambda x: np.polyder(x, -1), "polyder: m is -1"),
        (lambda x: np.polyint(x, -1), "polyint: m is -1"),
        (lambda x: np.polyint(x, 3, [1.0, 2.0]), "polyint: 2 constants for 3 integrals"),
        (lambda x: np.poly(x.reshape(2, 2)), r"poly: the roots have shape \(2, 2\).*eigvalsh"),
        (lambda x: np.polyfit(x, x, -1), "polyfit: the degree is -1"),
        (lambda x: np.polyfit(x[None], x, 1), r"polyfit: x has shape \(1, 4\)"),
        (lambda x: np.polyfit(x, x[:3], 1), r"polyfit: y of shape \(3,\) does not fit x of shape \(4,\)"),
        (lambda x: np.polyfit(x, x, 1, w=[1.0]), r"polyfit: weights of shape \(1,\) do not fit x of shape \(4,\)"),
        (lambda x: np.polyfit(x, x, 3, cov=True), "polyfit: 4 points leave no degrees of freedom to 4 coefficients"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(leaf(X))
