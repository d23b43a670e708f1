"""Rows of the op table: arithmetic of polynomials, and polynomials through points."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from table import Row, both, normal, positive

import tinygrad_fs as tg

rounded = functools.partial(both, float32=2e-5)

PLACES = np.array([-1.0, -0.4, 0.3, 0.7, 1.1])


def fitted(library: Any, part: Any = None, **options: Any) -> Any:
    """The parts of a fit that are not integers; the right-hand sides come second and weights third."""

    def call(x: Any, y: Any, *w: Any) -> Any:
        result = library.polyfit(x, y, 2, **({"w": w[0]} if w else {}), **options)
        return result if part is None else [result[i] for i in part]

    return call


def fit(*inputs: np.ndarray, note: str = "", part: Any = None, float32: float = 1e-3, **options: Any) -> Row:
    return Row("polyfit", inputs, fitted(np, part, **options), fitted(tg, part, **options), note, float32=float32)


ROWS = [
    rounded("polyadd", normal(2), normal(4)),
    rounded("polyadd", normal(3), normal(), note="a number"),
    rounded("polysub", normal(4), normal(2)),
    rounded("polysub", normal(3), normal(3), note="of equal length"),
    rounded("polymul", normal(3), normal(2)),
    rounded("polyder", normal(5)),
    rounded("polyder", normal(5), m=3, note="several times"),
    rounded("polyder", normal(5), m=0, note="not at all"),
    rounded("polyint", normal(4)),
    rounded("polyint", normal(3), m=2, k=0.5, note="several times, one constant"),
    Row(
        "polyint",
        [normal(3), normal(2)],
        lambda p, k: np.polyint(p, 2, k),
        lambda p, k: tg.polyint(p, 2, k),
        "constants",
        float32=2e-5,
    ),
    rounded("polydiv", normal(5), positive(3)),
    rounded("polydiv", normal(4), positive(1), note="by a number"),
    rounded("poly", normal(4)),
    rounded("poly", normal(1), note="one root"),
    fit(PLACES, normal(5)),
    fit(PLACES, normal(5, 2), note="sets"),
    fit(PLACES, normal(5), positive(5), note="weights"),
    fit(PLACES, normal(5), part=[0, 1, 3], full=True, note="full"),
    fit(PLACES, normal(5), part=[0, 1], cov=True, note="covariances"),
    fit(PLACES, normal(5, 2), positive(5), part=[0, 1], cov="unscaled", note="covariances as they are"),
]
