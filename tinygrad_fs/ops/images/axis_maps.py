"""Linear maps along an axis in which each output sees a few inputs, as in interpolation and adaptive means."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import resized
from tinygrad_fs.ops.indexing.positions import along


class Reading(NamedTuple):
    """What the outputs from `start` to `stop` see at one tap.

    Attributes
    ----------
    start, stop : int
    where : slice or array of int
        Which inputs they see.
    weight : array of float, or None
        The factors; None where all are 1.
    holes : bool
        Whether some of the factors are 0.
    """

    start: int
    stop: int
    where: Any
    weight: Any
    holes: bool


class Taps:
    """What the outputs see: at tap k, output i sees input ``index[k, i]`` with the factor ``weight[k, i]``.

    Parameters
    ----------
    index : array of int (taps, outputs)
    weight : array of float (taps, outputs)
        A weight of 0 means that nothing is seen, be it inf or nan.
    """

    def __init__(self, index: Any, weight: Any) -> None:
        self.index, self.weight = index, weight
        self._adjoints: dict[int, Taps] = {}

    @functools.cached_property
    def readings(self) -> list[Reading]:
        """The taps one by one, each for the outputs between the first and the last that see something."""
        found = []
        for index, weight in zip(self.index, self.weight):
            seeing = np.flatnonzero(weight)
            if seeing.size:
                start, stop = int(seeing[0]), int(seeing[-1]) + 1
                factors = weight[start:stop]
                plain = (factors == 1).all()
                where = _evenly(index[start:stop])
                found.append(Reading(start, stop, where, None if plain else factors, seeing.size < stop - start))
        return found

    def adjoint(self, inputs: int) -> Taps:
        """The taps of the transposed map."""
        if inputs not in self._adjoints:
            self._adjoints[inputs] = self._transposed(inputs)
        return self._adjoints[inputs]

    def _transposed(self, inputs: int) -> Taps:
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


def _evenly(index: Any) -> Any:
    """Positions as a slice, which selects a view, where they are evenly spaced."""
    step = int(index[1] - index[0]) if len(index) > 1 else 1
    return slice(int(index[0]), int(index[-1]) + 1, step) if step > 0 and (np.diff(index) == step).all() else index


class AlongAxis(Op):
    """y_i = the sum over k of weight[k, i] x[index[k, i]] along an axis (-1, -2, ...);  its adjoint is another one."""

    def forward(x: Any, *, taps: Taps, axis: int) -> Any:
        dtype = np.dtype(np.float32) if x.dtype == np.float16 else x.dtype
        number = x.ndim + axis
        outputs = taps.weight.shape[1]
        total: Any = None
        for start, stop, where, weight, holes in taps.readings:
            part = x[along(number, where)] if isinstance(where, slice) else np.take(x, where, axis=axis)
            if weight is not None:
                factors = alongside(weight.astype(dtype).reshape(-1, *[1] * (-axis - 1)), x)
                if holes:
                    part = np.where(factors != 0, part, part.dtype.type(0))
                part = np.multiply(part, factors, out=part if part.base is None and part.dtype == dtype else None)
            elif total is None and part.base is not None:
                part = part.copy()
            if total is None and stop - start == outputs:
                total = part.astype(dtype, copy=False)
                continue
            if total is None:
                total = np.zeros_like(x, shape=resized(x.shape, number, outputs), dtype=dtype)
            target = total[along(number, slice(start, stop))]
            target += part
        if total is None:
            return np.zeros_like(x, shape=resized(x.shape, number, outputs))
        return total.astype(x.dtype, copy=False)

    def vjp(g: Any, shapes: Any, taps: Any, axis: int) -> Any:
        return AlongAxis.apply(g, taps=taps.adjoint(shapes[0][axis]), axis=axis)
