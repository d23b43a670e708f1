"""What a network remembers as dicts of arrays, for checkpoints, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.deep_learning.layers.layer import OPTIMIZER, parameter_names
from tinygrad_fs.deep_learning.optimizers import Optimizer

__all__ = ["arrays_of", "restore_arrays", "restore_state", "state_of"]


def arrays_of(layer: Any) -> dict[str, Any]:
    """The parameters of a layer and what else it names in `saved`; without a copy.

    Raises
    ------
    TypeError
        If the layer has more parameters than those that can be told by an optimizer beside them.
    """
    names = [*parameter_names(layer), *getattr(layer, "saved", ())]
    counted = sum([int(np.size(getattr(layer, name))) for name in parameter_names(layer)])
    if layer.parameters() > counted and not getattr(layer, "saved", ()):
        raise TypeError(
            f"{type(layer).__name__}: it has {layer.parameters()} parameters, but only {counted} of them stand in "
            'attributes W with an optimizer W_opt beside; name the others in the class: saved = ("weights",)'
        )
    return {name: getattr(layer, name) for name in names}


def state_of(layers: list[Any]) -> list[dict[str, Any]]:
    """For each layer its name, its arrays, and what the optimizers of its parameters remember."""
    return [
        {"layer": type(layer).__name__, "arrays": arrays_of(layer), "optimizers": _optimizers(layer)}
        for layer in layers
    ]


def restore_state(layers: list[Any], state: list[dict[str, Any]]) -> None:
    """Put back what `state_of` returned, for layers of the same kinds and shapes.

    Raises
    ------
    ValueError
        If the layers are others; then none is changed.
    """
    names, saved_names = [type(layer).__name__ for layer in layers], [each["layer"] for each in state]
    if names != saved_names:
        raise ValueError(f"load: the file has the layers {', '.join(saved_names)}; the network has {', '.join(names)}")
    for number, (layer, each) in enumerate(zip(layers, state)):
        _check(f"load: layer {number}, {type(layer).__name__}", arrays_of(layer), each["arrays"])
    for layer, each in zip(layers, state):
        restore_arrays(layer, each["arrays"])
        for name, remembered in each["optimizers"].items():
            optimizer = getattr(layer, name)
            if type(optimizer).__name__ == remembered["optimizer"]:
                state_now = _copied(remembered["state"])
                vars(optimizer).update({key: state_now[key] for key in optimizer.state()})


def restore_arrays(layer: Any, arrays: dict[str, Any]) -> None:
    """Give a layer copies of the arrays that `arrays_of` returned."""
    for name, value in _copied(arrays).items():
        setattr(layer, name, value)


def _optimizers(layer: Any) -> dict[str, dict[str, Any]]:
    optimizers = {name + OPTIMIZER: getattr(layer, name + OPTIMIZER) for name in parameter_names(layer)}
    return {
        name: {"optimizer": type(each).__name__, "state": each.state()}
        for name, each in optimizers.items()
        if isinstance(each, Optimizer)
    }


def _copied(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _check(where: str, own: dict[str, Any], given: dict[str, Any]) -> None:
    if sorted(own) != sorted(given):
        raise ValueError(f"{where}: the file has {', '.join(sorted(given))}; the layer has {', '.join(sorted(own))}")
    for name, array in own.items():
        if array is not None and given[name] is not None and np.shape(array) != np.shape(given[name]):
            raise ValueError(f"{where}: {name} has shape {np.shape(given[name])} in the file, {np.shape(array)} here")
