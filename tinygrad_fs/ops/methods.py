"""The operators and methods of Tensor, bound to the ops.

Tensor stands below the ops and cannot import them; so they are put onto it here, when the package is imported.
Their signatures stand in `tensor.py` for type checkers, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops import arithmetic, copying, products, protocol, shape
from tinygrad_fs.ops.indexing import getitem
from tinygrad_fs.ops.inplace import inplace, setitem
from tinygrad_fs.tensor import Tensor

__all__ = ["bind"]

_BINARY = {
    "add": (arithmetic.Add.apply, np.add),
    "sub": (arithmetic.Subtract.apply, np.subtract),
    "mul": (arithmetic.Multiply.apply, np.multiply),
    "truediv": (arithmetic.Divide.apply, np.true_divide),
    "floordiv": (arithmetic.FloorDivide.apply, np.floor_divide),
    "mod": (arithmetic.Remainder.apply, np.remainder),
    "pow": (arithmetic.Power.apply, np.power),
    "matmul": (products.Matmul.apply, np.matmul),
}

_COMPARISONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
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
    functions = vars(ops)
    methods: dict[str, Any] = dict(_METHODS)
    for name, (function, ufunc) in _BINARY.items():
        methods[f"__{name}__"] = function
        methods[f"__r{name}__"] = _reflected(function)
        methods[f"__i{name}__"] = inplace(function, ufunc)
    for name, ufunc in _COMPARISONS.items():
        methods[f"__{name}__"] = _on_arrays(ufunc)
    for name, ufunc in _BITWISE.items():
        function = _on_arrays(ufunc)
        methods[f"__{name}__"] = function
        methods[f"__r{name}__"] = _reflected(function)
        methods[f"__i{name}__"] = inplace(function, ufunc)
    for name in _FUNCTIONS:
        if name in functions:
            methods[name] = functions[name]
    for name, function_name in _OTHER_NAMES.items():
        methods[name] = functions[function_name]
    for name, method in methods.items():
        setattr(Tensor, name, method)


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def reflected(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return reflected


def _on_arrays(function: Any) -> Callable[..., Any]:
    """A function without gradient (comparisons, bits, argmax): it works on the arrays."""

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


def _reshape(self: Tensor, *to: Any) -> Tensor:
    """The same values in another shape: ``t.reshape(2, -1)`` or ``t.reshape((2, -1))``."""
    return shape.reshape(self, _sizes(to))


def _transpose(self: Tensor, *axes: Any) -> Tensor:
    """The axes in another order: ``t.transpose(1, 0)`` or ``t.transpose((1, 0))``; reversed by default."""
    return shape.transpose(self, axes if len(axes) > 1 else _sizes(axes) if axes else None)


def _fill(self: Tensor, value: Any) -> None:
    """Set every element to `value`, in place; recorded as ``t[...] = value`` is."""
    self[...] = value


def _divmod(self: Any, other: Any) -> tuple[Tensor, Tensor]:
    return arithmetic.floor_divide(self, other), arithmetic.remainder(self, other)


def _contains(self: Tensor, value: Any) -> bool:
    return bool(np.any(self._data == protocol.unwrapped(value)))


_METHODS: dict[str, Any] = {
    "__abs__": arithmetic.Absolute.apply,
    "__contains__": _contains,
    "__divmod__": _divmod,
    "__getitem__": getitem,
    "__invert__": _on_arrays(np.invert),
    "__neg__": arithmetic.Negative.apply,
    "__pos__": copying.clone,
    "__rdivmod__": _reflected(_divmod),
    "__setitem__": setitem,
    "__array_function__": protocol.array_function,
    "__array_ufunc__": protocol.array_ufunc,
    "T": property(_axes_reversed),
    "mT": property(_matrices_transposed),
    "all": _on_arrays(np.all),
    "any": _on_arrays(np.any),
    "argmax": _on_arrays(np.argmax),
    "argmin": _on_arrays(np.argmin),
    "argsort": _on_arrays(np.argsort),
    "fill": _fill,
    "nonzero": _on_arrays(np.nonzero),
    "permute": _transpose,
    "reshape": _reshape,
    "transpose": _transpose,
}

# The methods that are the public function of that name, with the tensor as its first argument; some by another name.
_FUNCTIONS = (
    "astype",
    "clip",
    "clone",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "exp",
    "flatten",
    "flip",
    "gather",
    "log",
    "log_softmax",
    "masked_fill",
    "max",
    "mean",
    "min",
    "moveaxis",
    "prod",
    "ptp",
    "ravel",
    "relu",
    "repeat",
    "roll",
    "round",
    "sigmoid",
    "softmax",
    "sqrt",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "tanh",
    "trace",
    "tril",
    "triu",
    "var",
)
_OTHER_NAMES = {"abs": "absolute", "copy": "clone"}
