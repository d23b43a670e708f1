"""The code that an object runs: its classes, their helpers, and the globals and generators that these use."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tinygrad_fs.compare.isolation.parts import walk
from tinygrad_fs.compare.isolation.randomness import GENERATORS

__all__ = ["Reach", "reach"]

_NOT_FOLLOWED = sys.stdlib_module_names | {"numpy", "scipy"}


@dataclass
class Reach:
    """What the code of some objects can get at.

    Attributes
    ----------
    namespaces : list of dict
        The globals of every module that their code comes from.
    generators : list
        Generators of random numbers that stand in globals, classes and closures, where a copy of the objects
        would share them.
    """

    namespaces: list[dict[str, Any]] = field(default_factory=list)
    generators: list[Any] = field(default_factory=list)


def reach(roots: Iterable[Any]) -> Reach:
    """Follow the code of `roots` (objects, classes, functions) by the names that it uses.

    The standard library, NumPy, SciPy and the engine itself are not followed.

    Examples
    --------
    >>> lesson = {"__name__": "lesson"}
    >>> exec("def half(x): return x / 2", lesson)
    >>> [namespace is lesson for namespace in reach([lesson["half"], sum]).namespaces]
    [True]
    """
    found = Reach()
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, GENERATORS):
            found.generators.append(item)
        elif isinstance(item, types.FunctionType):
            if not _is_foreign(item.__globals__.get("__name__", "")):
                if not any(item.__globals__ is each for each in found.namespaces):
                    found.namespaces.append(item.__globals__)
                stack.extend(_used_by(item))
        elif isinstance(item, type):
            if not _is_foreign(item.__module__):
                stack.extend(each for kind in item.__mro__ for each in vars(kind).values())
                stack.extend(item.__bases__)
        else:
            stack.extend(_behind(item))
    return found


def _is_foreign(module: str) -> bool:
    root, _, rest = module.partition(".")
    if root == "tinygrad_fs":
        return not rest.startswith("deep_learning")
    return root in _NOT_FOLLOWED


def _behind(item: Any) -> Iterator[Any]:
    """The functions and classes behind something that is neither."""
    if isinstance(item, types.MethodType):
        yield item.__func__
        yield item.__self__
    elif isinstance(item, (staticmethod, classmethod)):
        yield item.__func__
    elif isinstance(item, property):
        yield from (each for each in (item.fget, item.fset) if each is not None)
    elif isinstance(item, functools.partial):
        yield item.func
        yield from (*item.args, *item.keywords.values())
    elif not isinstance(item, types.ModuleType):
        yield type(item)
        for _, part in walk(item):
            # Generators in attributes are copied with their owner.
            if not isinstance(part, GENERATORS):
                yield part if isinstance(part, (type, *_CODE)) else type(part)


_CODE = (types.FunctionType, types.MethodType, functools.partial)


def _used_by(function: types.FunctionType) -> Iterator[Any]:
    """What a function can use: what its names stand for, its closure, its defaults, and what it wraps."""
    names = _names_in(function.__code__)
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            if not _is_foreign(value.__name__):
                yield from (getattr(value, each) for each in names if hasattr(value, each))
        elif value is not None:
            yield value
    yield from inspect.getclosurevars(function).nonlocals.values()
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    if hasattr(function, "__wrapped__"):
        yield function.__wrapped__


def _names_in(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names_in(constant)
    return names
