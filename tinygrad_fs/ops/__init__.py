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
from tinygrad_fs.ops.counting import all, any, argmax, argmin, count_nonzero
from tinygrad_fs.ops.cumulative import cummax, cummin, cumprod, cumsum, logcumsumexp
from tinygrad_fs.ops.differences import diff, trapezoid
from tinygrad_fs.ops.dropout import dropout
from tinygrad_fs.ops.einsum import einsum
from tinygrad_fs.ops.elementwise import clip, exp, expm1, log, log1p, maximum, minimum, sign, sqrt, square, where
from tinygrad_fs.ops.error_function import erf, erfc
from tinygrad_fs.ops.indexing import getitem
from tinygrad_fs.ops.linear import linear
from tinygrad_fs.ops.loss import cross_entropy, mse_loss
from tinygrad_fs.ops.methods import bind
from tinygrad_fs.ops.normalization import batch_norm
from tinygrad_fs.ops.pooling import avg_pool2d, max_pool2d
from tinygrad_fs.ops.products import cross, dot, inner, kron, matmul, matvec, outer, tensordot, vdot, vecdot, vecmat
from tinygrad_fs.ops.protocol import adopt
from tinygrad_fs.ops.reduction import amax, amin, logsumexp, max, mean, min, nanmean, nansum, prod, sum
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
from tinygrad_fs.ops.sorting import argsort, searchsorted, sort, topk, unique
from tinygrad_fs.ops.statistics import average, median, percentile, ptp, quantile, std, var

__all__ = [
    "absolute",
    "add",
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "astype",
    "average",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "clip",
    "clone",
    "concatenate",
    "conv2d",
    "count_nonzero",
    "cross",
    "cross_entropy",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "diff",
    "divide",
    "dot",
    "dropout",
    "einsum",
    "elu",
    "erf",
    "erfc",
    "exp",
    "expand_dims",
    "expm1",
    "flatten",
    "floor_divide",
    "getitem",
    "inner",
    "kron",
    "leaky_relu",
    "linear",
    "log",
    "log1p",
    "log_softmax",
    "logcumsumexp",
    "logsumexp",
    "matmul",
    "matvec",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "median",
    "min",
    "minimum",
    "moveaxis",
    "mse_loss",
    "multiply",
    "nanmean",
    "nansum",
    "negative",
    "outer",
    "pad",
    "percentile",
    "power",
    "prod",
    "ptp",
    "quantile",
    "ravel",
    "relu",
    "remainder",
    "reshape",
    "searchsorted",
    "selu",
    "sigmoid",
    "sign",
    "softmax",
    "softplus",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "tanh",
    "tensordot",
    "topk",
    "transpose",
    "trapezoid",
    "unique",
    "var",
    "vdot",
    "vecdot",
    "vecmat",
    "where",
]

bind()
adopt({name: globals()[name] for name in __all__})
