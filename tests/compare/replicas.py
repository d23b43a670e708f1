"""Layers of the source's protocol whose backward is not the gradient of their forward.

Each makes one mistake of the source, and is written here from its formula; what is not the mistake is right. Their
names end in what is wrong.
"""

from __future__ import annotations

import copy

import numpy as np


class Layer:
    trainable = True
    input_shape = None

    def set_input_shape(self, shape):
        self.input_shape = shape

    def layer_name(self):
        return type(self).__name__


# ---- activations: functions with a derivative, and the layer that applies them


class Elementwise(Layer):
    """x -> f(x), and back: the gradient times f'(x)."""

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return self.value(X)

    def backward_pass(self, accum_grad):
        return accum_grad * self.slope(self.layer_input)


class ReluOneAtZero(Elementwise):
    def value(self, x):
        return np.where(x >= 0, x, 0.0)

    def slope(self, x):
        return np.where(x >= 0, 1.0, 0.0)


class LeakyReluOneAtZero(Elementwise):
    alpha = 0.2

    def value(self, x):
        return np.where(x >= 0, x, self.alpha * x)

    def slope(self, x):
        return np.where(x >= 0, 1.0, self.alpha)


class EluOneAtZero(Elementwise):
    alpha = 0.1

    def value(self, x):
        return np.where(x >= 0, x, self.alpha * (np.exp(x) - 1.0))

    def slope(self, x):
        return np.where(x >= 0, 1.0, self.value(x) + self.alpha)


class SeluScaleAtZero(Elementwise):
    alpha, scale = 1.6732632423543772, 1.0507009873554805

    def value(self, x):
        return self.scale * np.where(x >= 0, x, self.alpha * (np.exp(x) - 1.0))

    def slope(self, x):
        return self.scale * np.where(x >= 0, 1.0, self.alpha * np.exp(x))


class SoftmaxDiagonal(Elementwise):
    """The Jacobian of softmax is diag(p) - p p'; this has the diagonal p (1 - p) alone."""

    def value(self, x):
        raised = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return raised / np.sum(raised, axis=-1, keepdims=True)

    def slope(self, x):
        p = self.value(x)
        return p * (1 - p)


# ---- layers without parameters


class UpSamplingTopLeft(Layer):
    """Every input pixel becomes a block; the gradient of one pixel of the block is taken for that of all."""

    def __init__(self, size=(2, 2)):
        self.size = size

    def forward_pass(self, X, training=True):
        return X.repeat(self.size[0], axis=2).repeat(self.size[1], axis=3)

    def backward_pass(self, accum_grad):
        return accum_grad[:, :, :: self.size[0], :: self.size[1]]


class DropoutStaleMask(Layer):
    """In evaluation the forward scales by 1 - p, and the backward uses the mask of the last training batch."""

    def __init__(self, p=0.4):
        self.p = p
        self.mask = None

    def forward_pass(self, X, training=True):
        factor = 1 - self.p
        if training:
            self.mask = np.random.uniform(size=X.shape) > self.p
            factor = self.mask
        return X * factor

    def backward_pass(self, accum_grad):
        return accum_grad * self.mask


class MaxPoolingFirstOfTies(Layer):
    """The first maximum of a window takes all of its gradient."""

    def __init__(self, pool_shape=(2, 2), stride=1):
        self.pool_shape, self.stride = pool_shape, stride

    def windows(self, shape):
        (height, width), stride = self.pool_shape, self.stride
        for i in range((shape[2] - height) // stride + 1):
            for j in range((shape[3] - width) // stride + 1):
                yield i, j, slice(i * stride, i * stride + height), slice(j * stride, j * stride + width)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        (height, width), stride = self.pool_shape, self.stride
        out = np.zeros(
            (X.shape[0], X.shape[1], (X.shape[2] - height) // stride + 1, (X.shape[3] - width) // stride + 1)
        )
        for i, j, rows, columns in self.windows(X.shape):
            out[:, :, i, j] = X[:, :, rows, columns].max(axis=(2, 3))
        return out

    def backward_pass(self, accum_grad):
        X = self.layer_input
        grad = np.zeros(X.shape)
        for i, j, rows, columns in self.windows(X.shape):
            window = X[:, :, rows, columns].reshape(X.shape[0], X.shape[1], -1)
            takes = np.eye(window.shape[2])[window.argmax(axis=2)].reshape(X[:, :, rows, columns].shape)
            grad[:, :, rows, columns] += takes * accum_grad[:, :, i, j][:, :, None, None]
        return grad


# ---- layers with parameters


class BatchNormalizationBatchFormula(Layer):
    """Whatever the forward has used, the backward takes it for the statistics of the batch."""

    def __init__(self, momentum=0.99):
        self.momentum, self.eps = momentum, 0.01
        self.running_mean = self.running_var = None

    def initialize(self, optimizer):
        self.gamma, self.beta = np.ones(self.input_shape), np.zeros(self.input_shape)
        self.gamma_opt, self.beta_opt = copy.copy(optimizer), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        if self.running_mean is None:
            self.running_mean, self.running_var = np.mean(X, axis=0), np.var(X, axis=0)
        if training and self.trainable:
            mean, var = np.mean(X, axis=0), np.var(X, axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        self.inverse_deviation = 1 / np.sqrt(var + self.eps)
        self.normalized = (X - mean) * self.inverse_deviation
        return self.gamma * self.normalized + self.beta

    def backward_pass(self, accum_grad):
        gamma = self.gamma
        if self.trainable:
            self.gamma = self.gamma_opt.update(self.gamma, np.sum(accum_grad * self.normalized, axis=0))
            self.beta = self.beta_opt.update(self.beta, np.sum(accum_grad, axis=0))
        centred = accum_grad - np.mean(accum_grad, axis=0)
        along = self.normalized * np.mean(accum_grad * self.normalized, axis=0)
        return gamma * self.inverse_deviation * (centred - along)


class RnnReplica(Layer):
    """h_t = tanh(U x_t + W h_(t-1)), out_t = V h_t; the loss at step t reaches back bptt_trunc steps.

    Three mistakes: the input's gradient at step t is that of the loss at step t alone; the truncation; and
    trainable=False, which it does not look at.
    """

    def __init__(self, n_units=3, bptt_trunc=5):
        self.n_units, self.bptt_trunc = n_units, bptt_trunc

    def initialize(self, optimizer):
        size, units = self.input_shape[1], self.n_units
        self.U = np.random.uniform(-1, 1, (units, size)) / np.sqrt(size)
        self.V = np.random.uniform(-1, 1, (size, units)) / np.sqrt(units)
        self.W = np.random.uniform(-1, 1, (units, units)) / np.sqrt(units)
        self.U_opt, self.V_opt, self.W_opt = (copy.copy(optimizer) for _ in range(3))

    def forward_pass(self, X, training=True):
        self.layer_input = X
        samples, steps, size = X.shape
        self.states = np.zeros((samples, steps + 1, self.n_units))
        outputs = np.zeros((samples, steps, size))
        for t in range(steps):
            self.states[:, t] = np.tanh(X[:, t].dot(self.U.T) + self.states[:, t - 1].dot(self.W.T))
            outputs[:, t] = self.states[:, t].dot(self.V.T)
        return outputs

    def backward_pass(self, accum_grad):
        X, h = self.layer_input, self.states
        steps = X.shape[1]
        dU, dV, dW = np.zeros_like(self.U), np.zeros_like(self.V), np.zeros_like(self.W)
        dX = np.zeros(X.shape)
        for t in reversed(range(steps)):
            dV += accum_grad[:, t].T.dot(h[:, t])
            into_state = accum_grad[:, t].dot(self.V) * (1 - h[:, t] ** 2)
            dX[:, t] = into_state.dot(self.U)
            for s in range(t, max(-1, t - self.bptt_trunc - 1), -1):
                dU += into_state.T.dot(X[:, s])
                dW += into_state.T.dot(h[:, s - 1])
                into_state = into_state.dot(self.W) * (1 - h[:, s - 1] ** 2)
        self.U = self.U_opt.update(self.U, dU)
        self.V = self.V_opt.update(self.V, dV)
        self.W = self.W_opt.update(self.W, dW)
        return dX


# ---- losses: objects with loss(y, p) and gradient(y, p)


class CrossEntropyClipped:
    """The loss clips p; the gradient goes on as if it were not clipped, up to 1e15."""

    def loss(self, y, p):
        p = np.clip(p, 1e-15, 1 - 1e-15)
        return -y * np.log(p) - (1 - y) * np.log(1 - p)

    def gradient(self, y, p):
        p = np.clip(p, 1e-15, 1 - 1e-15)
        return -y / p + (1 - y) / (1 - p)
