"""What a measurement says: ratios pair by pair, their spread, and whether a target is met.

The machine is noisy, so nothing here looks at one number. A ratio is formed within each pair of turns, where both
libraries saw the same conditions; the median of these is the result. It is withheld where they scatter too much, and
a target counts as met or missed only if the uncertainty of the median leaves no doubt.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["FEWEST", "NOISY", "Result", "quartiles", "range_of_median"]

NOISY = 0.25
"""Quartiles further apart than this share of the median make a result meaningless (of the target, for a difference)."""

FEWEST = 3
"""Fewer pairs do not show how far they scatter, so they are meaningless as well."""


@dataclass(frozen=True)
class Result:
    """A measurement of ours and a peer's, turn by turn.

    Examples
    --------
    >>> calm = Result("mlp", "A step", "time", "torch", 1, [1.0, 1.1, 0.9] * 5, [2.0, 2.2, 2.0] * 5, limit=0.6)
    >>> calm.figure(), calm.spread(), calm.target(), calm.verdict()
    ('0.50', '0.45-0.50', 'at most 0.60', 'met')
    >>> wild = Result("mlp", "A step", "time", "torch", 1, [1.0, 3.0, 2.0] * 5, [2.0, 2.0, 2.0] * 5, limit=0.6)
    >>> wild.figure(), wild.spread(), wild.verdict()
    ('too noisy', '0.50-1.50', 'no result')
    """

    workload: str
    title: str
    measure: str
    peer: str
    threads: int | None
    ours: Sequence[float]
    theirs: Sequence[float]
    limit: float | None

    @property
    def is_difference(self) -> bool:
        """Whether ours is held against the other by subtraction; otherwise it is by division."""
        return self.measure == "import"

    @property
    def figures(self) -> list[float]:
        """The ratios, or differences, pair by pair."""
        if self.is_difference:
            return [ours - theirs for ours, theirs in zip(self.ours, self.theirs)]
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs)]

    @property
    def is_noisy(self) -> bool:
        """Whether the figures scatter so much that their median means nothing, or are too few to tell."""
        if len(self.figures) < FEWEST:
            return True
        low, middle, high = quartiles(self.figures)
        scale = self.limit if self.is_difference and self.limit is not None else abs(middle)
        return high - low > NOISY * scale

    def figure(self) -> str:
        """The median of the figures, unless it means nothing."""
        return "too noisy" if self.is_noisy else self._formatted(statistics.median(self.figures))

    def spread(self) -> str:
        """The quartiles of the figures."""
        low, _, high = quartiles(self.figures)
        return f"{self._formatted(low)}-{self._formatted(high)}"

    def target(self) -> str:
        """The target in words; nothing if there is none."""
        return "" if self.limit is None else f"at most {self._formatted(self.limit)}"

    def verdict(self) -> str:
        """Whether the target is met; nothing if there is none."""
        if self.limit is None:
            return ""
        if self.is_noisy:
            return "no result"
        low, high = range_of_median(self.figures)
        if low <= self.limit < high:
            return "too close to tell"
        return "met" if high <= self.limit else "missed"

    def medians(self) -> tuple[str, str]:
        """Ours and the peer's, with units."""
        show = _bytes if self.measure == "memory" else _seconds
        return show(statistics.median(self.ours)), show(statistics.median(self.theirs))

    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        ours, theirs = self.medians()
        title = self.title + (": peak memory" if self.measure == "memory" else "")
        threads = "" if self.threads is None else str(self.threads)
        against = f"{self.peer} {theirs}"
        return title, threads, ours, against, self.figure(), self.spread(), self.target(), self.verdict()

    def as_json(self) -> dict[str, Any]:
        """All that was measured, and what follows from it."""
        low, middle, high = quartiles(self.figures)
        return {
            "workload": self.workload,
            "measure": self.measure,
            "unit": "bytes" if self.measure == "memory" else "seconds",
            "peer": self.peer,
            "threads": self.threads,
            "compared by": "difference" if self.is_difference else "ratio",
            "quartiles": [_rounded(value) for value in (low, middle, high)],
            "meaningless": self.is_noisy,
            "target": self.limit,
            "verdict": self.verdict(),
            "ours": [_rounded(value) for value in self.ours],
            "theirs": [_rounded(value) for value in self.theirs],
        }

    def _formatted(self, value: float) -> str:
        return f"{value * 1e3:+.0f} ms" if self.is_difference else f"{value:.2f}"


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The three values that cut the sorted ones into quarters.

    Examples
    --------
    >>> quartiles([4.0, 1.0, 3.0, 2.0, 5.0])
    (2.0, 3.0, 4.0)
    """
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def range_of_median(values: Sequence[float]) -> tuple[float, float]:
    """Between which of the values the true median lies with 95 % confidence, whatever their distribution.

    Below the median falls each value with probability 1/2, so the ranks follow from the binomial distribution:
    n / 2 -+ 0.98 sqrt(n), in its normal approximation. Fewer than six values give no such confidence; then it is
    the range of all.

    Examples
    --------
    >>> range_of_median([float(n) for n in range(31)])
    (10.0, 20.0)
    """
    ordered = sorted(values)
    skipped = max(0, math.floor(len(ordered) / 2 - 0.98 * math.sqrt(len(ordered))))
    return ordered[skipped], ordered[-1 - skipped]


def _rounded(value: float) -> float:
    """Four digits: more are noise."""
    return float(f"{value:.4g}")


def _seconds(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if value * scale >= 1.0:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e6:.3g} us"


def _bytes(value: float) -> str:
    return f"{value / 1e6:.1f} MB"
