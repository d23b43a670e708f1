"""Rows of the op table: arithmetic of polynomials, and polynomials through points."""

from __future__ import annotations

from typing import Any

import numpy as np
from table import Row, normal, positive

import tinygrad_fs as tg

PLACES = np.array([-1.0, -0.4, 0.3, 0.7, 1.1])


def both(name: str, *inputs: np.ndarray, note: str = "", float32: float = 2e-5, **options: Any) -> Row:
    """A row of a function with the arguments of NumPy's."""
    return Row(
        name,
        inputs,
        lambda *xs: getattr(np, name)(*xs, **options),
        lambda *xs: getattr(tg, name)(*xs, **options),
        note,
        float32=float32,
    )


def fitted(library: Any, part: Any = None, **options: Any) -> Any:
    """The parts of a fit that are not integers; the right-hand sides come second and weights third."""

    def call(x: Any, y: Any, *w: Any) -> Any:
        result = library.polyfit(x, y, 2, **({"w": w[0]} if w else {}), **options)
        return result if part is None else [result[i] for i in part]

    return call


def fit(*inputs: np.ndarray, note: str = "", part: Any = None, float32: float = 1e-3, **options: Any) -> Row:
    return Row("polyfit", inputs, fitted(np, part, **options), fitted(tg, part, **options), note, float32=float32)


ROWS = [
    both("polyadd", normal(2), normal(4)),
    both("polyadd", normal(3), normal(), note="a number"),
    both("polysub", normal(4), normal(2)),
    both("polysub", normal(3), normal(3), note="of equal length"),
    both("polymul", normal(3), normal(2)),
    both("polyder", normal(5)),
    both("polyder", normal(5), m=3, note="several times"),
    both("polyder", normal(5), m=0, note="not at all"),
    both("polyint", normal(4)),
    both("polyint", normal(3), m=2, k=0.5, note="several times, one constant"),
    Row(
        "polyint",
        [normal(3), normal(2)],
        lambda p, k: np.polyint(p, 2, k),
        lambda p, k: tg.polyint(p, 2, k),
        "constants",
        float32=2e-5,
    ),
    both("polydiv", normal(5), positive(3)),
    both("polydiv", normal(4), positive(1), note="by a number"),
    both("poly", normal(4)),
    both("poly", normal(1), note="one root"),
    fit(PLACES, normal(5)),
    fit(PLACES, normal(5, 2), note="sets"),
    fit(PLACES, normal(5), positive(5), note="weights"),
    fit(PLACES, normal(5), part=[0, 1, 3], full=True, note="full"),
    fit(PLACES, normal(5), part=[0, 1], cov=True, note="covariances"),
    fit(PLACES, normal(5, 2), positive(5), part=[0, 1], cov="unscaled", note="covariances as they are"),
]
