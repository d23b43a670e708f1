"""What all layers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.tensor import Tensor

__all__ = ["OPTIMIZER", "Layer", "Shape", "drawn", "floating", "kept", "learn", "parameter_names"]

Shape: TypeAlias = tuple[int, ...]

OPTIMIZER = "_opt"
"""Ending of the attribute that holds the optimizer of a parameter."""


class Layer:
    """The base of layers. Shapes are those of one sample, without the batch.

    A subclass defines ``forward_pass(X, training=True)``, ``backward_pass(accum_grad)`` and ``output_shape()``, and
    with parameters also ``initialize(optimizer)``. An attribute `W` is a parameter if an optimizer `W_opt` stands
    beside it.

    Attributes
    ----------
    input_shape : tuple of int or None
        Given to the first layer of a network; the network tells the others.
    trainable : bool
        If False the parameters are frozen: neither way of backprop changes them.
    gradients : mapping of str to array
        What the latest backward pass found for each parameter, by name.
    saved : tuple of str
        Attributes that `NeuralNetwork.save` writes besides the parameters.

    Examples
    --------
    A layer of one's own, which scales each feature:

    >>> import copy
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Layer
    >>> class Scale(Layer):
    ...     def initialize(self, optimizer):
    ...         self.W, self.W_opt = np.ones(self.input_shape), copy.copy(optimizer)
    ...
    ...     def forward_pass(self, X, training=True):
    ...         self.layer_input = X
    ...         return X * self.W
    ...
    ...     def backward_pass(self, accum_grad):
    ...         W = self.W
    ...         if self.trainable:
    ...             self.W = self.W_opt.update(W, np.sum(accum_grad * self.layer_input, axis=0))
    ...         return accum_grad * W
    ...
    ...     def output_shape(self):
    ...         return self.input_shape
    """

    input_shape: Any = None
    trainable: bool = True
    gradients: Mapping[str, Any] = MappingProxyType({})
    layer_input: Any = None
    saved: tuple[str, ...] = ()

    def set_input_shape(self, shape: Shape) -> None:
        """Tell the layer the shape of a sample that comes in."""
        self.input_shape = shape

    def layer_name(self) -> str:
        """The name in summaries."""
        return type(self).__name__

    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum([int(np.size(getattr(self, name))) for name in parameter_names(self)])

    def initialize(self, optimizer: Any) -> None:
        """Create the parameters, and for each a copy of the optimizer; without parameters there is nothing to do."""

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The output for a batch: an array for arrays, a Tensor for Tensors."""
        raise NotImplementedError(self._missing("forward_pass(self, X, training=True)"))

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradient of the loss at the input from that at the output of the latest `forward_pass`, on arrays.

        Updates the parameters, if the layer is trainable.
        """
        raise NotImplementedError(self._missing("backward_pass(self, accum_grad)"))

    def output_shape(self) -> Shape:
        """The shape of a sample that goes out."""
        raise NotImplementedError(self._missing("output_shape(self)"))

    def _missing(self, method: str) -> str:
        return f"{type(self).__name__}: define `def {method}: ...` in the class"

    def _known_input_shape(self, axes: int = 0, meaning: str = "") -> Shape:
        """The input shape; raise if it is not known, or has not that many axes."""
        shape, name = self.input_shape, type(self).__name__
        if shape is None:
            raise ValueError(
                f"{name}: its input shape is not known. The first layer of a network needs it: give the layer "
                "input_shape=..., the shape of one sample, or call its set_input_shape(...) before add"
            )
        shape = tuple(shape)
        if axes and len(shape) != axes:
            raise ValueError(f"{name}: its input has shape {shape} per sample; it must be {meaning}")
        return shape

    def _forwarded(self) -> Any:
        """The input of the latest forward pass, for the backward pass."""
        if self.layer_input is None:
            raise RuntimeError(
                f"{type(self).__name__}.backward_pass: no forward_pass on arrays came before it; on Tensors, call "
                ".backward() on the loss instead"
            )
        return self.layer_input

    def _learn(self, **gradients: Any) -> None:
        learn(self, gradients)


def parameter_names(layer: Any) -> list[str]:
    """The names of a layer's parameters: of the floating arrays that have an optimizer beside them."""
    attributes = vars(layer)
    found = [name[: -len(OPTIMIZER)] for name in attributes if name.endswith(OPTIMIZER)]
    return [name for name in found if _is_floating(attributes.get(name))] if found else found


def learn(layer: Any, gradients: dict[str, Any]) -> None:
    """Let the optimizer of each parameter make a step, and leave the gradients on the layer."""
    layer.gradients = gradients
    for name, gradient in gradients.items():
        optimizer = getattr(layer, name + OPTIMIZER)
        setattr(layer, name, optimizer.update(getattr(layer, name), gradient))


def drawn(limit: float, shape: Shape) -> Any:
    """Uniform initial weights within `limit` of 0, from NumPy's global generator, as seeded scripts expect them."""
    return np.random.uniform(-limit, limit, shape)


def floating(X: Any) -> Any:
    """`X` as floats, where it is whole numbers: pixels, for instance, may come as they are."""
    return X if X.dtype.kind == "f" else X.astype(np.float64)


def kept(value: Any) -> Any:
    """What a forward pass keeps for `backward_pass`: nothing of Tensors, since the tape keeps what it needs itself."""
    return None if isinstance(value, Tensor) else value


def _is_floating(value: Any) -> bool:
    return isinstance(value, (np.ndarray, Tensor)) and value.dtype.kind == "f"
