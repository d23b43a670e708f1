"""Flatten and Unflatten: several axes into one, and one into several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.dispatch.keywords import says_axis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Make one axis of the axes from `start_axis` to `end_axis`.

    Parameters
    ----------
    start_axis : int, default 1
        The first of them; by default the axis of the batch stays.
    end_axis : int, default -1
        The last of them.

    Raises
    ------
    TypeError
        If they are called `start_dim` and `end_dim`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Flatten()(tg.zeros((2, 3, 4))).shape
    (2, 12)
    """

    @says_axis
    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        super().__init__()
        self.start_axis = start_axis
        self.end_axis = end_axis

    def forward(self, x: TensorLike) -> Tensor:
        """Flatten `x`, of any shape that has the axes."""
        return ops.flatten(x, self.start_axis, self.end_axis)

    def extra_repr(self) -> str:
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"


class Unflatten(Module):
    """Make several axes of one.

    Parameters
    ----------
    axis : int
        Which.
    unflattened_size : sequence of int
        The sizes to make of it; one of them may be -1.

    Raises
    ------
    TypeError
        If the axis is called `dim`.
    ValueError
        When called with an input whose axis has another size.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Unflatten(1, (3, -1))(tg.zeros((2, 12))).shape
    (2, 3, 4)
    """

    @says_axis
    def __init__(self, axis: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.axis = axis
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, x: TensorLike) -> Tensor:
        """Unflatten `x`, of any shape that has the axis."""
        shape = np.shape(x)
        if not -len(shape) <= self.axis < len(shape):
            raise ValueError(f"Unflatten: an input of shape {shape} has no axis {self.axis}")
        place = self.axis % len(shape)
        known = int(np.prod([size for size in self.unflattened_size if size != -1]))
        open_sizes = self.unflattened_size.count(-1)
        if open_sizes > 1 or (shape[place] % max(known, 1) if open_sizes else known != shape[place]):
            raise ValueError(
                f"Unflatten: axis {self.axis} of an input of shape {shape} cannot be cut into {self.unflattened_size}"
            )
        return ops.reshape(x, (*shape[:place], *self.unflattened_size, *shape[place + 1 :]))

    def extra_repr(self) -> str:
        return f"axis={self.axis}, unflattened_size={self.unflattened_size}"
