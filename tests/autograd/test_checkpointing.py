"""autograd.checkpoint: the same gradients and random numbers with less memory, and what it refuses."""

from __future__ import annotations

import tracemalloc
import weakref

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import BackwardError, checkpoint, detect_anomaly, gradcheck, gradgradcheck
from tinygrad_fs.graph import ancestors


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def block(x: tg.Tensor) -> tg.Tensor:
    return tg.tanh(x * 2) * tg.exp(x)


# ---- gradients


def test_gradients_are_those_of_the_function():
    x, y = leaf(0.5, -1.0), leaf(0.5, -1.0)
    block(x).sum().backward()
    result = checkpoint(block, y)
    assert repr(result.grad_fn) == "<Checkpoint>"
    assert not result.is_leaf
    result.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.grad.data)


def test_it_is_recorded_as_one_node():
    x = leaf(1.0, 2.0)
    y = checkpoint(lambda x: block(block(x)), x * 2)
    assert [node.name for node in ancestors([y.grad_fn])] == ["Checkpoint", "Multiply", "Leaf"]


def test_gradients_flow_to_what_the_function_closes_over():
    w, v = leaf(2.0, 3.0), leaf(1.0, 1.0)
    inner = w * v  # made by an op, outside
    x = leaf(5.0, 7.0)
    checkpoint(lambda x: x * w * inner, x).sum().backward()
    assert x.grad.tolist() == [4.0, 9.0]
    assert w.grad.tolist() == [20.0, 42.0]  # d/dw x w^2 v
    assert v.grad.tolist() == [20.0, 63.0]


def test_the_parameters_of_modules():
    def network():
        tg.manual_seed(1)
        return [
            tg.nn.Sequential(tg.nn.Linear(3, 8), tg.nn.ReLU(), tg.nn.Dropout(0.3)),
            tg.nn.Sequential(tg.nn.Linear(8, 8), tg.nn.ReLU(), tg.nn.Linear(8, 1)),
        ]

    x = tg.randn(5, 3)
    plain, checkpointed = network(), network()
    tg.manual_seed(2)
    y = plain[1](plain[0](x))
    y.sum().backward()
    tg.manual_seed(2)
    z = checkpoint(checkpointed[1], checkpoint(checkpointed[0], x))  # x itself needs no gradient
    z.sum().backward()
    np.testing.assert_array_equal(y.data, z.data)
    for a, b in zip(plain, checkpointed):
        for p, q in zip(a.parameters(), b.parameters()):
            np.testing.assert_allclose(p.grad.data, q.grad.data, rtol=1e-6)


def test_only_what_is_asked_for():
    w, x = leaf(2.0), leaf(3.0)
    y = checkpoint(lambda x: x * w, x)
    (g,) = tg.autograd.grad(y, w)
    assert g.item() == 3.0
    assert w.grad is None
    assert x.grad is None


def test_arguments_by_keyword_nested_and_others():
    def function(pair, *, options, name):
        assert name == "text"
        return pair[0] * options["scale"] + pair[1]

    x, y, scale = leaf(1.0), leaf(2.0), leaf(3.0)
    checkpoint(function, (x, y), options={"scale": scale, "none": None}, name="text").backward()
    assert (x.grad.item(), y.grad.item(), scale.grad.item()) == (3.0, 1.0, 1.0)


def test_the_same_tensor_twice_and_also_closed_over():
    x = leaf(3.0)
    checkpoint(lambda a, b: a * b * x, x, x).backward()
    assert x.grad.item() == 27.0


def test_several_outputs_used_and_unused():
    x = leaf(2.0)

    def function(x):
        return {"square": x * x, "number": 7, "rest": [x * 10, x.detach(), tg.exp(x)]}

    result = checkpoint(function, x)
    assert result["number"] == 7
    assert not result["rest"][1].requires_grad
    (result["square"] + result["rest"][0]).backward()
    assert x.grad.item() == 14.0


def test_the_same_output_twice():
    x = leaf(2.0)
    a, b = checkpoint(lambda x: (y := x * x, y), x)
    (a + 10 * b).backward()
    assert x.grad.item() == 44.0


def test_outputs_that_are_inputs():
    x, w = leaf(2.0), leaf(3.0)
    a, b, c = checkpoint(lambda x: (x, w, x * w), x)
    (a + 10 * b + 100 * c).backward()
    assert x.grad.item() == 301.0
    assert w.grad.item() == 210.0


def test_nothing_to_differentiate():
    x = tg.tensor([1.0])
    assert not checkpoint(block, x).requires_grad
    assert checkpoint(lambda: None) is None
    with tg.no_grad():
        assert not checkpoint(block, leaf(1.0)).requires_grad


def test_a_tensor_made_inside():
    kept = []

    def function(c):
        kept.append(leaf(2.0))
        return kept[-1] * c

    checkpoint(function, tg.tensor([3.0], dtype="float64")).backward()
    assert kept[0].grad.item() == 3.0
    assert len(kept) == 1


def test_nested():
    x, w = leaf(0.3, 0.4), leaf(0.5, 0.6)

    def inner(x):
        return tg.tanh(x * w)

    def outer(x):
        return checkpoint(inner, checkpoint(inner, x) * 2) * w

    def plain(x):
        return inner(inner(x) * 2) * w

    expected = tg.autograd.grad(plain(x).sum(), (x, w))
    found = tg.autograd.grad(checkpoint(outer, x).sum(), (x, w))
    for a, b in zip(expected, found):
        np.testing.assert_allclose(a.data, b.data)


def test_inplace_updates_inside():
    def function(x):
        y = x * 1
        y[0] = x[1] * 3
        y += x
        return y

    x = leaf(1.0, 2.0)
    product = x * 1
    checkpoint(function, product).sum().backward()
    assert x.grad.tolist() == [1.0, 5.0]
    assert product.tolist() == [1.0, 2.0]


def test_the_argument_may_move_on():
    x = leaf(1.0, 2.0)
    t = x * 1
    y = checkpoint(tg.square, t)
    t[0] = 100.0
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_hooks_run_once_on_the_whole_gradient():
    seen = []
    w = leaf(2.0)
    x = leaf(3.0)
    y = x * 1
    for t in (w, x, y):
        t.register_hook(lambda g: seen.append(g.item()))
    (checkpoint(lambda y: y * w, y) + w).backward()
    assert sorted(seen) == [2.0, 2.0, 4.0]


def test_retain_graph():
    x = leaf(2.0)
    y = checkpoint(tg.square, x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8.0
    with pytest.raises(BackwardError, match="Checkpoint was differentiated before.*retain_graph=True"):
        y.backward()


# ---- second order


def test_derivatives_of_derivatives():
    w = leaf(0.7, 0.2)
    assert gradcheck(lambda x, w: checkpoint(lambda x: tg.tanh(x * w) * x, x), [leaf(0.3, -0.5), w])
    assert gradgradcheck(lambda x, w: checkpoint(lambda x: tg.tanh(x * w) * x, x), [leaf(0.3, -0.5), w])
    assert gradgradcheck(lambda x: checkpoint(lambda x: (x**3, tg.exp(x) * x), x), leaf(0.3, -0.5))
    assert gradgradcheck(lambda x: checkpoint(lambda x: checkpoint(block, x) * x, x), leaf(0.3, -0.5))


def test_a_second_derivative_in_what_the_first_left_out():
    x, w = leaf(2.0), leaf(3.0)
    y = checkpoint(lambda x: x * x * w, x)
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    g.backward()
    assert x.grad.item() == 6.0
    assert w.grad.item() == 4.0


def test_in_a_function_that_is_differentiated():
    assert tg.func.grad(tg.func.grad(lambda x: checkpoint(lambda x: x**3, x)))(2.0).item() == 12.0
    np.testing.assert_allclose(
        tg.func.hessian(lambda x: checkpoint(block, x).sum())(np.array([0.1, 0.2])).data,
        tg.func.hessian(lambda x: block(x).sum())(np.array([0.1, 0.2])).data,
    )


# ---- random numbers


def test_the_same_mask_and_the_generator_goes_on():
    x = tg.ones(1000, requires_grad=True)
    tg.manual_seed(5)
    y = checkpoint(lambda x: tg.dropout(x, 0.5), x)
    after_forward = tg.rand(3)
    y.sum().backward()
    after_backward = tg.rand(3)
    np.testing.assert_array_equal(x.grad.data, y.data)
    tg.manual_seed(5)
    tg.dropout(x, 0.5)
    np.testing.assert_array_equal(after_forward.data, tg.rand(3).data)
    np.testing.assert_array_equal(after_backward.data, tg.rand(3).data)


def test_after_another_seed():
    x = tg.ones(1000, requires_grad=True)
    y = checkpoint(lambda x: tg.dropout(x, 0.5), x)
    tg.manual_seed(7)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    found = tg.rand(3)
    tg.manual_seed(7)
    np.testing.assert_array_equal(found.data, tg.rand(3).data)


def test_a_function_that_seeds():
    def function(x):
        tg.manual_seed(3)
        return tg.dropout(x, 0.5)

    x = tg.ones(100, requires_grad=True)
    y = checkpoint(function, x)
    tg.rand(5)
    expected = tg.default_generator().bit_generator.state
    y.sum().backward()
    assert tg.default_generator().bit_generator.state == expected
    np.testing.assert_array_equal(x.grad.data, y.data)


def test_a_generator_among_the_arguments():
    generator = np.random.default_rng(0)
    x = tg.ones(1000, requires_grad=True)
    y = checkpoint(lambda x, generator: tg.dropout(x, 0.5, generator=generator), x, generator=generator)
    state = generator.bit_generator.state
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert generator.bit_generator.state == state


def test_the_generator_is_put_back_when_the_recomputation_fails():
    calls = []

    def function(x):
        tg.rand(3)
        calls.append(x)
        if len(calls) > 1:
            raise KeyError("second call")
        return x * 2

    y = checkpoint(function, leaf(1.0))
    state = tg.default_generator().bit_generator.state
    with pytest.raises(BackwardError, match="backward of Checkpoint: KeyError: 'second call'"):
        y.backward()
    assert tg.default_generator().bit_generator.state == state


def test_without_the_state():
    tg.manual_seed(0)
    x = tg.ones(10_000, requires_grad=True)
    y = checkpoint(lambda x: x + 0.01 * tg.dropout(x, 0.5), x, preserve_rng_state=False)
    y.sum().backward()  # nearly the same values: so the other mask shows in the gradient alone
    assert not np.array_equal(x.grad.data, y.data)


# ---- what it refuses


@pytest.mark.parametrize("seed", range(3))
def test_a_generator_that_is_not_rewound_is_noticed(seed):
    layer = tg.nn.Dropout(0.5, generator=np.random.default_rng(seed))
    y = checkpoint(layer, tg.ones(100, requires_grad=True))
    with pytest.raises(BackwardError, match="returns other values; it must depend on nothing but.*pass any other"):
        y.sum().backward()


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (lambda x: (x * 2,), "returns 1 values"),
        (lambda x: (x * 2, x.detach()), "returns a value without gradient"),
        (lambda x: (x * 2, (x * 3)[None]), r"returns shape \(1, 1\) and float64 in place of \(1,\) and float64"),
        (lambda x: (x * 2, x * 4), "returns other values"),
        (lambda x: (x.detach().requires_grad_() * 2, x.detach().requires_grad_() * 3), "depends on other Tensors"),
    ],
)
def test_a_function_that_does_not_repeat_itself(second, message):
    calls = []

    def function(x):
        calls.append(x)
        return (x * 2, x * 3) if len(calls) == 1 else second(x)

    a, b = checkpoint(function, leaf(1.0))
    with pytest.raises(BackwardError, match=message):
        (a + b).backward()


def test_a_changed_argument():
    x = tg.tensor([1.0, 2.0])
    w = leaf(1.0, 2.0)
    y = checkpoint(lambda x: w * x, x)
    x += 1
    with pytest.raises(BackwardError, match=r"an argument of the function, of shape \(2,\), was changed in place"):
        y.sum().backward()


@pytest.mark.parametrize("how", ["step", "assignment"])
def test_a_changed_parameter(how):
    layer = tg.nn.Linear(2, 2)
    y = checkpoint(layer, tg.ones((1, 2)))
    if how == "step":
        with tg.no_grad():
            layer.weight -= 1
    else:
        layer.weight.data = layer.weight.data + 1
    with pytest.raises(BackwardError, match=r"a parameter of the function, of shape \(2, 2\), was changed in place"):
        y.sum().backward()


def test_anomalies_are_found_in_the_recomputation():
    x = leaf(0.0, 1.0)
    with detect_anomaly():
        y = checkpoint(lambda x: tg.where(x > 0, tg.sqrt(x), 0.0), x)
        with pytest.raises(BackwardError, match="backward of Sqrt made 1 nan.*test_checkpointing.py"):
            y.sum().backward()


# ---- memory


def test_nothing_inside_is_kept():
    kept = []

    def function(x):
        for _ in range(3):
            x = tg.exp(x * 0.1)
            kept.append(weakref.ref(x.data))
        return x

    x = leaf(*range(10))
    y = function(x)
    assert [array() is None for array in kept] == [False, False, False]
    kept.clear()
    y = checkpoint(function, x)
    assert [array() is None for array in kept] == [True, True, False]
    y.sum().backward()
    assert [array() is None for array in kept[3:]] == [True, True, True]


def test_memory_falls():
    def function(x):
        for _ in range(20):
            x = tg.tanh(x)
        return x

    def rise(run) -> tuple[int, int]:
        x = tg.ones(50_000, requires_grad=True)
        tracemalloc.start()
        y = x
        for _ in range(5):
            y = run(function, y)
        held = tracemalloc.get_traced_memory()[0]
        y.sum().backward()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held, peak

    held, peak = rise(lambda function, x: function(x))
    held_less, peak_less = rise(checkpoint)
    array = 50_000 * 4
    assert held > 99 * array
    assert held_less < 7 * array
    assert peak_less < 35 * array < peak


def test_it_is_freed_by_reference_counting():
    import gc

    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0)
        for create_graph in (False, True):
            y = checkpoint(lambda x: checkpoint(block, x) * 2, x)
            (g,) = tg.autograd.grad(y, x, create_graph=create_graph)
            node = weakref.ref(y.grad_fn)
            del y, g
            assert node() is None
    finally:
        gc.enable()


# ---- what is remembered between calls


def normalized_network():
    tg.manual_seed(1)
    return tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.BatchNorm1d(4), tg.nn.ReLU(), tg.nn.BatchNorm1d(4, momentum=None))


@pytest.mark.parametrize("nested", [False, True])
def test_running_averages_take_in_a_batch_once(nested):
    plain, checkpointed = normalized_network(), normalized_network()
    x = tg.randn(5, 3, requires_grad=True)

    def run(x):
        return checkpoint(checkpointed, x) if nested else checkpointed(x)

    for _ in range(2):
        plain(x).sum().backward()
        checkpoint(run, x).sum().backward()
    for (name, a), b in zip(plain.named_buffers(), checkpointed.buffers()):
        np.testing.assert_array_equal(a.data, b.data, err_msg=name)
    assert plain[1].num_batches_tracked.item() == checkpointed[1].num_batches_tracked.item() == 2
    for p, q in zip(plain.parameters(), checkpointed.parameters()):
        np.testing.assert_array_equal(p.grad.data, q.grad.data)


def test_instance_norm_takes_in_a_batch_once():
    mean, var = np.zeros(2), np.ones(2)
    x = tg.randn(3, 2, 4, dtype="float64", requires_grad=True)
    y = checkpoint(lambda x: tg.instance_norm(x, mean, var), x)
    after = mean.copy(), var.copy()
    y.sum().backward()
    np.testing.assert_array_equal((mean, var), after)
    np.testing.assert_allclose(mean, 0.1 * x.data.mean((0, 2)))


def test_a_function_can_ask_whether_it_is_run_again():
    asked = []

    def f(x):
        asked.append(tg.autograd.is_recomputing())
        return x * x

    checkpoint(f, leaf(1.0)).backward()
    assert asked == [False, True]
    assert not tg.autograd.is_recomputing()


def test_an_error_in_the_recomputation_ends_it():
    def f(x):
        if tg.autograd.is_recomputing():
            raise RuntimeError("broken")
        return x * x

    with pytest.raises(BackwardError, match="broken"):
        checkpoint(f, leaf(1.0)).backward()
    assert not tg.autograd.is_recomputing()
