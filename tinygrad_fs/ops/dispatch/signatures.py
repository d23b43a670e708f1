"""Signatures: what a NumPy function was called with, as our function of the same name takes it.

Our first parameter is mostly called `x`, and what NumPy takes in the fourth place is keyword-only here. So
``np.sum(a=t)`` and ``np.sum(t, 0, None, None, True)`` are written anew. Both are settled once per function.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

__all__ = ["arguments", "parameters"]

_WITHOUT_EFFECT = {"overwrite_input", "subok"}
"""What NumPy may be allowed to do, and what no value depends on."""


class Signature(NamedTuple):
    """How the parameters of a NumPy function and of our one belong together.

    Attributes
    ----------
    places : tuple of str
        The names of NumPy's parameters by their places.
    common : int
        In so many places both take the same.
    names : dict
        NumPy's names for our parameters, and ours for themselves.
    defaults : dict
        NumPy's defaults of the parameters that we lack.
    open : bool
        Whether ours takes whatever else is given by name.
    """

    places: tuple[str, ...]
    common: int
    names: dict[str, str]
    defaults: dict[str, Any]
    open: bool = False


_FREE = Signature((), 1 << 30, {}, {})
"""Of a function whose parameters cannot be read: its arguments are passed on as they are."""


def arguments(
    function: Any, rule: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[Any, dict[str, Any], str | None]:
    """The arguments that `rule` takes for those of the NumPy function, and the name of one that it does not take.

    ``out`` stays where it is.
    """
    signature = _signature(function, rule)
    if len(args) > signature.common:
        kwargs = {**dict(zip(signature.places[signature.common :], args[signature.common :])), **kwargs}
        args = args[: signature.common]
    unknown = None
    if not kwargs or signature is _FREE:
        return args, kwargs, unknown
    found = {}
    for name, value in kwargs.items():
        if name in signature.names:
            found[signature.names[name]] = value
        elif signature.open:
            found[name] = value
        elif name not in _WITHOUT_EFFECT and not _is_default(value, signature.defaults.get(name, _FREE)):
            unknown = name
    return args, found, unknown


@cache
def parameters(function: Callable[..., Any]) -> frozenset[str]:
    """The names of the parameters of a function."""
    return frozenset(inspect.signature(function).parameters)


@cache
def _signature(function: Any, rule: Callable[..., Any]) -> Signature:
    try:
        theirs = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return _FREE
    ours = inspect.signature(rule).parameters
    names = {name: name for name in ours} | {"out": "out"}
    if any(each.kind is each.VAR_POSITIONAL for each in theirs.values()):
        common = _FREE.common
    else:
        common = _common(_places(theirs), _places(ours), names)
    defaults = {name: each.default for name, each in theirs.items() if name not in names}
    is_open = any(each.kind is each.VAR_KEYWORD for each in ours.values())
    return Signature(_places(theirs), common, names, defaults, is_open)


def _places(parameters: Any) -> tuple[str, ...]:
    return tuple([name for name, each in parameters.items() if each.kind <= each.POSITIONAL_OR_KEYWORD])


def _common(theirs: tuple[str, ...], ours: tuple[str, ...], names: dict[str, str]) -> int:
    """In how many places both take the same, whatever they call it; other names are entered into `names`."""
    for place, (their, our) in enumerate(zip(theirs, ours)):
        if their == our:
            continue
        if their in ours or our in theirs:
            return place
        names[their] = our
    return min(len(theirs), len(ours))


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, (bool, int, float, str)) and bool(value == default))
