"""NeuralNetwork: building, fitting, answering, and the habits of the scripts that use it."""

from __future__ import annotations

import copy
import io as standard_io
import pickle
import sys

import numpy as np
import pytest
from networks import KINDS, labels, network

from tinygrad_fs.deep_learning import EarlyStopping, NeuralNetwork
from tinygrad_fs.deep_learning.layers import (
    RNN,
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Reshape,
)
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam, StochasticGradientDescent

WAYS = ("autograd", "layerwise")


def perceptron(**options):
    return network(
        [Dense(8, input_shape=(4,)), Activation("relu"), Dense(3), Activation("softmax")],
        CrossEntropy,
        Adam(0.01),
        **options,
    )


@pytest.fixture
def data(rng):
    X = rng.standard_normal((20, 4))
    return X, np.eye(3)[X[:, :3].argmax(1)]


# ---- building


def test_attributes(data):
    optimizer = Adam()
    net = NeuralNetwork(optimizer=optimizer, loss=CrossEntropy, validation_data=data)
    assert net.optimizer is optimizer
    assert net.layers == []
    assert net.errors == {"training": [], "validation": []}
    assert type(net.loss_function) is CrossEntropy
    assert net.val_set["X"] is data[0]
    assert net.val_set["y"] is data[1]
    assert NeuralNetwork(optimizer, CrossEntropy).val_set is None
    loss = SquareLoss()
    assert NeuralNetwork(optimizer, loss).loss_function is loss
    assert net.backprop == "autograd"


def test_a_layer_is_told_its_input_shape_and_gets_its_parameters_at_once():
    net = network([Conv2D(2, (3, 3), input_shape=(1, 5, 5))])
    net.add(Flatten())
    net.add(Dense(7))
    assert net.layers[1].input_shape == (2, 5, 5)
    assert net.layers[2].W.shape == (50, 7)


def test_a_seed_gives_the_weights_in_the_order_of_the_layers():
    np.random.seed(1)
    net = perceptron()
    np.random.seed(1)
    np.testing.assert_array_equal(net.layers[0].W, np.random.uniform(-1 / 2, 1 / 2, (4, 8)))
    np.testing.assert_array_equal(net.layers[2].W, np.random.uniform(-1 / np.sqrt(8), 1 / np.sqrt(8), (8, 3)))


@pytest.mark.parametrize("layer", [Dense(3), Activation("relu"), Dropout(), Flatten(), BatchNormalization(), RNN(3)])
def test_a_first_layer_without_input_shape_is_told(layer):
    net = NeuralNetwork(Adam(), SquareLoss)
    with pytest.raises(ValueError, match=r"its input shape is not known. The first layer .* input_shape=\.\.\."):
        net.add(layer)
    assert net.layers == []


def test_a_first_layer_may_be_told_by_hand():
    net = NeuralNetwork(Adam(), SquareLoss)
    layer = BatchNormalization()
    layer.set_input_shape((3,))
    net.add(layer)
    assert net.predict(np.ones((2, 3))).shape == (2, 3)


def test_a_layer_that_does_not_fit_is_not_added():
    net = perceptron()
    with pytest.raises(ValueError, match="Conv2D: its input has shape"):
        net.add(Conv2D(2, (3, 3)))
    with pytest.raises(TypeError, match=r"add: Dense is a class; add an instance: Dense\(\.\.\.\)"):
        net.add(Dense)
    assert len(net.layers) == 4


def test_a_network_without_layers_is_told():
    net = NeuralNetwork(Adam(), SquareLoss)
    for call in (lambda: net.predict(np.ones(3)), lambda: net.train_on_batch([1], [1]), net.summary):
        with pytest.raises(ValueError, match="there are no layers; begin with network.add"):
            call()


def test_an_unknown_way_is_told():
    with pytest.raises(ValueError, match="backprop='tape' is unknown; use 'autograd' or 'layerwise'"):
        NeuralNetwork(Adam(), SquareLoss, backprop="tape")
    net = perceptron()
    with pytest.raises(ValueError, match="is unknown"):
        net.backprop = "tape"
    assert net.backprop == "autograd"


# ---- learning


@pytest.mark.parametrize("backprop", WAYS)
def test_scores_are_from_before_the_update(backprop, data):
    net = perceptron(backprop=backprop)
    X, y = data
    before = net.test_on_batch(X, y)
    assert net.train_on_batch(X, y) == pytest.approx(before)
    assert net.test_on_batch(X, y)[0] < before[0]
    loss, accuracy = before
    assert loss == pytest.approx(np.mean(CrossEntropy().loss(y, net.predict(X))), rel=0.5)
    assert type(loss) is type(accuracy) is float


def test_testing_changes_nothing(data):
    net = network([Dense(8, input_shape=(4,)), BatchNormalization(), Dropout(0.5), Dense(3), Activation("softmax")])
    net.train_on_batch(*data)
    mean = net.layers[1].running_mean.copy()
    first = net.test_on_batch(*data)
    assert net.test_on_batch(*data) == first
    np.testing.assert_array_equal(net.layers[1].running_mean, mean)


@pytest.mark.parametrize("backprop", WAYS)
def test_fit_goes_through_the_data_in_order_and_keeps_the_short_batch(backprop, monkeypatch, data):
    net = perceptron(backprop=backprop)
    seen = []

    def train(X, y):
        seen.append(len(X))
        np.testing.assert_array_equal(X, data[0][sum(seen) - len(X) : sum(seen)])
        return float(len(seen)), 0.5

    monkeypatch.setattr(net, "train_on_batch", train)
    errors, validation = net.fit(*data, n_epochs=1, batch_size=8)
    assert seen == [8, 8, 4]
    assert (errors, validation) == ([2.0], [])
    assert errors is net.errors["training"]


def test_a_second_fit_goes_on_from_the_first(data):
    net, twin = perceptron(), perceptron()
    for mine, others in zip(net.layers, twin.layers):
        vars(others).update(copy.deepcopy(vars(mine)))
    net.fit(*data, n_epochs=2, batch_size=5)
    errors, _ = net.fit(*data, n_epochs=3, batch_size=5)
    together, _ = twin.fit(*data, n_epochs=5, batch_size=5)
    assert errors == together


def test_validation_error_and_history(data):
    net = perceptron(validation_data=(data[0][:5], data[1][:5]))
    errors, validation = net.fit(*data, n_epochs=3, batch_size=5)
    assert len(errors) == len(validation) == 3
    assert net.history["loss"] == errors
    assert net.history["val_loss"] == validation
    assert [len(each) for each in net.history.values()] == [3, 3, 3, 3]
    assert validation[-1] == net.test_on_batch(data[0][:5], data[1][:5])[0]
    assert all(0 <= accuracy <= 1 for accuracy in net.history["accuracy"] + net.history["val_accuracy"])


def test_lists_are_taken(data):
    net = perceptron()
    net.fit(data[0].tolist(), data[1].tolist(), n_epochs=1, batch_size=6)
    np.testing.assert_array_equal(net.predict(data[0].tolist()), net.predict(data[0]))


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"X": np.ones((19, 4))}, {"X": [], "y": []}])
def test_data_that_cannot_be_fitted_is_told(options, data):
    with pytest.raises(ValueError, match=r"NeuralNetwork.fit: \d+ samples and \d+ targets in batches of"):
        perceptron().fit(**{"X": data[0], "y": data[1], "n_epochs": 1, "batch_size": 5} | options)


@pytest.mark.parametrize("backprop", WAYS)
@pytest.mark.parametrize("shape", [(20,), (20, 2), (3,), (1, 20, 3), (20, 1, 3)], ids=str)
def test_targets_of_another_shape_are_told_and_change_nothing(backprop, shape, data):
    net = perceptron(backprop=backprop)
    W = net.layers[0].W
    with pytest.raises(ValueError, match=r"targets have shape .* the output \(20, 3\); they must be the same"):
        net.train_on_batch(data[0], np.ones(shape))
    assert net.layers[0].W is W


class TestEarlyStopping:
    def scripted(self, monkeypatch, net, losses):
        script = iter(losses)

        def train(X, y):
            net.layers[0].W = net.layers[0].W + 1
            return next(script), 0.0

        monkeypatch.setattr(net, "train_on_batch", train)

    def test_it_ends_after_so_many_epochs_without_improvement_and_goes_back(self, monkeypatch, data):
        net = perceptron()
        W = net.layers[0].W
        self.scripted(monkeypatch, net, [5.0, 3.0, 4.0, float("nan"), 3.0, 1.0])
        errors, _ = net.fit(*data, 10, 20, early_stopping=EarlyStopping(patience=3))
        assert errors[:3] == [5.0, 3.0, 4.0]
        assert len(errors) == 5
        np.testing.assert_array_equal(net.layers[0].W, W + 1 + 1)

    def test_it_may_stay_where_it_is(self, monkeypatch, data):
        net = perceptron()
        W = net.layers[0].W
        self.scripted(monkeypatch, net, [3.0, 4.0, 5.0])
        net.fit(*data, 10, 20, early_stopping=EarlyStopping(patience=2, restore_best=False))
        np.testing.assert_allclose(net.layers[0].W, W + 3)

    def test_too_small_an_improvement_is_none(self, monkeypatch, data):
        net = perceptron()
        self.scripted(monkeypatch, net, [3.0, 2.9, 2.8, 2.7])
        assert len(net.fit(*data, 10, 20, early_stopping=EarlyStopping(2, min_delta=0.5))[0]) == 3

    def test_the_validation_error_counts_where_there_is_one(self, monkeypatch, data):
        net = perceptron(validation_data=data)
        self.scripted(monkeypatch, net, [5.0, 4.0, 3.0, 2.0])
        script = iter([1.0, 2.0, 3.0])
        monkeypatch.setattr(net, "test_on_batch", lambda X, y: (next(script), 0.0))
        assert len(net.fit(*data, 10, 20, early_stopping=EarlyStopping(2))[1]) == 3

    def test_patience_is_checked(self):
        with pytest.raises(ValueError, match="patience=0 must be at least 1"):
            EarlyStopping(patience=0)


class TestProgress:
    class Terminal(standard_io.StringIO):
        def isatty(self):
            return True

    def test_a_file_gets_ten_lines_on_standard_error(self, capsys, data):
        perceptron().fit(*data, n_epochs=20, batch_size=10)
        out, err = capsys.readouterr()
        assert out == ""
        lines = err.splitlines()
        assert len(lines) == 10
        assert lines[0].startswith("Training:  10% (2/20), 0:0")
        assert lines[-1] == "Training: 100% (20/20), 0:00 left"

    def test_a_terminal_has_one_line(self, monkeypatch, data):
        terminal = self.Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        perceptron().fit(*data, n_epochs=3, batch_size=10)
        assert terminal.getvalue().endswith("\rTraining: 100% (3/3), 0:00 left\x1b[K\n")

    def test_an_interruption_ends_the_line(self, monkeypatch, data):
        terminal = self.Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        net = perceptron()
        monkeypatch.setattr(net, "train_on_batch", lambda X, y: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            net.fit(*data, n_epochs=3, batch_size=10)
        assert terminal.getvalue() == "\n"


# ---- answering


def test_predict_gives_a_plain_array_that_may_be_written_to(data):
    net = perceptron()
    X = data[0].copy()
    out = net.predict(X)
    assert type(out) is np.ndarray
    out[...] = 0
    assert (net.predict(X) > 0).all()
    np.testing.assert_array_equal(X, data[0])


def test_writing_into_a_prediction_never_reaches_the_input():
    net = network([Reshape((2, 2), input_shape=(4,)), Flatten()])
    X = np.ones((3, 4))
    net.predict(X)[...] = 0
    np.testing.assert_array_equal(X, 1)
    X.flags.writeable = False
    net.predict(X)[...] = 0


def test_a_single_row_is_predicted(data):
    net = perceptron()
    row = net.predict(data[0][0])
    assert row.shape == (1, 3)
    np.testing.assert_allclose(row, net.predict(data[0][:1]))
    assert np.argmax(row, axis=1)[0] in (0, 1, 2)


CNN = """\
+---------------+
| Model Summary |
+---------------+
Input Shape: (1, 8, 8)
+----------------------+------------+--------------+
| Layer Type           | Parameters | Output Shape |
+----------------------+------------+--------------+
| Conv2D               | 160        | (16, 8, 8)   |
| Activation (ReLU)    | 0          | (16, 8, 8)   |
| Dropout              | 0          | (16, 8, 8)   |
| BatchNormalization   | 2048       | (16, 8, 8)   |
| Conv2D               | 4640       | (32, 8, 8)   |
| Activation (ReLU)    | 0          | (32, 8, 8)   |
| Dropout              | 0          | (32, 8, 8)   |
| BatchNormalization   | 4096       | (32, 8, 8)   |
| Flatten              | 0          | (2048,)      |
| Dense                | 524544     | (256,)       |
| Activation (ReLU)    | 0          | (256,)       |
| Dropout              | 0          | (256,)       |
| BatchNormalization   | 512        | (256,)       |
| Dense                | 2570       | (10,)        |
| Activation (Softmax) | 0          | (10,)        |
+----------------------+------------+--------------+
Total Parameters: 538570

"""


def test_summary(capsys):
    net = network(
        [
            Conv2D(n_filters=16, filter_shape=(3, 3), stride=1, input_shape=(1, 8, 8), padding="same"),
            Activation("relu"),
            Dropout(0.25),
            BatchNormalization(),
            Conv2D(n_filters=32, filter_shape=(3, 3), stride=1, padding="same"),
            Activation("relu"),
            Dropout(0.25),
            BatchNormalization(),
            Flatten(),
            Dense(256),
            Activation("relu"),
            Dropout(0.4),
            BatchNormalization(),
            Dense(10),
            Activation("softmax"),
        ]
    )
    net.summary()
    assert capsys.readouterr().out == CNN
    net.summary(name="ConvNet, with a longer name")
    assert "| ConvNet, with a longer name |" in capsys.readouterr().out


# ---- habits


@pytest.mark.parametrize("backprop", WAYS)
def test_layers_may_be_shared_by_networks(backprop, rng):
    """As generator and discriminator are: frozen, the latter passes the gradient on and stays what it is."""
    noise, images = rng.standard_normal((2, 6, 4))
    generator = network([Dense(5, input_shape=(4,)), BatchNormalization(0.8), Dense(4), Activation("tanh")])
    discriminator = network(
        [Dense(6, input_shape=(4,)), Activation("leaky_relu"), Dropout(0.5), Dense(2), Activation("softmax")],
        backprop=backprop,
    )
    combined = NeuralNetwork(Adam(), CrossEntropy, backprop=backprop)
    combined.layers.extend(generator.layers)
    combined.layers.extend(discriminator.layers)
    y = labels(rng, 6, 2)
    for step in range(3):
        discriminator.set_trainable(True)
        discriminator.train_on_batch(images, y)
        discriminator.train_on_batch(generator.predict(noise), y)
        discriminator.set_trainable(False)
        fixed, moving = discriminator.layers[0].W, generator.layers[0].W
        combined.train_on_batch(noise, y)
        assert discriminator.layers[0].W is fixed
        assert not np.array_equal(generator.layers[0].W, moving)
        assert discriminator.layers[0].W_opt.t == 2 * (step + 1)
        assert generator.layers[0].W_opt.t == step + 1


def test_a_shallow_copy_shares_the_layers(data):
    net = perceptron()
    twin = copy.copy(net)
    net.train_on_batch(*data)
    assert twin.layers is net.layers
    np.testing.assert_array_equal(twin.predict(data[0]), net.predict(data[0]))


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_deep_copy_goes_on_by_itself(twin_of, data):
    net = perceptron()
    net.train_on_batch(*data)
    twin = twin_of(net)
    assert net.train_on_batch(*data) == twin.train_on_batch(*data)
    np.testing.assert_array_equal(net.layers[0].W, twin.layers[0].W)
    net.layers[0].W += 1
    assert not np.array_equal(net.layers[0].W, twin.layers[0].W)


@pytest.mark.parametrize("backprop", WAYS)
def test_weights_may_be_changed_in_place_at_any_time(backprop, data):
    """As neuroevolution and particle swarms do."""
    net, other = perceptron(backprop=backprop), perceptron()
    net.train_on_batch(*data)
    for layer, theirs in zip(net.layers, other.layers):
        if hasattr(layer, "W"):
            velocity = np.zeros_like(layer.W)
            velocity += np.random.normal(size=layer.W.shape) * np.random.binomial(1, p=0.1, size=layer.W.shape)
            layer.W += velocity
            layer.w0 += np.random.normal(size=layer.w0.shape)
            cut = layer.W.shape[1] // 2
            layer.W[:, cut:] = theirs.W[:, cut:].copy()
    before = net.layers[0].W.copy()
    expected, _ = net.test_on_batch(*data)
    assert net.train_on_batch(*data)[0] == pytest.approx(expected)
    assert not np.array_equal(net.layers[0].W, before)


def test_a_reference_to_weights_keeps_what_they_were(data):
    net = perceptron()
    held = net.layers[0].W
    copied = held.copy()
    net.train_on_batch(*data)
    np.testing.assert_array_equal(held, copied)
    assert net.layers[0].W is not held


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_evaluation_is_the_same_for_a_batch_and_for_its_parts(kind):
    net = kind.build()
    X, y = kind.data()
    net.train_on_batch(X, y)
    together = net.predict(X)
    np.testing.assert_allclose(np.concatenate([net.predict(X[:3]), net.predict(X[3:])]), together, rtol=1e-12)


def test_float32_weights_stay_float32(data):
    net = perceptron()
    for layer in net.layers:
        if hasattr(layer, "W"):
            layer.W, layer.w0 = layer.W.astype(np.float32), layer.w0.astype(np.float32)
    for backprop in WAYS:
        net.backprop = backprop
        net.train_on_batch(data[0].astype(np.float32), data[1].astype(np.float32))
    assert net.layers[0].W.dtype == np.float32
    assert net.predict(data[0].astype(np.float32)).dtype == np.float32


def test_a_network_of_bare_layers_need_not_be_built_by_add(data):
    """A layer that knows no input shape may still be in a list of layers."""

    class Double(Layer):
        def forward_pass(self, X, training=True):
            return 2 * X

        def backward_pass(self, accum_grad):
            return 2 * accum_grad

    net = perceptron()
    net.layers.insert(0, Double())
    assert np.isfinite(net.train_on_batch(*data)).all()


def test_stochastic_gradient_descent_makes_the_step_of_the_textbook(data):
    net = network([Dense(3, input_shape=(4,))], SquareLoss, StochasticGradientDescent(0.1))
    X, y = data
    W = net.layers[0].W
    net.train_on_batch(X, y)
    np.testing.assert_allclose(net.layers[0].W, W - 0.1 * X.T @ (X @ W - y), rtol=1e-12)
