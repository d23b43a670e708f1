"""Comparison: what two ways of backprop through the same layers gave and cost, as objects, a table, JSON and a page."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_fs.compare.written import strict_json, write_page
from tinygrad_fs.dtypes import Array

__all__ = ["Comparison", "Cost", "Difference", "LayerComparison"]


@dataclass(frozen=True)
class Difference:
    """How far two arrays lie apart.

    Attributes
    ----------
    name : str
        "output", "input gradient", or the name of the parameter whose gradient it is.
    absolute : float
        The largest difference of two entries.
    relative : float
        That, divided by the largest entry of the hand-written way's array; 0 where both are all zeros.
    cosine : float
        Of the angle between the two; 1 where both are all zeros.
    """

    name: str
    absolute: float
    relative: float
    cosine: float

    @classmethod
    def between(cls, name: str, recorded: Array, written: Array) -> Difference:
        """Compare the array of the tape with that of the hand-written passes.

        Examples
        --------
        >>> Difference.between("W", np.array([1.0, 2.0]), np.array([1.0, 4.0])).relative
        0.5
        """
        if recorded.shape != written.shape:
            return cls(name, math.inf, math.inf, math.nan)
        a, b = recorded.astype(np.float64).ravel(), written.astype(np.float64).ravel()
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            same = np.array_equal(a, b, equal_nan=True)
            return cls(name, *((0.0, 0.0, 1.0) if same else (math.inf, math.inf, math.nan)))
        absolute = float(np.abs(a - b).max(initial=0.0))
        lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
        return cls(
            name,
            absolute,
            absolute / float(np.abs(b).max(initial=0.0) or 1.0),
            float(a @ b) / lengths if lengths else float(absolute == 0),
        )


@dataclass(frozen=True)
class Cost:
    """What one way costs.

    Attributes
    ----------
    forward, backward : float
        Seconds, without optimizers.
    kept : int
        Bytes of the arrays that wait for the backward pass, beyond parameters and data.
    peak : int
        The most bytes in use meanwhile, beyond those before the step.
    """

    forward: float
    backward: float
    kept: int
    peak: int


@dataclass(frozen=True)
class LayerComparison:
    """A layer, or the loss, in both ways.

    Attributes
    ----------
    name : str
    output_shape : tuple of int
        With the batch.
    parameters : int
        How many numbers are learned.
    differences : tuple of Difference
        Of the output, the gradient at the input, and those of the parameters.
    autograd, layerwise : Cost
    """

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    differences: tuple[Difference, ...]
    autograd: Cost
    layerwise: Cost

    @property
    def largest(self) -> Difference | None:
        """The largest relative difference of all; None if there is nothing to compare, as of a loss."""
        return max(self.differences, key=lambda each: each.relative, default=None)


@dataclass(frozen=True)
class Comparison:
    """The two ways side by side; `side_by_side` makes it.

    Attributes
    ----------
    title : str
    layers : tuple of LayerComparison
        In the order of the network; the loss at the end, if it is not differentiated together with the last layer.
    autograd, layerwise : Cost
        Totals; the peak is the largest of all.
    steps : dict of str to float
        By way, the seconds of a whole step with nobody looking on, optimizers included; medians.
    losses : dict of str to list of float
        By way, the mean loss of each batch of the training.
    tolerance : float
        Up to which relative difference two gradients are equal but for rounding.
    picture : str
        The stack of layers and the graph that they recorded, as SVG.
    walkthrough : function, optional
        Makes the text of a page from the comparison; `to_walkthrough` calls it.
    """

    title: str
    layers: tuple[LayerComparison, ...]
    autograd: Cost
    layerwise: Cost
    steps: Mapping[str, float]
    losses: Mapping[str, list[float]]
    tolerance: float
    picture: str = ""
    walkthrough: Callable[[Comparison], str] | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """The figures and the picture; the graph that a walkthrough is made of stays where it was recorded."""
        return {**vars(self), "walkthrough": None}

    @property
    def max_difference(self) -> float:
        """The largest relative difference of any output or gradient."""
        return max((each.relative for layer in self.layers for each in layer.differences), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether the two ways agree."""
        return self.max_difference <= self.tolerance

    @property
    def headline(self) -> str:
        """The whole in one line."""
        worst = self.worst
        if worst is None:
            return f"{self.title}: nothing to compare"
        layer, difference = worst
        verdict = "the two ways agree" if self.ok else "THE TWO WAYS DIFFER"
        return (
            f"{self.title}: {verdict}; largest relative difference {difference.relative:.1e} "
            f"({layer.name}, {difference.name})"
        )

    @property
    def worst(self) -> tuple[LayerComparison, Difference] | None:
        """The layer and the array with the largest relative difference."""
        found = [(layer, each) for layer in self.layers for each in layer.differences]
        return max(found, key=lambda pair: pair[1].relative, default=None)

    def __str__(self) -> str:
        return "\n".join([self.headline, "", *_table(self), "", *_totals(self)])

    def to_json(self, indent: int | None = 2) -> str:
        """All figures as strict JSON, with null for what is not finite; the picture is left out."""
        content = {
            "title": self.title,
            "ok": self.ok,
            "max_difference": self.max_difference,
            "tolerance": self.tolerance,
            "layers": [asdict(layer) for layer in self.layers],
            "autograd": asdict(self.autograd),
            "layerwise": asdict(self.layerwise),
            "steps": dict(self.steps),
            "losses": {way: list(losses) for way, losses in self.losses.items()},
        }
        return strict_json(content, indent)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one page that needs nothing else; the file appears whole or not at all.

        Parameters
        ----------
        path : str or PathLike
            A file that exists is replaced.

        Returns
        -------
        Path
            Where it was written.
        """
        from tinygrad_fs.compare.ways.page import page  # here, since the page is written from this

        return write_page(path, page(self))

    def to_walkthrough(self, path: str | os.PathLike[str]) -> Path:
        """Write the page that goes through the first step, op by op: the graph beside the stack of layers.

        It shows every value and gradient of autograd, and of each layer how far its own backward pass lies from them.
        As that of a graph (`viz.graph`), it is one file that needs nothing else.

        Parameters
        ----------
        path : str or PathLike
            A file that exists is replaced.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            If the comparison was not made by `side_by_side`.
        """
        if self.walkthrough is None:
            raise ValueError("to_walkthrough: this comparison knows figures alone; `side_by_side` makes one that can")
        return write_page(path, self.walkthrough(self))


def milliseconds(seconds: float) -> str:
    """A time for tables."""
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:,.0f}"


def kilobytes(count: int) -> str:
    """A size for tables."""
    return f"{count / 1000:,.0f}"


def _table(comparison: Comparison) -> Iterable[str]:
    header = ("layer", "output", "worst of", "relative", "cosine", "forward ms", "backward ms", "kept kB")
    rows = [header]
    for layer in comparison.layers:
        worst = layer.largest
        rows.append(
            (
                layer.name,
                str(layer.output_shape),
                worst.name if worst else "",
                f"{worst.relative:.0e}" if worst else "",
                f"{worst.cosine:.6f}" if worst else "",
                f"{milliseconds(layer.autograd.forward)} / {milliseconds(layer.layerwise.forward)}",
                f"{milliseconds(layer.autograd.backward)} / {milliseconds(layer.layerwise.backward)}",
                f"{kilobytes(layer.autograd.kept)} / {kilobytes(layer.layerwise.kept)}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        left = [text.ljust(width) for text, width in zip(row[:3], widths[:3])]
        right = [text.rjust(width) for text, width in zip(row[3:], widths[3:])]
        yield "  ".join([*left, *right]).rstrip()


def _totals(comparison: Comparison) -> Iterable[str]:
    yield "Where two figures stand, the first is autograd's, the second that of the hand-written passes."
    for words, pick in (("forward", "forward"), ("backward", "backward")):
        ours, other = (getattr(each, pick) for each in (comparison.autograd, comparison.layerwise))
        yield f"{words:10}{milliseconds(ours)} / {milliseconds(other)} ms"
    yield f"{'kept':10}{kilobytes(comparison.autograd.kept)} / {kilobytes(comparison.layerwise.kept)} kB"
    yield f"{'peak':10}{kilobytes(comparison.autograd.peak)} / {kilobytes(comparison.layerwise.peak)} kB"
    ours, other = comparison.steps["autograd"], comparison.steps["layerwise"]
    yield f"{'a step':10}{milliseconds(ours)} / {milliseconds(other)} ms, {ours / other:.2f}x"
    curves = comparison.losses
    if curves["autograd"]:
        last = [f"{losses[-1]:.6g}" for losses in (curves["autograd"], curves["layerwise"])]
        yield f"{'loss':10}{' / '.join(last)} after {len(curves['autograd'])} steps"
