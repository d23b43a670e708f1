"""The training curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tinygrad_fs.cli.training import Epoch
from tinygrad_fs.io import replacing

__all__ = ["save_curves"]

_BLUE, _ORANGE = "#1f6fb4", "#d9630c"


def save_curves(path: Path, history: Sequence[Epoch], test_accuracy: float) -> None:
    """Write a PNG with the loss and the accuracy of every epoch, and the accuracy on the held-out digits.

    The figure is made without pyplot, so no backend is chosen and nothing of it stays behind.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axes, accuracy_axes = figure.subplots(1, 2)
    numbers = range(1, len(history) + 1)
    marker = "o" if len(history) == 1 else None  # a line of one point would not be seen

    loss_axes.plot(numbers, [epoch.loss for epoch in history], color=_BLUE, marker=marker)
    loss_axes.set(title="Loss in training", ylabel="cross-entropy", yscale="log")
    accuracy_axes.plot(
        numbers,
        [epoch.accuracy for epoch in history],
        color=_BLUE,
        marker=marker,
        label="in training, with dropout and shifted digits",
    )
    accuracy_axes.axhline(
        test_accuracy, color=_ORANGE, linestyle="--", label=f"held-out digits, after training: {test_accuracy:.4f}"
    )
    accuracy_axes.set(title="Accuracy", ylabel="share of digits recognised")
    accuracy_axes.legend(loc="lower right", frameon=False)
    for axes in (loss_axes, accuracy_axes):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=150)
