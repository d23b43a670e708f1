"""Histograms: edges that samples would give, values at the edges, and the kinds of what comes out."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

X = np.array([0.2, 1.0, 1.5, 3.0, -1.0])
EDGES = [0.0, 1.0, 3.0]


def leaf(values: object) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


def test_samples_have_no_gradient_and_weights_have_one():
    x, w = leaf(X), leaf(np.arange(1.0, 6.0))
    sums, edges = np.histogram(x, EDGES, weights=w)
    assert (sums.tolist(), edges.tolist()) == ([1.0, 9.0], EDGES)
    sums[1].backward()
    assert (w.grad.tolist(), x.grad) == ([0.0, 1.0, 1.0, 1.0, 0.0], None)
    assert not np.histogram(x, EDGES)[0].requires_grad


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.histogram(x),
        lambda x: np.histogram(x, "auto"),
        lambda x: np.histogram2d(x, x, 3),
        lambda x: np.histogram2d(x, x, [3, EDGES]),
        lambda x: np.histogramdd(x[:, None], 3),
        lambda x: np.histogramdd([X, x], [EDGES, 2]),
    ],
)
def test_edges_do_not_come_from_samples_that_require_grad(call):
    with pytest.raises(TypeError, match=r"histogram.*: the edges would come from samples .*bins=np\.linspace"):
        call(leaf(X))
    call(leaf(X).detach())
    with tg.no_grad():
        call(leaf(X))


def test_a_range_makes_edges_that_do_not_depend_on_samples():
    assert np.histogram(leaf(X), 2, (0.0, 2.0))[0].tolist() == np.histogram(X, 2, (0.0, 2.0))[0].tolist()
    counts, *_ = np.histogram2d(leaf(X), leaf(X), [2, EDGES], [(0.0, 2.0), None])
    np.testing.assert_array_equal(counts.data, np.histogram2d(X, X, [2, EDGES], [(0.0, 2.0), None])[0])


@pytest.mark.parametrize("density", [False, True])
def test_without_weights_it_is_that_of_numpy(density):
    reference = np.histogram(X, EDGES, density=density)
    for mine, expected in zip(np.histogram(tg.tensor(X), EDGES, density=density), reference):
        assert isinstance(mine, tg.Tensor)
        assert mine.dtype == expected.dtype
        np.testing.assert_array_equal(mine.data, expected)


def test_arrays_give_arrays():
    assert not any(isinstance(each, tg.Tensor) for each in tg.histogram(X, EDGES, weights=X))
    assert not isinstance(tg.bincount(np.array([0, 2])), tg.Tensor)
    counts, (edges,) = tg.histogramdd(X, [EDGES])
    assert counts.tolist() == [1.0, 3.0]
    assert edges.tolist() == EDGES


def test_counts():
    assert np.bincount(tg.tensor([0, 2, 2]), minlength=5).tolist() == [1, 0, 2, 0, 0]
    assert np.bincount(tg.tensor([], dtype="int64"), leaf([])).shape == (0,)
    assert np.bincount(tg.tensor([0, 2]), [3, 4]).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.bincount([0, 1], x), ValueError, r"bincount: x of shape \(2,\) and weights of shape \(5,\)"),
        (lambda x: np.bincount(x), TypeError, "Cannot cast array data"),
        (lambda x: np.bincount([-1], x[:1]), ValueError, "no negative elements|non-negative|must not be negative"),
        (
            lambda x: np.histogram(X[:2], EDGES, weights=x),
            ValueError,
            r"histogram: samples of shape \(2,\)",
        ),
        (lambda x: np.histogram(X, x), TypeError, "histogram: an edge is a constant"),
        (lambda x: np.histogram(x, EDGES[::-1]), ValueError, "monotonically"),
        (
            lambda x: np.histogram2d(x, x[:2], EDGES),
            ValueError,
            r"histogram2d: x of shape \(5,\) and y",
        ),
        (lambda x: np.histogram(X, "auto", weights=x), TypeError, "not supported for weighted data"),
        (lambda x: np.histogramdd(X[:, None], [x]), TypeError, "histogramdd: an edge is a constant"),
        (lambda x: np.histogramdd(X[:, None], [EDGES], weights=x[:2]), ValueError, "histogramdd: samples of shape"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(X))
