"""Nested lists of tensors, joined to one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside, floating
from tinygrad_fs.ops.arranging.joining import concatenate
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.shape import reshape
from tinygrad_fs.tensor import Tensor

__all__ = ["block"]


def block(arrays: Any) -> Tensor:
    """Join nested lists of tensors: the innermost ones along the last axis, those around them along the one before.

    Parameters
    ----------
    arrays : nested list of array_like
        Of any depth, the same everywhere. Tensors with fewer axes than others, or than the depth, get axes of size 1 in
        front.

    Raises
    ------
    ValueError
        If lists are of different depths or empty, or shapes do not fit.
    TypeError
        If there is a tuple among the lists.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> a = tg.tensor([[2.0, 3.0], [4.0, 5.0]])
    >>> tg.block([[a, tg.zeros((2, 1))], [tg.zeros(2), 1.0]])
    tensor([[2., 3., 0.],
            [4., 5., 0.],
            [0., 0., 1.]])
    """
    depth = _depth(arrays)
    if not depth:
        return clone(given(arrays))
    tensors = _leaves(arrays)
    ndim = max(depth, *[np.ndim(each) for each in tensors])
    result: Tensor = _joined(arrays, depth, ndim, tensors)
    return result


def _depth(arrays: Any) -> int:
    """How deep the lists are nested, which must be the same everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError("block: there is a tuple among the lists; a nested list holds lists and tensors alone")
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(each) for each in arrays}
    if len(depths) != 1:
        found = " and ".join(str(depth) for depth in sorted(depths))
        raise ValueError(
            f"block: lists are nested {found} deep side by side; all must be as deep"
            if depths
            else "block: there is an empty list, which has no shape"
        )
    return depths.pop() + 1


def _leaves(arrays: Any) -> list[Any]:
    return [leaf for each in arrays for leaf in _leaves(each)] if isinstance(arrays, list) else [arrays]


def _joined(arrays: Any, depth: int, ndim: int, beside: list[Any]) -> Any:
    if depth:
        return concatenate([_joined(each, depth - 1, ndim, beside) for each in arrays], -depth)
    if not hasattr(arrays, "dtype"):  # a number does not widen the tensors beside it
        arrays = alongside(np.asarray(arrays, floating(beside)), *beside)
    missing = ndim - arrays.ndim
    return reshape(arrays, (1,) * missing + arrays.shape) if missing else arrays
