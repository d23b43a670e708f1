"""A look-alike array: what an array on another device shows of itself.

It speaks NumPy's two protocols and has the methods of an array. It never becomes an ndarray by itself, and it does not
mix with one, as an array on a GPU does not: so whoever allocates without asking its input for the kind of array is
found out. Only indices may stand in host memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LookAlike"]


_INDICES = "iub"
_TAKE_INDICES = {"take", "argpartition", "partition"}  # functions and methods


class LookAlike(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that cannot be mistaken for an ndarray."""

    def __init__(self, array: np.ndarray) -> None:
        self.hidden = array

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("a look-alike array does not turn into an ndarray by itself")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if not all(map(_is_known, inputs)):
            return NotImplemented
        if method == "at":
            target, index, *values = inputs
            return ufunc.at(_bare(target), _bare(index, _INDICES), *_bare(values))
        return self._run(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not all(issubclass(each, (LookAlike, np.ndarray)) for each in types):
            return NotImplemented
        if function is np.asarray:  # with like=: the explicit way onto the device
            return LookAlike(np.asarray(*args, **kwargs))
        return self._run(function, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("ctypes", "data", "strides"):
            raise AttributeError(f"a look-alike array has no {name}")
        value = getattr(self.hidden, name)
        if callable(value):
            return lambda *args, **kwargs: self._run(value, args, kwargs)
        return _shown(value)

    def __getitem__(self, index: Any) -> Any:
        return _shown(self.hidden[_bare(index, _INDICES)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.hidden[_bare(index, _INDICES)] = _bare(value)

    def __len__(self) -> int:
        return len(self.hidden)

    def __bool__(self) -> bool:
        return bool(self.hidden)

    @staticmethod
    def _run(function: Any, args: Any, kwargs: Any) -> Any:
        allowed = "iu" if function.__name__ in _TAKE_INDICES else ""
        result = function(*_bare(args, allowed), **{key: _bare(value, allowed) for key, value in kwargs.items()})
        return _shown(result)


def _is_known(value: Any) -> bool:
    return isinstance(value, (LookAlike, np.ndarray)) or not hasattr(value, "__array_ufunc__")


def _bare(value: Any, allowed: str = "") -> Any:
    """The ndarray behind a look-alike; other ndarrays must be 0-d or of one of the kinds that are allowed."""
    if isinstance(value, LookAlike):
        return value.hidden
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind not in allowed:
        raise TypeError(f"a look-alike array does not mix with an ndarray, of shape {value.shape} and {value.dtype}")
    if isinstance(value, (tuple, list)):
        return type(value)([_bare(item, allowed) for item in value])
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return LookAlike(np.asarray(value))
    if isinstance(value, (tuple, list)) and any(isinstance(item, (np.ndarray, np.generic)) for item in value):
        return tuple([_shown(item) for item in value])
    return value
