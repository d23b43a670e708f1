"""The pictures of docs/backprop-by-hand.md: ``python tests/compare/pictures.py`` draws them again.

The built-in renderer draws them, so that they are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs import viz
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy

__all__ = ["CASES", "FOLDER"]

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures"

NUMBERS = {"show_values": True, "show_grads": True}


def leaf(*values: Any) -> tg.Tensor:
    return tg.Tensor(np.array(values, float), requires_grad=True)


def drawn(outputs: Any, names: dict[str, tg.Tensor], **options: Any) -> viz.Graph:
    return viz.graph(outputs, names=names, direction="LR", renderer="builtin", **options)


def softmax() -> viz.Graph:
    x = leaf([0.0, 0.0])
    with viz.record():
        e = np.exp(x)
        p = e / e.sum(axis=-1, keepdims=True)
        p.backward(np.array([[1.0, 0.0]]), retain_graph=True)
        return drawn(p, {"X": x, "e": e, "p": p}, **NUMBERS)


def softmax_with_cross_entropy() -> viz.Graph:
    z, y = leaf([np.log(2.0), 0.0, 0.0]), np.array([[0.0, 1.0, 0.0]])
    with viz.record():
        p = tg.softmax(z, axis=-1)
        loss = CrossEntropy().loss(y, p).sum()
        loss.backward(retain_graph=True)
        return drawn(loss, {"z": z, "p": p, "loss": loss}, **NUMBERS)


def upsampling() -> viz.Graph:
    x = leaf([[[3.0]]])
    with viz.record():
        out = x.repeat(2, axis=2).repeat(2, axis=3)
        out.backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), retain_graph=True)
        return drawn(out, {"X": x}, **NUMBERS)


def rnn_input() -> viz.Graph:
    x0, x1 = leaf(0.0), leaf(0.0)
    with viz.record():
        h0 = np.tanh(x0)
        h1 = np.tanh(x1 + 0.5 * h0)
        out = np.concatenate([h0, h1])
        out.backward(np.array([1.0, 2.0]), retain_graph=True)
        names = {"X[0]": x0, "X[1]": x1, "h[0]": h0, "h[1]": h1, "out": out}
        return drawn(out, names, show_shapes=False, show_grads=True)


def rnn_weights() -> viz.Graph:
    w, h0, x1, x2 = leaf(0.5), *(tg.tensor([1.0], dtype="float64") for _ in range(3))
    with viz.record():
        h1 = np.tanh(x1 + w * h0)
        h2 = np.tanh(x2 + w * h1)
        names = {"W": w, "h[0]": h0, "h[1]": h1, "h[2]": h2, "X[1] U": x1, "X[2] U": x2}
        return drawn(h2, names, show_shapes=False, show_params="shared")


def rnn_frozen() -> viz.Graph:
    h0, w = leaf(0.0), tg.tensor([0.5], dtype="float64")
    with viz.record():
        h1 = np.tanh(w * h0)
        return drawn(h1, {"h[0]": h0, "W": w, "h[1]": h1}, show_shapes=False)


def batch_normalization_training() -> viz.Graph:
    x = leaf([1.0], [3.0])
    with viz.record():
        mean = x.mean(axis=0)
        centred = x - mean
        var = np.square(centred).mean(axis=0)
        out = centred / np.sqrt(var)
        return drawn(out, {"X": x, "mean": mean, "var": var, "out": out}, show_shapes=False)


def batch_normalization_evaluation() -> viz.Graph:
    x, mean, var = leaf([1.0], [3.0]), tg.tensor([2.0], dtype="float64"), tg.tensor([1.0], dtype="float64")
    with viz.record():
        out = (x - mean) / np.sqrt(var)
        return drawn(out, {"X": x, "running mean": mean, "running var": var, "out": out}, show_shapes=False)


def dropout() -> viz.Graph:
    x = leaf([2.0, 4.0, 6.0])
    with viz.record():
        out = x * 0.5
        out.backward(np.ones((1, 3)), retain_graph=True)
        return drawn(out, {"X": x, "out": out}, **NUMBERS)


def relu() -> viz.Graph:
    x = leaf([-1.0, 0.0, 1.0])
    with viz.record():
        out = np.where(x >= 0, x, 0.0)
        out.backward(np.ones((1, 3)), retain_graph=True)
        return drawn(out, {"X": x, "out": out}, **NUMBERS)


def max_pooling() -> viz.Graph:
    x = leaf(1.0, 1.0, 0.0, 0.0)
    with viz.record():
        out = x.max()
        out.backward(retain_graph=True)
        return drawn(out, {"window": x, "out": out}, **NUMBERS)


def cross_entropy() -> viz.Graph:
    z = leaf(0.0, 800.0)
    with viz.record():
        p = tg.softmax(z)
        loss = -np.log(np.clip(p[0], 1e-15, 1 - 1e-15))
        loss.backward(retain_graph=True)
        return drawn(loss, {"z": z, "p": p, "loss": loss}, **NUMBERS)


def network() -> viz.Graph:
    p = leaf([3.0, 1.0], [0.0, 2.0])
    with viz.record():
        loss = (0.5 * np.square(p - 1.0)).mean()
        loss.backward(retain_graph=True)
        return drawn(loss, {"p": p, "loss": loss}, **NUMBERS)


CASES: dict[str, Callable[[], viz.Graph]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        softmax,
        softmax_with_cross_entropy,
        upsampling,
        rnn_input,
        rnn_weights,
        rnn_frozen,
        batch_normalization_training,
        batch_normalization_evaluation,
        dropout,
        relu,
        max_pooling,
        cross_entropy,
        network,
    )
}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, case in CASES.items():
        case().save(FOLDER / f"{name}.svg")
