"""Comparison: what two ways of backprop through the same layers gave and cost, as objects, a table, JSON and a page."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from tinygrad_fs.compare.two_ways.figures import Cost, Difference, LayerComparison, kilobytes, milliseconds
from tinygrad_fs.compare.writing import report_page, strict_json, write_page

__all__ = ["Comparison"]


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
        return write_page(path, _page(self))

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


# ---- as text


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
    ours, other = comparison.autograd, comparison.layerwise
    yield f"{'forward':10}{milliseconds(ours.forward)} / {milliseconds(other.forward)} ms"
    yield f"{'backward':10}{milliseconds(ours.backward)} / {milliseconds(other.backward)} ms"
    yield f"{'kept':10}{kilobytes(ours.kept)} / {kilobytes(other.kept)} kB"
    yield f"{'peak':10}{kilobytes(ours.peak)} / {kilobytes(other.peak)} kB"
    seconds, others = comparison.steps["autograd"], comparison.steps["layerwise"]
    yield f"{'a step':10}{milliseconds(seconds)} / {milliseconds(others)} ms, {seconds / others:.2f}x"
    losses = comparison.losses["autograd"]
    if losses:
        yield f"{'loss':10}{losses[-1]:.6g} / {comparison.losses['layerwise'][-1]:.6g} after {len(losses)} steps"


# ---- as a page

_STYLE = """\
figure svg { max-width: 100%; height: auto; }
figure.picture svg { border: 1px solid var(--line); border-radius: 6px; }
tr.within td:not([rowspan]) { border-bottom-color: transparent; }
table.totals { width: auto; } table.totals td, table.totals th { padding-right: 2.5rem; }
"""

_BODY = """<p class="headline {state}">{headline}</p>
<p>Both ways start from the same weights, on the same batch, with the same random numbers. <span class="first">Autograd
(first figure)</span> records the layers' forward passes and goes back along the record; the <span
class="second">layer-based way (second figure)</span> calls each layer's hand-written <code>backward_pass</code>, last
to first.</p>
<h2>What they cost</h2>
{totals}
<h2>The loss</h2>
{curves}
<h2>Layer by layer</h2>
<div class="wide">{layers}</div>
<h2>Layers and graph</h2>
<figure class="picture">{picture}<figcaption>On the left the layers, from input to loss; on the right what each of them
recorded. Backprop by layers goes up the left side, autograd up the right.</figcaption></figure>
"""


def _page(comparison: Comparison) -> str:
    """The HTML of a comparison; whatever it quotes is escaped."""
    body = _BODY.format(
        state="good" if comparison.ok else "bad",
        headline=escape(comparison.headline),
        totals=_page_totals(comparison),
        layers=_layers(comparison),
        curves=_curves(comparison.losses),
        picture=comparison.picture,
    )
    return report_page("Two ways of backprop through the same layers", body, _STYLE)


def _page_table(header: Sequence[tuple[str, bool]], rows: Sequence[str], kind: str = "layers") -> str:
    cells = "".join(f'<th class="number">{name}</th>' if right else f"<th>{name}</th>" for name, right in header)
    return f"<table class='{kind}'><thead><tr>{cells}</tr></thead><tbody>\n{chr(10).join(rows)}\n</tbody></table>"


def _page_totals(comparison: Comparison) -> str:
    ours, other = comparison.autograd, comparison.layerwise
    steps = comparison.steps["autograd"], comparison.steps["layerwise"]
    rows = [
        _total("forward, ms", milliseconds, ours.forward, other.forward),
        _total("backward, ms", milliseconds, ours.backward, other.backward),
        _total("a whole step with the optimizers, ms", milliseconds, *steps),
        _total("kept between forward and backward, kB", kilobytes, ours.kept, other.kept),
        _total("most memory in use, kB", kilobytes, ours.peak, other.peak),
    ]
    return _page_table([("", False), ("autograd", True), ("by layers", True), ("ratio", True)], rows, "totals")


def _total(words: str, written: Callable[[Any], str], ours: float, other: float) -> str:
    ratio = f"{ours / other:.2f}" if other else ""
    return (
        f'<tr><td>{words}</td><td class="number first">{written(ours)}</td>'
        f'<td class="number second">{written(other)}</td><td class="number">{ratio}</td></tr>'
    )


def _layers(comparison: Comparison) -> str:
    header = [
        *[(name, False) for name in ("layer", "output", "compared")],
        *[(name, True) for name in ("difference", "relative", "cosine")],
        *[(name, True) for name in ("forward, ms", "backward, ms", "kept, kB", "peak, kB")],
    ]
    return _page_table(header, [row for layer in comparison.layers for row in _rows(layer, comparison.tolerance)])


def _rows(layer: LayerComparison, tolerance: float) -> list[str]:
    """One row per array that both ways gave; what belongs to the layer as a whole stands in the first."""
    span = f' rowspan="{max(len(layer.differences), 1)}"'
    shape = " x ".join(map(str, layer.output_shape))
    whole = f'<td{span}>{escape(layer.name)}</td><td{span} class="whole">{shape}</td>'
    costs = "".join(
        f'<td{span} class="number"><span class="first">{ours}</span> / <span class="second">{other}</span></td>'
        for ours, other in zip(_cost(layer.autograd), _cost(layer.layerwise))
    )
    if not layer.differences:
        return [f"<tr>{whole}<td></td><td></td><td></td><td></td>{costs}</tr>"]
    rows = []
    for position, each in enumerate(layer.differences):
        state = "good" if each.relative <= tolerance else "bad"
        cells = (
            f'<td class="whole">{escape(each.name)}</td><td class="number">{_scientific(each.absolute)}</td>'
            f'<td class="number {state}">{_scientific(each.relative)}</td><td class="number">{each.cosine:.6f}</td>'
        )
        within = ' class="within"' if position < len(layer.differences) - 1 else ""
        rows.append(f"<tr{within}>{whole if position == 0 else ''}{cells}{costs if position == 0 else ''}</tr>")
    return rows


def _scientific(value: float) -> str:
    return f"{value:.1e}" if value else "0"


def _cost(cost: Cost) -> list[str]:
    return [milliseconds(cost.forward), milliseconds(cost.backward), kilobytes(cost.kept), kilobytes(cost.peak)]


_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640.0, 240.0, 64.0, 30.0


def _curves(losses: Mapping[str, Sequence[float]]) -> str:
    """Both curves of the loss; where the ways agree, the dashed one lies on the other."""
    values = [value for each in losses.values() for value in each if math.isfinite(value)]
    if len(values) < 4:
        return "<p>No training was asked for.</p>"
    low, high = min(values), max(values)
    room = (high - low) or 1.0

    def points(each: Sequence[float]) -> str:
        step = (_WIDTH - _LEFT - 12) / max(len(each) - 1, 1)
        return " ".join(
            f"{_LEFT + i * step:.1f},{12 + (high - value) / room * (_HEIGHT - _BOTTOM - 12):.1f}"
            for i, value in enumerate(each)
            if math.isfinite(value)
        )

    count = len(losses["autograd"])
    last = ", ".join(f"{way} {each[-1]:.6g}" for way, each in losses.items())
    axis = _HEIGHT - _BOTTOM
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" width="{_WIDTH:.0f}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="currentColor"><title>Loss over {count} steps</title>'
        f'<path d="M{_LEFT} 12V{axis}H{_WIDTH - 12}" fill="none" stroke="currentColor" stroke-opacity=".4"/>'
        f'<text x="{_LEFT - 6}" y="16" text-anchor="end">{high:.3g}</text>'
        f'<text x="{_LEFT - 6}" y="{axis}" text-anchor="end">{low:.3g}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">1</text>'
        f'<text x="{_WIDTH - 12}" y="{_HEIGHT - 8}" text-anchor="end">step {count}</text>'
        f'<polyline points="{points(losses["autograd"])}" fill="none" stroke="var(--first)" stroke-width="3"/>'
        f'<polyline points="{points(losses["layerwise"])}" fill="none" stroke="var(--second)" stroke-width="1.5" '
        f'stroke-dasharray="6 5"/></svg><figcaption>Mean loss of each batch: <span class="first">autograd, '
        f'continuous</span>; <span class="second">by layers, dashed</span>. At the end: {escape(last)}.</figcaption>'
        "</figure>"
    )
