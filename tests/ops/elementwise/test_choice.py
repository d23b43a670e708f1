"""Choices: ties, nan, bounds and conditions."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

INF, NAN = np.inf, np.nan


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def gradients(function, x: tg.Tensor, y: tg.Tensor) -> tuple[list[float], list[float]]:
    function(x, y).sum().backward()
    return x.grad.tolist(), y.grad.tolist()


class TestExtremes:
    @pytest.mark.parametrize("function", [tg.maximum, tg.minimum, tg.fmax, tg.fmin])
    def test_ties_split_evenly(self, function):
        assert gradients(function, leaf(1.0, 2.0), leaf(1.0, 2.0)) == ([0.5, 0.5], [0.5, 0.5])
        x = leaf(1.0)
        function(x, 1.0).backward()
        assert x.grad.item() == 0.5

    @pytest.mark.parametrize("function", [tg.fmax, tg.fmin])
    def test_nan_leaves_the_gradient_to_the_other(self, function):
        x, y = leaf(NAN, 1.0), leaf(2.0, NAN)
        assert function(x, y).tolist() == [2.0, 1.0]
        assert gradients(function, x, y) == ([0.0, 1.0], [1.0, 0.0])

    @pytest.mark.parametrize("function", [tg.maximum, tg.minimum, tg.fmax, tg.fmin])
    def test_two_nans_split_evenly(self, function):
        assert gradients(function, leaf(NAN), leaf(NAN)) == ([0.5], [0.5])

    @pytest.mark.parametrize("function", [tg.maximum, tg.fmax])
    def test_an_infinite_gradient_does_not_spill(self, function):
        x, y = leaf(1.0), leaf(2.0)
        function(x, y).backward(np.array([INF]))
        assert (x.grad.item(), y.grad.item()) == (0.0, INF)


class TestClip:
    def test_a_number_between_tensors_is_weak(self):
        low = tg.tensor([1.5, 0.5], requires_grad=True)
        for y in (tg.clip(1.0, low), tg.clip(1.0, low, 3), tg.clip(1, None, low)):
            assert y.dtype == np.float32
        assert tg.clip(1.0, low).tolist() == [1.5, 1.0]
        assert tg.clip(1, 2.5).tolist() == 2.5

    def test_numpys_other_names_of_the_bounds(self):
        x = leaf(-2.0, 0.5, 2.0)
        for y in (np.clip(x, a_min=-1, a_max=1), x.clip(min=-1, max=1), tg.clip(x, -1, max=1), np.clip(x, -1, 1)):
            assert (y.tolist(), y.requires_grad) == ([-1.0, 0.5, 1.0], True)

    def test_a_bound_given_twice(self):
        with pytest.raises(ValueError, match="clip: a_min and min are the same bound"):
            tg.clip(leaf(1.0), 0, min=0)

    def test_without_bounds(self):
        x = leaf(1.0, NAN)
        y = tg.clip(x)
        y.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0]


class TestWhere:
    def test_the_condition_alone_gives_indices(self):
        x = leaf(1.0, -1.0, 2.0)
        for found in (tg.where(x > 0), np.where(x > 0), np.nonzero(x > 0)):
            assert [index.tolist() for index in found] == [[0, 2]]
        assert x[np.where(x > 0)].tolist() == [1.0, 2.0]

    def test_one_value_without_the_other(self):
        with pytest.raises(ValueError, match="where: give both x and y"):
            tg.where(leaf(1.0) > 0, 1.0)

    def test_a_tensor_condition_makes_a_tensor(self):
        result = tg.where(tg.tensor([True, False]), 1.0, -1.0)
        assert isinstance(result, tg.Tensor)
        assert result.tolist() == [1.0, -1.0]
        assert tg.where(tg.tensor([True, False]), np.ones(2), 0).dtype == np.float64

    def test_the_condition_may_change_afterwards(self):
        x, mask = leaf(1.0, 2.0), np.array([True, False])
        y = tg.where(mask, x, 0)
        mask[:] = False
        y.sum().backward()
        assert x.grad.tolist() == [1.0, 0.0]

    def test_conditions_of_numbers_lists_and_other_shapes(self):
        x = leaf(1.0, 2.0)
        assert tg.where([1, 0], x, 0).tolist() == [1.0, 0.0]
        assert tg.where(True, x, 0).tolist() == [1.0, 2.0]
        y = tg.where(np.array([[True], [False]]), x, -1)
        y.sum().backward()
        assert (y.tolist(), x.grad.tolist()) == ([[1.0, 2.0], [-1.0, -1.0]], [1.0, 1.0])

    def test_an_infinite_gradient_does_not_spill(self):
        x, y = leaf(1.0), leaf(2.0)
        tg.where([True], x, y).backward(np.array([INF]))
        assert (x.grad.item(), y.grad.item()) == (INF, 0.0)


class TestLerp:
    @pytest.mark.parametrize("as_array", [False, True])
    def test_the_ends_are_exact(self, as_array):
        x, y = leaf(0.1, 1e16), leaf(0.7, 1.0)
        for weight, end in ((0.0, x), (1.0, y)):
            assert tg.lerp(x, y, np.full(2, weight) if as_array else weight).tolist() == end.tolist()

    def test_extrapolation(self):
        assert tg.lerp(leaf(1.0), leaf(2.0), 3.0).tolist() == [4.0]


class TestNanToNum:
    def test_values_and_gradients(self):
        x = leaf(NAN, 1.0, INF, -INF)
        y = tg.nan_to_num(x, nan=7.0, posinf=8.0)
        assert y.tolist() == [7.0, 1.0, 8.0, -np.finfo(np.float64).max]
        y.backward(np.array([INF, 2.0, 3.0, 4.0]))
        assert x.grad.tolist() == [0.0, 2.0, 0.0, 0.0]

    def test_as_numpy_calls_it(self):
        x = leaf(NAN, 1.0)
        assert np.nan_to_num(x, nan=5.0).tolist() == np.nan_to_num(x, True, 5.0).tolist() == [5.0, 1.0]

    @pytest.mark.parametrize("make", [np.array, lambda values: leaf(*values) * 1])
    def test_in_place(self, make):
        x = make([NAN, 1.0])
        y = tg.nan_to_num(x, copy=False)
        assert y is x
        assert x.tolist() == [0.0, 1.0]
