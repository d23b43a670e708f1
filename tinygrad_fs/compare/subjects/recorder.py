"""The recording optimizer: handed to a layer, it catches the gradients that the layer updates its weights with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.isolation.parts import Place, Whole, places_of, walk
from tinygrad_fs.dtypes import Array

__all__ = ["Recorder", "Update"]

_RATE = 0.1


class Update(NamedTuple):
    """A call of `update`: where in the layer the array stood that was handed over, and the gradient."""

    places: tuple[Place, ...]
    gradient: Any


def _of_the_whole(array: Array, view: Array, gradient: Array) -> Array:
    """The gradient of an array from that of a view of it: a transposed one, or a part."""
    positions = np.arange(array.size)
    first = (view.ctypes.data - array.ctypes.data) // array.itemsize
    strides = [positions.itemsize * stride // array.itemsize for stride in view.strides]
    seen = np.lib.stride_tricks.as_strided(positions[first:], view.shape, strides, writeable=False)
    whole = np.zeros(array.size)
    whole[seen] = gradient
    return whole.reshape(array.shape)


class Recorder(Whole):
    """An optimizer that notes what it is handed.

    All its copies are one, so that ``self.W_opt = copy.copy(optimizer)`` and deep copies of a layer report to the
    same place. What it returns differs from what it was given: a layer that goes on to use its *new* weights for the
    gradient of its input shows it.

    Examples
    --------
    >>> class Scale:
    ...     def initialize(self, optimizer):
    ...         self.s, self.s_opt = np.ones(2), optimizer
    ...     def backward_pass(self, accum_grad):
    ...         self.s = self.s_opt.update(self.s, accum_grad)
    >>> layer, recorder = Scale(), Recorder()
    >>> layer.initialize(recorder)
    >>> recorder.watch(layer)
    >>> layer.backward_pass(np.array([3.0, 4.0]))
    >>> [(str(update.places[0]), update.gradient) for update in recorder.updates]
    [('s', array([3., 4.]))]
    """

    learning_rate = _RATE

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self._layer: Any = None

    def watch(self, layer: Any) -> None:
        """From now on, note the updates of `layer`."""
        self._layer = layer
        self.updates = []

    def update(self, w: Any, grad_wrt_w: Any) -> Any:
        """Note the gradient, and return what stands for updated weights."""
        gradient = np.array(grad_wrt_w)
        self.updates.append(self._update(w, gradient))
        step = _RATE * gradient if gradient.shape == np.shape(w) else _RATE
        return w - step

    def _update(self, w: Any, gradient: Array) -> Update:
        places = places_of(self._layer, w)
        if not places and isinstance(w, np.ndarray) and gradient.shape == w.shape:
            for _, value in walk(self._layer):
                if isinstance(value, np.ndarray) and np.shares_memory(value, w) and value.flags.c_contiguous:
                    return Update(tuple(places_of(self._layer, value)), _of_the_whole(value, w, gradient))
        return Update(tuple(places), gradient)

    def __copy__(self) -> Recorder:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Recorder:
        return self
