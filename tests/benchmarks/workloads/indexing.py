"""Sums by index: the way back from choosing rows or elements, some of them several times."""

from __future__ import annotations

from typing import Any

import numpy as np

from workloads.tasks import backward_alone
from workloads.workload import beside_torch

__all__ = ["ROWS"]

_TABLE = (50_000, 128)
_CHOSEN = 8_000
_SQUARE = 1_000
_PLACES = 100_000


def _rows() -> Any:
    """Rows as words in a text are: few of them often, most of them seldom."""
    return (_TABLE[0] * np.random.default_rng(5).random(_CHOSEN) ** 3).astype(np.int64)


def _embedding(lib: Any, table: Any) -> Any:
    return lib.nn.functional.embedding(lib.tensor(_rows()), table)


def _choose_rows(lib: Any, table: Any) -> Any:
    return table[lib.tensor(_rows())]


def _choose_places(lib: Any, square: Any) -> Any:
    i, j = np.random.default_rng(6).integers(_SQUARE, size=(2, _PLACES))
    return square[lib.tensor(i), lib.tensor(j)]


ROWS = (
    beside_torch(
        "embedding",
        f"Backward of embedding, {_CHOSEN} rows of (50000, 128)",
        backward_alone(_embedding, _TABLE),
        time=1.5,
    ),
    beside_torch(
        "index-rows",
        f"Backward of x[rows], {_CHOSEN} rows of (50000, 128)",
        backward_alone(_choose_rows, _TABLE),
        time=1.5,
    ),
    beside_torch(
        "index-places",
        "Backward of x[i, j], 10^5 places of (1000, 1000)",
        backward_alone(_choose_places, (_SQUARE, _SQUARE)),
        time=1.5,
    ),
)
