"""Sums by index: the way back from choosing rows or elements, some of them several times."""

from __future__ import annotations

from typing import Any

import numpy as np

from workloads.tasks import backward_alone
from workloads.workload import Workload, beside_torch

__all__ = ["rows"]


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with tables and choices divided by `shrink`."""
    table, chosen = (50_000 // shrink, 128), 8_000 // shrink
    square, places = (1000 // shrink, 1000 // shrink), 100_000 // shrink
    # Rows as words in a text are: few of them often, most of them seldom.
    words = (table[0] * np.random.default_rng(5).random(chosen) ** 3).astype(np.int64)
    i, j = np.random.default_rng(6).integers(square[0], size=(2, places))

    def embedding(lib: Any, table: Any) -> Any:
        return lib.nn.functional.embedding(lib.tensor(words), table)

    def choose_rows(lib: Any, table: Any) -> Any:
        return table[lib.tensor(words)]

    def choose_places(lib: Any, square: Any) -> Any:
        return square[lib.tensor(i), lib.tensor(j)]

    of_table = f"{chosen:,} rows of {table}"
    return (
        beside_torch("embedding", f"Backward of embedding, {of_table}", backward_alone(embedding, table), time=1.5),
        beside_torch("index-rows", f"Backward of x[rows], {of_table}", backward_alone(choose_rows, table), time=1.5),
        beside_torch(
            "index-places",
            f"Backward of x[i, j], {places:,} places of {square}",
            backward_alone(choose_places, square),
            time=1.5,
        ),
    )
