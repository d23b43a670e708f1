"""BatchNormalization: features brought to mean 0 and variance 1."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, floating, kept
from tinygrad_fs.ops.layers.normalization import BatchNorm
from tinygrad_fs.tensor import Tensor

__all__ = ["BatchNormalization"]

_CHUNK = 1 << 16  # elements


class BatchNormalization(Layer):
    """``gamma * (X - mean) / sqrt(var + 0.01) + beta``, for each feature by itself; of an image, for each pixel.

    In training mean and (biased) variance are those of the batch, and the running values follow them:
    ``running = momentum * running + (1 - momentum) * batch``, beginning with those of the first batch. In evaluation,
    and if the layer is frozen, they are the running values.

    Ioffe and Szegedy 2015, "Batch normalization", algorithms 1 and 2.

    Parameters
    ----------
    momentum : float, default 0.99

    Attributes
    ----------
    gamma, beta : array of the input shape
        Ones, and zeros.
    running_mean, running_var : array of the input shape, or None
        None before the first batch.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import BatchNormalization
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> layer = BatchNormalization()
    >>> layer.set_input_shape((2,))
    >>> layer.initialize(Adam())
    >>> layer.forward_pass(np.array([[1.0, 10.0], [3.0, 30.0]])).round(3)
    array([[-0.995, -1.   ],
           [ 0.995,  1.   ]])
    """

    saved = ("running_mean", "running_var")

    def __init__(self, momentum: float = 0.99) -> None:
        self.momentum = momentum
        self.trainable = True
        self.eps = 0.01
        self.running_mean: Any = None
        self.running_var: Any = None
        self.gamma: Any = None
        self.beta: Any = None
        self._mean: Any = None
        self._stddev_inv: Any = None
        self._of_batch = False

    def initialize(self, optimizer: Any) -> None:
        """Create the parameters; raises ValueError if the input shape is not known."""
        shape = self._known_input_shape()
        self.gamma = np.ones(shape)
        self.beta = np.zeros(shape)
        self.gamma_opt = copy.copy(optimizer)
        self.beta_opt = copy.copy(optimizer)

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The normalized batch."""
        X = floating(X)
        self.layer_input = kept(X)
        self._of_batch = training and self.trainable
        if not self._of_batch:
            return self._by_running_values(X)
        rows, gamma, beta = (ops.reshape(each, shape) for each, shape in self._flat(X))
        out, *statistics = BatchNorm.apply(rows, gamma, beta, eps=self.eps)
        mean, var = (_array(each).reshape(X.shape[1:]) for each in statistics)
        self._follow(mean, var)
        self._mean, self._stddev_inv = mean, 1.0 / np.sqrt(var + self.eps)
        return ops.reshape(out, X.shape)

    def _flat(self, X: Any) -> Any:
        """What goes into the op, which knows features alone, and the shapes that it knows them by."""
        size = self.gamma.size
        return (X, (X.shape[0], size)), (self.gamma, (size,)), (self.beta, (size,))

    def _by_running_values(self, X: Any) -> Any:
        if self.running_mean is None:
            values = _array(X)
            self._follow(np.mean(values, axis=0), np.var(values, axis=0))
        self._mean, self._stddev_inv = self.running_mean, 1.0 / np.sqrt(self.running_var + self.eps)
        return (X - self._mean) * (self.gamma * self._stddev_inv) + self.beta

    def _follow(self, mean: Any, var: Any) -> None:
        """Move the running values towards those of a batch; the first sets them."""
        if self.running_mean is None:
            self.running_mean, self.running_var = mean, var
        else:
            rest = 1 - self.momentum
            self.running_mean = self.momentum * self.running_mean + rest * mean
            self.running_var = self.momentum * self.running_var + rest * var

    def backward_pass(self, accum_grad: Any) -> Any:
        """With xh = (X - mean) r and r = 1 / sqrt(var + eps): dgamma = sum of g xh, dbeta = sum of g.

        For a batch of n, dX = gamma r (g - dbeta / n - xh dgamma / n), since its mean and variance depend on X.
        After a forward pass by the running values, which do not depend on X, dX = gamma r g.
        """
        rows, g = (each.reshape(len(each), -1) for each in (self._forwarded(), accum_grad))
        gamma, mean, r = (each.reshape(-1) for each in (self.gamma, self._mean, self._stddev_inv))
        centred = np.empty_like(rows)
        grad_gamma, grad_beta = np.zeros_like(gamma), np.add.reduce(g, axis=0)
        chunks = _chunks(rows)
        for chunk in chunks:
            np.subtract(rows[chunk], mean, out=centred[chunk])
            grad_gamma += np.einsum("nk,nk->k", centred[chunk], g[chunk])
        grad_gamma *= r
        if self.trainable:
            self._learn(gamma=grad_gamma.reshape(self.gamma.shape), beta=grad_beta.reshape(self.beta.shape))
        scale = gamma * r
        if not self._of_batch:
            return (scale * g).reshape(accum_grad.shape)
        slope, shift = -scale * r * grad_gamma / len(rows), -scale * grad_beta / len(rows)
        for chunk in chunks:
            part = centred[chunk]
            part *= slope
            part += scale * g[chunk]
            part += shift
        return centred.reshape(accum_grad.shape)

    def output_shape(self) -> Shape:
        """That of the input."""
        return self._known_input_shape()


def _chunks(rows: Any) -> list[slice]:
    """Rows to work on at a time, so that all passes over them find them in the cache."""
    step = max(1, _CHUNK // max(1, rows.shape[1]))
    return [slice(start, start + step) for start in range(0, len(rows), step)]


def _array(value: Any) -> Any:
    return value.numpy() if isinstance(value, Tensor) else value
