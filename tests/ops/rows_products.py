"""Rows of the op table: products."""

from __future__ import annotations

import numpy as np
from table import Row, normal

ROWS = [    *[
        Row("matmul", [normal(*x), normal(*y)], np.matmul, note=f"{x} @ {y}")
        for x, y in [
            ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,)),
            ((2, 1, 4, 3), (5, 3, 2)),
            ((2, 4, 3), (3, 2)), ((4, 3), (2, 3, 2)), ((1, 4, 3), (2, 3, 2)), ((2, 3), (1, 3, 2)),
        ]
    ],
]  # fmt: skip
