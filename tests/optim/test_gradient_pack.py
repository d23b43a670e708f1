"""All gradients as one array: what is written there is what a step sees."""

import copy

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.optim import LBFGS, SGD, Adam


def leaves(*shapes, dtype="float64"):
    return [tg.ones(shape, dtype, requires_grad=True) for shape in shapes]


def backward(params, factor=1.0):
    sum((p * p).sum() * factor for p in params).backward()


def test_each_gradient_is_a_view_of_one_array():
    params = leaves((2, 3), (), (0, 2), (9_000,), (4,))
    optimizer = SGD([{"params": params[:2]}, {"params": params[2:]}], lr=1.0)
    backward(params)
    expected = np.concatenate([p.grad.data for p in params], axis=None)
    (flat,) = optimizer.packed_gradients()
    np.testing.assert_array_equal(flat, expected)
    for p in params:
        assert p.grad.shape == p.shape
        assert p.size == 0 or np.shares_memory(p.grad.data, flat)
    flat[:] = np.arange(flat.size)
    np.testing.assert_array_equal(params[0].grad.data, np.arange(6.0).reshape(2, 3))


def test_an_all_reduce_around_the_step():
    """Two workers with half of the data each step as one with all of it does."""
    rng = np.random.default_rng(0)
    data = rng.standard_normal((8, 3))

    def make():
        params = [tg.tensor(np.linspace(0, 1, 3), requires_grad=True), tg.zeros(1, "float64", requires_grad=True)]
        return params, Adam(params, lr=0.1)

    def learn(params, rows):
        params[0].grad = params[1].grad = None
        ((tg.Tensor(rows) @ params[0] + params[1] - 1.0) ** 2).mean().backward()

    alone, workers = make(), [make(), make()]
    for _ in range(5):
        learn(alone[0], data)
        alone[1].step()
        for (params, _), rows in zip(workers, (data[:4], data[4:])):
            learn(params, rows)
        flats = [optimizer.packed_gradients()[0] for _, optimizer in workers]
        average = np.mean(flats, axis=0)
        for flat, (_, optimizer) in zip(flats, workers):
            flat[:] = average
            optimizer.step()
    for params, _ in workers:
        for p, q in zip(params, alone[0]):
            np.testing.assert_allclose(p.data, q.data, rtol=1e-12)


def test_parameters_without_gradient_are_left_out_and_dtypes_are_apart():
    a, b, c = *leaves(2, 3), *leaves(2, dtype="float32")
    optimizer = SGD([a, b, c])
    assert optimizer.packed_gradients() == []
    backward([a, c])
    flats = optimizer.packed_gradients()
    assert [(flat.dtype, flat.size) for flat in flats] == [("float64", 2), ("float32", 2)]
    assert b.grad is None


def test_a_second_call_gives_the_same_array_and_accumulates_into_it():
    params = leaves(2, 3)
    optimizer = SGD(params)
    backward(params)
    (flat,) = optimizer.packed_gradients()
    backward(params)
    (again,) = optimizer.packed_gradients()
    assert again is flat
    assert flat.tolist() == [4.0] * 5


def test_memory_is_used_again_unless_somebody_looks_at_it():
    params = leaves(2, 3)
    optimizer = SGD(params)
    backward(params)
    (flat,) = optimizer.packed_gradients()
    address, kept = flat.ctypes.data, params[0].grad
    optimizer.zero_grad()
    backward(params, 3.0)
    (other,) = optimizer.packed_gradients()
    assert other is not flat
    assert kept.tolist() == [2.0, 2.0]
    address = other.ctypes.data
    del flat, other, kept
    optimizer.zero_grad()
    backward(params)
    assert optimizer.packed_gradients()[0].ctypes.data == address


def test_some_gradients_anew_and_some_from_before():
    a, b = leaves(2, 2)
    optimizer = SGD([a, b])
    backward([a, b])
    optimizer.packed_gradients()
    a.grad = None
    backward([a], 5.0)
    (flat,) = optimizer.packed_gradients()
    assert flat.tolist() == [10.0, 10.0, 2.0, 2.0]


@pytest.mark.parametrize("optimizer", [SGD, Adam, LBFGS])
def test_copies_pack_their_own(optimizer):
    params = leaves(2, 3)
    it = optimizer(params)
    backward(params)
    (flat,) = it.packed_gradients()
    _, other = copy.deepcopy((params, it))
    (others,) = other.packed_gradients()
    assert others.tolist() == flat.tolist()
    assert not np.shares_memory(flat, others)
