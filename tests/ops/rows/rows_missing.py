"""Rows of the op table: reductions, running values and order statistics of what is not nan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from table import Row, apart, normal, positive

import tinygrad_fs as tg

MASK = np.array([[True, False, True, True], [True, True, False, True], [True, True, True, True]])
WEIGHTS = np.array([[1.0, 0.0, 2.0, 3.0], [2.0, 1.0, 1.0, 0.5], [0.0, 1.0, 1.0, 3.0]])


def gaps(values: np.ndarray) -> np.ndarray:
    """Some nan among the values: none in the last row."""
    values = values.copy()
    values[0, 1], values[1, :2] = np.nan, np.nan
    return values


def with_options(name: str, *args: Any, **options: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """NumPy's function of that name and ours, with these further arguments."""
    return (
        lambda x: getattr(np, name)(x, *args, **options),
        lambda x: getattr(tg, name)(x, *args, **options),
    )


ROWS = [
    *[Row(name, [gaps(normal(3, 4))], getattr(np, name), float32=2e-5) for name in ("nansum", "nanmean", "nanprod")],
    *[Row(name, [gaps(normal(3, 4))], getattr(np, name), float32=2e-5) for name in ("nanvar", "nanstd")],
    *[Row(name, [gaps(apart(3, 4))], getattr(np, name)) for name in ("nanmax", "nanmin", "nanmedian")],
    *[Row(name, [gaps(normal(3, 4))], getattr(np, name), note="flat") for name in ("nancumsum", "nancumprod")],
    *[
        Row(name, [normal(3, 4)], *with_options(name, 1), note="nothing is missing", float32=2e-5)
        for name in ("nansum", "nanmean", "nanprod", "nanvar", "nanstd", "nancumsum", "nancumprod")
    ],
    *[
        Row(name, [apart(3, 4)], *with_options(name, 1), note="nothing is missing")
        for name in ("nanmax", "nanmin", "nanmedian")
    ],
    *[
        Row(name, [gaps(positive(3, 4))], *with_options(name, axis=0, keepdims=True), note="axis", float32=2e-5)
        for name in ("nansum", "nanmean", "nanprod", "nanvar", "nanstd")
    ],
    *[
        Row(name, [gaps(apart(3, 4, 2))], *with_options(name, axis=(0, 2), keepdims=True), note="axes")
        for name in ("nanmax", "nanmin", "nanmedian")
    ],
    *[
        Row(name, [gaps(normal(3, 4))], *with_options(name, 1, where=MASK), note="where", float32=2e-5)
        for name in ("nansum", "nanmean", "nanprod", "nanvar", "nanstd")
    ],
    *[
        Row(name, [gaps(apart(3, 4))], *with_options(name, 1, initial=0.4, where=MASK), note="where")
        for name in ("nanmax", "nanmin")
    ],
    Row("nanvar", [gaps(normal(3, 4))], *with_options("nanvar", 1, ddof=1), note="unbiased", float32=2e-5),
    Row(
        "nanvar",
        [gaps(normal(3, 4)), normal(3, 1)],
        lambda x, m: np.nanmean((x - m) ** 2, 1),
        lambda x, m: tg.nanvar(x, 1, mean=m),
        "about a mean",
        float32=2e-5,
    ),
    Row("nancumsum", [gaps(normal(3, 4))], *with_options("nancumsum", 0)),
    Row("nancumprod", [gaps(normal(3, 4))], *with_options("nancumprod", 1)),
    *[
        Row(
            "nanquantile",
            [gaps(apart(3, 4))],
            *with_options("nanquantile", [0.2, 0.55], axis=1, method=method),
            note=method,
        )
        for method in ("linear", "weibull", "nearest", "inverted_cdf")
    ],
    Row("nanquantile", [gaps(apart(3, 4, 2))], *with_options("nanquantile", [0.3, 0.9], axis=(2, 0)), note="axes"),
    Row("nanquantile", [gaps(apart(3, 4))], *with_options("nanquantile", 0.7), note="of all"),
    Row(
        "nanquantile",
        [gaps(apart(3, 4))],
        *with_options("nanquantile", [0.01, 0.6, 1], axis=1, weights=WEIGHTS, method="inverted_cdf"),
        note="by weight",
    ),
    Row("nanpercentile", [gaps(apart(3, 4))], *with_options("nanpercentile", [30, 60], axis=0)),
]

WITHOUT_GRADIENT = dict.fromkeys(("nanargmax", "nanargmin"), "places")
