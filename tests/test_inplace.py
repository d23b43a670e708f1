"""In-place changes: recorded, refused or counted. Every row "In-place" of the edge cases."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import graph
from tinygrad_fs.autograd import BackwardError, gradcheck, gradgradcheck
from tinygrad_fs.changes import changed_since, mark_changed, tick, unshared


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


class TestRecorded:
    def test_assignment_is_a_functional_update(self):
        x, v = leaf(1.0, 2.0, 3.0), leaf(10.0)
        y = x * 2
        before = y * y  # saves the old value
        y[1] = v[0]
        (before.sum() + (y * y).sum()).backward()
        np.testing.assert_array_equal(x.grad.data, [16.0, 16.0, 48.0])
        np.testing.assert_array_equal(v.grad.data, [20.0])

    def test_the_reader_before_keeps_the_old_value_and_node(self):
        x = leaf(1.0, 2.0)
        y = x * 2
        view, node = y[0], y._node
        y[0] = 100.0
        assert view.item() == 2.0
        assert y._node is not node
        view.backward()
        np.testing.assert_array_equal(x.grad.data, [2.0, 0.0])

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (lambda t, v: t.__iadd__(v), [2.0, 2.0]),
            (lambda t, v: t.__isub__(v), [2.0, 2.0]),
            (lambda t, v: t.__imul__(v), [10.0, 12.0]),
            (lambda t, v: t.__itruediv__(v), [0.4, 2 / 6]),
            (lambda t, v: t.__ipow__(2), [8.0, 16.0]),
        ],
    )
    def test_in_place_operators(self, change, expected):
        x, v = leaf(1.0, 2.0), leaf(5.0, 6.0)
        y = x * 2
        same = change(y, v)
        assert same is y
        y.sum().backward()
        np.testing.assert_allclose(x.grad.data, expected)

    def test_in_place_with_a_recorded_operand_makes_a_plain_tensor_recorded(self):
        total, x = tg.zeros(2, dtype="float64"), leaf(1.0, 2.0)
        for _ in range(3):
            total += x * x
        total.sum().backward()
        np.testing.assert_array_equal(x.grad.data, [6.0, 12.0])

    def test_out_is_recorded(self):
        x, out = leaf(1.0, 2.0), tg.zeros(2, dtype="float64")
        assert np.multiply(x, 3.0, out=out) is out
        out.sum().backward()
        np.testing.assert_array_equal(x.grad.data, [3.0, 3.0])

    def test_out_of_a_function_is_recorded(self):
        x, out = leaf(1.0, 2.0), tg.zeros((), dtype="float64")
        assert np.sum(x, out=out) is out
        out.backward()
        np.testing.assert_array_equal(x.grad.data, [1.0, 1.0])

    def test_augmented_assignment_by_index(self):
        x = leaf(1.0, 2.0)
        y = x * 2
        y[0] += 10 * x[1]
        (y * y).sum().backward()
        np.testing.assert_array_equal(x.grad.data, [88.0, 456.0])

    def test_the_tensor_keeps_its_dtype_and_shape(self):
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        y = x * 1
        y += leaf(1.0, 1.0)
        assert y.dtype == np.float32
        with pytest.raises(ValueError, match=r"result has shape \(2, 2\) and does not fit into \(2,\)"):
            y += tg.ones((2, 2), requires_grad=True)

    def test_an_integer_tensor_takes_no_value_with_a_gradient(self):
        with pytest.raises(TypeError, match="int64"):
            tg.arange(3)[0] = leaf(1.0)[0]
        with pytest.raises(TypeError, match="int64"):
            tg.arange(3).__iadd__(tg.ones(3, requires_grad=True))

    def test_the_memory_of_others_is_left_alone(self):
        array = np.zeros(3)
        t = tg.Tensor(array)
        t[0] = leaf(5.0)[0]
        assert array[0] == 0.0
        assert t.data[0] == 5.0

    @pytest.mark.parametrize(
        "index",
        [
            0,
            slice(1, None),
            (slice(None), 1),
            [0, 2],
            (np.array([0, 1]), np.array([1, 1])),
            np.eye(3, 2, dtype=bool),
            ...,
        ],
        ids=str,
    )
    def test_derivatives_of_an_assignment(self, index, rng):
        base = rng.standard_normal((3, 2))
        shape = base[index].shape

        def assign(x, v):
            y = x * x
            kept = y[:]
            y[index] = v
            return y * y * kept

        values = [tg.Tensor(base, True), tg.Tensor(rng.standard_normal(shape), True)]
        assert gradcheck(assign, values)
        assert gradgradcheck(assign, values)

    def test_a_broadcast_value_gets_the_sum(self):
        x, v = leaf(1.0, 2.0, 3.0), leaf(7.0)
        y = x * 2
        y[:] = v
        y.sum().backward()
        np.testing.assert_array_equal(v.grad.data, [3.0])
        np.testing.assert_array_equal(x.grad.data, [0.0, 0.0, 0.0])

    def test_of_duplicates_the_last_wins_and_alone_gets_the_gradient(self):
        x, v = leaf(1.0, 2.0), leaf(5.0, 6.0, 7.0)
        y = x * 1
        y[[0, 0, 1]] = v
        np.testing.assert_array_equal(y.data, [6.0, 7.0])
        y.sum().backward()
        np.testing.assert_array_equal(v.grad.data, [0.0, 1.0, 1.0])


def unrolled(steps: int, width: int, preallocated: bool) -> tuple[tg.Tensor, tg.Tensor]:
    w = tg.Tensor(np.linspace(-0.5, 0.5, width * width).reshape(width, width), requires_grad=True)
    h = tg.ones(width, dtype="float64")
    if preallocated:
        states = tg.zeros((steps, width), dtype="float64")
        states[0] = tg.tanh(h @ w)
        for t in range(1, steps):
            states[t] = tg.tanh(states[t - 1] @ w + 0.1)
    else:
        rows = [tg.tanh(h @ w)]
        for _ in range(1, steps):
            rows.append(tg.tanh(rows[-1] @ w + 0.1))
        states = tg.stack(rows)
    return w, (states * states).sum()


class TestFilledStepByStep:
    """A preallocated Tensor, filled and read in between, as a hand-written RNN does it."""

    def test_gradients_are_right(self):
        (w, loss), (v, expected) = unrolled(6, 3, True), unrolled(6, 3, False)
        loss.backward()
        expected.backward()
        assert loss.item() == expected.item()
        np.testing.assert_allclose(w.grad.data, v.grad.data, rtol=1e-12)

    def test_second_order_is_right(self):
        def first(preallocated):
            w, loss = unrolled(4, 2, preallocated)
            (g,) = tg.autograd.grad(loss, w, create_graph=True)
            return tg.autograd.grad((g * g).sum(), w)[0].data

        np.testing.assert_allclose(first(True), first(False), rtol=1e-10)

    def test_no_step_costs_the_whole_buffer(self, monkeypatch):
        """Neither forward nor backward copies or allocates the buffer once per step."""
        steps, width = 50, 1000
        whole = steps * width
        large = []

        def copied(array):
            large.extend(["copy"] * int(array.size >= whole))
            return np.array(array)

        def zeros_like(a, dtype=None, shape=None, make=np.zeros_like, **options):
            large.extend(["zeros_like"] * int(np.prod(a.shape if shape is None else shape) >= whole))
            return make(a, dtype, shape=shape, **options)

        monkeypatch.setattr(graph, "copied", copied)
        monkeypatch.setattr(np, "zeros_like", zeros_like)
        w = leaf(0.5)
        states = tg.zeros((steps, width), dtype="float64")
        address = states.data.ctypes.data
        states[0] = w[0]
        for t in range(1, steps):
            states[t] = states[t - 1] * w[0]
        assert states.data.ctypes.data == address
        states[-1].sum().backward()
        assert len(large) <= 2, large


class TestRefused:
    @pytest.mark.parametrize(
        "make",
        [lambda t: t[0], lambda t: t.reshape(4), lambda t: t.T, lambda t: tg.split(t, 2)[0]],
        ids=["row", "reshape", "transpose", "split"],
    )
    def test_writing_into_a_view_of_a_recorded_tensor(self, make):
        t = tg.ones((2, 2), requires_grad=True) * 2
        view = make(t)
        with pytest.raises(RuntimeError, match=r"t\[0, 1\] = v.*t\[0\]\[1\] = v"):
            view[0] = 1.0

    def test_writing_a_recorded_value_into_a_view_of_a_plain_tensor(self):
        t = tg.zeros((2, 2))
        with pytest.raises(RuntimeError, match=r"t\[0, 1\] = v"):
            t[0][1] = tg.tensor(1.0, requires_grad=True)

    @pytest.mark.parametrize(
        "change",
        [
            lambda x: x.__setitem__(0, 9.0),
            lambda x: x.__iadd__(1.0),
            lambda x: np.add(x, 1.0, out=x),
        ],
    )
    def test_a_leaf_that_requires_grad(self, change):
        x = leaf(1.0, 2.0)
        with pytest.raises(RuntimeError, match="leaf that requires grad.*no_grad"):
            change(x)
        np.testing.assert_array_equal(x.data, [1.0, 2.0])
        with tg.no_grad():
            change(x)
        assert x.data[0] != 1.0 or x.data[1] != 2.0
        assert x.is_leaf


class TestCounted:
    """Changes that no node recorded."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda x, y: x.detach().__iadd__(1.0),
            lambda x, y: x.detach().__setitem__(0, 9.0),
            lambda x, y: np.add(x.detach(), 1.0, out=x.detach()),
            lambda x, y: setattr(x, "data", x.data.__iadd__(1.0)),
        ],
    )
    def test_backward_after_a_change_of_a_saved_input_raises(self, change):
        x = leaf(1.0, 2.0)
        y = x * x
        change(x, y)
        with pytest.raises(BackwardError, match=r"Multiply.*shape \(2,\).*changed in place before backward.*clone"):
            y.sum().backward()

    def test_backward_after_a_change_under_no_grad_raises(self):
        x = leaf(1.0, 2.0)
        y = x.exp()
        with tg.no_grad():
            y += 1.0
        with pytest.raises(BackwardError, match=r"Exp: its output, .*shape \(2,\), was changed in place"):
            y.sum().backward()

    def test_a_change_through_a_view_is_seen(self):
        x = tg.ones((2, 2), requires_grad=True)
        y = x * x
        with tg.no_grad():
            x.T[0] += 1.0
        with pytest.raises(BackwardError, match="changed in place"):
            y.sum().backward()

    def test_an_array_that_adds_a_tensor_is_seen(self):
        array = np.ones(2)
        x = leaf(1.0, 2.0)
        y = x * array
        array += x.detach()
        with pytest.raises(BackwardError, match="changed in place"):
            y.sum().backward()

    def test_an_optimizer_step_between_forward_and_backward_is_seen(self):
        x = leaf(1.0, 2.0)
        loss = (x * x).sum()
        optimizer = tg.optim.SGD([x], lr=0.1)
        x.grad = tg.ones(2, dtype="float64")
        optimizer.step()
        with pytest.raises(BackwardError, match="changed in place"):
            loss.backward()

    def test_a_change_before_the_forward_pass_is_harmless(self):
        x = leaf(1.0, 2.0)
        with tg.no_grad():
            x += 1.0
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad.data, [4.0, 6.0])

    def test_a_change_of_what_no_derivative_needs_is_harmless(self):
        x = leaf(1.0, 2.0)
        y = x + 1.0
        with tg.no_grad():
            x += 5.0
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.data, [1.0, 1.0])

    def test_plain_tensors_are_written_to_as_arrays(self):
        array = np.zeros(3)
        t = tg.Tensor(array)
        t[1] = 5.0
        t += 1.0
        np.testing.assert_array_equal(array, [1.0, 6.0, 1.0])


class TestChanges:
    def test_a_change_is_later_than_what_came_before_it(self):
        array = np.zeros(4)
        before = tick()
        mark_changed(array[1:])
        assert changed_since(array, before)
        assert not changed_since(array, tick())
        assert not changed_since(np.zeros(4), before)

    def test_an_array_that_is_gone_leaves_nothing_behind(self):
        from tinygrad_fs import changes

        known = len(changes._changes)
        array = np.zeros(4)
        mark_changed(array)
        assert len(changes._changes) == known + 1
        del array
        assert len(changes._changes) == known

    def test_unshared_sees_every_other_holder(self):
        holder = [np.zeros(4)]
        array = holder[0]
        assert unshared(array)
        other = array
        assert not unshared(array)
        del other
        view = array[1:]
        assert not unshared(array)
        del view
        assert unshared(array)

    def test_a_view_is_unshared_if_its_owner_is_seen_through_it_alone(self):
        holder = [np.zeros(4).reshape(2, 2)]
        array = holder[0]
        assert unshared(array)
        owner = array.base
        assert not unshared(array)
        del owner
        assert not unshared(np.broadcast_to(array, (3, 2, 2)))
