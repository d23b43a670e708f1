"""The smallest example: a finding is looked for again with smaller inputs and simpler numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.errors import RunError
from tinygrad_fs.compare.examine import judgement_of, run
from tinygrad_fs.compare.subjects.case import Subject

__all__ = ["Example", "shows_error", "shows_verdict", "simple_draws", "smallest", "tied_draws"]

_MOST_TRIES = 80


class Example(NamedTuple):
    """A subject and a draw that show something."""

    subject: Subject
    draw: Draw


def smallest(subject: Subject, draws: Iterator[Draw], shows: Callable[[Subject, Draw], bool]) -> Example | None:
    """The smallest example that shows something, as far as a greedy search finds it.

    Parameters
    ----------
    subject : Subject
        Where it shows for one of `draws`.
    draws : iterator of Draw
        The first that shows it is kept.
    shows : callable
        Whether it shows; may raise for inputs that the code does not take.
    """
    draw = next((each for each in draws if _tried(shows, subject, each)), None)
    if draw is None:
        return None
    tries = 0
    while tries < _MOST_TRIES:
        for smaller in subject.smaller():
            tries += 1
            if _tried(shows, smaller, draw):
                subject = smaller
                break
            if tries >= _MOST_TRIES:
                break
        else:
            break
    return Example(subject, draw)


def _tried(shows: Callable[[Subject, Draw], bool], subject: Subject, draw: Draw) -> bool:
    try:
        return shows(subject, draw)
    except Exception:  # code that is handed unusual shapes may raise anything
        return False


def simple_draws(seed: int) -> Iterator[Draw]:
    """Draws to look with, the simplest numbers first."""
    for parameters in ("own", "moved"):
        for number in range(2):
            yield Draw("random", parameters, False, seed + number, simple=True)
    yield Draw("random", "moved", True, seed, simple=True)
    yield Draw("random", "moved", False, seed)


def tied_draws(seed: int) -> Iterator[Draw]:
    """Draws with ties."""
    for values, parameters in (("equal", "own"), ("ties", "own"), ("equal", "moved"), ("ties", "ties")):
        yield Draw(values, parameters, False, seed, simple=True)


def shows_verdict(name: str, mode: str, verdict: str, methods: tuple[str, ...]) -> Callable[[Subject, Draw], bool]:
    """Whether a draw alone leads to a verdict."""

    def shows(subject: Subject, draw: Draw) -> bool:
        trial = run(subject.case(mode, draw), methods)
        if trial is None or judgement_of(name, mode, [trial]).verdict != verdict:
            return False
        frozen = mode == "frozen" and name in trial.case.parameter_names
        return not frozen or bool(np.any(trial.hand.gradients[name]))

    return shows


def shows_error(mode: str, error: RunError) -> Callable[[Subject, Draw], bool]:
    """Whether a draw leads to the same kind of exception."""

    def shows(subject: Subject, draw: Draw) -> bool:
        try:
            run(subject.case(mode, draw), ())
        except RunError as found:
            return found.stage == error.stage and type(found.error) is type(error.error)
        return False

    return shows
