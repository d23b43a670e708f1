"""Hooks around a module's forward: their order, what they may change, how they come off."""

import copy
import pickle

import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn


class Power(nn.Module):
    def forward(self, x, *, exponent=2):
        return x**exponent


def tenfold(module, args):
    return args[0] * 10


def test_a_pre_hook_sees_and_replaces_the_arguments():
    module, seen = Power(), []
    module.register_forward_pre_hook(lambda m, args: seen.append((m, args)))
    assert module(3) == 9
    assert seen == [(module, (3,))]
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    assert module(3) == 64


def test_a_hook_sees_and_replaces_the_output():
    module, seen = Power(), []
    module.register_forward_hook(lambda m, args, output: seen.append((m, args, output)))
    assert module(3) == 9
    assert seen == [(module, (3,), 9)]
    module.register_forward_hook(lambda m, args, output: -output)
    assert module(3) == -9


def test_hooks_may_ask_for_keyword_arguments():
    module, seen = Power(), []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"exponent": 3}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, output: seen.append((args, kwargs, output)), with_kwargs=True)
    assert module(2) == 8
    assert seen == [((2,), {"exponent": 3}, 8)]
    module.register_forward_hook(lambda m, args, kwargs, output: output + kwargs["exponent"], with_kwargs=True)
    assert module(2, exponent=5) == 11


def test_hooks_run_in_order_and_may_be_put_first():
    module, order = Power(), []
    for name in "ab":
        module.register_forward_pre_hook(lambda m, args, name=name: order.append(name))
        module.register_forward_hook(lambda m, args, output, name=name: order.append(name.upper()))
    module.register_forward_pre_hook(lambda m, args: order.append("first"), prepend=True)
    module.register_forward_hook(lambda m, args, output: order.append("FIRST"), prepend=True)
    module(1)
    assert order == ["first", "a", "b", "FIRST", "A", "B"]


def test_a_hook_comes_off():
    module = Power()
    before = module.register_forward_pre_hook(tenfold)
    after = module.register_forward_hook(lambda m, args, output: output + 1)
    assert module(1) == 101
    before.remove()
    assert module(1) == 2
    after.remove()
    after.remove()
    assert module(1) == 1


def test_a_hook_may_remove_itself():
    module = Power()
    handle = module.register_forward_hook(lambda m, args, output: handle.remove())
    assert (module(2), module(2)) == (4, 4)


def test_hooks_are_recorded_as_the_rest_is():
    layer = nn.Linear(2, 2, bias=False)
    layer.register_forward_hook(lambda m, args, output: output * 3)
    x = tg.ones((1, 2), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [pytest.approx(value) for value in (3 * layer.weight.data.sum(0)[None]).tolist()]


def test_hooks_hold_in_every_place_where_the_module_is_called():
    inner, calls = nn.ReLU(), []
    inner.register_forward_hook(lambda m, args, output: calls.append(output.shape))
    nn.Sequential(nn.Linear(2, 3), inner, inner)(tg.ones((1, 2)))
    assert calls == [(1, 3), (1, 3)]


def test_copies_have_hooks_of_their_own():
    module = Power()
    handle = module.register_forward_pre_hook(tenfold)
    twins = copy.deepcopy(module), pickle.loads(pickle.dumps(module))
    handle.remove()
    assert module(1) == 1
    assert [twin(1) for twin in twins] == [100, 100]


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_what_is_no_hook(register):
    with pytest.raises(TypeError, match="a hook is a function, not a int"):
        getattr(Power(), register)(3)


def test_a_pre_hook_with_kwargs_that_returns_something_else():
    module = Power()
    module.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(TypeError, match=r"Power: a forward pre-hook with kwargs must return None or \(args, kwargs\)"):
        module(1)
