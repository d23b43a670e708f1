"""Rows of the op table: triangles and diagonals."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [
    *[
        Row(name, [normal(*shape)],
            lambda x, name=name, k=k: getattr(np, name)(x, k), lambda x, name=name, k=k: getattr(tg, name)(x, k),
            f"{k} of {shape}")
        for name in ("tril", "triu")
        for shape, k in (((3, 3), 0), ((2, 4), 1), ((4, 2), -2), ((2, 3, 3), -1), ((3,), 0))
    ],
    *[
        Row("diag", [normal(*shape)], lambda x, k=k: np.diag(x, k), lambda x, k=k: tg.diag(x, k), f"{k} of {shape}")
        for shape, k in (((3,), 0), ((2,), 2), ((2,), -1), ((3, 3), 0), ((2, 4), 1), ((4, 2), -2), ((2, 2), 5))
    ],
    Row("diagflat", [normal(2, 2)], lambda x: np.diagflat(x, 1), lambda x: tg.diagflat(x, 1)),
    Row("diagonal", [normal(3, 4)], np.diagonal),
    Row("diagonal", [normal(3, 2, 4)],
        lambda x: np.diagonal(x, -1, 2, 0), lambda x: tg.diagonal(x, -1, 2, 0), "of a stack"),
    Row("trace", [normal(3, 3)], np.trace),
    Row("trace", [normal(2, 3, 4)],
        lambda x: np.trace(x, 1, -2, -1), lambda x: tg.trace(x, 1, -2, -1), "of a stack"),
]  # fmt: skip
