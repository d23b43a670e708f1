"""Layers in plain NumPy by the algorithms of ML-From-Scratch: what the layers of `deep_learning` are held against.

Its are the algorithms, pass by pass, written down here from their formulas. Images are padded; index arrays are made in
each pass of a convolution, and by them columns are gathered and, going back, added up with `np.add.at`; the columns
are kept for the weights' gradient. Masks are uniform floats compared with p. ReLU and its derivative, in whole
numbers, are choices by `np.where`. What batch normalization has in both gradients is computed twice. Each line of a
formula makes new arrays, all in float64, and nothing is fused.

Ours is what makes both compute the same, at the same cost: the power of t in Adam, and the whole derivative of the
softmax instead of its diagonal.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

__all__ = ["PlainNetwork"]


class PlainAdam:
    """Adam, with a new array for each part of its formula."""

    def __init__(self) -> None:
        self.t, self.m, self.v = 0, 0.0, 0.0

    def update(self, w: Any, g: Any) -> Any:
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * np.power(g, 2)
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        return w - 0.001 * m / (np.sqrt(v) + 1e-8)


class Plain:
    """A layer without parameters."""

    shape: tuple[int, ...]

    def build(self) -> None:
        """Create parameters."""

    def out_shape(self) -> tuple[int, ...]:
        return self.shape


class PlainDense(Plain):
    def __init__(self, units: int) -> None:
        self.units = units

    def build(self) -> None:
        limit = 1 / math.sqrt(self.shape[0])
        self.W, self.w0 = np.random.uniform(-limit, limit, (self.shape[0], self.units)), np.zeros((1, self.units))
        self.W_opt, self.w0_opt = PlainAdam(), PlainAdam()

    def forward(self, x: Any) -> Any:
        self.x = x
        return x.dot(self.W) + self.w0

    def backward(self, g: Any) -> Any:
        W = self.W
        self.W = self.W_opt.update(W, self.x.T.dot(g))
        self.w0 = self.w0_opt.update(self.w0, np.sum(g, axis=0, keepdims=True))
        return g.dot(W.T)

    def out_shape(self) -> tuple[int, ...]:
        return (self.units,)


class PlainConv3x3(Plain):
    """Filters of 3 x 3 with a border of 1."""

    def __init__(self, filters: int) -> None:
        self.filters = filters

    def build(self) -> None:
        self.W = np.random.uniform(-1 / 3, 1 / 3, (self.filters, self.shape[0], 3, 3))
        self.w0 = np.zeros((self.filters, 1))
        self.W_opt, self.w0_opt = PlainAdam(), PlainAdam()

    def at(self) -> tuple[Any, ...]:
        """Where the entries of the columns stand in the padded images."""
        taps = np.indices(self.W.shape[1:]).reshape(3, -1, 1)
        corners = np.indices(self.shape[1:]).reshape(2, 1, -1)
        return slice(None), taps[0], taps[1] + corners[0], taps[2] + corners[1]

    def forward(self, x: Any) -> Any:
        self.padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        self.columns = self.padded[self.at()].transpose(1, 2, 0).reshape(self.W[0].size, -1)
        out = self.W.reshape(self.filters, -1).dot(self.columns) + self.w0
        return out.reshape(self.filters, *x.shape[2:], len(x)).transpose(3, 0, 1, 2)

    def backward(self, g: Any) -> Any:
        matrix, rows = self.W.reshape(self.filters, -1), g.transpose(1, 2, 3, 0).reshape(self.filters, -1)
        self.W = self.W_opt.update(self.W, rows.dot(self.columns.T).reshape(self.W.shape))
        self.w0 = self.w0_opt.update(self.w0, np.sum(rows, axis=1, keepdims=True))
        padded = np.zeros(self.padded.shape)
        columns = matrix.T.dot(rows).reshape(matrix.shape[1], -1, len(g)).transpose(2, 0, 1)
        np.add.at(padded, self.at(), columns)
        return padded[:, :, 1:-1, 1:-1]

    def out_shape(self) -> tuple[int, ...]:
        return (self.filters, *self.shape[1:])


class PlainBatchNormalization(Plain):
    def build(self) -> None:
        self.gamma, self.beta = np.ones(self.shape), np.zeros(self.shape)
        self.gamma_opt, self.beta_opt = PlainAdam(), PlainAdam()
        self.running_mean = self.running_var = 0.0

    def forward(self, x: Any) -> Any:
        mean, var = np.mean(x, axis=0), np.var(x, axis=0)
        self.running_mean = 0.99 * self.running_mean + 0.01 * mean
        self.running_var = 0.99 * self.running_var + 0.01 * var
        self.centred, self.r = x - mean, 1 / np.sqrt(var + 0.01)
        return self.gamma * (self.centred * self.r) + self.beta

    def backward(self, g: Any) -> Any:
        gamma, n = self.gamma, len(g)
        self.gamma = self.gamma_opt.update(gamma, np.sum(g * (self.centred * self.r), axis=0))
        self.beta = self.beta_opt.update(self.beta, np.sum(g, axis=0))
        spread = self.centred * self.r**2 * np.sum(g * self.centred, axis=0)
        return (1 / n) * gamma * self.r * (n * g - np.sum(g, axis=0) - spread)


class PlainDropout(Plain):
    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, x: Any) -> Any:
        self.mask = np.random.uniform(size=x.shape) > self.p
        return x * self.mask

    def backward(self, g: Any) -> Any:
        return g * self.mask


class PlainRNN(Plain):
    """A state that goes from step to step by tanh; the loss of a step reaches the states of `reach` steps before it."""

    def __init__(self, units: int, reach: int) -> None:
        self.units, self.reach = units, reach

    def build(self) -> None:
        features = self.shape[1]
        of_input, of_state = 1 / math.sqrt(features), 1 / math.sqrt(self.units)
        self.U = np.random.uniform(-of_input, of_input, (self.units, features))
        self.V = np.random.uniform(-of_state, of_state, (features, self.units))
        self.W = np.random.uniform(-of_state, of_state, (self.units, self.units))
        self.U_opt, self.V_opt, self.W_opt = PlainAdam(), PlainAdam(), PlainAdam()

    def forward(self, x: Any) -> Any:
        samples, steps, _ = x.shape
        self.x, out = x, np.zeros(x.shape)
        self.driven = np.zeros((samples, steps, self.units))
        self.states = np.zeros((samples, steps + 1, self.units))  # the last one stands before the first
        for t in range(steps):
            self.driven[:, t] = x[:, t].dot(self.U.T) + self.states[:, t - 1].dot(self.W.T)
            self.states[:, t] = plain_tanh(self.driven[:, t])
            out[:, t] = self.states[:, t].dot(self.V.T)
        return out

    def backward(self, g: Any) -> Any:
        dU, dV, dW, dx = (np.zeros(array.shape) for array in (self.U, self.V, self.W, g))
        for t in reversed(range(g.shape[1])):
            dV += g[:, t].T.dot(self.states[:, t])
            d = g[:, t].dot(self.V) * slope_of_plain_tanh(self.driven[:, t])
            dx[:, t] = d.dot(self.U)
            for earlier in range(t, max(0, t - self.reach) - 1, -1):
                dU += d.T.dot(self.x[:, earlier])
                dW += d.T.dot(self.states[:, earlier - 1])
                d = d.dot(self.W) * slope_of_plain_tanh(self.driven[:, earlier - 1])
        self.U, self.V, self.W = (
            self.U_opt.update(self.U, dU),
            self.V_opt.update(self.V, dV),
            self.W_opt.update(self.W, dW),
        )
        return dx


def plain_tanh(x: Any) -> Any:
    return 2 / (1 + np.exp(-2 * x)) - 1


def slope_of_plain_tanh(x: Any) -> Any:
    return 1 - np.power(plain_tanh(x), 2)


class PlainReLU(Plain):
    def forward(self, x: Any) -> Any:
        self.x = x
        return np.where(x >= 0, x, 0)

    def backward(self, g: Any) -> Any:
        return g * np.where(self.x >= 0, 1, 0)


class PlainFlatten(Plain):
    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return x.reshape(len(x), -1)

    def backward(self, g: Any) -> Any:
        return g.reshape(self.before)

    def out_shape(self) -> tuple[int, ...]:
        return (math.prod(self.shape),)


class PlainSoftmax(Plain):
    def forward(self, x: Any) -> Any:
        self.x = x
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def backward(self, g: Any) -> Any:
        p = self.forward(self.x)
        return p * (g - np.sum(g * p, axis=-1, keepdims=True))


class PlainNetwork:
    """A stack of these layers; a step minimises the binary cross-entropy."""

    def __init__(self, layers: list[Any], shape: tuple[int, ...]) -> None:
        self.layers = copy.copy(layers)
        for layer in self.layers:
            layer.shape = shape
            layer.build()
            shape = layer.out_shape()

    def train_on_batch(self, X: Any, y: Any) -> tuple[float, float]:
        out = X
        for layer in self.layers:
            out = layer.forward(out)
        p = np.clip(out, 1e-15, 1 - 1e-15)
        loss = np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))
        accuracy = np.mean(np.argmax(y, axis=1) == np.argmax(out, axis=1))
        g = -(y / p) + (1 - y) / (1 - p)
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return float(loss), float(accuracy)
