"""Arrays: what a page shows of arrays: statistics, a small heat map, and all values where they are few."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

__all__ = ["Arrays", "Heat", "Shown", "Statistics"]

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
        with np.errstate(all="ignore"):
            return [_shown(array, cells, whole) for array in self._held]


def _shown(array: Any, cells: int, whole: int) -> Shown:
    if not array.size:
        return Shown(array.shape, str(array.dtype), array.nbytes, None, None, None)
    values = [_plain(value) for value in array.ravel().tolist()] if array.size <= whole else None
    return Shown(array.shape, str(array.dtype), array.nbytes, _statistics(array), _heat(array, cells), values)


def _plain(value: Any) -> Any:
    """A value as JSON has it, with five digits; a word for what is not finite."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else str(value)
    return int(value)


def _statistics(array: Any) -> Statistics:
    finite = array
    nans = infinities = 0
    if array.dtype.kind == "f":
        is_finite = np.isfinite(array)
        if not is_finite.all():
            nans = int(np.isnan(array).sum())
            infinities = int(array.size - is_finite.sum()) - nans
            finite = array[is_finite]
    if not finite.size:
        return Statistics(0.0, 0.0, 0.0, 0.0, 0.0, nans, infinities, 0)
    exact = finite.ravel().astype(np.float64)
    mean = exact.sum() / exact.size
    apart = exact - mean
    figures = exact.min(), exact.max(), mean, math.sqrt(apart @ apart / exact.size), math.sqrt(exact @ exact)
    low, high, mean, spread, norm = [float(f"{min(figure, 1e308):.6g}") for figure in figures]
    return Statistics(low, high, mean, spread, norm, nans, infinities, int(exact.size - np.count_nonzero(exact)))


# ---- heat maps


def _heat(array: Any, cells: int) -> Heat:
    image, slices, is_shrunk = _image(array, cells)
    sizes = np.abs(image)
    is_shade = sizes <= _LARGEST
    scale = float(sizes[is_shade].max(initial=0.0))
    shades = np.where(is_shade, image, 0.0) * (LEVELS / scale if scale else 0.0)
    letters = _SHADES[np.rint(shades).astype(np.int64) + LEVELS]
    if not is_shade.all():
        letters[np.isnan(image)] = _NAN
        letters[image == np.inf] = _PLUS
        letters[image == -np.inf] = _MINUS
        letters[image == _EMPTY] = _GAP
    height, width = image.shape
    return Heat(width, height, letters.tobytes().decode(), float(f"{scale:.6g}"), slices, is_shrunk)


_EMPTY: Final = -np.finfo(np.float64).max
"""What stands in an image where there is a gap."""

_LARGEST: Final = 1e300
"""No shade stands for more."""


def _image(array: Any, cells: int) -> tuple[Any, int, bool]:
    """The array in two dimensions and at most so many cells a side; of more than two axes slices side by side."""
    if array.ndim < 3:
        flat = array.reshape(1, -1) if array.ndim < 2 else array
        shrunk = _shrunk(flat, cells, cells)
        return shrunk, 0, shrunk.shape != flat.shape
    stack = array.reshape(-1, *array.shape[-2:])
    count = min(len(stack), _TILES if cells >= _TILES else _FEW_TILES)
    across = math.ceil(math.sqrt(count))
    room = max(cells // across, 3)
    tiles = _shrunk(stack[:count], room, room)
    _, height, width = tiles.shape
    down = math.ceil(count / across)
    grid = np.full((down * across, height + 1, width + 1), _EMPTY)
    grid[:count, :height, :width] = tiles
    image = grid.reshape(down, across, height + 1, width + 1).transpose(0, 2, 1, 3)
    image = image.reshape(down * (height + 1), across * (width + 1))[:-1, :-1]
    return image, count if count < len(stack) else 0, tiles.shape[1:] != stack.shape[1:]


def _shrunk(images: Any, rows: int, columns: int) -> Any:
    """Images in fewer cells: of each block the entry of largest magnitude, so that what stands out still does."""
    images = images.astype(np.float64)
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
