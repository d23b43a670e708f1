"""What several rows say together: the geometric mean of ratios, and the exponent by which time grows with length.

Both are sums of the logarithms of medians, with weights: 1 / n for the mean, those of least squares for the exponent.
The rows are independent, so the uncertainties of the logarithms add up by their squares.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from results import NOISY, Result, range_of_median
from workloads import GROUPS, WORKLOADS
from workloads.convolution import TARGET_OF_MEAN
from workloads.tape import NODES

__all__ = ["Summary", "summaries"]

_TARGET_OF_ALL = 1.0
_LINEAR = 1.1
_VAGUE = 0.1
"""An exponent that may be further off than this is meaningless."""


@dataclass(frozen=True)
class Summary:
    """A figure that follows from several results, and the range in which it lies with 95 % confidence."""

    name: str
    title: str
    measure: str
    peer: str
    threads: int | None
    ours: str
    theirs: str
    value: float
    low: float
    high: float
    is_noisy: bool
    limit: float

    def figure(self) -> str:
        """The figure, unless it means nothing."""
        return "too noisy" if self.is_noisy else f"{self.value:.2f}"

    def verdict(self) -> str:
        """Whether the target is met."""
        if self.is_noisy:
            return "no result"
        if self.low <= self.limit < self.high:
            return "too close to tell"
        return "met" if self.high <= self.limit else "missed"

    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        spread, target = f"{self.low:.2f}-{self.high:.2f}", f"at most {self.limit:.2f}"
        against = f"{self.peer} {self.theirs}".strip()
        return self.title, str(self.threads), self.ours, against, self.figure(), spread, target, self.verdict()

    def as_json(self) -> dict[str, Any]:
        """The figure, and how sure it is."""
        return {
            "workload": self.name,
            "measure": self.measure,
            "peer": self.peer,
            "threads": self.threads,
            "value": round(self.value, 4),
            "range": [round(self.low, 4), round(self.high, 4)],
            "meaningless": self.is_noisy,
            "target": self.limit,
            "verdict": self.verdict(),
        }


def summaries(results: Sequence[Result]) -> list[Summary]:
    """The summaries for which all rows were measured."""
    times = [result for result in results if result.measure == "time" and result.peer == "torch"]
    found = []
    for threads in sorted({result.threads for result in times if result.threads is not None}):
        rows = {result.workload: result for result in times if result.threads == threads}
        if all(name in rows for name in NODES):
            found.append(growth([rows[name] for name in NODES], list(NODES.values()), threads))
        convolutions = [workload.name for workload in GROUPS["convolution"]]
        if all(name in rows for name in convolutions):
            rows_of_mean = [rows[name] for name in convolutions]
            found.append(mean("mean-convolution", "all rows of conv2d", rows_of_mean, threads, TARGET_OF_MEAN))
        if threads == 1 and all(w.name in rows for w in WORKLOADS if "time" in w.limits.get("torch", {})):
            found.append(mean("mean", "all rows against PyTorch", list(rows.values()), 1, _TARGET_OF_ALL))
    return found


def mean(name: str, title: str, rows: list[Result], threads: int, limit: float) -> Summary:
    """The geometric mean of the ratios; rows that are too noisy are left out, and the title says so."""
    clear = [row for row in rows if not row.is_noisy]
    title = f"Geometric mean of {title}: {len(clear)}" + (f" of {len(rows)}" if len(clear) < len(rows) else "")
    middle, half = weighted([row.figures for row in clear], [1.0 / len(clear)] * len(clear)) if clear else (0.0, 1.0)
    value, low, high = (math.exp(exponent) for exponent in (middle, middle - half, middle + half))
    is_noisy = high - low > NOISY * value or 2 * len(clear) < len(rows)
    return Summary(name, title, "geometric mean", "torch", threads, "", "", value, low, high, is_noisy, limit)


def growth(rows: list[Result], counts: list[int], threads: int) -> Summary:
    """The power of the length that the time goes with, by least squares over the logarithms."""
    logs = [math.log(count) for count in counts]
    centred = [log - statistics.fmean(logs) for log in logs]
    weights = [each / sum(other**2 for other in centred) for each in centred]
    value, half = weighted([row.ours for row in rows], weights)
    theirs, _ = weighted([row.theirs for row in rows], weights)
    title = f"Growth of backward from {counts[0]:,} to {counts[-1]:,} nodes, as a power of the nodes"
    of_ours, of_theirs = f"n^{value:.2f}", f"n^{theirs:.2f}"
    return Summary(
        "growth",
        title,
        "growth",
        "torch",
        threads,
        of_ours,
        of_theirs,
        value,
        value - half,
        value + half,
        half > _VAGUE,
        _LINEAR,
    )


def weighted(samples: Sequence[Sequence[float]], weights: Sequence[float]) -> tuple[float, float]:
    """The sum of weights times the logarithms of the medians, and how far off it may be, with 95 % confidence.

    Examples
    --------
    >>> weighted([[2.0] * 9, [8.0] * 9], [0.5, 0.5]) == (math.log(4.0), 0.0)
    True
    """
    total = squares = 0.0
    for values, weight in zip(samples, weights):
        low, high = range_of_median(values)
        middle = statistics.median(values)
        total += weight * math.log(middle)
        squares += (weight * max(math.log(high / middle), math.log(middle / low))) ** 2
    return total, math.sqrt(squares)
