"""Rules: what an op computes and how it is differentiated, as its docstring has it."""

from __future__ import annotations

import inspect

from tinygrad_fs.graph import Constant, Leaf, Node, Output
from tinygrad_fs.viz.labels import legible, shorten
from tinygrad_fs.viz.tape import Unrecorded

__all__ = ["argument_name", "rule_of"]

_LONGEST = 400


def rule_of(node: Node) -> tuple[str, ...]:
    """The formula of a node's op and those of its derivative, a line each; empty if it is not an op or says nothing."""
    if isinstance(node, (Leaf, Constant, Output)):
        return ()
    op = node.op if isinstance(node, Unrecorded) else type(node)
    first = inspect.cleandoc(op.__dict__.get("__doc__") or "").partition("\n\n")[0]
    parts = " ".join(first.splitlines()).split(";  ")
    return tuple([shorten(legible(part.strip()), _LONGEST) for part in parts if part.strip()])


def argument_name(node: Node, position: int) -> str:
    """What formulas call an argument."""
    recipe = getattr(node, "recipe", None)
    if recipe is None:
        return ""
    if recipe.variadic:
        return f"{recipe.inputs[0]}[{position}]"
    return str(recipe.inputs[position]) if position < len(recipe.inputs) else ""
