"""Two ways of backprop over the same layers: the same gradients, the same weights after a hundred steps."""

from __future__ import annotations

import copy
from unittest.mock import Mock

import numpy as np
import pytest
from networks import KINDS, network

import tinygrad_fs as tg
from tinygrad_fs.deep_learning.layers import Activation, Conv2D, Dense, Dropout
from tinygrad_fs.deep_learning.layers.layer import parameter_names
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, SquareLoss
from tinygrad_fs.deep_learning.optimizers import (
    Adadelta,
    Adagrad,
    Adam,
    NesterovAcceleratedGradient,
    RMSprop,
    StochasticGradientDescent,
)

STEPS = 100
WAYS = ("autograd", "layerwise")


@pytest.fixture(params=KINDS, ids=str)
def kind(request):
    return request.param


def trained(net, X, y, steps):
    np.random.seed(5)
    return [net.train_on_batch(X, y) for _ in range(steps)]


def weights(net):
    return [getattr(layer, name) for layer in net.layers for name in parameter_names(layer)]


def test_gradients_agree(kind):
    X, y = kind.data()
    nets = [kind.build(backprop) for backprop in WAYS]
    scores = [trained(net, X, y, 1) for net in nets]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-12)
    for ours, theirs in zip(nets[0].layers, nets[1].layers):
        assert set(ours.gradients) == set(theirs.gradients) == set(parameter_names(ours))
        for name, gradient in ours.gradients.items():
            assert np.abs(gradient).max() > 0
            np.testing.assert_allclose(gradient, theirs.gradients[name], rtol=1e-10, atol=1e-12, err_msg=name)


def test_weights_agree_after_many_steps(kind):
    X, y = kind.data()
    nets = [kind.build(backprop, StochasticGradientDescent(0.001)) for backprop in WAYS]
    losses = [trained(net, X, y, STEPS) for net in nets]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-8)
    for ours, theirs in zip(weights(nets[0]), weights(nets[1])):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    for ours, theirs in zip(nets[0].layers, nets[1].layers):
        for name in ours.saved:
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-8)


@pytest.mark.parametrize(
    "optimizer",
    [
        StochasticGradientDescent(0.01, momentum=0.9),
        NesterovAcceleratedGradient(),
        Adagrad(),
        Adadelta(),
        RMSprop(),
        Adam(),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_every_optimizer_learns_in_both_ways(optimizer):
    kind = KINDS[4]
    X, y = kind.data()
    nets = [kind.build(backprop, optimizer) for backprop in WAYS]
    losses = [trained(net, X, y, STEPS) for net in nets]
    assert losses[0][-1][0] < losses[0][0][0]
    for ours, theirs in zip(weights(nets[0]), weights(nets[1])):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_a_network_learns(kind):
    """With a step size for its sum of losses, it gets better at what it was shown."""
    X, y = kind.data()
    net = kind.build(optimizer=Adam(0.01))
    losses = [loss for loss, _ in trained(net, X, y, STEPS // 2)]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_frozen_layers_stay_in_both_ways(kind):
    X, y = kind.data()
    nets = [kind.build(backprop) for backprop in WAYS]
    for net in nets:
        trained(net, X, y, 1)
        for layer in net.layers[:-3]:
            layer.trainable = False
        frozen = [array.copy() for layer in net.layers[:-3] for array in weights_of(layer)]
        trained(net, X, y, 3)
        assert all(layer.gradients == {} for layer in net.layers[:-3])
        after = [array for layer in net.layers[:-3] for array in weights_of(layer)]
        assert all(map(np.array_equal, frozen, after))
    for ours, theirs in zip(weights(nets[0]), weights(nets[1])):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def weights_of(layer):
    return [getattr(layer, name) for name in parameter_names(layer)]


@pytest.mark.parametrize("backprop", WAYS)
def test_the_sum_is_minimised_and_the_mean_reported(backprop):
    net = network([Dense(2, input_shape=(1,))], SquareLoss, StochasticGradientDescent(0.5), backprop=backprop)
    net.layers[0].W[...] = 0
    X, y = np.ones((3, 1)), np.full((3, 2), -2.0)
    loss, accuracy = net.train_on_batch(X, y)
    assert (loss, accuracy) == (2.0, 0)
    np.testing.assert_array_equal(net.layers[0].gradients["W"], [[6, 6]])
    np.testing.assert_array_equal(net.layers[0].W, [[-3, -3]])


@pytest.mark.parametrize("backprop", WAYS)
@pytest.mark.parametrize("name", ["softmax", "sigmoid"])
def test_saturation_does_not_stop_the_training(backprop, name):
    net = network(
        [Dense(2, input_shape=(1,)), Activation(name)],
        CrossEntropy,
        StochasticGradientDescent(100.0),
        backprop=backprop,
    )
    net.layers[0].W[...] = [[2000.0, -2000.0]]
    X, y = np.ones((1, 1)), np.array([[0.0, 1.0]])
    assert net.train_on_batch(X, y)[0] == pytest.approx(-np.log(1e-15), rel=1e-2)
    assert (np.abs(net.layers[0].gradients["W"]) >= 1).all()
    for _ in range(30):
        loss, accuracy = net.train_on_batch(X, y)
    assert loss < 1e-6
    assert accuracy == 1


@pytest.mark.parametrize("backprop", WAYS)
@pytest.mark.parametrize("loss", [CrossEntropy, SquareLoss])
def test_a_softmax_of_one_class_has_nothing_to_learn(backprop, loss):
    net = network([Dense(1, input_shape=(2,)), Activation("softmax")], loss, backprop=backprop)
    W = net.layers[0].W
    net.train_on_batch(np.ones((3, 2)), np.zeros((3, 1)))
    np.testing.assert_array_equal(net.layers[0].W, W)


def test_masks_are_the_same_in_both_ways_and_drawn_in_order():
    X, y = np.ones((4, 6)), np.zeros((4, 6))
    seen = []
    for backprop in WAYS:
        net = network([Dense(6, input_shape=(6,)), Dropout(0.5), Dropout(0.5)], SquareLoss, backprop=backprop)
        np.random.seed(9)
        net.train_on_batch(X, y)
        seen.append([layer._mask for layer in net.layers[1:]])
    np.random.seed(9)
    for ours, theirs in zip(*seen):
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(ours, np.random.uniform(size=(4, 6)) > 0.5)


def test_a_step_under_no_grad_is_a_step():
    X, y = KINDS[0].data()
    nets = [KINDS[0].build(), KINDS[0].build()]
    trained(nets[0], X, y, 1)
    with tg.no_grad():
        trained(nets[1], X, y, 1)
        assert not tg.is_grad_enabled()
    for ours, theirs in zip(weights(nets[0]), weights(nets[1])):
        np.testing.assert_array_equal(ours, theirs)


def test_nothing_of_the_tape_stays_on_the_layers(kind):
    X, y = kind.data()
    net = kind.build()
    trained(net, X, y, 2)
    for layer in net.layers:
        assert not [name for name, value in vars(layer).items() if isinstance(value, tg.Tensor)]
        assert all(type(array) is np.ndarray and array.flags.writeable for array in weights_of(layer))


def test_a_forward_pass_that_fails_leaves_arrays(monkeypatch):
    X, y = KINDS[0].data()
    net = KINDS[0].build()
    before = weights(net)

    def fail(X, training=True):
        raise FloatingPointError("on the way")

    monkeypatch.setattr(net.layers[4], "forward_pass", fail)
    with pytest.raises(FloatingPointError, match="on the way"):
        net.train_on_batch(X, y)
    assert all(now is then for now, then in zip(weights(net), before))
    assert tg.is_grad_enabled()


@pytest.mark.parametrize(
    "layer",
    [
        Dense(4, input_shape=(6,)),
        Conv2D(4, (3, 3), input_shape=(2, 5, 6)),
        Conv2D(4, (2, 3), input_shape=(2, 5, 6), stride=2),
    ],
    ids=["dense", "convolution", "convolution with a stride"],
)
def test_a_first_layer_learns_without_the_gradient_at_its_input(layer, rng, monkeypatch):
    X = rng.standard_normal((9, *layer.input_shape))
    y = rng.standard_normal((9, *layer.output_shape()))
    nets = [network([copy.deepcopy(layer)], SquareLoss, Adam()) for _ in range(2)]
    (first,), (looked_on,) = (net.layers for net in nets)
    for name in parameter_names(first):
        setattr(looked_on, name, getattr(first, name))
    seen = []
    looked_on.backward_pass = lambda g: seen.append(type(looked_on).backward_pass(looked_on, g))
    monkeypatch.setattr(type(first), "backward_pass", unexpected := Mock(wraps=type(first).backward_pass))
    nets[0].backprop = nets[1].backprop = "layerwise"
    nets[0].train_on_batch(X, y)
    assert not unexpected.called
    nets[1].train_on_batch(X, y)
    assert unexpected.called
    for name in parameter_names(first):
        np.testing.assert_array_equal(first.gradients[name], looked_on.gradients[name])
        np.testing.assert_array_equal(getattr(first, name), getattr(looked_on, name))
    assert seen[0].shape == X.shape


def test_a_layer_that_stands_twice_learns_by_the_tape_alone(rng):
    shared = Dense(3, input_shape=(3,))
    X, y = rng.standard_normal((2, 5, 3))
    net = network([shared], SquareLoss, StochasticGradientDescent(1.0))
    net.layers.append(shared)
    W = tg.tensor(shared.W, requires_grad=True)
    (((X @ W) @ W - y) ** 2 / 2).sum().backward()
    net.train_on_batch(X, y)
    np.testing.assert_allclose(shared.gradients["W"], W.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(shared.W, W.numpy() - W.grad.numpy(), rtol=1e-12)
    net.backprop = "layerwise"
    with pytest.raises(ValueError, match='a layer stands in the network twice.*use backprop="autograd"'):
        net.train_on_batch(X, y)
