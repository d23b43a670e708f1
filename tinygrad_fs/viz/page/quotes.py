"""Quotes: the lines of the user's program that called ops, and the formulas in the docstrings of these."""

from __future__ import annotations

import inspect
import linecache
import os
from typing import NamedTuple

from tinygrad_fs.graph import Constant, Leaf, Node, Output
from tinygrad_fs.viz.labels import legible, shorten
from tinygrad_fs.viz.tape import Unrecorded

__all__ = ["Line", "Lines", "argument_name", "rule_of"]

_LONGEST_LINE, _LONGEST_RULE = 200, 400


class Line(NamedTuple):
    """A line of a program: the file, as seen from the folder of work, the number, and what stands there."""

    file: str
    number: int
    text: str


class Lines:
    """The lines that a page quotes, each once."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], int] = {}
        self.known: list[Line] = []

    def add(self, where: tuple[str, int] | None) -> int:
        """The number of a line; -1 for none."""
        if where is None:
            return -1
        place = self._places.get(where)
        if place is None:
            place = self._places[where] = len(self.known)
            file, number = where
            text = shorten(legible(linecache.getline(file, number).strip()), _LONGEST_LINE)
            self.known.append(Line(legible(_near(file)), number, text))
        return place


def _near(file: str) -> str:
    """A path as seen from the current folder; of one elsewhere, its name."""
    try:
        path = os.path.relpath(file)
    except ValueError:  # on another drive
        return os.path.basename(file)
    return os.path.basename(file) if path.startswith("..") else path


def rule_of(node: Node) -> tuple[str, ...]:
    """The formula of a node's op and those of its derivative, a line each; empty if it is not an op or says nothing."""
    if isinstance(node, (Leaf, Constant, Output)):
        return ()
    op = node.op if isinstance(node, Unrecorded) else type(node)
    first = inspect.cleandoc(op.__dict__.get("__doc__") or "").partition("\n\n")[0]
    parts = " ".join(first.splitlines()).split(";  ")
    return tuple([shorten(legible(part.strip()), _LONGEST_RULE) for part in parts if part.strip()])


def argument_name(node: Node, position: int) -> str:
    """What formulas call an argument."""
    recipe = getattr(node, "recipe", None)
    if recipe is None:
        return ""
    if recipe.variadic:
        return f"{recipe.inputs[0]}[{position}]"
    return str(recipe.inputs[position]) if position < len(recipe.inputs) else ""
