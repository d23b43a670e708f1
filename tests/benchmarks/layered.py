"""Training steps of networks of `deep_learning`, in both ways of backprop, and of the same layers in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from plain_layers import (
    PlainBatchNormalization,
    PlainConv3x3,
    PlainDense,
    PlainDropout,
    PlainFlatten,
    PlainNetwork,
    PlainReLU,
    PlainSoftmax,
)

__all__ = ["LAYERWISE", "PLAIN", "LayeredTask", "cnn", "mlp", "plain_cnn"]

LAYERWISE = "layerwise"
"""`deep_learning` with `backprop="layerwise"`."""
PLAIN = "plain layers"
"""The layers of `plain_layers`."""

_CLASSES = 10
_SEED = 3


class LayeredTask(NamedTuple):
    """What is timed, what must agree, and a step on next to no data, as of `workloads.Task`."""

    step: Callable[[], object]
    check: Callable[[], list[float]]
    wake: Callable[[], object]


def cnn(backprop: str) -> Callable[[Any], LayeredTask]:
    """A training step of the network for the digits, in float64."""

    def build(lib: Any) -> LayeredTask:
        at = lib.deep_learning.layers
        layers = [
            at.Conv2D(16, (3, 3), input_shape=(1, 8, 8)),
            at.Activation("relu"),
            at.Dropout(0.25),
            at.BatchNormalization(),
            at.Conv2D(32, (3, 3)),
            at.Activation("relu"),
            at.Dropout(0.25),
            at.BatchNormalization(),
            at.Flatten(),
            at.Dense(256),
            at.Activation("relu"),
            at.Dropout(0.4),
            at.BatchNormalization(),
            at.Dense(_CLASSES),
            at.Activation("softmax"),
        ]
        return _steps(lambda: _network(lib, layers, backprop), (256, 1, 8, 8))

    return build


def mlp(backprop: str) -> Callable[[Any], LayeredTask]:
    """A training step of a small network, in float64."""

    def build(lib: Any) -> LayeredTask:
        at = lib.deep_learning.layers
        layers = [at.Dense(64, input_shape=(64,)), at.Activation("relu"), at.Dense(_CLASSES), at.Activation("softmax")]
        return _steps(lambda: _network(lib, layers, backprop), (32, 64))

    return build


def plain_cnn(_: Any) -> LayeredTask:
    """The same as `cnn`, by the algorithms of ML-From-Scratch."""
    layers = [
        PlainConv3x3(16),
        PlainReLU(),
        PlainDropout(0.25),
        PlainBatchNormalization(),
        PlainConv3x3(32),
        PlainReLU(),
        PlainDropout(0.25),
        PlainBatchNormalization(),
        PlainFlatten(),
        PlainDense(256),
        PlainReLU(),
        PlainDropout(0.4),
        PlainBatchNormalization(),
        PlainDense(_CLASSES),
        PlainSoftmax(),
    ]
    return _steps(lambda: PlainNetwork(layers, (1, 8, 8)), (256, 1, 8, 8))


def _network(lib: Any, layers: list[Any], backprop: str) -> Any:
    kit = lib.deep_learning
    network = kit.NeuralNetwork(kit.optimizers.Adam(), kit.loss_functions.CrossEntropy, backprop=backprop)
    for layer in layers:
        network.add(layer)
    return network


def _steps(build: Callable[[], Any], shape: tuple[int, ...]) -> LayeredTask:
    """Steps on one batch. The losses of the first two must agree: of the weights as drawn, and after an update."""
    rng = np.random.default_rng(1)
    X, y = rng.random(shape), np.eye(_CLASSES)[rng.integers(_CLASSES, size=shape[0])]
    np.random.seed(_SEED)
    network = build()

    def check() -> list[float]:
        np.random.seed(_SEED)
        return [network.train_on_batch(X, y)[0] for _ in range(2)]

    return LayeredTask(
        step=lambda: network.train_on_batch(X, y),
        check=check,
        wake=lambda: network.train_on_batch(X[:2], y[:2]),
    )
