"""Evidence: for each finding the smallest example, looked for once, and its script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.errors import RunError, UnfitError
from tinygrad_fs.compare.examine import Outcome, judgement_of, run
from tinygrad_fs.compare.reproducers.reproduce import reproducer_of
from tinygrad_fs.compare.subjects.case import Case, Subject
from tinygrad_fs.compare.truth import METHODS
from tinygrad_fs.dtypes import Array

__all__ = ["Evidence"]

_MOST_TRIES = 80


class Evidence:
    """Finds scripts for the findings of one audit, and keeps what it has found.

    Parameters
    ----------
    seed : int
        Of the draws to look with.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._examples: dict[tuple[str, str], _Example] = {}
        self._scripts: dict[tuple[str, str, str], str] = {}

    def of(self, subject: Subject, mode: str, outcome: Outcome) -> str:
        """The script that shows an outcome."""
        name, verdict = outcome.name, outcome.judgement.verdict
        if (name, mode, verdict) not in self._scripts:
            case, cotangents = self._smallest(subject, mode, outcome)
            at_kinks = verdict == "convention" and case.truncation is None
            updated = mode == "frozen" and name in case.parameter_names
            kind = "sides" if at_kinks else "frozen" if updated else "truth"
            self._scripts[name, mode, verdict] = reproducer_of(case, cotangents, name, kind)
        return self._scripts[name, mode, verdict]

    def of_error(self, subject: Subject, mode: str, error: RunError) -> str | None:
        """A script that runs into an exception; None if it was not the code that raised it, or there is no case."""
        if error.stage == "initialize" or isinstance(error.error, UnfitError):
            return None
        example = _example_of(subject, _simple_draws(self._seed), _shows_error(mode, error))
        try:
            case = example.subject.case(mode, example.draw) if example else None
        except RunError:  # it fails before there is a case
            return None
        if case is None:
            return None
        name = next(iter(case.values), "input")
        return reproducer_of(case, _cotangents(case), name, "error", type(error.error))

    def _smallest(self, subject: Subject, mode: str, outcome: Outcome) -> tuple[Case, tuple[Array, ...]]:
        name, verdict = outcome.name, outcome.judgement.verdict
        methods = METHODS[METHODS.index(outcome.trials[0].truth.method) :]
        shows = _shows_verdict(name, mode, verdict, methods)
        example = self._examples.get((name, verdict))
        if example is None or not _tried(shows, *example):
            at_kinks = verdict == "convention" and outcome.trials[0].case.truncation is None
            example = _example_of(subject, (_tied_draws if at_kinks else _simple_draws)(self._seed), shows)
        trial = None
        if example is not None:
            self._examples[name, verdict] = example
            trial = run(example.subject.case(mode, example.draw), methods)
        if trial is None:
            alone = (each for each in outcome.trials if judgement_of(name, mode, [each]).verdict == verdict)
            trial = next(alone, outcome.trials[0])
        return trial.case, trial.cotangents


def _cotangents(case: Case) -> tuple[Array, ...]:
    try:
        return case.cotangents(case.forward(case.values))
    except Exception:  # it is what is to be shown
        return (np.ones(1),)


# ---- the smallest example: looked for again with smaller inputs and simpler numbers


class _Example(NamedTuple):
    """A subject and a draw that show something."""

    subject: Subject
    draw: Draw


def _example_of(subject: Subject, draws: Iterator[Draw], shows: Callable[[Subject, Draw], bool]) -> _Example | None:
    """The smallest example that shows something, as far as a greedy search finds it."""
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
    return _Example(subject, draw)


def _tried(shows: Callable[[Subject, Draw], bool], subject: Subject, draw: Draw) -> bool:
    try:
        return shows(subject, draw)
    except Exception:  # code that is handed unusual shapes may raise anything
        return False


def _simple_draws(seed: int) -> Iterator[Draw]:
    """Draws to look with, the simplest numbers first."""
    for parameters in ("own", "moved"):
        for number in range(2):
            yield Draw("random", parameters, False, seed + number, simple=True)
    yield Draw("random", "moved", True, seed, simple=True)
    yield Draw("random", "moved", False, seed)


def _tied_draws(seed: int) -> Iterator[Draw]:
    """Draws with ties."""
    for values, parameters in (("equal", "own"), ("ties", "own"), ("equal", "moved"), ("ties", "ties")):
        yield Draw(values, parameters, False, seed, simple=True)


def _shows_verdict(name: str, mode: str, verdict: str, methods: tuple[str, ...]) -> Callable[[Subject, Draw], bool]:
    """Whether a draw alone leads to a verdict."""

    def shows(subject: Subject, draw: Draw) -> bool:
        trial = run(subject.case(mode, draw), methods)
        if trial is None or judgement_of(name, mode, [trial]).verdict != verdict:
            return False
        frozen = mode == "frozen" and name in trial.case.parameter_names
        return not frozen or bool(np.any(trial.hand.gradients[name]))

    return shows


def _shows_error(mode: str, error: RunError) -> Callable[[Subject, Draw], bool]:
    """Whether a draw leads to the same kind of exception."""

    def shows(subject: Subject, draw: Draw) -> bool:
        try:
            run(subject.case(mode, draw), ())
        except RunError as found:
            return found.stage == error.stage and type(found.error) is type(error.error)
        return False

    return shows
