"""Reproducers: a wrong gradient as a script of its own, which needs NumPy and the audited code alone."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tinygrad_fs.compare.isolation.randomness import preserved
from tinygrad_fs.compare.reproducers.of_functions import sketch_of_functions
from tinygrad_fs.compare.reproducers.of_layers import sketch_of_layer
from tinygrad_fs.compare.reproducers.script import InexpressibleError, Script
from tinygrad_fs.compare.reproducers.sketch import Sketch
from tinygrad_fs.compare.subjects.functions import FunctionCase
from tinygrad_fs.compare.subjects.layer import LayerCase
from tinygrad_fs.dtypes import Array

__all__ = ["first_that_shows", "reproducer_of"]


def reproducer_of(
    case: Any, cotangents: tuple[Array, ...], name: str, kind: str, raises: type[BaseException] | None = None
) -> str:
    """A script that shows what is wrong with one gradient of a case.

    Parameters
    ----------
    case : LayerCase, FunctionCase or another
    cotangents : tuple of ndarray
    name : str
        Of the gradient.
    kind : str
        What the script is to show: "truth", "sides", "frozen", "error" or "saturation".
    raises : type, optional
        For kind "error", the exception that it is to run into.
    """
    ways: list[Callable[[Script], Sketch]]
    if isinstance(case, FunctionCase):
        ways = [lambda script: sketch_of_functions(script, case, cotangents, name)]
    elif isinstance(case, LayerCase):
        ways = [
            lambda script: sketch_of_layer(script, case, cotangents, name, kind, bare=False),
            lambda script: sketch_of_layer(script, case, cotangents, name, kind, bare=True),
        ]
    else:
        ways = []
    return first_that_shows(ways, kind, case.subject.title, raises)


def first_that_shows(
    ways: Iterable[Callable[[Script], Sketch]], kind: str, title: str, raises: type[BaseException] | None = None
) -> str:
    """The first of several scripts that, when run, shows what it should; a comment that says why, if none does."""
    problem = "run on its own it behaves in another way"
    for way in ways:
        script = Script()
        try:
            source = way(script).source(script, kind)
        except InexpressibleError as error:
            problem = str(error)
            continue
        if _shows(source, kind, raises):
            return source
    return f"# {title} could not be written down as a script of its own: {problem}.\n# The same call finds it again.\n"


def _shows(source: str, kind: str, raises: type[BaseException] | None) -> bool:
    """Run a script: whether what it is to show is there to be seen."""
    names: dict[str, Any] = {"__name__": "reproducer"}
    with preserved(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        try:
            exec(compile(source, "<reproducer>", "exec"), names)
        except Exception as error:
            return type(error) is raises
    return kind in _PAIRS and _differ(*(names[each] for each in _PAIRS[kind]))


_PAIRS = {
    "truth": ("by_hand", "truth"),
    "sides": ("left", "right"),
    "frozen": ("before", "after"),
    "saturation": ("before", "by_hand"),
}
"""What differs at the end of a script."""


def _differ(a: Any, b: Any) -> bool:
    if a is None or np.shape(a) != np.shape(b):
        return True
    return not np.allclose(np.asarray(a, float), np.asarray(b, float), rtol=1e-4, atol=1e-6)
