"""The ops: one file per family, a class and a function per op."""

from __future__ import annotations

from tinygrad_fs.ops.activation import elu, leaky_relu, log_softmax, relu, selu, sigmoid, softmax, softplus, tanh
from tinygrad_fs.ops.arithmetic import (
    absolute,
    add,
    divide,
    floor_divide,
    multiply,
    negative,
    power,
    remainder,
    subtract,
)
from tinygrad_fs.ops.convolution import conv2d
from tinygrad_fs.ops.copying import astype, clone
from tinygrad_fs.ops.dropout import dropout
from tinygrad_fs.ops.elementwise import clip, exp, expm1, log, log1p, maximum, minimum, sign, sqrt, square, where
from tinygrad_fs.ops.indexing import getitem
from tinygrad_fs.ops.linear import linear
from tinygrad_fs.ops.loss import cross_entropy, mse_loss
from tinygrad_fs.ops.methods import bind
from tinygrad_fs.ops.normalization import batch_norm
from tinygrad_fs.ops.pooling import avg_pool2d, max_pool2d
from tinygrad_fs.ops.products import matmul
from tinygrad_fs.ops.protocol import adopt
from tinygrad_fs.ops.reduction import max, mean, min, sum, var
from tinygrad_fs.ops.shape import (
    broadcast_to,
    concatenate,
    expand_dims,
    flatten,
    moveaxis,
    pad,
    ravel,
    reshape,
    split,
    squeeze,
    stack,
    swapaxes,
    transpose,
)

__all__ = [
    "absolute",
    "add",
    "astype",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "clip",
    "clone",
    "concatenate",
    "conv2d",
    "cross_entropy",
    "divide",
    "dropout",
    "elu",
    "exp",
    "expand_dims",
    "expm1",
    "flatten",
    "floor_divide",
    "getitem",
    "leaky_relu",
    "linear",
    "log",
    "log1p",
    "log_softmax",
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
    "pad",
    "power",
    "ravel",
    "relu",
    "remainder",
    "reshape",
    "selu",
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
    "transpose",
    "var",
    "where",
]

bind()
adopt({name: globals()[name] for name in __all__})
