"""Masking: numbers that are chosen by a mask.

`np.where` branches on every element and takes 4 ns where the mask is not predictable, as it mostly is in derivatives.
A product needs no branch, and taken of the bits of the numbers as integers it is right for inf and nan too: a choice
between a number and 0 takes 0.3 ns and one between two numbers 0.7.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_FEW = 2048
"""Up to so many elements `np.where` is as quick."""


def kept(values: Any, mask: Any) -> Any:
    """`values` where `mask` holds, else 0, whatever they are: also inf and nan become 0."""
    if type(values) is not np.ndarray or not _is_mask(mask) or values.size <= _FEW >= mask.size:
        return np.where(mask, values, 0)
    return np.multiply(_bits(values), mask.view(np.int8)).view(values.dtype)


def selected(mask: Any, x: Any, y: Any) -> Any:
    """`x` where `mask` holds, else `y`; each an array or a number."""
    if not _is_mask(mask) or mask.size <= _FEW:
        return np.where(mask, x, y)
    x, y = _beside(x, y), _beside(y, x)
    if type(x) is not np.ndarray or type(y) is not np.ndarray or x.dtype is not y.dtype or x.dtype.itemsize > 8:
        return np.where(mask, x, y)
    a, b = _bits(x), _bits(y)
    result = np.multiply(a ^ b, mask.view(np.int8))  # 0 where it is to be y
    return np.bitwise_xor(result, b, out=result).view(x.dtype)


def stepped(mask: Any, above: float, below: float, like: Any) -> Any:
    """The number `above` where `mask` holds, else `below`, exactly, in the dtype of `like`."""
    return selected(mask, np.asarray(above, like.dtype), np.asarray(below, like.dtype))


def _is_mask(mask: Any) -> bool:
    return type(mask) is np.ndarray and mask.dtype == np.bool_


def _bits(values: Any) -> Any:
    return values.view(f"i{values.dtype.itemsize}")


def _beside(value: Any, other: Any) -> Any:
    """A number beside a floating array as an array of its dtype."""
    if isinstance(value, (int, float)) and type(other) is np.ndarray and other.dtype.kind == "f":
        return np.asarray(value, other.dtype)
    return value
