"""Indexing: everything that NumPy indexes with, sums by index against `np.add.at`, views and copies, time."""

from __future__ import annotations

import time

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck
from tinygrad_fs.ops.indexing import accumulation
from tinygrad_fs.ops.indexing.accumulation import add_at
from tinygrad_fs.ops.indexing.positions import as_index


def random_part(rng, size, shape):
    """A random part of an index for an axis of this size; arrays broadcast to `shape`."""
    kind = rng.integers(0, 6)
    if kind == 0:
        return int(rng.integers(-size, size))
    if kind < 4:
        return [slice(None), slice(None, None, -1), slice(1, None)][kind - 1]
    own = () if rng.random() < 0.2 else tuple(1 if rng.random() < 0.3 else n for n in shape)
    return rng.integers(-size, size, own).astype(rng.choice([np.int64, np.int8]))


def random_index(rng, shape):
    """A random index: numbers, slices, arrays, masks, None, Ellipsis and single bools in any order."""
    broadcast = tuple(rng.integers(1, 4, rng.integers(0, 3)))
    if rng.random() < 0.2 and len(shape) > 1:
        parts = [rng.random(shape[:2]) > 0.4]
    else:
        parts = [random_part(rng, size, broadcast) for size in shape[: rng.integers(0, len(shape) + 1)]]
    for extra in (None, True, np.array(False), None):
        if rng.random() < 0.15:
            parts.insert(rng.integers(0, len(parts) + 1), extra)
    if rng.random() < 0.4:
        parts.insert(rng.integers(0, len(parts) + 1), ...)
    return tuple(parts)


def random_cases(count):
    """Arrays in several orders of memory, and indices that fit them."""
    rng = np.random.default_rng(0)
    while count:
        shape = tuple(rng.integers(1, 5, rng.integers(1, 5)).tolist())
        array = [np.zeros(shape), np.zeros(shape, order="F"), np.zeros((*shape, 2))[..., 0]][rng.integers(0, 3)]
        index = random_index(rng, shape)
        try:
            selected = array[index]
        except IndexError:
            continue
        count -= 1
        yield array, index, rng.standard_normal(selected.shape)


class TestAddAt:
    @pytest.mark.parametrize(
        "limits",
        [
            {},
            {"_FEW": 0},
            {"_FEW": 0, "_BLOCK": 4, "_CHUNK_BYTES": 40},
            {"_FEW": 0, "_NARROW": 0, "_SORTING": 0},
            {"_FEW": 0, "_NARROW": 1, "_SORTING": 2, "_BLOCK": 6},
            {"_FEW": 0, "_LONG": 3},
        ],
        ids=str,
    )
    def test_random_indices(self, monkeypatch, limits):
        """However the work is divided, the sums are those of `np.add.at`."""
        for name, limit in limits.items():
            monkeypatch.setattr(accumulation, name, limit)
        for array, index, values in random_cases(600):
            expected = np.zeros(array.shape)
            np.add.at(expected, index, values)
            add_at(array, as_index(index), values)
            np.testing.assert_allclose(array, expected, atol=1e-12, err_msg=f"{array.shape}[{index}]")

    @pytest.mark.parametrize("row", [1, 5, 40])
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_long_sums_keep_their_digits(self, dtype, row):
        into = np.zeros((2, row), dtype)
        add_at(into, np.zeros(20_000, np.intp), np.full((20_000, row), 0.1, dtype))
        tolerance = {"float16": 1e-3, "float32": 2e-7, "float64": 1e-12}[dtype]
        assert into[0] == pytest.approx(20_000 * float(np.dtype(dtype).type(0.1)), rel=tolerance)
        assert not into[1].any()

    def test_rows_of_which_some_are_frequent(self):
        """Counts from 1 to more than a block, in one index."""
        rng = np.random.default_rng(0)
        rows = rng.permutation(np.repeat(np.arange(40), (2 ** (np.arange(40) / 2.9)).astype(int)))
        values = rng.standard_normal((rows.size, 40))
        into, expected = np.ones((41, 40)), np.ones((41, 40))
        add_at(into, rows, values)
        np.add.at(expected, rows, values)
        np.testing.assert_allclose(into, expected, rtol=1e-12, atol=1e-11)

    def test_short_sums_of_float16_keep_their_digits(self):
        into = np.zeros(2, np.float16)
        add_at(into, np.zeros(500, np.intp), np.full(500, 0.1, np.float16))
        assert into[0] == pytest.approx(50.0, rel=1e-3)

    def test_rows_of_float64_are_exact(self):
        rng = np.random.default_rng(0)
        values, rows = rng.integers(-(2**40), 2**40, (3000, 40)).astype(float), rng.integers(0, 50, 3000)
        into = np.zeros((50, 40))
        add_at(into, rows, values)
        expected = np.zeros((50, 40), np.int64)
        np.add.at(expected, rows, values.astype(np.int64))
        np.testing.assert_array_equal(into, expected)

    def test_infinite_values_stay_in_their_rows(self):
        into = np.zeros((3, 600))
        add_at(into, np.array([0, 2, 0]), np.array([[np.inf], [1.0], [1.0]]) * np.ones(600))
        assert into[:, 0].tolist() == [np.inf, 0.0, 1.0]

    @pytest.mark.parametrize(
        ("shape", "index"),
        [
            ((8000, 64), np.random.default_rng(0).integers(0, 8000, 20_000)),
            ((300, 300), tuple(np.random.default_rng(0).integers(0, 300, (2, 200_000)))),
            ((8, 8, 20, 20), (slice(None), *np.random.default_rng(0).integers(0, 8, (3, 72, 300)))),
        ],
        ids=["rows", "two arrays", "im2col"],
    )
    def test_it_is_faster_than_add_at_of_numpy(self, shape, index):
        # By 2.5 to 8 times; the bound leaves room for noise.
        into = np.zeros(shape, np.float32)
        values = np.ones(into[index].shape, np.float32)

        def seconds(add):
            best = np.inf
            for _ in range(3):
                start = time.perf_counter()
                add(into, index, values)
                best = min(best, time.perf_counter() - start)
            return best

        assert seconds(add_at) < seconds(np.add.at)

    def test_a_few_elements_of_much_cost_a_few(self):
        x = tg.zeros(5_000_000, requires_grad=True)
        total = x[[0, 1]].sum()
        for i in range(1, 300):
            total = total + x[[i, i, i + 1]].sum()
        start = time.perf_counter()
        total.backward()
        assert time.perf_counter() - start < 2.0  # 300 sums over the whole would take ten times as long
        assert x.grad.data[:3].tolist() == [1.0, 3.0, 3.0]


def test_random_indices_are_read_as_numpy_does():
    for array, index, weights in random_cases(400):
        x = tg.Tensor(np.random.default_rng(0).standard_normal(array.shape), requires_grad=True)
        y = x[index]
        np.testing.assert_array_equal(y.data, x.data[index])
        (g,) = grad(y, x, weights)
        expected = np.zeros(array.shape)
        np.add.at(expected, index, weights)
        np.testing.assert_allclose(g.data, expected, atol=1e-12)


def test_random_indices_are_written_as_numpy_does():
    for array, index, values in random_cases(400):
        values = values * 0 + np.arange(values.size).reshape(values.shape) + 1.0
        expected = array.copy()
        expected[index] = values
        v = tg.Tensor(values, requires_grad=True)
        t = tg.zeros(array.shape, dtype="float64")
        t[index] = v
        np.testing.assert_array_equal(t.data, expected)
        (g,) = grad(t.sum(), v)
        np.testing.assert_array_equal(np.sort(values[g.data == 1]), np.sort(expected[expected > 0]))


@pytest.mark.parametrize(
    "index",
    [
        range(2), (range(2), [0, 1]), np.int64(1), np.array(1), tg.tensor(1), (tg.tensor([0, 1]), range(2)),
        [True, False], tg.tensor([True, False]), True, None, [[0, 1], [1, 0]], ((0, 1), (1, 0)), np.uint64(1),
        np.array([1], np.uint64), slice(tg.tensor(0), np.int64(1)), [tg.tensor(0), tg.tensor(1)], np.s_[..., 0], (),
        [[]],
    ],
    ids=str,
)  # fmt: skip
def test_whatever_numpy_takes(index):
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, dtype="float64")
    plain = as_index(index)
    np.testing.assert_array_equal(x[index].data, x.data[plain])
    if not isinstance(index, list) and not isinstance(index, tuple):
        np.testing.assert_array_equal(x[index].data, x.data[index.data if isinstance(index, tg.Tensor) else index])
    assert gradcheck(lambda x: x[index], x)


@pytest.mark.parametrize("index", [0.5, "name", [0.5], 1j, {}, (0, "a"), np.array([0.0])], ids=str)
def test_what_is_no_index(index):
    with pytest.raises(IndexError, match="integer"):
        tg.ones((2, 2), requires_grad=True)[index]


class TestCopies:
    """What arrays select is a copy, and may be changed; what numbers and slices select is a view."""

    def test_a_selection_may_be_written_into(self):
        x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = (x * 2)[[0, 2]]
        y[0] = 7.0
        y.sum().backward()
        assert y.tolist() == [7.0, 6.0]
        assert x.grad.tolist() == [0.0, 0.0, 2.0]

    def test_an_array_that_nobody_else_holds_may_be_filled(self):
        x = tg.tensor(3.0, requires_grad=True)
        t = tg.Tensor(np.zeros(4).reshape(2, 2))
        t[0] = x
        t.sum().backward()
        assert x.grad.item() == 2.0

    def test_a_view_of_an_array_that_somebody_holds_may_not(self):
        array = np.zeros(4)
        t = tg.Tensor(array.reshape(2, 2))
        with pytest.raises(RuntimeError, match="view"):
            t[0] = tg.tensor(3.0, requires_grad=True)
        assert not array.any()

    def test_reading_arrays_from_a_tensor_that_is_being_filled(self):
        w = tg.tensor([0.5, 0.25], requires_grad=True, dtype="float64")

        def states(w):
            t = tg.zeros((4, 2), dtype="float64")
            t[0] = w
            for i in range(1, 4):
                t[i] = t[[i - 1, 0]].sum(axis=0) * w
            return t

        assert gradcheck(states, w)
