"""Rows of the op table: joining and taking apart."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [
    Row("concatenate", [normal(2, 3), normal(2, 1)],
        lambda x, y: np.concatenate([x, y], -1), lambda x, y: tg.concatenate([x, y], -1)),
    Row("concatenate", [normal(2, 3), normal(2)],
        lambda x, y: np.concatenate([x, y], None), lambda x, y: tg.concatenate([x, y], None), "flat"),
    Row("concatenate", [normal(2, 3)], lambda x: np.concatenate(x), lambda x: tg.concatenate(x), "one tensor"),
    Row("append", [normal(2, 3), normal(2)], np.append),
    Row("append", [normal(2, 3), normal(1, 3)],
        lambda x, y: np.append(x, y, 0), lambda x, y: tg.append(x, y, 0), "axis"),
    Row("stack", [normal(2, 3), normal(2, 3)], lambda x, y: np.stack([x, y], 1), lambda x, y: tg.stack([x, y], 1)),
    Row("stack", [normal(), normal()], lambda x, y: np.stack([x, y, 2.0]), lambda x, y: tg.stack([x, y, 2.0]), "0-d"),
    *[
        Row(name, [normal(*shape), normal(*shape)],
            lambda x, y, name=name: getattr(np, name)([x, y]), lambda x, y, name=name: getattr(tg, name)([x, y]),
            str(shape))
        for name in ("vstack", "hstack", "dstack")
        for shape in ((), (2,), (2, 3), (1, 2, 2))
    ],
    Row("column_stack", [normal(2), normal(2, 3)],
        lambda x, y: np.column_stack([x, y]), lambda x, y: tg.column_stack([x, y])),
    Row("split", [normal(2, 5)], lambda x: np.split(x, [1, 3], 1), lambda x: tg.split(x, [1, 3], 1)),
    Row("split", [normal(4, 2)], lambda x: np.split(x, 2), lambda x: tg.split(x, 2), "equal parts"),
    Row("split", [normal(4)], lambda x: np.split(x, np.array([1, 1, 9])), lambda x: tg.split(x, np.array([1, 1, 9])),
        "empty parts"),
    Row("split", [normal(4)], lambda x: np.split(x, [3, 1]), lambda x: tg.split(x, [3, 1]), "overlapping parts"),
    Row("split", [normal(2, 4)], lambda x: np.split(x, [1, -1], 1), lambda x: tg.split(x, [1, -1], 1), "from the end"),
    Row("array_split", [normal(2, 5)], lambda x: np.array_split(x, 3, -1), lambda x: tg.array_split(x, 3, -1)),
    Row("vsplit", [normal(4, 2)], lambda x: np.vsplit(x, 2), lambda x: tg.vsplit(x, 2)),
    Row("hsplit", [normal(2, 3)], lambda x: np.hsplit(x, [1]), lambda x: tg.hsplit(x, [1])),
    Row("hsplit", [normal(4)], lambda x: np.hsplit(x, 2), lambda x: tg.hsplit(x, 2), "vector"),
    Row("dsplit", [normal(1, 2, 4)], lambda x: np.dsplit(x, 2), lambda x: tg.dsplit(x, 2)),
    Row("unstack", [normal(2, 3)], lambda x: [x[0], x[1]], tg.unstack),
    Row("unstack", [normal(2, 3)], lambda x: list(x.T), lambda x: tg.unstack(x, axis=-1), "axis"),
]  # fmt: skip
