"""Layers and functions of every protocol, written by hand in NumPy, with right backwards."""

from __future__ import annotations

import copy
import math

import numpy as np
from replicas import BatchNormalizationBatchFormula, DropoutStaleMask, Layer, RnnReplica, UpSamplingTopLeft

# ---- forward_pass and backward_pass, weights updated inside


class Dense(Layer):
    def __init__(self, n_units=3):
        self.n_units = n_units

    def initialize(self, optimizer):
        limit = 1 / math.sqrt(self.input_shape[0])
        self.W = np.random.uniform(-limit, limit, (self.input_shape[0], self.n_units))
        self.w0 = np.zeros((1, self.n_units))
        self.W_opt, self.w0_opt = copy.copy(optimizer), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            self.W = self.W_opt.update(self.W, self.layer_input.T.dot(accum_grad))
            self.w0 = self.w0_opt.update(self.w0, np.sum(accum_grad, axis=0, keepdims=True))
        return accum_grad.dot(W.T)


class Softmax(Layer):
    def forward_pass(self, X, training=True):
        raised = np.exp(X - np.max(X, axis=-1, keepdims=True))
        self.p = raised / np.sum(raised, axis=-1, keepdims=True)
        return self.p

    def backward_pass(self, accum_grad):
        return self.p * (accum_grad - np.sum(accum_grad * self.p, axis=-1, keepdims=True))


class Flatten(Layer):
    def forward_pass(self, X, training=True):
        self.shape = X.shape
        return X.reshape(X.shape[0], -1)

    def backward_pass(self, accum_grad):
        return accum_grad.reshape(self.shape)


class UpSampling(UpSamplingTopLeft):
    def backward_pass(self, accum_grad):
        height, width = self.size
        samples, channels, rows, columns = accum_grad.shape
        blocks = accum_grad.reshape(samples, channels, rows // height, height, columns // width, width)
        return blocks.sum(axis=(3, 5))


class Dropout(DropoutStaleMask):
    def forward_pass(self, X, training=True):
        self.mask = np.random.uniform(size=X.shape) > self.p if training else 1 - self.p
        return X * self.mask


class BatchNormalization(BatchNormalizationBatchFormula):
    def forward_pass(self, X, training=True):
        self.by_batch = training and self.trainable
        return super().forward_pass(X, training)

    def backward_pass(self, accum_grad):
        gamma = self.gamma
        through_batch = super().backward_pass(accum_grad)
        return through_batch if self.by_batch else accum_grad * gamma * self.inverse_deviation


class Rnn(RnnReplica):
    """Full backpropagation through time, and a frozen one that stays as it is."""

    def backward_pass(self, accum_grad):
        X, h = self.layer_input, self.states
        dU, dV, dW = np.zeros_like(self.U), np.zeros_like(self.V), np.zeros_like(self.W)
        dX, into_state = np.zeros(X.shape), np.zeros(h[:, 0].shape)
        for t in reversed(range(X.shape[1])):
            dV += accum_grad[:, t].T.dot(h[:, t])
            into_sum = (accum_grad[:, t].dot(self.V) + into_state) * (1 - h[:, t] ** 2)
            dU += into_sum.T.dot(X[:, t])
            dW += into_sum.T.dot(h[:, t - 1])
            dX[:, t] = into_sum.dot(self.U)
            into_state = into_sum.dot(self.W)
        if self.trainable:
            self.U = self.U_opt.update(self.U, dU)
            self.V = self.V_opt.update(self.V, dV)
            self.W = self.W_opt.update(self.W, dW)
        return dX


class Conv2D(Layer):
    """By loops over the places of the filter, with zeros around."""

    def __init__(self, n_filters=2, filter_shape=(3, 3), stride=1):
        self.n_filters, self.filter_shape, self.stride = n_filters, filter_shape, stride

    def initialize(self, optimizer):
        self.W = np.random.uniform(-0.3, 0.3, (self.n_filters, self.input_shape[0], *self.filter_shape))
        self.w0 = np.zeros((self.n_filters, 1))
        self.W_opt, self.w0_opt = copy.copy(optimizer), copy.copy(optimizer)

    def places(self):
        height, width = self.filter_shape
        rows = self.padded.shape[2] - height + 1
        columns = self.padded.shape[3] - width + 1
        for i in range(height):
            for j in range(width):
                yield i, j, (slice(i, i + rows, self.stride), slice(j, j + columns, self.stride))

    def forward_pass(self, X, training=True):
        before = [(size - 1) // 2 for size in self.filter_shape]
        after = [size // 2 for size in self.filter_shape]
        self.edges = (slice(None), slice(None), *(slice(b, b + n) for b, n in zip(before, X.shape[2:])))
        self.padded = np.pad(X, ((0, 0), (0, 0), (before[0], after[0]), (before[1], after[1])))
        parts = [
            np.einsum("nchw,fc->nfhw", self.padded[(slice(None), slice(None), *where)], self.W[:, :, i, j])
            for i, j, where in self.places()
        ]
        return sum(parts) + self.w0.reshape(1, -1, 1, 1)

    def backward_pass(self, accum_grad):
        dW, d_padded = np.zeros_like(self.W), np.zeros_like(self.padded)
        for i, j, (rows, columns) in self.places():
            dW[:, :, i, j] = np.einsum("nfhw,nchw->fc", accum_grad, self.padded[:, :, rows, columns])
            d_padded[:, :, rows, columns] += np.einsum("nfhw,fc->nchw", accum_grad, self.W[:, :, i, j])
        if self.trainable:
            self.W = self.W_opt.update(self.W, dW)
            self.w0 = self.w0_opt.update(self.w0, accum_grad.sum(axis=(0, 2, 3)).reshape(-1, 1))
        return d_padded[self.edges]


# ---- forward and backward, gradients left in the layer


class Affine:
    """Gradients in a dictionary beside that of the parameters."""

    def __init__(self, n_in=3, n_out=2):
        rng = np.random.default_rng(0)
        self.params = {"W": rng.standard_normal((n_in, n_out)), "b": np.zeros(n_out)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, grad):
        self.grads["W"] = self.x.T @ grad
        self.grads["b"] = grad.sum(axis=0)
        return grad @ self.params["W"].T


class AccumulatingAffine:
    """The same in `parameters` and `gradients`, added to what is there, with aliases as attributes."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W, self.b = rng.standard_normal((3, 2)), np.zeros(2)
        self.parameters = {"W": self.W, "b": self.b}
        self.gradients = {"W": np.ones((3, 2)), "b": np.ones(2)}

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.gradients["W"] += self.x.T @ grad
        self.gradients["b"] += grad.sum(axis=0)
        return (grad @ self.W.T).tolist()


class PrefixedAffine:
    """Gradients in attributes dW and db."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W, self.b = rng.standard_normal((3, 2)), np.zeros(2)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T


class AffineOfProperties(PrefixedAffine):
    """W is held under another name."""

    @property
    def W(self):
        return self._weights

    @W.setter
    def W(self, value):
        self._weights = value


class AffineInSlots:
    """Without a dictionary of attributes."""

    __slots__ = ("W", "dW", "x")

    def __init__(self):
        self.W = np.random.default_rng(0).standard_normal((3, 2))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T


class ReturningAffine(PrefixedAffine):
    """Everything is returned."""

    def backward(self, grad):
        return [grad @ self.W.T, self.x.T @ grad, grad.sum(axis=0)]


class Parameter:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)


class ObjectsAffine:
    """Parameters are objects with a value and a gradient, handed out by a method."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W, self.b = Parameter(rng.standard_normal((3, 2))), Parameter(np.zeros((1, 2)))

    def params(self):
        return {"W": self.W, "b": self.b}

    def forward(self, x):
        self.x = x
        return x @ self.W.value + self.b.value

    def backward(self, grad):
        self.W.grad += self.x.T @ grad
        self.b.grad += grad.sum(axis=0, keepdims=True)
        return grad @ self.W.value.T


class SteppingAffine:
    """backward takes a learning rate and makes the step."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.weights, self.bias = rng.standard_normal((2, 3)), rng.standard_normal(2)

    def forward(self, x):
        self.x = x
        return x @ self.weights.T + self.bias

    def backward(self, output_gradient, learning_rate):
        input_gradient = output_gradient @ self.weights
        self.weights -= learning_rate * output_gradient.T @ self.x
        self.bias -= learning_rate * output_gradient.sum(axis=0)
        return input_gradient


class ListedAffine:
    """Lists of parameters and gradients, filled in place."""

    def __init__(self):
        weights = np.random.default_rng(0).standard_normal((3, 2))
        self.params, self.grads = [weights], [np.zeros_like(weights)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0]

    def backward(self, grad):
        self.grads[0][...] = self.x.T @ grad
        return grad @ self.params[0].T


class Embedding:
    """Takes integers."""

    def __init__(self):
        self.W = np.random.default_rng(0).standard_normal((5, 2))

    def forward(self, indices):
        self.indices = indices
        return self.W[indices]

    def backward(self, grad):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.indices, grad)


class Product:
    """Two inputs."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, grad):
        return grad * self.b, grad * self.a


class SwitchedDropout:
    """Told by methods whether it trains; inverted; a generator of its own."""

    def __init__(self, p=0.5):
        self.p, self.training, self.rng = p, True, np.random.default_rng(3)

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def forward(self, x):
        self.mask = (self.rng.random(x.shape) > self.p) / (1 - self.p) if self.training else 1.0
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


# ---- functions


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def conv_forward(x, w, b, conv_param):
    """By loops that fill an array of zeros."""
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((len(x), len(w), *((n + 2 * pad - k) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:]))))
    for f, i, j in np.ndindex(out.shape[1:]):
        rows, columns = slice(i * stride, i * stride + w.shape[2]), slice(j * stride, j * stride + w.shape[3])
        out[:, f, i, j] = np.sum(padded[:, :, rows, columns] * w[f], axis=(1, 2, 3)) + b[f]
    return out, (x, w, padded, conv_param)


def conv_backward(dout, cache):
    x, w, padded, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    d_padded, dw = np.zeros_like(padded), np.zeros_like(w)
    for f, i, j in np.ndindex(dout.shape[1:]):
        rows, columns = slice(i * stride, i * stride + w.shape[2]), slice(j * stride, j * stride + w.shape[3])
        g = dout[:, f, i, j][:, None, None, None]
        dw[f] += np.sum(g * padded[:, :, rows, columns], axis=0)
        d_padded[:, :, rows, columns] += g * w[f]
    return d_padded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, dout.sum(axis=(0, 2, 3))


def batchnorm_forward(x, gamma, beta, bn_param):
    """Changes the dictionary that it is given."""
    mean, var = x.mean(axis=0), x.var(axis=0)
    bn_param["running_mean"] = 0.9 * bn_param.get("running_mean", 0.0) + 0.1 * mean
    normalized = (x - mean) / np.sqrt(var + 1e-5)
    return gamma * normalized + beta, (normalized, gamma, var)


def batchnorm_backward(dout, cache):
    normalized, gamma, var = cache
    g = dout * gamma
    dx = (g - g.mean(axis=0) - normalized * (g * normalized).mean(axis=0)) / np.sqrt(var + 1e-5)
    return {"dx": dx, "dgamma": (dout * normalized).sum(axis=0), "dbeta": dout.sum(axis=0)}


def dropout_forward(x, dropout_param):
    mask = (np.random.rand(*x.shape) < dropout_param["p"]) / dropout_param["p"]
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache


def lstm_step_forward(x, h, c, Wx, Wh, b):
    """Returns two outputs and a cache."""
    units = h.shape[1]
    sums = x @ Wx + h @ Wh + b
    i, f, o = (1 / (1 + np.exp(-sums[:, k * units : (k + 1) * units])) for k in range(3))
    g = np.tanh(sums[:, 3 * units :])
    next_c = f * c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, h, c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, h, c, Wx, Wh, i, f, o, g, next_c = cache
    tanh = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - tanh**2)
    parts = [dc * g * i * (1 - i), dc * c * f * (1 - f), dnext_h * tanh * o * (1 - o), dc * i * (1 - g**2)]
    sums = np.hstack(parts)
    return sums @ Wx.T, sums @ Wh.T, dc * f, x.T @ sums, h.T @ sums, sums.sum(axis=0)


def split_forward(x):
    """Returns a tuple of outputs, and a cache."""
    return (2 * x, x**2), x


def split_backward(douts, cache):
    return 2 * douts[0] + 2 * cache * douts[1]


def lookup_forward(indices, W):
    return W[indices], (indices, W)


def lookup_backward(dout, cache):
    indices, W = cache
    dW = np.zeros_like(W)
    np.add.at(dW, indices, dout)
    return dW


def scaled_forward(x, *, scale=1.0):
    return x * scale, scale


def scaled_backward(dout, cache):
    return dout * cache


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    dx = p.copy()
    dx[rows, y] -= 1
    return -np.log(p[rows, y]).mean(), dx / len(x)


def svm_loss(x, y):
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1.0)
    margins[rows, y] = 0
    dx = (margins > 0).astype(float)
    dx[rows, y] -= dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


def mean_square(y, p):
    return np.mean((y - p) ** 2)


def mean_square_derivative(y, p):
    return 2 * (p - y) / y.size


class Sigmoid:
    """Called on arrays, with a derivative."""

    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self(x) * (1 - self(x))


class SquareLoss:
    def loss(self, y, p):
        return 0.5 * (y - p) ** 2

    def gradient(self, y, p):
        return p - y


class SquareLossOfSamples(SquareLoss):
    """A number per sample, and the gradient of each in all of its entries."""

    def loss(self, y, p):
        return np.sum(super().loss(y, p), axis=-1)
