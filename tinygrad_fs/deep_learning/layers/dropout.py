"""Dropout: features that are left out at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.deep_learning.layers.layer import Layer, Shape
from tinygrad_fs.ops.layers.dropouts import Dropout as Masked

__all__ = ["Dropout"]


class Dropout(Layer):
    """Sets each element to 0 with probability `p` in training; in evaluation scales all by ``1 - p``.

    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", in its original
    form: it is the evaluation that makes up for what is missing in training.

    Parameters
    ----------
    p : float, default 0.2
        From 0 to 1.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning.layers import Dropout
    >>> Dropout(0.25).forward_pass(np.ones(3), training=False)
    array([0.75, 0.75, 0.75])
    """

    def __init__(self, p: float = 0.2) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p={p} is no probability; it must be from 0 to 1")
        self.p = p
        self.trainable = True
        self._mask: Any = None

    def forward_pass(self, X: Any, training: bool = True) -> Any:
        """The product with a new mask in training, with ``1 - p`` in evaluation."""
        # All that is drawn comes from this generator, in this order: a seed gives the same run as it always did.
        self._mask = np.random.random_sample(X.shape) > self.p if training else 1 - self.p
        return _product(X, self._mask)

    def backward_pass(self, accum_grad: Any) -> Any:
        """The product with the factor of the latest forward pass, be it a mask or a number."""
        if self._mask is None:
            raise RuntimeError("Dropout.backward_pass: no forward_pass came before it")
        return _product(accum_grad, self._mask)

    def output_shape(self) -> Shape:
        """That of the input."""
        return self._known_input_shape()


def _product(X: Any, factor: Any) -> Any:
    """The product with a number, or with a mask, by an op that keeps it as the bytes that it is."""
    is_mask = isinstance(factor, np.ndarray) and X.dtype.kind == "f"
    return Masked.apply(X, mask=factor, scale=1.0) if is_mask else X * factor
