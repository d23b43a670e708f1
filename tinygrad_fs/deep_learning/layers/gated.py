"""LSTM and GRU: recurrent layers whose state passes through gates."""

from __future__ import annotations

import copy
import math
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, drawn, kept

__all__ = ["GRU", "LSTM"]


class GatedLayer(Layer):
    """The base of both: weights, the way through the steps and back.

    Parameters
    ----------
    n_units : int
        The size of the state h, which is also the output.
    input_shape : (int, int), optional
        Steps and features. The first layer needs it.
    return_sequences : bool, default True
        Whether the states of all steps are the output, or that of the last alone.

    Attributes
    ----------
    U : array (parts * n_units, features)
        For the input: the parts, gates and candidate, one below the other. Uniform within 1 / sqrt(features) of 0.
    W : array (parts * n_units, n_units)
        For the state. Uniform within 1 / sqrt(n_units) of 0.
    w0 : array (1, parts * n_units)
    """

    _parts: ClassVar[int]

    def __init__(self, n_units: int, input_shape: Shape | None = None, return_sequences: bool = True) -> None:
        self.n_units = n_units
        self.input_shape = input_shape
        self.return_sequences = return_sequences
        self.trainable = True
        self.U: Any = None
        self.W: Any = None
        self.w0: Any = None
        self._steps: list[Any] = []

    def initialize(self, optimizer: Any) -> None:
        """Draw the weights, U before W; raises ValueError if the input shape is not that of sequences."""
        _, features = self._known_input_shape(2, "(steps, features)")
        rows = self._parts * self.n_units
        self.U = drawn(1 / math.sqrt(features), (rows, features))
        self.W = drawn(1 / math.sqrt(self.n_units), (rows, self.n_units))
        self.w0 = self._initial_bias()
        self.U_opt = copy.copy(optimizer)
        self.W_opt = copy.copy(optimizer)
        self.w0_opt = copy.copy(optimizer)

    def _initial_bias(self) -> Any:
        return np.zeros((1, self._parts * self.n_units))

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The states of all steps, or the last."""
        self.layer_input = kept(X)
        driven = ops.matmul(X, ops.transpose(self.U)) + self.w0
        carried = self._at_start(X.shape[0])
        self._steps, states = [], []
        for t in range(X.shape[1]):
            carried, remembered = self._advance(driven[:, t], carried)
            states.append(carried[0])
            if self.layer_input is not None:
                self._steps.append(remembered)
        return ops.stack(states, axis=1) if self.return_sequences else states[-1]

    def _at_start(self, samples: int) -> tuple[Any, ...]:
        """What goes from step to step, h first, before the first one."""
        return (np.zeros((samples, self.n_units)),)

    def _advance(self, driven: Any, carried: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """What the step carries on, and what its way back needs; `driven` is what the input brings to all parts."""
        raise NotImplementedError(self._missing("_advance(self, driven, carried)"))

    def _return(self, grads: tuple[Any, ...], remembered: tuple[Any, ...], grad_W: Any) -> tuple[Any, tuple[Any, ...]]:
        """The gradients at the parts, and at what came into the step; what W is due is added to `grad_W`."""
        raise NotImplementedError(self._missing("_return(self, grads, remembered, grad_W)"))

    def backward_pass(self, accum_grad: Any) -> Any:
        """With d_t the gradients at the parts of step t: dU = sum of d_t^T x_t, dw0 = sum of d_t, dx_t = d_t U."""
        X, U = self._forwarded(), self.U
        samples, steps, features = X.shape
        d = np.empty((samples, steps, len(U)))
        grad_W = np.zeros_like(self.W)
        grads = tuple([np.zeros((samples, self.n_units)) for _ in self._at_start(0)])
        for t in reversed(range(steps)):
            if self.return_sequences:
                grads = (grads[0] + accum_grad[:, t], *grads[1:])
            elif t == steps - 1:
                grads = (accum_grad, *grads[1:])
            d[:, t], grads = self._return(grads, self._steps[t], grad_W)
        if self.trainable:
            rows = d.reshape(-1, len(U))
            self._learn(U=rows.T @ X.reshape(-1, features), W=grad_W, w0=np.sum(rows, axis=0, keepdims=True))
        return d @ U

    def output_shape(self) -> Shape:
        """(steps, n_units), or (n_units,)."""
        steps, _ = self._known_input_shape(2, "(steps, features)")
        return (steps, self.n_units) if self.return_sequences else (self.n_units,)


class LSTM(GatedLayer):
    """Long short-term memory: a cell c that gates fill, keep and show.

    ``i, f, o = sigmoid(...)``, ``g = tanh(...)`` of ``x_t @ U.T + h_(t-1) @ W.T + w0``, in this order;
    ``c_t = f * c_(t-1) + i * g``;  ``h_t = o * tanh(c_t)``.

    Hochreiter and Schmidhuber 1997, "Long short-term memory", with the forget gate f of Gers, Schmidhuber and Cummins
    2000, "Learning to forget". Its bias starts at 1, so that the cell keeps at first.

    Parameters
    ----------
    n_units : int
        The size of the state h, which is also the output.
    input_shape : (int, int), optional
        Steps and features. The first layer needs it.
    return_sequences : bool, default True
        Whether the states of all steps are the output, or that of the last alone.

    Examples
    --------
    >>> from tinygrad_fs.deep_learning.layers import LSTM
    >>> LSTM(8, input_shape=(10, 3)).output_shape()
    (10, 8)
    """

    _parts = 4

    def _initial_bias(self) -> Any:
        bias = super()._initial_bias()
        bias[:, self.n_units : 2 * self.n_units] = 1
        return bias

    def _at_start(self, samples: int) -> tuple[Any, ...]:
        return np.zeros((samples, self.n_units)), np.zeros((samples, self.n_units))

    def _advance(self, driven: Any, carried: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        h, c = carried
        z = driven + ops.matmul(h, ops.transpose(self.W))
        gates, g = ops.sigmoid(z[:, : 3 * self.n_units]), ops.tanh(z[:, 3 * self.n_units :])
        i, f, o = (gates[:, n * self.n_units : (n + 1) * self.n_units] for n in range(3))
        new = f * c + i * g
        shown = ops.tanh(new)
        return (o * shown, new), (h, c, i, f, o, g, shown)

    def _return(self, grads: tuple[Any, ...], remembered: tuple[Any, ...], grad_W: Any) -> tuple[Any, tuple[Any, ...]]:
        dh, dc = grads
        h, c, i, f, o, g, shown = remembered
        dc = dc + dh * o * (1 - shown**2)
        d = np.concatenate(
            [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * shown * o * (1 - o), dc * i * (1 - g**2)], axis=1
        )
        grad_W += d.T @ h
        return d, (d @ self.W, dc * f)


class GRU(GatedLayer):
    """Gated recurrent unit: a state that gates renew in part.

    ``z, r = sigmoid(x_t @ U.T + h_(t-1) @ W.T + w0)``;  ``g = tanh(x_t @ U.T + (r * h_(t-1)) @ W.T + w0)``, each with
    its own rows of the weights, in this order;  ``h_t = z * h_(t-1) + (1 - z) * g``.

    Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", equations 5 to 8.

    Parameters
    ----------
    n_units : int
        The size of the state h, which is also the output.
    input_shape : (int, int), optional
        Steps and features. The first layer needs it.
    return_sequences : bool, default True
        Whether the states of all steps are the output, or that of the last alone.

    Examples
    --------
    >>> from tinygrad_fs.deep_learning.layers import GRU
    >>> GRU(8, input_shape=(10, 3), return_sequences=False).output_shape()
    (8,)
    """

    _parts = 3

    def _advance(self, driven: Any, carried: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        (h,), n = carried, self.n_units
        gates = ops.sigmoid(driven[:, : 2 * n] + ops.matmul(h, ops.transpose(self.W[: 2 * n])))
        z, r = gates[:, :n], gates[:, n:]
        g = ops.tanh(driven[:, 2 * n :] + ops.matmul(r * h, ops.transpose(self.W[2 * n :])))
        return (z * h + (1 - z) * g,), (h, z, r, g)

    def _return(self, grads: tuple[Any, ...], remembered: tuple[Any, ...], grad_W: Any) -> tuple[Any, tuple[Any, ...]]:
        ((dh,), (h, z, r, g)), n = (grads, remembered), self.n_units
        d_candidate = dh * (1 - z) * (1 - g**2)
        d_read = d_candidate @ self.W[2 * n :]
        d_gates = np.concatenate([dh * (h - g) * z * (1 - z), d_read * h * r * (1 - r)], axis=1)
        grad_W[: 2 * n] += d_gates.T @ h
        grad_W[2 * n :] += d_candidate.T @ (r * h)
        return np.concatenate([d_gates, d_candidate], axis=1), (dh * z + d_read * r + d_gates @ self.W[: 2 * n],)
