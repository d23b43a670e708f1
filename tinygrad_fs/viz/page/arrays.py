"""Arrays: what a page shows of arrays: statistics, a small heat map, and all values where they are few."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

__all__ = ["Arrays", "Heat", "Shown", "Statistics", "several"]

LEVELS: Final = 30
"""Shades of a heat map on either side of 0."""

_SHADES: Final = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy", np.uint8)
_NAN, _PLUS, _MINUS, _GAP = b"!+-."

_ROOMS: Final = ((400, 24, 256), (4_000, 16, 64), (math.inf, 10, 16))
"""Up to so many arrays, so many cells along a side of a heat map, and so many values that are given one by one."""

_TILES, _FEW_TILES = 16, 4
"""So many slices are shown of an array of more than two axes, at most."""


class Statistics(NamedTuple):
    """Of the finite entries, in double precision; and how many are not finite, or zero."""

    low: float
    high: float
    mean: float
    spread: float
    norm: float
    nans: int
    infinities: int
    zeros: int


class Heat(NamedTuple):
    """A heat map.

    Attributes
    ----------
    width, height : int
        In cells.
    cells : str
        A letter for each, row by row: a shade, or what marks a nan, an infinity or a gap between slices.
    scale : float
        The number that the last shade stands for, either sign.
    slices : int
        How many of the array's slices along its last two axes are shown; 0 for all there is.
    is_shrunk : bool
        Whether a cell stands for several entries: then it shows the one of largest magnitude.
    """

    width: int
    height: int
    cells: str
    scale: float
    slices: int
    is_shrunk: bool


class Shown(NamedTuple):
    """An array, as a page knows it."""

    shape: tuple[int, ...]
    dtype: str
    bytes: int
    statistics: Statistics | None
    heat: Heat | None
    values: list[Any] | None


class Arrays:
    """The arrays that a page shows, each once, however often it is met."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._held: list[Any] = []
        self._bad: list[bool | None] = []

    def add(self, array: Any) -> int:
        """The number of an array; -1 for what is none."""
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            return -1
        place = self._places.get(id(array))
        if place is None:
            place = self._places[id(array)] = len(self._held)
            self._held.append(array)  # held, so that no other array gets its id
            self._bad.append(None)
        return place

    def is_bad(self, place: int) -> bool:
        """Whether an array holds a nan or an infinity."""
        if place < 0:
            return False
        known = self._bad[place]
        if known is None:
            array = self._held[place]
            known = self._bad[place] = array.dtype.kind == "f" and not bool(np.isfinite(array).all())
        return known

    def has_nan(self, place: int) -> bool:
        """Whether an array holds a nan."""
        return self.is_bad(place) and bool(np.isnan(self._held[place]).any())

    def shown(self) -> list[Shown]:
        """All of them; the more there are, the less of each."""
        cells, whole = next((cells, whole) for most, cells, whole in _ROOMS if len(self._held) <= most)
        alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for place, array in enumerate(self._held):
            alike[array.shape, array.dtype].append(place)
        found: dict[int, Shown] = {}
        with np.errstate(all="ignore"):
            for (shape, _), group in alike.items():
                at_once = max(1, _AT_ONCE // max(1, math.prod(shape)))
                for begin in range(0, len(group), at_once):
                    part = group[begin : begin + at_once]
                    found.update(zip(part, _shown([self._held[place] for place in part], cells, whole)))
        return [found[place] for place in range(len(self._held))]


def several(value: Any) -> tuple[Any, ...]:
    """The arrays of a value: of an op with several outputs they are a tuple already."""
    return value if isinstance(value, tuple) else (value,)


_AT_ONCE: Final = 1 << 20
"""So many entries of arrays of one shape and dtype are summed up together, at most."""


def _shown(arrays: list[Any], cells: int, whole: int) -> Iterator[Shown]:
    """What is shown of arrays of one shape and dtype."""
    first = arrays[0]
    about = first.shape, str(first.dtype), first.nbytes
    if not first.size:
        yield from [Shown(*about, None, None, None)] * len(arrays)
        return
    stack = np.stack(arrays).astype(np.float64)
    for array, statistics, heat in zip(arrays, _statistics(stack.reshape(len(arrays), -1)), _heat(stack, cells)):
        values = [_plain(value) for value in array.ravel().tolist()] if array.size <= whole else None
        yield Shown(*about, statistics, heat, values)


def _plain(value: Any) -> Any:
    """A value as JSON has it, with five digits; a word for what is not finite."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else str(value)
    return int(value)


def _figure(value: float) -> float:
    return float(f"{min(value, 1e308):.6g}")


def _statistics(rows: Any) -> Iterator[Statistics]:
    """The figures of arrays, each a row."""
    is_finite = np.isfinite(rows)
    counts = is_finite.sum(axis=1)
    values = rows if counts.min() == rows.shape[1] else np.where(is_finite, rows, 0.0)
    lowest = np.where(is_finite, rows, np.inf).min(axis=1)
    highest = np.where(is_finite, rows, -np.inf).max(axis=1)
    some = np.maximum(counts, 1)
    means = values.sum(axis=1) / some
    apart = np.where(is_finite, values - means[:, None], 0.0)
    spreads = np.sqrt(np.einsum("ij,ij->i", apart, apart) / some)
    norms = np.sqrt(np.einsum("ij,ij->i", values, values))
    nans = np.isnan(rows).sum(axis=1)
    zeros = (rows == 0).sum(axis=1)
    figures = np.stack([lowest, highest, means, spreads, norms], axis=1).tolist()
    for row, count, nan, zero in zip(figures, counts.tolist(), nans.tolist(), zeros.tolist()):
        low, high, mean, spread, norm = map(_figure, row) if count else (0.0,) * 5
        yield Statistics(low, high, mean, spread, norm, nan, rows.shape[1] - count - nan, zero)


# ---- heat maps


def _heat(stack: Any, cells: int) -> Iterator[Heat]:
    """The heat maps of arrays, one behind the other."""
    images, slices, is_shrunk = _images(stack, cells)
    sizes = np.abs(images)
    is_shade = sizes <= _LARGEST
    scales = np.where(is_shade, sizes, 0.0).max(axis=(1, 2))
    factors = np.divide(LEVELS, scales, out=np.zeros_like(scales), where=scales > 0)
    shades = np.where(is_shade, images, 0.0) * factors[:, None, None]
    letters = _SHADES[np.rint(shades).astype(np.int64) + LEVELS]
    if not is_shade.all():
        letters[np.isnan(images)] = _NAN
        letters[images == np.inf] = _PLUS
        letters[images == -np.inf] = _MINUS
        letters[images == _EMPTY] = _GAP
    height, width = images.shape[1:]
    for each, scale in zip(letters, scales.tolist()):
        yield Heat(width, height, each.tobytes().decode(), _figure(scale), slices, is_shrunk)


_EMPTY: Final = -np.finfo(np.float64).max
"""What stands in an image where there is a gap."""

_LARGEST: Final = 1e300
"""No shade stands for more."""


def _images(stack: Any, cells: int) -> tuple[Any, int, bool]:
    """Arrays as images of at most so many cells a side; those of more than two axes as slices side by side."""
    count, *shape = stack.shape
    if len(shape) < 3:
        flat = stack.reshape(count, -1, shape[-1] if shape else 1)
        shrunk = _shrunk(flat, cells, cells)
        return shrunk, 0, shrunk.shape != flat.shape
    slices = stack.reshape(count, -1, *shape[-2:])
    most = min(slices.shape[1], _TILES if cells >= _TILES else _FEW_TILES)
    across = math.ceil(math.sqrt(most))
    room = max(cells // across, 3)
    tiles = _shrunk(slices[:, :most], room, room)
    height, width = tiles.shape[2:]
    down = math.ceil(most / across)
    grid = np.full((count, down * across, height + 1, width + 1), _EMPTY)
    grid[:, :most, :height, :width] = tiles
    image = grid.reshape(count, down, across, height + 1, width + 1).transpose(0, 1, 3, 2, 4)
    image = image.reshape(count, down * (height + 1), across * (width + 1))[:, :-1, :-1]
    return image, most if most < slices.shape[1] else 0, tiles.shape[2:] != slices.shape[2:]


def _shrunk(images: Any, rows: int, columns: int) -> Any:
    """Images in fewer cells: of each block the entry of largest magnitude, so that what stands out still does."""
    height, width = images.shape[-2:]
    if height <= rows and width <= columns:
        return images
    high = low = images
    for axis, size, most in ((-2, height, rows), (-1, width, columns)):
        if size > most:
            high = np.maximum.reduceat(high, _cuts(size, most), axis=axis)
            low = np.minimum.reduceat(low, _cuts(size, most), axis=axis)
    return np.where(high >= -low, high, low)


@lru_cache(maxsize=256)
def _cuts(size: int, most: int) -> Any:
    """Where the blocks begin into which a side is cut."""
    return np.arange(most) * size // most
