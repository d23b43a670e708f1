"""Rows of the op table: indexing."""

from __future__ import annotations

import numpy as np
from table import Row, normal

ROWS = [    *[
        Row("getitem", [normal(3, 2, 4)], lambda x, i=i: x[i], lambda x, i=i: x[i], note)
        for note, i in {
            "integer": 1,
            "slices": (slice(None, None, -1), slice(0, 1), slice(3, 0, -2)),
            "new axis and ellipsis": (None, ..., 0, None),
            "repeated rows": [0, -1, 0, 2, 2],
            "array of two axes": np.array([[0, 1], [1, 1]]),
            "mask": np.array([True, False, True]),
            "mask of all axes": normal(3, 2, 4) > 0,
            "adjacent arrays": ([0, 1, 1], [0, 1, 1]),
            "separated arrays": ([0, 1, 1], slice(None), [3, 0, 0]),
            "array and slice": (slice(1, None), [1, 1, 0]),
            "nothing": slice(0, 0),
            "empty list": [],
        }.items()
    ],
]  # fmt: skip
