"""`side_by_side`: one network, trained through the tape and through its layers' own backward passes."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

from tinygrad_fs.compare.isolation.muted import muted
from tinygrad_fs.compare.isolation.parts import Copier
from tinygrad_fs.compare.isolation.randomness import preserved
from tinygrad_fs.compare.two_ways.comparison import Comparison
from tinygrad_fs.compare.two_ways.figures import Cost, Difference, LayerComparison
from tinygrad_fs.compare.two_ways.meter import Meter, Station
from tinygrad_fs.compare.two_ways.picture import RecordedGraph, picture
from tinygrad_fs.deep_learning.backprop import WAYS, fused_end
from tinygrad_fs.dtypes import Array
from tinygrad_fs.viz.page.contents import Layer, LayerDifference
from tinygrad_fs.viz.page.write import page
from tinygrad_fs.viz.record import record

__all__ = ["side_by_side"]

_TOLERANCES = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-3}

_BEYOND = 1e300
"""Stands for an infinite difference on the page: of shapes, or from a nan."""


def side_by_side(
    network: Any,
    X: Any,
    y: Any,
    *,
    steps: int = 20,
    batch_size: int = 64,
    repeats: int = 5,
) -> Comparison:
    """Compare the two ways of backprop through the same layers, layer by layer.

    Both start from the same weights, on the same batches, with the same random numbers. The network itself stays as it
    is: all is done with copies.

    Parameters
    ----------
    network : NeuralNetwork
        With its layers.
    X, y : array
        Samples and targets, as for `train_on_batch`.
    steps : int, default 20
        How many steps of training to draw the curves of the loss from; the batches go through the data in its order.
    batch_size : int, default 64
        How many samples a step takes; values, times and memory are those of the first batch.
    repeats : int, default 5
        How often to take the time; medians are given.

    Returns
    -------
    Comparison
        A table as its text; `ok`, `layers`, `to_json()`, `to_html(path)`, `to_walkthrough(path)`.

    Raises
    ------
    ValueError
        If the network has no layers or a layer twice, the data hold nan, or the numbers make no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.compare import side_by_side
    >>> from tinygrad_fs.deep_learning import NeuralNetwork
    >>> from tinygrad_fs.deep_learning.layers import Activation, Dense
    >>> from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> network = NeuralNetwork(Adam(), CrossEntropy)
    >>> network.add(Dense(8, input_shape=(4,)))
    >>> network.add(Activation("tanh"))
    >>> network.add(Dense(3))
    >>> network.add(Activation("softmax"))
    >>> X, y = np.random.default_rng(0).standard_normal((32, 4)), np.eye(3)[np.arange(32) % 3]
    >>> comparison = side_by_side(network, X, y, steps=5)
    >>> comparison.ok
    True
    >>> [layer.name for layer in comparison.layers]
    ['Dense', 'Activation (TanH)', 'Dense', 'Activation (Softmax) with CrossEntropy']
    """
    X, y = np.asarray(X), np.asarray(y)
    _check(network, X, y, steps, batch_size, repeats)
    with muted():  # what layers print is no part of this
        return _Study(network, X, y, batch_size).comparison(steps, repeats)


class _Study:
    """What is compared: layers, a loss, and the first batch."""

    def __init__(self, network: Any, X: Array, y: Array, batch_size: int) -> None:
        self._network = network
        self._layers, self._loss = network.layers, network.loss_function
        self._all = X, y
        self._batch_size = min(batch_size, len(X))
        self._batch = X[: self._batch_size], y[: self._batch_size]
        self._is_fused = fused_end(self._layers, self._loss, self._batch[1]) is not None

    def comparison(self, steps: int, repeats: int) -> Comparison:
        values = {way: self._measured(way, self._layers, values=True) for way in WAYS}
        begun = self._begun()
        memory = {way: self._measured(way, begun, memory=True) for way in WAYS}
        timed: dict[str, list[list[Station]]] = {way: [] for way in WAYS}
        whole: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(repeats):  # in turns: what slows one down slows the other down too
            for way in WAYS:
                timed[way].append(self._measured(way, begun))
                whole[way].append(self._seconds(way, begun))
        costs = {way: _costs(timed[way], memory[way]) for way in WAYS}
        layers = tuple(
            self._layer(number, recorded, written, *both)
            for number, (recorded, written, *both) in enumerate(
                zip(values["autograd"], values["layerwise"], costs["autograd"], costs["layerwise"])
            )
        )
        dtypes = [self._batch[0].dtype, *[np.asarray(each.output).dtype for each in values["layerwise"]]]
        tolerance = max([_TOLERANCES.get(dtype, 1e-3) for dtype in dtypes if dtype.kind == "f"], default=1e-3)
        cards = [_card(layer, tolerance) for layer in layers]
        graph = self._recorded(cards)
        return Comparison(
            title=f"{len(self._layers)} layers, a batch of {self._batch_size}",
            layers=layers,
            autograd=_total(costs["autograd"]),
            layerwise=_total(costs["layerwise"]),
            steps={way: median(seconds) for way, seconds in whole.items()},
            losses={way: self._losses(way, steps) for way in WAYS},
            tolerance=tolerance,
            picture=picture(cards, graph),
            walkthrough=lambda comparison: _walkthrough(comparison, cards, graph),
        )

    def _recorded(self, cards: list[Layer]) -> RecordedGraph:
        """The graph that the layers record, with all of its values."""
        with record() as tape:
            stations = self._measured("autograd", self._layers, nodes=True)
        names = {node: name for station in stations for node, name in station.names.items()}
        return RecordedGraph([card.title for card in cards], [station.nodes for station in stations], names, tape)

    def _begun(self) -> list[Any]:
        """The layers after a step: the first costs more, since optimizers make what they remember."""
        layers: list[Any] = Copier(self._layers)()
        with preserved():
            WAYS["layerwise"](layers, self._loss, *self._batch)
        return layers

    def _measured(self, way: str, layers: list[Any], **what: bool) -> list[Station]:
        """The stations of one step."""
        meter = Meter(layers, self._loss, way, **what)
        with preserved():
            meter.step(*self._batch)
        return meter.stations

    def _seconds(self, way: str, layers: list[Any]) -> float:
        """How long a step takes with nobody looking on."""
        layers = Copier(layers)()
        with preserved():
            begin = time.perf_counter()
            WAYS[way](layers, self._loss, *self._batch)
            return time.perf_counter() - begin

    def _losses(self, way: str, steps: int) -> list[float]:
        """The mean losses of the batches of a training."""
        trained = copy.copy(self._network)
        trained.layers = Copier(self._layers)()
        trained.backprop = way
        X, y = self._all
        starts = range(0, len(X), self._batch_size)
        losses = []
        with preserved():
            for step in range(steps):
                start = starts[step % len(starts)]
                part = slice(start, start + self._batch_size)
                losses.append(trained.train_on_batch(X[part], y[part])[0])
        return losses

    def _layer(
        self, number: int, recorded: Station, written: Station, autograd: Cost, layerwise: Cost
    ) -> LayerComparison:
        name, parameters = self._name(number), 0
        if number < len(self._layers):
            parameters = int(self._layers[number].parameters())
        output = recorded.output if recorded.output is not None else written.output
        return LayerComparison(
            name=name,
            output_shape=() if output is None else output.shape,
            parameters=parameters,
            differences=tuple(_differences(recorded, written)),
            autograd=autograd,
            layerwise=layerwise,
        )

    def _name(self, number: int) -> str:
        loss = type(self._loss).__name__
        if number == len(self._layers):
            return loss
        name = str(self._layers[number].layer_name())
        return f"{name} with {loss}" if self._is_fused and number == len(self._layers) - 1 else name


def _differences(recorded: Station, written: Station) -> Iterator[Difference]:
    """Of all that both ways gave."""
    pairs = {
        "output": (recorded.output, written.output),
        "input gradient": (recorded.input_gradient, written.input_gradient),
        **{name: (recorded.gradients.get(name), gradient) for name, gradient in written.gradients.items()},
    }
    for name, (a, b) in pairs.items():
        if a is not None and b is not None:
            yield Difference.between(name, a, b)


def _card(layer: LayerComparison, tolerance: float) -> Layer:
    """What the picture and the page show of a layer; its scope is not known yet."""
    worst = layer.largest
    shape = " x ".join(map(str, layer.output_shape)) or "a number per entry"
    detail = f"{shape}, {layer.parameters:,} parameters" if layer.parameters else shape
    if worst is None:
        return Layer(layer.name, detail, "nothing to compare", True, -1, -1.0, [])
    agrees = worst.relative <= tolerance
    verdict = f"agree to {worst.relative:.0e}" if agrees else f"differ by {worst.relative:.0e}: {worst.name}"
    differences = [
        LayerDifference(each.name, _told(each.absolute), _told(each.relative), _told(each.cosine, otherwise=0.0))
        for each in layer.differences
    ]
    verdict = verdict if worst.relative else "agree to the last bit"
    return Layer(layer.name, detail, verdict, agrees, -1, _told(worst.relative), differences)


def _told(value: float, otherwise: float = _BEYOND) -> float:
    """A figure as the page has it: JSON knows finite ones alone."""
    return value if math.isfinite(value) else otherwise


def _walkthrough(comparison: Comparison, cards: list[Layer], graph: RecordedGraph) -> str:
    """The page on which autograd is walked through, and each layer says how far its own backward pass lies from it."""
    layers = [card._replace(scope=scope) for card, scope in zip(cards, graph.scope_of)]
    title = f"Two ways of backprop: {comparison.title}"
    return page(title, graph.scene, graph.layout, graph.things, graph.values, layers)


def _costs(timed: list[list[Station]], memory: list[Station]) -> list[Cost]:
    """For each station the medians of its times, with its bytes."""
    return [
        Cost(
            median([stations[number].forward for stations in timed]),
            median([stations[number].backward for stations in timed]),
            station.kept,
            station.peak,
        )
        for number, station in enumerate(memory)
    ]


def _total(costs: list[Cost]) -> Cost:
    return Cost(
        sum([cost.forward for cost in costs]),
        sum([cost.backward for cost in costs]),
        sum([cost.kept for cost in costs]),
        max([cost.peak for cost in costs]),
    )


def _check(network: Any, X: Array, y: Array, steps: int, batch_size: int, repeats: int) -> None:
    if not hasattr(network, "train_on_batch"):
        raise ValueError(f"side_by_side: it takes a NeuralNetwork with its layers, not a {type(network).__name__}")
    if not network.layers:
        raise ValueError("side_by_side: the network has no layers; begin with network.add(Dense(8, input_shape=(4,)))")
    if len(set(map(id, network.layers))) < len(network.layers):
        raise ValueError("side_by_side: a layer stands in the network twice; only autograd can go back through that")
    if X.ndim == 0 or y.ndim == 0 or X.dtype.kind not in "fiub" or y.dtype.kind not in "fiub":
        raise ValueError("side_by_side: X and y must be arrays of real numbers, with samples along their first axis")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("side_by_side: X or y holds nan or infinite values, by which any two ways would seem to agree")
    if len(X) != len(y) or len(X) == 0:
        raise ValueError(f"side_by_side: {len(X)} samples and {len(y)} targets; there must be as many of both")
    if batch_size < 1 or repeats < 1 or steps < 0:
        raise ValueError(
            f"side_by_side: batch_size={batch_size}, repeats={repeats}, steps={steps}; the first two must be at least "
            "1, the last at least 0"
        )
