"""Rows of the op table: histograms in their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from table import Row, normal, positive

import tinygrad_fs as tg

NUMBERS = np.array([3, 0, 1, 3, 1])
SAMPLES = np.array([0.2, 2.5, 0.9, -1.0, 3.0, 1.0, 4.0, np.nan])
OTHERS = np.array([0.5, 0.5, 1.5, 0.5, 0.5, 2.0, 0.5, 0.5])
EDGES = [0.0, 1.0, 2.5, 3.0]


def row(name: str, inputs: list[np.ndarray], call: Any, note: str = "", float32: float = 2e-6) -> Row:
    return Row(name, inputs, lambda *xs: call(np, *xs), lambda *xs: call(tg, *xs), note, float32=float32)


ROWS = [
    row("bincount", [normal(5)], lambda lib, w: lib.bincount(NUMBERS, w)),
    row("bincount", [normal(5)], lambda lib, w: lib.bincount(NUMBERS, weights=w, minlength=6), "longer"),
    row("histogram", [normal(8)], lambda lib, w: lib.histogram(SAMPLES, EDGES, weights=w)[0]),
    row("histogram", [positive(8)], lambda lib, w: lib.histogram(SAMPLES, EDGES, None, True, w)[0], "density"),
    row("histogram", [normal(2, 4)], lambda lib, w: lib.histogram(OTHERS.reshape(2, 4), 3, weights=w)[0], "number"),
    row("histogram2d", [normal(8)], lambda lib, w: lib.histogram2d(SAMPLES, OTHERS, EDGES, weights=w)[0]),
    row(
        "histogram2d",
        [normal(8)],
        lambda lib, w: lib.histogram2d(OTHERS, OTHERS[::-1], [2, 3], [[0, 2], [0.5, 1.5]], weights=w)[0],
        "numbers",
    ),
    row(
        "histogramdd",
        [positive(8)],
        lambda lib, w: lib.histogramdd([SAMPLES, OTHERS], [EDGES, [0.0, 1.0, 2.0]], None, True, w)[0],
        "density",
        float32=2e-5,
    ),
    row(
        "histogramdd",
        [normal(4)],
        lambda lib, w: lib.histogramdd(OTHERS.reshape(4, 2), 2, [(0, 2), None], weights=w)[0],
        "rows",
    ),
]
