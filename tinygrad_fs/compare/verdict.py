"""The verdict on one gradient: how it differs from the truth, over all draws of a configuration and mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinygrad_fs.compare.numeric import Differences, Directional
from tinygrad_fs.compare.pattern import Marked, describe
from tinygrad_fs.dtypes import Array

__all__ = ["GradientPair", "Judgement", "judge"]

_LOOKED_AT = 5
_SPREAD = 1e-2


class Judgement(NamedTuple):
    """What is said of one gradient.

    Attributes
    ----------
    verdict : str
        As in a `Finding`.
    detail : str
        In words: the factor, the part, the values.
    error : float
        The largest relative error.
    scale : float or None
        For "scaled": what the gradient is multiplied by.
    """

    verdict: str
    detail: str
    error: float
    scale: float | None = None


class GradientPair:
    """A gradient by hand against the truth, in one draw.

    Parameters
    ----------
    by_hand : ndarray
        Of the truth's shape.
    truth : ndarray or Directional
    name : str
        Of the gradient.
    value : ndarray
        What the gradient was taken at.
    generic : bool
        Whether ties and kinks occur in this draw only by chance.
    differences : Differences
        Of the forward.
    kinks : ndarray or None
        Entries where differences have found no derivative.
    by_differences : bool
        Whether the truth is that of differences, which have fewer digits.
    """

    def __init__(
        self,
        by_hand: Array,
        truth: Array | Directional,
        name: str,
        value: Array,
        *,
        generic: bool,
        differences: Differences,
        kinks: Array | None = None,
        by_differences: bool = False,
    ) -> None:
        self.name, self.value, self.generic = name, value, generic
        self._differences, self._kinks = differences, kinks
        self.has_entries = not isinstance(truth, Directional)
        coarse = by_hand.dtype == np.float16 or by_hand.dtype == np.float32
        self.by_hand: Array = np.asarray(by_hand, np.float64)
        if isinstance(truth, Directional):
            self.by_hand, self.truth = truth.of(self.by_hand), truth.slopes
        else:
            self.truth = np.asarray(truth, np.float64)
        self.tolerance, floor = _allowed(differences.precision(name).tolerance, by_differences, coarse)
        self.known = np.isfinite(self.truth)  # where the truth itself is infinite there is nothing to be right about
        with np.errstate(all="ignore"):
            sizes = np.abs(self.truth[self.known & (self.truth != 0)])
            self.typical = float(np.median(sizes)) if sizes.size else 0.0  # a mean would be that of a few large ones
            least = max(floor * self.typical, 1e-8 * sizes.max(initial=0.0), 1e-4)
            larger = np.maximum(np.abs(self.by_hand), np.abs(self.truth))
            self.errors = np.where(self.known, np.abs(self.by_hand - self.truth) / np.maximum(larger, least), 0.0)
            self.errors = np.where(np.isnan(self.errors), np.inf, self.errors)
        self.off = self.errors > self.tolerance
        self.says_much = self.known & (larger > least)

    @property
    def error(self) -> float:
        """The largest relative error."""
        return float(self.errors.max()) if self.errors.size else 0.0

    def is_infinite(self) -> bool:
        """Whether it is nan or infinite somewhere where the slopes on both sides are not."""
        lost = ~np.isfinite(self.by_hand)
        if (lost & self.known).any():
            return True
        if not self.has_entries or not lost.any():
            return False
        index = tuple(int(i) for i in np.argwhere(lost)[0])
        return not self._differences.is_steep(self.name, index)

    @property
    def is_right(self) -> bool:
        return not self.off.any()

    def is_excused(self) -> bool:
        """Whether all that is off stands at kinks, with a value such as the slopes around have."""
        if not self.has_entries:
            return False
        order = np.argsort(-self.errors[self.off])[:_LOOKED_AT]
        places = [tuple(int(i) for i in index) for index in np.argwhere(self.off)[order]]
        return all(self._is_choice(index, thorough=number == 0) for number, index in enumerate(places))

    def kinks(self) -> list[tuple[int, ...]]:
        """Entries, of some that are looked at, that have another slope on the left than on the right."""
        if not self.has_entries:
            return []
        places = np.argwhere(self.known)
        order = np.random.default_rng(0).permutation(len(places))[:_LOOKED_AT]
        return [index for index in (tuple(int(i) for i in each) for each in places[order]) if self._is_kink(index)]

    def _is_kink(self, index: tuple[int, ...]) -> bool:
        if self._kinks is not None:
            return bool(self._kinks[index])
        return not self._differences.slope_in(self.name, index, self.typical).smooth

    def at(self, index: tuple[int, ...]) -> str:
        """What it is in one entry, and what the slopes on both sides are."""
        slope, value = self._differences.slope_in(self.name, index), float(self.by_hand[index]) + 0.0
        near = 1e-3 * max(abs(slope.left), abs(slope.right))
        side = "left" if abs(value - slope.left) <= near else "right" if abs(value - slope.right) <= near else ""
        taken = f"the slope on the {side}, {value:.3g}" if side else f"{value:.3g}"
        return f"at kinks and ties it takes {taken}, of {slope.left:.3g} and {slope.right:.3g}"

    @property
    def worst(self) -> tuple[int, ...]:
        """The entry with the largest error."""
        return tuple(int(i) for i in np.unravel_index(int(self.errors.argmax()), self.errors.shape))

    def _is_choice(self, index: tuple[int, ...], thorough: bool) -> bool:
        """Whether an entry stands at a kink; if asked to be thorough, with a value such as the slopes around have."""
        kink = self._is_kink(index)
        if kink and (not thorough or self._differences.is_steep(self.name, index)):
            return True
        slopes = self._differences.around(self.name, index, np.random.default_rng(0))
        low, high = slopes.min(), slopes.max()
        spread = high - low
        if not kink and spread <= _SPREAD * max(abs(low), abs(high)):  # what jumps at several kinks may cancel out
            return False
        return bool(low - spread <= self.by_hand[index] <= high + spread)


def _allowed(tolerance: float, by_differences: bool, coarse: bool) -> tuple[float, float]:
    """The relative error that a right gradient may have, and below which share of the typical size none is taken."""
    if tolerance > 1e-4 or coarse:
        return max(tolerance, 1e-3), 0.3
    return (1e-4, 0.1) if by_differences else (1e-6, 1e-3)


def judge(pairs: Sequence[GradientPair]) -> Judgement:
    """Say what a gradient is, by how it compares with the truth in several draws.

    Draws with ties and kinks only decide where all others are right.
    """
    error = max((each.error for each in pairs), default=0.0)
    infinite = next((each for each in pairs if each.is_infinite()), None)
    if infinite is not None:
        return Judgement("nonfinite", _not_finite(infinite), error)
    off = [each for each in pairs if not each.is_right]
    if not off:
        at_kinks = next((each for each in pairs if not each.generic and each.kinks()), None)
        if at_kinks is None:
            return Judgement("right", "", error)
        return Judgement("convention", at_kinks.at(at_kinks.kinks()[0]), error)
    real = [each for each in off if not each.is_excused()]
    if not real:
        return Judgement("convention", off[0].at(off[0].worst), error)
    generic = [each for each in pairs if each.generic]
    shown = [each for each in real if each.generic] or real
    worst = max(shown, key=lambda each: float(np.mean(each.off)))
    pool = generic if shown[0].generic else shown
    scale = _factor([each for each in pool if each.says_much.any()])
    if scale == 0:
        return Judgement("wrong", "it is zero, and should not be", error)
    if scale is not None:
        return Judgement("scaled", _factor_in_words(scale), error, scale)
    # A draw that is right altogether says nothing of parts (its parameters may be 1), unless there is one entry.
    within = pool if worst.off.size == 1 else shown
    if any(each.has_entries and (each.says_much & ~each.off).any() for each in within):
        part = describe([Marked(each.off, each.says_much, each.value) for each in shown], worst.name)
        return Judgement("partial", f"wrong {part}", error)
    return Judgement("wrong", _in_words(worst), error)


def _factor(pairs: Sequence[GradientPair]) -> float | None:
    """The constant c for which all gradients are c times the truth."""
    hand = np.concatenate([each.by_hand[each.known].ravel() for each in pairs])
    truth = np.concatenate([each.truth[each.known].ravel() for each in pairs])
    if not hand.any():
        return 0.0
    square = float(truth @ truth)
    if square == 0 or hand.size < 2:
        return None
    scale = float(hand @ truth) / square
    if abs(scale - 1) < 1e-5:
        return None
    tolerance = 100 * max(each.tolerance for each in pairs)
    size = np.maximum(np.abs(scale * truth), 1e-2 * abs(scale) * np.sqrt(square / truth.size))
    return scale if np.all(np.abs(hand - scale * truth) <= tolerance * size) else None


def _factor_in_words(scale: float) -> str:
    return "the sign is wrong" if abs(scale + 1) < 1e-6 else f"{scale:.6g} times the gradient"


def _not_finite(pair: GradientPair) -> str:
    lost = ~np.isfinite(pair.by_hand)
    return f"{int(lost.sum())} of {lost.size} entries are nan or infinite, and the slopes are not"


def _in_words(pair: GradientPair) -> str:
    a, b = pair.by_hand.ravel(), pair.truth.ravel()
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if lengths == 0:
        return "it should be zero"
    ratio = np.linalg.norm(a) / np.linalg.norm(b)
    return f"cosine {float(a @ b) / lengths:.3f} with the gradient, {ratio:.3g} times as long"
