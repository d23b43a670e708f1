"""`audit`: whether a hand-written backward is the gradient of its forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.examine import Outcome, examine, judgement_of, run
from tinygrad_fs.compare.isolation.muted import muted
from tinygrad_fs.compare.isolation.randomness import preserved
from tinygrad_fs.compare.report import Finding, Report
from tinygrad_fs.compare.reproducers.reproduce import reproducer_of
from tinygrad_fs.compare.reproducers.shrink import (
    Example,
    shows_error,
    shows_verdict,
    simple_draws,
    smallest,
    tied_draws,
)
from tinygrad_fs.compare.subjects.case import AuditError, Case, RunError, Subject, UnfitError
from tinygrad_fs.compare.subjects.protocols import subject_of
from tinygrad_fs.compare.truth import METHODS
from tinygrad_fs.dtypes import Array

__all__ = ["assert_backward_matches", "audit"]


def audit(
    layer: Any,
    backward: Callable[..., Any] | None = None,
    *,
    input_shape: Any = None,
    X: Any = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | Sequence[str] | None = None,
    modes: Sequence[str] | None = None,
    batch_size: int = 3,
    draws: int = 3,
    variations: bool = True,
    seed: int = 0,
) -> Report:
    """Tell whether a hand-written backward is the gradient of its forward.

    The forward runs on Tensors, unmodified, and so gives the true gradients; where it cannot, under a namespace in
    which ``np.zeros`` and the like give Tensors; where that fails too, central differences give them. They confirm the
    other two. What the backward gives is compared on several random draws, on ties and kinks, on a batch of one, with
    other strides and even kernels where the layer has such settings, in training, in evaluation and frozen.

    Parameters
    ----------
    layer : object, class or callable
        One of

        - a layer with ``forward_pass`` and ``backward_pass`` that updates its weights by the optimizer that
          ``initialize`` is given, or its class;
        - a layer with ``forward`` and ``backward`` that leaves gradients in a dictionary ``grads`` beside ``params``
          (or ``gradients`` beside ``parameters``), in attributes ``dW`` beside ``W``, or where `names` says;
        - a pair of functions, ``forward(x, w, ...) -> (out, cache)`` and ``backward(dout, cache) -> gradients``;
        - a function ``loss(x, y) -> (loss, gradient)``;
        - an object with ``loss(y, p)`` and ``gradient(y, p)``, or one that is called and has a ``gradient``.
    backward : callable, optional
        The second function of a pair.
    input_shape : tuple of int, optional
        Of one sample, without the batch. For functions: the whole shapes of all arguments.
    X : array, or tuple of arguments, optional
        In the place of `input_shape`: inputs to begin with, the batch first. For functions all positional arguments;
        those that are no arrays are passed on, as copies where they can change. Further draws are alike: labels stay
        labels, probabilities probabilities.
    args, kwargs : sequence and mapping, optional
        For the constructor, if a class is given.
    options : mapping, optional
        Keyword arguments of the forward.
    names : mapping or sequence of str, optional
        The parameters of a layer, each with the attribute of its gradient, as ``{"W": "dW"}``; or the arguments of a
        function whose gradients are returned, in their order.
    modes : sequence of str, optional
        Of "training", "evaluation" and "frozen" those to audit; all that the layer has, if not given.
    batch_size : int, default 3
    draws : int, default 3
        How many random draws, besides those with ties.
    variations : bool, default True
        Audit it with a batch of one, another stride and an even kernel, too.
    seed : int, default 0

    Returns
    -------
    Report
        With `ok`, `findings`, a table as its text, `to_json()` and `to_html(path)`.

    Raises
    ------
    AuditError
        If what was asked for cannot be audited: a shape is missing, a class needs arguments, `names` names nothing.

    Examples
    --------
    >>> class Cube:
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**3
    ...
    ...     def backward(self, grad):
    ...         return grad * 3 * self.x
    >>> report = audit(Cube(), input_shape=(2,))
    >>> report.ok
    False
    >>> {(finding.name, finding.verdict) for finding in report.findings}
    {('input', 'wrong')}
    """
    with preserved(), muted(), np.errstate(all="ignore"):
        subject = subject_of(
            layer, backward, input_shape=input_shape, X=X, args=args, kwargs=kwargs, options=options, names=names,
            batch_size=batch_size,
        )  # fmt: skip
        with preserved(subject.generators):
            return _Audit(subject, modes, draws, seed, X is not None).report(variations)


def assert_backward_matches(layer: Any, backward: Callable[..., Any] | None = None, **arguments: Any) -> None:
    """Raise if a hand-written backward is not the gradient of its forward: `audit`, for test suites.

    Parameters
    ----------
    layer, backward, **arguments
        As for `audit`.

    Raises
    ------
    AssertionError
        With the report as its message, and a script that reproduces what is wrong.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x, None
    >>> def double_backward(dout, cache):
    ...     return 2 * dout
    >>> assert_backward_matches(double, double_backward, X=np.ones(3))
    """
    report = audit(layer, backward, **arguments)
    if not report.ok:
        raise AssertionError(str(report))


class _Audit:
    """One call of `audit`."""

    def __init__(self, subject: Subject, modes: Sequence[str] | None, draws: int, seed: int, given: bool) -> None:
        self._subject, self._seed = subject, seed
        self._draws, self._given = draws, given
        unknown = [mode for mode in modes or () if mode not in subject.modes]
        if unknown:
            raise AuditError(f"audit: {subject.title} has no mode {unknown[0]!r}; it has {', '.join(subject.modes)}")
        self._modes = tuple(modes or subject.modes)
        self._remarks: dict[str, None] = {}
        self._examples: dict[tuple[str, str], Example | None] = {}
        self._sources: dict[tuple[str, str, str], str] = {}

    def report(self, variations: bool) -> Report:
        """Go through all modes, and through other configurations if wanted."""
        findings = [finding for mode in self._modes for finding in self._findings(self._subject, mode)]
        if variations and all(finding.verdict != "error" for finding in findings):
            for variation in self._subject.variations():
                findings += self._of_variation(variation)
        self._remarks |= dict.fromkeys(self._subject.remarks)
        if not findings:
            raise AuditError(
                f"audit: {self._subject.title} has no gradient that could be audited: its input is of integers, and no "
                "parameters were found; name them: names={'W': 'dW'}"
            )
        return Report(self._subject.title, tuple(findings), tuple(self._remarks))

    def _of_variation(self, subject: Subject) -> list[Finding]:
        """Findings in a configuration that the caller did not ask for; what it does not take is only remarked."""
        is_batch = subject.label.startswith("batch")
        try:
            return [
                finding
                for mode in (self._modes if is_batch else self._modes[:1])
                for finding in self._findings(subject, mode, required=False)
            ]
        except RunError as error:
            if is_batch and not error.is_refusal:
                return [self._failed(subject, self._modes[0], error)]
            self._remarks[f"not audited with {subject.label}: {error}"] = None
            return []

    def _findings(self, subject: Subject, mode: str, *, required: bool = True) -> list[Finding]:
        try:
            draws = Draw.series(self._draws if required else min(self._draws, 2), self._given, self._seed)
            outcomes = examine(subject, mode, draws)
        except RunError as error:
            if not required:
                raise
            return [self._failed(subject, mode, error)]
        for outcome in outcomes:
            self._remarks |= dict.fromkeys(remark for trial in outcome.trials for remark in trial.hand.remarks)
        return [self._finding(subject, mode, outcome) for outcome in outcomes]

    def _finding(self, subject: Subject, mode: str, outcome: Outcome) -> Finding:
        judgement = outcome.judgement
        return Finding(
            name=outcome.name,
            mode=mode,
            configuration=subject.label,
            verdict=judgement.verdict,
            detail=judgement.detail,
            scale=judgement.scale,
            max_rel_error=judgement.error,
            truth=outcome.trials[0].truth.method,
            reproducer=None if judgement.verdict == "right" else self._reproducer(subject, mode, outcome),
        )

    def _reproducer(self, subject: Subject, mode: str, outcome: Outcome) -> str:
        name, verdict = outcome.name, outcome.judgement.verdict
        if (name, mode, verdict) not in self._sources:
            case, cotangents = self._smallest_case(subject, mode, outcome)
            at_kinks = verdict == "convention" and case.truncation is None
            updated = mode == "frozen" and name in case.parameter_names
            kind = "sides" if at_kinks else "frozen" if updated else "truth"
            self._sources[name, mode, verdict] = reproducer_of(case, cotangents, name, kind)
        return self._sources[name, mode, verdict]

    def _smallest_case(self, subject: Subject, mode: str, outcome: Outcome) -> tuple[Case, tuple[Array, ...]]:
        name, verdict = outcome.name, outcome.judgement.verdict
        methods = METHODS[METHODS.index(outcome.trials[0].truth.method) :]
        shows = shows_verdict(name, mode, verdict, methods)
        example = self._examples.get((name, verdict))
        if example is None or not _shows(shows, example):
            at_kinks = verdict == "convention" and outcome.trials[0].case.truncation is None
            example = smallest(subject, (tied_draws if at_kinks else simple_draws)(self._seed), shows)
        if example is not None:
            self._examples[name, verdict] = example
            trial = run(example.subject.case(mode, example.draw), methods)
        else:
            alone = (each for each in outcome.trials if judgement_of(name, mode, [each]).verdict == verdict)
            trial = next(alone, outcome.trials[0])
        assert trial is not None
        return trial.case, trial.cotangents

    def _failed(self, subject: Subject, mode: str, error: RunError) -> Finding:
        return Finding("input", mode, subject.label, "error", str(error), reproducer=self._error(subject, mode, error))

    def _error(self, subject: Subject, mode: str, error: RunError) -> str | None:
        """A script that runs into an exception."""
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
