"""Adam in plain NumPy, for peers that bring no optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["InPlaceAdam"]


class InPlaceAdam:
    """Kingma and Ba 2015, algorithm 1, at a rate of 0.001, on arrays that it changes in place."""

    def __init__(self, params: Sequence[Any]) -> None:
        self._params = params
        self._m = [np.zeros_like(p) for p in params]
        self._v = [np.zeros_like(p) for p in params]
        self._t = 0

    def step(self, gradients: Sequence[Any]) -> None:
        """Move each parameter by its gradient."""
        self._t += 1
        rate, root = 1e-3 / (1.0 - 0.9**self._t), (1.0 - 0.999**self._t) ** 0.5
        for p, g, m, v in zip(self._params, gradients, self._m, self._v):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= rate * m / (np.sqrt(v) / root + 1e-8)
