"""Meter: one step of training, looked at layer by layer, in either way of backprop.

The step itself is that of `deep_learning`: nothing of it is written again here. For its length the layers' passes and
optimizers are wrapped, and the tape is watched.
"""

from __future__ import annotations

import copy
import time
import tracemalloc
import types
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_fs.changes import tick
from tinygrad_fs.compare.isolation.parts import Copier
from tinygrad_fs.compare.two_ways.memory import Ledger
from tinygrad_fs.deep_learning.backprop import WAYS, fused_end
from tinygrad_fs.deep_learning.layers.layer import OPTIMIZER, parameter_names
from tinygrad_fs.dtypes import Array
from tinygrad_fs.graph import Node
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.watching import Watcher, watchers

__all__ = ["Meter", "Station"]


@dataclass
class Station:
    """What one layer, or the loss, did in one step.

    Attributes
    ----------
    output : array or None
        None of a loss.
    input_gradient : array or None
        None where nobody computed it.
    gradients : dict of str to array
        Of the parameters.
    forward, backward : float
        Seconds, without those that optimizers took.
    kept : int
        Bytes of the arrays that wait for the backward pass, beyond parameters and data.
    peak : int
        The most memory that was in use meanwhile, beyond what was in use before the step.
    nodes : list of Node
        What was recorded, where that was asked for.
    names : dict of Node to str
        Those of the leaves over the parameters, and of the input; as `nodes`.
    """

    output: Array | None = None
    input_gradient: Array | None = None
    gradients: dict[str, Array] = field(default_factory=dict)
    forward: float = 0.0
    backward: float = 0.0
    kept: int = 0
    peak: int = 0
    nodes: list[Node] = field(default_factory=list)
    names: dict[Node, str] = field(default_factory=dict)


class Meter(Watcher):
    """Makes a step with copies of layers, and looks at each. What is not asked for costs the step no time.

    Parameters
    ----------
    layers : list of Layer
        They stay as they are.
    loss : Loss
    way : {"autograd", "layerwise"}
    values : bool
        Look at outputs and gradients, and have the gradient at the input of the network computed in either way.
    memory : bool
        Count bytes.
    nodes : bool
        Keep the recorded nodes.

    Attributes
    ----------
    stations : list of Station
        After `step`: one per layer, and one for a loss that is not differentiated together with the last layer.
    """

    def __init__(
        self,
        layers: list[Any],
        loss: Any,
        way: str,
        *,
        values: bool = False,
        memory: bool = False,
        nodes: bool = False,
    ) -> None:
        self._layers = Copier(layers)()
        self._loss, self._way = loss, way
        self._values, self._memory, self._nodes = values, memory, nodes
        self.stations: list[Station] = []
        self._starts: list[int] = []  # of the stations, on the clock of the nodes
        self._recorded: list[tuple[Station, Node]] = []
        self._is_going_back = False
        self._latest = 0.0  # when the latest thing was over
        self._updating = 0.0
        self._in_use = 0

    def step(self, X: Array, y: Array) -> None:
        """Make the step."""
        self._fused, self._target = fused_end(self._layers, self._loss, y), y
        self.stations = [Station() for _ in range(len(self._layers) + (self._fused is None))]
        self._ledger = Ledger([X, y, *map(vars, self._layers)] if self._memory else [])
        for number, layer in enumerate(self._layers):
            for name in parameter_names(layer):
                slot = name + OPTIMIZER
                setattr(layer, slot, _Optimizer(getattr(layer, slot), self, self.stations[number], name))
            layer.forward_pass = _Pass(layer, number, layer.forward_pass, self._forward)
            layer.backward_pass = _Pass(layer, number, layer.backward_pass, self._backward)
        watchers.append(self)
        try:
            with self._tracing():
                WAYS[self._way](self._layers, self._loss, X, y)
        finally:
            watchers.remove(self)
            for layer in self._layers:
                del layer.forward_pass, layer.backward_pass  # they hold the layer: a cycle

    # ---- what the layers do

    def _forward(self, number: int, run: Callable[..., Any], X: Any, training: bool = True) -> Any:
        station = self.stations[number]
        self._starts.append(tick())
        if self._values and number == 0 and isinstance(X, Tensor) and X.dtype.kind == "f":
            X = Tensor(X.numpy(), requires_grad=True)
            _note_gradient(X, station)
        if self._nodes:
            station.names = _names_of(self._layers[number])
            if number == 0 and isinstance(X, Tensor):
                station.names[X._as_constant()] = "X"
        begin = time.perf_counter()
        out = run(X, training)
        self._latest = time.perf_counter()
        station.forward += self._latest - begin
        if self._values:
            station.output = _copy(out)
        if isinstance(out, Tensor) and out.requires_grad:
            self._look_at_output(number, out)
        elif number == len(self._layers) - 1:
            self._starts.append(tick())
        self._note_peak(station)
        return out

    def _look_at_output(self, number: int, out: Tensor) -> None:
        """Have the gradient noted when it comes back, and, at the end of the tape, what the loss records."""
        reader = self.stations[number + 1]
        if self._values:
            _note_gradient(out, reader)
        if reader is not self.stations[-1]:
            return
        self._starts.append(tick())
        if self._fused is None:
            return
        if self._nodes:
            self._fused.apply(out, target=self._target)  # the step calls its derivative alone

        def turn(g: Tensor) -> None:
            self._charge_backward(reader)

        out.register_hook(turn)

    def _backward(self, number: int, run: Callable[..., Any], accum_grad: Any) -> Any:
        station = self.stations[number]
        if self._way == "autograd":  # a layer that is a node of its own; its time is that of the node
            gradient = run(accum_grad)
        else:
            self._turn_back(accum_grad)
            self._updating = 0.0
            begin = time.perf_counter()
            gradient = run(accum_grad)
            self._latest = time.perf_counter()
            station.backward += self._latest - begin - self._updating
            self._note_peak(station)
        if self._values and gradient is not None:
            station.input_gradient = _copy(gradient)
        return gradient

    def _turn_back(self, accum_grad: Any) -> None:
        """Before the first of the layers' backward passes: what came before it was that of the loss."""
        if not self._is_going_back:
            end = self.stations[-1]
            self._charge_backward(end)
            if self._values:
                end.input_gradient = _copy(accum_grad)

    def update(self, optimizer: Any, station: Station, name: str, w: Any, gradient: Any) -> Any:
        """Let an optimizer update a parameter, and note what with."""
        begin = time.perf_counter()
        if self._values:
            station.gradients[name] = _copy(gradient)
        new = optimizer.update(w, gradient)
        self._updating += time.perf_counter() - begin
        return new

    # ---- what the tape does

    def after_forward(self, name: str, node: Node | None, arrays: Any, result: Any) -> None:
        """Note what an op recorded."""
        if node is not None and (self._memory or self._nodes):
            self._recorded.append((self._station_of(node), node))
        self._latest = time.perf_counter()

    def after_backward(self, node: Node, g: Any, edges: Any, parts: Any) -> None:
        """Charge the time since the step before to the layer that recorded the node."""
        self._charge_backward(self._station_of(node))

    def _charge_backward(self, station: Station) -> None:
        """Charge what has passed since the latest thing was over."""
        station.backward += time.perf_counter() - self._latest
        if not self._is_going_back:
            self._count_kept()
        self._note_peak(station)
        self._latest = time.perf_counter()

    def _station_of(self, node: Node) -> Station:
        """Who recorded a node: the latest that had begun."""
        position = bisect_left(self._starts, node.index) - 1
        own = getattr(node, "layer", None)  # of a layer that is a node of its own, which is made when the layer is done
        if own is not None:
            position = next(number for number, layer in enumerate(self._layers) if layer is own)
        return self.stations[min(max(position, 0), len(self.stations) - 1)]

    # ---- memory

    @contextmanager
    def _tracing(self) -> Iterator[None]:
        was_tracing = tracemalloc.is_tracing()
        if self._memory and not was_tracing:
            tracemalloc.start()
        try:
            if self._memory:
                tracemalloc.reset_peak()
                self._in_use = tracemalloc.get_traced_memory()[0]
            yield
        finally:
            if self._memory and not was_tracing:
                tracemalloc.stop()

    def _note_peak(self, station: Station) -> None:
        if self._memory:
            station.peak = max(station.peak, tracemalloc.get_traced_memory()[1] - self._in_use)
            tracemalloc.reset_peak()

    def _count_kept(self) -> None:
        """When the first gradient moves, all that was kept for it is there."""
        self._is_going_back = True
        for station, node in self._recorded:
            if self._memory:
                station.kept += self._ledger.count([node.saved, *_options_of(node)])
            if self._nodes:
                station.nodes.append(node)
        self._recorded = []
        if self._memory:
            for station, layer in zip(self.stations, self._layers):
                own = [value for value in vars(layer).values() if not isinstance(value, (_Pass, _Optimizer))]
                station.kept += self._ledger.count(own)


class _Pass:
    """A pass of a layer with somebody looking on; a copy of the layer gets the pass as it was."""

    def __init__(self, layer: Any, number: int, run: Any, seen: Callable[..., Any]) -> None:
        self._layer, self._number, self._run, self._seen = layer, number, run, seen

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._seen(self._number, self._run, *args, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return types.MethodType(self._run.__func__, memo[id(self._layer)])


class _Optimizer:
    """An optimizer with somebody looking on; a copy is one of the optimizer alone."""

    def __init__(self, optimizer: Any, meter: Meter, station: Station, name: str) -> None:
        self._optimizer, self._meter, self._station, self._name = optimizer, meter, station, name

    def update(self, w: Any, grad_wrt_w: Any) -> Any:
        return self._meter.update(self._optimizer, self._station, self._name, w, grad_wrt_w)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self._optimizer, memo)


def _note_gradient(x: Tensor, reader: Station) -> None:
    """Have the gradient of a tensor noted, once it is complete, by the layer that reads it."""

    def note(g: Tensor) -> None:
        reader.input_gradient = _copy(g)

    x.register_hook(note)


def _names_of(layer: Any) -> dict[Node, str]:
    values = {name: getattr(layer, name) for name in parameter_names(layer)}
    return {value._node: name for name, value in values.items() if isinstance(value, Tensor) and value._node}


def _options_of(node: Node) -> list[Any]:
    recipe = getattr(type(node), "recipe", None)
    return [getattr(node, option, None) for option in recipe.options] if recipe is not None else []


def _copy(value: Any) -> Array:
    return np.array(value.numpy() if isinstance(value, Tensor) else value)
