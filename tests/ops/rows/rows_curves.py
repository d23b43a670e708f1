"""Rows of the op table: filters, interpolation, slopes, covariances and polynomials."""

from __future__ import annotations

import numpy as np
from table import Row, apart, both, normal, positive

import tinygrad_fs as tg

POINTS = np.array([-1.0, -0.4, 0.3, 1.1])
VALUES = np.array([0.5, -1.0, 2.0, 1.0])
PLACES = np.array([0.0, 0.5, 1.5, 1.8, 3.0])
COUNTS = np.array([1, 3, 2, 1])


ROWS = [
    *[
        both(name, normal(n), normal(m), mode=mode, note=f"{mode} {n} {m}", float32=2e-5)
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
        for n, m in ((6, 3), (2, 5), (4, 4))
    ],
    Row("interp", [apart(2, 4), POINTS, normal(4)], np.interp, float32=2e-5),
    Row(
        "interp",
        [apart(6)],
        lambda x: np.interp(x, POINTS, VALUES, left=-3.0, right=4.0),
        lambda x: tg.interp(x, POINTS.tolist(), VALUES.tolist(), left=-3.0, right=4.0),
        "ends",
        float32=2e-5,
    ),
    Row(
        "interp",
        [normal(6), np.array([0.7, -0.6, 0.1, 2.4]), normal(4)],
        lambda x, p, f: np.interp(x, p, f, period=2.0),
        lambda x, p, f: tg.interp(x, p, f, period=2.0),
        "period",
        float32=2e-5,
    ),
    both("gradient", normal(5)),
    both("gradient", normal(5), note="parabolas at the ends", edge_order=2),
    both("gradient", normal(3, 4), note="both axes"),
    both("gradient", normal(3, 2), axis=1, note="two samples"),
    Row(
        "gradient",
        [normal(3, 4)],
        lambda x: np.gradient(x, 0.5, axis=0),
        lambda x: tg.gradient(x, 0.5, axis=0),
        "number",
    ),
    Row(
        "gradient",
        [normal(3, 5), positive(), normal(5)],
        lambda x, h, p: np.gradient(x, h, p),
        lambda x, h, p: tg.gradient(x, h, p),
        "spacings",
        float32=2e-4,
    ),
    *[
        Row(
            "gradient",
            [normal(5, 2), PLACES],
            lambda x, p, order=order: np.gradient(x, p, axis=0, edge_order=order),
            lambda x, p, order=order: tg.gradient(x, p, axis=0, edge_order=order),
            f"places, order {order}",
            float32=2e-5,
        )
        for order in (1, 2)
    ],
    both("cov", normal(3, 4), float32=2e-5),
    both("cov", normal(4), note="one variable", float32=2e-5),
    both("cov", normal(4, 2), rowvar=False, bias=True, note="columns", float32=2e-5),
    both("cov", normal(2, 4), normal(4), ddof=0, note="two sets", float32=2e-5),
    Row(
        "cov",
        [normal(3, 4), positive(4)],
        lambda x, w: np.cov(x, fweights=COUNTS, aweights=w),
        lambda x, w: tg.cov(x, fweights=COUNTS, aweights=w),
        "weights",
        float32=2e-5,
    ),
    both("cov", normal(3, 4), fweights=COUNTS, note="frequencies", float32=2e-5),
    both("corrcoef", normal(3, 5), float32=2e-5),
    both("corrcoef", normal(5, 2), normal(5, 1), rowvar=False, note="two sets", float32=2e-5),
    Row("polyval", [normal(4), normal(2, 3)], np.polyval, float32=2e-5),
    Row("polyval", [normal(1), normal(3)], np.polyval, note="a constant"),
    Row("polyval", [normal(3), normal()], np.polyval, note="at one place", float32=2e-5),
    both("vander", normal(3), note="square"),
    both("vander", normal(3), N=4, increasing=True),
    both("vander", normal(3), N=1, note="ones"),
]
