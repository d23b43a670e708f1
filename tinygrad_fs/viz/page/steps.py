"""Steps: what a page knows of one op, or of one derivative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tinygrad_fs.viz.page.arrays import Arrays

__all__ = ["FINE", "MADE", "PASSED", "Given", "Sent", "Step", "Story", "trouble_of"]

FINE, PASSED, MADE = range(3)
"""Whether a step's results are finite; hold a nan or an infinity that it was given; or one that it made."""


class Given(NamedTuple):
    """What an op computed on: the box that it came from, what formulas call it, and the array, each -1 if unknown."""

    box: int
    name: str
    array: int


class Sent(NamedTuple):
    """A gradient that a derivative sent on.

    Attributes
    ----------
    box : int
        Where to.
    name : str
        What formulas call the argument.
    array, sum : int
        The gradient, and what has come together there with it; -1 if unknown.
    arrived, expected : int
        Which of how many that come together there in this backward pass it is, from 1.
    is_summed : bool
        Whether it had to be summed to the shape of its argument, which was broadcast.
    """

    box: int
    name: str
    array: int
    sum: int
    arrived: int
    expected: int
    is_summed: bool


class Step(NamedTuple):
    """One op, or one derivative.

    Attributes
    ----------
    phase : int
        Which of the phases it belongs to.
    box : int
    is_backward : bool
        It is the derivative of the box's op.
    given : list of Given
        What the op computed on.
    outputs : list of int
        The arrays that it made.
    gradients : list of int
        Of a derivative, the gradients of the outputs.
    sent : list of Sent
    seconds : float
    alive : int
        Bytes that are kept after it; -1 if unknown.
    line : int
        The line of the user's program that called the op; -1 if unknown.
    trouble : int
        `FINE`, `PASSED` or `MADE`.
    """

    phase: int
    box: int
    is_backward: bool
    given: list[Given]
    outputs: list[int]
    gradients: list[int]
    sent: list[Sent]
    seconds: float
    alive: int
    line: int
    trouble: int


@dataclass(slots=True)
class Story:
    """Steps in their order, the names of their phases, and how many steps have no box in the drawing."""

    steps: list[Step]
    phases: list[str]
    untold: int = 0


def trouble_of(arrays: Arrays, before: list[int], made: list[int]) -> int:
    """Whether what was made is finite, and if not, whether what went in explains it."""
    if not any(arrays.is_bad(array) for array in made):
        return FINE
    if any(arrays.has_nan(array) for array in before):
        return PASSED
    if any(arrays.is_bad(array) for array in before):  # an inf explains an inf, but not a nan
        return MADE if any(arrays.has_nan(array) for array in made) else PASSED
    return MADE
