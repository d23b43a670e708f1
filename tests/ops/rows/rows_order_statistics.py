"""Rows of the op table: order statistics."""

from __future__ import annotations

import numpy as np
from table import Row, apart

import tinygrad_fs as tg

METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip

WEIGHTS = np.array([[1.0, 0.5, 2.0], [0.0, 1.0, 3.0], [1.0, 4.0, 0.0]])

ROWS = [
    Row("median", [apart(3, 3)], np.median),
    Row("median", [apart(3, 4)], lambda x: np.median(x, 1), lambda x: tg.median(x, 1), "of an even number"),
    Row(
        "median",
        [apart(2, 3, 2)],
        lambda x: np.median(x, (0, 2), keepdims=True),
        lambda x: tg.median(x, (0, -1), keepdims=True),
        "axes",
    ),
    Row("quantile", [apart(7)], lambda x: np.quantile(x, 0.3), lambda x: tg.quantile(x, 0.3)),
    Row(
        "quantile",
        [apart(3, 5)],
        lambda x: np.quantile(x, [[0.0, 0.3], [1.0, 0.9]], 1, keepdims=True),
        lambda x: tg.quantile(x, [[0.0, 0.3], [1.0, 0.9]], 1, keepdims=True),
        "several",
    ),
    Row("percentile", [apart(5, 3)], lambda x: np.percentile(x, 30, 0), lambda x: tg.percentile(x, 30, 0)),
    *[
        Row(
            "quantile",
            [apart(3, 7)],
            lambda x, m=m: np.quantile(x, [0.2, 0.55], 1, method=m),
            lambda x, m=m: tg.quantile(x, [0.2, 0.55], 1, method=m),
            m,
        )
        for m in METHODS
    ],
    Row(
        "quantile",
        [apart(3, 3)],
        lambda x: np.quantile(x, [0.01, 0.3, 1], weights=WEIGHTS, method="inverted_cdf"),
        lambda x: tg.quantile(x, [0.01, 0.3, 1], weights=WEIGHTS, method="inverted_cdf"),
        "by weight",
    ),
    Row(
        "quantile",
        [apart(3, 4)],
        lambda x: np.quantile(x, 0.6, axis=0, weights=WEIGHTS[1], method="inverted_cdf", keepdims=True),
        lambda x: tg.quantile(x, 0.6, 0, weights=WEIGHTS[1], method="inverted_cdf", keepdims=True),
        "by weights of an axis",
    ),
    Row(
        "percentile",
        [apart(4, 3)],
        lambda x: np.percentile(x, [[20], [90]], axis=1, weights=WEIGHTS[0], method="inverted_cdf"),
        lambda x: tg.percentile(x, [[20], [90]], 1, weights=WEIGHTS[0], method="inverted_cdf"),
        "by weight",
    ),
]
