"""Rows of the op table: indexing."""

from __future__ import annotations

import numpy as np
from table import Row, normal

ROWS = [
    *[
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
            "range": range(2, -1, -2),
            "tuples": ((0, 2), (1, 0)),
            "broadcast arrays": (np.array([[0], [2]]), slice(None), np.array([1, 1, -1])),
            "arrays, adjacent, not first": (slice(None), np.array([[0], [1]]), np.array([3, 3])),
            "number between arrays": ([0, 1, 1], 0, [3, 0, 0]),
            "number apart from an array": (0, slice(None), [3, 3]),
            "mask among slices": (slice(None), [True, False], slice(1, 3)),
            "mask beside an array": (np.array([True, False, True]), [1, 1]),
            "new axis between arrays": ([0, 1], None, [1, 1]),
            "single bool": (True, [1, 1]),
            "false": (slice(None), False),
            "open mesh": np.ix_([0, 2], [1], [3, 3, 0]),
            "small unsigned": np.array([2, 2, 1], np.uint8),
        }.items()
    ],
]  # fmt: skip
