"""Recurrent layers as single ops: the values and gradients of their formulas step by step, for any lengths."""

import numpy as np
import pytest
from recurrent_rows import LENGTHS, ROWS, by_steps, sizes_of

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck
from tinygrad_fs.ops.layers.recurrent import Lstm
from tinygrad_fs.ops.layers.steps import Steps


def leaves(row, dtype="float64"):
    return [tg.tensor(x.astype(dtype), requires_grad=True) for x in row.inputs]


@pytest.mark.parametrize("row", ROWS, ids=str)
class TestEveryOne:
    def test_agrees_with_its_formula_step_by_step(self, row):
        inputs, again = leaves(row), leaves(row)
        results, expected = row(*inputs), by_steps(row, *again)
        for result, value in zip(results, expected, strict=True):
            np.testing.assert_allclose(result.data, value.data, rtol=1e-12, atol=1e-14)
        weights = [tg.randn(y.shape, dtype="float64") for y in results]
        found = grad(results, inputs, weights)
        for mine, theirs in zip(found, grad(expected, again, weights), strict=True):
            np.testing.assert_allclose(mine.data, theirs.data, rtol=1e-10, atol=1e-12)

    def test_first_derivative(self, row):
        assert gradcheck(row, leaves(row))

    def test_second_derivative(self, row):
        assert gradgradcheck(row, leaves(row))

    def test_arrays_in_arrays_out(self, row):
        for result, value in zip(row(*row.inputs), row(*leaves(row)), strict=True):
            assert type(result) is np.ndarray
            np.testing.assert_array_equal(result, value.data)

    def test_float32_stays(self, row):
        inputs = leaves(row, "float32")
        results = row(*inputs)
        for result, value in zip(results, row(*row.inputs), strict=True):
            assert result.dtype == np.float32
            np.testing.assert_allclose(result.data, value, rtol=1e-4, atol=1e-6)
        sum(result.sum() for result in results).backward()
        assert all(x.grad.dtype == np.float32 for x in inputs)

    def test_inputs_are_not_changed(self, row):
        inputs = leaves(row)
        before = [x.data.copy() for x in inputs]
        sum(result.sum() for result in row(*inputs)).backward()
        for x, values in zip(inputs, before, strict=True):
            np.testing.assert_array_equal(x.data, values)

    def test_any_memory_order(self, row):
        inputs = [np.asarray(np.flip(np.flip(x).copy()), order="F") for x in row.inputs]
        for result, value in zip(row(*inputs), row(*row.inputs), strict=True):
            np.testing.assert_allclose(result, value, rtol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("lengths", [*LENGTHS, [1], [4, 4, 1, 1], [2, 1, 1, 1]], ids=str)
def test_the_state_before_a_row_is_that_of_its_sequence(lengths, reverse):
    """Rows are labelled by (sequence, time); the state before one must be the neighbour's, or the first."""
    steps = Steps(sizes_of(lengths), reverse)
    labels = np.array([(n, t) for t, size in enumerate(steps.sizes) for n in range(size)])
    first = np.array([(n, -1) for n in range(len(lengths))])
    for (sequence, time), (was, then) in zip(labels, steps.before(labels, first), strict=True):
        assert was == sequence
        last = lengths[sequence] - 1
        assert then == (time + 1 if time < last else -1) if reverse else then == time - 1


def test_steps_say_what_they_are():
    assert repr(Steps([3, 2, 2])) == "3 steps of up to 3"
    assert repr(Steps([3, 2, 2], reverse=True)) == "3 steps of up to 3, backwards"


def test_gates_that_are_wide_open_or_shut_neither_overflow_nor_become_nan():
    x = tg.tensor([[1.0], [-1.0]], requires_grad=True)
    big = tg.tensor(np.full((4, 1), 1e4, "float32"), requires_grad=True)
    y = Lstm.apply(x, tg.zeros((1, 1)), tg.zeros((1, 1)), big, big, None, steps=Steps([1, 1]))
    y[0].sum().backward()
    assert y[0].tolist() == [[pytest.approx(np.tanh(1.0))], [0.0]]
    assert np.isfinite(x.grad.data).all()
    assert np.isfinite(big.grad.data).all()
