"""Rows of the op table: statistics."""

from __future__ import annotations

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg

METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip

ROWS = [
    Row("var", [normal(2, 3)], np.var, float32=2e-5),
    Row("var", [normal(2, 3)], lambda x: x.var(1, ddof=1), lambda x: tg.var(x, 1, ddof=1), "unbiased", float32=2e-5),
    Row("std", [normal(2, 3)], np.std, float32=2e-5),
    Row(
        "std",
        [normal(2, 3)],
        lambda x: x.std(1, ddof=1),
        lambda x: tg.std(x, 1, correction=1),
        "unbiased",
        float32=2e-5,
    ),
    Row(
        "std",
        [normal(2, 3, 2)],
        lambda x: x.std((0, 2), keepdims=True),
        lambda x: tg.std(x, (0, -1), keepdims=True),
        "axes",
        float32=2e-5,
    ),
    Row("ptp", [apart(2, 3)], np.ptp),
    Row("ptp", [apart(2, 3)], lambda x: np.ptp(x, 1, keepdims=True), lambda x: tg.ptp(x, 1, keepdims=True), "axis"),
    Row("average", [normal(2, 3)], np.average),
    Row("average", [normal(2, 3)], lambda x: np.average(x, 0), lambda x: tg.average(x, 0), "axis"),
    Row(
        "average",
        [normal(2, 3), positive(2, 3)],
        lambda x, w: np.average(x, 1, w, keepdims=True),
        lambda x, w: tg.average(x, 1, w, keepdims=True),
        "weights",
    ),
    Row(
        "average",
        [normal(2, 3, 2), positive(3)],
        lambda x, w: np.average(x, 1, w, returned=True),
        lambda x, w: tg.average(x, 1, w, returned=True),
        "weights of an axis",
    ),
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
]
