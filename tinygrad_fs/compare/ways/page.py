"""The page of a comparison: what both ways cost and gave, their losses, and the layers beside the graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from tinygrad_fs.compare.ways.comparison import Comparison, Cost, LayerComparison, kilobytes, milliseconds
from tinygrad_fs.compare.written import report_page

__all__ = ["page"]

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


def page(comparison: Comparison) -> str:
    """The HTML of a comparison; whatever it quotes is escaped."""
    body = _BODY.format(
        state="good" if comparison.ok else "bad",
        headline=escape(comparison.headline),
        totals=_totals(comparison),
        layers=_layers(comparison),
        curves=_curves(comparison.losses),
        picture=comparison.picture,
    )
    return report_page("Two ways of backprop through the same layers", body, _STYLE)


def _table(header: Sequence[tuple[str, bool]], rows: Sequence[str], kind: str = "layers") -> str:
    cells = "".join(f'<th class="number">{name}</th>' if right else f"<th>{name}</th>" for name, right in header)
    return f"<table class='{kind}'><thead><tr>{cells}</tr></thead><tbody>\n{chr(10).join(rows)}\n</tbody></table>"


def _totals(comparison: Comparison) -> str:
    ours, other = comparison.autograd, comparison.layerwise
    steps = comparison.steps["autograd"], comparison.steps["layerwise"]
    rows = [
        _total("forward, ms", milliseconds, ours.forward, other.forward),
        _total("backward, ms", milliseconds, ours.backward, other.backward),
        _total("a whole step with the optimizers, ms", milliseconds, *steps),
        _total("kept between forward and backward, kB", kilobytes, ours.kept, other.kept),
        _total("most memory in use, kB", kilobytes, ours.peak, other.peak),
    ]
    return _table([("", False), ("autograd", True), ("by layers", True), ("ratio", True)], rows, "totals")


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
    return _table(header, [row for layer in comparison.layers for row in _rows(layer, comparison.tolerance)])


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
