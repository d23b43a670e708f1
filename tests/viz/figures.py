"""The figures of the pages to learn from: ``python tests/viz/figures.py`` draws them again.

The built-in layout draws them, and all numbers in them are exact, so that they are the same on every machine.
"""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from drawings import Forgetful

import tinygrad_fs as tg
from tinygrad_fs import viz
from tinygrad_fs.compare import side_by_side
from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import SquareLoss
from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent

__all__ = ["FIGURES", "FOLDER"]

FOLDER = Path(__file__).parent.parent.parent / "docs" / "figures"


def shared() -> str:
    """A value that is read twice, with the gradients that come back."""
    x = tg.tensor(2.0, requires_grad=True)
    with viz.record():
        h = x * x
        y = 3 * h + h
        y.backward(retain_graph=True)
        names = {"x": x, "h": h, "y": y}
        drawing = viz.graph(
            y,
            names=names,
            direction="LR",
            renderer="builtin",
            show_shapes=False,
            show_values=True,
            show_grads=True,
        )
    return drawing.svg()


def second_derivative() -> str:
    """The derivative of an op, as a graph."""
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (dx,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
    return viz.graph(dx, names={"x": x, "dx": dx}, direction="LR", renderer="builtin").svg()


def readme() -> str:
    """The graph of the loss in the README, drawn by the code that stands there."""
    page = (FOLDER.parent.parent / "README.md").read_text(encoding="utf-8")
    session = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(session):
        exec(example.source, names)
        if "picture" in names:
            return viz.graph(
                names["loss"],
                names={name: names[name] for name in ("x", "w", "loss")},
                direction="LR",
                renderer="builtin",
            ).svg()
    raise ValueError("the first session of the README draws no picture")


def small_network(last: type[Dense]) -> NeuralNetwork:
    """Two layers with small whole numbers for weights, so that no order of summation changes a result."""
    network = NeuralNetwork(StochasticGradientDescent(), SquareLoss)
    for layer in Dense(3, input_shape=(2,)), Activation("relu"), last(2):
        network.add(layer)
    first, second = [[1.0, -1.0, 2.0], [0.0, 2.0, 1.0]], [[1.0, 0.0], [2.0, -1.0], [0.0, 1.0]]
    for layer, weights in zip(network.layers[::2], (first, second)):
        layer.W[:] = weights
    return network


def beside(last: type[Dense]) -> str:
    x = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0], [2.0, 2.0]])
    y = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    return side_by_side(small_network(last), x, y, steps=0, repeats=1).picture


def layers_and_graph() -> str:
    """The stack of layers, and the graph that they recorded."""
    return beside(Dense)


def layers_and_graph_with_a_mistake() -> str:
    """The same, where a layer's backward pass forgets a sum."""
    return beside(Forgetful)


FIGURES: dict[str, Callable[[], str]] = {
    figure.__name__.replace("_", "-"): figure
    for figure in (readme, shared, second_derivative, layers_and_graph, layers_and_graph_with_a_mistake)
}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in FIGURES.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")
