"""Figures: what each way gave and cost, of one layer, and how far the two lie apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinygrad_fs.dtypes import Array

__all__ = ["Cost", "Difference", "LayerComparison", "kilobytes", "milliseconds"]


@dataclass(frozen=True)
class Difference:
    """How far two arrays lie apart.

    Attributes
    ----------
    name : str
        "output", "input gradient", or the name of the parameter whose gradient it is.
    absolute : float
        The largest difference of two entries.
    relative : float
        That, divided by the largest entry of the hand-written way's array; 0 where both are all zeros.
    cosine : float
        Of the angle between the two; 1 where both are all zeros.
    """

    name: str
    absolute: float
    relative: float
    cosine: float

    @classmethod
    def between(cls, name: str, recorded: Array, written: Array) -> Difference:
        """Compare the array of the tape with that of the hand-written passes.

        Examples
        --------
        >>> Difference.between("W", np.array([1.0, 2.0]), np.array([1.0, 4.0])).relative
        0.5
        """
        if recorded.shape != written.shape:
            return cls(name, math.inf, math.inf, math.nan)
        a, b = recorded.astype(np.float64).ravel(), written.astype(np.float64).ravel()
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            same = np.array_equal(a, b, equal_nan=True)
            return cls(name, *((0.0, 0.0, 1.0) if same else (math.inf, math.inf, math.nan)))
        absolute = float(np.abs(a - b).max(initial=0.0))
        lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
        return cls(
            name,
            absolute,
            absolute / float(np.abs(b).max(initial=0.0) or 1.0),
            float(a @ b) / lengths if lengths else float(absolute == 0),
        )


@dataclass(frozen=True)
class Cost:
    """What one way costs.

    Attributes
    ----------
    forward, backward : float
        Seconds, without optimizers.
    kept : int
        Bytes of the arrays that wait for the backward pass, beyond parameters and data.
    peak : int
        The most bytes in use meanwhile, beyond those before the step.
    """

    forward: float
    backward: float
    kept: int
    peak: int


@dataclass(frozen=True)
class LayerComparison:
    """A layer, or the loss, in both ways.

    Attributes
    ----------
    name : str
    output_shape : tuple of int
        With the batch.
    parameters : int
        How many numbers are learned.
    differences : tuple of Difference
        Of the output, the gradient at the input, and those of the parameters.
    autograd, layerwise : Cost
    """

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    differences: tuple[Difference, ...]
    autograd: Cost
    layerwise: Cost

    @property
    def largest(self) -> Difference | None:
        """The largest relative difference of all; None if there is nothing to compare, as of a loss."""
        return max(self.differences, key=lambda each: each.relative, default=None)


def milliseconds(seconds: float) -> str:
    """A time for tables."""
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:,.0f}"


def kilobytes(count: int) -> str:
    """A size for tables."""
    return f"{count / 1000:,.0f}"
