"""Parts taken out and put in, and choices among several: what is left out, ties, nan behind a mask, and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

X = np.arange(6.0).reshape(2, 3)


def leaf(values: object = X) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


def gradient(y: tg.Tensor, x: tg.Tensor) -> list:
    return grad(y.sum(), x)[0].tolist()


def test_what_is_left_out_has_no_gradient():
    x = leaf()
    assert gradient(np.delete(x, 1, axis=1), x) == [[1.0, 0.0, 1.0]] * 2
    assert gradient(np.compress([False, True], x, axis=0), x) == [[0.0] * 3, [1.0] * 3]
    assert gradient(np.extract(x > 3, x), x) == [[0.0] * 3, [0.0, 1.0, 1.0]]


def test_zeros_are_trimmed_along_every_axis():
    x = leaf([[0.0, 0.0, 0.0], [0.0, 5.0, 0.0]])
    assert gradient(np.trim_zeros(x), x) == [[0.0] * 3, [0.0, 1.0, 0.0]]
    assert tg.trim_zeros(x, "b", axis=1).tolist() == [[0.0, 0.0], [0.0, 5.0]]
    assert [tg.trim_zeros(x * 0, ends).shape for ends in ("f", "b", "fb")] == [(0, 0)] * 3


def test_what_is_repeated_collects_its_gradients():
    x = leaf([1.0, 2.0, 3.0])
    assert gradient(np.resize(x, (2, 4)), x) == [3.0, 3.0, 2.0]
    assert np.resize(leaf([]), (2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert np.resize(x, 0).shape == (0,)


def test_what_is_inserted_has_a_gradient_and_the_dtype_stays():
    x, v = tg.tensor([1, 2, 3]), leaf([1.5])
    assert np.insert(x, 1, v).dtype == np.int64
    into = tg.tensor([1.0, 2.0], requires_grad=True)
    y = np.insert(into, 0, v)
    assert y.dtype == np.float32
    y[0].backward()
    assert v.grad.tolist() == [1.0]
    assert np.insert(tg.tensor([1.0, 2.0], dtype="float64"), 1, [0.1]).tolist() == [1.0, 0.1, 2.0]
    assert np.insert(np.zeros(2), [0, 1], leaf([1.0, 2.0])).requires_grad


def test_the_first_condition_that_holds_counts():
    x = leaf([4.0, 9.0, -1.0])
    y = np.select([x > 5, x > 0], [x, np.sqrt(np.where(x > 0, x, 1))], 7)
    assert y.tolist() == [2.0, 9.0, 7.0]
    assert gradient(y, x) == [0.25, 1.0, 0.0]


def test_values_of_a_choice_keep_their_dtype():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert tg.select([x > 1], [x], 0.5).dtype == tg.choose([0, 1], [x, 3]).dtype == np.float32
    assert tg.select([x > 1], [x.astype("float64")], x).dtype == np.float64


def test_a_piece_is_computed_where_its_condition_holds_alone():
    x = leaf([4.0, -1.0, 0.0])
    y = np.piecewise(x, [x > 0, x < 0], [np.sqrt, lambda v: -v, 5.0])
    assert y.tolist() == [2.0, 1.0, 5.0]
    assert gradient(y, x) == [0.25, -1.0, 0.0]
    assert np.piecewise(x, x > 9, [np.log]).tolist() == [0.0, 0.0, 0.0]
    assert np.piecewise(leaf(2.0), [True], [lambda v: v * 3]).item() == 6.0
    last = np.piecewise(x, [x > -9, x > 1], [1.0, 2.0])
    assert last.tolist() == [2.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: tg.delete(x, 3, axis=1), IndexError, "delete: index 3 is out of bounds for an axis of size 3"),
        (lambda x: tg.delete(x, np.array([True]), axis=1), ValueError, "boolean array argument"),
        (lambda x: tg.insert(x, 9, 1.0, axis=1), IndexError, "insert: index 9 is out of bounds for an axis of size 3"),
        (lambda x: tg.insert(x, [0, 4], 1.0, axis=1), IndexError, "insert: index 4 is out of bounds"),
        (
            lambda x: tg.insert(x, [0.5, 1.5], 1.0),
            IndexError,
            "insert: places are integers .* not float64",
        ),
        (lambda x: tg.insert(x, [0, 1], np.ones((2, 5)), axis=1), ValueError, "broadcast"),
        (lambda x: tg.resize(x, -1), ValueError, r"resize: shape \(-1,\) has a negative size"),
        (lambda x: tg.compress([[True]], x, 0), ValueError, r"compress: the condition has shape \(1, 1\)"),
        (lambda x: tg.compress([False] * 4 + [True], x, 1), IndexError, "holds at 4, beyond an axis of size 3"),
        (lambda x: tg.select([x > 0], [x, x]), ValueError, "select: 1 conditions and 2 values"),
        (lambda x: tg.select([], []), ValueError, "there are no conditions"),
        (lambda x: tg.select([x], [x]), TypeError, "select: a condition must be of bools, not float64"),
        (lambda x: tg.select([x > 0], [tg.ones(2)]), ValueError, "do not broadcast"),
        (lambda x: tg.choose([0, 2], [x, x]), ValueError, "choose: number 2 is out of range; there are 2 values"),
        (lambda x: tg.choose([0.5], [x]), TypeError, "choose: the numbers must be integers, not float64"),
        (lambda x: tg.choose([0], []), ValueError, "nothing to choose from"),
        (lambda x: tg.choose([0], [x], "last"), ValueError, "choose: mode 'last' is unknown"),
        (lambda x: tg.piecewise(x, [x > 0], [1, 2, 3]), ValueError, "piecewise: 3 functions for 1 conditions"),
        (lambda x: tg.cumulative_sum(x), ValueError, r"cumulative_sum: x has shape \(2, 3\); give the axis"),
        (lambda x: tg.cumulative_prod(x[0, 0]), ValueError, "cumulative_prod: x is 0-d"),
        (lambda x: tg.partition(x, 9), ValueError, "out of bounds"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf())
