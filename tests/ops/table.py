"""The op table: one row per public function, which drives every test of an op.

The rows of a family stand in `rows_<family>.py`, as `ROWS`; functions without a gradient, with the reason, as
`WITHOUT_GRADIENT`.

A row gives the function as NumPy users call it, inputs to check at, and the NumPy function that it must agree
with. Inputs keep away from kinks and singular points; those have tests of their own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_fs as tg

GENERATOR = np.random.default_rng(42)


def normal(*shape: int) -> np.ndarray:
    return GENERATOR.standard_normal(shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(GENERATOR.standard_normal(shape)) + 0.5


def apart(*shape: int) -> np.ndarray:
    """Values that differ from each other and from 0 by at least 0.1, so that no tie or kink is near."""
    size = int(np.prod(shape))
    values = np.linspace(-1.05, 1.05, size) if size > 1 else np.full(size, 0.7)
    near = np.abs(values) < 0.05
    values[near] = 1.2 + 0.1 * np.arange(np.count_nonzero(near))
    return GENERATOR.permutation(values).reshape(shape)


@dataclass(frozen=True)
class Row:
    """One way to call a public function.

    Attributes
    ----------
    name : str
        The public name in tinygrad_fs; "linalg.inv" for one in a namespace, "np.linspace" for a rule of NumPy's
        function that has no public name.
    inputs : sequence of array
        What is differentiated.
    reference : callable
        Takes the arrays and gives what NumPy gives.
    call : callable, optional
        How the function is called with the inputs; the function itself by default.
    note : str
        What sets this row apart from others of the same name.
    second : bool
        Whether there is a second derivative to check.
    float32 : float
        Relative tolerance for values in float32.
    """

    name: str
    inputs: Sequence[np.ndarray]
    reference: Callable[..., Any]
    call: Callable[..., Any] | None = None
    note: str = ""
    second: bool = True
    float32: float = 2e-6

    def __call__(self, *inputs: Any) -> Any:
        return (self.call or attrgetter(self.name)(tg))(*inputs)

    def __str__(self) -> str:
        return f"{self.name}-{self.note}" if self.note else self.name


def both(name: str, *inputs: np.ndarray, note: str = "", float32: float = 2e-6, **options: Any) -> Row:
    """A row of a function with the arguments of NumPy's."""
    return Row(
        name,
        inputs,
        lambda *xs: getattr(np, name)(*xs, **options),
        lambda *xs: getattr(tg, name)(*xs, **options),
        note,
        float32=float32,
    )


def all_rows() -> list[Row]:
    """The rows of all families."""
    return [row for family in _families() for row in getattr(family, "ROWS", [])]


def without_gradient() -> dict[str, str]:
    """The functions of all families that have no gradient, with the reason."""
    return {name: reason for family in _families() for name, reason in getattr(family, "WITHOUT_GRADIENT", {}).items()}


def with_own_tests() -> dict[str, str]:
    """The functions that have a test file of their own in place of rows."""
    return {name: file for family in _families() for name, file in getattr(family, "TESTED_ELSEWHERE", {}).items()}


def _families() -> list[Any]:
    folder = Path(__file__).parent / "rows"
    return [importlib.import_module(path.stem) for path in sorted(folder.glob("rows_*.py"))]
