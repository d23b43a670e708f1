"""Scripts for what is wrong in a network: between its last layer and its loss, and in a step as a whole."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial
from typing import Any

from tinygrad_fs.compare.reproducers.reproduce import first_that_shows
from tinygrad_fs.compare.reproducers.script import Script
from tinygrad_fs.compare.reproducers.sketch import OPTIMIZER, Sketch, seeds
from tinygrad_fs.compare.subjects.calls import Methods
from tinygrad_fs.compare.subjects.network import NetworkCase
from tinygrad_fs.dtypes import Array

__all__ = ["lost_in_the_last_layer", "mean_and_sum", "of_a_failing_step", "of_a_step", "through_the_last_layer"]


def mean_and_sum(loss_function: Any, y: Array, p: Array) -> str:
    """A script that compares the gradient of a loss function with that of its mean."""

    def sketch(size: int, script: Script) -> Sketch:
        return Sketch(
            "p",
            values=[
                f"loss_function = {script.expression(loss_function)}",
                f"y = {script.expression(y[:size])}",
                f"p = {script.expression(p[:size].round(2))}",
            ],
            loss="def loss(p):  # as it is reported\n    return np.mean(loss_function.loss(y, p))",
            run=["by_hand = loss_function.gradient(y, p)  # as it is propagated"],
        )

    return first_that_shows([partial(sketch, 1), partial(sketch, 2)], "truth", type(loss_function).__name__)


def through_the_last_layer(layer: Any, loss_function: Any, X: Array, y: Array) -> str:
    """A script that compares what comes out of the last layer's backward with the gradient of the sum of the loss."""

    def sketch(script: Script) -> Sketch:
        sketch = _of_the_last_layer(script, layer, loss_function, X, y)
        sketch.run = ["by_hand = backward(X)"]
        return sketch

    return first_that_shows([sketch], "truth", type(layer).__name__)


def lost_in_the_last_layer(layer: Any, loss_function: Any, X: Array, y: Array, much: float) -> str:
    """A script that shows how what comes out of the last layer's backward is lost as the loss rises."""

    def sketch(script: Script) -> Sketch:
        sketch = _of_the_last_layer(script, layer, loss_function, X, y)
        sketch.values.append(f"much = {much:g}")
        sketch.run = ["before = backward(X)", "by_hand = backward(much * X)"]
        return sketch

    return first_that_shows([sketch], "saturation", type(layer).__name__)


def _of_the_last_layer(script: Script, layer: Any, loss_function: Any, X: Array, y: Array) -> Sketch:
    """A sketch with a function `backward`, of what is handed back through a layer from a loss."""
    methods = Methods.of(layer)
    assert methods is not None
    switch = f", {methods.switch}=True" if methods.switch else ""
    forward = f"layer.{methods.forward}(X.copy(){switch})"
    return Sketch(
        "X",
        values=[
            f"layer = {script.expression(layer)}",
            f"loss_function = {script.expression(loss_function)}",
            f"X = {script.expression(X)}",
            f"y = {script.expression(y)}",
        ],
        loss=f"def loss(X):\n    return np.sum(loss_function.loss(y, {forward}))\n\n\n"
        f"def backward(X):\n    p = {forward}\n    return layer.{methods.backward}(loss_function.gradient(y, p))",
    )


def of_a_step(case: NetworkCase, name: str, scale: float = 1.0, *, grows: bool = False) -> str:
    """A script that compares what a step of a network hands to an optimizer with the gradient of the reported loss.

    Parameters
    ----------
    case : NetworkCase
    name : str
        Of the parameter.
    scale : float
        What the whole step is multiplied by, and is not to be shown.
    grows : bool
        Whether that grows with the batch; if not, it may be another for a smaller one.
    """
    samples = len(case.X)
    sizes = sorted({1, 2, samples} & {*range(1, samples + 1)}) if scale == 1.0 or grows else [samples]
    scales = {size: scale * size / samples if grows else scale for size in sizes}
    ways: list[Callable[[Script], Sketch]] = [partial(_of_a_batch, case, name, *each) for each in scales.items()]
    return first_that_shows(ways, "truth", case.subject.title)


def of_a_failing_step(case: NetworkCase, raises: type[BaseException]) -> str:
    """A script in which a step of a network raises an exception."""

    def sketch(size: int, script: Script) -> Sketch:
        script.by_attributes = True
        return Sketch(
            "X",
            definitions=[OPTIMIZER],
            values=[
                f"network = {script.expression(case.prepared({}))}",
                f"X = {script.expression(_short(case.X[:size]))}",
                f"y = {script.expression(case.y[:size])}",
            ],
            run=[*seeds(script, case), "network.train_on_batch(X, y)"],
        )

    ways = [partial(sketch, size) for size in (1, len(case.X))]
    return first_that_shows(ways, "error", case.subject.title, raises)


def _of_a_batch(case: NetworkCase, name: str, size: int, scale: float, script: Script) -> Sketch:
    script.by_attributes = True
    place = next(each for each in case.parameters if each.name == name).places[0]
    values = {name: _short(value) for name, value in case.values.items()}
    network = script.expression(case.prepared(values))
    making = "\n".join([f"network = {network}", f"network.{place} = W.copy()", *seeds(script, case), "return network"])
    step = "train_on_batch(X.copy(), y.copy())"
    return Sketch(
        "W",
        definitions=[OPTIMIZER, f"def fresh(W):\n{textwrap.indent(making, '    ')}"],
        values=[
            f"X = {script.expression(_short(case.X[:size]))}",
            f"y = {script.expression(case.y[:size])}",
            f"W = {script.expression(values[name])}",
        ],
        loss=f"def loss(W):  # as it is reported\n    return fresh(W).{step}{'[0]' if case.returns_several else ''}",
        run=[
            "used = fresh(W)",
            f"held = used.{place}",
            f"used.{step}",
            f"by_hand = sum(gradient for w, gradient in Optimizer.handed if w is held){_divided(scale)}",
        ],
    )


def _divided(factor: float) -> str:
    return "" if factor == 1.0 else f" / {factor:g}  # the scale of all gradients"


def _short(values: Array) -> Array:
    return values.round(2) if values.dtype.kind == "f" else values
