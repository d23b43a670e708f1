"""The gated linear unit of a layer that computes values and their gates together."""

from __future__ import annotations

from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.ops.arranging.joining import split
from tinygrad_fs.ops.elementwise.activation import sigmoid
from tinygrad_fs.ops.operands import as_value
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["glu"]


def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """The first half of `x` times the sigmoid of the second.

    Dauphin et al. 2017, "Language modeling with gated convolutional networks", equation 1.

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        Which is cut into halves.

    Raises
    ------
    ValueError
        If its size is odd.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.glu(tg.tensor([2.0, 4.0, 0.0, 1000.0]))
    tensor([1., 4.])
    """
    t = as_value(x)
    if t.ndim == 0 or t.shape[normalize_axis_index(axis, t.ndim)] % 2:
        raise ValueError(f"glu: axis {axis} of shape {t.shape} has no halves; its size must be even")
    first, second = split(t, 2, axis)
    return first * sigmoid(second)
