"""Ranges between Tensors: numbers of numbers, dtypes, and ends that have no range between them."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad


def leaf(values: object) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


def test_the_distance():
    low, high = leaf(1.0), leaf(4.0)
    _, step = np.linspace(low, high, 4, retstep=True)
    assert [g.item() for g in grad(step, (low, high))] == [-1 / 3, 1 / 3]
    assert np.isnan(np.linspace(low, high, 1, retstep=True)[1].item())
    assert np.linspace(low, high, 0).shape == (0,)


@pytest.mark.parametrize("function", [np.linspace, np.geomspace, np.logspace])
def test_the_dtype(function):
    low = tg.tensor(1.0, requires_grad=True)
    assert function(low, 4.0, 4).dtype == np.float32
    assert function(low, 4.0, 4, dtype="float64").dtype == np.float64
    whole = function(low, 4.0, 3, dtype=int)
    np.testing.assert_array_equal(whole.data, function(1.0, 4.0, 3, dtype=int))
    assert (whole.dtype, whole.requires_grad) == (np.int64, False)


def test_the_public_linspace_takes_tensors():
    high = leaf(3.0)
    y = tg.linspace(1, high, 5)
    assert y.tolist() == [1.0, 1.5, 2.0, 2.5, 3.0]
    assert grad(y.sum(), high)[0].item() == 2.5
    assert tg.linspace(1, high, 5, dtype="float32").dtype == np.float32
    assert tg.linspace(tg.tensor(0.0), 1, 3, requires_grad=True).requires_grad


def test_ends_of_a_geometric_range_are_exact():
    low, high = leaf(0.1), leaf(0.7)
    y = np.geomspace(low, high, 3)
    assert (y[0].item(), y[-1].item()) == (0.1, 0.7)
    assert [g.item() for g in grad(y[-1], (low, high))] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.geomspace(x, [1.0, 0.0]), r"geomspace: of the ends of shapes \(\) and \(2,\) 1 have no equal"),
        (lambda x: np.geomspace(x, -2.0), "both must be positive, or both negative"),
        (lambda x: np.linspace(x, 2.0, -1), "[Nn]umber of samples, -1, must be non-negative"),
        (lambda x: np.linspace(x * [1.0, 2.0], [1.0, 2.0, 3.0]), "broadcast"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(leaf(1.0))
