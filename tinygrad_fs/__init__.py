"""tinygrad_fs: a define-by-run autograd engine on NumPy.

A `Tensor` remembers how it was computed; `backward` goes back along that record and leaves gradients. Arrays
behave as in NumPy (`axis`, `keepdims`); autograd, `nn` and `optim` behave as in PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tinygrad_fs import autograd
from tinygrad_fs.creation import arange, eye, full, full_like, linspace, ones, ones_like, zeros, zeros_like
from tinygrad_fs.dtypes import get_default_dtype, set_default_dtype
from tinygrad_fs.gradmode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_fs.op import Op
from tinygrad_fs.ops import (
    absolute,
    add,
    astype,
    avg_pool2d,
    batch_norm,
    broadcast_to,
    clip,
    clone,
    concatenate,
    conv2d,
    cross_entropy,
    divide,
    dropout,
    elu,
    exp,
    expand_dims,
    expm1,
    flatten,
    floor_divide,
    getitem,
    leaky_relu,
    linear,
    log,
    log1p,
    log_softmax,
    matmul,
    max,
    max_pool2d,
    maximum,
    mean,
    min,
    minimum,
    moveaxis,
    mse_loss,
    multiply,
    negative,
    pad,
    power,
    ravel,
    relu,
    remainder,
    reshape,
    selu,
    sigmoid,
    sign,
    softmax,
    softplus,
    split,
    sqrt,
    square,
    squeeze,
    stack,
    subtract,
    sum,
    swapaxes,
    tanh,
    transpose,
    var,
    where,
)
from tinygrad_fs.random import default_generator, manual_seed, rand, randint, randn
from tinygrad_fs.tensor import Tensor, tensor

if TYPE_CHECKING:
    from tinygrad_fs import data, func, io, nn, optim, viz

__version__ = "0.1.0"

__all__ = [
    "Op",
    "Tensor",
    "absolute",
    "add",
    "arange",
    "astype",
    "autograd",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "clip",
    "clone",
    "concatenate",
    "conv2d",
    "cross_entropy",
    "data",
    "default_generator",
    "divide",
    "dropout",
    "elu",
    "enable_grad",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "flatten",
    "floor_divide",
    "full",
    "full_like",
    "func",
    "get_default_dtype",
    "getitem",
    "io",
    "is_grad_enabled",
    "leaky_relu",
    "linear",
    "linspace",
    "log",
    "log1p",
    "log_softmax",
    "manual_seed",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moveaxis",
    "mse_loss",
    "multiply",
    "negative",
    "nn",
    "no_grad",
    "ones",
    "ones_like",
    "optim",
    "pad",
    "power",
    "rand",
    "randint",
    "randn",
    "ravel",
    "relu",
    "remainder",
    "reshape",
    "selu",
    "set_default_dtype",
    "set_grad_enabled",
    "sigmoid",
    "sign",
    "softmax",
    "softplus",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "swapaxes",
    "tanh",
    "tensor",
    "transpose",
    "var",
    "viz",
    "where",
    "zeros",
    "zeros_like",
]

_ON_DEMAND = ("data", "func", "io", "nn", "optim", "viz")


def __getattr__(name: str) -> Any:
    """Import the upper floors when they are first asked for: the engine alone starts faster."""
    if name in _ON_DEMAND:
        return importlib.import_module(f"tinygrad_fs.{name}")
    raise AttributeError(f"module 'tinygrad_fs' has no attribute {name!r}")
