"""Masking: numbers that are kept where a mask holds."""

from __future__ import annotations

from typing import Any

import numpy as np

_FEW = 2048
"""Up to so many elements `np.where` is as quick."""


def kept(values: Any, mask: Any) -> Any:
    """`values` where `mask` holds, else 0, whatever they are: also inf and nan become 0.

    `np.where` branches on every element and takes 3.5 ns where the mask is not predictable, as it mostly is in
    derivatives. A mask of bits takes 0.3.
    """
    if type(values) is not np.ndarray or type(mask) is not np.ndarray or values.size <= _FEW or mask.dtype != np.bool_:
        return np.where(mask, values, 0)
    bits = np.dtype(f"i{values.dtype.itemsize}")
    return np.bitwise_and(values.view(bits), np.negative(mask.view(np.int8), dtype=bits)).view(values.dtype)
