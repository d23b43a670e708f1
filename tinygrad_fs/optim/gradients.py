"""The gradients of many parameters as one array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_fs.changes import unshared
from tinygrad_fs.tensor import Tensor

__all__ = ["GradientPack"]


class GradientPack:
    """Gradients side by side in memory, one array per dtype, which is used again while nobody else looks at it."""

    def __init__(self) -> None:
        self._flats: dict[Any, Any] = {}
        self._views: dict[Tensor, Any] = {}

    def pack(self, params: Iterable[Tensor]) -> list[Any]:
        """Make each gradient a view of a flat array, if it is not one yet; returns the flat arrays."""
        gradients = {p: g for p in params if (g := getattr(p, "_grad", None)) is not None}
        views = self._views
        if gradients.keys() != views.keys() or any(g._data is not views[p] for p, g in gradients.items()):
            self._views = views = {}  # lets go of the old ones, which look at the memory
            self._bring_together(gradients)
        return list(self._flats.values())

    def _bring_together(self, gradients: dict[Tensor, Tensor]) -> None:
        kinds: dict[Any, dict[Tensor, Tensor]] = {}
        for p, g in gradients.items():
            kinds.setdefault((type(g._data), g.dtype), {})[p] = g
        self._flats = {kind: self._joined(kind, [g._data for g in of.values()]) for kind, of in kinds.items()}
        for kind, members in kinds.items():
            start = 0
            for p, g in members.items():
                view = self._flats[kind][start : start + g.size].reshape(g.shape)
                p._grad, self._views[p] = Tensor._of(view), view
                start += g.size

    def _joined(self, kind: Any, arrays: list[Any]) -> Any:
        """The arrays one after another; in the memory of the last time, if that fits and nobody can see it."""
        flat = self._flats.get(kind)
        again = flat is not None and flat.size == sum(array.size for array in arrays) and unshared(flat)
        return np.concatenate(arrays, axis=None, out=flat if again else None)

    def __reduce__(self) -> tuple[Any, ...]:
        return GradientPack, ()  # a copy of an optimizer packs anew
