"""Two ways of backprop side by side: figures, text, JSON, pages and pictures."""

from __future__ import annotations

import copy
import json
import pickle
import re
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from tinygrad_fs.compare import side_by_side
from tinygrad_fs.compare.two_ways.figures import Difference
from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam, StochasticGradientDescent


class Filled(Layer):
    """Scales each feature; its forward fills an array of its own, so that the tape takes it as one node."""

    factor = 1.0

    def initialize(self, optimizer):
        self.W = np.linspace(0.5, 1.5, self.input_shape[0])
        self.W_opt = copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = np.asarray(X)
        out = np.zeros(X.shape)
        out[...] = self.layer_input * self.W
        return out

    def backward_pass(self, accum_grad):
        W = self.W
        self.W = self.W_opt.update(W, np.sum(accum_grad * self.layer_input, axis=0))
        return accum_grad * W

    def output_shape(self):
        return self.input_shape


class Doubled(Dense):
    """Its backward pass is wrong by a factor."""

    def backward_pass(self, accum_grad):
        return 2 * super().backward_pass(accum_grad)


def images_network():
    np.random.seed(0)
    network = NeuralNetwork(Adam(), CrossEntropy)
    network.add(Conv2D(3, (3, 3), input_shape=(1, 6, 6)))
    network.add(Activation("relu"))
    network.add(Dropout(0.3))
    network.add(BatchNormalization())
    network.add(Flatten())
    network.add(Dense(4))
    network.add(Activation("softmax"))
    return network


def vectors_network(*layers, loss=SquareLoss):
    np.random.seed(0)
    network = NeuralNetwork(StochasticGradientDescent(0.01), loss)
    network.add(Dense(6, input_shape=(4,)))
    for layer in layers:
        network.add(layer)
    return network


def images(rng):
    return rng.standard_normal((20, 1, 6, 6)), np.eye(4)[rng.integers(0, 4, 20)]


def vectors(rng):
    return rng.standard_normal((20, 4)), rng.standard_normal((20, 6))


@pytest.fixture(scope="module")
def comparison():
    return side_by_side(images_network(), *images(np.random.default_rng(1234)), steps=6, batch_size=8, repeats=1)


@pytest.mark.parametrize(
    ("recorded", "written", "expected"),
    [
        ([1.0, 2.0], [1.0, 4.0], (2.0, 0.5)),
        ([0.0, 0.0], [0.0, 0.0], (0.0, 0.0)),
        ([1.0, np.nan], [1.0, np.nan], (0.0, 0.0)),
        ([1.0, np.nan], [1.0, 2.0], (np.inf, np.inf)),
        ([1.0], [1.0, 2.0], (np.inf, np.inf)),
    ],
)
def test_how_far_two_arrays_lie_apart(recorded, written, expected):
    found = Difference.between("W", np.array(recorded), np.array(written))
    assert (found.absolute, found.relative) == expected
    assert (found.cosine == 1) == (recorded == written or expected == (0.0, 0.0))


def test_both_ways_agree_on_all_arrays(comparison):
    assert comparison.ok
    assert comparison.max_difference < 1e-10
    names = {layer.name: [each.name for each in layer.differences] for layer in comparison.layers}
    assert names["Conv2D"] == ["output", "input gradient", "W", "w0"]
    assert names["BatchNormalization"] == ["output", "input gradient", "gamma", "beta"]
    assert all(each.cosine == pytest.approx(1) for layer in comparison.layers for each in layer.differences)


def test_a_fused_loss_has_no_row_of_its_own_and_others_do(comparison, rng):
    assert comparison.layers[-1].name == "Activation (Softmax) with CrossEntropy"
    assert [each.name for each in comparison.layers[-1].differences] == ["output", "input gradient"]
    other = side_by_side(vectors_network(), *vectors(rng), steps=0, repeats=1)
    assert [layer.name for layer in other.layers] == ["Dense", "SquareLoss"]
    assert [each.name for each in other.layers[-1].differences] == ["input gradient"]


def test_the_curves_are_those_of_a_training(comparison, rng):
    X, y = images(rng)
    network = images_network()
    assert len(comparison.losses["autograd"]) == len(comparison.losses["layerwise"]) == 6
    np.testing.assert_allclose(comparison.losses["autograd"], comparison.losses["layerwise"], rtol=1e-9)
    untrained = network.loss_function.loss(y, network.predict(X)).mean()
    assert comparison.losses["autograd"][0] == pytest.approx(untrained, rel=0.8)
    assert comparison.losses["autograd"][0] != comparison.losses["autograd"][3]


def test_what_is_kept_is_counted_once(rng):
    X, y = vectors(rng)
    comparison = side_by_side(vectors_network(Activation("tanh")), X, y, steps=0, batch_size=20, repeats=1)
    dense, tanh, loss = comparison.layers
    one = 20 * 6 * 8
    assert dense.autograd.kept == dense.layerwise.kept == 0  # the data is nobody's
    assert tanh.layerwise.kept == one  # the input, from which the slope is computed again
    assert tanh.autograd.kept == one  # the output
    assert comparison.autograd.kept == sum(layer.autograd.kept for layer in comparison.layers)
    assert loss.autograd.kept in (0, one)


def test_times_and_peaks_are_those_of_the_layers(comparison):
    for layer in comparison.layers:
        for cost in (layer.autograd, layer.layerwise):
            assert cost.forward > 0
            assert cost.backward > 0
            assert cost.peak > 0
    assert comparison.autograd.peak == max(layer.autograd.peak for layer in comparison.layers)
    assert all(seconds > 0 for seconds in comparison.steps.values())


def test_the_network_and_the_random_numbers_stay_as_they_were(rng):
    network = images_network()
    before = copy.deepcopy([vars(layer) for layer in network.layers])
    state = np.random.get_state()[1].copy()
    side_by_side(network, *images(rng), steps=2, repeats=1)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert network.errors == {"training": [], "validation": []}
    for layer, attributes in zip(network.layers, before):
        assert vars(layer).keys() == attributes.keys()
        for name in ("W", "w0", "gamma", "running_mean"):
            np.testing.assert_array_equal(getattr(layer, name, 0), attributes.get(name, getattr(layer, name, 0)))


def test_a_wrong_backward_pass_shows(rng):
    network = vectors_network(Doubled(6), Dense(6))
    comparison = side_by_side(network, *vectors(rng), steps=1, repeats=1)
    assert not comparison.ok
    assert "THE TWO WAYS DIFFER" in comparison.headline
    first, doubled, last, _ = comparison.layers
    assert doubled.largest.name == "input gradient"
    assert doubled.largest.relative == pytest.approx(0.5)
    assert doubled.largest.cosine == pytest.approx(1)
    assert first.largest.relative == pytest.approx(0.5)  # what came from above was wrong
    assert last.largest.relative < 1e-12


def test_a_layer_that_is_one_node(rng):
    comparison = side_by_side(vectors_network(Filled(), Dense(6)), *vectors(rng), steps=3, repeats=1)
    assert comparison.ok
    names = [each.name for each in comparison.layers[1].differences]
    assert names == ["output", "input gradient", "W"]
    assert comparison.layers[1].autograd.backward > 0
    ET.fromstring(comparison.picture)


def test_the_text_has_a_line_per_layer(comparison):
    lines = str(comparison).splitlines()
    assert lines[0].startswith("7 layers, a batch of 8: the two ways agree")
    assert sum(line.startswith(tuple(layer.name for layer in comparison.layers)) for line in lines) == 7
    assert any(line.startswith("a step") for line in lines)


def test_json_is_strict(comparison):
    def refuse(name):
        raise AssertionError(name)

    content = json.loads(comparison.to_json(), parse_constant=refuse)
    assert content["ok"] is True
    assert [layer["name"] for layer in content["layers"]] == [layer.name for layer in comparison.layers]
    assert len(content["losses"]["autograd"]) == 6


def test_the_picture_ties_each_layer_to_its_ops(comparison):
    root = ET.fromstring(comparison.picture)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    for name in ("Conv2D", "BatchNormalization", "Flatten"):
        assert texts.count(name) == 2  # a card on the left, a box on the right
    assert {"Conv2d", "Relu", "SoftmaxCrossEntropy"} <= set(texts)
    assert {"W", "w0", "gamma", "beta", "X"} <= set(texts)


def test_the_page_needs_nothing_else(comparison, tmp_path):
    path = comparison.to_html(tmp_path / "page.html")
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|<img|<link|@import", page)
    assert page.count("<polyline") == 2
    assert "Conv2D" in page


def test_names_are_escaped(rng, tmp_path):
    class Odd(Dense):
        def layer_name(self):
            return "<script>alert(1)</script>"

    comparison = side_by_side(vectors_network(Odd(6)), *vectors(rng), steps=0, repeats=1)
    assert "<script>" not in comparison.to_html(tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"repeats": 0}, "repeats=0"),
        ({"steps": -1}, "steps=-1"),
    ],
)
def test_numbers_that_make_no_sense(rng, options, message):
    with pytest.raises(ValueError, match=message):
        side_by_side(vectors_network(), *vectors(rng), **options)


def test_networks_that_cannot_be_compared(rng):
    X, y = vectors(rng)
    with pytest.raises(ValueError, match=r"no layers; begin with network\.add"):
        side_by_side(NeuralNetwork(Adam(), SquareLoss), X, y)
    layer = Dense(6)
    network = vectors_network(layer)
    network.layers.append(layer)
    with pytest.raises(ValueError, match="stands in the network twice"):
        side_by_side(network, X, y)
    with pytest.raises(ValueError, match="20 samples and 19 targets"):
        side_by_side(vectors_network(), X, y[1:])


# ---- the walkthrough


def small_network(dense=Dense):
    np.random.seed(0)
    network = NeuralNetwork(Adam(), CrossEntropy)
    network.add(Dense(5, input_shape=(4,)))
    network.add(Activation("tanh"))
    network.add(dense(3))
    network.add(Activation("softmax"))
    return network


def walked(network, tmp_path):
    """The data of the walkthrough's page."""
    X, y = np.random.default_rng(0).standard_normal((8, 4)), np.eye(3)[np.arange(8) % 3]
    comparison = side_by_side(network, X, y, steps=0, repeats=1)
    text = comparison.to_walkthrough(tmp_path / "walk.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text)[1])


def test_the_walkthrough_ties_each_layer_to_what_it_recorded(tmp_path):
    data = walked(small_network(), tmp_path)
    scopes = [scope[0] for scope in data["scopes"]]
    layers = [dict(zip(data["fields"]["layers"], layer)) for layer in data["layers"]]
    assert [scopes[layer["scope"]] for layer in layers] == [layer["title"] for layer in layers]
    assert all(layer["agrees"] for layer in layers)
    assert data["phases"] == ["forward", "backward"]
    boxes = [dict(zip(data["fields"]["boxes"], box)) for box in data["boxes"]]
    steps = [dict(zip(data["fields"]["steps"], step)) for step in data["steps"]]
    # The end is differentiated in one go with the loss, and the backward pass begins before it.
    assert {boxes[step["box"]]["scope"] for step in steps if step["is_backward"]} == {0, 1, 2}
    assert all(gradient >= 0 for step in steps for gradient in step["gradients"])


def test_the_walkthrough_marks_the_layer_that_differs(tmp_path):
    data = walked(small_network(Doubled), tmp_path)
    layers = [dict(zip(data["fields"]["layers"], layer)) for layer in data["layers"]]
    # The layers before it get the doubled gradient from it.
    assert [layer["agrees"] for layer in layers] == [False, False, False, True]
    assert [layer["worst"] for layer in layers[:3]] == pytest.approx([0.5] * 3)
    assert "differ by 5e-01" in layers[2]["verdict"]


def test_a_comparison_of_figures_alone_has_no_walkthrough(comparison, tmp_path):
    with pytest.raises(ValueError, match="side_by_side"):
        replace(comparison, walkthrough=None).to_walkthrough(tmp_path / "walk.html")


class Locked(Doubled):
    """Holds what cannot be copied, prints, and is right."""

    def initialize(self, optimizer):
        super().initialize(optimizer)
        self.lock = threading.Lock()

    def forward_pass(self, X, training=True):
        print("forward")
        return super().forward_pass(X, training)

    def backward_pass(self, accum_grad):
        return super().backward_pass(accum_grad) / 2


def test_layers_that_print_and_hold_locks(rng, capsys):
    assert side_by_side(vectors_network(Locked(6)), *vectors(rng), steps=1, repeats=1).ok
    assert capsys.readouterr().out == ""


def test_the_figures_can_be_sent_elsewhere(rng):
    comparison = side_by_side(vectors_network(), *vectors(rng), steps=1, repeats=1)
    sent = pickle.loads(pickle.dumps(comparison))
    assert sent == comparison
    assert str(sent) == str(comparison)
    with pytest.raises(ValueError, match="figures alone"):
        sent.to_walkthrough("page.html")


def test_data_in_single_precision_are_compared_in_it(rng):
    X, y = (array.astype("float32") for array in vectors(rng))
    comparison = side_by_side(vectors_network(), X, y, steps=1, repeats=1)
    assert comparison.tolerance == 1e-3
    assert comparison.ok


@pytest.mark.parametrize(
    ("network", "X", "words"),
    [
        (None, np.ones((2, 4)), "it takes a NeuralNetwork with its layers, not a NoneType"),
        (Dense(2), np.ones((2, 4)), "not a Dense"),
        (vectors_network(), np.full((2, 4), np.nan), "X or y holds nan or infinite values"),
        (vectors_network(), "text", "X and y must be arrays of real numbers"),
        (vectors_network(), 3.0, "X and y must be arrays of real numbers"),
    ],
)
def test_misuse_is_told(network, X, words):
    with pytest.raises(ValueError, match=words):
        side_by_side(network, X, np.ones((2, 6)))
