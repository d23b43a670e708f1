"""Rows of the op table: sorting, counting and finding."""

from __future__ import annotations

import numpy as np
from table import Row, apart

import tinygrad_fs as tg

ROWS = [
    Row("sort", [apart(3, 4)], np.sort),
    Row("sort", [apart(3, 4)], lambda x: np.sort(x, 0), lambda x: tg.sort(x, 0), "axis"),
    Row("sort", [apart(3, 4)], lambda x: np.sort(x, None), lambda x: tg.sort(x, None), "flat"),
    Row("topk", [apart(3, 4)], lambda x: np.sort(x)[:, :-3:-1], lambda x: tg.topk(x, 2).values),
    Row("topk", [apart(4, 3)], lambda x: np.sort(x, 0)[:3], lambda x: tg.topk(x, 3, 0, False)[0], "smallest"),
    Row("topk", [apart(4)], lambda x: np.sort(x)[::-1], lambda x: tg.topk(x, 4).values, "all"),
    Row("topk", [apart(4)], lambda x: x[:0], lambda x: tg.topk(x, 0).values, "none"),
]

WITHOUT_GRADIENT = {
    "all": "a truth value",
    "any": "a truth value",
    "argmax": "an index",
    "argmin": "an index",
    "argsort": "indices",
    "count_nonzero": "a number of values",
    "searchsorted": "indices",
    "unique": "which values there are, and how many, changes in steps",
}
