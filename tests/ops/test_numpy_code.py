"""Networks written by hand in NumPy, with nothing of this package in them, run on Tensors and have right gradients.

The layers below are written as such networks write them: attributes for what backward would need, `np.` for
everything, methods of arrays, index arrays for im2col. Their input and their parameters alone are Tensors.
"""
# ruff: noqa: N803, N806 (names such as X are what such code is written with)

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck

# ---- hand-written NumPy


class Dense:
    def __init__(self, n_inputs, n_units, rng):
        limit = 1 / np.sqrt(n_inputs)
        self.W = rng.uniform(-limit, limit, (n_inputs, n_units))
        self.w0 = rng.uniform(-limit, limit, (1, n_units))

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0


def column_indices(shape, filter_shape, padding, stride):
    """Of a batch of images: the channel, row and column of each element of its columns."""
    _, channels, height, width = shape
    fh, fw = filter_shape
    out_h = (height + 2 * padding - fh) // stride + 1
    out_w = (width + 2 * padding - fw) // stride + 1
    i = np.tile(np.repeat(np.arange(fh), fw), channels).reshape(-1, 1) + stride * np.repeat(np.arange(out_h), out_w)
    j = np.tile(np.arange(fw), fh * channels).reshape(-1, 1) + stride * np.tile(np.arange(out_w), out_h)
    k = np.repeat(np.arange(channels), fh * fw).reshape(-1, 1)
    return k, i, j, out_h, out_w


def image_to_column(images, filter_shape, padding, stride):
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="constant")
    k, i, j, _, _ = column_indices(images.shape, filter_shape, padding, stride)
    columns = padded[:, k, i, j]
    return columns.transpose(1, 2, 0).reshape(filter_shape[0] * filter_shape[1] * images.shape[1], -1)


class Conv2D:
    def __init__(self, n_filters, filter_shape, channels, rng, padding=1, stride=1):
        self.filter_shape, self.padding, self.stride = filter_shape, padding, stride
        self.W = rng.uniform(-0.5, 0.5, (n_filters, channels, *filter_shape))
        self.w0 = rng.uniform(-0.5, 0.5, (n_filters, 1))

    def forward_pass(self, X, training=True):
        batch, _, _, _ = X.shape
        self.layer_input = X
        self.X_col = image_to_column(X, self.filter_shape, self.padding, self.stride)
        self.W_col = self.W.reshape((self.W.shape[0], -1))
        output = self.W_col.dot(self.X_col) + self.w0
        _, _, _, out_h, out_w = column_indices(X.shape, self.filter_shape, self.padding, self.stride)
        return output.reshape((self.W.shape[0], out_h, out_w, batch)).transpose(3, 0, 1, 2)


class BatchNormalization:
    def __init__(self, shape, rng):
        self.momentum, self.eps = 0.99, 0.01
        self.gamma = rng.uniform(0.5, 1.5, shape)
        self.beta = rng.uniform(-0.5, 0.5, shape)
        self.running_mean = self.running_var = None

    def forward_pass(self, X, training=True):
        if self.running_mean is None:
            self.running_mean = np.mean(X, axis=0)
            self.running_var = np.var(X, axis=0)
        if training:
            mean, var = np.mean(X, axis=0), X.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        self.X_centered = X - mean
        self.stddev_inv = 1 / np.sqrt(var + self.eps)
        return self.gamma * (self.X_centered * self.stddev_inv) + self.beta


class Pooling:
    """Pools each channel on its own; subclasses say how a column of values becomes one."""

    def __init__(self, size=2):
        self.size = size

    def forward_pass(self, X, training=True):
        batch, channels, height, width = X.shape
        out_h, out_w = height // self.size, width // self.size
        X = X.reshape(batch * channels, 1, height, width)
        X_col = image_to_column(X, (self.size, self.size), 0, self.size)
        output = self.pooled(X_col).reshape(out_h, out_w, batch, channels)
        return output.transpose(2, 3, 0, 1)


class MaxPooling(Pooling):
    def pooled(self, X_col):
        arg_max = np.argmax(X_col, axis=0).flatten()
        self.cache = arg_max
        return X_col[arg_max, range(arg_max.size)]


class AveragePooling(Pooling):
    def pooled(self, X_col):
        return np.mean(X_col, axis=0)


class Dropout:
    def __init__(self, p, rng):
        self.p, self.rng, self.mask = p, rng, None

    def forward_pass(self, X, training=True):
        c = 1 - self.p
        if training:
            if self.mask is None:  # the numeric gradient needs the same mask every time
                self.mask = self.rng.uniform(size=X.shape) > self.p
            c = self.mask
        return X * c


class ConstantPadding:
    def __init__(self, padding, value=0.0):
        self.padding, self.value = padding, value

    def forward_pass(self, X, training=True):
        widths = ((0, 0), (0, 0), self.padding[0], self.padding[1])
        return np.pad(X, pad_width=widths, mode="constant", constant_values=self.value)


class UpSampling:
    def __init__(self, size=(2, 2)):
        self.size = size

    def forward_pass(self, X, training=True):
        return X.repeat(self.size[0], axis=2).repeat(self.size[1], axis=3)


class Flatten:
    def forward_pass(self, X, training=True):
        return X.reshape((X.shape[0], -1))


class Reshape:
    def __init__(self, shape):
        self.shape = shape

    def forward_pass(self, X, training=True):
        return X.reshape((X.shape[0], *self.shape))


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": softmax,
    "tanh": lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
    "relu": lambda x: np.where(x >= 0, x, 0),
    "relu by maximum": lambda x: np.maximum(x, 0),
    "relu by mask": lambda x: x * (x > 0),
    "leaky relu": lambda x: np.where(x >= 0, x, 0.2 * x),
    "elu": lambda x: np.where(x >= 0.0, x, 0.1 * (np.exp(x) - 1)),
    "selu": lambda x: 1.0507 * np.where(x >= 0.0, x, 1.6733 * (np.exp(x) - 1)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "numpy's tanh": np.tanh,
    "log of softmax": lambda x: x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True)),
}


class Activation:
    def __init__(self, name):
        self.activation_func = ACTIVATIONS[name]

    def forward_pass(self, X, training=True):
        return self.activation_func(X)


class RNN:
    """One step after the other, into arrays made beforehand: `allocate` makes them, np.zeros in the original."""

    def __init__(self, n_inputs, n_units, rng, allocate):
        self.U, self.W, self.V = (
            rng.uniform(-0.7, 0.7, shape) for shape in ((n_units, n_inputs), (n_units, n_units), (n_inputs, n_units))
        )
        self.allocate = allocate

    def forward_pass(self, X, training=True):
        batch, timesteps, dim = X.shape
        n_units = self.U.shape[0]
        self.state_input = self.allocate(X, (batch, timesteps, n_units))
        self.states = self.allocate(X, (batch, timesteps + 1, n_units))
        self.outputs = self.allocate(X, (batch, timesteps, dim))
        self.states[:, -1] = np.zeros((batch, n_units))
        for t in range(timesteps):
            self.state_input[:, t] = X[:, t].dot(self.U.T) + self.states[:, t - 1].dot(self.W.T)
            self.states[:, t] = np.tanh(self.state_input[:, t])
            self.outputs[:, t] = self.states[:, t].dot(self.V.T)
        return self.outputs


def square_loss(y, y_pred):
    return 0.5 * np.power((y - y_pred), 2)


def cross_entropy(y, p):
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


# ---- on Tensors

PARAMETERS = ("W", "w0", "gamma", "beta", "U", "V")


def as_leaf(array):
    return tg.tensor(array, requires_grad=True, dtype="float64")


def on_tensors(*layers):
    """Put Tensors in the place of the parameters of layers; returns these Tensors by layer and name."""
    found = {}
    for number, layer in enumerate(layers):
        for name in PARAMETERS:
            if hasattr(layer, name):
                found[number, name] = as_leaf(getattr(layer, name))
                setattr(layer, name, found[number, name])
    return found


def check(layers, X, loss=lambda y: (y * y).sum(), second=True):
    """The values are those on arrays, and the gradients those of numeric differences, for the input and parameters."""

    def forward(x, *values):
        for (number, name), value in zip(places, values):
            setattr(layers[number], name, value)
        y = x
        for layer in layers:
            if isinstance(layer, BatchNormalization):
                layer.running_mean = None
            y = layer.forward_pass(y)
        return loss(y)

    expected = X
    for layer in layers:
        expected = layer.forward_pass(expected)
    places = on_tensors(*layers)
    inputs = [as_leaf(X), *places.values()]
    result = forward(*inputs)
    assert isinstance(result, tg.Tensor)
    assert result.requires_grad
    np.testing.assert_allclose(result.item(), float(loss(expected)), rtol=1e-12)
    assert gradcheck(forward, inputs)
    if second:
        assert gradgradcheck(forward, inputs)


def different(rng, *shape):
    """Values away from each other and from 0, so that no maximum and no kink is near."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) - size / 2 + 0.5) / size * 2


LAYERS = {
    "dense": lambda rng: ([Dense(3, 4, rng)], (2, 3)),
    "convolution": lambda rng: ([Conv2D(2, (3, 3), 2, rng)], (2, 2, 4, 3)),
    "convolution with a stride": lambda rng: ([Conv2D(2, (2, 2), 1, rng, padding=1, stride=2)], (2, 1, 3, 4)),
    "batch normalization": lambda rng: ([BatchNormalization((3,), rng)], (4, 3)),
    "batch normalization of images": lambda rng: ([BatchNormalization((2, 2, 2), rng)], (3, 2, 2, 2)),
    "max pooling": lambda rng: ([MaxPooling()], (2, 2, 4, 4)),
    "average pooling": lambda rng: ([AveragePooling()], (2, 2, 4, 4)),
    "dropout": lambda rng: ([Dropout(0.4, rng)], (3, 4)),
    "padding": lambda rng: ([ConstantPadding(((1, 0), (2, 1)), 0.5)], (2, 1, 2, 2)),
    "upsampling": lambda rng: ([UpSampling((2, 3))], (2, 1, 2, 2)),
    "flatten and reshape": lambda rng: ([Flatten(), Reshape((2, 4))], (3, 2, 2, 2)),
    "a network": lambda rng: (
        [
            ConstantPadding(((1, 1), (1, 0))),
            Conv2D(2, (3, 3), 1, rng, padding=0),
            Activation("leaky relu"),
            BatchNormalization((2, 4, 3), rng),
            UpSampling(),
            MaxPooling(),
            Dropout(0.3, rng),
            Flatten(),
            Dense(24, 3, rng),
            Activation("softmax"),
        ],
        (2, 1, 4, 4),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_forward_pass(name, rng):
    layers, shape = LAYERS[name](rng)
    check(layers, different(rng, *shape), second=name != "a network")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation(name, rng):
    check([Dense(3, 4, rng), Activation(name)], different(rng, 2, 3))


@pytest.mark.parametrize("loss", [square_loss, cross_entropy])
def test_a_loss(loss, rng):
    y = np.eye(3)[[0, 2]]
    check([Dense(2, 3, rng), Activation("softmax")], different(rng, 2, 2), lambda p: np.mean(loss(y, p)))


def test_running_averages_serve_evaluation(rng):
    layer = BatchNormalization((3,), rng)
    on_tensors(layer)
    X = as_leaf(different(rng, 4, 3))
    layer.forward_pass(X)
    with tg.no_grad():
        assert layer.forward_pass(X, training=False).shape == (4, 3)


def in_tensors(X, shape):
    return tg.zeros(shape, dtype="float64")


def like_the_input(X, shape):
    return np.zeros_like(X, shape=shape)


@pytest.mark.parametrize("allocate", [in_tensors, like_the_input])
def test_an_rnn_that_fills_tensors_step_by_step(allocate, rng):
    X = different(rng, 2, 4, 3)
    plain = RNN(3, 2, np.random.default_rng(0), lambda X, shape: np.zeros(shape))
    rnn = RNN(3, 2, np.random.default_rng(0), allocate)
    places = on_tensors(rnn)
    np.testing.assert_allclose(rnn.forward_pass(as_leaf(X)).data, plain.forward_pass(X), rtol=1e-12)

    def forward(x, *values):
        for (_, name), value in zip(places, values):
            setattr(rnn, name, value)
        return np.sum(rnn.forward_pass(x) ** 2)

    inputs = [as_leaf(X), *places.values()]
    assert gradcheck(forward, inputs)
    assert gradgradcheck(forward, inputs)


def test_an_rnn_that_fills_its_own_arrays_says_so(rng):
    rnn = RNN(3, 2, rng, lambda X, shape: np.zeros(shape))
    on_tensors(rnn)
    with pytest.raises(TypeError, match="drop the gradient.*a Tensor made beforehand and filled"):
        rnn.forward_pass(as_leaf(different(rng, 2, 4, 3)))
    assert not rnn.state_input.any()


class TestNeverDetached:
    """Whatever would lose a gradient raises a TypeError, and leaves arrays as they were."""

    @pytest.mark.parametrize(
        "write",
        [
            lambda a, t: a.__setitem__(slice(None), t),
            lambda a, t: a.__setitem__(0, t[0]),
            lambda a, t: a.__iadd__(t),
            lambda a, t: np.add(a, t, out=a),
            lambda a, t: np.add.at(a, [0, 1], t),
            lambda a, t: np.copyto(a, t),
            lambda a, t: np.put(a, [0, 1], t),
            lambda a, t: np.place(a, a == 0, t),
            lambda a, t: np.putmask(a, a == 0, t),
            lambda a, t: np.put_along_axis(a, np.array([0, 1]), t, 0),
            lambda a, t: a.dot(t),
            lambda a, t: np.array([t, t]),
            lambda a, t: a.fill(t[0]),
        ],
    )
    def test_writing_into_arrays(self, write):
        array, t = np.zeros(2), as_leaf([1.0, 2.0])
        try:
            write(array, t)
        except (TypeError, ValueError) as error:
            # NumPy words one of them itself, "setting an array element with a sequence"; ours is its cause.
            cause = error if isinstance(error, TypeError) else error.__cause__
            assert isinstance(cause, TypeError)
            assert any(word in str(cause) for word in ("gradient", "record"))
        else:
            pytest.fail("nothing was raised")
        assert not array.any()

    def test_a_function_without_a_rule_is_named(self):
        with pytest.raises(TypeError, match=r"np\.roots has no rule"):
            np.roots(as_leaf([2.0, 1.0]))


class TestWritten:
    def test_add_at_is_recorded(self):
        x, v = as_leaf([1.0, 2.0, 3.0]), as_leaf([10.0, 20.0])

        def filled(x, v):
            t = x * 2
            before = t * t
            np.add.at(t, [0, 0], v)
            np.subtract.at(t, (np.array([2]),), v[:1] * 3)
            return t * before

        np.testing.assert_array_equal(filled(x, v).data, [32 * 4, 4 * 16, -24 * 36])
        assert gradcheck(filled, [x, v])
        assert gradgradcheck(filled, [x, v])

    def test_add_at_as_col2im_does_it(self, rng):
        columns = as_leaf(rng.standard_normal((2, 4, 4)))
        k, i, j, _, _ = column_indices((2, 1, 3, 3), (2, 2), 0, 1)

        def images(columns):
            result = np.zeros_like(columns, shape=(2, 1, 3, 3))
            np.add.at(result, (slice(None), k, i, j), columns)
            return result**2

        assert gradcheck(images, columns)

    def test_add_at_into_what_must_not_change(self):
        x = as_leaf([1.0, 2.0])
        with pytest.raises(RuntimeError, match="leaf that requires grad"):
            np.add.at(x, [0], 1.0)
        t = as_leaf([[1.0, 2.0]]) * 2
        with pytest.raises(RuntimeError, match="view"):
            np.add.at(t[0], [0], 1.0)
        with pytest.raises(TypeError, match="np.multiply"):
            np.multiply.at(t, 0, x)

    @pytest.mark.parametrize(
        "write",
        [
            lambda c: np.add.at(c, [0], 1.0),
            lambda c: np.multiply.at(c, [0], 3.0),
            lambda c: np.copyto(dst=c, src=np.zeros(2)),
            lambda c: np.put(c, [0], 5.0),
            lambda c: np.putmask(c, [True, False], 5.0),
            lambda c: c.fill(5.0),
            lambda c: c.sort(),
        ],
    )
    def test_changes_of_constants_are_counted(self, write):
        x, c = as_leaf([1.0, 2.0]), tg.tensor([3.0, 2.0], dtype="float64")
        y = (x * c).sum()
        write(c)
        assert c.tolist() != [3.0, 2.0]
        with pytest.raises(tg.autograd.BackwardError, match="changed in place"):
            y.backward()
