"""`audit_network`: whether what a network propagates is the gradient of the loss that it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from tinygrad_fs.autograd import grad
from tinygrad_fs.compare.draws import Draw, Template
from tinygrad_fs.compare.errors import AuditError, RunError, UnfitError, check_numbers
from tinygrad_fs.compare.examine import Trial, run
from tinygrad_fs.compare.inquiry import Inquiry
from tinygrad_fs.compare.isolation.muted import muted
from tinygrad_fs.compare.isolation.parts import Copier
from tinygrad_fs.compare.isolation.randomness import held_by, preserved, replay
from tinygrad_fs.compare.report import Finding, Report
from tinygrad_fs.compare.reproducers.of_networks import (
    mean_and_sum,
    of_a_failing_step,
    of_a_step,
    through_the_last_layer,
)
from tinygrad_fs.compare.saturation import SATURATED, of_saturation
from tinygrad_fs.compare.subjects.functions import Functions, FunctionSubject
from tinygrad_fs.compare.subjects.layer import LayerSubject
from tinygrad_fs.compare.subjects.network import Handed, NetworkCase, NetworkSubject, chain, layer_of
from tinygrad_fs.compare.subjects.origin import Origin
from tinygrad_fs.compare.verdict import Judgement, judge
from tinygrad_fs.dtypes import Array
from tinygrad_fs.tensor import Tensor

__all__ = ["audit_network"]

_WHOLE = "end to end"


def audit_network(network: Any, X: Any, y: Any, *, draws: int = 2, seed: int = 0) -> Report:
    """Tell whether what a network propagates is the gradient of the loss that it reports.

    One step of training is run on copies whose optimizers only take notes. The gradients that they are handed are
    compared with those of the loss that ``train_on_batch`` returns: end to end, and, where the network is a chain of
    `layers` with a `loss_function`, layer by layer on the inputs that each really gets, so that a mistake is found
    where it is made.

    Parameters
    ----------
    network : object
        With ``train_on_batch(X, y)``, which makes a step and returns the loss, alone or first. It is left as it is.
    X, y : array
        A batch.
    draws : int, default 2
    seed : int, default 0

    Returns
    -------
    Report
        Its findings are named ``loss``, for the scale of the whole: "scaled" by the number of outputs if the gradient
        of the sum is propagated and the mean reported (which is no error where the network's `objective` is "sum");
        ``loss_function.p``; ``layers[2].input``, ``layers[2].W``; and ``layers[3] with loss_function`` where a last
        layer and a loss do not go together: a softmax that returns p - y for a loss that is not the categorical
        cross-entropy; or, in configuration "saturated", a classifier that gets no gradient, or one that is not finite,
        from outputs that are certain and wrong, as where a loss clips p.

    Raises
    ------
    AuditError
        If the network has no ``train_on_batch``, or updates no parameters.

    Examples
    --------
    >>> from tinygrad_fs.deep_learning import NeuralNetwork
    >>> from tinygrad_fs.deep_learning.layers import Dense
    >>> from tinygrad_fs.deep_learning.loss_functions import SquareLoss
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> network = NeuralNetwork(Adam(), SquareLoss)
    >>> network.add(Dense(2, input_shape=(3,)))
    >>> report = audit_network(network, np.ones((4, 3)), np.zeros((4, 2)))
    >>> [(finding.name, finding.verdict, finding.scale) for finding in report.findings if finding.verdict != "right"]
    [('loss', 'scaled', 8.0)]
    """
    check_numbers("audit_network", draws=(draws, 1), seed=(seed, 0))
    with preserved(), muted(), np.errstate(all="ignore"):
        subject = NetworkSubject(network, Template.of(X), Template.of(y))
        with preserved(subject.generators):
            return _NetworkAudit(subject, draws, seed).report()


class _NetworkAudit:
    """One call of `audit_network`."""

    def __init__(self, subject: NetworkSubject, draws: int, seed: int) -> None:
        self._subject, self._draws, self._seed = subject, draws, seed
        self._remarks: dict[str, None] = {}

    @cached_property
    def _case(self) -> NetworkCase:
        """The network as it is, on the batch that was given."""
        return self._subject.case("training", Draw.as_given(self._seed))

    def report(self) -> Report:
        """The whole: its scale, then part by part, then what the parts do not explain."""
        title = self._subject.title
        try:
            trials = list(self._steps())
        except RunError as error:
            return Report(title, (self._failed(error),))
        if not trials[0].case.values:
            raise AuditError(f"audit_network: a step of {title} hands no gradient to an optimizer that it holds")
        scale = self._scale(trials)
        findings = [self._of_scale(scale, trials[0].truth.method)]
        if self._subject.reports_the_mean:
            findings += [*self._of_loss_function(), *self._of_layers(), *self._of_the_end(scale)]
            findings += filter(None, [of_saturation(self._subject, self._case.draw)])
        findings += self._end_to_end(trials, scale, findings)
        return Report(title, tuple(findings), tuple(self._remarks))

    def _failed(self, error: RunError) -> Finding:
        """The finding of a step that raised, with a script unless it was the audit that refused it."""
        script = None
        if not isinstance(error.error, UnfitError):
            case = NetworkCase(self._subject, Draw.as_given(self._seed), [])
            script = of_a_failing_step(case, type(error.error))
        return Finding("network", "training", _WHOLE, "error", str(error), reproducer=script)

    def _steps(self) -> Iterator[Trial]:
        for number in range(self._draws):
            draw = Draw("given", "moved" if number else "own", False, self._seed + number)
            trial = run(self._subject.case("training", draw))
            if trial is None:
                raise RunError("forward", UnfitError("gave a loss of this batch that is not finite"))
            yield trial

    # ---- what a step of the network as it is does

    @cached_property
    def _passed(self) -> list[tuple[Array, Array]]:
        """The input and the output of each layer."""
        layers = self._case.prepared(self._case.values).layers
        return [(np.array(x), np.array(out)) for x, out in chain(layers, self._case.X)]

    @cached_property
    def _handed(self) -> Handed | None:
        """What the last layer's backward was handed and what it returned, if it was called."""
        self._case.by_hand(())
        return self._case.handed.get(len(self._subject.network.layers) - 1)

    @property
    def _output(self) -> Array:
        return self._passed[-1][1]

    @property
    def _loss_function(self) -> Any:
        return self._subject.network.loss_function

    # ---- the scale of the whole

    def _scale(self, trials: list[Trial]) -> float:
        """What the gradients are multiplied by: all of them, or else that at the output, or of the last parameter."""

        def factor(names: list[str]) -> float | None:
            pairs = [(trial.hand.gradients[name], trial.truth.gradients[name]) for trial in trials for name in names]
            return _common_factor([(hand, truth) for hand, truth in pairs if np.shape(hand) == np.shape(truth)])

        names = [each.name for each in sorted(self._subject.parameters, key=lambda each: -(layer_of(each) or 0))]
        guesses: list[Callable[[], float | None]] = [lambda: factor(names), self._factor_at_the_output]
        guesses += [partial(factor, [name]) for name in names]  # the last layers' are the least that can be spoilt
        found = (guess() for guess in guesses)
        return next((scale for scale in found if scale is not None), 1.0)

    def _factor_at_the_output(self) -> float | None:
        if not self._subject.reports_the_mean or self._handed is None:
            return None
        truth = _gradient(lambda p: np.mean(self._loss_function.loss(self._case.y, p)), self._output)
        if truth is None or truth.shape != self._handed.incoming.shape:
            return None
        return _common_factor([(self._handed.incoming, truth)])

    def _of_scale(self, scale: float, method: str) -> Finding:
        finding = Finding("loss", "training", _WHOLE, "right", max_rel_error=0.0, truth=method)
        if scale == 1.0:
            return finding
        detail, declared = f"{scale:.6g} times the gradient of the reported loss", False
        if self._is_of_the_sum(scale):
            terms = "outputs" if scale == self._output.size else "samples"
            detail += f": that of the sum over all {terms}, and the mean is reported"
            declared = getattr(self._subject.network, "objective", None) == "sum"
        if self._subject.reports_the_mean and callable(getattr(self._loss_function, "gradient", None)):
            script = mean_and_sum(self._loss_function, self._case.y, self._output)
        else:
            script = of_a_step(self._case, next(iter(self._case.values)))
        return replace(
            finding,
            verdict="scaled",
            scale=scale,
            detail=f"{detail}, as it declares" if declared else detail,
            max_rel_error=abs(scale - 1) / max(abs(scale), 1),
            reproducer=script,
            declared=declared,
        )

    def _is_of_the_sum(self, scale: float) -> bool:
        """Whether it is the gradient of the sum that is propagated, and the mean that is reported."""
        if not self._subject.reports_the_mean:
            return False
        return bool(scale == np.size(self._loss_function.loss(self._case.y, self._output)))

    # ---- part by part

    def _of_loss_function(self) -> list[Finding]:
        if not callable(getattr(self._loss_function, "gradient", None)):
            return []
        functions = Functions(Copier(self._loss_function)(), "loss", "gradient", type(self._loss_function).__name__)
        inputs = [Template.of(self._case.y), Template.of(self._output)]
        return self._of_part(FunctionSubject(functions, inputs), "loss_function")

    def _of_layers(self) -> Iterator[Finding]:
        for number, layer in enumerate(self._subject.network.layers):
            subject = LayerSubject(Origin(layer), [Template.of(self._passed[number][0])])
            yield from self._of_part(subject, f"layers[{number}]")

    def _of_part(self, subject: LayerSubject | FunctionSubject, name: str) -> list[Finding]:
        inquiry = Inquiry(subject, draws=self._draws, given=True, seed=self._seed, variations=False)
        self._remarks |= {f"{name}: {remark}": None for remark in inquiry.remarks}
        return [replace(finding, name=f"{name}.{finding.name}") for finding in inquiry.findings]

    # ---- the last layer and the loss

    def _of_the_end(self, scale: float) -> Iterator[Finding]:
        """Whether p - y leaves the last layer's backward, for a loss that has another gradient there."""
        if self._handed is None or self._handed.outgoing is None:
            return
        by_hand, y, (x, p) = np.asarray(self._handed.outgoing), self._case.y, self._passed[-1]
        if by_hand.shape != np.shape(y) or not np.allclose(by_hand, p - y, 1e-6, 1e-9):
            return
        number = len(self._subject.network.layers) - 1
        layer = self._subject.network.layers[number]
        copied, loss = Copier(layer), self._loss_function

        def output(z: Any) -> Any:
            copy = copied()
            replay(self._seed, [*self._subject.generators, *held_by(copy)])
            return next(chain([copy], z))[1]

        if not np.allclose(output(x), p):  # it draws random numbers, and drew others in the step
            return
        truth = _gradient(lambda z: scale * np.mean(loss.loss(y, output(z))), x)
        if truth is None or np.allclose(by_hand, truth, 1e-5, 1e-7):
            return
        cosine = float(np.sum(by_hand * truth) / (np.linalg.norm(by_hand) * np.linalg.norm(truth)))
        yield Finding(
            f"layers[{number}] with loss_function",
            "training",
            _WHOLE,
            "wrong",
            f"p - y, the gradient of the categorical cross-entropy; {type(loss).__name__} reports another loss, with "
            f"whose gradient it has cosine {cosine:.3f}",
            max_rel_error=float(np.max(np.abs(by_hand - truth)) / np.max(np.abs(truth))),
            truth="tensors",
            reproducer=through_the_last_layer(layer, loss, x[:1].round(1), y[:1]),
        )

    # ---- what is left

    def _end_to_end(self, trials: list[Trial], scale: float, others: list[Finding]) -> Iterator[Finding]:
        """The gradients of the parameters, divided by the scale; without those that a layer behind explains."""
        wrong = [int(each.name[7:].partition("]")[0]) for each in others if _explains(each)]
        for each in self._subject.parameters:
            judgement, own = _judged(each.name, trials, scale), layer_of(each)
            if judgement.verdict == "right" or own is None or not any(number >= own for number in wrong):
                yield self._unexplained(each.name, judgement, trials, scale)

    def _unexplained(self, name: str, judgement: Judgement, trials: list[Trial], scale: float) -> Finding:
        """A finding of a parameter, with a script where it is not right."""
        script = None
        if judgement.verdict != "right":
            shown = next((each for each in trials if _judged(name, [each], scale).verdict != "right"), trials[0])
            case = self._subject.case("training", shown.case.draw)
            script = of_a_step(case, name, scale, grows=self._is_of_the_sum(scale))
        return Finding(
            name,
            "training",
            _WHOLE,
            judgement.verdict,
            judgement.detail,
            judgement.scale,
            judgement.error,
            trials[0].truth.method,
            script,
        )


def _judged(name: str, trials: list[Trial], scale: float) -> Judgement:
    compared = []
    for trial in trials:
        gradient, value = trial.hand.gradients[name], trial.case.values[name]
        if gradient is None or np.shape(gradient) != value.shape:
            got = "none" if gradient is None else f"of shape {np.shape(gradient)}"
            return Judgement("shape", f"the gradient is {got}", float("inf"))
        compared.append(trial.pair(name, np.asarray(gradient) / scale))
    return judge(compared)


def _explains(finding: Finding) -> bool:
    """Whether a finding of a layer makes that gradients before it are not those of the loss."""
    of_a_layer = finding.name.startswith("layers[") and finding.mode == "training"
    is_everywhere = finding.configuration != SATURATED
    return of_a_layer and is_everywhere and (not finding.ok or "truncated" in finding.detail)


def _common_factor(pairs: list[tuple[Any, Any]]) -> float | None:
    """The number by which all gradients differ from the truth; None if it is not one number."""
    hand = np.concatenate([np.ravel(a) for a, _ in pairs]) if pairs else np.zeros(0)
    truth = np.concatenate([np.ravel(b) for _, b in pairs]) if pairs else np.zeros(0)
    if not truth.any() or not hand.any():
        return None
    scale = float(hand @ truth) / float(truth @ truth)
    if not np.allclose(hand, scale * truth, 1e-5, 1e-7 * abs(scale) * np.abs(truth).max()):
        return None
    return float(round(scale)) if round(scale) and abs(scale / round(scale) - 1) < 1e-6 else scale


def _gradient(function: Any, at: Array) -> Array | None:
    """The gradient of a function of one array that gives a number; None if it does not run on Tensors."""
    leaf = Tensor(np.array(at, np.float64), requires_grad=True)
    try:
        (found,) = grad(function(leaf.clone()), leaf)
    except Exception:
        return None
    return np.asarray(found.data) if found is not None else None
