"""Rows for functions that the op table leaves to test files of their own, and for conditions computed on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from table import Row, all_rows, apart, normal, positive

import tinygrad_fs as tg

all_rows()  # they come first, so that their numbers do not depend on these

LABELS = np.array([0, 3, 1])
FACTORS = np.array([0.5, 1.0, 2.0, 0.1])
MEANS, VARIANCES = np.array([0.3, -0.2]), np.array([0.5, 2.0])


def call_with(library: Any, name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    """The function of that name, the oracle's where it has another library, with these further arguments."""
    return lambda *inputs: getattr(library, name)(*inputs, *args, **options)


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
    *[
        Row("conv2d", [normal(2, 4, 6, 5), normal(*filters)], no_reference, call_with(tg, "conv2d", **options), note)
        for note, filters, options in [
            ("stride and padding", (2, 4, 3, 3), {"stride": (2, 1), "padding": 1}),
            ("dilation", (2, 4, 2, 2), {"dilation": (2, 1)}),
            ("groups", (4, 2, 3, 3), {"groups": 2, "padding": (1, 0)}),
            ("depthwise", (8, 1, 2, 2), {"groups": 4}),
            ("same", (3, 4, 2, 3), {"padding": "same"}),
            ("1x1", (2, 4, 1, 1), {"stride": 2}),
        ]
    ],
    Row("avg_pool2d", [normal(2, 3, 4, 4)], no_reference, lambda x: tg.avg_pool2d(x, 2)),
    Row("avg_pool2d", [normal(2, 2, 5, 6)], no_reference, lambda x: tg.avg_pool2d(x, 3, 2, 1), "padding"),
    Row(
        "avg_pool2d",
        [normal(2, 2, 5, 6)],
        no_reference,
        lambda x: tg.avg_pool2d(x, (3, 2), (2, 1), (1, 0), count_include_pad=False),
        "padding does not count",
    ),
    Row("max_pool2d", [apart(2, 3, 4, 4)], no_reference, lambda x: tg.max_pool2d(x, 2)),
    Row("max_pool2d", [apart(1, 2, 7, 6)], no_reference, lambda x: tg.max_pool2d(x, 3, 2, 1), "overlapping"),
    Row("max_pool2d", [apart(2, 8, 8)], no_reference, lambda x: tg.max_pool2d(x, 3, 1, 1, 2), "dilation"),
    Row(
        "batch_norm",
        [normal(4, 3), positive(3), normal(3)],
        no_reference,
        lambda x, w, b: tg.batch_norm(x, None, None, w, b, True),
    ),
    Row(
        "batch_norm",
        [normal(3, 2, 2, 3), positive(2), normal(2)],
        no_reference,
        lambda x, w, b: tg.batch_norm(x, MEANS, VARIANCES, w, b),
        "by running values",
    ),
    Row("linear", [normal(4, 3), normal(2, 3), normal(2)], no_reference),
    Row("cross_entropy", [normal(3, 4)], no_reference, lambda x: tg.cross_entropy(x, LABELS)),
    *[
        Row("cross_entropy", [normal(*shape)], no_reference, call_with(tg, "cross_entropy", labels, **options), note)
        for note, shape, labels, options in [
            ("weights", (3, 4), LABELS, {"weight": FACTORS}),
            ("smoothing", (3, 4), LABELS, {"label_smoothing": 0.2, "weight": FACTORS}),
            ("ignored", (3, 4), LABELS, {"ignore_index": 3, "reduction": "sum"}),
            ("images", (2, 4, 3), np.array([[0, 3, 1], [2, 2, 0]]), {"reduction": "none"}),
        ]
    ],
    Row("cross_entropy", [normal(3, 4), positive(3, 4)], no_reference, note="probabilities"),
    Row("mse_loss", [normal(3, 4), normal(3, 4)], no_reference),
    Row("mse_loss", [normal(3, 4), normal(3, 4)], no_reference, lambda x, y: tg.mse_loss(x, y, reduction="sum"), "sum"),
    Row("float_power", [positive(2, 3), normal(3)], no_reference),
]

WITH_SCIPY = [
    Row("lgamma", [positive(2, 3)], no_reference),
    Row("digamma", [positive(2, 3)], no_reference),
    Row("polygamma", [positive(2, 3)], no_reference, lambda x: tg.polygamma(2, x)),
    Row("erfinv", [apart(2, 3) / 2], no_reference),
    Row("i0", [apart(2, 3)], no_reference),
]
"""Functions of SciPy, which takes NumPy's arrays alone."""
