"""Layers on the tape: their parameters become leaves for the length of a forward pass.

At rest a parameter is a plain array on its layer. `recorded_forward` puts a leaf Tensor over it, without a copy, runs
the layer's own `forward_pass`, and takes the leaf off again. A layer whose forward pass cannot run on Tensors
becomes one node: its forward pass on arrays, with its backward pass for the derivative.
"""

from __future__ import annotations

import copy
import random
import warnings
import weakref
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from tinygrad_fs.deep_learning.layers.layer import OPTIMIZER, learn, parameter_names
from tinygrad_fs.graph import BackwardError, ancestors
from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor

__all__ = ["Leaves", "is_built_in", "recorded_forward"]

_HOME = __name__.rpartition(".")[0] + "."
_verdicts: weakref.WeakKeyDictionary[Any, dict[bool, bool]] = weakref.WeakKeyDictionary()
"""For each layer of others that was tried, trainable or frozen: whether it runs on Tensors."""


class Leaves:
    """The leaves over the parameters of layers, during one step.

    A layer that is used twice has one leaf per parameter, so that its gradients add up.
    """

    def __init__(self) -> None:
        self._of_layers: dict[int, tuple[Any, dict[str, Tensor]]] = {}

    def over(self, layer: Any) -> dict[str, Tensor]:
        """The leaves of a layer by name; none if it is frozen."""
        if not getattr(layer, "trainable", True):
            return {}
        if id(layer) not in self._of_layers:
            leaves = {name: Tensor(getattr(layer, name), requires_grad=True) for name in parameter_names(layer)}
            self._of_layers[id(layer)] = layer, leaves
        return self._of_layers[id(layer)][1]

    def learn(self) -> None:
        """Hand the gradients that a backward pass left on the leaves to the optimizers of their layers."""
        for layer, leaves in self._of_layers.values():
            if leaves:
                learn(layer, {name: _gradient(leaf) for name, leaf in leaves.items()})


class HandWritten(Op):
    """The forward pass of a layer on arrays;  the derivative is the layer's backward pass, which updates the layer.

    The second input is a number that requires grad, so that the layer is reached even if nothing before it is.
    """

    owns_cotangent = True  # a backward pass may write into what it is given
    layer: Any

    def forward(x: Any, reached: Any, *, layer: Any) -> Any:
        return layer.forward_pass(np.array(x), True)

    def vjp(g: Any, layer: Any, needs: Any) -> Any:
        gradient = layer.backward_pass(g)
        if needs[0] and gradient is None:
            raise BackwardError(
                f"{type(layer).__name__}.backward_pass: it returned None, not the gradient at its input"
            )
        return gradient, np.zeros(())

    @property
    def name(self) -> str:
        """That of the layer's class."""
        return type(self.layer).__name__


def recorded_forward(layer: Any, x: Tensor, leaves: Leaves) -> Tensor:
    """The output of a layer in training, recorded; nothing of the tape stays on the layer.

    Parameters
    ----------
    layer : Layer
    x : Tensor
        The input.
    leaves : Leaves
        Where the leaves over the layer's parameters are kept. There are none over those of a layer that becomes a
        node of its own, since its backward pass updates them.
    """
    built_in = is_built_in(layer)
    if not built_in and not _runs_on_tensors(layer, x):
        reached = Tensor(np.zeros(()), requires_grad=True)
        return HandWritten.apply(x, reached, layer=layer)
    own = leaves.over(layer)
    arrays = {name: getattr(layer, name) for name in own}
    attributes = vars(layer)
    try:
        attributes.update(own)
        out = layer.forward_pass(x, True)
        return out if isinstance(out, Tensor) else Tensor(out)
    finally:
        for name, leaf in own.items():
            if attributes[name] is leaf:  # a forward pass may have replaced it
                attributes[name] = arrays[name]
        if not built_in:
            attributes.update({name: _without_tensors(value) for name, value in attributes.items()})


def is_built_in(layer: Any) -> bool:
    """Whether a layer, and the activation function that it holds, or a loss, is one of this package."""
    function = getattr(layer, "activation_func", None) or getattr(layer, "activation", None)
    return _is_from_here(layer) and (function is None or _is_from_here(function))


def _is_from_here(value: Any) -> bool:
    return type(value).__module__.startswith(_HOME)


def _gradient(leaf: Tensor) -> Any:
    gradient = leaf.grad
    return np.zeros_like(leaf.numpy()) if gradient is None else gradient.numpy()


def _without_tensors(value: Any) -> Any:
    """A value that a forward pass left on its layer, with arrays for Tensors."""
    if isinstance(value, Tensor):
        return value.numpy()
    if type(value) in (list, tuple):
        return type(value)([_without_tensors(each) for each in value])
    if type(value) is dict:
        return {key: _without_tensors(each) for key, each in value.items()}
    return value


# ---- layers of others


def _runs_on_tensors(layer: Any, x: Tensor) -> bool:
    """Whether the forward pass of a layer can be recorded; tried once, on a copy."""
    verdicts, trainable = _verdicts.setdefault(layer, {}), bool(getattr(layer, "trainable", True))
    if trainable not in verdicts:
        verdicts[trainable] = not _learns_in_other_ways(layer) and _can_be_recorded(layer, x)
    return verdicts[trainable]


def _learns_in_other_ways(layer: Any) -> bool:
    """Whether it has optimizers that stand beside no parameter, or layers inside: then only it knows how to learn."""
    known = {name + OPTIMIZER for name in parameter_names(layer)}
    return any(_holds_a_learner(value) for name, value in vars(layer).items() if name not in known)


def _holds_a_learner(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_a_learner(each) for each in value)
    if isinstance(value, Mapping):
        return any(_holds_a_learner(each) for each in value.values())
    return not isinstance(value, (Set, type)) and (hasattr(value, "update") or hasattr(value, "backward_pass"))


def _can_be_recorded(layer: Any, x: Tensor) -> bool:
    """Whether a forward pass on Tensors succeeds and its result depends on all parameters."""
    drawn = np.random.get_state(), random.getstate()
    leaves = Leaves()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            twin = copy.deepcopy(layer)
            own = leaves.over(twin)
            vars(twin).update(own)
            values = Tensor(x.numpy().copy(), requires_grad=x.dtype.kind == "f")
            out = twin.forward_pass(values * 1 if values.requires_grad else values, True)
    except Exception:
        return False
    finally:
        np.random.set_state(drawn[0])
        random.setstate(drawn[1])
    if not isinstance(out, Tensor) or out._node is None:
        return False
    reached = ancestors([out._node])
    return all(leaf._node in reached for leaf in own.values())
