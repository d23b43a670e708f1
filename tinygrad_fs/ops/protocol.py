"""NumPy's protocols: what `np.exp(t)` or `np.stack([t, u])` does.

A NumPy function with a rule here runs as the op and is recorded. One that has no gradient (comparisons,
argmax) runs on the arrays. Any other runs on the arrays if nothing needs to be recorded, and otherwise raises a
TypeError that names it: nothing is ever silently detached.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.graph import mode
from tinygrad_fs.ops.inplace import WRITERS, accumulate, replace
from tinygrad_fs.ops.selection import Selection
from tinygrad_fs.tensor import Tensor

__all__ = ["adopt", "adopt_on_demand", "array_function", "array_ufunc", "unwrapped", "wrapped"]

# NumPy's name is the op's name. A few NumPy functions have another one, or are methods of ufuncs.
_OTHER_NAMES = {
    np.amax: "max",
    np.amin: "min",
    np.around: "round",
    np.copy: "clone",
    np.fix: "trunc",
}
_UFUNC_METHODS = {
    "reduce": {np.add: "sum", np.logaddexp: "logsumexp", np.maximum: "max", np.minimum: "min", np.multiply: "prod"},
    "accumulate": {
        np.add: "cumsum",
        np.logaddexp: "logcumsumexp",
        np.maximum: "cummax",
        np.minimum: "cummin",
        np.multiply: "cumprod",
    },
}

# What a ufunc and its methods may be told on tensors that require grad.
_OPTIONS = {
    "__call__": {"axis", "keepdims"},
    "reduce": {"axis", "dtype", "initial", "keepdims", "where"},
    "accumulate": {"axis", "dtype"},
}

_rules: dict[Any, Callable[..., Any]] = {}
_method_rules: dict[str, dict[Any, Callable[..., Any]]] = {}
_awaited: dict[str, str] = {}


def adopt(functions: dict[str, Callable[..., Any]], namespace: Any = np) -> None:
    """Take the public ops as the rules for the NumPy functions of the same names."""
    for name, function in functions.items():
        if (twin := getattr(namespace, name, None)) is not None:
            _rules[twin] = function
    if namespace is not np:
        return
    _rules.update({twin: functions[name] for twin, name in _OTHER_NAMES.items()})
    for method, names in _UFUNC_METHODS.items():
        _method_rules[method] = {ufunc: functions[name] for ufunc, name in names.items()}


def adopt_on_demand(namespace: str, module: str) -> None:
    """Import `module`, which adopts rules, when a function of NumPy's `namespace` is first called with a Tensor."""
    _awaited[namespace] = module


def _rule_of(function: Any) -> Callable[..., Any] | None:
    rule = _rules.get(function)
    if rule is None and (module := _awaited.pop(function.__module__, None)) is not None:
        importlib.import_module(module)
        rule = _rules.get(function)
    return rule


# Their results do not change when an input changes a little, or are not numbers at all.
_WITHOUT_GRADIENT = {
    np.all, np.allclose, np.any, np.argmax, np.argmin, np.argpartition, np.argsort, np.argwhere, np.array2string,
    np.array_equal, np.array_equiv, np.array_repr, np.array_str, np.can_cast, np.count_nonzero, np.empty_like,
    np.flatnonzero, np.isclose, np.iscomplexobj, np.isin, np.isrealobj, np.may_share_memory, np.ndim, np.nonzero,
    np.ones_like, np.result_type, np.searchsorted, np.shape, np.shares_memory, np.size, np.zeros_like,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.equal, np.greater, np.greater_equal, np.invert, np.isfinite,
    np.isinf, np.isnan, np.left_shift, np.less, np.less_equal, np.logical_and, np.logical_not, np.logical_or,
    np.logical_xor, np.not_equal, np.right_shift, np.signbit,
}  # fmt: skip


def array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
    """What NumPy calls for ``np.exp(t)``, ``array * t``, ``array += t``, ``np.add.reduce(t)`` and the like."""
    recorded = _recorded((inputs, out or ()))
    targets = out or ()
    if method == "at" and isinstance(inputs[0], Tensor) and (not recorded or ufunc in (np.add, np.subtract)):
        return _at(ufunc, *inputs) if recorded else _write(ufunc.at, inputs, options)
    if recorded and (method == "at" or any(not isinstance(target, Tensor) for target in targets)):
        raise TypeError(
            f"np.{ufunc.__name__}: the result is to be written into an array, and an array cannot record that it came "
            "from a tensor that requires grad; write into a Tensor, as in out = Tensor(array); out += t, or use .data"
        )
    rule = (_rules if method == "__call__" else _method_rules.get(method, {})).get(ufunc)
    special = bool(targets or options)
    if rule is None or (special and (not recorded or ufunc in _WITHOUT_GRADIENT)):
        if recorded and ufunc not in _WITHOUT_GRADIENT:
            raise _no_rule(f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}"))
        return _on_arrays(getattr(ufunc, method), inputs, options, targets)
    if method != "__call__":
        options.setdefault("axis", 0)
    if unknown := set(options) - _OPTIONS[method]:
        raise TypeError(
            f"np.{ufunc.__name__}: {min(unknown)}= is not recorded; "
            + ("use np.where(mask, ..., ...)" if "where" in unknown else "apply .astype() to the operands")
        )
    result = rule(*inputs, **options)
    if type(result) is Selection:  # a running extreme: NumPy gives the values alone
        result = result.values
    return _into(targets[0], result, ufunc.__name__) if targets else result


def array_function(self: Tensor, function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
    """What NumPy calls for its functions that are no ufuncs: ``np.sum(t)``, ``np.stack([t, u])``."""
    if function in WRITERS:
        if _recorded((args, kwargs)):
            raise TypeError(
                f"np.{function.__name__}: it writes into its argument, which is not recorded; write {WRITERS[function]}"
            )
        return _write(function, args, kwargs)
    rule = _rule_of(function)
    target = kwargs.pop("out", None)
    into_array = target is not None and not isinstance(target, Tensor)
    if rule is None or into_array:
        if function not in _WITHOUT_GRADIENT and _recorded((args, kwargs, target)):
            if into_array:
                raise TypeError(f"np.{function.__name__}: out= must be a Tensor, since an array cannot record")
            raise _no_rule(f"{function.__module__.replace('numpy', 'np')}.{function.__name__}")
        return _on_arrays(function, args, kwargs, () if target is None else (target,))
    try:
        result = rule(*args, **kwargs)
    except TypeError as error:
        if "unexpected keyword argument" in str(error):
            raise TypeError(f"np.{function.__name__}: on Tensors it takes no {str(error).split()[-1]}") from None
        raise
    return result if target is None else _into(target, result, function.__name__)


def _at(ufunc: Any, target: Tensor, index: Any, values: Any) -> None:
    """``np.add.at`` and ``np.subtract.at``, recorded."""
    accumulate(target, index, values if ufunc is np.add else _rules[np.negative](values))


def _write(function: Any, args: Any, kwargs: Any) -> None:
    """Let a NumPy function write into its first argument, and count the change."""
    _on_arrays(function, args, kwargs, ())
    target = args[0] if args else next(kwargs[name] for name in ("a", "arr", "dst") if name in kwargs)
    if isinstance(target, Tensor):
        mark_changed(target._data)


def _into(target: Tensor, result: Tensor, name: str) -> Tensor:
    """Give `target` the value of `result`, as ``out=target`` asks: recorded if there is something to record."""
    if mode.grad and (target._node is not None or result._node is not None):
        replace(target, result, name)
    else:
        np.copyto(target._data, result._data, casting="same_kind")
        mark_changed(target._data)
    return target


def _on_arrays(function: Callable[..., Any], args: Any, kwargs: Any, targets: tuple[Any, ...]) -> Any:
    """Run a NumPy function on the arrays, and give what it returns as Tensors, or the targets it wrote into."""
    kwargs = {key: unwrapped(value) for key, value in kwargs.items()}
    if targets:
        kwargs["out"] = unwrapped(targets[0] if len(targets) == 1 else tuple(targets))
    result = function(*unwrapped(tuple(args)), **kwargs)
    for target in targets:
        if target is not None:
            mark_changed(unwrapped(target))
    if targets:
        return targets[0] if len(targets) == 1 else targets
    return wrapped(result)


def unwrapped(value: Any) -> Any:
    """`value` with the array in the place of every Tensor, in tuples and lists too."""
    if isinstance(value, Tensor):
        return value._data
    if type(value) in (tuple, list):
        return type(value)([unwrapped(item) for item in value])
    return value


def wrapped(value: Any) -> Any:
    """`value` with a Tensor in the place of every array and NumPy number, in tuples and lists too."""
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, Tensor):
        return value
    if hasattr(value, "__array_function__") and value.dtype.kind in "biuf":
        return Tensor._of(value)
    if type(value) in (tuple, list):
        return type(value)([wrapped(item) for item in value])
    return value


def _recorded(value: Any) -> bool:
    """Whether a Tensor that requires grad is in `value`, while ops are recorded."""
    if not mode.grad:
        return False
    if isinstance(value, Tensor):
        return value._node is not None
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (tuple, list)):
        return False
    return any(_recorded(item) for item in value)


def _no_rule(name: str) -> TypeError:
    return TypeError(
        f"{name} has no rule for tensors that require grad, and would drop their gradient; compose it from functions "
        "that have one, write an Op, or, if no gradient is wanted, use t.detach() or no_grad()"
    )
