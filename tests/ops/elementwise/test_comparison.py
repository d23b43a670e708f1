"""Comparisons and logic: the values, as NumPy has them, and no gradient."""

from __future__ import annotations

import numpy as np
import pytest
from rows_comparison import OF_ONE, OF_TWO

import tinygrad_fs as tg

X = np.array([[-1.0, 0.0, np.nan], [np.inf, 2.0, -0.0]])
Y = np.array([0.0, 0.0, np.nan])


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two(name):
    x, y = tg.Tensor(X, requires_grad=True), tg.Tensor(Y)
    expected = getattr(np, name)(X, Y)
    for result in (getattr(tg, name)(x, y), getattr(np, name)(x, y), getattr(tg, name)(X, y)):
        assert isinstance(result, tg.Tensor)
        assert (result.dtype, result.requires_grad) == (np.bool_, False)
        np.testing.assert_array_equal(result.data, expected)
    result = getattr(tg, name)(X, Y)
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", OF_ONE)
def test_of_one(name):
    x = tg.Tensor(X, requires_grad=True)
    for result in (getattr(tg, name)(x), getattr(np, name)(x)):
        assert isinstance(result, tg.Tensor)
        assert (result.dtype, result.requires_grad) == (np.bool_, False)
        np.testing.assert_array_equal(result.data, getattr(np, name)(X))


@pytest.mark.parametrize("number", [0.1, np.float64(0.1), np.array(0.1), tg.tensor(0.1, dtype="float64")])
def test_a_number_does_not_widen_a_float32_tensor(number):
    x = tg.tensor([0.1], dtype="float32")
    for result in (tg.equal(x, number), np.equal(x, number), x == number, number == x, x >= number, number <= x):
        assert result.tolist() == [True]


def test_numpys_options_and_methods():
    x = tg.tensor([1.0, 0.0], requires_grad=True)
    mask = tg.tensor([False, False])
    assert np.greater(x, 0, out=mask) is mask
    assert mask.tolist() == [True, False]
    assert np.logical_or.reduce(x).item() is True
    assert np.logical_and.accumulate(x > 0).tolist() == [True, False]


def test_isclose_and_nan():
    x = tg.tensor([1.0, np.nan])
    assert tg.isclose(x, x).tolist() == [True, False]
    assert tg.isclose(x, x, equal_nan=True).tolist() == [True, True]
    assert tg.isclose(x, [1.5, 0.0], atol=1.0).tolist() == [True, False]


def test_of_all_elements():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert tg.allclose(x, x * 1.000001) is True
    assert tg.allclose(x, x + 1) is False
    assert np.allclose(x, x)
    assert tg.array_equal(x, x) is True
    assert tg.array_equal(x, x.reshape(1, 2)) is False
    assert tg.array_equal([1, 2], [1, 3]) is False


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"greater: shapes \(2,\) and \(3,\) do not broadcast together"):
        tg.greater(tg.ones(2), tg.ones(3))
