"""The printed summary of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["summary_of"]


def summary_of(name: str, layers: Sequence[Any]) -> str:
    """The name, the input shape, a table of the layers and the number of parameters."""
    rows = [(layer.layer_name(), str(layer.parameters()), str(layer.output_shape())) for layer in layers]
    total = sum([int(layer.parameters()) for layer in layers])
    return "\n".join(
        [
            _table([(name,)]),
            f"Input Shape: {layers[0].input_shape}",
            _table([("Layer Type", "Parameters", "Output Shape"), *rows], headed=True),
            f"Total Parameters: {total}\n",
        ]
    )


def _table(rows: Sequence[Sequence[str]], headed: bool = False) -> str:
    widths = [max(map(len, column)) for column in zip(*rows)]
    rule = "+".join(["", *["-" * (width + 2) for width in widths], ""])
    lines = ["|".join(["", *[f" {text.ljust(width)} " for text, width in zip(row, widths)], ""]) for row in rows]
    return "\n".join([rule, *lines[:1], *([rule] if headed else []), *lines[1:], rule])
