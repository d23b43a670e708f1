"""Flatten: several axes into one."""

from __future__ import annotations

from tinygrad_fs import ops
from tinygrad_fs.nn.module import Module
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Flatten"]


class Flatten(Module):
    """Make one axis of the axes from `start_axis` to `end_axis`.

    Parameters
    ----------
    start_axis : int, default 1
        The first of them; by default the axis of the batch stays.
    end_axis : int, default -1
        The last of them.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Flatten()(tg.zeros((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        super().__init__()
        self.start_axis = start_axis
        self.end_axis = end_axis

    def forward(self, x: TensorLike) -> Tensor:
        """Flatten `x`, of any shape that has the axes."""
        return ops.flatten(x, self.start_axis, self.end_axis)

    def extra_repr(self) -> str:
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"
