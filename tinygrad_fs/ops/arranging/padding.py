"""Borders around a tensor."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.dtypes import alongside, zeros_beside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.joining import concatenate
from tinygrad_fs.ops.axes import given, part, resized
from tinygrad_fs.ops.copying import astype, clone
from tinygrad_fs.ops.elementwise.choice import lerp
from tinygrad_fs.ops.indexing.positions import along
from tinygrad_fs.ops.indexing.reading import AddAt
from tinygrad_fs.ops.operands import constant_of
from tinygrad_fs.ops.reductions.order_statistics import median
from tinygrad_fs.ops.reductions.reduction import amax, amin, mean
from tinygrad_fs.ops.shape import broadcast_to
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["pad"]

_OWN = ("edge", "reflect", "symmetric", "wrap")
_STATISTICS: dict[str, Any] = {"maximum": amax, "mean": mean, "median": median, "minimum": amin}
_MODES = ("constant", *_OWN, *_STATISTICS, "linear_ramp", "empty")


class Pad(Op):
    """y is x with a border of constants;  dy/dx: the inside of the gradient."""

    def forward(x: Any, *, widths: Any, value: Any) -> Any:
        if isinstance(value, tuple) or not all(isinstance(n, int) and n >= 0 for pair in widths for n in pair):
            return np.pad(x, widths, constant_values=value)  # or its error
        shape = tuple([before + size + after for size, (before, after) in zip(x.shape, widths)])
        result = np.full_like(x, value, shape=shape, order="C") if value else zeros_beside(x, shape, x.dtype)
        result[_inside(widths, x.shape)] = x
        return result

    def vjp(g: Any, shapes: Any, widths: Any) -> Any:
        return g[_inside(widths, shapes[0])]


def _inside(widths: Any, shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple([slice(before, before + size) for (before, _), size in zip(widths, shape)])


class PadWithOwn(Op):
    """y is x with a border of its own values;  dy/dx: the border's gradient, added to where it was taken from."""

    owns_cotangent = True

    def forward(x: Any, *, widths: Any, how: Any) -> Any:
        return np.pad(x, widths, mode=how)

    def vjp(g: Any, shapes: Any, widths: Any, how: Any) -> Any:
        # NumPy pads one axis after the other; so the border comes off one axis after the other.
        for axis, (size, (before, after)) in enumerate(zip(shapes[0], widths)):
            if before or after:
                border = _Border(axis, size, before, after)
                in_place = not isinstance(g, Tensor) and (how == "edge" or max(before, after) < size)
                g = border.folded(g, how) if in_place else border.gathered(g, how)
        return g


class _Border(NamedTuple):
    """What stands before and after an axis of the given size."""

    axis: int
    size: int
    before: int
    after: int

    def parts(self, g: Any) -> tuple[Any, Any, Any]:
        """The two sides of the border, and what they are around."""
        end = self.before + self.size
        before, inside, after = slice(self.before), slice(self.before, end), slice(end, None)
        return g[along(self.axis, before)], g[along(self.axis, inside)], g[along(self.axis, after)]

    def folded(self, g: Any, how: str) -> Any:
        """Add the border of an array to its inside, in place, by slices: it is not wider than that."""
        first, inside, last = self.parts(g)
        n, b, a = self.size, self.before, self.after
        if how == "edge":
            dtype = np.float32 if g.dtype == np.float16 else g.dtype
            first, last = (np.sum(side, axis=self.axis, keepdims=True, dtype=dtype) for side in (first, last))
            sources = slice(1), slice(n - 1, n)
        elif how == "wrap":
            sources = slice(n - b, n), slice(a)
        else:
            skip = int(how == "reflect")
            sources = slice(skip, skip + b), slice(n - skip - a, n - skip)
            first, last = np.flip(first, self.axis), np.flip(last, self.axis)
        for source, side in zip(sources, (first, last)):
            part = inside[along(self.axis, source)]
            np.add(part, side, out=part, casting="same_kind")
        return inside

    def gathered(self, g: Any, how: str) -> Any:
        """The same without writing into `g`, and for any width."""
        first, inside, last = self.parts(g)
        numbers = np.pad(np.arange(self.size), (self.before, self.after), mode=how)  # type: ignore[call-overload]
        sources = np.delete(numbers, np.s_[self.before : self.before + self.size])
        sides = np.concatenate([first, last], axis=self.axis)
        return AddAt.apply(inside, sides, at=along(self.axis, sources))


def pad(
    x: TensorLike,
    pad_width: Any,
    mode: str = "constant",
    constant_values: Any = 0,
    *,
    stat_length: Any = None,
    end_values: Any = 0,
) -> Tensor:
    """Add a border.

    Parameters
    ----------
    x : array_like
    pad_width : int, (before, after) or one pair per axis
        How much to add, as in NumPy; a dict gives it for some axes.
    mode : str
        What the border holds: a constant ("constant"); values of `x` ("edge", "reflect", "symmetric", "wrap"); a
        statistic of the lines across it ("maximum", "mean", "median", "minimum"); steps from the edge down to a
        constant ("linear_ramp"); or what does not matter ("empty": 0). All but constants collect their gradients.
    constant_values : float, (before, after) or one pair per axis, default 0
        For mode "constant". They are not differentiated.
    stat_length : int, (before, after) or one pair per axis, optional
        Of how many values next to the border the statistic is taken; of all by default.
    end_values : float, (before, after) or one pair per axis, default 0
        Where a "linear_ramp" ends. They are not differentiated.

    Raises
    ------
    ValueError
        If a width is negative, `mode` is another one, or there is nothing in `x` to fill a border with.
    TypeError
        If a width is no integer, or `constant_values` or `end_values` require grad.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.pad(tg.tensor([1.0, 2.0, 3.0]), (1, 2), mode="reflect")
    tensor([2., 1., 2., 3., 2., 1.])
    >>> tg.pad(tg.tensor([1.0, 2.0]), 1, constant_values=(8, 9))
    tensor([8., 1., 2., 9.])
    """
    if mode not in _MODES:  # (a function of NumPy's, which writes into its argument, is none of them)
        raise ValueError(f"pad: mode {mode!r} is unknown; use {', '.join(map(repr, _MODES))}")
    widths = _pairs(pad_width, np.shape(x))
    if not widths:  # 0-d: there is no side to put a border at
        return clone(x)
    if mode in _OWN:
        return PadWithOwn.apply(x, widths=widths, how=mode)
    if mode in ("constant", "empty") or not any(map(any, widths)):
        value = _value(constant_values, np.ndim(x)) if mode == "constant" else 0
        return Pad.apply(x, widths=widths, value=value)
    padded: Tensor = _pad_by_lines(given(x), _checked_widths(widths), mode, stat_length, end_values)
    return padded


def _pairs(pad_width: Any, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """One pair of widths per axis."""
    if isinstance(pad_width, dict):
        given, pad_width = pad_width, np.zeros((len(shape), 2), int)
        for axis, width in given.items():
            pad_width[axis] = width
    given_widths = np.asarray(pad_width)
    try:
        pairs = np.broadcast_to(given_widths, (len(shape), 2)).tolist()
    except ValueError:
        raise ValueError(
            f"pad: widths of shape {given_widths.shape} do not fit a tensor of shape {shape}; give a number, "
            "(before, after), or one such pair per axis"
        ) from None
    return tuple(map(tuple, pairs))


def _checked_widths(widths: Any) -> Any:
    np.pad(np.empty((1,) * len(widths)), widths)  # NumPy's complaint about what is no width
    return widths


def _pad_by_lines(x: Any, widths: Any, mode: str, stat_length: Any, end_values: Any) -> Any:
    """Add what follows from the lines across the border, axis by axis, so that corners follow from edges."""
    lengths = _pairs(stat_length, x.shape) if stat_length is not None else [(n, n) for n in x.shape]
    ends = np.broadcast_to(np.asarray(constant_of("pad: end_values", end_values)), (x.ndim, 2)).tolist()
    for axis, both_widths in enumerate(widths):
        if both_widths == (0, 0):
            continue
        if not x.shape[axis]:
            raise ValueError(f"pad: axis {axis} of shape {x.shape} has no values to fill a border with")
        if mode == "linear_ramp":
            before, after = (_ramp(x, axis, side, both_widths[side], ends[axis][side]) for side in (0, 1))
        else:
            before, after = (_statistic(x, axis, side, both_widths[side], mode, lengths[axis][side]) for side in (0, 1))
        x = concatenate([before, x, after], axis)
    return x


def _ramp(x: Any, axis: int, side: int, width: int, end: float) -> Any:
    """Steps from `end` up to the value at the edge, without that."""
    edge = part(x, axis, -1) if side else part(x, axis, 0, 1)
    shares = np.arange(width) / np.maximum(width, 1)
    shares = (shares[::-1] if side else shares).reshape(-1, *[1] * (x.ndim - axis - 1))
    if x.dtype.kind != "f":
        return astype(np.floor(end + (edge - end) * alongside(shares, x)), x.dtype)
    return lerp(end, edge, alongside(shares.astype(x.dtype), x))


def _statistic(x: Any, axis: int, side: int, width: int, mode: str, length: int) -> Any:
    """The statistic of the lines next to the border, as often as it is wide."""
    if length < 1:
        raise ValueError(f"pad: stat_length is {length}; there must be at least one value to take the {mode} of")
    start, stop = (-length, None) if side and length < x.shape[axis] else (None, None if side else length)
    value: Any = _STATISTICS[mode](part(x, axis, start, stop), axis, keepdims=True)
    if x.dtype.kind != "f":
        value = astype(np.round(value), x.dtype)
    return broadcast_to(value, resized(x.shape, axis, width))


def _value(constant_values: Any, ndim: int) -> Any:
    """What NumPy takes for `constant_values`, kept small and unchangeable."""
    values = np.asarray(constant_of("pad: constant_values", constant_values))
    if values.ndim == 0:
        return values.item()
    return tuple(map(tuple, np.broadcast_to(values, (ndim, 2)).tolist()))
