"""What a name of PyTorch is called here, for those who type it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["says_axis", "say_axis"]

_F = TypeVar("_F", bound=Callable[..., Any])

_HERE = {"dim": "axis", "start_dim": "start_axis", "end_dim": "end_axis", "keepdim": "keepdims"}

_AXES = frozenset(_HERE.values())


def says_axis(function: _F) -> _F:
    """Have a function that is called with ``dim=`` raise a TypeError that says ``axis=``."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError:
            if wrong := [name for name in kwargs if name in _HERE]:
                name = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
                raise TypeError(
                    f"{name}: axes are named as in NumPy; write {_HERE[wrong[0]]}= in place of {wrong[0]}="
                ) from None
            raise

    return called  # type: ignore[return-value]


_told = functools.cache(says_axis)
"""A function in two namespaces stays one."""


def say_axis(functions: dict[str, Any], names: list[str]) -> None:
    """Have those of the functions that take an axis say so to whoever calls them with ``dim=``.

    The functions in a namespace are replaced; methods and ops go on to call the bare ones.
    """
    for name in names:
        code = getattr(inspect.unwrap(functions[name]), "__code__", None)
        if code is not None and _AXES.intersection(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
            functions[name] = _told(functions[name])
