"""Scripts for what is wrong between the last layer of a network and its loss."""

from __future__ import annotations

from typing import Any

from tinygrad_fs.compare.reproducers.reproduce import first_that_shows
from tinygrad_fs.compare.reproducers.script import Script
from tinygrad_fs.compare.reproducers.sketch import Sketch
from tinygrad_fs.compare.subjects.calls import Methods
from tinygrad_fs.dtypes import Array

__all__ = ["mean_and_sum", "through_the_last_layer"]


def mean_and_sum(loss_function: Any, y: Array, p: Array) -> str:
    """A script that compares the gradient of a loss function with that of its mean."""

    def sketch(script: Script) -> Sketch:
        return Sketch(
            "p",
            values=[
                f"loss_function = {script.expression(loss_function)}",
                f"y = {script.expression(y)}",
                f"p = {script.expression(p)}",
            ],
            loss="def loss(p):  # as it is reported\n    return np.mean(loss_function.loss(y, p))",
            run=["by_hand = loss_function.gradient(y, p)  # as it is propagated"],
        )

    return first_that_shows([sketch], "truth", type(loss_function).__name__)


def through_the_last_layer(layer: Any, loss_function: Any, X: Array, y: Array) -> str:
    """A script that compares what comes out of the last layer's backward with the gradient of the sum of the loss."""
    methods = Methods.of(layer)
    assert methods is not None
    switch = f", {methods.switch}=True" if methods.switch else ""
    forward = f"layer.{methods.forward}(X.copy(){switch})"

    def sketch(script: Script) -> Sketch:
        return Sketch(
            "X",
            values=[
                f"layer = {script.expression(layer)}",
                f"loss_function = {script.expression(loss_function)}",
                f"X = {script.expression(X)}",
                f"y = {script.expression(y)}",
            ],
            loss=f"def loss(X):\n    return np.sum(loss_function.loss(y, {forward}))",
            run=[
                f"p = {forward}",
                f"by_hand = layer.{methods.backward}(loss_function.gradient(y, p))",
            ],
        )

    return first_that_shows([sketch], "truth", type(layer).__name__)
