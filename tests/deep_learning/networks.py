"""Small networks of every kind, with data, for tests of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    ConstantPadding2D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam

SAMPLES = 8


def network(layers: list[Any], loss: Any = CrossEntropy, optimizer: Any = None, **options: Any) -> NeuralNetwork:
    net = NeuralNetwork(optimizer or Adam(), loss, **options)
    for layer in layers:
        net.add(layer)
    return net


def labels(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """One-hot rows over the last axis."""
    return np.eye(shape[-1])[generator.integers(shape[-1], size=shape[:-1])]


@dataclass(frozen=True)
class Kind:
    """A kind of network, and what it learns from."""

    name: str
    layers: Callable[[], list[Any]]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    loss: Any = CrossEntropy
    tokens: int = 0

    def __str__(self) -> str:
        return self.name

    def build(self, backprop: str = "autograd", optimizer: Any = None) -> NeuralNetwork:
        np.random.seed(3)
        return network(self.layers(), self.loss, optimizer, backprop=backprop)

    def data(self, samples: int = SAMPLES, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(seed)
        shape = (samples, *self.inputs)
        X = generator.integers(self.tokens, size=shape) if self.tokens else generator.standard_normal(shape)
        if self.loss is SquareLoss:
            return X, generator.standard_normal((samples, *self.outputs))
        return X, labels(generator, samples, *self.outputs)


KINDS = [
    Kind(
        "multilayer perceptron",
        lambda: [
            Dense(12, input_shape=(6,)),
            Activation("leaky_relu"),
            Dense(12),
            Activation("selu"),
            Dropout(0.25),
            Dense(3),
            Activation("softmax"),
        ],
        (6,),
        (3,),
    ),
    Kind(
        "sigmoid at the end",
        lambda: [Dense(8, input_shape=(5,)), Activation("elu"), BatchNormalization(), Dense(4), Activation("sigmoid")],
        (5,),
        (4,),
    ),
    Kind(
        "softmax at the end, SquareLoss",
        lambda: [Dense(8, input_shape=(5,)), Activation("softmax"), Dense(4), Activation("softmax")],
        (5,),
        (4,),
        SquareLoss,
    ),
    Kind(
        "tanh before CrossEntropy",  # nothing is fused, and what is below 0 is clipped
        lambda: [Dense(8, input_shape=(5,)), Activation("softplus"), Dense(3), Activation("tanh")],
        (5,),
        (3,),
    ),
    Kind(
        "regression",
        lambda: [Dense(8, input_shape=(5,)), Activation("swish"), Dense(1), Activation("linear")],
        (5,),
        (1,),
        SquareLoss,
    ),
    Kind(
        "convolutional",
        lambda: [
            Conv2D(4, (3, 3), input_shape=(1, 6, 6)),
            Activation("relu"),
            Dropout(0.25),
            BatchNormalization(),
            MaxPooling2D(stride=2),
            Conv2D(3, (2, 2), padding="valid"),
            Activation("relu"),
            Flatten(),
            Dense(8),
            Activation("relu"),
            Dropout(0.4),
            BatchNormalization(),
            Dense(3),
            Activation("softmax"),
        ],
        (1, 6, 6),
        (3,),
    ),
    Kind(
        "strided, padded, averaged",
        lambda: [
            Conv2D(3, (3, 3), input_shape=(2, 6, 6), stride=2),
            ZeroPadding2D((0, 1)),
            ConstantPadding2D((1, (0, 1)), 0.1),
            AveragePooling2D((2, 2), 1, 1),
            Activation("tanh"),
            GlobalAveragePooling2D(),
            Dense(2),
            Activation("softmax"),
        ],
        (2, 6, 6),
        (2,),
    ),
    Kind(
        "generator of images",
        lambda: [
            Dense(2 * 2 * 3, input_shape=(5,)),
            Activation("leaky_relu"),
            Reshape((3, 2, 2)),
            BatchNormalization(momentum=0.8),
            UpSampling2D(),
            Conv2D(2, (3, 3)),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            UpSampling2D((2, 1)),
            Conv2D(1, (3, 3)),
            Activation("tanh"),
        ],
        (5,),
        (1, 8, 4),
        SquareLoss,
    ),
    Kind("recurrent", lambda: [RNN(6, bptt_trunc=2, input_shape=(7, 4)), Activation("softmax")], (7, 4), (7, 4)),
    Kind(
        "recurrent, whole gradient",
        lambda: [RNN(6, bptt_trunc=None, input_shape=(7, 4)), RNN(5, bptt_trunc=3), Activation("softmax")],
        (7, 4),
        (7, 4),
    ),
    Kind(
        "words",
        lambda: [
            Embedding(9, 5, input_shape=(6,)),
            LSTM(4),
            GRU(4, return_sequences=False),
            Dense(3),
            Activation("softmax"),
        ],
        (6,),
        (3,),
        tokens=9,
    ),
    Kind(
        "a layer for every step",
        lambda: [LSTM(4, input_shape=(5, 3)), Dense(2), Activation("softmax")],
        (5, 3),
        (5, 2),
    ),
]
