"""Layers that give the same numbers another shape."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_fs import ops
from tinygrad_fs.deep_learning.layers.layer import Layer, Shape

__all__ = ["Flatten", "Reshape"]


class Reshape(Layer):
    """Gives each sample another shape.

    Parameters
    ----------
    shape : tuple of int
        Of a sample; one size may be -1 and then follows from the others.
    input_shape : tuple of int, optional
        The first layer needs it.

    Raises
    ------
    ValueError
        If the shape has not as many elements as the input.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Reshape
    >>> Reshape((2, 3)).forward_pass(np.zeros((5, 6))).shape
    (5, 2, 3)
    """

    def __init__(self, shape: Shape, input_shape: Shape | None = None) -> None:
        self.shape = tuple(shape)
        self.input_shape = input_shape
        self.trainable = True
        self.prev_shape: Shape | None = None

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The same numbers in the new shape."""
        self.prev_shape = X.shape
        return ops.reshape(X, (X.shape[0], *self._shape_from(X.shape[1:])))

    def backward_pass(self, accum_grad: Any) -> Any:
        """The gradients in the old shape."""
        if self.prev_shape is None:
            raise RuntimeError(f"{type(self).__name__}.backward_pass: no forward_pass came before it")
        return accum_grad.reshape(self.prev_shape)

    def output_shape(self) -> Shape:
        """The new shape."""
        return self._shape_from(self._known_input_shape())

    def _shape_from(self, given: Shape) -> Shape:
        size, fixed = math.prod(given), math.prod([each for each in self.shape if each != -1])
        free = self.shape.count(-1)
        if free > 1 or (size % fixed if free and fixed else size != fixed):
            raise ValueError(f"{self.layer_name()}: {given} has {size} elements per sample, and {self.shape} not")
        return tuple([size // fixed if each == -1 else each for each in self.shape])


class Flatten(Reshape):
    """Makes a row of each sample.

    Parameters
    ----------
    input_shape : tuple of int, optional
        The first layer needs it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Flatten
    >>> Flatten().forward_pass(np.zeros((5, 2, 3))).shape
    (5, 6)
    """

    def __init__(self, input_shape: Shape | None = None) -> None:
        super().__init__((-1,), input_shape)
