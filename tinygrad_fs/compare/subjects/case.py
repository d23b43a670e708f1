"""The common shape of all that can be audited: cases, each of which can be run forward and backward again and again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.errors import RunError
from tinygrad_fs.dtypes import Array

__all__ = ["ByHand", "Case", "Subject", "same", "smaller_sizes"]


def same(a: Any, b: Any) -> bool:
    """Whether an array is to the bit what another is; True of all else."""
    return not isinstance(a, np.ndarray) or bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


def smaller_sizes(size: int) -> list[int]:
    """What to try in the place of a size, the smallest first."""
    return [new for new in sorted({1, 2, size // 2, size - 1}) if 0 < new < size]


@dataclass
class ByHand:
    """What one run of a hand-written backward gave.

    Attributes
    ----------
    outputs : tuple of ndarray
        Of the forward that went before.
    gradients : dict of str to object
        By name; None where backward gave none.
    updated : frozenset of str
        The parameters that backward updated.
    remarks : tuple of str
        What else was seen.
    """

    outputs: tuple[Array, ...]
    gradients: dict[str, Any]
    updated: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()


class Case(ABC):
    """One situation: values, a mode and random states, fixed, so that every run is the same.

    Attributes
    ----------
    draw : Draw
    values : dict of str to ndarray
        Where gradients are taken, by name.
    budget : int or None
        How often forward may run for the central differences of one gradient; if None, as its speed allows.
    """

    draw: Draw
    values: dict[str, Array]
    budget: int | None = None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The values that are parameters, not inputs."""
        return ()

    @property
    def truncation(self) -> str | None:
        """What cuts the gradient short on purpose, if anything does, as ``bptt_trunc=5``."""
        return None

    @property
    def is_warm(self) -> bool:
        """Whether a forward on another batch went before."""
        return False

    @abstractmethod
    def cotangents(self, outputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Gradients of the outputs to begin with."""

    @abstractmethod
    def forward(self, values: Mapping[str, Any], *, traced: bool = False) -> tuple[Any, ...]:
        """The outputs, as a tuple, at other values: arrays, or Tensors, which record. What the code raises passes."""

    @abstractmethod
    def by_hand(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The gradients that the hand-written backward gives; raises `RunError` where it raises."""

    def settle(self) -> None:  # noqa: B027 (there may be nothing)
        """Find out once what need not be done anew for every run."""

    @abstractmethod
    def drawn(self) -> list[str]:
        """The modules whose global generators it draws from."""

    def by_hand_untruncated(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The same without what cuts them short."""
        return self.by_hand(cotangents)

    def by_hand_without_forward(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The same with this forward left out: of whatever an earlier one has left."""
        raise RunError("backward", RuntimeError("there was no earlier forward"))

    def warmed_otherwise(self, number: int) -> Case:
        """The same case after another batch."""
        return self


class Subject(ABC):
    """What is audited, in one configuration.

    Attributes
    ----------
    title, label : str
        Its name, and the configuration.
    modes : tuple of str
        Of "training", "evaluation" and "frozen" those that it has.
    budget : int or None
        That of its cases.
    """

    title: str
    label: str
    modes: tuple[str, ...]
    budget: int | None = None

    @property
    def remarks(self) -> list[str]:
        """What the report should say besides the findings."""
        return []

    @property
    @abstractmethod
    def generators(self) -> list[Any]:
        """Generators of random numbers that all copies of it share."""

    @abstractmethod
    def case(self, mode: str, draw: Draw) -> Case:
        """A case of a mode; raises `RunError` where the code fails before it can be run."""

    def variations(self) -> Iterator[Subject]:
        """The same in other configurations: a batch of one, another stride, an even kernel."""
        return iter(())

    def smaller(self) -> Iterator[Subject]:
        """The same with smaller inputs, the smallest first."""
        return iter(())
