"""What is measured of each op: our function, and the NumPy calls that its value and its derivative need.

The NumPy side is what one would write by hand, once: no recording, no checks, no care for rare values.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import tinygrad_fs as tg

__all__ = ["COLUMNS", "Case", "Draw", "all_cases", "binary", "put", "sigmoid", "softmax", "unary"]

Draw: TypeAlias = "Callable[[int, np.random.Generator], np.ndarray]"


@dataclass(frozen=True)
class Case:
    """An op at work.

    Attributes
    ----------
    name : str
        Its first word is the public name of the function.
    inputs : sequence of str or callable
        What to draw for each input: a name that `draw` knows, or a function of the size and a generator.
    value : callable
        The value by NumPy, from the arrays; a tuple where there are several.
    derivative : callable
        The gradients by NumPy, from g, y, the arrays and what was kept; an array or a tuple.
    ours : callable, optional
        Our function if it is not the public one of that name.
    keep : callable, optional
        What one would keep from the forward pass for the derivative (where elements stand), from the arrays; a tuple.
        It is computed before the clock runs.
    timed : tuple of {"forward", "backward"}
        Both, unless one of them touches few elements or none: a view is made in a microsecond at any size.
    """

    name: str
    inputs: Sequence[str | Draw]
    value: Callable[..., Any]
    derivative: Callable[..., Any]
    ours: Callable[..., Any] | None = None
    keep: Callable[..., tuple[Any, ...]] | None = None
    timed: tuple[str, ...] = ("forward", "backward")

    def draw(self, size: int, dtype: str) -> list[np.ndarray]:
        """Arrays with about `size` elements each, or as many in a square matrix."""
        rng = np.random.default_rng(0)
        drawn = [_draw(kind, size, rng) if isinstance(kind, str) else kind(size, rng) for kind in self.inputs]
        return [array.astype(dtype) for array in drawn]

    def kept(self, *arrays: np.ndarray) -> tuple[Any, ...]:
        """What was kept from the forward pass."""
        return self.keep(*arrays) if self.keep else ()

    def function(self) -> Callable[..., Any]:
        """Our function."""
        return self.ours or attrgetter(self.subject)(tg)

    @property
    def subject(self) -> str:
        """The public name of the function that is measured."""
        return self.name.split(" ")[0].rstrip(",")


COLUMNS = 250


def _draw(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    shape: tuple[int, ...] = {
        "vector": (size,),
        "positive": (size,),
        "unit": (size,),
        "above one": (size,),
        "matrix": (size // COLUMNS, COLUMNS),
        "positive matrix": (size // COLUMNS, COLUMNS),
        "near one": (size // COLUMNS, COLUMNS),
        "row": (COLUMNS,),
        "many columns": (20, size // 20),
        "column": (size // COLUMNS, 1),
        "square": (int(size**0.5),) * 2,
        "regular": (int(size**0.5),) * 2,
        "symmetric": (int(size**0.5) // 2,) * 2,
        "few": (20,),
        "side": (int(size**0.5),),
        "cube": (size // 400, 20, 20),
        "images": (max(1, size // 3136), 16, 14, 14),
        "triples": (size // 3, 3),
    }[kind]
    values = rng.standard_normal(shape)
    if kind.startswith("positive"):
        values = np.abs(values) + 0.5
    elif kind == "near one":
        values = 1 + 0.01 * values
    elif kind == "unit":
        values = rng.uniform(-0.9, 0.9, shape)
    elif kind == "above one":
        values = np.abs(values) + 1.5
    elif kind == "regular":
        values = values / shape[0] ** 0.5 + 3 * np.eye(shape[0])
    elif kind == "symmetric":
        values = values @ values.T / shape[0] + np.eye(shape[0])
    return values


def all_cases() -> list[Case]:
    """The cases of all families, which stand in `cases_<family>.py` as `CASES`."""
    families = [importlib.import_module(path.stem) for path in sorted(Path(__file__).parent.glob("cases_*.py"))]
    return [case for family in families for case in family.CASES]


def unary(name: str, value: Any, derivative: Any, kind: str = "vector", ours: Any = None) -> Case:
    return Case(name, [kind], value, derivative, ours)


def binary(
    name: str, value: Any, derivative: Any, kinds: Sequence[str] = ("vector", "vector"), ours: Any = None
) -> Case:
    return Case(name, kinds, value, derivative, ours)


def put(x: Any, places: Any, g: Any, axis: int = -1) -> Any:
    """The gradient of what was taken from `x` along an axis, from where it stood."""
    result = np.zeros_like(x)
    np.put_along_axis(result, places, g, axis)
    return result


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)
