"""Evidence: for each finding the smallest example, looked for once, and its script."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.errors import RunError, UnfitError
from tinygrad_fs.compare.examine import Outcome, judgement_of, run
from tinygrad_fs.compare.reproducers.reproduce import reproducer_of
from tinygrad_fs.compare.reproducers.shrink import (
    Example,
    shows_error,
    shows_verdict,
    simple_draws,
    smallest,
    tied_draws,
)
from tinygrad_fs.compare.subjects.case import Case, Subject
from tinygrad_fs.compare.truth import METHODS
from tinygrad_fs.dtypes import Array

__all__ = ["Evidence"]


class Evidence:
    """Finds scripts for the findings of one audit, and keeps what it has found.

    Parameters
    ----------
    seed : int
        Of the draws to look with.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._examples: dict[tuple[str, str], Example] = {}
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
        example = smallest(subject, simple_draws(self._seed), shows_error(mode, error))
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
        shows = shows_verdict(name, mode, verdict, methods)
        example = self._examples.get((name, verdict))
        if example is None or not _shows(shows, example):
            at_kinks = verdict == "convention" and outcome.trials[0].case.truncation is None
            example = smallest(subject, (tied_draws if at_kinks else simple_draws)(self._seed), shows)
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


def _shows(shows: Callable[[Subject, Draw], bool], example: Example) -> bool:
    try:
        return shows(*example)
    except RunError:
        return False
