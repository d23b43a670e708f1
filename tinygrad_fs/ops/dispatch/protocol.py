"""NumPy's protocols: what `np.exp(t)` or `np.stack([t, u])` does.

A NumPy function with a rule here runs as the op and is recorded. One that has no gradient (comparisons,
argmax) runs on the arrays. Any other runs on the arrays if nothing needs to be recorded, and otherwise raises a
TypeError that names it: nothing is ever silently detached.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.graph import mode
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import astype
from tinygrad_fs.ops.dispatch.signatures import arguments, parameters
from tinygrad_fs.ops.indexing.inplace import accumulate, replace, setitem
from tinygrad_fs.ops.indexing.selection import Selection
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import broadcast_to, reshape
from tinygrad_fs.tensor import Tensor

__all__ = ["adopt", "adopt_on_demand", "array_function", "array_ufunc", "expect", "unwrapped", "wrapped"]

# NumPy's name is the op's name. A few NumPy functions have another one, or are methods of ufuncs.
_OTHER_NAMES = {
    np.amax: "max",
    np.amin: "min",
    np.around: "round",
    np.conjugate: "positive",
    np.copy: "clone",
    np.fix: "trunc",
    np.real: "positive",
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

_WITHOUT_A_NAME = (np.full_like, np.geomspace, np.linspace, np.logspace, np.matrix_transpose, np.real_if_close)
"""What has no public name here; the rules stand in `rules.py`."""

_WRITERS = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}
"""What writes into its first argument; what is done on a Tensor stands in `writers.py`."""

_rules: dict[Any, Callable[..., Any]] = {}
"""By the function, or the ufunc and its method, that was called with a Tensor so far, or adopted."""

_expected: dict[Any, tuple[str, str]] = {
    function: ("dispatch.rules", function.__name__) for function in _WITHOUT_A_NAME
}
"""Where the other rules are found: the family, and the name in it."""

_awaited: dict[str, str] = {}


def expect(families: dict[str, str]) -> None:
    """Take the public ops, each in its family, as the rules for the NumPy functions of the same names.

    A family is imported when a function that it has a rule for is first called with a Tensor.
    """
    twins = {twin: name for name in families if (twin := getattr(np, name, None)) is not None} | _OTHER_NAMES
    for method, names in _UFUNC_METHODS.items():
        twins |= {(ufunc, method): name for ufunc, name in names.items()}
    _expected.update({twin: (families[name], name) for twin, name in twins.items()})


def adopt(functions: dict[str, Callable[..., Any]], namespace: Any) -> None:
    """Take functions as the rules for those of the same names in another namespace of NumPy."""
    for name, function in functions.items():
        if (twin := getattr(namespace, name, None)) is not None:
            _rules[twin] = function


def adopt_on_demand(namespace: str, module: str) -> None:
    """Import `module`, which adopts rules, when a function of NumPy's `namespace` is first called with a Tensor."""
    _awaited[namespace] = module


def _rule_of(function: Any) -> Callable[..., Any] | None:
    """The rule for a function, a ufunc, or a ufunc and its method."""
    rule = _rules.get(function)
    if rule is None and (place := _expected.get(function)) is not None:
        rule = _rules[function] = _in_family(*place)
    elif rule is None and (module := _awaited.get(getattr(function, "__module__", ""))) is not None:
        importlib.import_module(module)
        rule = _rules.get(function)
    return rule


def _in_family(family: str, name: str) -> Any:
    return getattr(importlib.import_module(f"tinygrad_fs.ops.{family}"), name)


# Their results do not change when an input changes a little, or are not numbers at all.
_WITHOUT_GRADIENT = {
    np.all, np.allclose, np.angle, np.any, np.argmax, np.argmin, np.argpartition, np.argsort, np.argwhere,
    np.array2string, np.array_equal, np.array_equiv, np.array_repr, np.array_str, np.can_cast, np.common_type,
    np.count_nonzero, np.diag_indices_from, np.digitize, np.einsum_path, np.empty_like, np.flatnonzero, np.imag,
    np.intersect1d, np.isclose, np.iscomplex, np.iscomplexobj, np.isin, np.isneginf, np.isposinf, np.isreal,
    np.isrealobj, np.ix_, np.lexsort, np.may_share_memory, np.min_scalar_type, np.nanargmax, np.nanargmin, np.ndim,
    np.nonzero, np.ones_like, np.ravel_multi_index, np.result_type, np.save, np.savetxt, np.savez,
    np.savez_compressed, np.searchsorted, np.setdiff1d, np.setxor1d, np.shape, np.shares_memory, np.size,
    np.tril_indices_from, np.triu_indices_from, np.union1d, np.unique_all, np.unique_counts, np.unique_inverse,
    np.unique_values, np.unravel_index, np.zeros_like,
    np.bitwise_and, np.bitwise_count, np.bitwise_or, np.bitwise_xor, np.equal, np.gcd, np.greater, np.greater_equal,
    np.invert, np.isfinite, np.isinf, np.isnan, np.lcm, np.left_shift, np.less, np.less_equal, np.logical_and,
    np.logical_not, np.logical_or, np.logical_xor, np.not_equal, np.right_shift, np.signbit, np.spacing,
}  # fmt: skip


def array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
    """What NumPy calls for ``np.exp(t)``, ``array * t``, ``array += t``, ``np.add.reduce(t)`` and the like."""
    if method == "__call__" and out is None and not options and (plain := _rules.get(ufunc)) is not None:
        return plain(*inputs)
    targets = out or ()
    recorded = ufunc not in _WITHOUT_GRADIENT and _recorded((inputs, targets, options))
    if method == "at" and isinstance(inputs[0], Tensor) and (not recorded or ufunc in (np.add, np.subtract)):
        return _at(ufunc, *inputs) if recorded else _write(ufunc.at, inputs, options)
    if recorded and (method == "at" or any(not isinstance(target, (Tensor, type(None))) for target in targets)):
        raise _into_an_array(ufunc)
    rule = _ufunc_rule(ufunc, method)
    if rule is None or (not recorded and (targets or options)):
        if recorded:
            raise _no_rule(f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}"))
        return _on_arrays(getattr(ufunc, method), inputs, options if out is None else {**options, "out": out}, targets)
    if method == "reduceat":
        result = _reduced_in_parts(rule, *inputs, **options)
    elif method in ("reduce", "accumulate"):
        result = rule(*inputs, **_known(f"np.{ufunc.__name__}.{method}", rule, {"axis": 0, **options}))
    else:
        operands = inputs if method == "__call__" else _crossed(*inputs)
        return _elementwise(f"np.{ufunc.__name__}", rule, operands, options, targets)
    if type(result) is Selection:  # a running extreme: NumPy gives the values alone
        result = result.values
    return _into_all(targets, result, ufunc.__name__)


def _ufunc_rule(ufunc: Any, method: str) -> Callable[..., Any] | None:
    if method in ("__call__", "outer"):
        return _rule_of(ufunc)
    return _rule_of((ufunc, "reduce" if method == "reduceat" else method))


def _known(name: str, rule: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options of a ufunc that `rule` takes; those that say nothing are left away."""
    taken = parameters(rule)
    found = {key: value for key, value in options.items() if key in taken}
    for key in options.keys() - found.keys() - {"order", "subok", "casting"}:  # of memory, and of what is not cast
        if options[key] is not None:
            raise TypeError(
                f"{name}: {key}= is not recorded; use .astype() or np.where(mask, ..., ...) on the operands"
            )
    return found


def _elementwise(name: str, rule: Callable[..., Any], inputs: Any, options: dict[str, Any], targets: Any) -> Any:
    """A ufunc's result: computed in `dtype`, and written into `out`, or only ``where`` a mask holds."""
    dtype, mask = options.pop("dtype", None), options.pop("where", True)
    options = _known(name, rule, options)
    if dtype is not None:
        inputs = [astype(given(each), dtype) for each in inputs]
    if mask is True:
        return _into_all(targets, rule(*inputs, **options), name.removeprefix("np."))
    if not targets:
        raise TypeError(
            f"{name}: where= without out= leaves the other values undefined; give out= too, or write "
            "np.where(mask, ..., ...)"
        )
    (target,) = targets
    mask = np.broadcast_to(array_of(mask), target.shape)
    # Nothing is computed where the mask does not hold, so that no inf there can become a nan in backward.
    chosen = [broadcast_to(each, target.shape)[mask] if np.ndim(each) else each for each in inputs]
    setitem(target, mask, rule(*chosen, **options))
    return target


def _crossed(x: Any, y: Any) -> tuple[Any, Any]:
    """The operands of ``ufunc.outer``: each element of one meets each of the other."""
    return reshape(x, np.shape(x) + (1,) * np.ndim(y)), y


def _reduced_in_parts(reduce: Callable[..., Any], x: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``ufunc.reduceat``: the part from each index up to the next one is reduced; one element where that is earlier."""
    x = x if dtype is None else astype(x, dtype)
    rows: Any = np.moveaxis(x, axis, 0)
    starts = np.asarray(array_of(indices)).tolist()
    stops = [*starts[1:], rows.shape[0]]
    parts: Any = np.stack([reduce(rows[i : j if j > i else i + 1], axis=0) for i, j in zip(starts, stops)])
    return np.moveaxis(parts, 0, axis)


# Asked for so often, by ops among others, that they go past all rules: in a fifth of the time.
_ATTRIBUTES = {np.shape: attrgetter("shape"), np.ndim: attrgetter("ndim"), np.size: attrgetter("size")}


def array_function(self: Tensor, function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
    """What NumPy calls for its functions that are no ufuncs: ``np.sum(t)``, ``np.stack([t, u])``."""
    if (asked := _ATTRIBUTES.get(function)) is not None and len(args) == 1 and not kwargs:
        return asked(*args)
    if function in _WRITERS:
        return _written(function, args, kwargs)
    rule = _rule_of(function)
    taken, options, unknown = (args, kwargs, None) if rule is None else arguments(function, rule, args, kwargs)
    target = options.get("out")
    into_array = target is not None and not isinstance(target, Tensor)
    if rule is None or into_array or unknown is not None:
        if function not in _WITHOUT_GRADIENT and _recorded((args, kwargs)):
            name = f"{function.__module__.replace('numpy', 'np')}.{function.__name__}"
            if into_array:
                raise TypeError(f"{name}: out= must be a Tensor, since an array cannot record")
            if unknown is not None:
                raise TypeError(f"{name}: on tensors that require grad it takes no {unknown!r}")
            raise _no_rule(name)
        return _on_arrays(function, args, kwargs, () if target is None else (target,))
    if "out" in options:
        options = {key: value for key, value in options.items() if key != "out"}
    result = rule(*taken, **options)
    return result if target is None else _into(target, result, function.__name__)


def _at(ufunc: Any, target: Tensor, index: Any, values: Any) -> None:
    """``np.add.at`` and ``np.subtract.at``, recorded."""
    accumulate(target, index, values if ufunc is np.add else _in_family("elementwise.arithmetic", "negative")(values))


def _written(function: Any, args: Any, kwargs: Any) -> None:
    """Let a NumPy function write into its first argument: recorded if there is something to record."""
    if not _recorded((args, kwargs)):
        _write(function, args, kwargs)
    elif isinstance(_target(args, kwargs), Tensor):
        _in_family("dispatch.writers", function.__name__)(*args, **kwargs)
    else:
        raise _into_an_array(function)


def _write(function: Any, args: Any, kwargs: Any) -> None:
    """Let a NumPy function write into the array of its first argument, and count the change."""
    _on_arrays(function, args, kwargs, ())
    target = _target(args, kwargs)
    if isinstance(target, Tensor):
        mark_changed(target._data)


def _target(args: Any, kwargs: Any) -> Any:
    """The first argument of a function that writes into it."""
    return args[0] if args else next(kwargs[name] for name in ("a", "arr", "dst") if name in kwargs)


def _into(target: Tensor, result: Tensor, name: str) -> Tensor:
    """Give `target` the value of `result`, as ``out=target`` asks: recorded if there is something to record."""
    if mode.grad and (target._node is not None or result._node is not None):
        replace(target, result, name)
    else:
        np.copyto(target._data, result._data, casting="same_kind")
        mark_changed(target._data)
    return target


def _into_all(targets: tuple[Any, ...], result: Any, name: str) -> Any:
    """The results of a ufunc, each in its target if it has one."""
    if not targets:
        return result
    if len(targets) == 1:
        return _into(targets[0], result, name)
    return tuple([value if target is None else _into(target, value, name) for target, value in zip(targets, result)])


def _on_arrays(function: Callable[..., Any], args: Any, kwargs: Any, targets: tuple[Any, ...]) -> Any:
    """Run a NumPy function on the arrays, and give what it returns as Tensors, or the targets it wrote into."""
    result = function(*unwrapped(tuple(args)), **{key: unwrapped(value) for key, value in kwargs.items()})
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
    if isinstance(value, tuple):  # a named one
        return type(value)(*[wrapped(item) for item in value])
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


def _into_an_array(function: Any) -> TypeError:
    return TypeError(
        f"np.{function.__name__}: the result is to be written into an array, and an array cannot record that it came "
        "from a tensor that requires grad; write into a Tensor, as in out = Tensor(array); out += t, or use .data"
    )


def _no_rule(name: str) -> TypeError:
    return TypeError(
        f"{name} has no rule for tensors that require grad, and would drop their gradient; compose it from functions "
        "that have one, write an Op, or, if no gradient is wanted, use t.detach() or no_grad()"
    )
