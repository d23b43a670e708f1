"""Workloads in MyGrad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.perceptrons import Perceptron
from workloads.plain_adam import InPlaceAdam
from workloads.tasks import entries
from workloads.workload import Task

__all__ = ["chain", "perceptron"]


def chain(mg: Any) -> Task:
    """The chain on 4x4, see `tape.chain`."""
    rng = np.random.default_rng(0)
    start = mg.tensor(rng.standard_normal((4, 4), dtype=np.float32))
    w = mg.tensor(rng.uniform(0.9, 1.1, (4, 4)).astype(np.float32))

    def step() -> Any:
        start.null_grad()
        w.null_grad()
        x = start
        for _ in range(100):
            x = mg.tanh(x * w)
        loss = x.sum()
        loss.backward()
        return loss

    def check() -> dict[str, list[float]]:
        return {"loss": [step().item()], "start": entries(start.grad), "factors": entries(w.grad)}

    return Task(step, check)


def perceptron(sizes: Perceptron) -> Callable[[Any], Task]:
    """A training step, with Adam in plain NumPy."""

    def build(mg: Any) -> Task:
        from mygrad.nnet import relu
        from mygrad.nnet.losses import softmax_crossentropy

        inputs, labels = sizes.data()
        layers = [(mg.tensor(weight), mg.tensor(bias)) for weight, bias in sizes.weights()]
        params = [each for layer in layers for each in layer]
        optimizer = InPlaceAdam([p.data for p in params])

        def loss_and_gradients() -> Any:
            x = inputs
            for weight, bias in layers[:-1]:
                x = relu(mg.matmul(x, weight) + bias)
            weight, bias = layers[-1]
            loss = softmax_crossentropy(mg.matmul(x, weight) + bias, labels)
            loss.backward()
            return loss

        def step() -> Any:
            loss = loss_and_gradients()
            optimizer.step([p.grad for p in params])
            return loss

        def check() -> dict[str, list[float]]:
            loss_and_gradients()
            gradients = [entry for p in params for entry in entries(p.grad.T)]
            return {"gradients": gradients, "losses": [step().item() for _ in range(5)]}

        return Task(step, check)

    return build
