"""Operands: what a function is given, as something to compute with."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside, as_array, floating
from tinygrad_fs.graph import mode
from tinygrad_fs.ops.copying import astype
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


def as_value(x: TensorLike) -> Any:
    """`x` as something to compute with: Tensors and arrays as they are, all else as a Tensor."""
    return x if isinstance(x, (Tensor, np.ndarray, np.generic)) else Tensor(x)


def array_of(x: Any) -> Any:
    """The array in the place of a Tensor; all else as it is."""
    return x._data if isinstance(x, Tensor) else x


def constant_of(what: str, x: Any) -> Any:
    """As `array_of`, for what has no gradient; an error that calls it `what` if one would be dropped."""
    if isinstance(x, Tensor) and x._node is not None and mode.grad:
        raise TypeError(f"{what} is a constant and has no gradient, but requires grad; pass it with .detach()")
    return array_of(x)


def as_floats(*operands: Any) -> list[Any]:
    """Floating operands: numbers, lists and integers are as weak as beside a Tensor; float64 if there is no float."""
    common = floating(operands)
    values = [each if isinstance(each, Tensor) else as_array(each, floats=common) for each in operands]
    values = [alongside(each, *values) for each in values]
    return [each if each.dtype.kind == "f" else astype(each, common or np.float64) for each in values]
