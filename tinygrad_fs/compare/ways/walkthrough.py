"""The walkthrough: the graph that the layers recorded beside their stack, step by step, as a page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygrad_fs.compare.ways.comparison import Comparison, LayerComparison
from tinygrad_fs.compare.ways.picture import Card, Recorded
from tinygrad_fs.viz.page.layers import Difference, Layer
from tinygrad_fs.viz.page.write import page

__all__ = ["walkthrough"]

_BEYOND = 1e300
"""Stands for an infinite difference: of shapes, or from a nan."""


def walkthrough(comparison: Comparison, cards: Sequence[Card], graph: Recorded) -> str:
    """The page, in which autograd is walked through, and each layer says how far its own backward pass lies from it.

    Parameters
    ----------
    comparison : Comparison
    cards : sequence of Card
        One per layer, in the words of the picture.
    graph : Recorded
        What autograd recorded in these layers.
    """
    layers = map(_layer, comparison.layers, cards, graph.scope_of)
    title = f"Two ways of backprop: {comparison.title}"
    return page(title, graph.scene, graph.layout, graph.things, graph.values, layers)


def _layer(layer: LayerComparison, card: Card, scope: int) -> Layer:
    differences = [
        Difference(each.name, _finite(each.absolute), _finite(each.relative), each.cosine if each.cosine > -2 else 0.0)
        for each in layer.differences
    ]
    worst = max((each.relative for each in differences), default=-1.0)
    return Layer(card.title, card.detail, card.verdict, card.is_good, scope, worst, differences)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else _BEYOND
