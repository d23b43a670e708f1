"""Linear maps along an axis in which each output sees a few inputs, as in interpolation and adaptive means."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op


class Taps(NamedTuple):
    """What the outputs see: at tap k, output i sees input ``index[k, i]`` with the factor ``weight[k, i]``.

    Attributes
    ----------
    index : array of int (taps, outputs)
    weight : array of float (taps, outputs)
        A weight of 0 means that nothing is seen, be it inf or nan.
    """

    index: Any
    weight: Any

    def adjoint(self, inputs: int) -> Taps:
        """The taps of the transposed map."""
        tap, output = np.nonzero(self.weight)
        seen = self.index[tap, output]
        order = np.lexsort((output, seen))
        seen, output, weight = seen[order], output[order], self.weight[tap, output][order]
        counts = np.bincount(seen, minlength=inputs)
        slot = np.arange(len(seen)) - (np.cumsum(counts) - counts)[seen]
        shape = (max(1, int(counts.max(initial=0))), inputs)
        back = Taps(np.zeros(shape, np.intp), np.zeros(shape))
        back.index[slot, seen] = output
        back.weight[slot, seen] = weight
        return back


class AlongAxis(Op):
    """y_i = the sum over k of weight[k, i] x[index[k, i]] along an axis (-1, -2, ...);  its adjoint is another one."""

    def forward(x: Any, *, taps: Taps, axis: int) -> Any:
        dtype = np.dtype(np.float32) if x.dtype == np.float16 else x.dtype
        weights = taps.weight.astype(dtype).reshape(*taps.weight.shape, *[1] * (-axis - 1))
        total: Any = None
        for index, weight in zip(taps.index, alongside(weights, x)):
            part = _picked(x, index, axis)
            if not weight.all():
                part = np.where(weight != 0, part, part.dtype.type(0))
            if (weight != 1).any():
                part = np.multiply(part, weight, out=part if part.base is None and part.dtype == dtype else None)
            elif total is None and part.base is not None:
                part = part.copy()
            if total is None:
                total = part.astype(dtype, copy=False)
            else:
                total += part
        return total.astype(x.dtype, copy=False)

    def vjp(g: Any, shapes: Any, taps: Any, axis: int) -> Any:
        return AlongAxis.apply(g, taps=taps.adjoint(shapes[0][axis]), axis=axis)


def _picked(x: Any, index: Any, axis: int) -> Any:
    """``x[index]`` along the axis; a view where the positions are evenly spaced."""
    step = int(index[1] - index[0]) if len(index) > 1 else 1
    first, last = int(index[0]), int(index[-1])
    if step > 0 and len(index) * step == last - first + step and (np.diff(index) == step).all():
        return x.swapaxes(axis, -1)[..., first : last + 1 : step].swapaxes(axis, -1)
    return np.take(x, index, axis=axis)
