"""Matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["matmul"]


class Matmul(Op):
    """z = x y;  dx: g y^T,  dy: x^T g. A vector counts as a row on the left and as a column on the right."""

    broadcasts = True  # of the leading axes: the engine sums them back

    def forward(x: Any, y: Any) -> Any:
        try:
            return np.matmul(x, y)
        except ValueError:
            raise ValueError(_misfit(np.shape(x), np.shape(y))) from None

    def vjp_x(g: Any, y: Any, shapes: Any) -> Any:
        rank_x, rank_y = len(shapes[0]), len(shapes[1])
        if rank_x == rank_y == 2:
            return np.matmul(g, np.swapaxes(y, 0, 1))
        if rank_y == 1:
            return np.expand_dims(g, -1) * y
        if rank_x == 1:
            return np.matmul(y, np.expand_dims(g, -1))[..., 0]
        if rank_y == 2:
            return np.matmul(g, np.swapaxes(y, 0, 1))
        return np.matmul(g, np.swapaxes(y, -1, -2))

    def vjp_y(g: Any, x: Any, shapes: Any) -> Any:
        rank_x, rank_y = len(shapes[0]), len(shapes[1])
        if rank_x == rank_y == 2:
            return np.matmul(np.swapaxes(x, 0, 1), g)
        if rank_x == 1:
            return np.expand_dims(x, -1) * np.expand_dims(g, -2) if rank_y > 1 else x * g
        if rank_y == 1:
            # Sum over all rows of all matrices at once.
            return np.matmul(np.reshape(g, (-1,)), np.reshape(x, (-1, shapes[0][-1]))) if g.size else _zeros(x, shapes)
        if rank_y == 2:
            # One product over the joined leading axes, instead of one each and a sum.
            rows, columns = shapes[0][-1], shapes[1][-1]
            if not x.size:
                return _zeros(x, shapes)
            return np.matmul(np.swapaxes(np.reshape(x, (-1, rows)), 0, 1), np.reshape(g, (-1, columns)))
        return np.matmul(np.swapaxes(x, -1, -2), g)


def _zeros(x: Any, shapes: Any) -> Any:
    return np.zeros_like(x, shape=shapes[1])


def _misfit(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """Say why shapes cannot be multiplied."""
    if not x or not y:
        return f"matmul: {x} @ {y}: a 0-d operand has no axis to sum over; use * to scale"
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        return f"matmul: {x} @ {y}: inner sizes {x[-1]} and {inner} differ"
    return f"matmul: {x} @ {y}: leading axes {x[:-2]} and {y[:-2]} do not broadcast together"


def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Matrix product; also ``x @ y``.

    Parameters
    ----------
    x, y : array_like
        Of shapes (..., n, k) and (..., k, m), whose leading axes broadcast; a 1-d operand is a row on the
        left and a column on the right, and its axis is not in the result.

    Returns
    -------
    Tensor
        Of shape (..., n, m).

    Raises
    ------
    ValueError
        If the inner sizes differ, the leading axes do not broadcast, or an operand is 0-d.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.matmul(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return Matmul.apply(x, y)
