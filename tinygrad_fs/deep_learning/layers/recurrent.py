"""RNN: a state that goes from step to step."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.activation_functions import ActivationFunction, backward_through
from tinygrad_fs.deep_learning.layers.activation import activation_named
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, drawn, kept
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor

__all__ = ["RNN"]


class KnownStates(Op):
    """h = f(x + b w^T), whose values are known;  dx = d, db = d w, dw: the sum of d^T b; d is g times the slope of f.

    An op of its own, since truncation takes several rounds of equal values: computing them took 60 % of a step.
    """

    def forward(x: Any, b: Any, w: Any, *, f: Any, values: Any, slope: Any) -> Any:
        return values

    def vjp(g: Any, x: Any, b: Any, w: Any, needs: Any, f: Any, slope: Any) -> Any:
        if slope is None or isinstance(g, Tensor):
            d = backward_through(f, x + np.matmul(b, np.swapaxes(w, 0, 1)), g)
        else:
            d = g * slope
        return d, _times(d, w) if needs[1] else None, _summed(d, b) if needs[2] else None


class RNN(Layer):
    """``h_t = f(x_t @ U.T + h_(t-1) @ W.T)``, from h = 0 on; the output of a step is ``h_t @ V.T``.

    Parameters
    ----------
    n_units : int
        The size of the state h.
    activation : str, default "tanh"
        The function f, a key of `activation_functions`.
    bptt_trunc : int or None, default 5
        The loss at step t reaches the states t, t - 1, ... t - bptt_trunc and no earlier ones: backpropagation
        through time is cut off, in both ways of backprop alike. That is an approximation, exact if there are at most
        ``bptt_trunc + 1`` steps. With None nothing is cut off.
    input_shape : (int, int), optional
        Steps and features. The first layer needs it.

    Attributes
    ----------
    U : array (n_units, features)
        Uniform within 1 / sqrt(features) of 0.
    V : array (features, n_units)
        Uniform within 1 / sqrt(n_units) of 0.
    W : array (n_units, n_units)
        As V.

    Raises
    ------
    ValueError
        If the activation is unknown, or `bptt_trunc` negative.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import RNN
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> layer = RNN(8, input_shape=(10, 3))
    >>> layer.initialize(Adam())
    >>> layer.forward_pass(np.zeros((4, 10, 3))).shape
    (4, 10, 3)
    """

    def __init__(
        self, n_units: int, activation: str = "tanh", bptt_trunc: int | None = 5, input_shape: Shape | None = None
    ) -> None:
        if bptt_trunc is not None and bptt_trunc < 0:
            raise ValueError(f"RNN: bptt_trunc={bptt_trunc} must be at least 0, or None for the whole gradient")
        self.input_shape = input_shape
        self.n_units = n_units
        self.activation = activation_named(activation)
        self.trainable = True
        self.bptt_trunc = bptt_trunc
        self.U: Any = None
        self.V: Any = None
        self.W: Any = None
        self.states: Any = None
        self._state_input: Any = None

    def initialize(self, optimizer: Any) -> None:
        """Draw the weights; raises ValueError if the input shape is not that of sequences."""
        _, features = self._known_input_shape(2, "(steps, features)")
        self.U = drawn(1 / math.sqrt(features), (self.n_units, features))
        limit = 1 / math.sqrt(self.n_units)
        self.V = drawn(limit, (features, self.n_units))
        self.W = drawn(limit, (self.n_units, self.n_units))
        self.U_opt = copy.copy(optimizer)
        self.V_opt = copy.copy(optimizer)
        self.W_opt = copy.copy(optimizer)

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The outputs of all steps."""
        self.layer_input = kept(X)
        driven = ops.matmul(X, ops.transpose(self.U))
        if isinstance(driven, Tensor) and self._is_truncated(X.shape[1]):
            states = self._windows(driven)
        else:
            states, state_input = self._run(driven, self.W)
            self.states, self._state_input = kept(states), kept(state_input)
        return ops.matmul(states, ops.transpose(self.V))

    def _is_truncated(self, steps: int) -> bool:
        return self.bptt_trunc is not None and self.bptt_trunc < steps - 1

    def _run(self, driven: Any, W: Any) -> tuple[Any, Any]:
        """The states, and what f was applied to, from the part of the latter that the input brings."""
        state = np.zeros((driven.shape[0], self.n_units))
        turned = ops.transpose(W)
        states, inputs = [], []
        for t in range(driven.shape[1]):
            state_input = driven[:, t] + ops.matmul(state, turned)
            state = self.activation(state_input)
            states.append(state)
            inputs.append(state_input)
        return ops.stack(states, axis=1), ops.stack(inputs, axis=1)

    def _windows(self, driven: Any) -> Any:
        """The states, recorded so that their gradients reach `bptt_trunc` steps back.

        Round j leads to all states from those of round j - 1, one step earlier each; the first round starts
        from the values of the states. So what a state remembers of its history are the rounds behind it.
        """
        W = self.W.numpy() if isinstance(self.W, Tensor) else self.W
        values, arguments = self._run(driven.numpy(), W)
        f = self.activation
        elementwise = getattr(type(f), "backward_pass", None) is ActivationFunction.backward_pass
        slope = f.gradient(arguments) if elementwise else None
        states, beginning = values, np.zeros_like(values[:, :1])
        for _ in range((self.bptt_trunc or 0) + 1):
            before = ops.concatenate([beginning, states[:, :-1]], axis=1)
            states = KnownStates.apply(driven, before, self.W, f=f, values=values, slope=slope)
        return states

    def backward_pass(self, accum_grad: Any) -> Any:
        """Sums over the steps: dV of g_t^T h_t, dU of d_t^T x_t, dW of d_t^T h_(t-1); and dx_t = d_t U.

        Here g_t is the gradient at the output of step t, and d_t that at the argument of f: all later losses
        that the truncation lets through are in it.
        """
        X, U, states = self._forwarded(), self.U, self.states
        d = self._through_time(accum_grad @ self.V)
        if self.trainable:
            before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
            self._learn(U=_summed(d, X), V=_summed(accum_grad, states), W=_summed(d, before))
        return d @ U

    def _through_time(self, grad_states: Any) -> Any:
        """The gradients at the arguments of f, from those that reach the states from their own outputs.

        Where the gradient is cut off, what came from the loss of each later step is kept apart (axis 0: this step,
        one step later, ...), so that the oldest can be dropped.
        """
        samples, steps, units = grad_states.shape
        truncated = self._is_truncated(steps)
        apart = (self.bptt_trunc or 0) + 1 if truncated else 1
        d = np.empty_like(grad_states)
        later = np.zeros_like(grad_states, shape=(apart, samples, units))
        for t in reversed(range(steps)):
            reaching = later @ self.W
            if truncated:
                reaching = np.roll(reaching, 1, axis=0)
                reaching[0] = 0
            reaching[0] += grad_states[:, t]
            later = backward_through(self.activation, self._state_input[:, t], reaching)
            d[:, t] = later.sum(axis=0)
        return d

    def output_shape(self) -> Shape:
        """That of the input."""
        return self._known_input_shape()


def _times(rows: Any, matrix: Any) -> Any:
    """The product of the last axis with a matrix, as one and not one for each sample."""
    return (rows.reshape(-1, rows.shape[-1]) @ matrix).reshape(rows.shape)


def _summed(left: Any, right: Any) -> Any:
    """The sum over samples and steps of left^T right."""
    return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])
