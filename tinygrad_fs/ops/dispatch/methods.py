"""The operators and methods of Tensor, bound to the ops.

Tensor stands below the ops and cannot import them; so they are put onto it here, when the package is imported.
Their signatures stand in `tensor.py` for type checkers, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.op import Op
from tinygrad_fs.ops import copying, shape
from tinygrad_fs.ops.dispatch import protocol
from tinygrad_fs.ops.dispatch.keywords import told
from tinygrad_fs.ops.elementwise import arithmetic, comparison
from tinygrad_fs.ops.indexing.inplace import inplace, setitem
from tinygrad_fs.ops.indexing.reading import getitem
from tinygrad_fs.ops.linear_algebra import products
from tinygrad_fs.othernames import Absent
from tinygrad_fs.tensor import Tensor

__all__ = ["bind"]

_BINARY = {
    "add": (arithmetic.Add, np.add),
    "sub": (arithmetic.Subtract, np.subtract),
    "mul": (arithmetic.Multiply, np.multiply),
    "truediv": (arithmetic.Divide, np.true_divide),
    "floordiv": (arithmetic.FloorDivide, np.floor_divide),
    "mod": (arithmetic.Remainder, np.remainder),
    "pow": (arithmetic.Power, np.power),
    "matmul": (products.Matmul, np.matmul),
}

_COMPARISONS = {
    "eq": comparison.Equal,
    "ne": comparison.NotEqual,
    "lt": comparison.Less,
    "le": comparison.LessEqual,
    "gt": comparison.Greater,
    "ge": comparison.GreaterEqual,
}

_BITWISE = {
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}


def bind() -> None:
    """Put the operators, the methods and NumPy's protocols onto Tensor."""
    methods: dict[str, Any] = dict(_METHODS)
    for name, (op, ufunc) in _BINARY.items():
        methods[f"__{name}__"] = _Operator(f"__{name}__", op)
        function = ops.bare(ufunc.__name__)
        methods[f"__r{name}__"] = _reflected(function)
        methods[f"__i{name}__"] = inplace(function, ufunc)
    methods |= {f"__{name}__": _Operator(f"__{name}__", op) for name, op in _COMPARISONS.items()}
    for name, ufunc in _BITWISE.items():
        function = _on_arrays(ufunc)
        methods[f"__{name}__"] = function
        methods[f"__r{name}__"] = _reflected(function)
        methods[f"__i{name}__"] = inplace(function, ufunc)
    methods |= {name: _Function(name) for name in _FUNCTIONS}
    methods |= {name: Absent(name, f"write {remedy}") for name, remedy in _INSTEAD.items()}
    for name, method in methods.items():
        setattr(Tensor, name, method)


class _Operator:
    """The place of an operator until it is first used: the import takes 15 ms less than with all of them written."""

    def __init__(self, name: str, op: type[Op]) -> None:
        self._name, self._op = name, op

    def __get__(self, t: Tensor | None, owner: type[Tensor]) -> Any:
        function: Any = self._op.apply
        setattr(Tensor, self._name, function)
        return function.__get__(t, owner)


class _Function:
    """The place of a method until it is first asked for: then its family is imported, and the method is the op."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, t: Tensor | None, owner: type[Tensor]) -> Any:
        function = told(ops.bare(self._name))
        setattr(Tensor, self._name, function)
        return function.__get__(t, owner)


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def reflected(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return reflected


def _on_arrays(function: Any) -> Callable[..., Any]:
    """A function without gradient (bits, argmax): it works on the arrays."""

    def method(*args: Any, **kwargs: Any) -> Any:
        return protocol.wrapped(function(*protocol.unwrapped(args), **kwargs))

    method.__name__ = function.__name__
    method.__doc__ = f"As `numpy.{function.__name__}` of the values; the result has no gradient."
    return method


def _axes_reversed(self: Tensor) -> Tensor:
    """The tensor with its axes reversed."""
    return shape.transpose(self)


def _matrices_transposed(self: Tensor) -> Tensor:
    """The tensor with its last two axes exchanged: the transposes of the matrices in it."""
    return shape.swapaxes(self, -1, -2)


def _sizes(sizes: tuple[Any, ...]) -> Any:
    """The one argument or the several of ``t.reshape((2, 3))`` and ``t.reshape(2, 3)``."""
    return sizes[0] if len(sizes) == 1 else sizes


def _reshape(self: Tensor, *to: Any, order: str = "C", copy: bool | None = None) -> Tensor:
    """The same values in another shape: ``t.reshape(2, -1)`` or ``t.reshape((2, -1))``."""
    return shape.reshape(self, _sizes(to), order, copy=copy)


def _transpose(self: Tensor, *axes: Any) -> Tensor:
    """The axes in another order: ``t.transpose(1, 0)`` or ``t.transpose((1, 0))``; reversed by default."""
    return shape.transpose(self, axes if len(axes) > 1 else _sizes(axes) if axes else None)


def _flatten(self: Tensor, start_axis: int | str = 0, end_axis: int = -1, *, order: str = "C") -> Tensor:
    """One axis in the place of those from `start_axis` to `end_axis`; ``t.flatten("F")`` is NumPy's."""
    if isinstance(start_axis, str):
        return _flatten(self, order=start_axis)
    if order == "C":
        return shape.flatten(self, start_axis, end_axis)
    if (start_axis, end_axis) != (0, -1):
        raise ValueError(
            f"flatten: order={order!r} is for all axes; use t.reshape(..., order={order!r}) for some of them"
        )
    return copying.clone(shape.ravel(self, order))


def _copy(self: Tensor, order: str = "C") -> Tensor:
    """A copy in new memory, through which gradients flow; the order in memory is the engine's to choose."""
    return copying.clone(self)


def _fill(self: Tensor, value: Any) -> None:
    """Set every element to `value`, in place; recorded as ``t[...] = value`` is."""
    self[...] = value


def _sort(self: Tensor, axis: int = -1, kind: Any = None, *, stable: bool | None = None) -> None:
    """Sort in place, as NumPy's method; recorded. The function `sort` gives a sorted copy."""
    self[...] = ops.sort(self, axis, kind, stable=stable)


def _contains(self: Tensor, value: Any) -> bool:
    return bool(np.any(self._data == protocol.unwrapped(value)))


# What arrays or PyTorch's tensors have and a Tensor has not: what is written in its place.
_INSTEAD = {
    "add_": "t += u",
    "bmm": "t @ u",
    "bool": "t.astype('bool')",
    "byte": "t.astype('uint8')",
    "chunk": "tinygrad_fs.array_split(t, n)",
    "clamp": "t.clip(low, high)",
    "clamp_": "t[...] = t.clip(low, high)",
    "contiguous": "t; memory is laid out anew where it has to be",
    "copy_": "t[...] = u",
    "cpu": "t; it is in the host's memory",
    "cuda": "t; it stays in the host's memory",
    "device": "nothing: arrays are in the host's memory",
    "dim": "t.ndim",
    "div_": "t /= u",
    "double": "t.astype('float64')",
    "eq": "t == u",
    "expand": "tinygrad_fs.broadcast_to(t, shape)",
    "fill_": "t.fill(value)",
    "flags": "t.numpy().flags",
    "flat": "t.ravel()",
    "float": "t.astype('float32')",
    "ge": "t >= u",
    "gt": "t > u",
    "half": "t.astype('float16')",
    "index_select": "t.take(indices, axis)",
    "int": "t.astype('int32')",
    "is_cuda": "nothing: arrays are in the host's memory",
    "le": "t <= u",
    "long": "t.astype('int64')",
    "lt": "t < u",
    "masked_fill_": "t[mask] = value",
    "matmul": "t @ u",
    "mm": "t @ u",
    "mul_": "t *= u",
    "narrow": "a slice, as in t[:, start : start + length]",
    "ne": "t != u",
    "norm": "tinygrad_fs.linalg.norm(t)",
    "numel": "t.size",
    "partition": "np.sort(t)",
    "pow": "t ** u",
    "scatter_": "t[...] = tinygrad_fs.scatter(t, axis, index, source)",
    "split": "tinygrad_fs.split(t, where)",
    "strides": "t.numpy().strides",
    "sub_": "t -= u",
    "t": "t.T",
    "to": "t.astype(dtype)",
    "tobytes": "t.numpy().tobytes()",
    "topk": "tinygrad_fs.topk(t, k)",
    "type": "t.astype(dtype)",
    "unbind": "tinygrad_fs.unstack(t, axis)",
    "unsqueeze": "t.expand_dims(axis)",
    "view": "t.reshape(shape)",
    "view_as": "t.reshape(u.shape)",
    "zero_": "t.fill(0)",
}

_METHODS: dict[str, Any] = {
    "__abs__": _Operator("__abs__", arithmetic.Absolute),
    "__contains__": _contains,
    "__divmod__": arithmetic.divmod,
    "__getitem__": getitem,
    "__invert__": _on_arrays(np.invert),
    "__neg__": _Operator("__neg__", arithmetic.Negative),
    "__pos__": copying.clone,
    "__rdivmod__": _reflected(arithmetic.divmod),
    "__setitem__": setitem,
    "__array_function__": protocol.array_function,
    "__array_ufunc__": protocol.array_ufunc,
    "T": property(_axes_reversed),
    "mT": property(_matrices_transposed),
    "conj": copying.clone,
    "copy": _copy,
    "fill": _fill,
    "flatten": told(_flatten),
    "nonzero": _on_arrays(np.nonzero),
    "permute": _transpose,
    "reshape": _reshape,
    "sort": told(_sort),
    "transpose": _transpose,
}

# The public functions that are methods, too, with the tensor as their first argument.
_FUNCTIONS = (
    "abs", "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "clone", "cumprod", "cumsum", "diagonal",
    "dot", "exp", "expand_dims", "flip", "gather", "log", "log_softmax", "masked_fill", "max", "mean",
    "min", "moveaxis", "prod", "ptp", "ravel", "relu", "repeat", "roll", "round", "searchsorted", "sigmoid", "softmax",
    "sqrt", "square", "squeeze", "std", "sum", "swapaxes", "take", "tanh", "trace", "tril", "triu", "var",
)  # fmt: skip
