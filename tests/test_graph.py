"""The graph and the sweep: every row "Graph" of the edge cases."""

from __future__ import annotations

import gc
import re
import tracemalloc
import weakref

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import BackwardError, grad
from tinygrad_fs.graph import Leaf, ancestors, unbroadcast


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values) if len(values) != 1 else values[0], requires_grad=True, dtype="float64")


def test_a_diamond_with_2_to_60_paths_takes_linear_time():
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60
    assert len(ancestors([y._node])) == 61


def test_a_chain_of_a_million_nodes_runs_backward_and_is_freed():
    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = -y
    node = weakref.ref(y._node)
    y.backward()
    assert x.grad.item() == 1.0
    del y
    assert node() is None


def test_a_chain_of_a_million_nodes_is_freed_without_backward():
    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y * x
    last = weakref.ref(y._node)
    del y
    assert last() is None


def test_saved_arrays_are_released_while_backward_passes_them():
    size = 50_000
    x = tg.zeros(size, requires_grad=True)
    y = x
    for _ in range(40):
        y = y.tanh()
    saved = [weakref.ref(node.saved[0]) for node in ancestors([y._node]) if node.saved]
    alive = []
    nodes = ancestors([y._node])
    middle = tg.Tensor._of(y._data, nodes[20])
    middle.register_hook(lambda g: alive.append(sum(array() is not None for array in saved)))
    total = y.sum()
    del y, middle
    total.backward()
    assert len(saved) == 40
    assert alive[0] <= 21  # what lies above the hook is gone, what lies below is not
    assert all(array() is None for array in saved)


def test_the_inputs_of_a_node_have_lower_indices():
    x = leaf(1.0, 2.0)
    y = (x * x + x).sum()
    for node in ancestors([y._node]):
        assert all(edge.index < node.index for edge in node.inputs if edge is not None)
    indices = [node.index for node in ancestors([y._node])]
    assert indices == sorted(indices, reverse=True)


def test_backward_twice_names_retain_graph():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(BackwardError, match="retain_graph=True"):
        y.backward()


def test_backward_twice_raises_even_where_nothing_was_saved():
    x = leaf(1.0, 2.0)
    y = x.sum()
    y.backward()
    with pytest.raises(BackwardError, match="retain_graph=True"):
        y.backward()


def test_with_retain_graph_gradients_accumulate():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [4.0, 8.0])


def test_two_losses_over_a_shared_part():
    x = leaf(1.0, 2.0)
    shared = x * x
    first, second = shared.sum(), (shared * 3).sum()
    first.backward()
    with pytest.raises(BackwardError, match="retain_graph"):
        second.backward()

    x.zero_grad()
    shared = x * x
    first, second = shared.sum(), (shared * 3).sum()
    first.backward(retain_graph=True)
    second.backward()
    np.testing.assert_array_equal(x.grad.data, [8.0, 16.0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: (x * 2).backward(), ValueError, r"shape \(2,\).*only a scalar.*y\.sum\(\)\.backward\(\).*gradient="),
        (lambda x: (x * 2).backward(np.ones(3)), ValueError, r"gradient has shape \(3,\).*\(2,\)"),
        (lambda x: (x * 2).backward(np.ones(2, "float32")), TypeError, r"float32.*float64.*astype"),
        (lambda x: (x * 2).backward(np.ones(2, bool)), TypeError, "bool"),
        (lambda x: x.detach().sum().backward(), BackwardError, "no graph.*requires_grad=True"),
        (lambda x: tg.tensor([1, 2], requires_grad=True), TypeError, "int64 has no gradient.*astype"),
        (lambda x: grad((x * 2), x), ValueError, "only a scalar"),
        (lambda x: grad(x.detach().sum(), x), BackwardError, "output 0 has no graph"),
        (lambda x: grad(x.sum(), x.detach()), BackwardError, "input 0 does not require grad"),
        (lambda x: grad(x.sum(), leaf(3.0)), BackwardError, "no output depends on input 0.*allow_unused=True"),
        (lambda x: grad([x.sum(), x.sum()], x, [None]), ValueError, "2 outputs, but 1 grad_outputs"),
        (lambda x: grad("x", x), TypeError, "output 0 is a str; it must be a Tensor"),
        (lambda x: grad(None, x), TypeError, "output 0 is a NoneType"),
        (lambda x: grad(x.sum(), [x, np.ones(2)]), TypeError, "input 1 is a ndarray"),
        (lambda x: x.detach().retain_grad(), RuntimeError, "does not require grad"),
        (lambda x: x.detach().register_hook(print), RuntimeError, "does not require grad"),
        (lambda x: (x * 2).requires_grad_(False), RuntimeError, "detach"),
    ],
)
def test_misuse_says_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(1.0, 2.0))


def test_an_integer_seed_is_taken_as_numbers():
    x = leaf(1.0, 2.0)
    (x * 2).backward([1, 3])
    np.testing.assert_array_equal(x.grad.data, [2.0, 6.0])


def test_grad_of_a_non_leaf_warns_unless_retained():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.sum().backward()
    with pytest.warns(UserWarning, match=r"retain_grad\(\)"):
        assert y.grad is None

    y = x * 2
    y.retain_grad()
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.grad.data, [4.0, 8.0])


def test_a_retained_tensor_is_held_weakly():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    gone = weakref.ref(y)
    z = (y * y).sum()
    del y
    assert gone() is None
    z.backward()
    np.testing.assert_array_equal(x.grad.data, [8.0, 16.0])


def test_grad_gives_none_for_an_unused_input_if_allowed():
    x, unused = leaf(1.0), leaf(1.0)
    assert grad(x * 2, (unused, x), allow_unused=True)[0] is None


def test_grad_writes_no_grad_and_always_gives_a_tuple():
    x = leaf(3.0)
    y = x * x
    result = grad(y, x)
    assert isinstance(result, tuple)
    assert result[0].item() == 6.0
    assert x.grad is None


def test_grad_in_a_result_of_an_op_and_in_a_leaf_below_it():
    x = leaf(3.0)
    y = x * 2
    z = y * y
    dy, dx = grad(z, (y, x))
    assert (dy.item(), dx.item()) == (12.0, 24.0)


def test_grad_computes_only_what_leads_to_an_input():
    calls = []

    class Loud(tg.Op):
        """y = x."""

        def forward(x):
            return x.copy()

        def vjp(g):
            calls.append("called")
            return g

    x, w = leaf(1.0), leaf(2.0)
    y = Loud.apply(w) * x
    assert grad(y, x, retain_graph=True)[0].item() == 2.0
    assert calls == []
    grad(y, w)
    assert calls == ["called"]


def test_grad_of_several_outputs_is_that_of_their_weighted_sum():
    x = leaf(1.0, 2.0)
    first, second = x * x, x.sum()
    (g,) = grad([first, second], x, [np.array([1.0, 10.0]), None])
    np.testing.assert_array_equal(g.data, [3.0, 41.0])


def test_the_same_output_twice_counts_twice():
    x = leaf(3.0)
    y = x * x
    assert grad([y, y], x)[0].item() == 12.0


def test_hooks_run_in_order_once_on_the_accumulated_gradient():
    x = leaf(2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(("first", g.item())))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(("third", g.item())))
    (y + y * y).backward()
    assert seen == [("first", 13.0), ("third", 130.0)]
    assert x.grad.item() == 390.0


def test_a_removed_hook_does_not_run():
    x = leaf(2.0)
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    handle.remove()
    (x * 3).backward()
    assert x.grad.item() == 3.0


def test_a_hook_on_a_leaf_replaces_its_gradient():
    x = leaf(2.0)
    x.register_hook(lambda g: tg.zeros_like(g))
    (x * 3).backward()
    assert x.grad.item() == 0.0


@pytest.mark.parametrize("wrong", [lambda g: tg.zeros((2, 2)), lambda g: np.zeros(2), lambda g: 0.0])
def test_a_hook_that_returns_the_wrong_thing_raises(wrong):
    x = leaf(1.0, 2.0)
    x.register_hook(wrong)
    with pytest.raises(BackwardError, match=r"hook: it must return None or a Tensor of shape \(2,\)"):
        x.sum().backward()
    assert x.grad is None


def test_a_hook_cannot_write_into_a_gradient_that_others_share():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    x.register_hook(lambda g: g.__imul__(2))
    with pytest.raises(ValueError, match="read-only"):
        (x + y).sum().backward()


def test_hooks_see_recorded_gradients_under_create_graph():
    x = leaf(2.0)
    x.register_hook(lambda g: g * g)
    (g,) = grad(x * x * x, x, create_graph=True)
    assert g.item() == 144.0
    assert grad(g, x, retain_graph=False)[0].item() == (2 * 12.0 * 12.0) ** 2


def test_an_op_that_returns_its_own_input_gives_a_new_tensor():
    x = leaf(1.0, 2.0)
    y = x.reshape(2)
    assert y is not x
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, [1.0, 1.0])


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (lambda x: x - x, 3.0, 0.0),
        (lambda x: x / x, 3.0, 0.0),
        (lambda x: x**x, 2.0, 4.0 * (np.log(2.0) + 1.0)),
        (lambda x: x * x, 3.0, 6.0),
        (lambda x: x * x * x / x, 3.0, 6.0),
    ],
)
def test_one_edge_per_argument(function, at, expected):
    x = leaf(at)
    function(x).backward()
    assert x.grad.item() == pytest.approx(expected, abs=1e-15)


def test_a_matrix_times_its_own_transpose(rng):
    a = rng.standard_normal((3, 4))
    x = tg.Tensor(a, requires_grad=True)
    (x @ x.T).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * np.ones((3, 3)) @ a)


def test_an_exception_in_a_derivative_names_the_op_and_leaves_no_gradient():
    class Broken(tg.Op):
        """y = x, whose derivative fails once."""

        fail = True

        def forward(x):
            return x.copy()

        def vjp(g):
            if Broken.fail:
                raise KeyError("lost")
            return g

    x, y = leaf(1.0), leaf(2.0)
    z = Broken.apply(x) * y + y
    with pytest.raises(BackwardError, match="backward of Broken: KeyError: 'lost'") as caught:
        z.backward(retain_graph=True)
    assert isinstance(caught.value.__cause__, KeyError)
    assert x.grad is None
    assert y.grad is None
    Broken.fail = False
    z.backward()
    assert (x.grad.item(), y.grad.item()) == (2.0, 2.0)


def test_keyboard_interrupt_passes_through_backward():
    x = leaf(1.0)

    def interrupt(g):
        raise KeyboardInterrupt

    y = x * 2
    y.register_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        (y * 2).backward()


def test_with_the_collector_off_the_memory_of_a_training_loop_stays_flat(rng):
    data = tg.Tensor(rng.standard_normal((4096, 8)))
    w = tg.Tensor(rng.standard_normal((8, 4)), requires_grad=True)
    b = tg.zeros(4, dtype="float64", requires_grad=True)

    def step() -> None:
        h = tg.tanh(data @ w + b)
        first, second = tg.split(h, 2, axis=1)
        h.register_hook(lambda g: g * 2)
        loss = (first * second).mean() + h[0].sum()
        (gradient,) = grad(loss, w, create_graph=True)
        (loss + (gradient * gradient).sum()).backward()
        with tg.no_grad():
            w.data -= 0.01 * w.grad.data
        w.grad = b.grad = None

    step()  # the first one writes the functions of ops, which leaves garbage behind
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        step()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(50):
            step()
        after = tracemalloc.get_traced_memory()[0]
        # One array of a step has 131,072 bytes or more; the interpreter's own free lists grow a little.
        assert after - before < 100_000, f"{after - before} bytes leaked in 50 steps"
        assert gc.collect() == 0
    finally:
        tracemalloc.stop()
        gc.enable()


def test_backward_with_create_graph_makes_no_cycle():
    gc.collect()
    gc.disable()
    try:
        x = leaf(2.0)
        (x * x * x).backward(create_graph=True)
        gone = weakref.ref(x._node)
        assert x.grad.requires_grad
        del x
        assert gone() is None
    finally:
        gc.enable()


def test_only_what_a_derivative_names_is_kept():
    x = tg.zeros(1000, requires_grad=True)
    product = x * 2
    array = weakref.ref(product._data)
    total = (product + 1).sum()
    del product
    assert array() is None
    total.backward()


def test_a_factor_that_needs_no_gradient_keeps_the_other_alone():
    x, c = leaf(1.0, 2.0), tg.tensor([3.0, 4.0], dtype="float64")
    node = (x * c)._node
    assert node.saved == (None, c._data) or (node.saved[0] is None and node.saved[1] is c._data)


class TestOneOwner:
    """A gradient belongs to the leaf alone."""

    def test_leaves_do_not_share(self):
        x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
        (x + y).sum().backward()
        x.grad.data[0] = 100.0
        assert y.grad.data[0] == 1.0

    def test_the_seed_is_not_shared(self):
        x = leaf(1.0, 2.0)
        seed = np.array([1.0, 2.0])
        (x + 0).backward(seed)
        x.grad.data[0] = 100.0
        assert seed[0] == 1.0

    def test_saved_arrays_are_not_shared(self):
        x = leaf(1.0, 2.0)
        c = np.array([3.0, 4.0])

        class ByConstant(tg.Op):
            """y = sum(c x), whose derivative returns the saved array itself."""

            def forward(x, *, c):
                return (x * c).sum()

            def vjp(g, c):
                return c

        ByConstant.apply(x, c=c).backward()
        x.grad.data[0] = 100.0
        assert c[0] == 3.0

    def test_the_value_of_a_hook_is_not_shared(self):
        x = leaf(1.0, 2.0)
        value = tg.tensor([5.0, 6.0], dtype="float64")
        x.register_hook(lambda g: value)
        x.sum().backward()
        x.grad.data[0] = 100.0
        assert value.data[0] == 5.0

    def test_a_fan_out_does_not_write_into_a_shared_cotangent(self):
        x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
        s = x + y  # hands the same array to both
        (s.sum() + x.sum() * 2 + (x * 3).sum()).backward()
        np.testing.assert_array_equal(x.grad.data, [6.0, 6.0])
        np.testing.assert_array_equal(y.grad.data, [1.0, 1.0])

    def test_a_later_backward_adds_into_the_same_array(self):
        x = leaf(1.0, 2.0)
        x.sum().backward()
        held = x.grad
        (x * 2).sum().backward()
        assert x.grad is held
        np.testing.assert_array_equal(held.data, [3.0, 3.0])

    def test_a_gradient_from_grad_is_not_shared(self):
        x = leaf(1.0, 2.0)
        seed = np.array([1.0, 2.0])
        (g,) = grad(x + 0, x, seed)
        g.data[0] = 100.0
        assert seed[0] == 1.0


def test_each_input_gets_a_gradient_of_its_own_dtype():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = leaf(3.0, 4.0)
    (x * y).sum().backward()
    assert x.grad.dtype == np.float32
    assert y.grad.dtype == np.float64


def test_a_leaf_that_is_gone_is_passed_by():
    x, y = leaf(1.0), leaf(2.0)
    z = x * y
    del x
    z.backward()
    assert y.grad.item() == 1.0


def test_the_name_of_a_leaf_and_of_an_output():
    x = leaf(1.0, 2.0)
    assert isinstance(x._node, Leaf)
    assert repr(tg.split(x, 2)[1].grad_fn) == "<Split[1]>"


@pytest.mark.parametrize(
    ("g_shape", "shape"),
    [
        ((2, 3), (3,)),
        ((2, 3), (1, 3)),
        ((2, 3), (2, 1)),
        ((2, 3), ()),
        ((4, 2, 3), (1, 1)),
        ((1, 3), (1, 3)),
        ((0, 3), (3,)),
    ],
)
def test_unbroadcast_sums_over_what_was_stretched(g_shape, shape):
    g = np.arange(np.prod(g_shape), dtype=float).reshape(g_shape)
    result = unbroadcast(g, shape)
    assert result.shape == shape
    assert result.sum() == g.sum()


def test_unbroadcast_of_float16_does_not_overflow():
    g = np.full(10, 10_000.0, np.float16)
    assert unbroadcast(g - 9_000, ()) == 10_000


def test_the_message_for_a_wrong_gradient_names_op_input_and_shapes():
    class Wrong(tg.Op):
        """y = x."""

        def forward(x):
            return x.copy()

        def vjp(g):
            return g[:1]

    x = leaf(1.0, 2.0)
    with pytest.raises(
        BackwardError, match=re.escape("backward of Wrong: its vjp must return for input 0 a gradient of")
    ):
        Wrong.apply(x).sum().backward()
