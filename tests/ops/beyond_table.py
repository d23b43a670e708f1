"""Rows for functions that the op table leaves to test files of their own, and for conditions computed on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from table import Row, all_rows, apart, normal, positive

import tinygrad_fs as tg

all_rows()  # they come first, so that their numbers do not depend on these

LABELS = np.array([0, 3, 1])


def setitem(x: Any, v: Any) -> Any:
    filled = x * 1
    filled[1:] = v
    return filled


def no_reference(*_: Any) -> None:
    raise NotImplementedError("these rows are compared with other libraries alone")


ROWS = [
    Row("where", [apart(2, 3), normal(3)], no_reference, lambda x, y: tg.where(x > 0, x, y), "computed condition"),
    Row("setitem", [normal(3, 2), normal(2)], no_reference, setitem),
    Row("conv2d", [normal(2, 3, 5, 4), normal(4, 3, 3, 2), normal(4)], no_reference),
    Row("avg_pool2d", [normal(2, 3, 4, 4)], no_reference, lambda x: tg.avg_pool2d(x, 2)),
    Row("max_pool2d", [apart(2, 3, 4, 4)], no_reference, lambda x: tg.max_pool2d(x, 2)),
    Row(
        "batch_norm",
        [normal(4, 3), positive(3), normal(3)],
        no_reference,
        lambda x, w, b: tg.batch_norm(x, None, None, w, b, True),
    ),
    Row("linear", [normal(4, 3), normal(2, 3), normal(2)], no_reference),
    Row("cross_entropy", [normal(3, 4)], no_reference, lambda x: tg.cross_entropy(x, LABELS)),
    Row("mse_loss", [normal(3, 4), normal(3, 4)], no_reference),
]
