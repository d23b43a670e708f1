"""tinygrad_fs: a define-by-run autograd engine on NumPy.

A `Tensor` remembers how it was computed; `backward` goes back along that record and leaves gradients. Arrays
behave as in NumPy (`axis`, `keepdims`); autograd, `nn` and `optim` behave as in PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tinygrad_fs import ops
from tinygrad_fs.allocation import keep_freed_memory
from tinygrad_fs.creation import arange, eye, full, full_like, linspace, ones, ones_like, zeros, zeros_like
from tinygrad_fs.dtypes import get_default_dtype, set_default_dtype
from tinygrad_fs.gradmode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_fs.op import Op
from tinygrad_fs.ops.dispatch.protocol import adopt_on_demand
from tinygrad_fs.random import default_generator, manual_seed, rand, randint, randn
from tinygrad_fs.tensor import Tensor, tensor

if TYPE_CHECKING:
    from tinygrad_fs import autograd, compare, data, deep_learning, func, io, linalg, nn, optim, viz
    from tinygrad_fs.ops import *  # noqa: F403

__version__ = "0.1.0"

__all__ = [
    "Op",
    "Tensor",
    "arange",
    "autograd",
    "compare",
    "data",
    "deep_learning",
    "default_generator",
    "enable_grad",
    "eye",
    "full",
    "full_like",
    "func",
    "get_default_dtype",
    "io",
    "is_grad_enabled",
    "linalg",
    "linspace",
    "manual_seed",
    "nn",
    "no_grad",
    "ones",
    "ones_like",
    "optim",
    "rand",
    "randint",
    "randn",
    "set_default_dtype",
    "set_grad_enabled",
    "tensor",
    "viz",
    "zeros",
    "zeros_like",
]
__all__ += ops.__all__  # type: ignore[attr-defined]  # type checkers see the names themselves

_ON_DEMAND = ("autograd", "compare", "data", "deep_learning", "func", "io", "linalg", "nn", "optim", "viz")
adopt_on_demand("numpy.fft", "tinygrad_fs.ops.dispatch.shifts")
adopt_on_demand("numpy.linalg", "tinygrad_fs.linalg")
keep_freed_memory()


if not TYPE_CHECKING:  # or a mistyped name would pass for Any

    def __getattr__(name: str) -> Any:
        """Import the upper floors and the ops when they are first asked for: a program loads what it uses."""
        if name in _ON_DEMAND:
            return importlib.import_module(f"tinygrad_fs.{name}")
        if name in __all__:
            return globals().setdefault(name, getattr(ops, name))
        from tinygrad_fs.othernames import INSTEAD

        remedy = f"; write {INSTEAD[name]}" if name in INSTEAD else ""
        raise AttributeError(f"module 'tinygrad_fs' has no attribute {name!r}{remedy}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
