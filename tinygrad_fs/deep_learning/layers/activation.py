"""Activation: a function of each element as a layer."""

from __future__ import annotations

from typing import Any

from tinygrad_fs.deep_learning.activation_functions import (
    ELU,
    SELU,
    LeakyReLU,
    Linear,
    ReLU,
    Sigmoid,
    Softmax,
    SoftPlus,
    Swish,
    TanH,
    backward_through,
)
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape, kept

__all__ = ["Activation", "activation_functions", "activation_named"]

activation_functions: dict[str, Any] = {
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "selu": SELU,
    "elu": ELU,
    "softmax": Softmax,
    "leaky_relu": LeakyReLU,
    "tanh": TanH,
    "softplus": SoftPlus,
    "linear": Linear,
    "swish": Swish,
}
"""The class of each activation function, by the name that layers know it by. More may be entered."""


class Activation(Layer):
    """An activation function as a layer.

    Parameters
    ----------
    name : str
        A key of the dict `activation_functions`.

    Raises
    ------
    ValueError
        If there is no such key.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Activation
    >>> layer = Activation("relu")
    >>> layer.layer_name(), layer.forward_pass(np.array([-1.0, 2.0]))
    ('Activation (ReLU)', array([0., 2.]))
    """

    def __init__(self, name: str) -> None:
        self.activation_name = name
        self.activation_func = activation_named(name)
        self.trainable = True

    def layer_name(self) -> str:
        """The name in summaries, with that of the function."""
        return f"Activation ({type(self.activation_func).__name__})"

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The values of the function."""
        self.layer_input = kept(X)
        return self.activation_func(X)

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient times the derivative of the function; of softmax, times the whole Jacobian matrix."""
        return backward_through(self.activation_func, self._forwarded(), accum_grad)

    def output_shape(self) -> Shape:
        """That of the input."""
        return self._known_input_shape()


def activation_named(name: str) -> Any:
    """A new activation function of this name."""
    if name not in activation_functions:
        raise ValueError(f"activation {name!r} is unknown; use {', '.join(map(repr, activation_functions))}")
    return activation_functions[name]()
