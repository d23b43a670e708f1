"""Whole networks: the scale of what is propagated, mistakes found in the layer that makes them, and what is between."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import replicas
import right_layers
from scripts import run

from tinygrad_fs import compare
from tinygrad_fs.deep_learning import NeuralNetwork, layers
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam

rng = np.random.default_rng(4)
CLASSES, SAMPLES = 5, 6
X = rng.standard_normal((SAMPLES, 4))
Y = np.eye(CLASSES)[rng.integers(CLASSES, size=SAMPLES)]


class Steps:
    """An optimizer that makes steps."""

    def update(self, w, g):
        return w - 0.1 * g


class Chain:
    """Reports the mean of the loss and propagates the gradient of its sum, as the source does."""

    def __init__(self, loss_function, *stack, input_shape=(4,)):
        self.loss_function, self.layers = loss_function, list(stack)
        for layer in self.layers:
            layer.set_input_shape(input_shape)
            if hasattr(layer, "initialize"):
                layer.initialize(Steps())
            input_shape = layer.forward_pass(np.ones((2, *input_shape))).shape[1:]

    def forward(self, X):
        for layer in self.layers:
            X = layer.forward_pass(X, training=True)
        return X

    def backward(self, gradient):
        for layer in reversed(self.layers):
            gradient = layer.backward_pass(gradient)

    def train_on_batch(self, X, y):
        p = self.forward(X)
        self.backward(self.loss_function.gradient(y, p))
        return np.mean(self.loss_function.loss(y, p)), 0.0


class OfTheMean(Chain):
    """Divides by the number of outputs, and returns the loss alone."""

    def train_on_batch(self, X, y):
        p = self.forward(X)
        self.backward(self.loss_function.gradient(y, p) / y.size)
        return float(np.mean(self.loss_function.loss(y, p)))


def classifier(network, softmax):
    np.random.seed(1)  # the weights are drawn from the global generator
    hidden = right_layers.Dense(6), replicas.ReluOneAtZero(), right_layers.Dense(CLASSES)
    return network(replicas.CrossEntropyClipped(), *hidden, softmax)


@functools.cache
def report_on(network, softmax):
    return compare.audit_network(classifier(network, softmax()), X, Y, draws=1)


LOST = ("layers[3] with loss_function", "wrong")
"""What is said of softmax and clipped cross-entropy, differentiated one by one."""


def wrong(report):
    return {(finding.name, finding.verdict) for finding in report.wrong}


def finding(report, name, mode="training"):
    return next(each for each in report.findings if (each.name, each.mode) == (name, mode))


def test_the_sum_is_propagated_and_the_mean_reported():
    report = report_on(Chain, right_layers.Softmax)
    assert wrong(report) == {("loss", "scaled"), LOST}
    assert finding(report, "loss").scale == Y.size
    assert "that of the sum over all outputs, and the mean is reported" in finding(report, "loss").detail


def test_what_is_divided_by_the_number_of_outputs_is_right():
    report = report_on(OfTheMean, right_layers.Softmax)
    assert wrong(report) == {LOST}
    assert finding(report, "loss").verdict == "right"


def test_softmax_with_binary_cross_entropy():
    """The diagonal of the Jacobian is wrong; with the binary cross-entropy it gives p - y, which looks right."""
    report = report_on(OfTheMean, replicas.SoftmaxDiagonal)
    assert wrong(report) == {("layers[3].input", "wrong"), LOST}
    report = report_on(Chain, replicas.SoftmaxDiagonal)
    assert wrong(report) == {("loss", "scaled"), ("layers[3].input", "wrong"), LOST}
    assert sum(each.name == LOST[0] for each in report.wrong) == 2  # as a whole, and where it saturates
    pair = finding(report, "layers[3] with loss_function")
    assert "p - y, the gradient of the categorical cross-entropy" in pair.detail
    assert "CrossEntropyClipped reports another loss" in pair.detail


def test_every_finding_comes_with_a_script(capsys):
    report = report_on(Chain, replicas.SoftmaxDiagonal)
    scripts = {each.reproducer for each in report.wrong if each.configuration != "saturated"}
    assert len(scripts) == 5  # of the loss, of the pair, and of the softmax in each mode
    for script in scripts:
        names = run(script)
        assert not np.allclose(names["by_hand"], names["truth"])


@pytest.mark.parametrize("softmax", [right_layers.Softmax, replicas.SoftmaxDiagonal])
def test_where_saturation_stops_the_training(softmax, capsys):
    (found,) = [each for each in report_on(Chain, softmax).wrong if each.configuration == "saturated"]
    assert (found.name, found.mode, found.verdict) == ("layers[3] with loss_function", "training", "wrong")
    assert "certain and wrong get no gradient" in found.detail
    names = run(found.reproducer)
    assert np.abs(names["before"]).max() > 0.5
    assert not np.any(names["by_hand"])
    assert names["loss"](names["much"] * names["X"]) > 2 * names["loss"](names["X"])


class Unclipped:
    """-log p of the label. Where p is 0 it is infinite."""

    def loss(self, y, p):
        return -np.sum(y * np.log(p), axis=1)

    def gradient(self, y, p):
        return -y / p


class Fused(OfTheMean):
    """Softmax and loss are differentiated as one: p - y, however certain the output is."""

    def train_on_batch(self, X, y):
        p = self.forward(X)
        gradient = (p - y) / len(y)
        for layer in reversed(self.layers[:-1]):
            gradient = layer.backward_pass(gradient)
        return float(np.mean(self.loss_function.loss(y, p)))


class Logarithmic(Unclipped):
    """The same, clipped where it is reported."""

    def loss(self, y, p):
        return super().loss(y, np.clip(p, 1e-15, 1))

    def gradient(self, y, p):
        return super().gradient(y, np.clip(p, 1e-15, 1))


def test_a_loss_per_sample_that_is_infinite_at_saturation(capsys):
    network = Chain(Unclipped(), right_layers.Dense(CLASSES), right_layers.Softmax())
    scaled, saturated = compare.audit_network(network, X, Y, draws=1).wrong
    assert (scaled.verdict, scaled.scale) == ("scaled", SAMPLES)
    assert "that of the sum over all samples" in scaled.detail
    names = run(scaled.reproducer)
    np.testing.assert_allclose(names["by_hand"], 2 * names["truth"], rtol=1e-6)
    assert (saturated.configuration, saturated.verdict) == ("saturated", "nonfinite")
    with np.errstate(all="ignore"):
        assert not np.isfinite(run(saturated.reproducer)["by_hand"]).all()


def test_what_is_differentiated_as_one_survives_saturation():
    network = Fused(Logarithmic(), right_layers.Dense(CLASSES), right_layers.Softmax())
    report = compare.audit_network(network, X, Y, draws=1)
    assert report.ok, str(report)


def own_network(backprop, loss=CrossEntropy, last="softmax"):
    np.random.seed(1)
    network = NeuralNetwork(Adam(), loss, backprop=backprop)
    network.add(layers.Dense(6, input_shape=(4,)))
    network.add(layers.Activation("leaky_relu"))
    network.add(layers.Dropout(0.3))
    network.add(layers.BatchNormalization())
    network.add(layers.Dense(CLASSES))
    network.add(layers.Activation(last))
    return network


@pytest.mark.parametrize(("draws_before", "seed"), [(False, 0), (True, 4)])
def test_no_alarm_where_the_last_layer_draws_random_numbers(draws_before, seed):
    np.random.seed(0)
    network = NeuralNetwork(Adam(), SquareLoss, backprop="layerwise")
    network.add(layers.Dense(3, input_shape=(4,)))
    if draws_before:  # by itself the last layer then draws other numbers than in a step
        network.add(layers.Dropout(0.3))
    network.add(layers.Activation("softmax"))
    network.add(layers.Dropout(0.3))
    # With these seeds the step drops nothing at the end that counts, and hands back p - y.
    report = compare.audit_network(network, X[:2], np.eye(3)[[0, 1]], draws=1, seed=seed)
    assert report.ok, str(report)


@pytest.mark.parametrize("backprop", ["autograd", "layerwise"])
@pytest.mark.parametrize(("loss", "last"), [(CrossEntropy, "softmax"), (CrossEntropy, "sigmoid"), (SquareLoss, "tanh")])
def test_no_alarm_on_networks_of_our_own(backprop, loss, last):
    network = own_network(backprop, loss, last)
    before = [layer.W.copy() for layer in (network.layers[0], network.layers[4])]
    report = compare.audit_network(network, X, Y, draws=1)
    assert report.ok, str(report)
    scale = finding(report, "loss")
    assert (scale.verdict, scale.scale, scale.declared) == ("scaled", Y.size, True)
    assert {each.verdict for each in report.findings if each.name != "loss"} <= {"right", "convention"}
    assert {each.name for each in report.findings if each.configuration == "end to end"} == {
        "loss", "layers[0].W", "layers[0].w0", "layers[3].gamma", "layers[3].beta", "layers[4].W", "layers[4].w0",
    }  # fmt: skip
    for layer, W in zip((network.layers[0], network.layers[4]), before):
        np.testing.assert_array_equal(layer.W, W)
        assert not isinstance(layer.W_opt, compare.Report)
        assert type(layer.W_opt) is Adam


def test_a_truncated_rnn_explains_what_is_before_it():
    network = NeuralNetwork(Adam(), SquareLoss)
    network.add(layers.RNN(3, bptt_trunc=1, input_shape=(5, 2)))
    network.add(layers.Flatten())
    network.add(layers.Dense(2))
    report = compare.audit_network(network, rng.standard_normal((3, 5, 2)), rng.standard_normal((3, 2)), draws=1)
    assert report.ok, str(report)
    assert finding(report, "layers[0].U").verdict == "convention"
    assert finding(report, "layers[2].W").verdict == "right"


class InTheWrongOrder(Chain):
    """All layers are right; one is left out on the way back."""

    def backward(self, gradient):
        for number, layer in reversed(list(enumerate(self.layers))):
            if number != 1:
                gradient = layer.backward_pass(gradient)


def test_what_no_layer_explains_is_found_end_to_end():
    report = report_on(InTheWrongOrder, right_layers.Softmax)
    unexplained = [each for each in report.wrong if each.name.startswith("layers[0]")]
    assert [each.configuration for each in unexplained] == ["end to end", "end to end"]
    assert wrong(report) - {(each.name, each.verdict) for each in unexplained} == {("loss", "scaled"), LOST}
    assert finding(report, "loss").scale == Y.size


def test_what_no_layer_explains_has_a_script(capsys):
    report = report_on(InTheWrongOrder, right_layers.Softmax)
    for found in report.wrong[-2:]:
        assert "/ 5  # the scale of all gradients" in found.reproducer  # of a batch of one, with 5 outputs
        names = run(found.reproducer)
        assert len(names["X"]) == 1
        assert not np.allclose(names["by_hand"], names["truth"], rtol=1e-3)


def test_a_network_that_cannot_be_written_down_says_so():
    network = classifier(InTheWrongOrder, right_layers.Softmax())
    network.layers[0].cache = np.zeros(3000)
    report = compare.audit_network(network, X, Y, draws=1)
    assert report.wrong[-1].reproducer == (
        "# InTheWrongOrder could not be written down as a script of its own: it holds more than 2,000 numbers.\n"
        "# The same call finds it again.\n"
    )


class BlackBox:
    """A network that shows nothing but its step: two matrices, written as one function."""

    def __init__(self, factor=1.0):
        self.W, self.V, self.factor = np.ones((4, 3)) / 3, np.linspace(-1, 1, 6).reshape(3, 2), factor
        self.W_opt = self.V_opt = Steps()

    def train_on_batch(self, X, y):
        h = np.tanh(X @ self.W)
        error = h @ self.V - y
        into_h = error @ self.V.T * (1 - h**2)
        self.V = self.V_opt.update(self.V, h.T @ error)
        self.W = self.W_opt.update(self.W, self.factor * X.T @ into_h)
        return 0.5 * np.sum(error**2)


def test_a_network_that_shows_nothing_is_audited_by_differences():
    y = rng.standard_normal((SAMPLES, 2))
    report = compare.audit_network(BlackBox(), X, y)
    assert {(each.name, each.verdict, each.truth) for each in report.findings} == {
        ("loss", "right", "differences"),
        ("W", "right", "differences"),
        ("V", "right", "differences"),
    }
    report = compare.audit_network(BlackBox(3.0), X, y)
    assert wrong(report) == {("W", "scaled")}
    assert finding(report, "W").scale == pytest.approx(3.0)
    names = run(finding(report, "W").reproducer)
    np.testing.assert_allclose(names["by_hand"], 3.0 * names["truth"], rtol=1e-6)


class Fails(Chain):
    def train_on_batch(self, X, y):
        raise KeyError("batch")


def test_what_cannot_be_audited_is_said():
    with pytest.raises(compare.AuditError, match=r"has no train_on_batch"):
        compare.audit_network(right_layers.Dense(), X, Y)
    report = compare.audit_network(Fails(SquareLoss(), right_layers.Dense(CLASSES)), X, Y)
    assert wrong(report) == {("network", "error")}
    with pytest.raises(KeyError, match="batch"):
        run(report.findings[0].reproducer)
    with pytest.raises(compare.AuditError, match="audit_network: draws=0; it must be a whole number, 1 or more"):
        compare.audit_network(own_network("autograd"), X, Y, draws=0)
    with pytest.raises(compare.AuditError, match="hands no gradient to an optimizer"):
        compare.audit_network(Chain(SquareLoss(), right_layers.Softmax(), input_shape=(CLASSES,)), Y, Y)
