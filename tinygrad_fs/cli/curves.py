"""The training curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from tinygrad_fs.cli.training import Epoch
from tinygrad_fs.io import replacing

__all__ = ["save_curves"]

_BLUE, _ORANGE = "#1f6fb4", "#d9630c"
_FEW = 10  # up to so many epochs each has a mark: a line of one point would not be seen


def save_curves(path: Path, history: Sequence[Epoch], test_accuracy: float) -> None:
    """Write a PNG with the loss and the accuracy of every epoch, and the accuracy on the held-out digits.

    The figure is made without pyplot, so no backend is chosen and nothing of it stays behind.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axes, accuracy_axes = figure.subplots(1, 2)
    numbers = range(1, len(history) + 1)
    style = {"color": _BLUE, "marker": "o" if len(history) <= _FEW else None}

    losses = [epoch.loss for epoch in history]
    loss_axes.plot(numbers, losses, **style)
    loss_axes.set(title="Loss in training", ylabel="cross-entropy", yscale="log")
    loss_axes.set_ylim(min(losses) / 1.5, max(losses) * 1.5)
    loss_axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    loss_axes.yaxis.set_major_formatter("{x:g}")
    loss_axes.yaxis.set_minor_locator(NullLocator())

    accuracies = [epoch.accuracy for epoch in history]
    accuracy_axes.plot(numbers, accuracies, label="in training, with dropout and shifted digits", **style)
    label = f"held-out digits, after training: {test_accuracy:.4f}"
    accuracy_axes.axhline(test_accuracy, color=_ORANGE, linestyle="--", label=label)
    accuracy_axes.set(title="Accuracy", ylabel="share of digits recognised", ylim=(0, 1.03))
    accuracy_axes.legend(loc="lower right", frameon=False)

    for axes in (loss_axes, accuracy_axes):
        axes.set(xlabel="epoch", xlim=(0, 1.03 * len(history)))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=150)
