"""Linear interpolation between points of a curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.indexing.reading import GetItem, ScatterAdd
from tinygrad_fs.ops.masking import kept
from tinygrad_fs.ops.operands import array_of, as_floats, constant_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["interp"]


class Interp(Op):
    """y = (1 - t) f_i + t f_(i+1) at t = (x - p_i) / (p_(i+1) - p_i);  dx = slope, df = 1 - t and t, dp = -slope df.

    Beyond the ends y is that of the end, or what `left` and `right` say.
    """

    def forward(x: Any, xp: Any, fp: Any, *, left: Any = None, right: Any = None) -> Any:
        return np.interp(x, xp, fp, left, right).astype(np.result_type(x, xp, fp))

    def vjp(g: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any, needs: Any) -> Any:
        before, after = _intervals(array_of(x), array_of(xp))
        inside = (array_of(x) >= array_of(xp)[0]) & (array_of(x) <= array_of(xp)[-1])
        p, f = GetItem.apply(xp, at=before), GetItem.apply(fp, at=before)
        width: Any = GetItem.apply(xp, at=after) - p
        width = np.where(array_of(width) == 0, 1, width)
        slope = (GetItem.apply(fp, at=after) - f) / width
        along_curve = kept(g, inside) * slope
        dx = along_curve if needs[0] else None
        if not (needs[1] or needs[2]):
            return dx, None, None
        t = np.where(inside, (x - p) / width, (array_of(x) > array_of(xp)[-1]).astype(g.dtype))
        both = np.concatenate([before.ravel(), after.ravel()])
        shares = np.stack([1 - t, t])

        def back(at_x: Any, like: Any) -> Any:
            parts = np.reshape(np.expand_dims(at_x, 0) * shares, (-1,))
            return ScatterAdd.apply(parts, at=both, to=like.shape)

        dxp = -back(along_curve, xp) if needs[1] else None
        dfp = back(kept(g, _on_curve(array_of(x), array_of(xp), left, right)), fp) if needs[2] else None
        return dx, dxp, dfp


def _intervals(x: Any, xp: Any) -> tuple[Any, Any]:
    """The numbers of the points before and after each x."""
    numbers = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(len(xp) - 2, 0))
    numbers = np.asarray(numbers.tolist(), np.intp) if not isinstance(numbers, np.ndarray) else numbers
    return numbers, np.minimum(numbers + 1, len(xp) - 1)


def _on_curve(x: Any, xp: Any, left: Any, right: Any) -> Any:
    """Where the value is one of the curve's."""
    on = x == x
    if left is not None:
        on = on & (x >= xp[0])
    return on if right is None else on & (x <= xp[-1])


def interp(
    x: TensorLike,
    xp: TensorLike,
    fp: TensorLike,
    left: float | None = None,
    right: float | None = None,
    period: float | None = None,
) -> Tensor:
    """The value at `x` of the curve that joins the points (`xp`, `fp`) by straight lines.

    All three have gradients. At a point the slope is that of the line to the right, and at the last one to the left;
    beyond the ends it is 0.

    Parameters
    ----------
    x : array_like
        Where to read.
    xp : array_like with one axis
        Ascending, unless `period` is given.
    fp : array_like with one axis
        As many values.
    left, right : float, optional
        Constants to give before the first and after the last point; the values there by default.
    period : float, optional
        The curve repeats itself: `x` and `xp` count modulo this, and the points may come in any order.

    Returns
    -------
    Tensor
        Of the shape of `x`. float32 stays, where NumPy gives float64.

    Raises
    ------
    ValueError
        If there are no points, `xp` and `fp` have other than one axis or differ in length, or `period` is 0.
    TypeError
        If `left`, `right` or `period` require grad.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([0.5, 3.0], requires_grad=True)
    >>> y = tg.interp(x, [0.0, 1.0, 2.0], [0.0, 10.0, 40.0])
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([5.0, 40.0], [10.0, 0.0])
    """
    places, points, values = as_floats(x, xp, fp)
    if points.ndim != 1 or values.ndim != 1 or len(points) != len(values) or not len(points):
        raise ValueError(
            f"interp: xp has shape {points.shape} and fp {values.shape}; both must have one axis, of the same "
            "length, and not be empty"
        )
    left, right = constant_of("interp: left", left), constant_of("interp: right", right)
    if period is not None:
        places, points, values = _repeated(places, points, values, constant_of("interp: period", period))
        left = right = None
    return Interp.apply(places, points, values, left=left, right=right)


def _repeated(x: Any, xp: Any, fp: Any, period: float) -> tuple[Any, Any, Any]:
    """The same within one period, with the points in order and the neighbours of the first and the last beside them."""
    if period == 0:
        raise ValueError("interp: period is 0")
    period = abs(period)
    xp = xp % period
    order = np.argsort(array_of(xp))
    order = order if isinstance(order, np.ndarray) else np.asarray(order.tolist(), np.intp)
    xp, fp = xp[order], fp[order]
    points = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return x % period, points, np.concatenate([fp[-1:], fp, fp[:1]])
