"""Layers and losses that users write: on the tape where they can be, and else as one node."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from networks import network

import tinygrad_fs as tg
from tinygrad_fs.deep_learning.layers import Activation, Dense, Dropout, Embedding, Flatten, Layer, activation_functions
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, Loss, SquareLoss
from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent

WAYS = ("autograd", "layerwise")


class Scale(Layer):
    """Runs on Tensors as it is."""

    def initialize(self, optimizer):
        self.W, self.W_opt = np.full(self.input_shape, 1.5), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X * self.W

    def backward_pass(self, accum_grad):
        self.calls = getattr(self, "calls", 0) + 1
        W = self.W
        if self.trainable:
            self.W = self.W_opt.update(W, np.sum(accum_grad * self.layer_input, axis=0))
        return accum_grad * W

    def output_shape(self):
        return self.input_shape


class Filled(Scale):
    """Fills an array of its own, which no tape can follow."""

    def forward_pass(self, X, training=True):
        self.layer_input = X
        out = np.zeros(X.shape)
        for row in range(len(X)):
            out[row] = X[row] * self.W
        return out


class OtherNames(Scale):
    """Runs on Tensors, but its optimizer stands beside no parameter: the tape would not find what it learns."""

    def initialize(self, optimizer):
        self.weights, self.opt = np.full(self.input_shape, 1.5), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X * self.weights

    def backward_pass(self, accum_grad):
        self.calls = getattr(self, "calls", 0) + 1
        weights = self.weights
        if self.trainable:
            self.weights = self.opt.update(weights, np.sum(accum_grad * self.layer_input, axis=0))
        return accum_grad * weights


class InAList(OtherNames):
    """The same with a list of optimizers."""

    def initialize(self, optimizer):
        super().initialize(optimizer)
        self.opts = [self.opt]
        del self.opt

    def backward_pass(self, accum_grad):
        self.opt = self.opts[0]
        try:
            return super().backward_pass(accum_grad)
        finally:
            del self.opt


class Aliased(Scale):
    """Computes with a second name of its weights, over which no leaf is put."""

    def initialize(self, optimizer):
        super().initialize(optimizer)
        self.again = self.W

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X * self.again

    def backward_pass(self, accum_grad):
        gradient = super().backward_pass(accum_grad)
        self.again = self.W
        return gradient


class WritesIntoItsInput(Scale):
    """Scales what it is given in place, forward and backward."""

    def forward_pass(self, X, training=True):
        self.layer_input = np.array(X)
        X *= self.W
        return X

    def backward_pass(self, accum_grad):
        gradient = super().backward_pass(accum_grad.copy())
        accum_grad[...] = np.nan
        return gradient


class Block(Layer):
    """Is made of layers."""

    def __init__(self):
        self.inner = [Dense(4), Activation("tanh")]

    def initialize(self, optimizer):
        for layer in self.inner:
            layer.set_input_shape(self.input_shape)
            layer.initialize(optimizer)

    def forward_pass(self, X, training=True):
        for layer in self.inner:
            X = layer.forward_pass(X, training)
        return X

    def backward_pass(self, accum_grad):
        self.calls = getattr(self, "calls", 0) + 1
        for layer in reversed(self.inner):
            accum_grad = layer.backward_pass(accum_grad)
        return accum_grad

    def output_shape(self):
        return self.input_shape


class Duck:
    """Has the methods of a layer and is none, and no `trainable`."""

    def set_input_shape(self, shape):
        self.input_shape = shape

    def forward_pass(self, X, training=True):
        return X.dot(np.eye(X.shape[-1])) * 2

    def backward_pass(self, accum_grad):
        self.calls = getattr(self, "calls", 0) + 1
        return 2 * accum_grad

    def output_shape(self):
        return self.input_shape


ON_TAPE = [Scale, Duck]
AS_NODE = [Filled, OtherNames, InAList, Aliased, WritesIntoItsInput, Block]


def weights(layer):
    layer = getattr(layer, "inner", [layer])[0]
    return getattr(layer, "W", getattr(layer, "weights", None))


def build(kind, backprop, first=False):
    np.random.seed(2)
    front = [Dense(4, input_shape=(3,))]
    if first:
        own = kind()
        own.set_input_shape((4,))
        front = [own]
    layers = [*front, *([] if first else [kind()]), Dense(2)]
    return network(layers, SquareLoss, StochasticGradientDescent(0.02), backprop=backprop)


@pytest.mark.parametrize("first", [False, True], ids=["inside", "first"])
@pytest.mark.parametrize("kind", [*ON_TAPE, *AS_NODE], ids=lambda kind: kind.__name__)
def test_both_ways_learn_the_same(kind, first, rng):
    X, y = rng.standard_normal((5, 4 if first else 3)), rng.standard_normal((5, 2))
    nets = [build(kind, backprop, first) for backprop in WAYS]
    position = 0 if first else 1
    start = weights(nets[0].layers[position])
    for _ in range(20):
        losses = [net.train_on_batch(X.copy(), y) for net in nets]
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-10)
    ours, theirs = (weights(net.layers[position]) for net in nets)
    if start is not None:
        assert not np.array_equal(ours, start)
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)
    calls = getattr(nets[0].layers[position], "calls", 0)
    assert calls == (0 if kind in ON_TAPE else 20)
    for layer in nets[0].layers:
        assert not [name for name, value in vars(layer).items() if isinstance(value, tg.Tensor)]


@pytest.mark.parametrize("kind", [Scale, Filled, OtherNames], ids=lambda kind: kind.__name__)
def test_frozen_they_pass_the_gradient_on(kind, rng):
    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    nets = [build(kind, backprop) for backprop in WAYS]
    for net in nets:
        net.layers[1].trainable = False
        before = weights(net.layers[1])
        net.train_on_batch(X, y)
        assert weights(net.layers[1]) is before
        net.layers[1].trainable = True
        net.train_on_batch(X, y)
        assert weights(net.layers[1]) is not before
    np.testing.assert_allclose(nets[0].layers[0].W, nets[1].layers[0].W, rtol=1e-10)


def test_trying_a_layer_out_draws_no_random_numbers(rng):
    class Noise(Layer):
        def __init__(self, on_tape):
            self.on_tape = on_tape

        def forward_pass(self, X, training=True):
            self.noise = np.random.uniform(size=X.shape)
            return X + self.noise if self.on_tape else np.asarray(X) + self.noise

        def backward_pass(self, accum_grad):
            return accum_grad

        def output_shape(self):
            return self.input_shape

    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))
    for on_tape in (True, False):
        draws = []
        for backprop in WAYS:
            net = network([Dense(4, input_shape=(3,)), Noise(on_tape), Dropout(0.5)], SquareLoss, backprop=backprop)
            np.random.seed(4)
            net.train_on_batch(X, y)
            draws += [net.layers[1].noise, net.layers[2]._mask]
        np.testing.assert_array_equal(draws[0], draws[2])
        np.testing.assert_array_equal(draws[1], draws[3])


def test_what_a_layer_remembers_is_kept_as_arrays(rng):
    class Leaky(Layer):
        """Carries its output over to the next batch."""

        def forward_pass(self, X, training=True):
            out = X + 0.5 * self.last if hasattr(self, "last") else X * 1
            self.last, self.all = out, {"both": [out, (X, 3)]}
            return out

        def backward_pass(self, accum_grad):
            return accum_grad

        def output_shape(self):
            return self.input_shape

    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))
    lasts = []
    for backprop in WAYS:
        np.random.seed(0)
        net = network([Dense(4, input_shape=(3,)), Leaky()], SquareLoss, backprop=backprop)
        for _ in range(3):
            net.train_on_batch(X, y)
        lasts.append(net.layers[1].last)
        assert type(net.layers[1].all["both"][0]) is type(net.layers[1].all["both"][1][0]) is np.ndarray
    np.testing.assert_allclose(lasts[0], lasts[1], rtol=1e-12)


def test_a_parameter_that_a_forward_pass_replaces_stays_replaced(rng):
    class Bounded(Scale):
        def forward_pass(self, X, training=True):
            self.W = np.clip(self.W, -1, 1)
            return super().forward_pass(X, training)

    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    net = build(Bounded, "autograd")
    net.train_on_batch(X, y)
    assert type(net.layers[1].W) is np.ndarray
    np.testing.assert_allclose(net.layers[1].W, 1.0 - 0.02 * net.layers[1].gradients["W"])


def test_a_subclass_of_a_built_in_layer_is_a_layer_of_others(rng):
    class Straight(Activation):
        """Goes through as rounded, and back as if it were not: the backward pass of a node, not the tape's."""

        def __init__(self):
            super().__init__("linear")

        def forward_pass(self, X, training=True):
            return np.where(np.asarray(X) > 0, 1.0, -1.0)

        def backward_pass(self, accum_grad):
            return accum_grad

    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))
    nets = []
    for backprop in WAYS:
        np.random.seed(0)
        nets.append(network([Dense(4, input_shape=(3,)), Straight()], SquareLoss, backprop=backprop))
        nets[-1].train_on_batch(X, y)
    assert np.abs(nets[0].layers[0].gradients["W"]).max() > 0
    np.testing.assert_allclose(nets[0].layers[0].W, nets[1].layers[0].W)


@pytest.mark.parametrize("on_tape", [True, False])
def test_an_activation_function_may_be_entered(on_tape, monkeypatch, rng):
    class Cube:
        def __call__(self, x):
            return x * x * x if on_tape else np.asarray(x) ** 3

        def gradient(self, x):
            return 3 * x**2

    monkeypatch.setitem(activation_functions, "cube", Cube)
    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))
    nets = []
    for backprop in WAYS:
        np.random.seed(0)
        nets.append(network([Dense(4, input_shape=(3,)), Activation("cube")], SquareLoss, backprop=backprop))
        nets[-1].train_on_batch(X, y)
    np.testing.assert_allclose(nets[0].layers[0].W, nets[1].layers[0].W, rtol=1e-12)


def test_a_node_may_come_first_with_whole_numbers(rng):
    class Counts(Embedding):
        def forward_pass(self, X, training=True):
            assert X.dtype.kind == "i"
            return np.asarray(super().forward_pass(np.asarray(X), training))

    X, y = rng.integers(5, size=(4, 3)), rng.standard_normal((4, 2))
    nets = []
    for backprop in WAYS:
        np.random.seed(0)
        nets.append(network([Counts(5, 2, input_shape=(3,)), Flatten(), Dense(2)], SquareLoss, backprop=backprop))
        before = nets[-1].layers[0].W
        nets[-1].train_on_batch(X, y)
        assert not np.array_equal(nets[-1].layers[0].W, before)
    np.testing.assert_allclose(nets[0].layers[0].W, nets[1].layers[0].W, rtol=1e-12)


def test_errors_of_a_node_are_its_own(rng):
    class Broken(Filled):
        def backward_pass(self, accum_grad):
            return None

    class Worse(Filled):
        def forward_pass(self, X, training=True):
            raise ZeroDivisionError("in the forward pass")

    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    with pytest.raises(RuntimeError, match=r"Broken\.backward_pass: it returned None"):
        build(Broken, "autograd").train_on_batch(X, y)
    with pytest.raises(ZeroDivisionError, match="in the forward pass"):
        build(Worse, "autograd").train_on_batch(X, y)


# ---- losses


class Absolute(Loss):
    """Runs on Tensors."""

    def loss(self, y, y_pred):
        return np.abs(y - y_pred)

    def gradient(self, y, y_pred):
        return np.sign(y_pred - y)


class AbsoluteFilled(Absolute):
    """Does not."""

    def loss(self, y, y_pred):
        out = np.zeros(y_pred.shape)
        out[...] = np.abs(y - y_pred)
        return out


class OfLabels(Loss):
    """One number per sample, from labels, and a gradient that belongs to their sum."""

    def loss(self, y, y_pred):
        return -y_pred[np.arange(len(y)), y.astype(int)]

    def gradient(self, y, y_pred):
        out = np.zeros(y_pred.shape)
        out[np.arange(len(y)), y.astype(int)] = -1
        return out


class MeanAlone(Loss):
    """Nothing but a mean: the tape finds the gradient."""

    def loss(self, y, y_pred):
        return np.mean((y - y_pred) ** 2)


@pytest.mark.parametrize("loss", [Absolute, AbsoluteFilled, OfLabels], ids=lambda loss: loss.__name__)
def test_a_loss_of_others(loss, rng):
    X = rng.standard_normal((5, 3))
    y = rng.integers(2, size=5) if loss is OfLabels else rng.standard_normal((5, 2))
    nets = []
    for backprop in WAYS:
        np.random.seed(0)
        nets.append(network([Dense(2, input_shape=(3,))], loss, StochasticGradientDescent(0.1), backprop=backprop))
        W = nets[-1].layers[0].W
        nets[-1].train_on_batch(X, y)
    expected = W - 0.1 * X.T @ loss().gradient(y, X @ W)
    for net in nets:
        np.testing.assert_allclose(net.layers[0].W, expected, rtol=1e-12)


def test_a_loss_without_a_gradient_needs_the_tape(rng):
    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    net = network([Dense(2, input_shape=(3,))], MeanAlone, StochasticGradientDescent(0.1))
    W = net.layers[0].W
    net.train_on_batch(X, y)
    np.testing.assert_allclose(net.layers[0].W, W - 0.1 * X.T @ (X @ W - y) * 2 / 10, rtol=1e-12)
    net.backprop = "layerwise"
    with pytest.raises(NotImplementedError, match="MeanAlone: define `def gradient"):
        net.train_on_batch(X, y)


def test_a_loss_that_neither_runs_on_tensors_nor_has_a_gradient_says_why(rng):
    class Converted(Loss):
        def loss(self, y, y_pred):
            return np.asarray(y_pred) - y

    net = network([Dense(2, input_shape=(3,))], Converted)
    with pytest.raises(TypeError, match="would drop the gradient"):
        net.train_on_batch(rng.standard_normal((5, 3)), rng.standard_normal((5, 2)))


def test_a_changed_cross_entropy_is_taken_by_its_word(rng):
    """Fused is only what is known: a subclass may mean something else."""

    class Weighted(CrossEntropy):
        def loss(self, y, p):
            return 3 * super().loss(y, p)

        def gradient(self, y, p):
            return 3 * super().gradient(y, p)

    X, y = rng.standard_normal((5, 3)), np.eye(2)[rng.integers(2, size=5)]
    gradients = []
    for loss in (CrossEntropy, Weighted):
        for backprop in WAYS:
            np.random.seed(0)
            net = network([Dense(2, input_shape=(3,)), Activation("softmax")], loss, backprop=backprop)
            net.train_on_batch(X, y)
            gradients.append(net.layers[0].gradients["W"])
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-10)
    np.testing.assert_allclose(gradients[2], 3 * gradients[0], rtol=1e-10)
    np.testing.assert_allclose(gradients[3], 3 * gradients[0], rtol=1e-10)
