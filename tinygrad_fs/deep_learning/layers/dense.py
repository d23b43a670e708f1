"""Layers that look up or mix features: Dense and Embedding."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, drawn, kept
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor

__all__ = ["Dense", "Embedding"]


class Affine(Op):
    """y = x w + b, over the last axis of x;  dx: g w^T,  dw: x^T g,  db: the sum of g over rows.

    One op in place of two, which would take a third of a small network's step.
    """

    def forward(x: Any, w: Any, b: Any) -> Any:
        if x.shape[-1:] != w.shape[:1]:
            raise ValueError(f"Dense: the input has shape {x.shape}; its last axis must be {w.shape[0]}, as in W")
        y = np.matmul(x, w)
        return np.add(y, b, out=y) if y.dtype == b.dtype else y + b

    def vjp_x(g: Any, w: Any) -> Any:
        return np.matmul(g, np.swapaxes(w, 0, 1))

    def vjp_w(g: Any, x: Any) -> Any:
        return np.matmul(np.swapaxes(_rows(x), 0, 1), _rows(g))

    def vjp_b(g: Any) -> Any:
        return np.sum(_rows(g), axis=0, keepdims=True)


class Dense(Layer):
    """``X @ W + w0`` over the last axis.

    Parameters
    ----------
    n_units : int
        The number of outputs.
    input_shape : tuple of int, optional
        ``(features,)``, or with axes before it, as ``(steps, features)``. The first layer needs it.

    Attributes
    ----------
    W : array (features, n_units)
        Uniform within 1 / sqrt(features) of 0.
    w0 : array (1, n_units)
        Zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Dense
    >>> from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent
    >>> layer = Dense(2, input_shape=(3,))
    >>> layer.initialize(StochasticGradientDescent())
    >>> layer.forward_pass(np.zeros((4, 3))).shape, layer.backward_pass(np.ones((4, 2))).shape
    ((4, 2), (4, 3))
    >>> layer.gradients["w0"]
    array([[4., 4.]])
    """

    def __init__(self, n_units: int, input_shape: Shape | None = None) -> None:
        self.n_units = n_units
        self.input_shape = input_shape
        self.trainable = True
        self.W: Any = None
        self.w0: Any = None

    def initialize(self, optimizer: Any) -> None:
        """Draw the weights; raises ValueError if the input shape is not known."""
        features = self._known_input_shape()[-1]
        self.W = drawn(1 / math.sqrt(features), (features, self.n_units))
        self.w0 = np.zeros((1, self.n_units))
        self.W_opt = copy.copy(optimizer)
        self.w0_opt = copy.copy(optimizer)

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The output; a single sample without a batch counts as a batch of one."""
        self.layer_input = kept(X)
        return Affine.apply(X if X.ndim > 1 else ops.reshape(X, (1, -1)), self.W, self.w0)

    def backward_pass(self, accum_grad: Any) -> Any:
        """From the gradient g: dW = X^T g, dw0 = sum of g, dX = g W^T, over samples and all axes before the last."""
        W = self.W
        self.learn_from(accum_grad)
        return accum_grad @ W.T

    def learn_from(self, accum_grad: Any) -> None:
        """Update the parameters as `backward_pass` does; the gradient at the input is not computed."""
        if self.trainable:
            inputs, g = _rows(self._forwarded()), _rows(accum_grad)
            self._learn(W=inputs.T @ g, w0=np.add.reduce(g, axis=0, keepdims=True))

    def output_shape(self) -> Shape:
        """One number per unit."""
        return (*self._known_input_shape()[:-1], self.n_units)


class Embedding(Layer):
    """A row of `W` for each token: vectors for words, for instance.

    Parameters
    ----------
    n_tokens : int
        How many there are; tokens are the numbers from 0 to ``n_tokens - 1``.
    n_units : int
        The length of a vector.
    input_shape : tuple of int, optional
        The shape of a sample of tokens, as ``(steps,)``. The first layer needs it.

    Attributes
    ----------
    W : array (n_tokens, n_units)
        Uniform within 1 / sqrt(n_units) of 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Embedding
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> layer = Embedding(10, 4, input_shape=(3,))
    >>> layer.initialize(Adam())
    >>> layer.forward_pass(np.array([[1, 1, 9]])).shape
    (1, 3, 4)
    """

    def __init__(self, n_tokens: int, n_units: int, input_shape: Shape | None = None) -> None:
        self.n_tokens = n_tokens
        self.n_units = n_units
        self.input_shape = input_shape
        self.trainable = True
        self.W: Any = None

    def initialize(self, optimizer: Any) -> None:
        """Draw the vectors; raises ValueError if the input shape is not known."""
        self._known_input_shape()
        self.W = drawn(1 / math.sqrt(self.n_units), (self.n_tokens, self.n_units))
        self.W_opt = copy.copy(optimizer)

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The vectors; raises ValueError for numbers that are not whole, IndexError for those that are no token."""
        self.layer_input = _tokens(X)
        W = Tensor(self.W) if isinstance(X, Tensor) and not isinstance(self.W, Tensor) else self.W
        return ops.embedding(self.layer_input, W)

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient of a vector is the sum over its places. Tokens have none: zeros are returned."""
        tokens = self._forwarded()
        if self.trainable:
            self._learn(W=self._sums(tokens.reshape(-1), accum_grad.reshape(-1, self.n_units)))
        return np.zeros(tokens.shape, accum_grad.dtype)

    def _sums(self, tokens: Any, rows: Any) -> Any:
        """The sum of the rows of each token: equal tokens are brought side by side and added up in one go."""
        order = np.argsort(tokens, kind="stable")
        found, starts = np.unique(tokens[order], return_index=True)
        sums = np.zeros_like(rows, shape=(self.n_tokens, self.n_units))
        if found.size:
            sums[found] = np.add.reduceat(rows[order], starts, axis=0)
        return sums

    def output_shape(self) -> Shape:
        """A vector per token."""
        return (*self._known_input_shape(), self.n_units)


def _rows(X: Any) -> Any:
    """All axes but the last as one; a single sample becomes a row."""
    return X if X.ndim == 2 else np.reshape(X, (X.size // X.shape[-1], X.shape[-1]))


def _tokens(X: Any) -> Any:
    values = X.numpy() if isinstance(X, Tensor) else np.asarray(X)
    if values.dtype.kind == "f":
        whole = np.rint(values)
        if not np.array_equal(whole, values):
            raise ValueError(
                f"Embedding: {values[whole != values].flat[0]} is no token; tokens are whole numbers from 0 on"
            )
        values = whole.astype(np.intp)
    return values
