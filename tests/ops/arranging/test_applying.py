"""The user's function along axes, and blocks: what is given on to it, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

X = np.arange(6.0).reshape(2, 3)


def leaf(values: object = X) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


def test_arguments_of_the_function_are_given_on():
    def scaled(line, by, plus=0.0):
        assert isinstance(line, tg.Tensor)
        return line.sum() * by + plus

    assert np.apply_along_axis(scaled, 1, leaf(), 2.0, plus=1.0).tolist() == [7.0, 25.0]
    assert np.piecewise(leaf(), [X > 2], [lambda v, by: v * by], by=2.0).tolist() == [[0.0] * 3, [6.0, 8.0, 10.0]]


def test_results_may_be_numbers_and_arrays():
    assert np.apply_along_axis(len, 0, leaf()).tolist() == [2, 2, 2]
    assert np.apply_along_axis(lambda line: np.arange(2), 1, leaf()).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    "arrays",
    [
        [[X, X], [X[:, :2], X, X[:, :1]]],
        [1.0, X[0], 2.0],
        [[[X]], [[X * 2]]],
        [[1.0, 2.0], [3.0, 4.0]],
        X,
    ],
)
def test_blocks_are_those_of_numpy(arrays):
    def recorded(part):
        return [recorded(each) for each in part] if isinstance(part, list) else leaf(part)

    np.testing.assert_array_equal(np.block(recorded(arrays)).data, np.block(arrays))


def test_numbers_in_blocks_keep_their_digits_and_widen_nothing():
    assert np.block([leaf([1.0]), 0.1]).tolist() == [1.0, 0.1]
    assert np.block([tg.ones(2, dtype="float32", requires_grad=True), 1, 0.5]).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.block([x, [x]]), ValueError, "block: lists are nested 0 and 1 deep side by side"),
        (lambda x: np.block([[x], []]), ValueError, "block: there is an empty list"),
        (lambda x: np.block([x, (x, x)]), TypeError, "block: there is a tuple among the lists"),
        (lambda x: np.block([[x], [x.T]]), ValueError, r"concatenate: shapes \(2, 3\), \(3, 2\)"),
        (lambda x: np.apply_along_axis(np.sum, 2, x), ValueError, "axis 2 is out of bounds"),
        (lambda x: np.apply_along_axis(np.sum, 1, x[:0]), ValueError, r"apply_along_axis: a tensor of shape \(0, 3\)"),
        (lambda x: np.apply_over_axes(lambda v, axis: v.sum(), x, [0]), ValueError, "apply_over_axes: of shape"),
        (lambda x: np.trim_zeros(x[0], "x"), ValueError, "trim_zeros: trim='x' is unknown"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf())
