"""Values as Python source: expressions, with the imports and definitions that they need."""

from __future__ import annotations

import builtins
import inspect
import sys
import textwrap
import types
from typing import Any

import numpy as np

from tinygrad_fs.compare.isolation.parts import parts
from tinygrad_fs.compare.isolation.randomness import GENERATORS
from tinygrad_fs.compare.subjects.recorder import Recorder

__all__ = ["InexpressibleError", "Script"]


class InexpressibleError(Exception):
    """A value that no source can be written for."""


_MADE = '''\
def made(kind, **attributes):
    """An object with these attributes, as training has left them."""
    thing = object.__new__(kind)
    for name, value in attributes.items():
        setattr(thing, name, value)
    return thing'''

_MOST_NUMBERS = 2000
_LONGEST_LINE = 100


class Script:
    """Collects what a piece of source needs at its top.

    Attributes
    ----------
    by_attributes : bool
        Whether objects are made from all that they hold, not by a call of their class.

    Examples
    --------
    >>> script = Script()
    >>> script.expression({"W": np.ones((1, 2)), "size": (2, 2), "f": np.tanh})
    "{'W': np.array([[1.0, 1.0]]), 'size': (2, 2), 'f': np.tanh}"
    >>> script.top
    'import numpy as np'
    """

    def __init__(self) -> None:
        self.by_attributes = False
        self._imports: dict[str, None] = {"import numpy as np": None}
        self._definitions: dict[str, None] = {}
        self._defined: set[Any] = set()
        self._open: list[int] = []
        self._numbers = 0

    def add_import(self, statement: str) -> None:
        """Have an import at the top."""
        self._imports[statement] = None

    @property
    def top(self) -> str:
        """Imports and definitions."""
        imports = "\n".join(sorted(self._imports, key=lambda line: (line.startswith("from"), line)))
        return "\n\n\n".join([imports, *self._definitions])

    def expression(self, value: Any) -> str:
        """Source that evaluates to `value`, or to one like it.

        Raises
        ------
        InexpressibleError
            If there is none.
        """
        if value is None or isinstance(value, (bool, str, bytes, int, float)):
            return _number(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, np.generic):
            return _number(value.item())
        if type(value) is dict:
            return "{" + ", ".join(f"{self.expression(k)}: {self.expression(v)}" for k, v in value.items()) + "}"
        if type(value) is list:
            return _bracketed("[", list(map(self.expression, value)), "]")
        if type(value) is tuple:
            return "(" + "".join(f"{self.expression(item)}, " for item in value).rstrip() + ")" if len(value) < 2 else (
                "(" + ", ".join(map(self.expression, value)) + ")"
            )  # fmt: skip
        if isinstance(value, GENERATORS):
            return self._generator(value)
        name = getattr(value, "__name__", "")
        if callable(value) and getattr(np, name, None) is value:
            return f"np.{name}"
        if isinstance(value, (type, types.FunctionType)):
            return self.name_of(value)
        if isinstance(value, Recorder):
            return "Optimizer()"
        return self._made(value) if self.by_attributes else self._called(value)

    def name_of(self, thing: Any) -> str:
        """A class or function by its name, imported or defined at the top."""
        module, path = thing.__module__, thing.__qualname__
        if getattr(builtins, path, None) is thing:
            return str(path)
        if module != "__main__" and _resolves(module, path, thing):
            self._imports[f"from {module} import {path.split('.')[0]}"] = None
            return str(path)
        self._define(thing)
        return str(thing.__name__)

    def _define(self, thing: Any) -> None:
        """Take over the source of what cannot be imported, with what it uses."""
        if thing in self._defined:  # or what refers to itself would never end
            return
        self._defined.add(thing)
        if thing.__name__ == "<lambda>":
            raise InexpressibleError("a lambda has no name to go by")
        try:
            source = textwrap.dedent(inspect.getsource(thing)).strip()
        except (OSError, TypeError):
            if not _resolves("__main__", thing.__qualname__, thing):
                raise InexpressibleError(f"{thing.__qualname__} has no source") from None
            name = thing.__qualname__.split(".")[0]
            self._imports[f"from __main__ import {name}  # to be run where it was typed in"] = None
            return
        for each in thing.__mro__[1:-1] if isinstance(thing, type) else ():
            self.name_of(each)
        for function in _functions_of(thing):
            self._provide(function)
        self._definitions[source] = None

    def _provide(self, function: types.FunctionType) -> None:
        """Import or define the globals that a function uses."""
        names = {*function.__code__.co_names}
        for inner in function.__code__.co_consts:
            names |= set(inner.co_names) if isinstance(inner, types.CodeType) else set()
        for name in sorted(names & set(function.__globals__)):
            value = function.__globals__[name]
            if isinstance(value, types.ModuleType):
                same = value.__name__ == name
                self._imports[f"import {name}" if same else f"import {value.__name__} as {name}"] = None
            elif isinstance(value, (type, types.FunctionType)) and value.__name__ == name:
                self.name_of(value)
            else:
                self._definitions[f"{name} = {self.expression(value)}"] = None
        if inspect.getclosurevars(function).nonlocals.keys() - {"__class__"}:
            raise InexpressibleError(f"{function.__qualname__} closes over variables")

    def _array(self, value: Any) -> str:
        if value.dtype.kind not in "fiub":
            raise InexpressibleError(f"an array of {value.dtype}")
        self._numbers += value.size
        if self.by_attributes and self._numbers > _MOST_NUMBERS:
            raise InexpressibleError(f"it holds more than {_MOST_NUMBERS:,} numbers")
        dtype = "" if value.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{value.dtype.name}"
        if value.size == 0:
            return f"np.zeros({value.shape}{dtype})"
        return f"np.array({_number(value.tolist())}{dtype})"

    def _generator(self, value: Any) -> str:
        if isinstance(value, np.random.Generator):
            return "np.random.default_rng(0)"
        if isinstance(value, np.random.RandomState):
            return "np.random.RandomState(0)"
        self._imports["import random"] = None
        return "random.Random(0)"

    def _made(self, value: Any) -> str:
        """An object from its attributes, without its constructor."""
        kind = type(value)
        if id(value) in self._open:
            raise InexpressibleError("it refers to itself")
        if kind.__module__ == "builtins":
            raise InexpressibleError(f"a {kind.__name__}")
        self._definitions[_MADE] = None
        self._open.append(id(value))
        given = [f"{key}={self.expression(item)}" for (step, key), item in parts(value) if step == "attribute"]
        self._open.pop()
        return _bracketed("made(", [self.name_of(kind), *given], ")")

    def _called(self, value: Any) -> str:
        """A call of the class with what its attributes of the parameters' names say."""
        kind = type(value)
        try:
            parameters = inspect.signature(kind).parameters.values()
        except (TypeError, ValueError):
            raise InexpressibleError(f"a {kind.__name__}") from None
        given = []
        for each in parameters:
            if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
                continue
            if not hasattr(value, each.name):
                if each.default is each.empty:
                    raise InexpressibleError(f"a {kind.__name__} does not say what its {each.name} is")
                continue
            held = getattr(value, each.name)
            if each.default is each.empty or not _alike(held, each.default):
                given.append(f"{each.name}={self.expression(held)}")
        return f"{self.name_of(kind)}({', '.join(given)})"


def _bracketed(opening: str, items: list[str], closing: str) -> str:
    """Items in brackets; one to a line, if they would make a long one, or several."""
    line = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in line and (len(line) <= _LONGEST_LINE or opening == "["):
        return line
    lines = "".join([f"{item},\n" for item in items])
    return f"{opening}\n{textwrap.indent(lines, '    ')}{closing}"


def _number(value: Any) -> str:
    """Numbers, alone or in nested lists, nan and infinities included."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_number, value)) + "]"
    return f"float('{value}')" if isinstance(value, float) and not np.isfinite(value) else repr(value)


def _alike(a: Any, b: Any) -> bool:
    try:
        return type(a) is type(b) and bool(a == b)
    except Exception:  # arrays, or anything else that compares in its own way
        return False


def _resolves(module: str, path: str, thing: Any) -> bool:
    found: Any = sys.modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    return found is thing


def _functions_of(thing: Any) -> list[types.FunctionType]:
    if isinstance(thing, types.FunctionType):
        return [thing]
    found = []
    for each in vars(thing).values():
        inner = each.fget if isinstance(each, property) else getattr(each, "__func__", each)
        if isinstance(inner, types.FunctionType):
            found.append(inner)
    return found
