"""What is particular about single layers."""

from __future__ import annotations

import numpy as np
import pytest
from layer_cases import Recorder

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradgradcheck
from tinygrad_fs.deep_learning.activation_functions import Softmax, TanH
from tinygrad_fs.deep_learning.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    ConstantPadding2D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    PoolingLayer,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
    activation_functions,
)
from tinygrad_fs.deep_learning.layers.dense import Affine
from tinygrad_fs.deep_learning.layers.recurrent import KnownStates
from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent


def made(layer, shape):
    layer.set_input_shape(shape)
    layer.initialize(Recorder())
    return layer


# ---- weights


def drawn(seed, *draws):
    np.random.seed(seed)
    return [np.random.uniform(-limit, limit, shape) for limit, shape in draws]


@pytest.mark.parametrize(
    ("layer", "shape", "names", "draws"),
    [
        (Dense(5), (4,), "W", [(1 / 2, (4, 5))]),
        (Conv2D(2, (3, 3)), (4, 5, 5), "W", [(1 / 3, (2, 4, 3, 3))]),  # channels are not in the bound
        (RNN(4), (6, 9), "UVW", [(1 / 3, (4, 9)), (1 / 2, (9, 4)), (1 / 2, (4, 4))]),
        (LSTM(4), (6, 9), "UW", [(1 / 3, (16, 9)), (1 / 2, (16, 4))]),
        (GRU(4), (6, 9), "UW", [(1 / 3, (12, 9)), (1 / 2, (12, 4))]),
        (Embedding(7, 4), (6,), "W", [(1 / 2, (7, 4))]),
    ],
    ids=lambda value: value.layer_name() if isinstance(value, Layer) else None,
)
def test_a_seed_gives_the_weights_that_it_always_gave(layer, shape, names, draws):
    expected = drawn(3, *draws)
    np.random.seed(3)
    made(layer, shape)
    for name, weights in zip(names, expected):
        np.testing.assert_array_equal(getattr(layer, name), weights)


def test_biases_begin_with_zeros_and_factors_with_ones():
    np.testing.assert_array_equal(made(Dense(5), (4,)).w0, np.zeros((1, 5)))
    np.testing.assert_array_equal(made(Conv2D(5, (3, 3)), (1, 4, 4)).w0, np.zeros((5, 1)))
    np.testing.assert_array_equal(made(GRU(2), (3, 4)).w0, np.zeros((1, 6)))
    np.testing.assert_array_equal(made(LSTM(2), (3, 4)).w0, [[0, 0, 1, 1, 0, 0, 0, 0]])
    norm = made(BatchNormalization(), (2, 3))
    np.testing.assert_array_equal(norm.gamma, np.ones((2, 3)))
    np.testing.assert_array_equal(norm.beta, np.zeros((2, 3)))
    assert (norm.eps, norm.momentum, norm.running_mean, norm.running_var) == (0.01, 0.99, None, None)


def test_each_parameter_has_an_optimizer_of_its_own():
    given = StochasticGradientDescent(0.5)
    layer = Dense(2, input_shape=(3,))
    layer.initialize(given)
    assert len({id(each) for each in (given, layer.W_opt, layer.w0_opt)}) == 3
    assert layer.W_opt.learning_rate == 0.5


def test_layers_know_their_parameters_before_they_have_values():
    assert all(hasattr(layer, "W") for layer in (Dense(1), Conv2D(1, (1, 1)), RNN(1), LSTM(1), GRU(1), Embedding(1, 1)))
    others = (Flatten(), Reshape((1,)), Dropout(), Activation("relu"), BatchNormalization(), MaxPooling2D())
    assert not any(hasattr(layer, "W") for layer in others)


# ---- defaults, names


def test_defaults():
    assert RNN(3).bptt_trunc == 5
    assert type(RNN(3).activation).__name__ == "TanH"
    assert (Conv2D(1, (3, 3)).padding, Conv2D(1, (3, 3)).stride) == ("same", 1)
    assert Dropout().p == 0.2
    assert UpSampling2D().size == (2, 2)
    for pool in (PoolingLayer(), MaxPooling2D(), AveragePooling2D()):
        assert (pool.pool_shape, pool.stride, pool.padding) == ((2, 2), 1, 0)


def test_names_in_summaries():
    assert Dense(1).layer_name() == "Dense"
    assert Activation("leaky_relu").layer_name() == "Activation (LeakyReLU)"
    assert sorted(activation_functions) == [
        "elu",
        "leaky_relu",
        "linear",
        "relu",
        "selu",
        "sigmoid",
        "softmax",
        "softplus",
        "swish",
        "tanh",
    ]


# ---- Dense, Embedding, Reshape


def test_a_row_without_a_batch_is_a_batch_of_one():
    layer = made(Dense(2), (3,))
    np.testing.assert_array_equal(layer.forward_pass(np.ones(3), False), layer.forward_pass(np.ones((1, 3)), False))


def test_dense_keeps_no_memory_of_weights_that_were_changed_in_place():
    layer = made(Dense(2), (3,))
    layer.W[:, 1:] = 0
    layer.W += 1
    np.testing.assert_allclose(layer.forward_pass(np.ones((1, 3)))[:, 1], 3)


def test_tokens_are_checked():
    layer = made(Embedding(4, 2), (3,))
    np.testing.assert_array_equal(layer.forward_pass(np.array([[0.0, 3.0, 1.0]])), layer.W[[[0, 3, 1]]])
    with pytest.raises(ValueError, match=r"Embedding: 1\.5 is no token"):
        layer.forward_pass(np.array([[0, 1.5, 2]]))
    with pytest.raises(IndexError, match="number 4 is out of range; there are 4 rows"):
        layer.forward_pass(np.array([[0, 4, 2]]))


def test_an_embedding_takes_an_empty_batch():
    layer = made(Embedding(4, 2), (3,))
    layer.backward_pass(np.ones_like(layer.forward_pass(np.zeros((0, 3), int))))
    np.testing.assert_array_equal(layer.gradients["W"], np.zeros((4, 2)))


@pytest.mark.parametrize("shape", [(4,), (-1, 5), (-1, -1), (2, 4)], ids=str)
def test_a_shape_that_cannot_hold_the_sample_is_told(shape):
    with pytest.raises(ValueError, match=r"Reshape: \(6,\) has 6 elements per sample, and .* not"):
        Reshape(shape, input_shape=(6,)).output_shape()


# ---- images


@pytest.mark.parametrize("layer", [Conv2D(1, (4, 4), padding="valid"), MaxPooling2D((4, 4)), AveragePooling2D((4, 1))])
def test_a_window_that_does_not_fit_is_told(layer):
    layer.set_input_shape((1, 3, 3))
    with pytest.raises(
        ValueError, match=rf"{layer.layer_name()}: a window of \(4, .\) is larger than an image of \(3, 3\)"
    ):
        layer.output_shape()


@pytest.mark.parametrize(
    "layer", [Conv2D(1, (1, 1)), MaxPooling2D(), UpSampling2D(), ZeroPadding2D((1, 1)), GlobalAveragePooling2D()]
)
def test_images_need_three_axes(layer):
    layer.set_input_shape((8, 8))
    with pytest.raises(ValueError, match=r"\(8, 8\) per sample; it must be \(channels, height, width\)"):
        layer.output_shape()


def test_an_unknown_padding_is_told():
    with pytest.raises(ValueError, match="'full' is unknown; use 'same' or 'valid'"):
        Conv2D(1, (3, 3), padding="full")
    with pytest.raises(ValueError, match="'full' is unknown"):
        MaxPooling2D(padding="full")
    with pytest.raises(ValueError, match="MaxPooling2D: padding"):
        MaxPooling2D(padding=-1)


def test_of_equal_largest_elements_the_first_takes_the_gradient():
    layer = made(MaxPooling2D(stride=2), (1, 2, 2))
    layer.forward_pass(np.zeros((1, 1, 2, 2)))
    np.testing.assert_array_equal(layer.backward_pass(np.full((1, 1, 1, 1), 3.0))[0, 0], [[3, 0], [0, 0]])


def test_padding_is_never_the_largest():
    layer = made(MaxPooling2D(padding=1), (1, 1, 1))
    np.testing.assert_array_equal(layer.forward_pass(np.full((1, 1, 1, 1), -5.0))[0, 0], np.full((2, 2), -5))
    np.testing.assert_array_equal(layer.backward_pass(np.ones((1, 1, 2, 2))), [[[[4]]]])


def test_padding_is_kept_as_pairs():
    assert ZeroPadding2D((1, 2)).padding == ((1, 1), (2, 2))
    assert ConstantPadding2D(((1, 0), 2), 7).padding == ((1, 0), (2, 2))
    assert ZeroPadding2D((1, 2)).padding_value == 0


# ---- what depends on the mode


def test_running_values_begin_with_the_first_batch_and_follow_the_others(rng):
    layer = made(BatchNormalization(0.75), (3,))
    first, second = rng.standard_normal((2, 5, 3))
    layer.forward_pass(first)
    np.testing.assert_allclose(layer.running_mean, first.mean(0))
    np.testing.assert_allclose(layer.running_var, first.var(0))
    layer.forward_pass(second)
    np.testing.assert_allclose(layer.running_mean, 0.75 * first.mean(0) + 0.25 * second.mean(0))
    np.testing.assert_allclose(layer.running_var, 0.75 * first.var(0) + 0.25 * second.var(0))
    mean, var = layer.running_mean, layer.running_var
    out = layer.forward_pass(first, False)
    np.testing.assert_allclose(out, (first - mean) / np.sqrt(var + 0.01))
    assert layer.running_mean is mean


@pytest.mark.parametrize("wrap", [np.asarray, tg.Tensor])
def test_the_first_batch_may_come_in_evaluation(wrap, rng):
    layer = made(BatchNormalization(), (3,))
    X = rng.standard_normal((5, 3))
    layer.forward_pass(wrap(X), False)
    np.testing.assert_allclose(layer.running_mean, X.mean(0))
    assert type(layer.running_mean) is np.ndarray


def test_running_values_of_a_recorded_pass_are_arrays_and_the_same(rng):
    X = rng.standard_normal((5, 3))
    on_arrays, recorded = made(BatchNormalization(), (3,)), made(BatchNormalization(), (3,))
    on_arrays.forward_pass(X)
    recorded.forward_pass(tg.Tensor(X, requires_grad=True))
    assert type(recorded.running_mean) is type(recorded.running_var) is np.ndarray
    np.testing.assert_array_equal(recorded.running_var, on_arrays.running_var)


def test_dropout_draws_from_the_global_generator_in_the_order_of_the_elements():
    np.random.seed(5)
    out = Dropout(0.4).forward_pass(np.ones((3, 4)))
    np.random.seed(5)
    np.testing.assert_array_equal(out, np.random.uniform(size=(3, 4)) > 0.4)
    np.testing.assert_array_equal(Dropout(0.4).forward_pass(np.ones((3, 4)), False), np.full((3, 4), 0.6))


def test_dropout_forgets_the_mask_after_an_evaluation():
    layer = Dropout(0.4)
    layer.forward_pass(np.ones((3, 4)))
    layer.forward_pass(np.ones((3, 4)), False)
    np.testing.assert_array_equal(layer.backward_pass(np.ones((3, 4))), np.full((3, 4), 0.6))


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_a_probability_is_checked(p):
    with pytest.raises(ValueError, match="no probability"):
        Dropout(p)


def test_an_unknown_activation_is_told():
    with pytest.raises(ValueError, match="activation 'mish' is unknown; use 'relu', 'sigmoid'"):
        Activation("mish")
    with pytest.raises(ValueError, match="activation 'mish' is unknown"):
        RNN(3, "mish")


# ---- through time


@pytest.mark.parametrize("reach", [0, 1, 3])
def test_truncation_lets_the_loss_of_a_step_reach_that_many_steps_back(reach, rng):
    """Held against a tape for the loss of each step, which is cut where the reach ends."""
    steps, features = 6, 3
    layer = made(RNN(4, bptt_trunc=reach), (steps, features))
    X, g = rng.standard_normal((2, 5, steps, features))
    leaves = [tg.Tensor(each, requires_grad=True) for each in (X, layer.U, layer.V, layer.W)]
    x, u, v, w = leaves
    expected = [np.zeros(leaf.shape) for leaf in leaves]
    for t in range(steps):
        state = tg.zeros((5, 4), dtype="float64")
        for s in range(t + 1):
            if s == t - reach:
                state = state.detach()
            state = tg.tanh(x[:, s] @ u.T + state @ w.T)
        loss = ((state @ v.T) * g[:, t]).sum()
        for total, gradient in zip(expected, tg.autograd.grad(loss, leaves, allow_unused=True)):
            total += 0 if gradient is None else gradient.numpy()
    layer.forward_pass(X)
    np.testing.assert_allclose(layer.backward_pass(g), expected[0], rtol=1e-10, atol=1e-13)
    for name, gradient in zip("UVW", expected[1:]):
        np.testing.assert_allclose(layer.gradients[name], gradient, rtol=1e-10, atol=1e-13)


def test_a_negative_reach_is_told():
    with pytest.raises(ValueError, match="bptt_trunc=-1 must be at least 0, or None"):
        RNN(3, bptt_trunc=-1)


@pytest.mark.parametrize("layer", [RNN(2), LSTM(2), GRU(2)], ids=lambda layer: layer.layer_name())
def test_sequences_need_two_axes(layer):
    layer.set_input_shape((8,))
    with pytest.raises(ValueError, match=r"\(8,\) per sample; it must be \(steps, features\)"):
        layer.initialize(Recorder())


def test_what_a_subclass_has_to_define_is_said():
    layer = Layer()
    for call in (lambda: layer.forward_pass(0), lambda: layer.backward_pass(0), layer.output_shape):
        with pytest.raises(NotImplementedError, match="Layer: define `def"):
            call()
    assert layer.parameters() == 0


def test_dense_is_differentiated_twice(rng):
    layer = made(Dense(2), (3,))
    leaves = [tg.Tensor(each, requires_grad=True) for each in (rng.standard_normal((4, 3)), layer.W, layer.w0)]
    assert gradgradcheck(Affine.apply, leaves)


def test_an_input_that_does_not_fit_is_told():
    with pytest.raises(ValueError, match=r"Dense: the input has shape \(5, 4\); its last axis must be 3, as in W"):
        made(Dense(2), (3,)).forward_pass(np.ones((5, 4)))


@pytest.mark.parametrize("f", [TanH(), Softmax()], ids=lambda f: type(f).__name__)
def test_known_states_differentiate_as_computed_ones(f, rng):
    """The op behind the truncation: both orders, recorded or not, with the slope at hand or without."""
    arrays = [rng.standard_normal(shape) for shape in ((3, 5, 4), (3, 5, 4), (4, 4))]
    g = rng.standard_normal((3, 5, 4))

    def gradients(known: bool, create_graph: bool) -> list[np.ndarray]:
        x, b, w = inputs = [tg.Tensor(array, requires_grad=True) for array in arrays]
        argument = x + b @ w.T
        h = f(argument)
        if known:
            slope = f.gradient(argument.numpy()) if isinstance(f, TanH) else None
            h = KnownStates.apply(x, b, w, f=f, values=h.numpy(), slope=slope)
        first = tg.autograd.grad(h, inputs, g, create_graph=create_graph)
        second = tg.autograd.grad(sum((d * d).sum() for d in first), inputs) if create_graph else []
        return [each.numpy() for each in (*first, *second)]

    expected = gradients(known=False, create_graph=True)
    for create_graph in (False, True):
        for found, right in zip(gradients(known=True, create_graph=create_graph), expected):
            np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-13)
