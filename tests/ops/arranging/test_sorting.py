"""Sorting at its edges: ties, nan, infinities, nothing."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

INF, NAN = np.inf, np.nan


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def gradient(function, *values: float) -> list[float]:
    """The gradient of 1, 10, 100, ... times what `function` gives."""
    x = leaf(*values)
    y = function(x)
    (y * 10.0 ** np.arange(y.size)).sum().backward()
    return x.grad.tolist()


def with_ties_and_nan(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = rng.integers(0, 4, shape).astype(float)
    values[rng.random(shape) < 0.15] = NAN
    values[rng.random(shape) < 0.1] = -INF
    return values


class TestSort:
    def test_ties_keep_their_order(self):
        assert gradient(tg.sort, 2.0, 1.0, 2.0, 1.0) == [100.0, 1.0, 1000.0, 10.0]
        assert gradient(lambda x: tg.sort(x, kind="heapsort"), 1.0, 1.0, 1.0) == [1.0, 10.0, 100.0]

    @pytest.mark.parametrize("trial", range(20))
    def test_the_gradient_goes_where_the_value_came_from(self, trial):
        rng = np.random.default_rng(trial)
        values = with_ties_and_nan(rng, (3, int(rng.integers(0, 9))))
        seed = rng.standard_normal(values.shape)
        x = tg.tensor(values, requires_grad=True)
        y = tg.sort(x)
        np.testing.assert_array_equal(y.data, np.sort(values))
        y.backward(seed)
        places = np.argsort(values, axis=-1, kind="stable")
        np.testing.assert_array_equal(np.take_along_axis(x.grad.data, places, -1), seed)

    def test_without_gradient_it_is_numpys(self):
        x = leaf(2.0, 1.0)
        with tg.no_grad():
            assert tg.sort(x).tolist() == [1.0, 2.0]
        assert tg.sort(tg.tensor([3, 1])).tolist() == [1, 3]
        assert tg.sort(np.array([3, 1])).tolist() == [1, 3]

    def test_flat(self):
        assert tg.sort(tg.tensor([[3.0, 1.0], [2.0, 0.0]], requires_grad=True), None).tolist() == [0.0, 1.0, 2.0, 3.0]

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda x: tg.sort(x, 1), np.exceptions.AxisError, "axis 1 is out of bounds"),
            (lambda x: tg.sort(x, kind="bubble"), ValueError, "bubble"),
            (lambda x: tg.sort(x[0]), np.exceptions.AxisError, "axis -1 is out of bounds"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call(leaf(1.0, 2.0))


class TestTopK:
    @pytest.mark.parametrize("trial", range(40))
    def test_the_first_of_equal_values_and_nan_as_the_largest(self, trial):
        rng = np.random.default_rng(trial)
        values = with_ties_and_nan(rng, (4, int(rng.integers(1, 9))))
        k, largest = int(rng.integers(0, values.shape[1] + 1)), bool(trial % 2)
        result = tg.topk(tg.tensor(values), k, largest=largest)
        rank = np.where(np.isnan(values), INF, values)
        places = np.argsort(-rank if largest else rank, axis=-1, kind="stable")[:, :k]
        np.testing.assert_array_equal(result.indices.data, places)
        np.testing.assert_array_equal(result.values.data, np.take_along_axis(values, places, -1))
        unsorted = tg.topk(tg.tensor(values), k, largest=largest, sorted=False)
        np.testing.assert_array_equal(unsorted.indices.data, np.sort(places))

    def test_values_are_those_of_torch(self, rng):
        torch = pytest.importorskip("torch")
        values = with_ties_and_nan(rng, (50, 12))
        for largest in (True, False):
            theirs = torch.topk(torch.tensor(values), 5, largest=largest).values.numpy()
            np.testing.assert_array_equal(tg.topk(values, 5, largest=largest).values, theirs)

    def test_gradients(self):
        assert gradient(lambda x: tg.topk(x, 2).values, 1.0, 3.0, 2.0, 3.0) == [0.0, 1.0, 0.0, 10.0]
        assert gradient(lambda x: tg.topk(x, 2, largest=False)[0], 1.0, 3.0, 2.0, 1.0) == [1.0, 0.0, 0.0, 10.0]

    def test_an_axis(self):
        x = tg.tensor([[1.0, 5.0], [4.0, 2.0], [3.0, 6.0]], requires_grad=True)
        values, indices = tg.topk(x, 2, axis=0)
        assert (values.tolist(), indices.tolist()) == ([[4.0, 6.0], [3.0, 5.0]], [[1, 2], [2, 0]])
        values.sum().backward()
        assert x.grad.tolist() == [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]

    @pytest.mark.parametrize("k", [-1, 4])
    def test_wrong_k(self, k):
        with pytest.raises(ValueError, match=rf"topk: k is {k}, but axis -1 of shape \(3,\) has 3 values"):
            tg.topk(leaf(1.0, 2.0, 3.0), k)


class TestWithoutGradient:
    @pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": None}, {"kind": "stable"}, {"stable": True}])
    def test_argsort(self, options, rng):
        values = rng.standard_normal((3, 4))
        for function in (tg.argsort, np.argsort):
            result = function(tg.tensor(values, requires_grad=True), **options)
            assert not result.requires_grad
            np.testing.assert_array_equal(result.data, np.argsort(values, **options))

    def test_searchsorted(self):
        x = leaf(1.0, 2.0, 3.0)
        for function in (tg.searchsorted, np.searchsorted):
            assert function(x, 2.0).item() == 1
            assert function(x, leaf(2.0, 9.0), side="right").tolist() == [2, 3]
            assert function(np.array([1.0, 2.0]), leaf(1.5)).tolist() == [1]
            assert function(leaf(3.0, 1.0), 2.0, sorter=tg.tensor([1, 0])).item() == 1

    def test_unique(self):
        x = leaf(3.0, 1.0, 3.0, NAN, NAN)
        for function in (tg.unique, np.unique):
            np.testing.assert_array_equal(function(x).data, [1.0, 3.0, NAN])
            assert function(x, equal_nan=False).shape == (4,)
            parts = function(x[:3], return_index=True, return_inverse=True, return_counts=True)
            assert [part.tolist() for part in parts] == [[1.0, 3.0], [1, 0], [1, 0, 1], [1, 2]]
        assert tg.unique(tg.tensor([[1, 2], [1, 2]]), axis=0).tolist() == [[1, 2]]


def test_partitions_are_numpys(rng):
    values = rng.standard_normal((4, 7))
    for kth, axis in ((2, -1), ((0, 3), 0), (5, None)):
        x = tg.tensor(values, requires_grad=True)
        places = np.argpartition(x, kth, axis=axis)
        assert not places.requires_grad
        np.testing.assert_array_equal(places.data, np.argpartition(values, kth, axis))
        y = np.partition(x, kth, axis)
        y[..., 0].sum().backward()
        assert np.count_nonzero(x.grad.data) == y[..., 0].size
    with pytest.raises(ValueError, match="kind"):
        tg.argpartition(tg.tensor([1.0]), 0, kind="best")
