"""EarlyStopping: when to end a training that no longer gets better."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tinygrad_fs.deep_learning.saving import arrays_of, restore_arrays

__all__ = ["EarlyStopping", "Patience"]


@dataclass(frozen=True)
class EarlyStopping:
    """Ends `NeuralNetwork.fit` when the error has not become smaller for a while.

    The error is that of the validation data where there are any, else that of the training.

    Parameters
    ----------
    patience : int, default 5
        After how many epochs in a row without improvement.
    min_delta : float, default 0
        By how much the error must be below the best so far to count as one.
    restore_best : bool, default True
        Whether the layers get back what they had after the best epoch, when the training ends.

    Raises
    ------
    ValueError
        If `patience` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning import EarlyStopping, NeuralNetwork
    >>> from tinygrad_fs.deep_learning.layers import Dense
    >>> from tinygrad_fs.deep_learning.loss_functions import SquareLoss
    >>> from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent
    >>> X, y = np.ones((4, 1)), np.zeros((4, 1))
    >>> network = NeuralNetwork(StochasticGradientDescent(0.25), SquareLoss)
    >>> network.add(Dense(1, input_shape=(1,)))
    >>> errors, _ = network.fit(X, y, n_epochs=100, batch_size=4, early_stopping=EarlyStopping(patience=3))
    >>> len(errors) < 100
    True
    """

    patience: int = 5
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(f"EarlyStopping: patience={self.patience} must be at least 1")


class Patience:
    """What one run of `fit` remembers for the sake of `EarlyStopping`."""

    def __init__(self, options: EarlyStopping, layers: list[Any]) -> None:
        self._options = options
        self._layers = layers
        self._best = math.inf
        self._epochs = 0
        self._kept: list[dict[str, Any]] | None = None

    def ends_after(self, error: float) -> bool:
        """Take note of the error of an epoch; whether it was the last that was worth waiting for."""
        if error < self._best - self._options.min_delta:
            self._best, self._epochs = error, 0
            if self._options.restore_best:
                self._kept = [_copies(layer) for layer in self._layers]
        else:
            self._epochs += 1
        return self._epochs >= self._options.patience

    def restore(self) -> None:
        """Give the layers what they had after the best epoch."""
        for layer, arrays in zip(self._layers, self._kept or ()):
            restore_arrays(layer, arrays)


def _copies(layer: Any) -> dict[str, Any]:
    return {name: None if value is None else value.copy() for name, value in arrays_of(layer).items()}
