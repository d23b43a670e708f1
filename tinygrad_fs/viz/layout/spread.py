"""Spread: things in a row as near as can be to where they want to be."""

from __future__ import annotations

__all__ = ["spread"]


def spread(targets: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """The places nearest to `targets`, in weighted squares, that keep the order and the gaps.

    That is isotonic regression, by pooling: what is out of order moves as one, to its mean.
    """
    starts: list[int] = []
    means: list[float] = []
    masses: list[float] = []
    shift = 0.0
    shifts = []
    for number, (target, weight) in enumerate(zip(targets, weights)):
        shifts.append(shift)
        start, mean, mass = number, target - shift, weight
        while means and means[-1] >= mean:
            start, other, more = starts.pop(), means.pop(), masses.pop()
            mean = (mean * mass + other * more) / (mass + more)
            mass += more
        starts.append(start)
        means.append(mean)
        masses.append(mass)
        if number < len(gaps):
            shift += gaps[number]
    starts.append(len(targets))
    places = []
    for mean, start, end in zip(means, starts, starts[1:]):
        places += [mean + each for each in shifts[start:end]]
    return places
