"""Shapes, joining, borders, rearranging and triangles at their edges: sizes of 0, 0-d, axes, widths, errors, memory."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad


def leaf(*shape: int, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(np.arange(float(np.prod(shape))).reshape(shape) + 1, requires_grad=True, dtype=dtype)


def test_numpys_functions_are_recorded():
    x = leaf(2, 3)
    for function in (
        np.ravel, np.transpose, np.squeeze, np.atleast_3d, np.flip, np.fliplr, np.flipud, np.rot90, np.tril, np.triu,
        np.diag, np.diagonal, np.trace, np.vstack, np.hstack, np.dstack, np.column_stack, np.concatenate, np.stack,
    ):  # fmt: skip
        result = function(x)
        assert result.requires_grad, function
        np.testing.assert_array_equal(result.data, function(x.data))
    for function, *arguments in (
        (np.reshape, (3, 2)), (np.swapaxes, 0, 1), (np.moveaxis, 0, 1), (np.rollaxis, 1), (np.expand_dims, 0),
        (np.broadcast_to, (2, 2, 3)), (np.repeat, 2), (np.tile, 2), (np.roll, 1), (np.pad, 1, "edge"), (np.take, [0]),
        (np.take_along_axis, np.array([[0], [1]]), 1),
    ):  # fmt: skip
        result = function(x, *arguments)
        assert result.requires_grad, function
        np.testing.assert_array_equal(result.data, function(x.data, *arguments))
    for function, *arguments in (
        (np.split, 2), (np.array_split, 2), (np.vsplit, 2), (np.hsplit, 3), (np.broadcast_arrays, x),
        (np.meshgrid, x[0]), (np.atleast_1d, x),
    ):  # fmt: skip
        assert all(part.requires_grad for part in function(x, *arguments)), function


ERRORS = [
    (lambda x: tg.reshape(x, (2.0, 3)), TypeError, "float"),
    (lambda x: tg.reshape(x, 6, order="K"), ValueError, "reshape: order 'K' is unknown; use 'C'"),
    (lambda x: tg.swapaxes(x, 0, 2), IndexError, "out of bounds"),
    (lambda x: tg.moveaxis(x, 5, 0), ValueError, "axis 5 is out of bounds"),
    (lambda x: tg.expand_dims(x, (0, 0)), ValueError, "repeated axis"),
    (lambda x: tg.broadcast_arrays(x, tg.ones(2)), ValueError, "mismatch"),
    (lambda x: tg.meshgrid(x, indexing="yx"), ValueError, "meshgrid: indexing 'yx' is unknown; use 'xy' or 'ij'"),
    (lambda x: tg.split(x, 2, axis=1), ValueError, r"axis 1 of shape (2, 3) has no equal division into 2 parts"),
    (lambda x: tg.split(x, 0), ValueError, "larger than 0"),
    (lambda x: tg.split(x, [1], axis=2), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.vsplit(x[0], 3), ValueError, "vsplit: the tensor has shape (3,); it needs 2 axes"),
    (lambda x: tg.dsplit(x, 3), ValueError, "dsplit: the tensor has shape (2, 3); it needs 3 axes"),
    (lambda x: tg.unstack(x[0, 0]), ValueError, "unstack: the tensor has shape (); it needs 1 axes"),
    (lambda x: tg.vstack([]), ValueError, "at least one array"),
    (lambda x: tg.hstack([]), ValueError, "at least one array"),
    (lambda x: tg.pad(x, (1, 2, 3)), ValueError, "widths of shape (3,) do not fit a tensor of shape (2, 3)"),
    (lambda x: tg.pad(x, 1.5), TypeError, "integral"),
    (
        lambda x: tg.pad(x, 1, constant_values=x[0, 0]),
        TypeError,
        "pad: constant_values is a constant and has no gradient",
    ),
    (lambda x: tg.pad(x[:, :0], 1, mode="edge"), ValueError, "empty axis"),
    (lambda x: tg.flip(x, 2), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.flip(x, (0, -2)), ValueError, "repeated axis"),
    (lambda x: tg.rot90(x, 1, (0, -2)), ValueError, "rot90: axes (0, -2) are one and the same"),
    (lambda x: tg.roll(x, 1, 2), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.repeat(x, -1), ValueError, "repeats must not be negative"),
    (lambda x: tg.repeat(x, [1, 2], axis=1), ValueError, "2 repeats for axis 1 of shape (2, 3); give one, or 3"),
    (lambda x: tg.repeat(x, 2, axis=2), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.tile(x, -1), ValueError, "reps must not be negative"),
    (lambda x: tg.tril(x[0, 0]), ValueError, "tril: a 0-d tensor has no triangle"),
    (lambda x: tg.diagonal(x[0]), ValueError, "shape (3,) has no diagonal"),
    (lambda x: tg.diagonal(x, 0, 1, 1), ValueError, "cannot be the same"),
    (lambda x: tg.trace(x, 0, 0, 2), ValueError, "axis 2 is out of bounds"),
    (lambda x: tg.diag(x[None]), ValueError, "shape (1, 2, 3) is no vector and no matrix"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_errors(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(leaf(2, 3))


EMPTY = [
    (lambda x: tg.reshape(x, (2, 0)), (0, 2)),
    (lambda x: tg.concatenate([x, tg.ones((3, 2))]), (0, 2)),
    (lambda x: tg.stack([x, x]), (0, 2)),
    (lambda x: tg.split(x, 2)[0], (0, 2)),
    (lambda x: tg.flip(x), (0, 2)),
    (lambda x: tg.roll(x, 1), (0, 2)),
    (lambda x: tg.repeat(x, 2, 0), (0, 2)),
    (lambda x: tg.repeat(x, [], 0), (0, 2)),
    (lambda x: tg.repeat(x, 0, 0), (2, 2)),
    (lambda x: tg.tile(x, (3, 2)), (0, 2)),
    (lambda x: tg.tile(x, (0, 2)), (3, 2)),
    (lambda x: tg.pad(x, ((1, 1), (0, 0))), (0, 2)),
    (lambda x: tg.pad(x, ((0, 0), (1, 1)), mode="wrap"), (0, 2)),
    (lambda x: tg.triu(x), (0, 0)),
    (lambda x: tg.diagonal(x), (0, 2)),
    (lambda x: tg.diag(x[:, 0]), (0, 2)),
    (lambda x: tg.trace(x), (0, 2)),
    (lambda x: tg.meshgrid(x[:, 0], x[:, 1])[0], (0, 2)),
    (lambda x: tg.broadcast_to(x[:0], (3, 0, 2)), (5, 2)),
]


@pytest.mark.parametrize(("call", "shape"), EMPTY)
def test_size_0(call, shape):
    x = tg.zeros(shape, requires_grad=True)
    (g,) = grad(call(x).sum(), x)
    assert g.shape == shape


def test_0d():
    x = leaf()
    for result, shape in (
        (tg.flip(x), ()), (tg.ravel(x), (1,)), (tg.repeat(x, 3), (3,)), (tg.tile(x, 2), (2,)), (tg.roll(x, 1), ()),
        (tg.broadcast_to(x, 2), (2,)), (tg.pad(x, 0), ()), (tg.diagflat(x), (1, 1)), (tg.meshgrid(x)[0], (1,)),
    ):  # fmt: skip
        assert result.shape == shape
        assert grad(result.sum(), x, retain_graph=True)[0].item() == result.size


def test_numbers_beside_tensors_do_not_widen_them():
    x = leaf(dtype="float32")
    assert tg.stack([x, 2.0, 3]).dtype == np.float32
    assert tg.concatenate([leaf(2, dtype="float32"), np.ones(1, np.float32)]).dtype == np.float32


def test_integers_and_bools_stay_what_they_are():
    x = tg.arange(4)
    for result in (tg.tril(x), tg.roll(x, 1), tg.tile(x, 2), tg.pad(x, 1), tg.diag(x), tg.repeat(x, 2)):
        assert result.dtype == np.int64
    assert tg.flip(x > 1).dtype == bool


def test_what_a_triangle_leaves_out_may_be_infinite():
    x = tg.tensor([[1.0, np.inf], [np.nan, 2.0]], requires_grad=True)
    tg.tril(tg.triu(x)).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_views_share_memory_and_copies_do_not():
    x = tg.ones((2, 2))
    for view in (tg.flip(x), tg.diagonal(x), tg.unstack(x)[0], tg.rot90(x), tg.ravel(x), tg.atleast_3d(x)):
        assert np.shares_memory(view.data, x.data)
    for copy in (tg.tile(x, 1), tg.repeat(x, 1, 0), tg.pad(x, 0), tg.meshgrid(x[0], x[1])[0], tg.roll(x, 0)):
        assert not np.shares_memory(copy.data, x.data)


@pytest.mark.parametrize("make", [tg.diagonal, tg.flip, lambda t: tg.unstack(t)[1], lambda t: tg.hsplit(t, 2)[0]])
def test_writing_into_a_view_is_refused(make):
    view = make(leaf(2, 2) * 2)
    with pytest.raises(RuntimeError, match="view"):
        view[...] = 0.0


def test_long_sums_of_float16_are_taken_in_float32():
    x = tg.tensor([1.0], requires_grad=True, dtype="float16")
    for function in (lambda x: tg.repeat(x, 4096), lambda x: tg.tile(x, 4096)):
        (g,) = grad(function(x), x, tg.ones(4096, dtype="float16"))
        assert g.dtype == np.float16
        assert g.item() == 4096.0


def test_borders_of_constants_keep_nothing_of_the_tensor():
    x = leaf(2)
    padded = tg.pad(x * 1, (1, 2), constant_values=np.array([5.0, 6.0]))
    assert padded.tolist() == [5.0, 1.0, 2.0, 6.0, 6.0]
    (g,) = grad(padded, x, tg.tensor([1.0, 2.0, 3.0, 4.0, 5.0], dtype="float64"))
    assert g.tolist() == [2.0, 3.0]


def test_unstack_and_stack_are_inverse():
    x = leaf(3, 2, 4)
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(tg.stack(tg.unstack(x, axis), axis).data, x.data)
    first, *_ = tg.unstack(x, 1)
    first.sum().backward()
    np.testing.assert_array_equal(x.grad.data[:, 0], 1.0)
    np.testing.assert_array_equal(x.grad.data[:, 1], 0.0)


@pytest.mark.parametrize("order", ["A", "K", "C", "F"])
def test_the_order_in_memory_can_be_asked_for(order):
    values = np.arange(24.0).reshape(2, 3, 4)
    layouts = (values, np.asfortranarray(values), values.transpose(1, 0, 2), values[:, ::2], values.transpose(2, 0, 1))
    for layout in layouts:
        x = tg.Tensor(layout, requires_grad=True)
        y = np.ravel(x, order=order)
        np.testing.assert_array_equal(y.data, np.ravel(layout, order=order))
        y[5].backward()
        np.testing.assert_array_equal(x.grad.data, layout == y.data[5])
        if order != "K":
            np.testing.assert_array_equal(
                tg.reshape(x, (4, -1), order=order).data, np.reshape(layout, (4, -1), order=order)
            )
