"""What holds for every layer, driven by the table of layers."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from layer_cases import CASES, MODES, Recorder

import tinygrad_fs as tg
from tinygrad_fs.deep_learning import layers
from tinygrad_fs.deep_learning.layers.layer import parameter_names
from tinygrad_fs.deep_learning.optimizers import Adam

DRAWS = 11


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


@pytest.fixture(params=[1, 4], ids=lambda samples: f"batch of {samples}")
def samples(request):
    return request.param


def forward(layer, X, mode):
    np.random.seed(DRAWS)  # the same mask every time
    return layer.forward_pass(X, mode != "evaluation")


def by_hand(case, mode, X, g):
    """The gradients by the layer's own backward pass: at its input, and at each parameter."""
    layer = case.layer(mode, len(X))
    forward(layer, X, mode)
    at_input = layer.backward_pass(g)
    return at_input, {name: getattr(layer, f"{name}_opt").seen for name in parameter_names(layer)}, layer


def by_tape(case, mode, X, g):
    """The same by the tape."""
    layer = case.layer(mode, len(X))
    leaves = {name: tg.Tensor(getattr(layer, name), requires_grad=True) for name in parameter_names(layer)}
    vars(layer).update(leaves)
    x = tg.Tensor(X, requires_grad=not case.tokens)
    out = forward(layer, x, mode)
    inputs = list(leaves.values()) if case.tokens else [x, *leaves.values()]
    gradients = [gradient.numpy() for gradient in tg.autograd.grad(out, inputs, g)]
    at_input = np.zeros(X.shape) if case.tokens else gradients.pop(0)
    return out.numpy(), at_input, dict(zip(leaves, gradients))


def test_tensors_and_arrays_give_the_same_output(case, mode, samples):
    X = case.inputs(samples)
    layer = case.layer(mode, samples)
    expected = forward(layer, X, mode)
    assert type(expected) is np.ndarray
    out, _, _ = by_tape(case, mode, X, np.ones(expected.shape))
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-14)


def test_the_backward_pass_gives_what_the_tape_gives(case, mode, samples, rng):
    X = case.inputs(samples)
    g = rng.standard_normal(forward(case.layer(mode, samples), X, mode).shape)
    at_input, handed, layer = by_hand(case, mode, X, g)
    _, expected, of_parameters = by_tape(case, mode, X, g)
    assert at_input.shape == X.shape
    np.testing.assert_allclose(at_input, expected, rtol=1e-10, atol=1e-12)
    if mode == "frozen":
        assert all(seen == [] for seen in handed.values())
        return
    for name, gradient in of_parameters.items():
        ((w, by_hand_gradient),) = handed[name]
        assert w is getattr(layer, name)
        assert by_hand_gradient.shape == w.shape
        np.testing.assert_allclose(by_hand_gradient, gradient, rtol=1e-10, atol=1e-12, err_msg=name)
        np.testing.assert_array_equal(layer.gradients[name], by_hand_gradient)


@pytest.mark.parametrize("case", [case for case in CASES if case.exact], ids=str)
def test_the_backward_pass_is_the_slope(case, mode, samples, rng):
    """Along random directions, by central differences; no tape takes part in this."""
    X = case.inputs(samples)
    g = rng.standard_normal(forward(case.layer(mode, samples), X, mode).shape)
    at_input, handed, _ = by_hand(case, mode, X, g)

    def loss(name, moved):
        layer = case.layer(mode, samples)
        if name != "input":
            setattr(layer, name, moved)
        return np.sum(g * forward(layer, moved if name == "input" else X, mode))

    gradients = {} if case.tokens else {"input": (X, at_input)}
    if mode != "frozen":
        gradients |= {name: seen[0] for name, seen in handed.items()}
    for name, (value, gradient) in gradients.items():
        for _ in range(2):
            step = 1e-6 * rng.standard_normal(value.shape)
            slope = (loss(name, value + step) - loss(name, value - step)) / 2e-6
            assert np.sum(gradient * step) / 1e-6 == pytest.approx(slope, rel=1e-6, abs=1e-7), name


def test_whole_numbers_are_taken_for_floats(case, mode):
    """Pixels from 0 to 16, for instance, in the first layer."""
    X = np.random.default_rng(0).integers(-3 if not case.tokens else 0, case.tokens or 4, size=(3, *case.shape))
    as_floats = case.layer(mode)
    expected = forward(as_floats, X.astype(float), mode)
    g = np.random.default_rng(1).standard_normal(expected.shape)
    at_input, _, layer = by_hand(case, mode, X, g)
    np.testing.assert_allclose(at_input, as_floats.backward_pass(g), rtol=1e-12)
    for name, gradient in as_floats.gradients.items():
        np.testing.assert_allclose(layer.gradients[name], gradient, rtol=1e-12)
    recorded = forward(case.layer(mode), tg.Tensor(X), mode)
    np.testing.assert_allclose(recorded.numpy(), expected, rtol=1e-12)


def test_shapes_and_counts(case, samples):
    layer = case.layer()
    out = layer.forward_pass(case.inputs(samples))
    assert layer.output_shape() == out.shape[1:]
    assert all(type(size) is int for size in layer.output_shape())
    assert layer.parameters() == case.parameters
    assert type(layer.parameters()) is int
    assert layer.trainable is True


def test_inputs_and_gradients_are_not_written_to(case, mode):
    X = case.inputs(3)
    X.flags.writeable = False
    layer = case.layer(mode, optimizer=Adam())
    g = np.ones(layer.forward_pass(X, mode != "evaluation").shape)
    g.flags.writeable = False
    layer.backward_pass(g)


def test_a_parameter_at_rest_is_a_plain_array_that_training_replaces(case):
    layer = case.layer(optimizer=Adam())
    before = {name: getattr(layer, name) for name in parameter_names(layer)}
    kept = {name: array.copy() for name, array in before.items()}
    out = layer.forward_pass(case.inputs(3))
    layer.backward_pass(np.random.default_rng(3).standard_normal(out.shape))
    for name, array in before.items():
        after = getattr(layer, name)
        assert type(after) is np.ndarray
        assert after.flags.writeable
        assert after.shape == array.shape
        np.testing.assert_array_equal(array, kept[name])
        assert np.array_equal(after, array) == (not layer.gradients[name].any())


def test_a_layer_can_be_copied_and_pickled(case):
    layer = case.layer(optimizer=Adam())
    X = case.inputs(3)
    expected = layer.forward_pass(X, False)
    for twin in (copy.copy(layer), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(twin.forward_pass(X, False), expected)


def test_nothing_of_the_tape_stays_on_a_layer(case, mode):
    layer = case.layer(mode)
    X = case.inputs(3)
    for value in [tg.Tensor(X), *([] if case.tokens else [tg.Tensor(X, requires_grad=True)])]:
        layer.forward_pass(value, mode != "evaluation")
        assert not [name for name, held in vars(layer).items() if isinstance(held, tg.Tensor)]


@pytest.mark.parametrize("case", [case for case in CASES if "Padding" not in case.name], ids=str)
def test_a_backward_pass_without_a_forward_pass_is_told(case):
    layer = case.layer()
    with pytest.raises(RuntimeError, match=r"backward_pass: no forward_pass .*came before"):
        layer.backward_pass(np.ones((3, *layer.output_shape())))


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: layers.Dense(2), ["W", "w0"]),
        (lambda: layers.Conv2D(2, (3, 3)), ["W", "w0"]),
        (lambda: layers.RNN(2), ["U", "V", "W"]),
        (lambda: layers.LSTM(2), ["U", "W", "w0"]),
        (lambda: layers.GRU(2), ["U", "W", "w0"]),
        (lambda: layers.Embedding(2, 2), ["W"]),
        (lambda: layers.BatchNormalization(), ["gamma", "beta"]),
    ],
)
def test_an_input_shape_that_is_missing_is_told(make, names):
    layer = make()
    with pytest.raises(ValueError, match=rf"{layer.layer_name()}: its input shape is not known.*input_shape=\.\.\."):
        layer.initialize(Recorder())
    with pytest.raises(ValueError, match="its input shape is not known"):
        layer.output_shape()
    layer.set_input_shape((1, 4, 4) if "Conv" in layer.layer_name() else (4, 4))
    layer.initialize(Recorder())
    assert parameter_names(layer) == names


@pytest.mark.parametrize("name", sorted(set(layers.__all__) - {"activation_functions"}))
def test_everything_public_has_an_example(name):
    if name != "PoolingLayer":
        assert ">>> " in getattr(layers, name).__doc__
