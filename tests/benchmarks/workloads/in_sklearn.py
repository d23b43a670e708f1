"""The perceptrons in scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.perceptrons import Perceptron
from workloads.workload import Task

__all__ = ["perceptron"]


def perceptron(sizes: Perceptron) -> Callable[[Any], Task]:
    """A training step by `partial_fit`, without weight decay."""

    def build(_: Any) -> Task:
        from sklearn.neural_network import MLPClassifier

        inputs, labels = sizes.data()
        model = MLPClassifier(sizes.sizes[1:-1], alpha=0.0, batch_size=sizes.batch, shuffle=False)
        model.partial_fit(inputs, labels, classes=np.arange(sizes.sizes[-1]))
        for coefficients, intercepts, (weight, bias) in zip(model.coefs_, model.intercepts_, sizes.weights()):
            coefficients[...], intercepts[...] = weight, bias
        del model._optimizer  # the next step begins with a new one

        def step() -> Any:
            return model.partial_fit(inputs, labels)

        return Task(step, lambda: {"losses": [step().loss_ for _ in range(5)]})

    return build
