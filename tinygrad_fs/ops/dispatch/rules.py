"""Rules for functions of NumPy that have no public name here: what `np.linspace(t, u)` does."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.ops.copying import astype, clone
from tinygrad_fs.ops.dispatch.ranges import geomspace, linspace, logspace
from tinygrad_fs.ops.linear_algebra.stacks import matrix_transpose
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["full_like", "geomspace", "linspace", "logspace", "matrix_transpose", "real_if_close"]


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    """``np.full_like``: what is filled in has a gradient, the model of the shape has none."""
    ones: Any = np.ones_like(a, dtype, order, subok, shape)
    return astype(ones * fill_value, ones.dtype, copy=False)


def real_if_close(a: TensorLike, tol: float = 100) -> Tensor:
    """``np.real_if_close``: a copy, since there are real values alone."""
    return clone(a)
