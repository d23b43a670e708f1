"""save and load: training goes on as if nothing had happened; what does not fit changes nothing."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from networks import KINDS, network

from tinygrad_fs import io
from tinygrad_fs.deep_learning.layers import BatchNormalization, Dense, Layer
from tinygrad_fs.deep_learning.layers.layer import parameter_names
from tinygrad_fs.deep_learning.loss_functions import SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam, RMSprop


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.npz"


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_training_goes_on(kind, path):
    X, y = kind.data()
    net, twin = kind.build(), kind.build()
    net.fit(X, y, n_epochs=2, batch_size=5)
    net.save(path)
    twin.load(path)
    np.testing.assert_array_equal(twin.predict(X), net.predict(X))
    assert twin.errors == net.errors
    assert twin.history == net.history
    for each in (net, twin):
        np.random.seed(1)
        each.fit(X, y, n_epochs=2, batch_size=5)
    assert twin.errors == net.errors
    np.testing.assert_array_equal(twin.predict(X), net.predict(X))


def test_a_network_that_was_never_trained_is_kept_too(path):
    net = network([Dense(2, input_shape=(3,)), BatchNormalization()], SquareLoss)
    net.save(path)
    net.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    net.load(path)
    assert net.layers[1].running_mean is None
    assert net.layers[0].W_opt.m is None
    assert net.layers[0].W_opt.t == 0


def test_optimizers_of_another_class_start_anew_and_options_stay(path):
    X, y = np.ones((2, 3)), np.ones((2, 2))
    net = network([Dense(2, input_shape=(3,))], SquareLoss, Adam(0.5))
    net.train_on_batch(X, y)
    net.save(path)
    same, other = (network([Dense(2, input_shape=(3,))], SquareLoss, each) for each in (Adam(0.1), RMSprop()))
    for each in (same, other):
        each.load(path)
        np.testing.assert_array_equal(each.layers[0].W, net.layers[0].W)
    assert (same.layers[0].W_opt.t, same.layers[0].W_opt.learning_rate) == (1, 0.1)
    assert other.layers[0].W_opt.Eg is None


def test_what_is_loaded_is_memory_of_its_own(path):
    net = network([Dense(2, input_shape=(3,))], SquareLoss)
    net.save(path)
    net.layers[0].W += 1
    twin = network([Dense(2, input_shape=(3,))], SquareLoss)
    twin.load(path)
    twin.layers[0].W += 1
    np.testing.assert_array_equal(twin.layers[0].W, net.layers[0].W)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            lambda: [Dense(2, input_shape=(3,))],
            "the file has the layers Dense, BatchNormalization; the network has Dense",
        ),
        (
            lambda: [Dense(2, input_shape=(4,)), BatchNormalization()],
            r"layer 0, Dense: W has shape \(3, 2\) in the file",
        ),
        (lambda: [Dense(2, input_shape=(3,)), Renamed()], "layer 1, BatchNormalization: the file has beta, gamma,"),
    ],
)
def test_other_layers_are_told_and_stay(layers, message, path):
    network([Dense(2, input_shape=(3,)), BatchNormalization()], SquareLoss).save(path)
    other = network(layers(), SquareLoss)
    before = [getattr(layer, name) for layer in other.layers for name in parameter_names(layer)]
    with pytest.raises(ValueError, match=f"load: .*{message}"):
        other.load(path)
    after = [getattr(layer, name) for layer in other.layers for name in parameter_names(layer)]
    assert all(now is then for now, then in zip(after, before))


class Renamed(BatchNormalization):
    saved = ()


Renamed.__name__ = "BatchNormalization"


def test_other_files_are_told(path):
    net = network([Dense(2, input_shape=(3,))], SquareLoss)
    with pytest.raises(FileNotFoundError):
        net.load(path)
    io.save(path, {"W": np.ones(3)})
    with pytest.raises(ValueError, match="holds no network; NeuralNetwork.save writes such files"):
        net.load(path)


class Hidden(Layer):
    """Its parameters have no optimizers beside them."""

    def __init__(self):
        self.weights = np.ones(2)

    def parameters(self):
        return 2

    def forward_pass(self, X, training=True):
        return X * self.weights

    def output_shape(self):
        return self.input_shape


class Named(Hidden):
    saved = ("weights",)


def test_parameters_that_cannot_be_found_are_told_and_can_be_named(path):
    with pytest.raises(TypeError, match=r"Hidden: it has 2 parameters, but only 0 .* saved = \(\"weights\",\)"):
        network([Dense(2, input_shape=(3,)), Hidden()], SquareLoss).save(path)
    assert not path.exists()
    net = network([Dense(2, input_shape=(3,)), Named()], SquareLoss)
    net.layers[1].weights *= 3
    net.save(path)
    twin = copy.deepcopy(net)
    twin.layers[1].weights[...] = 0
    twin.load(path)
    np.testing.assert_array_equal(twin.layers[1].weights, [3, 3])
