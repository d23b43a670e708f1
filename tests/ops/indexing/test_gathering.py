"""Functional indexing at its edges: duplicates, masks, numbers out of range, PyTorch's results."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck

DUPLICATES = np.array([[0, 0, 2], [1, -2, 1]])


def leaf(*shape: int) -> tg.Tensor:
    return tg.tensor(np.arange(float(np.prod(shape))).reshape(shape) + 1, requires_grad=True, dtype="float64")


class TestDuplicates:
    @pytest.mark.parametrize(
        "read",
        [
            lambda x: tg.take(x, DUPLICATES, 1),
            lambda x: tg.take_along_axis(x, DUPLICATES, 1),
            lambda x: tg.gather(x, 1, DUPLICATES),
            lambda x: tg.embedding(DUPLICATES % 2, x),
        ],
    )
    def test_reading_collects_gradients(self, read):
        x = leaf(2, 3)
        (g,) = grad(read(x).sum(), x)
        assert g.data.sum() == read(x).size
        assert gradcheck(read, x)

    @pytest.mark.parametrize(
        "write",
        [
            lambda x, v: tg.put_along_axis(x, DUPLICATES, v, 1),
            lambda x, v: tg.scatter(x, 1, DUPLICATES, v),
            lambda x, v: tg.index_put(x, (np.array([[0], [1]]), DUPLICATES), v),
        ],
    )
    def test_of_several_writers_the_last_wins_and_alone_gets_the_gradient(self, write):
        x, v = leaf(2, 3), tg.tensor(10.0 + np.arange(6).reshape(2, 3), requires_grad=True)
        y = write(x, v)
        assert y.tolist() == [[11.0, 2.0, 12.0], [4.0, 15.0, 6.0]]
        dx, dv = grad(y.sum(), (x, v))
        assert dx.tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
        assert dv.tolist() == [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]

    @pytest.mark.parametrize("order", ["C", "F"])
    def test_the_last_writer_does_not_depend_on_the_order_of_memory(self, order):
        rng = np.random.default_rng(0)
        for shape, index in (
            ((3, 4), (rng.integers(0, 3, (5, 6)), rng.integers(0, 4, (5, 6)))),
            ((3, 4), (rng.integers(0, 3, (5, 1)), rng.integers(0, 4, (1, 6)))),
            ((3, 4, 2), (slice(None), rng.integers(0, 4, (5, 6)))),
            ((3, 2, 4), (rng.integers(0, 3, 6), slice(None), rng.integers(0, 4, (5, 1)))),
        ):
            x = leaf(*shape)
            index = tuple(np.asarray(part, order=order) if isinstance(part, np.ndarray) else part for part in index)
            values = np.asarray(rng.standard_normal(x.data[index].shape), order=order)
            v = tg.Tensor(values, requires_grad=True)
            y = tg.index_put(x, index, v)
            (dv,) = grad(y.sum(), v)
            # Exactly the entries with gradient 1 are those that stand in the result.
            written = y.data[y.data != x.data]
            np.testing.assert_array_equal(np.sort(values[dv.data == 1]), np.sort(written))

    def test_adding_adds_up(self):
        x, v = leaf(3), leaf(4)
        y = tg.index_add(x, 0, [1, 1, -1, 1], v)
        assert y.tolist() == [1.0, 9.0, 6.0]
        dx, dv = grad(y.sum(), (x, v))
        assert (dx.tolist(), dv.tolist()) == ([1.0] * 3, [1.0] * 4)


class TestInputsStay:
    @pytest.mark.parametrize(
        "write",
        [
            lambda x: tg.put_along_axis(x, [[0]], 9.0, 1),
            lambda x: tg.scatter(x, 1, [[0]], 9.0),
            lambda x: tg.scatter_add(x, 1, [[0]], 9.0),
            lambda x: tg.index_add(x, 1, [0], tg.ones((2, 1), dtype="float64")),
            lambda x: tg.index_put(x, 0, 9.0),
            lambda x: tg.masked_fill(x, True, 9.0),
        ],
    )
    def test_a_new_tensor_is_returned(self, write):
        for x in (leaf(2, 3), leaf(2, 3).detach(), leaf(2, 3) * 1):
            before = x.data.copy()
            y = write(x)
            assert isinstance(y, tg.Tensor)
            assert y.data[0, 0] != before[0, 0]
            np.testing.assert_array_equal(x.data, before)

    def test_an_array_with_a_recorded_value(self):
        v = leaf(2)
        y = tg.index_put(np.zeros(3), [0, 2], v)
        (y * y).sum().backward()
        assert (y.tolist(), v.grad.tolist()) == ([1.0, 0.0, 2.0], [2.0, 4.0])

    def test_index_arrays_may_change_afterwards(self):
        index = np.array([0, 1])
        x = leaf(3)
        results = [
            tg.take(x, index), tg.gather(x, 0, index), tg.embedding(index, x), tg.scatter(x, 0, index, leaf(2)),
            tg.masked_select(x, mask := np.array([True, True, False])), tg.scatter_add(x, 0, index, x[:2]),
        ]  # fmt: skip
        expected = [grad(result.sum(), x, retain_graph=True)[0].data for result in results]
        index[:], mask[:] = 2, False
        for result, g in zip(results, expected):
            np.testing.assert_array_equal(grad(result.sum(), x)[0].data, g)


class TestMasks:
    def test_what_is_filled_gets_no_gradient_even_if_infinite(self):
        x = tg.tensor([np.nan, np.inf, 1.0], requires_grad=True)
        tg.masked_fill(x, ~np.isfinite(x), 0.0).sum().backward()
        assert x.grad.tolist() == [0.0, 0.0, 1.0]

    def test_a_filled_value_collects_its_gradient(self):
        x, v = leaf(3), leaf()
        tg.masked_fill(x, [True, False, True], v).sum().backward()
        assert v.grad.item() == 2.0

    def test_attention_with_masked_scores(self):
        x = leaf(2, 3)
        y = tg.softmax(tg.masked_fill(x, [False, True, False], -np.inf), axis=1)
        assert y.data[0, 1] == 0.0
        (y * y).sum().backward()
        assert np.isfinite(x.grad.data).all()
        assert x.grad.data[0, 1] == 0.0

    def test_nothing_selected(self):
        x = leaf(2, 3)
        y = tg.masked_select(x, False)
        assert y.shape == (0,)
        y.sum().backward()
        assert not x.grad.data.any()


class TestEmbedding:
    def test_the_padding_row_is_read_and_gets_no_gradient(self):
        w = leaf(3, 2)
        for padding in (1, -2):
            y = tg.embedding([[1, 0], [1, 2]], w, padding_idx=padding)
            np.testing.assert_array_equal(y.data, w.data[[[1, 0], [1, 2]]])
            (g,) = grad((y * y).sum(), w, create_graph=True)
            assert g.tolist() == [[2.0, 4.0], [0.0, 0.0], [10.0, 12.0]]
            (gg,) = grad(g.sum(), w)
            assert gg.tolist() == [[2.0, 2.0], [0.0, 0.0], [2.0, 2.0]]

    def test_two_readings_add_up_in_place(self):
        w = leaf(3, 2)
        (tg.embedding([0, 1], w, padding_idx=0).sum() + tg.embedding([1, 0], w).sum()).backward()
        assert w.grad.tolist() == [[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]

    def test_indices_may_be_tensors_of_any_shape(self):
        w = leaf(3, 2, 2)
        assert tg.embedding(tg.tensor([[0, 1, 2]]), w).shape == (1, 3, 2, 2)
        assert tg.embedding(2, w).shape == (2, 2)
        assert tg.embedding([], w).shape == (0, 2, 2)


class TestOneHot:
    def test_values_and_dtypes(self):
        y = tg.one_hot(tg.tensor([[0, 2], [1, 1]]), 4)
        np.testing.assert_array_equal(y.data, np.eye(4)[[[0, 2], [1, 1]]])
        assert y.dtype == np.float32
        assert not y.requires_grad
        assert tg.one_hot([1], dtype="int64").tolist() == [[0, 1]]
        assert tg.one_hot(np.array([], int)).shape == (0, 0)
        assert tg.one_hot(3).tolist() == [0.0, 0.0, 0.0, 1.0]

    def test_a_product_with_it_reads_rows(self):
        w = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        y = tg.one_hot([1, 1, 0], 2) @ w
        assert y.dtype == np.float32
        y.sum().backward()
        assert w.grad.tolist() == [[1.0, 1.0], [2.0, 2.0]]


ERRORS = [
    (lambda x: tg.take(x, [6]), IndexError, "out of bounds"),
    (lambda x: tg.take(x, [0.5]), IndexError, "take: indices must be integers, not float64; use .astype(int)"),
    (lambda x: tg.take(x, [0], mode="nearest"), ValueError, "take: mode 'nearest' is unknown"),
    (lambda x: tg.take(x, [0], 2), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.take_along_axis(x, [0], 1), ValueError, "shape (1,) must have as many axes as the tensor (2, 3)"),
    (lambda x: tg.take_along_axis(x, [[0], [0], [0]], 1), IndexError, "broadcast"),
    (lambda x: tg.take_along_axis(x, [[3]], 1), IndexError, "out of bounds"),
    (lambda x: tg.put_along_axis(x, [[0]], [1.0, 2.0], 1), ValueError, "shape"),
    (
        lambda x: tg.gather(x, 1, [0]),
        ValueError,
        "gather: an index of shape (1,) does not fit a tensor of shape (2, 3)",
    ),
    (lambda x: tg.gather(x, 1, [[0]] * 3), ValueError, "is not longer along any but axis 1"),
    (lambda x: tg.gather(x, 2, [[0]]), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.scatter(x, 1, [[5]], 1.0), IndexError, "out of bounds"),
    (lambda x: tg.scatter(x, 1, [[0, 1]], x[:, :1]), ValueError, "reads beyond a src of shape (2, 1)"),
    (lambda x: tg.scatter_add(x, 1, [[0, 1]], x[0]), ValueError, "reads beyond a src of shape (3,)"),
    (
        lambda x: tg.index_add(x, 0, [[0]], x),
        ValueError,
        "the index has one axis, and the source here the shape (1, 3)",
    ),
    (lambda x: tg.index_add(x, 0, [0], x), ValueError, "a source of shape (2, 3) do not fit axis 0 of shape (2, 3)"),
    (lambda x: tg.index_put(x, ([0], [7]), 1.0), IndexError, "out of bounds"),
    (lambda x: tg.index_put(x, [0], [1.0, 2.0], True), ValueError, "broadcast"),
    (lambda x: tg.masked_fill(x, [0, 1, 0], 1.0), TypeError, "masked_fill: the mask must be of bools, not int64"),
    (lambda x: tg.masked_select(x, [True, False]), ValueError, "mismatch"),
    (lambda x: tg.one_hot(x), TypeError, "one_hot: indices must be integers, not float64"),
    (lambda x: tg.one_hot([0, 3], 3), IndexError, "one_hot: class 3 is out of range; there are 3 classes, from 0 to 2"),
    (lambda x: tg.one_hot([-1]), IndexError, "class -1 is out of range"),
    (lambda x: tg.embedding([2], x), IndexError, "embedding: number 2 is out of range; there are 2 rows, from 0 to 1"),
    (lambda x: tg.embedding([-1], x), IndexError, "number -1 is out of range"),
    (lambda x: tg.embedding([0.0], x), TypeError, "embedding: indices must be integers"),
    (lambda x: tg.embedding([0], x, padding_idx=2), IndexError, "padding_idx 2 is out of range for 2 rows"),
    (lambda x: tg.embedding([0], x[0, 0]), ValueError, "the weight is 0-d"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_errors(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(leaf(2, 3))


def test_as_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, src = rng.standard_normal((4, 5)), rng.standard_normal((4, 6))
    index = rng.integers(0, 4, (3, 5))
    t, i = torch.tensor(x), torch.tensor(index)
    np.testing.assert_array_equal(tg.gather(x, 0, index), torch.gather(t, 0, i))
    np.testing.assert_allclose(tg.scatter_add(x, 0, index, src), t.scatter_add(0, i, torch.tensor(src)))
    unique = np.argsort(rng.standard_normal((4, 5)), axis=1)[:, :3]
    np.testing.assert_array_equal(
        tg.scatter(x, 1, unique, src), t.scatter(1, torch.tensor(unique), torch.tensor(src[:, :5]))
    )
    rows = np.array([1, 1, 3])
    np.testing.assert_allclose(
        tg.index_add(x, 0, rows, src[:3, :5], alpha=2.0),
        t.index_add(0, torch.tensor(rows), torch.tensor(src[:3, :5]), alpha=2.0),
    )
    np.testing.assert_array_equal(tg.masked_fill(x, x > 0, 3.0), t.masked_fill(t > 0, 3.0))
    np.testing.assert_array_equal(tg.masked_select(x, x > 0), t.masked_select(t > 0))
    np.testing.assert_array_equal(tg.one_hot(rows).data, torch.nn.functional.one_hot(torch.tensor(rows)))

    w, v = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    (tg.embedding(rows, w, padding_idx=1) ** 2).sum().backward()
    (torch.nn.functional.embedding(torch.tensor(rows), v, padding_idx=1) ** 2).sum().backward()
    np.testing.assert_allclose(w.grad.data, v.grad)
