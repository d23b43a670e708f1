"""Trees: values in nested tuples, lists and dicts, as functions take and return them.

A tree's skeleton is the same tree with the numbers 0, 1, 2... in the place of its leaves. None holds no leaf.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["flatten", "leaves_like", "mapped", "paths", "unflatten"]


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with ``function(leaf)`` in the place of each leaf; named tuples and kinds of dicts stay so."""
    if tree is None:
        return None
    if isinstance(tree, tuple):
        items = [mapped(function, item) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if isinstance(tree, list):
        return [mapped(function, item) for item in tree]
    if isinstance(tree, dict):
        result = copy.copy(tree)
        for key, item in tree.items():
            result[key] = mapped(function, item)
        return result
    return function(tree)


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree in order, and its skeleton."""
    leaves: list[Any] = []

    def number(leaf: Any) -> int:
        leaves.append(leaf)
        return len(leaves) - 1

    skeleton = mapped(number, tree)
    return leaves, skeleton


def unflatten(skeleton: Any, leaves: Sequence[Any]) -> Any:
    """The tree with this skeleton and these leaves."""
    return mapped(leaves.__getitem__, skeleton)


def paths(skeleton: Any) -> list[str]:
    """How each leaf is reached from the tree, as it would be written: ``[0]['w']``; empty for a tree that is a leaf."""
    found: list[str] = []

    def collect(part: Any, path: str) -> None:
        if isinstance(part, dict):
            for key, item in part.items():
                collect(item, f"{path}[{key!r}]")
        elif isinstance(part, (tuple, list)):
            for i, item in enumerate(part):
                collect(item, f"{path}[{i}]")
        elif part is not None:
            found.append(path)

    collect(skeleton, "")
    return found


def leaves_like(skeleton: Any, tree: Any, name: str) -> list[Any]:
    """The leaves of `tree`, which must be nested as the skeleton is, in the skeleton's order.

    Raises
    ------
    ValueError
        Where it is not; `name` stands for the tree in the message.
    """
    if skeleton is None:
        if tree is not None:
            raise ValueError(f"{name}: None was expected here, not {_kind(tree)}")
        return []
    if isinstance(skeleton, dict):
        if not isinstance(tree, dict) or tree.keys() != skeleton.keys():
            raise ValueError(f"{name}: expected {_kind(skeleton)}, not {_kind(tree)}")
        return [leaf for key, part in skeleton.items() for leaf in leaves_like(part, tree[key], f"{name}[{key!r}]")]
    if isinstance(skeleton, (tuple, list)):
        if not isinstance(tree, (tuple, list)) or len(tree) != len(skeleton):
            raise ValueError(f"{name}: expected {_kind(skeleton)}, not {_kind(tree)}")
        parts = enumerate(zip(skeleton, tree))
        return [leaf for i, (part, item) in parts for leaf in leaves_like(part, item, f"{name}[{i}]")]
    if tree is None or isinstance(tree, (tuple, list, dict)):
        raise ValueError(f"{name}: expected one array or Tensor, not {_kind(tree)}")
    return [tree]


def _kind(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict with the keys {', '.join(map(repr, tree)) or '(none)'}"
    if isinstance(tree, (tuple, list)):
        return f"a {type(tree).__name__} of {len(tree)}"
    return "None" if tree is None else type(tree).__name__
