"""One configuration and mode of a subject: run by hand and by the truth in several draws, and judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.errors import RunError, UnfitError
from tinygrad_fs.compare.numeric import Directional
from tinygrad_fs.compare.subjects.case import ByHand, Case, Subject
from tinygrad_fs.compare.truth import METHODS, Truth, find_truth
from tinygrad_fs.compare.verdict import GradientPair, Judgement, judge
from tinygrad_fs.dtypes import Array

__all__ = ["Outcome", "Trial", "examine", "judgement_of", "run"]


class Trial(NamedTuple):
    """One case, run both ways."""

    case: Case
    cotangents: tuple[Array, ...]
    hand: ByHand
    truth: Truth

    def pair(self, name: str, gradient: Array) -> GradientPair:
        """A gradient held against the truth."""
        return GradientPair(
            gradient,
            self.truth.gradients[name],
            name,
            self.case.values[name],
            generic=self.case.draw.is_generic,
            differences=self.truth.differences,
            kinks=self.truth.kinks.get(name),
            by_differences=self.truth.method == "differences",
        )


class Outcome(NamedTuple):
    """What was found of one gradient, and the trial that shows it best."""

    name: str
    judgement: Judgement
    trials: tuple[Trial, ...]


def examine(subject: Subject, mode: str, draws: Iterable[Draw]) -> list[Outcome]:
    """Judge all gradients of a subject in one mode.

    Raises
    ------
    RunError
        If the code fails on ordinary inputs.
    """
    trials = list(_trials(subject, mode, draws))
    if not trials:
        raise RunError("forward", UnfitError("gave no finite values for any input that was tried; give others as X"))
    names = [*trials[0].case.values]
    return [Outcome(name, judgement_of(name, mode, trials), tuple(trials)) for name in names]


def _trials(subject: Subject, mode: str, draws: Iterable[Draw]) -> Iterator[Trial]:
    methods: tuple[str, ...] = METHODS
    for draw in draws:
        try:
            trial = run(subject.case(mode, draw), methods)
        except RunError as error:
            # What is all ties may be singular; that the code refuses it says nothing of its gradients.
            if draw.is_generic or error.stage == "backward":
                raise
            continue
        if trial is not None:
            methods = METHODS[METHODS.index(trial.truth.method) :]
            yield trial


def run(case: Case, methods: tuple[str, ...] = METHODS) -> Trial | None:
    """Run a case both ways; None if its outputs are not finite."""
    try:
        outputs = case.forward(case.values)
    except Exception as error:
        raise RunError("forward", error) from error
    if not all(np.isfinite(output).all() for output in outputs):
        return None
    case.settle()
    cotangents = case.cotangents(outputs)
    hand = case.by_hand(cotangents)
    if not all(np.allclose(a, b, 1e-6, 1e-9, equal_nan=True) for a, b in zip(outputs, hand.outputs)):
        raise RunError(
            "forward",
            UnfitError(
                "gave different outputs in two runs with the same inputs, state and random numbers; hold generators in "
                "attributes or globals, and seed those that are made on the way"
            ),
        )
    return Trial(case, cotangents, hand, find_truth(case, outputs, cotangents, methods))


def judgement_of(name: str, mode: str, trials: list[Trial]) -> Judgement:
    """Judge one gradient."""
    if mode == "frozen" and name in trials[0].case.parameter_names:
        return _frozen(name, trials)
    judgement = _judged(name, [(trial, trial.hand) for trial in trials])
    if judgement.scale is not None:
        judgement = judgement._replace(detail=judgement.detail + _origin_of_factor(judgement.scale, name, trials[0]))
    if judgement.verdict in ("right", "convention"):
        return judgement
    truncation = trials[0].case.truncation
    if truncation is not None:
        full = _judged(name, [(trial, trial.case.by_hand_untruncated(trial.cotangents)) for trial in trials])
        if full.verdict == "right":
            detail = f"truncated, as declared: without {truncation} it is right"
            return judgement._replace(verdict="convention", detail=detail, scale=None)
        return full
    if judgement.verdict in ("scaled", "partial", "wrong") and any(_is_stale(name, trial) for trial in trials):
        return judgement._replace(
            verdict="stale", scale=None, detail="it is that of an earlier forward, of which something was kept"
        )
    return judgement


def _origin_of_factor(scale: float, name: str, trial: Trial) -> str:
    """Where a factor may come from, if it is one of the sizes."""
    arrays = [*trial.hand.outputs, trial.case.values[name]]
    sizes = [("batch size", array.shape[0]) for array in arrays if array.shape]
    sizes.append(("number of entries", max(array.size for array in arrays)))
    for what, size in sizes:
        if size > 1 and np.isclose(scale, size):
            return f": the {what}"
        if size > 1 and np.isclose(scale, 1 / size):
            return f": one by the {what}"
    return ""


def _frozen(name: str, trials: list[Trial]) -> Judgement:
    if any(name in trial.hand.updated for trial in trials):
        return Judgement("wrong", "updated, although trainable is False", float("inf"))
    return Judgement("right", "not updated", 0.0)


def _judged(name: str, pairs: list[tuple[Trial, ByHand]]) -> Judgement:
    compared = []
    for trial, hand in pairs:
        gradient, shape = hand.gradients.get(name), trial.case.values[name].shape
        problem = _problem_with(gradient, shape, trial.truth.gradients[name])
        if problem is not None:
            if gradient is None and name in trial.case.parameter_names:
                return Judgement("wrong", "backward gives no gradient for it", 1.0)
            return Judgement("shape", problem, float("inf"))
        compared.append(trial.pair(name, np.zeros(shape) if gradient is None else np.asarray(gradient)))
    return judge(compared)


def _problem_with(gradient: Any, shape: tuple[int, ...], truth: Any) -> str | None:
    """What is wrong with a gradient before its values are looked at."""
    if gradient is None:
        slopes = truth.slopes if isinstance(truth, Directional) else truth
        return "backward returned None" if np.abs(slopes).max(initial=0.0) > 1e-9 else None
    array = np.asarray(gradient) if not isinstance(gradient, (str, dict)) else np.empty(0, object)
    if array.dtype.kind not in "fiub":
        return f"backward gave a {type(gradient).__name__}"
    return None if array.shape == shape else f"{array.shape} in the place of {shape}"


def _is_stale(name: str, trial: Trial) -> bool:
    """Whether a gradient depends on an earlier forward where the output does not, or does not need this one at all."""
    case = trial.case
    if not case.is_warm or trial.hand.gradients.get(name) is None:
        return False
    try:
        others = [case.warmed_otherwise(number).by_hand(trial.cotangents) for number in (1, 2, 3)]
        moves = not all(_agree(name, other, trial.hand) for other in others)
        steady = all(np.allclose(a, b) for other in others for a, b in zip(other.outputs, trial.hand.outputs))
        return moves and (steady or _agree(name, case.by_hand_without_forward(trial.cotangents), trial.hand))
    except RunError:
        return False


def _agree(name: str, one: ByHand, other: ByHand) -> bool:
    a, b = one.gradients.get(name), other.gradients.get(name)
    return a is not None and b is not None and np.shape(a) == np.shape(b) and bool(np.allclose(a, b))
