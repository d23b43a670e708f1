"""Central differences of a forward pass: slopes, kinks, and what the slopes are in the neighbourhood of a kink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import Array

__all__ = ["BUDGET", "PATIENCE", "Differences", "Directional", "Precision", "Slope"]

_RUNS = 4
"""What a slope costs: two steps, on both sides."""

BUDGET = 2000 * _RUNS
"""How often forward may run for one gradient: up to 2,000 entries are moved one by one; of more, random directions."""

PATIENCE = 10.0
"""How many seconds that may take, where nobody has set a budget."""

_DIRECTIONS = 40
_FEWEST = 3
_LEAST = 1.0  # what slopes are measured by where they are small: a step of 2e-5 changes them by as much times curvature
_NEIGHBOURS = 6


class Precision(NamedTuple):
    """What differences are worth where values have a dtype.

    Attributes
    ----------
    step : float
        How far to move; the finer of the two steps is a quarter of it.
    tolerance : float
        The relative error that a right slope may have.
    radius : float
        How far away the neighbours of a kink are.
    nudge : float
        How far to move there: less than what separates the neighbours' entries.
    """

    step: float
    tolerance: float
    radius: float
    nudge: float

    @classmethod
    def of(cls, arrays: Any) -> Precision:
        """That of the coarsest of `arrays`."""
        return cls.for_bits(min([array.dtype.itemsize * 8 for array in arrays if array.dtype.kind == "f"], default=64))

    @classmethod
    def for_bits(cls, bits: int) -> Precision:
        """That of floating numbers of so many bits."""
        coarse = {16: cls(0.25, 0.2, 1.0, 0.1), 32: cls(2e-2, 2e-2, 0.1, 2e-3)}
        return coarse.get(bits, cls(2e-5, 1e-5, 1e-4, 5e-8))


class Slope(NamedTuple):
    """The derivative along a direction, and whether there is one: whether it is the same on both sides."""

    value: float
    left: float
    right: float
    smooth: bool


class Directional(NamedTuple):
    """A gradient known by its products with some directions only."""

    directions: Array
    slopes: Array

    def of(self, gradient: Array) -> Array:
        """The products of another gradient with the same directions."""
        products: Array = self.directions @ np.ravel(gradient)
        return products


class Differences:
    """Slopes of ``sum(g * forward(values))`` in the values.

    Parameters
    ----------
    forward : callable
        Takes values by name and returns the outputs, a tuple of arrays: the same for the same values.
    values : mapping of str to ndarray
        Where to take the slopes. Values with a slope are moved as float64.
    cotangents : tuple of ndarray
        g, one array for each output.

    Examples
    --------
    >>> differences = Differences(lambda v: (np.abs(v["x"]),), {"x": np.array([-3.0, 0.0])}, (np.ones(2),))
    >>> gradient, kinks = differences.gradient("x")
    >>> gradient.round(6).tolist(), kinks.tolist()
    ([-1.0, 0.0], [False, True])
    """

    def __init__(
        self,
        forward: Callable[[Mapping[str, Any]], tuple[Array, ...]],
        values: Mapping[str, Array],
        cotangents: tuple[Array, ...],
    ) -> None:
        self._forward = forward
        self._values = {
            name: value.astype(np.float64) if value.dtype.kind == "f" else value for name, value in values.items()
        }
        self._cotangents = cotangents
        self._outputs = forward(self._values)
        self._precisions: dict[str, Precision] = {}

    def precision(self, name: str) -> Precision:
        """What differences in a value are worth: less than the outputs' dtype says, where it is cast on its way."""
        if name not in self._precisions:
            direction = np.random.default_rng(0).standard_normal(self._values[name].shape)
            precision = Precision.of(self._outputs)
            if self._notices(name, 1e-2 * direction):
                coarser = (bits for bits, move in ((16, 1e-5), (32, 1e-9)) if not self._notices(name, move * direction))
                precision = max(precision, Precision.for_bits(next(coarser, 64)))
            self._precisions[name] = precision
        return self._precisions[name]

    def _notices(self, name: str, by: Array) -> bool:
        return any(not np.array_equal(a, b) for a, b in zip(self._moved(name, by), self._outputs))

    def slope(self, name: str, direction: Array, scale: float = 0.0) -> Slope:
        """The slope along `direction`, which has the shape of the value.

        Two step sizes are tried. They agree where the forward is smooth, and so do, as the step shrinks, the slopes
        to the left and to the right.

        Parameters
        ----------
        name : str
            Of the value to move.
        direction : ndarray
        scale : float
            How large slopes are elsewhere: how much of a disagreement is rounding.
        """
        longer, tolerance, *_ = self.precision(name)
        coarse = self._sides(name, direction, longer)
        left, right = self._sides(name, direction, longer / 4)
        rough, value = sum(coarse) / 2, (left + right) / 2
        size = max(abs(rough), abs(value), scale, _LEAST)
        agree = abs(rough - value) <= 10 * tolerance * size
        # The difference between right and left is the curvature times the step, or else a jump that stays.
        jump, wider = abs(right - left), abs(coarse[1] - coarse[0])
        smooth = agree and not (jump > 100 * tolerance * size and jump > wider / 2)
        if smooth:
            value += (value - rough) / 15  # the error in the square of the step cancels
        return Slope(value, left, right, bool(smooth))

    def slope_in(self, name: str, index: tuple[int, ...], scale: float = 0.0) -> Slope:
        """The slope in one entry."""
        return self.slope(name, _unit(self._values[name].shape, index), scale)

    def budget(self) -> int:
        """How often forward may run for one gradient: so often that it takes no longer than there is patience for."""
        seconds = []
        for _ in range(3):
            begin = perf_counter()
            self._forward(self._values)
            seconds.append(perf_counter() - begin)
        return min(BUDGET, int(PATIENCE / max(min(seconds), 1e-9)))

    def is_affordable(self, name: str, budget: int) -> bool:
        """Whether every entry of a value can be moved with so many runs of forward."""
        return _RUNS * self._values[name].size <= budget

    def gradient(self, name: str) -> tuple[Array, Array]:
        """The slope in every entry of a value, and a mask of the entries at kinks."""
        value = self._values[name]
        slopes = [self.slope_in(name, index) for index in np.ndindex(value.shape)]
        gradient = np.array([each.value for each in slopes]).reshape(value.shape)
        return gradient, np.array([not each.smooth for each in slopes], bool).reshape(value.shape)

    def directional(self, name: str, rng: np.random.Generator, budget: int = BUDGET) -> Directional:
        """The slopes along random directions, without those that meet kinks: forty, or as many as can be afforded."""
        value = self._values[name]
        count = min(_DIRECTIONS, max(_FEWEST, budget // _RUNS))
        directions = rng.standard_normal((count, value.size)) / np.sqrt(value.size)
        slopes = [self.slope(name, direction.reshape(value.shape)) for direction in directions]
        smooth = [each.smooth for each in slopes]
        return Directional(directions[smooth], np.array([each.value for each in slopes])[smooth])

    def is_steep(self, name: str, index: tuple[int, ...]) -> bool:
        """Whether a slope in one entry grows without bounds as the step shrinks, as that of a root or of log at 0."""
        unit, step = _unit(self._values[name].shape, index), self.precision(name).step
        far = max(map(abs, self._sides(name, unit, step)))
        return max(map(abs, self._sides(name, unit, step / 4))) > 1.5 * far

    def around(self, name: str, index: tuple[int, ...], rng: np.random.Generator) -> Array:
        """The slopes in one entry at points nearby: on both sides of it, and in other directions from it.

        Among them are those in which entries rise, or fall, in their order: a backward that lets the first, or the
        last, of several equal values win takes the slope there.
        """
        _, _, radius, step = self.precision(name)
        unit = _unit(self._values[name].shape, index)
        moving = {key: value.shape for key, value in self._values.items() if value.dtype.kind == "f"}
        directions = [{name: unit}]
        directions += [{key: _ramp(shape, step) for key, shape in moving.items()} for step in (1, -1)]
        directions += [{key: rng.standard_normal(shape) for key, shape in moving.items()} for _ in range(_NEIGHBOURS)]
        slopes = []
        for offsets in ({key: sign * radius * d for key, d in each.items()} for each in directions for sign in (1, -1)):
            above, below = self._at(offsets, name, step * unit), self._at(offsets, name, -step * unit)
            slopes.append(self._weighed(above, below) / (2 * step))
        return np.array(slopes)

    def _sides(self, name: str, direction: Array, step: float) -> tuple[float, float]:
        """The slopes to the left and to the right, over a step."""
        above, below = self._moved(name, step * direction), self._moved(name, -step * direction)
        return self._weighed(self._outputs, below) / step, self._weighed(above, self._outputs) / step

    def _moved(self, name: str, by: Array) -> tuple[Array, ...]:
        return self._forward({**self._values, name: self._values[name] + by})

    def _at(self, offsets: Mapping[str, Array], name: str, by: Array) -> tuple[Array, ...]:
        values = {key: value + offsets.get(key, 0.0) for key, value in self._values.items()}
        return self._forward({**values, name: values[name] + by})

    def _weighed(self, above: tuple[Array, ...], below: tuple[Array, ...]) -> float:
        # Outputs first, then the sum: differences of sums would lose the digits that the outputs still have.
        return float(sum(np.sum(g * (a.astype(np.float64) - b)) for g, a, b in zip(self._cotangents, above, below)))


def _ramp(shape: tuple[int, ...], step: int) -> Array:
    """Values from 1 to 2 in the order of the entries, or against it."""
    return np.linspace(1.0, 2.0, int(np.prod(shape)))[::step].reshape(shape)


def _unit(shape: tuple[int, ...], index: tuple[int, ...]) -> Array:
    unit = np.zeros(shape)
    unit[index] = 1.0
    return unit
