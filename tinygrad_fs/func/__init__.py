"""Derivatives of functions: functions in, functions or values out, with no `requires_grad` and no `.grad`.

The arguments of the functions are arrays, Tensors or floats, also in nested tuples, lists and dicts. All nest:
`grad` of a function that calls `grad`, `jacobian` of a `jvp`. Where Tensors that require grad are among the
arguments, or the function closes over them, the results are recorded as those of any op are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_fs.func.jacobians import hessian, jacobian
from tinygrad_fs.func.products import hvp, jvp
from tinygrad_fs.func.reverse import grad, value_and_grad, vjp
from tinygrad_fs.othernames import missing

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

if not TYPE_CHECKING:  # or a mistyped name would pass for Any
    __getattr__ = missing(__name__)
