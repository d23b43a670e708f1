"""Layers, each with a forward pass on arrays or Tensors and a backward pass on arrays, written by hand."""

from __future__ import annotations

from tinygrad_fs.deep_learning.layers.activation import Activation, activation_functions
from tinygrad_fs.deep_learning.layers.columns import (
    column_to_image,
    determine_padding,
    get_im2col_indices,
    image_to_column,
)
from tinygrad_fs.deep_learning.layers.convolution import Conv2D
from tinygrad_fs.deep_learning.layers.dense import Dense, Embedding
from tinygrad_fs.deep_learning.layers.dropout import Dropout
from tinygrad_fs.deep_learning.layers.gated import GRU, LSTM
from tinygrad_fs.deep_learning.layers.layer import Layer
from tinygrad_fs.deep_learning.layers.normalization import BatchNormalization
from tinygrad_fs.deep_learning.layers.pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    MaxPooling2D,
    PoolingLayer,
)
from tinygrad_fs.deep_learning.layers.recurrent import RNN
from tinygrad_fs.deep_learning.layers.reshaping import Flatten, Reshape
from tinygrad_fs.deep_learning.layers.resizing import ConstantPadding2D, UpSampling2D, ZeroPadding2D

__all__ = [
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "ConstantPadding2D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRU",
    "GlobalAveragePooling2D",
    "LSTM",
    "Layer",
    "MaxPooling2D",
    "PoolingLayer",
    "RNN",
    "Reshape",
    "UpSampling2D",
    "ZeroPadding2D",
    "activation_functions",
    "column_to_image",
    "determine_padding",
    "get_im2col_indices",
    "image_to_column",
]
