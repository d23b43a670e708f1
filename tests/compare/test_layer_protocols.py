"""Any hand-written layer: however it is called, and wherever it leaves its gradients."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import right_layers

from tinygrad_fs import compare

LAYERS = {
    "updates its weights": (right_layers.Dense, {"input_shape": (3,)}, {"input", "W", "w0"}),
    "updates its weights, as an object": (right_layers.Dense(2), {"input_shape": 3}, {"input", "W", "w0"}),
    "params and grads": (right_layers.Affine(), {"input_shape": (3,)}, {"input", "W", "b"}),
    "a class with arguments": (
        right_layers.Affine,
        {"input_shape": (4,), "args": (4,), "kwargs": {"n_out": 1}},
        {"input", "W", "b"},
    ),
    "parameters and gradients, accumulated": (
        right_layers.AccumulatingAffine(),
        {"input_shape": (3,)},
        {"input", "W", "b"},
    ),
    "dW beside W": (right_layers.PrefixedAffine(), {"input_shape": (3,)}, {"input", "W", "b"}),
    "dW beside a property": (right_layers.AffineOfProperties(), {"input_shape": (3,)}, {"input", "W", "b"}),
    "dW in a slot": (right_layers.AffineInSlots(), {"input_shape": (3,)}, {"input", "W"}),
    "names of some": (right_layers.PrefixedAffine(), {"input_shape": (3,), "names": {"W": "dW"}}, {"input", "W"}),
    "names as a list": (right_layers.PrefixedAffine(), {"input_shape": (3,), "names": ["W", "b"]}, {"input", "W", "b"}),
    "paths for names": (
        right_layers.Affine(),
        {"input_shape": (3,), "names": {"params['W']": "grads['W']"}},
        {"input", "params['W']"},
    ),
    "everything returned": (
        right_layers.ReturningAffine(),
        {"input_shape": (3,), "names": ["W", "b"]},
        {"input", "W", "b"},
    ),
    "objects with value and grad": (right_layers.ObjectsAffine(), {"input_shape": (3,)}, {"input", "W", "b"}),
    "steps by itself": (right_layers.SteppingAffine(), {"input_shape": (3,)}, {"input", "weights", "bias"}),
    "lists": (right_layers.ListedAffine(), {"input_shape": (3,)}, {"input", "params[0]"}),
    "integers that are indices": (right_layers.Embedding(), {"input_shape": (4,)}, {"W"}),
    "integers that are given": (right_layers.Embedding(), {"X": np.array([[0, 4, 4], [2, 0, 1]])}, {"W"}),
    "two inputs": (right_layers.Product(), {"input_shape": [(3,), (3,)]}, {"input[0]", "input[1]"}),
    "told by methods": (right_layers.SwitchedDropout(), {"input_shape": (5,)}, {"input"}),
    "lists of numbers for input": (right_layers.Flatten(), {"X": [[[1.0, 2.0]], [[3.0, 4.0]]]}, {"input"}),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_right_layer_is_right(name):
    layer, arguments, names = LAYERS[name]
    report = compare.audit(layer, **arguments)
    assert {finding.name for finding in report.findings} == names
    assert {finding.verdict for finding in report.findings} == {"right"}, str(report)
    assert max(finding.max_rel_error for finding in report.findings) < 1e-9
    assert report.ok
    compare.assert_backward_matches(layer, **arguments)


def doubled(cls, attribute):
    """The class, with one gradient twice as large."""

    class Doubled(cls):
        def backward(self, *args):
            result = super().backward(*args)
            held, key = attribute(self)
            held[key] = held[key] * 2
            return result

    return Doubled


WRONG = {
    "params and grads": (doubled(right_layers.Affine, lambda self: (self.grads, "W")), "W"),
    "parameters and gradients": (doubled(right_layers.AccumulatingAffine, lambda self: (self.gradients, "b")), "b"),
    "dW beside W": (doubled(right_layers.PrefixedAffine, lambda self: (vars(self), "dW")), "W"),
    "dW beside a property": (doubled(right_layers.AffineOfProperties, lambda self: (vars(self), "dW")), "W"),
    "objects": (doubled(right_layers.ObjectsAffine, lambda self: (vars(self.b), "grad")), "b"),
    "lists": (doubled(right_layers.ListedAffine, lambda self: (self.grads, 0)), "params[0]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_named(name):
    layer, parameter = WRONG[name]
    report = compare.audit(layer, input_shape=(3,))
    wrong = {(finding.name, finding.verdict, round(finding.scale or 0, 6)) for finding in report.wrong}
    assert wrong == {(parameter, "scaled", 2.0)}
    with pytest.raises(AssertionError, match="2 times the gradient"):
        compare.assert_backward_matches(layer, input_shape=(3,))


class RowForVector(right_layers.PrefixedAffine):
    """The gradient of the bias is a row, the bias a vector."""

    def backward(self, grad):
        result = super().backward(grad)
        self.db = self.db[None]
        return result


class WithAStep(right_layers.PrefixedAffine):
    """Holds a dt that is no gradient of its t."""

    def __init__(self):
        super().__init__()
        self.t, self.dt = np.zeros(3), np.array(0.5)

    def forward(self, x):
        return super().forward(x) * self.dt

    def backward(self, grad):
        return super().backward(grad * self.dt)


def test_a_gradient_of_another_shape_is_not_passed_over():
    report = compare.audit(RowForVector(), input_shape=(3,))
    assert {(finding.name, finding.verdict) for finding in report.wrong} == {("b", "shape")}
    assert report.wrong[0].detail == "(1, 2) in the place of (2,)"


def test_what_only_looks_like_a_gradient_is_left_alone():
    report = compare.audit(WithAStep(), input_shape=(3,))
    assert {finding.name for finding in report.findings} == {"input", "W", "b"}
    assert report.ok


class Variant(right_layers.Dense):
    """A right Dense whose parts can be exchanged."""

    def dW(self, g):
        return self.layer_input.T.dot(g)

    def dw0(self, g):
        return g.sum(axis=0, keepdims=True)

    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            self.W = self.W_opt.update(self.W, self.dW(accum_grad))
            self.w0 = self.w0_opt.update(self.w0, self.dw0(accum_grad))
        return accum_grad.dot(W.T)


class Mean(Variant):
    def dw0(self, g):
        return g.mean(axis=0, keepdims=True)


class Negative(Variant):
    def dW(self, g):
        return -super().dW(g)


class Zero(Variant):
    def dW(self, g):
        return np.zeros_like(self.W)


class FlatBias(Variant):
    def dw0(self, g):
        return g.sum(axis=0)


class LastSampleOnly(Variant):
    def dW(self, g):
        return self.layer_input[-1:].T.dot(g[-1:])


class FirstRowOnly(Variant):
    def dW(self, g):
        full = super().dW(g)
        full[1:] = 0
        return full


class NotANumber(Variant):
    def dW(self, g):
        full = super().dW(g)
        full[0, 0] = np.nan
        return full


class Forgotten(Variant):
    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            self.W = self.W_opt.update(self.W, self.dW(accum_grad))
        return accum_grad.dot(W.T)


class NewWeights(Variant):
    """The gradient of the input by the weights after the step."""

    def backward_pass(self, accum_grad):
        super().backward_pass(accum_grad)
        return accum_grad.dot(self.W.T)


class InTwoSteps(Variant):
    """One parameter updated twice: the sum of both is its gradient."""

    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            full = self.dW(accum_grad)
            self.W = self.W_opt.update(self.W, 0.25 * full)
            self.W = self.W_opt.update(self.W, 0.75 * full)
            self.w0 = self.w0_opt.update(self.w0, self.dw0(accum_grad))
        return accum_grad.dot(W.T)


class InAView(Variant):
    """Another view of the parameter is handed to the optimizer."""

    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            self.W = self.W_opt.update(self.W.T, self.dW(accum_grad).T).T
            self.w0 = self.w0_opt.update(self.w0, self.dw0(accum_grad))
        return accum_grad.dot(W.T)


class InAPart(Variant):
    """The parameters belong to a part of the layer, and stand in a dictionary too."""

    class Part:
        pass

    def initialize(self, optimizer):
        super().initialize(optimizer)
        self.part = self.Part()
        self.part.W, self.part.W_opt = self.W, copy.copy(optimizer)
        self.table = {"W": self.part.W}
        del self.W, self.W_opt

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.table["W"]) + self.w0

    def backward_pass(self, accum_grad):
        W = self.part.W
        if self.trainable:
            self.part.W = self.table["W"] = self.part.W_opt.update(W, self.layer_input.T.dot(accum_grad))
            self.w0 = self.w0_opt.update(self.w0, self.dw0(accum_grad))
        return accum_grad.dot(W.T)


class MadeLate(right_layers.Dense):
    """The weights are made when the first input comes."""

    W = None

    def initialize(self, optimizer):
        self.optimizer_for_later = optimizer

    def forward_pass(self, X, training=True):
        if self.W is None:
            super().initialize(self.optimizer_for_later)
        return super().forward_pass(X, training)


VARIANTS = {
    Variant: {},
    Mean: {"w0": ("scaled", "0.333333 times the gradient: one by the batch size")},
    Negative: {"W": ("scaled", "the sign is wrong")},
    Zero: {"W": ("wrong", "it is zero, and should not be")},
    FlatBias: {"w0": ("shape", "(3,) in the place of (1, 3)")},
    LastSampleOnly: {"W": ("wrong", "cosine")},
    FirstRowOnly: {"W": ("partial", "wrong at [1:]")},
    NotANumber: {"W": ("nonfinite", "1 of 9 entries are nan or infinite, and the slopes are not")},
    Forgotten: {"w0": ("wrong", "backward gives no gradient for it")},
    NewWeights: {"input": ("wrong", "cosine")},
    InTwoSteps: {},
    InAView: {},
    InAPart: {},
    MadeLate: {},
}


@pytest.mark.parametrize("layer", VARIANTS, ids=lambda layer: layer.__name__)
def test_what_can_be_wrong_with_an_update(layer):
    report = compare.audit(layer, input_shape=(3,), modes=["training"])
    named = {finding.name: finding for finding in report.findings if finding.configuration == "batch 3"}
    assert named.keys() == {"input", "part.W" if layer is InAPart else "W", "w0"}  # each once, wherever it stands
    wrong = {name: finding for name, finding in named.items() if finding.verdict != "right"}
    assert wrong.keys() == VARIANTS[layer].keys()
    for name, (verdict, words) in VARIANTS[layer].items():
        assert wrong[name].verdict == verdict
        assert wrong[name].detail.startswith(words)


class StepsInSecret(right_layers.PrefixedAffine):
    """Its step is of a size that it tells nobody."""

    def backward(self, grad):
        result = super().backward(grad)
        self.W -= 0.1 * self.dW
        del self.dW, self.db
        return result


class UpdatesACopy(right_layers.Dense):
    def backward_pass(self, accum_grad):
        self.w0_opt.update(self.w0.copy(), accum_grad.sum(axis=0, keepdims=True))
        return accum_grad.dot(self.W.T)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (
            right_layers.ReturningAffine(),
            "backward returned 3 values; the first is taken for",
        ),
        (StepsInSecret(), "backward changes W in a way that could not be caught: its gradient is not audited"),
        (UpdatesACopy, "update was handed 1 array that the layer holds nowhere: no gradient of it is audited"),
    ],
)
def test_gradients_that_cannot_be_found_are_remarked(layer, words):
    remarks = compare.audit(layer, input_shape=(3,), modes=["training"], draws=1).remarks
    assert any(remark.startswith(words) for remark in remarks), remarks


class Trained(right_layers.Dense):
    """A layer that has its weights and its optimizers already, as one of a trained network has."""

    def __init__(self):
        super().__init__(2)
        self.set_input_shape((3,))

        class Optimizer:
            def update(self, w, g):
                return w - 0.01 * g

        self.initialize(Optimizer())
        self.W[...] = np.arange(6).reshape(3, 2)

    def initialize(self, optimizer):
        if hasattr(self, "W"):
            raise AssertionError("the weights would be lost")
        super().initialize(optimizer)


def test_a_trained_layer_keeps_its_weights():
    layer = Trained()
    before = layer.W.copy()
    assert compare.audit(layer).ok
    np.testing.assert_array_equal(layer.W, before)
    assert layer.trainable


class NeedsArguments(right_layers.Flatten):
    def __init__(self, n):
        self.n = n


MISUSE = {
    "no shape": (right_layers.Flatten(), {}, r"give input_shape=\(8,\)"),
    "no layer": (3, {}, "has no forward_pass and backward_pass"),
    "no arguments": (NeedsArguments, {"input_shape": 3}, r"NeedsArguments\(\) raised TypeError.*give what it needs"),
    "a wrong name": (right_layers.PrefixedAffine(), {"input_shape": 3, "names": ["V"]}, "'V'"),
    "a name that is no name": (
        right_layers.PrefixedAffine(),
        {"input_shape": 3, "names": {"W": "1 + 1"}},
        "names no attribute",
    ),
    "a wrong mode": (right_layers.Flatten(), {"input_shape": 3, "modes": ["testing"]}, "has no mode 'testing'"),
    "no gradient": (right_layers.Flatten(), {"X": np.arange(6).reshape(2, 3)}, "no gradient that could be audited"),
    "a shape that is none": (right_layers.Flatten(), {"input_shape": 2.5}, "is no shape"),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_told_with_the_remedy(name):
    layer, arguments, message = MISUSE[name]
    with pytest.raises(compare.AuditError, match=message):
        compare.audit(layer, **arguments)
