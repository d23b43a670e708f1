"""The tracing namespace: NumPy code that fills arrays of its own, run so that it is recorded.

``out = np.zeros(shape); out[:, t] = tensor`` cannot be recorded, since an array cannot remember where its values
came from. While `tracing` holds, the globals of the code that runs which *are* numpy, math, or one of their functions
below, are exchanged for stand-ins: ``np.zeros`` gives a Tensor, into which writing is recorded. Nothing in NumPy itself
is touched; other threads that run the same code meanwhile get NumPy as it is.
"""

from __future__ import annotations

import contextlib
import functools
import math
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import tinygrad_fs.ops as ops
from tinygrad_fs.tensor import Tensor

__all__ = ["as_tensors", "tracing"]

_lock = threading.RLock()


@contextlib.contextmanager
def tracing(namespaces: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Let code whose globals are `namespaces` allocate Tensors, for the length of the block and in this thread.

    Parameters
    ----------
    namespaces : iterable of dict
        Dictionaries of globals, as ``vars(module)``. They are put back at the end, whatever happens; a global that the
        code itself has assigned meanwhile stays.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> def doubled(x):
    ...     out = np.zeros(x.shape)
    ...     out[:] = 2 * x
    ...     return out
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> with tracing([doubled.__globals__]):
    ...     y = doubled(x)
    >>> y
    tensor([2., 4.], dtype=float64, grad_fn=<SetItem>)
    """
    with _lock:
        stand_ins = _StandIns()
        exchanged = []
        try:
            for namespace in namespaces:
                for name, value in list(namespace.items()):
                    stand_in = stand_ins.of(value)
                    if stand_in is not None:
                        exchanged.append((namespace, name, value, stand_in))
                        namespace[name] = stand_in
            yield
        finally:
            for namespace, name, value, stand_in in reversed(exchanged):
                if namespace.get(name) is stand_in:
                    namespace[name] = value


def as_tensors(value: Any) -> Any:
    """`value`, or a Tensor in its place if it is an array of floats."""
    if isinstance(value, np.generic) and value.dtype.kind == "f":
        value = np.asarray(value)
    return Tensor._of(value) if type(value) is np.ndarray and value.dtype.kind == "f" else value


class _StandIns:
    """What takes the place of a global, for the thread that made it."""

    def __init__(self) -> None:
        here = threading.get_ident()
        functions = {**_CREATION, **{getattr(math, name): twin for name, twin in _MATH.items()}}
        mine: dict[int, tuple[Any, Any]] = {
            id(real): (real, _only_in(here, real, traced)) for real, traced in functions.items()
        }
        mine |= {id(real): (real, _Joined(here, real)) for real in (np.r_, np.c_)}
        mine[id(np.ndarray)] = (np.ndarray, _ArrayType(here))
        mine |= {id(module): (module, _Module(here, module, mine)) for module in (np, math)}
        self._mine = mine

    def of(self, value: Any) -> Any:
        return self._mine.get(id(value), (None, None))[1]


class _Module(types.ModuleType):
    """numpy or math, with the stand-ins in the place of some of its functions."""

    def __init__(self, thread: int, real: types.ModuleType, mine: dict[int, tuple[Any, Any]]) -> None:
        super().__init__(real.__name__, real.__doc__)
        self._thread, self._real, self._mine = thread, real, mine

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if threading.get_ident() != self._thread:
            return value
        return self._mine.get(id(value), (None, value))[1]


def _only_in(thread: int, real: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        return (traced if threading.get_ident() == thread else real)(*args, **kwargs)

    return function


class _ArrayType(type):
    """The type of arrays: in the tracing thread a Tensor counts as one."""

    def __new__(cls, thread: int) -> Any:
        return super().__new__(cls, "ndarray", (), {"__new__": lambda _, *args, **kwargs: np.ndarray(*args, **kwargs)})

    def __init__(cls, thread: int) -> None:
        cls._thread = thread

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, np.ndarray) or (isinstance(value, Tensor) and threading.get_ident() == cls._thread)

    def __getattr__(cls, name: str) -> Any:
        return getattr(np.ndarray, name)


class _Joined:
    """``np.r_`` or ``np.c_``: pieces joined along the first axis, or, 1-d ones as columns, along the last."""

    def __init__(self, thread: int, real: Any) -> None:
        self._thread, self._real = thread, real

    def __getitem__(self, key: Any) -> Any:
        pieces = key if isinstance(key, tuple) else (key,)
        if threading.get_ident() != self._thread or not any(isinstance(piece, Tensor) for piece in pieces):
            return as_tensors(self._real[key])
        joined = [piece if isinstance(piece, Tensor) else np.asarray(self._real[piece]) for piece in pieces]
        if self._real is np.c_:
            joined = [np.reshape(piece, (-1, 1)) if piece.ndim < 2 else piece for piece in joined]
            return ops.concatenate(joined, axis=-1)
        return ops.concatenate([np.atleast_1d(piece) for piece in joined], axis=0)


# ---- functions of NumPy that make arrays


def _allocating(real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that allocates: its arrays of floats are Tensors."""
    return lambda *args, **kwargs: as_tensors(real(*args, **kwargs))


def _allocating_like(real: Callable[..., Any]) -> Callable[..., Any]:
    def like(prototype: Any, *args: Any, **kwargs: Any) -> Any:
        return as_tensors(real(prototype.data if isinstance(prototype, Tensor) else prototype, *args, **kwargs))

    return like


def _full(shape: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
    if not isinstance(fill_value, Tensor):
        return as_tensors(np.full(shape, fill_value, *args, **kwargs))
    filled = Tensor._of(np.full(shape, 0.0, *args, **kwargs))
    filled[...] = fill_value
    return filled


def _full_like(prototype: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
    like = _allocating_like(np.zeros_like)(prototype, *args, **kwargs)
    like[...] = fill_value
    return like


def _array(value: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    if not _holds_tensors(value):
        return as_tensors(np.array(value, dtype, *args, **kwargs))
    gathered = _gathered(value)
    return gathered.clone() if dtype is None else gathered.astype(dtype)


def _same_array(real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives back what is an array already."""

    def same(value: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if not _holds_tensors(value):
            return as_tensors(real(value, dtype, *args, **kwargs))
        gathered = _gathered(value)
        return gathered if dtype is None or gathered.dtype == dtype else gathered.astype(dtype)

    return same


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, (list, tuple)) and any(map(_holds_tensors, value)))


def _gathered(value: Any) -> Any:
    """Nested lists with Tensors in them as one Tensor."""
    if isinstance(value, (list, tuple)):
        return ops.stack([_gathered(item) for item in value])
    return value if isinstance(value, Tensor) else np.asarray(value)


_CREATION: dict[Callable[..., Any], Callable[..., Any]] = {
    **{real: _allocating(real) for real in (np.zeros, np.ones, np.eye, np.identity)},
    **{real: _allocating_like(real) for real in (np.zeros_like, np.ones_like)},
    **{real: _same_array(real) for real in (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)},
    np.array: _array,
    np.empty: _allocating(np.zeros),  # what is left unfilled is then the same in every run
    np.empty_like: _allocating_like(np.zeros_like),
    np.full: _full,
    np.full_like: _full_like,
}

# ---- functions of math, by the name of the op that they are on Tensors

_OPS_OF_MATH = {
    **{name: name for name in (
        "cos", "cosh", "erf", "erfc", "exp", "expm1", "fabs", "hypot", "log", "log10", "log1p", "log2", "sin", "sinh",
        "sqrt", "tan", "tanh",
    )},
    **{f"a{name}": f"arc{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")},
    "exp2": "exp2",
    "lgamma": "lgamma",
    "pow": "power",
}  # fmt: skip
_FACTS_OF_MATH = ("ceil", "floor", "isfinite", "isinf", "isnan", "trunc")
"""Functions of math whose results have no gradient."""


def _on_tensors(real: Callable[..., Any], op: Callable[..., Any]) -> Callable[..., Any]:
    def function(*args: Any) -> Any:
        if not any(isinstance(each, Tensor) for each in args):
            return real(*args)
        if real is math.log and len(args) == 2:
            return ops.log(args[0]) / ops.log(args[1])
        return op(*args)

    return function


def _on_values(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value: real(value.item() if isinstance(value, Tensor) else value)


_MATH = {
    **{
        name: _on_tensors(getattr(math, name), getattr(ops, op))
        for name, op in _OPS_OF_MATH.items()
        if hasattr(math, name) and hasattr(ops, op)
    },
    **{name: _on_values(getattr(math, name)) for name in _FACTS_OF_MATH},
}
