"""Module: registration of attributes, listings and their order, modes, casts, repr, copies."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn


class Scale(nn.Module):
    """A weight, perhaps a bias, and a buffer."""

    def __init__(self, size, bias=True):
        super().__init__()
        self.weight = nn.Parameter(np.arange(1.0, size + 1))
        self.register_parameter("bias", nn.Parameter(np.zeros(size)) if bias else None)
        self.register_buffer("seen", tg.zeros((), np.int64))

    def forward(self, x):
        y = x * self.weight
        return y if self.bias is None else y + self.bias

    def extra_repr(self):
        return f"{self.weight.size}"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = Scale(3, bias=False)
        self.own = nn.Parameter(np.ones(2))
        self.first = nn.Sequential(Scale(3), nn.ReLU())

    def forward(self, x):
        return self.first(self.last(x))


def names(pairs):
    return [name for name, _ in pairs]


def test_listings_are_in_order_of_definition_with_own_attributes_first():
    net = Net()
    assert names(net.named_parameters()) == ["own", "last.weight", "first.0.weight", "first.0.bias"]
    assert names(net.named_buffers()) == ["last.seen", "first.0.seen"]
    assert names(net.named_modules()) == ["", "last", "first", "first.0", "first.1"]
    assert names(net.named_children()) == ["last", "first"]
    assert list(net.children()) == [net.last, net.first]
    assert [id(p) for p in net.parameters()] == [id(p) for _, p in net.named_parameters()]
    assert [id(b) for b in net.buffers()] == [id(b) for _, b in net.named_buffers()]
    assert list(net.modules()) == [m for _, m in net.named_modules()]


def test_listings_take_a_prefix_and_need_not_descend():
    net = Net()
    assert names(net.named_parameters("net", recurse=False)) == ["net.own"]
    assert names(net.named_buffers("net"))[0] == "net.last.seen"
    assert names(net.named_modules(prefix="net"))[:2] == ["net", "net.last"]
    assert [id(p) for p in net.parameters(recurse=False)] == [id(net.own)]
    assert list(net.buffers(recurse=False)) == []


def test_shared_parameters_and_modules_count_once():
    net = Net()
    net.tied = net.last
    net.first[0].weight = net.last.weight
    assert names(net.named_parameters()) == ["own", "last.weight", "first.0.bias"]
    assert names(net.named_modules()).count("tied") == 0
    assert names(net.named_children()) == ["last", "first"]
    everything = ["own", "last.weight", "first.0.weight", "first.0.bias", "tied.weight"]
    assert names(net.named_parameters(remove_duplicate=False)) == everything
    assert "tied" in names(net.named_modules(remove_duplicate=False))


def test_attributes_are_registered_replaced_and_deleted():
    module = nn.Module()
    module.a = nn.Parameter([1.0])
    module.b = nn.Parameter([2.0])
    module.a = replacement = nn.Parameter([3.0])
    assert names(module.named_parameters()) == ["a", "b"]
    assert module.a is replacement
    module.b = None
    assert names(module.named_parameters()) == ["a"]
    module.b = nn.Parameter([4.0])
    assert names(module.named_parameters()) == ["a", "b"]
    del module.a
    assert names(module.named_parameters()) == ["b"]
    assert not hasattr(module, "a")
    module.a = 3  # the name is free for anything
    with pytest.raises(AttributeError):
        del module.nothing


def test_a_name_can_change_its_kind():
    module = nn.Module()
    module.register_buffer("x", tg.zeros(2))
    module.x = nn.Parameter([1.0])
    assert names(module.named_parameters()) == ["x"]
    assert names(module.named_buffers()) == []
    module.y = nn.ReLU()
    module.y = nn.Parameter([1.0])
    assert names(module.named_children()) == []


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("weight", tg.zeros(2), r"Scale.weight: a Tensor cannot be assigned.*parameter \(an nn.Parameter or None"),
        ("weight", np.zeros(2), "a ndarray cannot be assigned"),
        ("weight", nn.ReLU(), "a ReLU cannot be assigned"),
        ("seen", np.zeros(2), r"'seen' is a buffer \(a Tensor or None"),
        ("inner", 3, r"'inner' is a module \(an nn.Module or None"),
    ],
)
def test_what_cannot_be_assigned(kind, value, message):
    module = Scale(2)
    module.inner = nn.ReLU()
    before = getattr(module, kind)
    with pytest.raises(TypeError, match=message):
        setattr(module, kind, value)
    assert getattr(module, kind) is before


@pytest.mark.parametrize("value", [nn.Parameter([1.0]), nn.ReLU()])
def test_assignment_before_init_says_what_to_do(value):
    class Early(nn.Module):
        def __init__(self):
            self.it = value
            super().__init__()

    with pytest.raises(AttributeError, match=r"Early.it: a \w+ was assigned before.*super\(\).__init__\(\)"):
        Early()


def test_plain_attributes_may_come_before_init():
    class Early(nn.Module):
        def __init__(self):
            self.size = 3
            super().__init__()
            self.layer = Scale(self.size)

    assert Early().size == 3


def test_a_forgotten_init_is_named():
    class Forgetful(nn.Module):
        def __init__(self):
            self.size = 3

    with pytest.raises(AttributeError, match=r"Forgetful.*super\(\).__init__\(\)"):
        list(Forgetful().parameters())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.register_parameter("a.b", None), KeyError, "no dots"),
        (lambda m: m.register_parameter("", None), KeyError, "not empty"),
        (lambda m: m.register_parameter("forward", None), KeyError, "already exists"),
        (lambda m: m.register_parameter("seen", None), KeyError, "already exists"),
        (lambda m: m.register_parameter(3, None), TypeError, "is a str"),
        (lambda m: m.register_parameter("new", tg.zeros(2)), TypeError, r"nn.Parameter\(tensor\)"),
        (lambda m: m.register_buffer("weight", tg.zeros(2)), KeyError, "already exists"),
        (lambda m: m.register_buffer("new", np.zeros(2)), TypeError, r"tg.tensor\(values\)"),
        (lambda m: m.add_module("weight", nn.ReLU()), KeyError, "already exists"),
        (lambda m: m.add_module("new", nn.ReLU), TypeError, "make an instance"),
    ],
)
def test_what_cannot_be_registered(call, error, message):
    module = Scale(2)
    before = repr(module), list(module.state_dict())
    with pytest.raises(error, match=message):
        call(module)
    assert (repr(module), list(module.state_dict())) == before


def test_a_buffer_can_be_registered_again_and_stay_out_of_the_state():
    module = Scale(2)
    module.register_buffer("seen", tg.ones(2), persistent=False)
    assert names(module.named_buffers()) == ["seen"]
    assert list(module.state_dict()) == ["weight", "bias"]
    module.seen = tg.zeros(2)  # stays what it is
    assert list(module.state_dict()) == ["weight", "bias"]


def test_getting_by_name():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("first.0") is net.first[0]
    assert net.get_parameter("first.0.weight") is net.first[0].weight
    assert net.get_parameter("own") is net.own
    assert net.get_buffer("last.seen") is net.last.seen
    for get, name in [
        (net.get_submodule, "first.9"),
        (net.get_submodule, "own"),
        (net.get_parameter, "last.seen"),
        (net.get_parameter, "last.nothing"),
        (net.get_buffer, "last.weight"),
    ]:
        with pytest.raises(AttributeError, match="there is no"):
            get(name)


def test_train_and_eval_reach_every_module_and_respect_overrides():
    class Frozen(Scale):
        def train(self, mode=True):
            return super().train(False)

    net = Net()
    net.frozen = Frozen(2)
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert [name for name, module in net.named_modules() if not module.training] == ["frozen"]
    with pytest.raises(ValueError, match="True or False"):
        net.train("yes")


def test_apply_goes_from_the_inside_out():
    visited = []
    net = Net()
    assert net.apply(visited.append) is net
    assert visited == [net.last, net.first[0], net.first[1], net.first, net]


def test_requires_grad_freezes_all():
    net = Net().requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    assert all(p.requires_grad for p in net.requires_grad_().parameters())


def test_zero_grad():
    net = Scale(2)
    net(tg.tensor([1.0, 2.0], dtype="float64")).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.weight.grad.tolist() == [0.0, 0.0]
    net.zero_grad()
    assert net.weight.grad is None


def test_casts_change_floating_tensors_and_their_gradients():
    net = Scale(2)
    net(tg.tensor([1.0, 2.0], dtype="float64")).sum().backward()
    parameter = net.weight
    assert net.float() is net
    assert net.weight is parameter
    assert (net.weight.dtype, net.weight.grad.dtype, net.seen.dtype) == (np.float32, np.float32, np.int64)
    net(tg.tensor([1.0, 2.0])).sum().backward()
    assert net.weight.grad.tolist() == [2.0, 4.0]
    assert net.half().weight.dtype == np.float16
    assert net.double().weight.dtype == np.float64
    with pytest.raises(TypeError, match="not a floating dtype"):
        net.to(np.int64)
    with pytest.raises(
        TypeError, match=r"Scale.to: 'cpu' is no dtype; there are no devices here: leave .to\('cpu'\) out"
    ):
        net.to("cpu")


def test_call_is_forward_and_forward_has_to_be_defined():
    assert Net()(tg.tensor([1.0, -1.0, 2.0], dtype="float64")).tolist() == [1.0, 0.0, 18.0]
    with pytest.raises(NotImplementedError, match="Module: define `def forward"):
        nn.Module()(1)


def test_repr_shows_the_tree():
    assert repr(Net()) == (
        "Net(\n  (last): Scale(3)\n  (first): Sequential(\n    (0): Scale(3)\n    (1): ReLU()\n  )\n)"
    )
    assert repr(nn.Module()) == "Module()"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_equal_and_independent_and_keep_what_is_shared(duplicate):
    net = Net()
    net.first[0].weight = net.last.weight
    net.own.grad = tg.ones(2, np.float64)
    copied = duplicate(net.eval())
    assert repr(copied) == repr(net)
    assert not copied.training
    assert copied.first[0].weight is copied.last.weight
    for (name, p), (other, q) in zip(net.named_parameters(), copied.named_parameters()):
        assert name == other
        assert isinstance(q, nn.Parameter)
        assert q.requires_grad
        assert q is not p
        assert not np.shares_memory(p.data, q.data)
        np.testing.assert_array_equal(p.data, q.data)
    assert copied.own.grad is None
    assert net.own.grad is not None
    copied.extra = nn.Parameter([1.0])
    assert names(net.named_parameters()) == ["own", "last.weight", "first.0.bias"]


class TestParameter:
    def test_is_a_leaf_that_shares_its_array(self):
        array = np.ones(2)
        parameter = nn.Parameter(array)
        assert parameter.requires_grad
        assert parameter.is_leaf
        assert parameter.data is array
        assert nn.Parameter(tg.tensor([1.0]), requires_grad=False).requires_grad is False

    def test_of_a_recorded_tensor_takes_the_values_alone(self):
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        assert nn.Parameter(x * 2).is_leaf

    def test_repr(self):
        assert repr(nn.Parameter([1.0, 2.0])) == "Parameter containing:\ntensor([1., 2.], requires_grad=True)"

    def test_of_integers_says_why_not(self):
        with pytest.raises(TypeError, match="only floating"):
            nn.Parameter([1, 2])
        assert nn.Parameter([1, 2], requires_grad=False).tolist() == [1, 2]

    def test_results_are_plain_tensors(self):
        p = nn.Parameter([1.0])
        assert type(p * 2) is tg.Tensor
        assert type(p.detach()) is tg.Tensor
