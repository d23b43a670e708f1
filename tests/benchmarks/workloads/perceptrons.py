"""The perceptrons that every peer can train: their sizes, first weights and data, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["SMALL", "WIDE", "Perceptron"]


@dataclass(frozen=True)
class Perceptron:
    """Linear layers of these sizes, ReLU between them, cross-entropy of the last, Adam at a rate of 0.001."""

    sizes: tuple[int, ...]
    batch: int

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Features in and out, layer by layer."""
        return list(zip(self.sizes[:-1], self.sizes[1:]))

    def of_batch(self, batch: int) -> Perceptron:
        """The same with another number of samples."""
        return replace(self, batch=batch)

    def weights(self) -> list[tuple[Any, Any]]:
        """Weights, of shape (in, out), and biases, layer by layer."""
        rng = np.random.default_rng(2)
        bounds = [1.0 / np.sqrt(inputs) for inputs, _ in self.pairs]
        return [
            (rng.uniform(-bound, bound, pair).astype(np.float32), np.zeros(pair[1], np.float32))
            for bound, pair in zip(bounds, self.pairs)
        ]

    def data(self) -> tuple[Any, Any]:
        """Inputs and the class of each."""
        rng = np.random.default_rng(1)
        inputs = rng.random((self.batch, self.sizes[0]), dtype=np.float32)
        return inputs, rng.integers(self.sizes[-1], size=self.batch)


SMALL = Perceptron((64, 64, 10), 32)
WIDE = Perceptron((64, 512, 512, 512, 512, 10), 256)
