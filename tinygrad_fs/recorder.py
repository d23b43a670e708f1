"""The recorder: the two functions that are written for each class of ops.

`apply` computes an op and records it; `pull` hands a cotangent to the derivative together with what it asked
for. Both are written as source, in the manner of `dataclasses`, when the op is first used: an op with two
inputs becomes straight-line code for two inputs. Of the engine's own time for a 4x4 tanh(x * w) that saves a
third against loops over the arguments. `Tanh.apply.__source__` shows what was written.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.changes import tick
from tinygrad_fs.dtypes import agree, operand
from tinygrad_fs.graph import BackwardError, Constant, Node, Output, mode
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.watching import announced, observed, watchers

__all__ = ["Recipe", "write_apply", "write_pull"]

_NODE_ATTRIBUTES = set(dir(Node))
_RESERVED = {"self", "g", "out", "shapes", "needs", "node", "edges", "saved"}


class Parameters(NamedTuple):
    """The parameters of a function, read off its code: 50 times faster than `inspect.signature`."""

    positional: tuple[str, ...]
    variadic: bool
    keyword_only: tuple[str, ...]
    any_keyword: bool
    defaults: dict[str, Any]

    @classmethod
    def of(cls, function: Any) -> Parameters:
        code = function.__code__
        count, keywords = code.co_argcount, code.co_kwonlyargcount
        names = code.co_varnames
        positional, keyword_only = names[:count], names[count : count + keywords]
        variadic = bool(code.co_flags & inspect.CO_VARARGS)
        given = function.__defaults__ or ()
        return cls(
            positional=positional + ((names[count + keywords],) if variadic else ()),
            variadic=variadic,
            keyword_only=keyword_only,
            any_keyword=bool(code.co_flags & inspect.CO_VARKEYWORDS),
            defaults=dict(zip(positional[count - len(given) :], given)) | (function.__kwdefaults__ or {}),
        )


class Rule(NamedTuple):
    """One derivative: the function, what it asks for, and the input that it serves (None: all of them)."""

    function: Callable[..., Any]
    asks: tuple[str, ...]
    serves: str | None


class Recipe(NamedTuple):
    """What the class of an op says of itself.

    Attributes
    ----------
    inputs : tuple of str
        The names of the inputs; one name if `variadic`.
    options : tuple of str
        The names of the keyword-only parameters.
    defaults : dict
        The values of those inputs and options that have one.
    rules : tuple of Rule
        Its derivatives; empty for a function without one.
    into : Rule or None
        `vjp_into`, which adds to a gradient in place.
    saved : tuple of str
        What an application saves: inputs, "out" and "shapes" that the rules ask for.
    """

    name: str
    inputs: tuple[str, ...]
    variadic: bool
    options: tuple[str, ...]
    defaults: dict[str, Any]
    rules: tuple[Rule, ...]
    into: Rule | None
    saved: tuple[str, ...]

    @staticmethod
    def check_forward(name: str, forward: Any) -> Parameters:
        """The parameters of a forward, or a complaint about what cannot work."""
        found = Parameters.of(forward)
        if not found.positional or (found.variadic and len(found.positional) > 1) or found.any_keyword:
            raise TypeError(
                f"{name}.forward: inputs are positional and options keyword-only; write "
                "`def forward(x, y, *, axis=None)`, or `def forward(*xs, axis=None)` for any number of inputs"
            )
        if taken := sorted(_RESERVED & {*found.positional, *found.keyword_only}):
            raise TypeError(f"{name}.forward: the name {taken[0]!r} has a meaning of its own here; use another")
        if hidden := sorted(_NODE_ATTRIBUTES & set(found.keyword_only)):
            raise TypeError(f"{name}.forward: the option {hidden[0]!r} would hide an attribute of the node; rename it")
        return found

    @classmethod
    def read(cls, op: Any) -> Recipe:
        """Read the recipe off a class."""
        name = op.__name__
        forward = Parameters.of(op.forward)
        inputs, options = forward.positional, forward.keyword_only
        known = {*inputs, *options, "out", "shapes", "needs"}

        def rule(function: Any, serves: str | None, skipped: int = 1) -> Rule:
            asks = Parameters.of(function).positional[skipped:]
            if unknown := [ask for ask in asks if ask not in known]:
                raise TypeError(
                    f"{name}: its vjp asks for {unknown[0]!r}, which is no input or option of forward; it may name "
                    f"{', '.join(sorted(known))}"
                )
            return Rule(function, asks, serves)

        rules: tuple[Rule, ...]
        if hasattr(op, "vjp"):
            rules = (rule(op.vjp, None),)
        else:
            named = {key[4:]: getattr(op, key) for key in dir(op) if key.startswith("vjp_") and key != "vjp_into"}
            if strangers := sorted(set(named) - set(inputs)):
                raise TypeError(f"{name}: vjp_{strangers[0]} belongs to no input; the inputs are {', '.join(inputs)}")
            rules = tuple(rule(named[key], key) for key in inputs if key in named)
        into = rule(op.vjp_into, None, skipped=2) if hasattr(op, "vjp_into") else None
        asked = {ask for each in (*rules, *([into] if into else [])) for ask in each.asks}
        return cls(
            name=name,
            inputs=inputs,
            variadic=forward.variadic,
            options=options,
            defaults=forward.defaults,
            rules=rules,
            into=into,
            saved=tuple(ask for ask in (*inputs, "out", "shapes") if ask in asked),
        )


_APPLY = """
def {function}({signature}):
    {divert}
    _plain = 0
    {unwrap}
    if _plain == {count}:
        return _forward({given})
    if _plain:
        {prepare}
    {agree}
    {announce}
    try:
        _result = _forward({arrays})
    except ValueError as _error:
        raise _explained(_error, {name!r}, {broadcasts}, {array_tuple}) from None
    if type(_result) is not _ndarray:
        _result = _tidied(_result)
    if _mode.grad and ({recording}):
        _node = _new(_cls)
        _node.index = _tick()
        _node.inputs = {nodes}
        _node.constants = None if {all_recorded} else _constants({given_tuple}, _node.inputs)
        _node.shape = _result.shape
        _node.dtype = _result.dtype
        _node.saved = {saved}
        _node.hooks = None
        _node.where = None
        {keep_options}
    else:
        _node = None
    {show}
    if type(_result) is _Outputs:
        return _result.tensors(_node)
    _tensor = _new(_Tensor)
    _tensor._data = _result
    _tensor._node = _node
    return _tensor
"""

_UNWRAP = """
if isinstance({name}, _Tensor):
    {name}_array = {name}._data
    {name}_node = {name}._node
else:
    {name}_array = {name}
    {name}_node = None
    _plain += 1
"""

_PREPARE = """
if not isinstance({name}, _Tensor):
    {name}_array = _operand({name}, {beside})
"""

_UNWRAP_ALL = """
{name}_array = tuple([item._data if isinstance(item, _Tensor) else item for item in {name}])
{name}_nodes = tuple([item._node if isinstance(item, _Tensor) else None for item in {name}])
_plain = len({name}) - sum([isinstance(item, _Tensor) for item in {name}])
"""

_PREPARE_ALL = """
{name}_array = tuple([item._data if isinstance(item, _Tensor) else _operand(item, *{name}_array) for item in {name}])
"""

_AGREE = """
if _plain or {differ}:
    {arrays} = _agree({arrays})
"""

_PULL = """
def pull(node, g, edges, saved):
    {unpack}
    {parts}
"""

_ACCUMULATE = """
def accumulate(node, into, g):
    {unpack}
    vjp_into(into, g{asks})
"""


def write_apply(cls: Any, recipe: Recipe) -> Callable[..., Any]:
    """Write the function that computes the op and records it."""
    names = recipe.inputs
    passed = "".join(f", {key}={key}" for key in recipe.options)
    parts = {
        "name": recipe.name,
        "signature": _signature(recipe),
        "broadcasts": cls.broadcasts,
        "keep_options": "\n".join(f"_node.{key} = {key}" for key in recipe.options),
        "agree": "",
    }
    if recipe.variadic:
        (name,) = names
        parts |= {
            "unwrap": _UNWRAP_ALL.format(name=name),
            "prepare": _PREPARE_ALL.format(name=name),
            "count": f"len({name})",
            "given": f"*{name}{passed}",
            "given_tuple": name,
            "arrays": f"*{name}_array{passed}",
            "array_tuple": f"{name}_array",
            "nodes": f"{name}_nodes",
            "recording": f"any({name}_nodes)",
            "all_recorded": f"all({name}_nodes)",
        }
    else:
        arrays = ", ".join(f"{name}_array" for name in names)
        parts |= {
            "unwrap": "\n".join(_UNWRAP.strip().format(name=name) for name in names),
            "prepare": "\n".join(_PREPARE.strip().format(name=name, beside=arrays) for name in names),
            "count": len(names),
            "given": ", ".join(names) + passed,
            "given_tuple": f"({', '.join(names)},)",
            "arrays": arrays + passed,
            "array_tuple": f"({arrays},)",
            "nodes": f"({', '.join(f'{name}_node' for name in names)},)",
            "recording": " or ".join(f"{name}_node is not None" for name in names),
            "all_recorded": " and ".join(f"{name}_node is not None" for name in names),
        }
        if cls.broadcasts and len(names) > 1:
            differ = " or ".join(f"{names[0]}_array.dtype is not {name}_array.dtype" for name in names[1:])
            parts["agree"] = _AGREE.format(differ=differ, arrays=arrays)
    parts["saved"] = "(" + "".join(f"{_what_to_save(name, recipe)}, " for name in recipe.saved) + ")"
    if not recipe.rules:
        parts["recording"] = "False"
    used: dict[str, Any] = dict(
        _Outputs=Outputs,
        _Tensor=Tensor,
        _agree=agree,
        _announced=announced,
        _cls=cls,
        _constants=constants,
        _explained=explained,
        _forward=cls.forward,
        _mode=mode,
        _ndarray=np.ndarray,
        _new=object.__new__,
        _observed=observed,
        _operand=operand,
        _shape_of=np.shape,
        _tick=tick,
        _tidied=tidied,
        _watchers=watchers,
        **{f"default_{key}": value for key, value in recipe.defaults.items()},
    )

    def watched(*args: Any, **kwargs: Any) -> Any:
        """Write the form of `apply` that is taken while somebody watches, when first there is somebody."""
        written = cls.apply.__globals__["_watched"] = _write(_APPLY, parts | _watched_parts(recipe, parts), **used)
        return written(*args, **kwargs)

    plain = {"function": "apply", "divert": f"if _watchers:\n    return _watched({parts['given']})"}
    return _write(_APPLY, parts | plain | {"announce": "", "show": ""}, _watched=watched, **used)


def _watched_parts(recipe: Recipe, parts: dict[str, Any]) -> dict[str, Any]:
    """What is different where somebody watches: they are told before and after."""
    options = ", ".join(f"{key!r}: {key}" for key in recipe.options)
    return {
        "function": "watched",
        "divert": "",
        "announce": f"_announced(_cls, {parts['given_tuple']}, {{{options}}})",
        "show": f"_observed({recipe.name!r}, _node, {parts['array_tuple']}, _result)",
    }


def write_pull(recipe: Recipe) -> Callable[..., Any]:
    """Write the function that calls the derivatives with what they ask for."""
    calls = {rule.serves: f"vjp_{rule.serves}(g{_asked(rule, recipe)})" for rule in recipe.rules}
    if None in calls:
        single = not recipe.variadic and len(recipe.inputs) == 1
        result = f"return ({calls[None]},)" if single else f"return counted({calls[None]}, edges, {recipe.name!r})"
    else:
        each = "".join(
            f"{calls[name]} if edges[{i}] is not None else None, " if name in calls else "None, "
            for i, name in enumerate(recipe.inputs)
        )
        result = f"return ({each})"
    functions = {f"vjp_{rule.serves}": rule.function for rule in recipe.rules}
    return _write(_PULL, {"unpack": _unpack(recipe, "saved"), "parts": result}, counted=counted, **functions)


def write_accumulate(recipe: Recipe, rule: Rule) -> Callable[..., Any]:
    """Write the function that lets `vjp_into` add to a gradient in place."""
    parts = {"unpack": _unpack(recipe, "node.saved"), "asks": _asked(rule, recipe)}
    return _write(_ACCUMULATE, parts, vjp_into=rule.function)


def _write(template: str, parts: dict[str, Any], **names: Any) -> Callable[..., Any]:
    """Fill a template, keeping the indentation of what is filled in, and define the function that it holds."""
    lines = []
    for line in template.strip().splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        text = line.strip().format(**parts).strip()
        lines.append(textwrap.indent(text, indent))
    source = "\n".join(line for line in lines if line.strip())
    name = source.split("(", 1)[0].removeprefix("def ")
    exec(source, names)
    function: Callable[..., Any] = names[name]
    function.__source__ = source  # type: ignore[attr-defined]
    return function


def _signature(recipe: Recipe) -> str:
    def text(key: str) -> str:
        return f"{key}=default_{key}" if key in recipe.defaults else key

    inputs = [f"*{recipe.inputs[0]}"] if recipe.variadic else [text(key) for key in recipe.inputs]
    star = ["*"] if recipe.options and not recipe.variadic else []
    return ", ".join(inputs + star + [text(key) for key in recipe.options])


def _what_to_save(name: str, recipe: Recipe) -> str:
    """The expression for what is saved under `name`: nothing, if only rules that will not run ask for it."""
    if name == "out":
        return "_result"
    if name == "shapes":
        arrays = "".join(f"_shape_of({each}_array), " for each in recipe.inputs)
        return f"tuple([_shape_of(item) for item in {recipe.inputs[0]}_array])" if recipe.variadic else f"({arrays})"
    askers = {rule.serves for rule in recipe.rules if name in rule.asks}
    if None in askers or askers == set(recipe.inputs):
        return f"{name}_array"
    return f"{name}_array if {' or '.join(f'{each}_node is not None' for each in sorted(askers, key=str))} else None"


def _asked(rule: Rule, recipe: Recipe) -> str:
    def text(ask: str) -> str:
        if ask == "needs":
            return "tuple([edge is not None for edge in edges])"
        return f"node.{ask}" if ask in recipe.options else ask

    return "".join(f", {text(ask)}" for ask in rule.asks)


def _unpack(recipe: Recipe, source: str) -> str:
    return f"{', '.join(recipe.saved)}, = {source}" if recipe.saved else ""


# What the written functions call, off the path that every op takes.


class Outputs(tuple[Any, ...]):
    """The results of an op that has several, with the attributes of one."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[tuple[int, ...], ...]:
        return tuple([array.shape for array in self])

    @property
    def dtype(self) -> tuple[Any, ...]:
        return tuple([array.dtype for array in self])

    def tensors(self, node: Node | None) -> tuple[Tensor, ...]:
        """Wrap each result; each gets a node of its own that leads to the op's."""
        return tuple([Tensor._of(array, node and Output(node, i)) for i, array in enumerate(self)])


def tidied(result: Any) -> Any:
    """Wrap the scalars that NumPy returns for 0-d results; mark several results as `Outputs`."""
    if isinstance(result, (tuple, list)):
        return Outputs(tidied(each) for each in result)
    if isinstance(result, (np.generic, bool, int, float)):
        return np.asarray(result)
    return result


def constants(given: tuple[Any, ...], edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
    """What stands at the arguments without an edge, for drawings: shapes and dtypes, and the values of numbers."""
    return tuple([None if edge is not None else _constant(value) for value, edge in zip(given, edges)])


def _constant(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Tensor):
        return value._as_constant()
    return Constant(np.shape(value), getattr(value, "dtype", None))


def explained(error: ValueError, name: str, broadcasts: bool, arrays: tuple[Any, ...]) -> ValueError:
    """Name the op and the shapes where NumPy says that operands do not broadcast."""
    if not broadcasts or len(arrays) < 2 or "broadcast" not in str(error) or str(error).startswith(f"{name.lower()}:"):
        return error
    shapes = " and ".join(str(np.shape(array)) for array in arrays if array is not None)
    return ValueError(f"{name.lower()}: shapes {shapes} do not broadcast together")


def counted(parts: Any, edges: tuple[Node | None, ...], name: str) -> Any:
    """Check that a vjp for several inputs returned one gradient for each."""
    if not isinstance(parts, (tuple, list)) or len(parts) != len(edges):
        got = f"{len(parts)} gradients" if isinstance(parts, (tuple, list)) else f"a {type(parts).__name__}"
        raise BackwardError(f"backward of {name}: its vjp must return {len(edges)} gradients, one per input, not {got}")
    return parts
