"""What PyTorch calls by a name that NumPy does not have: whoever asks for it is told what to write."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["INSTEAD", "instead_of"]

_F = TypeVar("_F", bound=Callable[..., Any])


def instead_of(options: Mapping[str, str]) -> Callable[[_F], _F]:
    """Have a constructor that is called with one of these options say what to write in its place."""

    def decorate(init: _F) -> _F:
        @functools.wraps(init)
        def called(self: Any, *args: Any, **kwargs: Any) -> None:
            if unknown := [name for name in kwargs if name in options]:
                raise TypeError(f"{type(self).__name__}: {unknown[0]}= is not here; {options[unknown[0]]}")
            init(self, *args, **kwargs)

        return called  # type: ignore[return-value]

    return decorate


INSTEAD = {
    "acos": "arccos(x)",
    "acosh": "arccosh(x)",
    "addmm": "a + b @ c",
    "argwhere": "np.argwhere(x.numpy())",
    "as_tensor": "Tensor(array), which shares memory, or tensor(data)",
    "asin": "arcsin(x)",
    "asinh": "arcsinh(x)",
    "atan": "arctan(x)",
    "atan2": "arctan2(y, x)",
    "atanh": "arctanh(x)",
    "bmm": "x @ y",
    "bool": "dtype='bool'",
    "cat": "concatenate(xs, axis)",
    "cholesky": "linalg.cholesky(x)",
    "chunk": "array_split(x, n, axis)",
    "clamp": "clip(x, low, high)",
    "concat": "concatenate(xs, axis)",
    "det": "linalg.det(x)",
    "device": "nothing: arrays are in the host's memory",
    "div": "x / y, or divide(x, y)",
    "double": "dtype='float64'",
    "empty": "zeros(shape)",
    "eq": "x == y, or equal(x, y)",
    "float": "dtype='float32'",
    "float16": "dtype='float16'",
    "float32": "dtype='float32'",
    "float64": "dtype='float64'",
    "from_numpy": "Tensor(array)",
    "ge": "x >= y, or greater_equal(x, y)",
    "ger": "outer(x, y)",
    "gt": "x > y, or greater(x, y)",
    "index_select": "take(x, indices, axis)",
    "inference_mode": "no_grad()",
    "int": "dtype='int32'",
    "int32": "dtype='int32'",
    "int64": "dtype='int64'",
    "inverse": "linalg.inv(x)",
    "is_tensor": "isinstance(x, Tensor)",
    "le": "x <= y, or less_equal(x, y)",
    "load": "io.load(path)",
    "long": "dtype='int64'",
    "lt": "x < y, or less(x, y)",
    "mm": "x @ y",
    "movedim": "moveaxis(x, source, destination)",
    "mul": "x * y, or multiply(x, y)",
    "mv": "x @ y",
    "narrow": "a slice, as in x[:, start : start + length]",
    "ne": "x != y, or not_equal(x, y)",
    "neg": "-x, or negative(x)",
    "nonzero": "x.nonzero()",
    "norm": "linalg.norm(x)",
    "numel": "x.size",
    "pow": "x ** y, or power(x, y)",
    "rand_like": "rand(x.shape)",
    "randn_like": "randn(x.shape)",
    "randperm": "default_generator().permutation(n)",
    "repeat_interleave": "repeat(x, n, axis)",
    "save": "io.save(path, state)",
    "std_mean": "std(x), mean(x)",
    "sub": "x - y, or subtract(x, y)",
    "svd": "linalg.svd(x)",
    "t": "x.T",
    "true_divide": "x / y, or divide(x, y)",
    "unbind": "unstack(x, axis)",
    "unsqueeze": "expand_dims(x, axis)",
    "utils": "data, for utils.data",
    "var_mean": "var(x), mean(x)",
    "vmap": "a function of arrays with one more axis",
}
