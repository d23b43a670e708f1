"""Optimizers as objects: arguments, groups, gradients, states, copies."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.optim import (
    LBFGS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Elementwise,
    Lion,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
)

ALL = [SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, NAdam, RAdam, RMSprop, Rprop]


def leaf(*values, dtype="float64"):
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


def accepted(optimizer, **options):
    """Those of the options that the optimizer has."""
    return {name: value for name, value in options.items() if name in inspect.signature(optimizer).parameters}


def give(g, *params):
    for p in params:
        p.grad = tg.full_like(p, g)


# ---- arguments


@pytest.mark.parametrize("optimizer", ALL)
@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (list, ValueError, "empty"),
        (lambda: iter([]), ValueError, "empty"),
        (lambda: leaf(1.0), TypeError, r"use \[tensor\]"),
        (lambda: {leaf(1.0)}, TypeError, "no fixed order"),
        (lambda: {"a": leaf(1.0)}, TypeError, "dict.values"),
        (lambda: 3, TypeError, "not in a int"),
        (lambda: tg.nn.Linear(1, 1), TypeError, r"not in a Linear; use module.parameters\(\)"),
        (lambda: tg.nn.Linear(1, 1).parameters, TypeError, "not in a method; call it"),
        (lambda: [np.zeros(2)], TypeError, "not ndarray"),
        (lambda: [leaf(1.0) * 2], ValueError, "no leaf"),
        (lambda: [tg.tensor([1, 2])], TypeError, "dtype int64"),
        (lambda: [leaf(1.0)] * 2, ValueError, "more than once"),
        (lambda: (lambda p: [{"params": [p]}, {"params": p}])(leaf(1.0)), ValueError, "more than once"),
        (lambda: [{"lr": 1.0}], TypeError, "under 'params'"),
        (lambda: [{"params": [leaf(1.0)]}, leaf(2.0)], TypeError, "a group is a dict"),
        (lambda: [{"params": {leaf(1.0)}}], TypeError, "no fixed order"),
        (lambda: [{"params": [leaf(1.0)], "lr": -1.0}], ValueError, "lr=-1.0"),
    ],
)
def test_parameters_that_are_refused(optimizer, params, error, message):
    with pytest.raises(error, match=f"{optimizer.__name__}: .*{message}"):
        optimizer(params())


@pytest.mark.parametrize(
    ("optimizer", "options", "message"),
    [
        (SGD, {"lr": -0.1}, "SGD: lr=-0.1 must not be negative"),
        (SGD, {"lr": float("nan")}, "lr=nan"),
        (SGD, {"lr": "0.1"}, "SGD: lr='0.1' must be a number"),
        (Adam, {"betas": 0.9}, r"Adam: betas=0.9 must be two numbers"),
        (SGD, {"momentum": -1}, "momentum=-1"),
        (SGD, {"weight_decay": -1}, "weight_decay=-1"),
        (SGD, {"nesterov": True}, "nesterov=True needs a momentum"),
        (SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening=0"),
        (Adam, {"lr": -0.1}, "Adam: lr=-0.1"),
        (Adam, {"eps": -1}, "eps=-1"),
        (Adam, {"weight_decay": -1}, "weight_decay=-1"),
        (Adam, {"betas": (1.0, 0.9)}, r"betas\[0\]=1.0"),
        (Adam, {"betas": (0.9, -0.1)}, r"betas\[1\]=-0.1"),
        (AdamW, {"lr": -0.1}, "AdamW: lr=-0.1"),
        (Adagrad, {"initial_accumulator_value": -1}, "Adagrad: initial_accumulator_value=-1"),
        (Adadelta, {"rho": 1.5}, "Adadelta: rho=1.5"),
        (RMSprop, {"alpha": -1}, "RMSprop: alpha=-1"),
        (NAdam, {"momentum_decay": -1}, "NAdam: momentum_decay=-1"),
        (RAdam, {"betas": (1.0, 0.9)}, r"RAdam: betas\[0\]=1.0"),
        (Adamax, {"eps": -1}, "Adamax: eps=-1"),
        (Rprop, {"etas": (1.5, 2.0)}, r"Rprop: etas=\(1.5, 2.0\)"),
        (Lion, {"weight_decay": -1}, "Lion: weight_decay=-1"),
        (LBFGS, {"line_search_fn": "armijo"}, "LBFGS: line_search_fn='armijo'; use 'strong_wolfe'"),
        (LBFGS, {"history_size": 0}, "LBFGS: history_size=0 must be at least 1"),
    ],
)
def test_options_that_are_refused(optimizer, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        optimizer([leaf(1.0)], **options)


@pytest.mark.parametrize("optimizer", [SGD, LBFGS])
def test_a_loss_is_no_closure(optimizer):
    p = leaf(1.0)
    with pytest.raises(TypeError, match=r"the closure is a function .*, not a Tensor; .* optimizer.step\(\)"):
        optimizer([p]).step(p * 2)
    assert p.item() == 1.0


def test_arguments_and_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    elsewhere = {"foreach", "fused", "capturable", "differentiable"}  # how it is computed there, not what
    for ours in (*ALL, LBFGS):
        if ours is Lion:
            continue
        theirs = getattr(torch.optim, ours.__name__)
        reference = theirs([torch.zeros(1, requires_grad=True)]).defaults
        assert ours([leaf(1.0)]).defaults == {k: v for k, v in reference.items() if k not in elsewhere}
        arguments = [name for name in inspect.signature(theirs).parameters if name not in elsewhere]
        assert set(inspect.signature(ours).parameters) == set(arguments)
        positional = [
            name for name, each in inspect.signature(ours).parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD
        ]
        assert positional == arguments[: len(positional)]


def test_what_is_accepted():
    a, b = leaf(1.0), leaf(2.0)
    assert SGD(p for p in (a, b)).param_groups[0]["params"] == [a, b]
    named = SGD([("a", a), ("b", b)])
    assert (named.param_groups[0]["params"], named.param_groups[0]["param_names"]) == ([a, b], ["a", "b"])
    groups = SGD([{"params": a, "lr": 1.0}, {"params": [b]}], lr=0.1, momentum=0.5).param_groups
    assert [(g["lr"], g["momentum"]) for g in groups] == [(1.0, 0.5), (0.1, 0.5)]
    assert SGD([leaf(1.0).requires_grad_(False)]).param_groups


# ---- groups


def test_groups_have_their_own_options_and_follow_changes():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = SGD([{"params": [a]}, {"params": [b], "lr": 0.1}], lr=0.5)
    give(1.0, a, b)
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 0.9)
    optimizer.param_groups[0]["lr"] = np.float64(0.25)
    optimizer.step()
    assert (a.item(), b.item()) == (0.25, 0.8)


@pytest.mark.parametrize("optimizer", ALL)
def test_a_group_can_be_added_later_and_a_bad_one_changes_nothing(optimizer):
    a, b, other_a, other_b = (leaf(1.0) for _ in range(4))
    it, other = optimizer([a], lr=0.5), optimizer([other_a], lr=0.5)
    give(1.0, a, b, other_a, other_b)
    it.step()
    with pytest.raises(ValueError, match="more than once"):
        it.add_param_group({"params": [b, a]})
    assert len(it.param_groups) == 1
    it.add_param_group({"params": b, "lr": 0.25})
    for each in (it, other, other, optimizer([other_b], lr=0.25)):
        each.step()
    assert (a.item(), b.item()) == (other_a.item(), other_b.item())
    assert b.item() < 1.0


def test_a_parameter_put_into_a_group_by_hand_takes_part_and_the_others_go_on():
    a, b, other = leaf(1.0), leaf(1.0), leaf(1.0)
    optimizer, reference = Adam([a], lr=0.1), Adam([other], lr=0.1)
    give(1.0, a, b, other)
    for k in range(4):
        if k == 2:
            optimizer.param_groups[0]["params"].append(b)
        give(float(k), a, b, other)
        optimizer.step()
        reference.step()
    assert a.item() == other.item()
    assert b.item() != 1.0
    assert [kept["step"] for kept in optimizer.state.values()] == [4, 2]


# ---- gradients


@pytest.mark.parametrize("optimizer", ALL)
def test_parameters_without_gradient_stay_as_they_are(optimizer):
    a, b = leaf(1.0, 2.0), leaf(3.0)
    it = optimizer([a, b], **accepted(optimizer, lr=0.1, weight_decay=0.1))
    give(1.0, a)
    it.step()
    assert b.item() == 3.0
    assert b not in it.state
    optimizer([leaf(1.0)]).step()


def test_zero_grad():
    a, b = leaf(1.0), leaf(2.0)
    optimizer = SGD([a, b])
    give(1.0, a)
    optimizer.zero_grad(set_to_none=False)
    assert (a.grad.tolist(), b.grad) == ([0.0], None)
    optimizer.zero_grad()
    assert a.grad is None


@pytest.mark.parametrize("optimizer", ALL)
def test_closure_runs_recorded_and_its_loss_is_returned(optimizer):
    a = leaf(3.0)
    it = optimizer([a], lr=0.1)

    def closure():
        it.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        losses = [it.step(closure).item() for _ in range(3)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == 9.0


@pytest.mark.parametrize("optimizer", ALL)
def test_the_gradient_is_left_alone(optimizer):
    for options in ({}, {"maximize": True}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "maximize": True}):
        a, b = leaf(1.0, 2.0), leaf(3.0)
        give(2.0, a, b)
        options = accepted(optimizer, **options)
        optimizer([a, b], **options).step()
        optimizer([a], **options).step()
        assert (a.grad.tolist(), b.grad.tolist()) == ([2.0, 2.0], [2.0])


@pytest.mark.parametrize("optimizer", ALL)
def test_overflow_gives_inf_or_nan_and_no_warning(optimizer):
    a = leaf(1.0, dtype="float32")
    a.grad = tg.tensor([3e38], dtype="float32")
    optimizer([a], **accepted(optimizer, lr=1e3, weight_decay=10.0)).step()
    assert not np.isfinite(a.data).any() or abs(a.item()) < 1e5


def test_a_step_between_forward_and_backward_is_seen():
    a = leaf(1.0)
    loss = (a * a).sum()
    give(1.0, a)
    SGD([a]).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


# ---- state


def trained(optimizer, **options):
    params = [leaf(1.0, 2.0), leaf(3.0)]
    it = optimizer(params, **options)
    for k in range(3):
        give(k + 1.0, *params)
        it.step()
    return params, it


STATES = [
    (SGD, {}, []),
    (SGD, {"momentum": 0.9}, ["momentum_buffer"]),
    (Adam, {}, ["step", "exp_avg", "exp_avg_sq"]),
    (Adam, {"amsgrad": True}, ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]),
    (AdamW, {}, ["step", "exp_avg", "exp_avg_sq"]),
    (Adagrad, {"initial_accumulator_value": 0.5}, ["step", "sum"]),
    (Adadelta, {}, ["step", "square_avg", "acc_delta"]),
    (RMSprop, {"momentum": 0.5, "centered": True}, ["step", "square_avg", "momentum_buffer", "grad_avg"]),
    (Adamax, {}, ["step", "exp_avg", "exp_inf"]),
    (NAdam, {}, ["step", "mu_product", "exp_avg", "exp_avg_sq"]),
    (RAdam, {}, ["step", "exp_avg", "exp_avg_sq"]),
    (Rprop, {}, ["step", "prev", "step_size"]),
    (Lion, {}, ["step", "exp_avg"]),
]


@pytest.mark.parametrize(("optimizer", "options", "names"), STATES)
def test_state_has_pytorchs_names(optimizer, options, names):
    _, it = trained(optimizer, **options)
    state = it.state_dict()
    assert state["param_groups"][0]["params"] == [0, 1]
    assert state["param_groups"][0]["lr"] == it.defaults["lr"]
    assert {number: list(kept) for number, kept in state["state"].items()} == ({0: names, 1: names} if names else {})
    for p, kept in it.state.items():
        assert kept.get("step", 3) == 3
        assert all(value.shape == p.shape for value in kept.values() if isinstance(value, tg.Tensor))


@pytest.mark.parametrize(("optimizer", "options", "names"), STATES)
@pytest.mark.parametrize("through", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_going_on_from_a_state(optimizer, options, names, through):
    params, it = trained(optimizer, **options, lr=0.1)
    others = [tg.tensor(p.data, requires_grad=True) for p in params]
    other = optimizer(others)
    other.load_state_dict(through(it.state_dict()))
    for k in range(3):
        give(k - 1.0, *params, *others)
        it.step()
        other.step()
    assert [p.tolist() for p in params] == [p.tolist() for p in others]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
@pytest.mark.parametrize(("optimizer", "options", "names"), STATES)
def test_copies_belong_to_the_copied_parameters(optimizer, options, names, duplicate):
    params, it = trained(optimizer, **options)
    others, other = duplicate((params, it))
    assert other.param_groups[0]["params"][0] is others[0]
    before = [p.tolist() for p in params]
    give(0.5, *params, *others)
    other.step()
    assert [p.tolist() for p in params] == before
    it.step()
    assert [p.tolist() for p in params] == [p.tolist() for p in others]


def test_state_shares_memory_and_is_loaded_in_place():
    params, it = trained(Adam)
    moment = it.state[params[0]]["exp_avg"]
    saved = copy.deepcopy(it.state_dict())
    give(5.0, *params)
    it.step()
    assert moment.tolist() == it.state[params[0]]["exp_avg"].tolist() != saved["state"][0]["exp_avg"].tolist()
    it.load_state_dict(saved)
    assert moment.tolist() == saved["state"][0]["exp_avg"].tolist()
    with pytest.raises(TypeError):
        it.state[params[0]] = {}


def test_loading_an_empty_state_starts_anew():
    params, it = trained(Adam)
    it.load_state_dict(Adam([leaf(1.0, 2.0), leaf(3.0)], lr=0.5).state_dict())
    assert len(it.state) == 0
    before = params[1].item()
    give(7.0, *params)
    it.step()
    np.testing.assert_allclose(params[1].item(), before - 0.5)


def changed(**changes):
    """A state of Adam with something replaced for parameter 0."""
    state = copy.deepcopy(trained(Adam, lr=0.1)[1].state_dict())
    for name, value in changes.items():
        if value is None:
            del state["state"][0][name]
        else:
            state["state"][0][name] = value
    return state


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "what state_dict"),
        ([], "what state_dict"),
        (changed(exp_avg=tg.zeros(3)), r"parameter 0: 'exp_avg' has shape \(3,\)"),
        (changed(exp_avg=None), "keeps"),
        (changed(other=tg.zeros(2)), "keeps"),
        (changed(step=None), "keeps"),
        (changed(step=-1), "after -1 steps"),
        (trained(SGD, momentum=0.9)[1].state_dict(), "momentum_buffer"),
        (changed() | {"param_groups": []}, r"groups of \[\] parameters"),
        (changed() | {"param_groups": [{"params": [0]}]}, r"groups of \[1\] parameters"),
        (changed() | {"state": {7: {}}}, "parameter 7"),
        (changed() | {"param_groups": [{"params": [0, 1], "lr": -1}]}, "lr=-1"),
        (changed() | {"param_groups": [{"params": [0, 1], "lr": "0.1"}]}, "an option is of another kind"),
        (changed() | {"param_groups": [{"params": [0, 1], "betas": 3}]}, "an option is of another kind"),
        (changed() | {"param_groups": None}, "'param_groups' is no list of dicts"),
        (changed() | {"param_groups": [3]}, "'param_groups' is no list of dicts"),
        (changed() | {"param_groups": [{"params": 2}]}, "each with a list under 'params'"),
        (changed() | {"state": [1]}, "'state' is no dict"),
        (changed() | {"state": {0: 3}}, "'state' is no dict with a dict for each parameter"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, message):
    _, it = trained(Adam, lr=0.5)
    before = pickle.dumps(it.state_dict())
    with pytest.raises(ValueError, match=message):
        it.load_state_dict(state)
    assert pickle.dumps(it.state_dict()) == before


# ---- other things


def test_repr_lists_the_options():
    assert repr(SGD([leaf(1.0)], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: False\n    momentum: 0\n"
        "    nesterov: False\n    weight_decay: 0\n)"
    )


def test_an_optimizer_of_ones_own_keeps_its_state_as_in_pytorch():
    class Sign(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            loss = self._evaluate(closure)
            for group in self.param_groups:
                for p in group["params"]:
                    p.data -= group["lr"] * np.sign(p.grad.data)
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1
            return loss

    a = leaf(1.0, 2.0)
    optimizer = Sign([a], lr=0.5)
    give(-3.0, a)
    optimizer.step()
    assert a.tolist() == [1.5, 2.5]
    saved = optimizer.state_dict()
    assert saved["state"] == {0: {"count": 1}}
    optimizer.step()
    optimizer.load_state_dict(saved)
    assert optimizer.state[a] == {"count": 1}
    with pytest.raises(ValueError, match="parameter 3"):
        optimizer.load_state_dict({**saved, "state": {3: {}}})


def test_an_elementwise_optimizer_of_ones_own():
    class Momentum(Elementwise):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def _kept(self, group):
            return ("velocity",)

        def _update(self, group, numbers, p, g, state, scratch):
            state[0][...] = 0.5 * state[0] + g
            p -= group["lr"] * state[0]

    a, b = leaf(1.0, 2.0), leaf(3.0)
    optimizer = Momentum([a, b], lr=1.0)
    for _ in range(2):
        give(1.0, a, b)
        optimizer.step()
    assert (a.tolist(), b.tolist()) == ([-1.5, -0.5], [0.5])
    assert optimizer.state[a]["velocity"].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(("base", "call"), [(Optimizer, "step"), (Elementwise, "_kept")])
def test_what_a_subclass_must_define_is_named(base, call):
    with pytest.raises(NotImplementedError, match=f"define `def {call}"):
        base([leaf(1.0)], {}).step()


@pytest.mark.parametrize(("optimizer", "options", "names"), STATES)
def test_a_state_goes_through_a_file(optimizer, options, names, tmp_path):
    params, it = trained(optimizer, **options)
    tg.io.save(tmp_path / "state.npz", it.state_dict())
    others = [tg.tensor(p.data, requires_grad=True) for p in params]
    other = optimizer(others)
    other.load_state_dict(tg.io.load(tmp_path / "state.npz"))
    give(1.0, *params, *others)
    it.step()
    other.step()
    assert [p.tolist() for p in params] == [p.tolist() for p in others]
