"""Hooks that see a module's gradients: what they see and change is what PyTorch's do."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.autograd import gradgradcheck


class Two(nn.Module):
    """Two inputs, two outputs, and a number beside each."""

    def forward(self, x, number, y):
        return x * y * number, 3, x + y


def double(module, grad_input, grad_output):
    return tuple(None if g is None else g * 2 for g in grad_input)


def scenario(lib):
    """Gradients that hooks of several kinds saw and left, in a library."""
    seen = []

    class Two(lib.nn.Module):
        def forward(self, x, number, y):
            return x * y * number, 3, x + y

    module = Two()
    module.register_full_backward_pre_hook(
        lambda m, outputs: (outputs[0] * 10, outputs[1], outputs[2] + 1 if outputs[2] is not None else None)
    )
    module.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs, outputs)))
    module.register_full_backward_hook(double)
    module.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs, outputs)), prepend=True)
    x, y = (lib.tensor(values, requires_grad=True) for values in ([1.0, 2.0], [3.0, 5.0]))
    a, _, b = module(x, 7, y)
    (a.sum() + (b * b).sum()).backward()
    flat = [[None if g is None else g.tolist() for g in gradients] for each in seen for gradients in each]
    return flat, x.grad.tolist(), y.grad.tolist()


def test_what_hooks_see_and_leave():
    flat, dx, dy = scenario(tg)
    assert flat == [[[219.0, 365.0], None, [79.0, 155.0]], [[10.0, 10.0], None, [9.0, 15.0]]] * 2
    assert (dx, dy) == ([438.0, 730.0], [158.0, 310.0])


def test_as_pytorch():
    torch = pytest.importorskip("torch")
    assert scenario(tg) == scenario(torch)


def test_without_an_input_that_needs_a_gradient_the_outputs_are_enough():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs, outputs[0].tolist())))
    layer(tg.ones((1, 2))).sum().backward()
    assert seen == [((None,), [[1.0]])]
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_every_call_runs_its_own():
    relu, seen = nn.ReLU(), []
    relu.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs[0].tolist(), outputs[0].tolist())))
    x = tg.tensor([1.0], requires_grad=True)
    relu(relu(x) * 5).sum().backward()
    assert seen == [([1.0], [1.0]), ([5.0], [5.0])]
    seen.clear()
    y = relu(x)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert seen == [([1.0], [1.0])] * 2


def test_without_gradients_there_is_nothing_to_see():
    relu, seen = nn.ReLU(), []
    relu.register_full_backward_hook(lambda *args: seen.append(args))
    with tg.no_grad():
        assert relu(tg.ones(2, requires_grad=True)).grad_fn is None
    assert relu(tg.ones(2)).grad_fn is None
    assert seen == []


def test_a_hook_comes_off():
    relu, x = nn.ReLU(), tg.ones(2, requires_grad=True)
    handle = relu.register_full_backward_hook(double)
    relu(x).sum().backward()
    handle.remove()
    relu(x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_higher_derivatives_go_through():
    module = nn.Tanh()
    module.register_full_backward_hook(lambda m, inputs, outputs: (inputs[0] * outputs[0],))
    module.register_full_backward_pre_hook(lambda m, outputs: None)
    x = tg.tensor([0.3, -0.5], dtype="float64", requires_grad=True)
    plain = nn.Tanh()
    plain.register_full_backward_hook(lambda m, inputs, outputs: None)
    assert gradgradcheck(lambda x: plain(x) ** 2, x)
    (g,) = tg.autograd.grad((module(x) * x).sum(), x, create_graph=True)
    np.testing.assert_allclose(g.numpy(), np.tanh(x.data) + (1 - np.tanh(x.data) ** 2) * x.data**2)


def test_gradients_are_shown_and_cannot_be_written_into():
    kept, relu = [], nn.ReLU()
    relu.register_full_backward_hook(lambda m, inputs, outputs: kept.extend([inputs[0], outputs[0]]))
    x = tg.ones(2, requires_grad=True)
    (relu(x) + x).sum().backward()
    x.grad.data[...] = 7.0
    assert [g.tolist() for g in kept] == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises((ValueError, RuntimeError), match="read-only"):
        kept[0].data[...] = 5.0


@pytest.mark.parametrize("result", [(), tg.ones(3), (tg.ones(2), None), 5, ("text",)])
def test_what_does_not_fit_is_refused(result):
    relu = nn.ReLU()
    relu.register_full_backward_hook(lambda m, inputs, outputs: result)
    with pytest.raises(
        RuntimeError, match=r"ReLU: a backward hook returns None, or a tuple of: a Tensor of shape \(2,\)"
    ):
        relu(tg.ones(2, requires_grad=True)).sum().backward()


def test_what_is_no_hook():
    for register in (nn.ReLU().register_full_backward_hook, nn.ReLU().register_full_backward_pre_hook):
        with pytest.raises(TypeError, match=f"{register.__name__}: a hook is a function, not a int"):
            register(3)


def test_copies_have_hooks_of_their_own():
    relu = nn.ReLU()
    handle = relu.register_full_backward_hook(double)
    twins = copy.deepcopy(relu), pickle.loads(pickle.dumps(relu))
    handle.remove()
    for twin, expected in [(relu, 1.0), *((twin, 2.0) for twin in twins)]:
        x = tg.ones((), requires_grad=True)
        twin(x).backward()
        assert x.grad.item() == expected


def test_the_graph_is_freed_at_once():
    relu = nn.ReLU()
    relu.register_full_backward_hook(lambda m, inputs, outputs: None)
    gc.collect()
    gc.disable()
    try:
        x = tg.ones(3, requires_grad=True)
        y = relu(x)
        node = weakref.ref(y.grad_fn)
        y.sum().backward()
        del y
        assert node() is None
    finally:
        gc.enable()
