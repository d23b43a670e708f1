"""Training steps of networks of `deep_learning`: of ours in both ways of backprop, of its model's, of plain NumPy's."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.plain_layers import (
    PlainBatchNormalization,
    PlainConv3x3,
    PlainDense,
    PlainDropout,
    PlainFlatten,
    PlainNetwork,
    PlainReLU,
    PlainRNN,
    PlainSoftmax,
)
from workloads.workload import Task

__all__ = ["Network", "cnn", "in_mlfromscratch", "mlp", "ours", "plain", "rnn"]

_CLASSES = 10
_SEED = 3
_STEPS, _FEATURES = 10, 61

Network = tuple[Callable[[Any], list[Any]], Callable[[], list[Any]], Callable[[], tuple[Any, Any]]]
"""The layers, from the module that has them; the same in plain NumPy; and data, X and y."""


def ours(network: Network, backprop: str) -> Callable[[Any], Task]:
    """Training by `backprop` in `tinygrad_fs.deep_learning`."""
    layers, _, data = network

    def build(lib: Any) -> Task:
        return _steps(lambda: _built(lib.deep_learning.__name__, layers, backprop=backprop), data())

    return build


def in_mlfromscratch(network: Network) -> Callable[[Any], Task]:
    """The same in ML-From-Scratch; its updates differ, so that the losses of the weights as drawn are compared."""
    layers, _, data = network

    def build(package: Any) -> Task:
        task = _steps(lambda: _built(package.__name__, layers), data())
        return task._replace(check=lambda: {"first loss": task.check()["first loss"]})

    return build


def plain(network: Network) -> Callable[[Any], Task]:
    """By the algorithms of ML-From-Scratch in plain NumPy."""
    _, layers, data = network

    def build(_: Any) -> Task:
        return _steps(lambda: PlainNetwork(layers(), data()[0].shape[1:]), data())

    return build


def _built(package: str, layers: Callable[[Any], list[Any]], **options: Any) -> Any:
    kit, at, optimizers, losses = [
        importlib.import_module(package + name) for name in ("", ".layers", ".optimizers", ".loss_functions")
    ]
    network = kit.NeuralNetwork(optimizers.Adam(), losses.CrossEntropy, **options)
    for layer in layers(at):
        network.add(layer)
    return network


def _steps(build: Callable[[], Any], data: tuple[Any, Any]) -> Task:
    """Steps on one batch. The losses of the first two are compared: of the weights as drawn, and after an update."""
    X, y = data
    np.random.seed(_SEED)
    network = build()

    def check() -> dict[str, list[float]]:
        np.random.seed(_SEED)
        first, second = (float(network.train_on_batch(X, y)[0]) for _ in range(2))
        return {"first loss": [first], "second loss": [second]}

    return Task(lambda: network.train_on_batch(X, y), check)


def _classes(*shape: int) -> Callable[[], tuple[Any, Any]]:
    def data() -> tuple[Any, Any]:
        rng = np.random.default_rng(1)
        return rng.random(shape), np.eye(_CLASSES)[rng.integers(_CLASSES, size=shape[0])]

    return data


def _series(samples: int) -> Callable[[], tuple[Any, Any]]:
    def data() -> tuple[Any, Any]:
        """Sequences n, 2 n ... 10 n, each number a row of zeros and a one; the next is to be foretold, 1 at the end."""
        numbers = np.random.default_rng(1).integers(2, 7, size=(samples, 1)) * np.arange(1, _STEPS + 1)
        X = np.eye(_FEATURES)[numbers]
        y = np.roll(X, -1, axis=1)
        y[:, -1] = np.eye(_FEATURES)[1]
        return X, y

    return data


def _cnn(at: Any) -> list[Any]:
    return [
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


def _plain_cnn() -> list[Any]:
    return [
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


def _mlp(at: Any) -> list[Any]:
    return [at.Dense(64, input_shape=(64,)), at.Activation("relu"), at.Dense(_CLASSES), at.Activation("softmax")]


def _plain_mlp() -> list[Any]:
    return [PlainDense(64), PlainReLU(), PlainDense(_CLASSES), PlainSoftmax()]


def _rnn(at: Any) -> list[Any]:
    return [at.RNN(10, activation="tanh", bptt_trunc=5, input_shape=(_STEPS, _FEATURES)), at.Activation("softmax")]


def _plain_rnn() -> list[Any]:
    return [PlainRNN(10, 5), PlainSoftmax()]


def cnn(samples: int) -> Network:
    """The network for the digits."""
    return _cnn, _plain_cnn, _classes(samples, 1, 8, 8)


def mlp(samples: int) -> Network:
    """A small network."""
    return _mlp, _plain_mlp, _classes(samples, 64)


def rnn(samples: int) -> Network:
    """ML-From-Scratch's example of a recurrent network, on one of its batches."""
    return _rnn, _plain_rnn, _series(samples)
