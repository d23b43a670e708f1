"""Workloads in HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.perceptrons import Perceptron
from workloads.plain_adam import InPlaceAdam
from workloads.tasks import entries
from workloads.workload import Task

__all__ = ["chain", "perceptron"]


def chain(autograd: Any) -> Task:
    """The chain on 4x4, see `tape.chain`."""
    import autograd.numpy as anp

    rng = np.random.default_rng(0)
    both = rng.standard_normal((4, 4), dtype=np.float32), rng.uniform(0.9, 1.1, (4, 4)).astype(np.float32)

    def end(both: Any) -> Any:
        x, w = both
        for _ in range(100):
            x = anp.tanh(x * w)
        return anp.sum(x)

    step = autograd.value_and_grad(end)

    def check() -> dict[str, list[float]]:
        loss, (start, factors) = step(both)
        return {"loss": [float(loss)], "start": entries(start), "factors": entries(factors)}

    return Task(lambda: step(both), check)


def perceptron(sizes: Perceptron) -> Callable[[Any], Task]:
    """A training step, with Adam in plain NumPy."""

    def build(autograd: Any) -> Task:
        import autograd.numpy as anp
        from autograd.scipy.special import logsumexp

        inputs, labels = sizes.data()
        rows = np.arange(len(labels))
        params = [each for layer in sizes.weights() for each in layer]
        optimizer = InPlaceAdam(params)

        def loss_of(params: Any) -> Any:
            x = inputs
            for weight, bias in zip(params[:-2:2], params[1:-2:2]):
                x = anp.maximum(x @ weight + bias, 0)
            scores = x @ params[-2] + params[-1]
            return anp.mean(logsumexp(scores, axis=1) - scores[rows, labels])

        loss_and_gradients = autograd.value_and_grad(loss_of)

        def step() -> Any:
            loss, gradients = loss_and_gradients(params)
            optimizer.step(gradients)
            return loss

        def check() -> dict[str, list[float]]:
            gradients = [entry for g in loss_and_gradients(params)[1] for entry in entries(g.T)]
            return {"gradients": gradients, "losses": [float(step()) for _ in range(5)]}

        return Task(step, check)

    return build
