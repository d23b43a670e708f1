"""Draws: random inputs of the kind that a layer takes, some of them full of ties and kinks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.errors import AuditError
from tinygrad_fs.dtypes import Array

__all__ = ["Draw", "Template", "cotangent", "parameter"]


class Draw(NamedTuple):
    """One draw of all that is random in a case.

    Attributes
    ----------
    values : {"given", "random", "ties", "equal"}
        Inputs as the user gave them; random ones; ones from {-1, 0, 1}, where ties and kinks occur; all the same.
    parameters : {"own", "moved", "ties"}
        The layer's own parameters; moved by random numbers, or a forgotten factor of 1 would not show; from
        {-1, 0, 1}.
    warm : bool
        Whether a forward on another batch goes before.
    seed : int
    simple : bool
        Whether all numbers are small and short, to be read by people.
    """

    values: str
    parameters: str
    warm: bool
    seed: int
    simple: bool = False

    @property
    def is_generic(self) -> bool:
        """Whether ties and kinks occur only by chance."""
        return self.values in ("given", "random") and self.parameters != "ties"

    @property
    def rng(self) -> np.random.Generator:
        """A generator for this draw; the same numbers every time."""
        return np.random.default_rng(self.seed)

    @staticmethod
    def as_given(seed: int = 0) -> Draw:
        """What the user gave, with the layer's own parameters."""
        return Draw("given", "own", False, seed)

    @staticmethod
    def series(count: int, given: bool, seed: int) -> Iterator[Draw]:
        """`count` generic draws, then those with ties."""
        for number in range(count):
            yield Draw(
                "given" if given and number == 0 else "random", "moved" if number else "own", number == 1, seed + number
            )
        yield Draw("ties", "own", False, seed + count)
        yield Draw("equal", "moved", False, seed + count + 1)
        yield Draw("ties", "ties", False, seed + count + 2)


class Template(NamedTuple):
    """The shape of an argument, and what kind of numbers stand in it.

    Attributes
    ----------
    shape : tuple of int
    domain : str
        "real", "positive", "unit" (from 0 to 1), "simplex" (rows that sum to 1), "binary", "one-hot" or "integers".
    example : ndarray or None
        What the user gave.
    """

    shape: tuple[int, ...]
    domain: str = "real"
    example: Array | None = None

    @classmethod
    def of(cls, example: Any) -> Template:
        """The template of which `example` is one; its floats become those of double precision."""
        values = np.asarray(example)
        values = values.astype(np.float64) if values.dtype.kind == "f" else values
        return cls(values.shape, _domain_of(values), values)

    @property
    def is_differentiable(self) -> bool:
        """Whether it makes sense to move the numbers a little."""
        return self.domain != "integers"

    def resized(self, shape: tuple[int, ...]) -> Template:
        """The same kind of numbers in another shape; of the example the first ones are kept, where they are enough."""
        example = self.example
        if example is not None and shape != self.shape:
            fits = all(size <= held for size, held in zip(shape, self.shape))
            example = example[tuple(map(slice, shape))].copy() if fits else None
        return self._replace(shape=shape, example=example)

    def draw(self, draw: Draw, rng: np.random.Generator) -> Array:
        """An array for a draw."""
        try:
            return self._drawn(draw, rng)
        except (MemoryError, ValueError):  # larger than there is, or than can be addressed
            raise AuditError(
                f"audit: an input of shape {self.shape} does not fit into memory; give a smaller one"
            ) from None

    def _drawn(self, draw: Draw, rng: np.random.Generator) -> Array:
        if draw.values == "given" and self.example is not None:
            return np.array(self.example)
        if draw.values == "ties" and self.domain in _TIES:
            return _each_of(_TIES[self.domain], self.shape, rng)
        if draw.values == "equal" and self.domain in _TIES:
            return np.full(self.shape, _TIES[self.domain][1])
        if draw.simple and self.domain == "real":
            return whole(self.shape, rng)
        return self._random(rng).round(1) if draw.simple and self.domain != "simplex" else self._random(rng)

    def _random(self, rng: np.random.Generator) -> Array:
        shape, example = self.shape, self.example
        if self.domain == "integers":
            known = np.arange(2) if example is None or not example.size else np.unique(example)
            return np.asarray(rng.choice(known, shape))
        if self.domain == "one-hot":
            return np.asarray(np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])])
        if self.domain == "binary":
            return np.asarray(rng.integers(2, size=shape), float)
        if self.domain == "unit":
            return rng.uniform(0.05, 0.95, shape)
        if self.domain == "simplex":
            raised = np.exp(rng.standard_normal(shape))
            return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
        center, spread = (0.0, 1.0) if example is None or not example.size else (example.mean(), example.std() or 1.0)
        if self.domain == "positive":
            return np.asarray(abs(center) * np.exp(0.5 * rng.standard_normal(shape)))
        return np.asarray(center + spread * rng.standard_normal(shape))


_FEW = 8

_TIES = {"real": (-1.0, 0.0, 1.0), "positive": (1.0, 1.0, 2.0), "unit": (0.0, 0.5, 1.0), "simplex": (0.0, 0.5, 1.0)}
"""What draws with ties are drawn from; the second is what equal draws consist of."""


def parameter(own: Array, draw: Draw, rng: np.random.Generator) -> Array:
    """A parameter for a draw: its own value, or one that is moved or from {-1, 0, 1}."""
    own = own.astype(np.float64)
    if draw.parameters == "ties":
        return _each_of(_TIES["real"], own.shape, rng)
    if draw.parameters == "moved":
        spread = np.sqrt(np.mean(np.square(own))) if own.size else 0.0
        own = own + (0.3 * spread or 0.3) * rng.standard_normal(own.shape)
    return own.round(1) if draw.simple else own


def cotangent(shape: tuple[int, ...], draw: Draw, rng: np.random.Generator) -> Array:
    """A gradient to begin with: no two entries alike, as far as that goes, since a wrong sum hides behind ones."""
    return whole(shape, rng) if draw.simple else np.asarray(rng.standard_normal(shape))


def whole(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Small numbers, and if they are few, whole ones other than 0."""
    count = int(np.prod(shape))
    if count > _FEW:  # whole ones would add up to 0 here and there
        return np.asarray(rng.standard_normal(shape).round(1))
    if count == 1:
        return np.full(shape, 2.0)
    return rng.permutation(np.resize([1.0, -2.0, 3.0, 2.0, -1.0, 4.0, -3.0], count)).reshape(shape)


def _each_of(values: tuple[float, ...], shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """All of `values`, equally often, in random places; 0 is among them even where there is one place only."""
    count = int(np.prod(shape))
    middle_first = np.roll(values, -1)
    return rng.permutation(np.resize(middle_first, count)).reshape(shape)


def _domain_of(example: Array) -> str:
    if example.dtype.kind != "f":
        return "integers"
    if not example.size or not np.isfinite(example).all() or example.min() < 0:
        return "real"
    if example.max() <= 1:
        whole_rows = example.ndim > 1 and example.shape[-1] > 1 and np.allclose(example.sum(axis=-1), 1)
        if np.isin(example, (0, 1)).all():
            return "one-hot" if whole_rows else "binary"
        return "simplex" if whole_rows else "unit"
    return "positive" if example.min() > 0 else "real"
