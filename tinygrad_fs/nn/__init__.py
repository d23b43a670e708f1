"""Neural network modules: names, arguments, defaults, initial values and parameter shapes as in PyTorch."""

from __future__ import annotations

from tinygrad_fs.nn import init
from tinygrad_fs.nn.activation import ReLU
from tinygrad_fs.nn.container import Sequential
from tinygrad_fs.nn.conv import Conv2d
from tinygrad_fs.nn.dropout import Dropout
from tinygrad_fs.nn.flatten import Flatten
from tinygrad_fs.nn.linear import Linear
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.normalization import BatchNorm1d, BatchNorm2d
from tinygrad_fs.nn.parameter import Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Linear",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "init",
]
