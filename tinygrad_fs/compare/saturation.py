"""Saturation: whether a classifier still learns from outputs that are certain and wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.report import Finding
from tinygrad_fs.compare.reproducers.of_networks import lost_in_the_last_layer
from tinygrad_fs.compare.subjects.network import NetworkCase, NetworkSubject, chain, layer_of
from tinygrad_fs.dtypes import Array

__all__ = ["SATURATED", "of_saturation"]

SATURATED = "saturated"
"""The configuration of such a finding."""

_SURE = 8.0
"""How far the scores of a sample lie apart where it is sure: p is e^-8 then, which nobody clips."""

_CERTAIN = 1e8
"""By how much more they are moved apart: p is 0 and 1 to the last digit."""

_RISE = 1.5
_LEFT = 1e-3


class _Step(NamedTuple):
    """A step on outputs that are wrong."""

    loss: float
    gradients: list[Array]

    @property
    def size(self) -> float:
        """The length of all gradients together."""
        return float(np.sqrt(sum(np.sum(np.square(each)) for each in self.gradients)))

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.loss)) and all(np.isfinite(each).all() for each in self.gradients)


def of_saturation(subject: NetworkSubject, draw: Draw) -> Finding | None:
    """A finding if outputs that are certain and wrong get no gradient, or one that is not finite.

    The last layer with parameters is scaled so that all outputs are sure, and then certain; the targets are what each
    output takes for the least likely. A loss that rises from the one to the other has a gradient, which must not get
    lost on the way. A bounded loss, such as the squares of a sigmoid, does not rise, and may lose it. (The slope of the
    reported loss tells nothing there: where it clips, it has none.)

    Parameters
    ----------
    subject : NetworkSubject
        A chain of layers that reports the mean of its loss.
    draw : Draw
        The network as it is.
    """
    case = subject.case("training", draw)
    last = max((number for each in case.parameters if (number := layer_of(each)) is not None), default=None)
    if last is None or subject.y.domain not in ("one-hot", "binary"):
        return None
    scores = [out for _, out in chain(case.prepared(case.values).layers, case.X)][last]
    spread = float(np.median(np.ptp(scores, axis=-1) if scores.shape[-1:] > (1,) else np.abs(scores)))
    if not spread > 0:
        return None
    own = {each.name: case.values[each.name] for each in case.parameters if layer_of(each) == last}
    case.values |= {name: value * _SURE / spread for name, value in own.items()}
    *_, (x, p) = chain(case.prepared(case.values).layers, case.X)
    if p.shape != case.y.shape:
        return None
    case.y = np.eye(p.shape[-1])[p.argmin(axis=-1)] if p.shape[-1] > 1 else 1.0 * (p < 0.5)
    sure = _step(case)
    case.values |= {name: value * _SURE / spread * _CERTAIN for name, value in own.items()}
    certain = _step(case)
    verdict = _verdict(sure, certain)
    if verdict is None:
        return None
    number = len(subject.network.layers) - 1
    layer, loss_function = subject.network.layers[number], subject.network.loss_function
    clearest = np.ptp(x, axis=tuple(range(1, x.ndim))).argmax()
    one = slice(clearest, clearest + 1)
    return Finding(
        f"layers[{number}] with loss_function",
        "training",
        SATURATED,
        verdict,
        _in_words(sure, certain),
        max_rel_error=1.0 if verdict == "wrong" else float("inf"),
        reproducer=lost_in_the_last_layer(layer, loss_function, x[one].round(1), case.y[one], _CERTAIN),
    )


def _step(case: NetworkCase) -> _Step:
    hand = case.by_hand(())
    return _Step(float(hand.outputs[0]), [np.asarray(each) for each in hand.gradients.values() if each is not None])


def _verdict(sure: _Step, certain: _Step) -> str | None:
    """What is to be said; None if nothing is."""
    if not sure.is_finite or not sure.size:
        return None
    if not certain.is_finite:
        return "nonfinite"
    rises, is_lost = certain.loss > _RISE * sure.loss, certain.size < _LEFT * sure.size
    return "wrong" if rises and is_lost else None


def _in_words(sure: _Step, certain: _Step) -> str:
    remedy = "Differentiate the last layer and the loss as one, from the scores: log p as a log-softmax"
    if not certain.is_finite:
        return f"not finite for outputs that are certain and wrong, where the loss is {certain.loss:.3g}. {remedy}"
    return (
        f"outputs that are certain and wrong get no gradient, and nothing is learned from them: where the loss rises "
        f"from {sure.loss:.3g} to {certain.loss:.3g}, it falls from {sure.size:.2g} to {certain.size:.2g}. {remedy}"
    )
