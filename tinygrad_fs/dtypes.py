"""Dtypes: what becomes of Python numbers, lists and arrays on their way into a Tensor or an op."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Array",
    "DTypeLike",
    "agree",
    "alongside",
    "as_array",
    "as_dtype",
    "get_default_dtype",
    "operand",
    "set_default_dtype",
    "zeros_beside",
]

Array: TypeAlias = npt.NDArray[Any]
DTypeLike: TypeAlias = npt.DTypeLike

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}  # bool < integer < float, the order in which PyTorch promotes

_NUMBERS = {bool, int, float}

_HELD = "float16, float32, float64, an integer dtype or bool"

_default: np.dtype[Any] = np.dtype(np.float32)


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of Tensors made from Python floats and lists, and of `zeros`, `randn` and the like.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.get_default_dtype()
    dtype('float32')
    """
    return _default


def set_default_dtype(dtype: DTypeLike) -> None:
    """Set the dtype of Tensors made from Python floats and lists. It holds for all threads.

    Parameters
    ----------
    dtype : dtype
        A floating dtype: float16, float32 or float64.

    Raises
    ------
    TypeError
        If `dtype` is not a floating dtype.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.set_default_dtype("float64")
    >>> tg.tensor([1.0, 2.0]).dtype
    dtype('float64')
    >>> tg.set_default_dtype("float32")
    """
    global _default
    new = as_dtype(dtype)
    if new.kind != "f":
        raise TypeError(f"set_default_dtype: {new} is not a floating dtype; use float32 or float64")
    _default = new


def as_dtype(wanted: DTypeLike) -> np.dtype[Any]:
    """The NumPy dtype that `wanted` names; a TypeError if there is none, or a Tensor cannot hold it."""
    try:
        dtype = np.dtype(wanted)
    except TypeError:
        raise TypeError(f"Tensor: dtype {wanted!r} is unknown; use {_HELD}") from None
    return check_dtype(dtype)


def check_dtype(dtype: np.dtype[Any], array: Any = None) -> np.dtype[Any]:
    """Return `dtype` if a Tensor can hold it; otherwise raise a TypeError that says what can be done."""
    if dtype.kind in _KINDS and (dtype.kind != "f" or dtype.itemsize <= 8):
        return dtype
    if dtype.kind == "c":
        raise TypeError(f"Tensor: {dtype} is complex; only real dtypes are differentiated: use .real and .imag apart")
    raise TypeError(f"Tensor: dtype {dtype} is not supported{_reason(dtype, array)}; use {_HELD}")


def _reason(dtype: np.dtype[Any], array: Any) -> str:
    """What is in an array that a Tensor cannot hold."""
    if dtype.kind in "US":
        return ": text is no number"
    if dtype.kind == "V":
        return " (of bfloat16 data take .astype('float32'))"
    if dtype.kind != "O" or array is None or not array.size:
        return ""
    strangers = [type(item).__name__ for item in array.flat if not isinstance(item, (bool, int, float))]
    if not strangers:
        return ": an integer is beyond 64 bits (write it as a float)"
    return f": a {strangers[0]} is no number"


def as_array(data: Any, dtype: DTypeLike | None = None, floats: Any = None) -> Any:
    """Turn `data` into an array, without a copy where that is possible.

    Arrays and NumPy scalars keep their dtype. Python floats, and lists of them, get that of `floats`, or the default.
    Arrays of other libraries that speak NumPy's protocols stay what they are.
    """
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
    elif hasattr(data, "__array_function__"):
        array = data
    else:
        array = _of_lists(data)
        if dtype is None and array.dtype == np.float64 and not hasattr(data, "__array__"):
            array = array.astype(_default if floats is None else floats)
    check_dtype(array.dtype, array)
    if dtype is not None and array.dtype != (wanted := as_dtype(dtype)):
        array = array.astype(wanted)
    return array


def _of_lists(data: Any) -> Any:
    """An array of nested lists, of a number, or of what else has values."""
    try:
        return np.asarray(data)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            "Tensor: lists in a list differ in length, and are no array; make them equally long, as "
            "nn.utils.rnn.pad_sequence does, or a Tensor of each"
        ) from error


def alongside(array: Any, *others: Any) -> Any:
    """An array of indices, of a mask or of weights as the kind of array that the others are: on their device.

    The others may be Tensors; ndarrays and numbers change nothing.
    """
    if isinstance(array, np.ndarray):
        for each in others:
            other = getattr(each, "_data", each)
            if not isinstance(other, (np.ndarray, np.generic)) and hasattr(other, "__array_function__"):
                return np.asarray(array, like=other)
    return array


def zeros_beside(array: Any, shape: tuple[int, ...] | int, dtype: Any) -> Any:
    """Zeros as the kind of array that `array` is: on its device."""
    # np.zeros asks for memory that comes zeroed: 5 us for 1e5 float32, where np.zeros_like takes 10 to fill it.
    return np.zeros(shape, dtype) if type(array) is np.ndarray else np.zeros_like(array, shape=shape, dtype=dtype)


def operand(value: Any, *beside: Any) -> Any:
    """Prepare what stands beside a Tensor in an op: numbers stay weak numbers, all else becomes an array.

    NumPy scalars and 0-d arrays count as Python numbers, so that they do not widen a float32 Tensor. Lists of floats
    are as weak: they get the floating dtype of the arrays beside them.
    """
    if type(value) in _NUMBERS or value is None:
        return value
    array = as_array(value, floats=floating(beside) if type(value) in (list, tuple) else None)
    return array.item() if array.ndim == 0 and type(array) is np.ndarray else array


def floating(operands: Any) -> Any:
    """The floating dtype that operands come to, or None."""
    found = [each.dtype for each in operands if hasattr(each, "dtype") and each.dtype.kind == "f"]
    return np.result_type(*found) if found else None


def agree(*arrays: Any) -> list[Any]:
    """Cast 0-d arrays to the dtype of the others, unless theirs is of a higher kind.

    Between arrays of one or more axes NumPy promotes. A 0-d one counts as a number, as in PyTorch:
    float32 of shape (3,) with float64 of shape () stays float32.
    """
    if len(arrays) == 2 and (type(arrays[0]) in _NUMBERS or type(arrays[1]) in _NUMBERS):
        return list(arrays)
    shaped = [array.dtype for array in arrays if getattr(array, "ndim", 0) > 0]
    if not shaped:
        return list(arrays)
    common = np.result_type(*shaped)
    rank = _KINDS[common.kind]
    return [
        array.astype(common)
        if getattr(array, "ndim", None) == 0 and array.dtype != common and _KINDS[array.dtype.kind] <= rank
        else array
        for array in arrays
    ]
