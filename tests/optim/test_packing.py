"""Packed parameters: fast when nobody looks, and never seen by who does."""

import gc

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.optim import SGD, Adam, packing


def leaf(*values, dtype="float64"):
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


def give(g, *params):
    for p in params:
        p.grad = tg.full_like(p, g)


def is_packed(*params):
    return all(isinstance(p.data.base, packing._Segment) for p in params)


def test_small_parameters_are_packed_and_large_ones_stay():
    small = [leaf(1.0, 2.0), tg.tensor(3.0, requires_grad=True, dtype="float64")]
    large = tg.zeros(packing.SMALL + 1, "float64", requires_grad=True)
    array = large.data
    give(1.0, *small, large)
    optimizer = SGD([small[0], large, small[1]], lr=1.0)
    optimizer.step()
    assert is_packed(*small)
    assert small[0].data.base._buffer is small[1].data.base._buffer
    assert large.data is array
    assert (small[0].tolist(), small[1].item(), set(array)) == ([0.0, 1.0], 2.0, {-1.0})


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_replaced_array_is_taken_in_again(optimizer):
    a, b = leaf(1.0, 2.0), leaf(3.0)
    reference_a, reference_b = leaf(1.0, 2.0), leaf(3.0)
    it, reference = optimizer([a, b]), optimizer([reference_a, reference_b])
    for k in range(4):
        for p in (a, reference_a):
            p.data = p.data * 2.0  # a new array
        b.data -= 0.5  # in place
        reference_b.data -= 0.5
        give(float(k), a, b, reference_a, reference_b)
        it.step()
        reference.step()
        assert is_packed(a, b)
    assert (a.tolist(), b.tolist()) == (reference_a.tolist(), reference_b.tolist())


def test_whoever_sees_the_array_sees_the_update():
    array = np.array([1.0, 2.0])
    a, b = tg.Tensor(array, requires_grad=True), leaf(3.0)
    view = b.data[:]
    detached = b.detach()
    optimizer = SGD([a, b], lr=1.0)
    for k in range(1, 3):
        give(1.0, a, b)
        optimizer.step()
        assert array.tolist() == a.tolist() == [1.0 - k, 2.0 - k]
        assert view.tolist() == detached.tolist() == [3.0 - k]
    assert not is_packed(a)
    assert not is_packed(b)


def test_it_is_packed_when_nobody_sees_it_any_more():
    array = np.array([1.0, 2.0])
    a = tg.Tensor(array, requires_grad=True)
    optimizer = Adam([a])
    give(1.0, a)
    optimizer.step()
    assert not is_packed(a)
    del array
    optimizer.step()
    assert is_packed(a)
    assert optimizer.state[a]["step"] == 2


def test_parameters_over_the_same_memory_are_both_updated():
    array = np.array([1.0, 2.0])
    a, b = tg.Tensor(array, requires_grad=True), tg.Tensor(array[::-1], requires_grad=True)
    a.grad, b.grad = tg.tensor([1.0, 0.0], dtype="float64"), tg.tensor([10.0, 0.0], dtype="float64")
    SGD([a, b], lr=1.0).step()
    assert array.tolist() == [0.0, -8.0]


def test_packed_views_given_away_stay_good():
    a, b = leaf(1.0), leaf(2.0)
    optimizer = SGD([a, b], lr=1.0)
    give(1.0, a, b)
    optimizer.step()
    view, state = a.data, b.detach()
    optimizer.step()
    assert (view.tolist(), state.tolist()) == ([-1.0], [0.0])
    assert is_packed(a, b)
    del optimizer
    gc.collect()
    assert (a.tolist(), b.tolist()) == ([-1.0], [0.0])


def test_a_change_of_one_is_none_of_its_neighbours():
    a, b = leaf(1.0), leaf(2.0)
    optimizer = SGD([a, b], lr=1.0)
    give(1.0, a, b)
    optimizer.step()
    loss_a, loss_b = (a * a).sum(), (b * b).sum()
    a.grad = b.grad = None
    give(1.0, a)
    optimizer.step()  # b has no gradient and does not change
    loss_b.backward()
    assert b.grad.tolist() == [2.0]
    with pytest.raises(RuntimeError, match="changed in place"):
        loss_a.backward()


@pytest.mark.parametrize("first", [SGD, Adam])
def test_a_second_optimizer_takes_over(first):
    a, b = leaf(1.0), leaf(2.0)
    give(1.0, a, b)
    old = first([a, b], lr=1.0)
    old.step()
    new = SGD([b, a], lr=1.0)
    before = a.item()
    new.step()
    old.step()  # both may step in turn
    new.step()
    np.testing.assert_allclose(a.item(), before - 3.0)
    del old
    new.step()
    np.testing.assert_allclose(a.item(), before - 4.0)
    assert a.data.base._buffer is new._stores[0]._packs[0]._values


@pytest.mark.parametrize("size", [6, packing.SMALL + 6])
def test_strided_arrays(size, rng):
    square = rng.standard_normal((2, size // 2))
    for array in (square.T.copy().T, np.asfortranarray(square), np.repeat(square, 2, axis=1)[:, ::2], square[::-1]):
        p, q = tg.Tensor(array.copy("K"), requires_grad=True), tg.tensor(square.copy(), requires_grad=True)
        kept = p.data  # seen, so that it is updated where it is
        q.data[...] = array
        ours, reference = Adam([p]), Adam([q])
        for _ in range(3):
            g = rng.standard_normal(array.shape)
            p.grad, q.grad = tg.Tensor(np.asfortranarray(g)), tg.Tensor(g)
            ours.step()
            reference.step()
        np.testing.assert_array_equal(p.data, q.data)
        assert p.data is kept


def test_large_parameters_go_block_by_block(monkeypatch, rng):
    values = rng.standard_normal(30_000)
    results = []
    for block in (2**18, 10_000):
        monkeypatch.setattr(packing, "BLOCK", block)
        p = tg.tensor(values, requires_grad=True)
        optimizer = Adam([p], weight_decay=0.1, amsgrad=True, maximize=True)
        for k in range(3):
            p.grad = tg.tensor(np.cos(values + k))
            optimizer.step()
        results.append(p.data)
    np.testing.assert_array_equal(*results)


def test_dtypes_are_packed_apart_and_may_change():
    a, b = leaf(1.0, dtype="float32"), leaf(2.0, dtype="float64")
    optimizer, wide = Adam([a, b], lr=0.1), leaf(1.0)
    reference = Adam([wide], lr=0.1)
    for k in range(4):
        if k == 2:
            a.data = a.data.astype("float64")
        give(1.0 + k, a, b, wide)
        optimizer.step()
        reference.step()
        assert (a.dtype, b.dtype) == ("float32" if k < 2 else "float64", "float64")
    np.testing.assert_allclose(a.data, wide.data, rtol=1e-6)
    assert optimizer.state[a]["exp_avg"].dtype == np.float64


def test_gradients_of_another_dtype_are_cast():
    a, large = leaf(1.0, dtype="float32"), tg.ones(packing.SMALL + 1, requires_grad=True)
    for p in (a, large):
        p.grad = tg.Tensor(np.ones(p.shape, "float64"))
    SGD([a, large, leaf(1.0)], lr=0.5, momentum=0.5).step()
    assert (a.tolist(), large.dtype, large.data[0]) == ([0.5], np.float32, 0.5)


@pytest.mark.parametrize("size", [2, packing.SMALL + 1])
def test_a_read_only_array_is_refused_before_anything_changes(size):
    a, fixed = leaf(1.0), tg.ones(size, "float64", requires_grad=True)
    fixed.data.flags.writeable = False
    optimizer = Adam([a, fixed])
    give(1.0, a, fixed)
    with pytest.raises(ValueError, match=rf"shape \({size},\) is read-only"):
        optimizer.step()
    assert a.item() == 1.0
    assert len(optimizer.state) == 0


def test_a_frozen_parameter_costs_no_new_plan(monkeypatch):
    a, frozen = leaf(1.0), leaf(2.0)
    optimizer = Adam([a, frozen])
    give(1.0, a)
    optimizer.step()
    monkeypatch.setattr(packing._Pack, "_plan", None)
    optimizer.step()
    assert not is_packed(frozen)


def test_training_leaves_no_memory_behind():
    params = [leaf(1.0, 2.0) for _ in range(3)]
    optimizer = Adam(params, lr=0.1)
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            optimizer.zero_grad()
            sum((p * p).sum() for p in params).backward()
            optimizer.step()
        assert gc.collect() == 0
    finally:
        gc.enable()
