"""Rows of the op table: NumPy's functions that have a rule, and no name here. They are their own reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from table import Row, normal, positive


def rule(name: str, inputs: list[np.ndarray], call: Callable[..., Any], note: str = "", float32: float = 2e-6) -> Row:
    return Row(name, inputs, call, call, note, float32=float32)


ROWS = [
    rule("np.linspace", [normal(), normal()], lambda x, y: np.linspace(x, y, 5)),
    rule("np.linspace", [normal(2), normal(3, 1)], lambda x, y: np.linspace(x, y, 4, axis=-1), "shapes"),
    rule("np.linspace", [normal(), normal()], lambda x, y: np.linspace(x, y, 3, endpoint=False, retstep=True), "step"),
    rule("np.linspace", [normal()], lambda x: np.linspace(x, 2.0, 1), "one"),
    rule("np.geomspace", [positive(), positive()], lambda x, y: np.geomspace(x, y, 5)),
    rule(
        "np.geomspace", [-positive(2), -positive(3, 1)], lambda x, y: np.geomspace(x, y, 3, False, axis=1), "negative"
    ),
    rule("np.logspace", [normal(), normal()], lambda x, y: np.logspace(x, y, 4), float32=1e-5),
    rule(
        "np.logspace",
        [normal(2), normal(), positive(3, 1)],
        lambda x, y, b: np.logspace(x, y, 4, base=b, axis=-1),
        "bases",
        float32=1e-5,
    ),
    rule("np.full_like", [normal()], lambda x: np.full_like(np.asarray(x) if isinstance(x, float) else x, x, shape=3)),
    rule("np.matrix_transpose", [normal(2, 3, 4)], np.matrix_transpose),
    rule("np.real_if_close", [normal(3)], lambda x: np.real_if_close(x, tol=5)),
    rule("np.fft.fftshift", [normal(3, 4)], lambda x: np.fft.fftshift(x)),
    rule("np.fft.fftshift", [normal(5)], lambda x: np.fft.fftshift(x, 0), "axis"),
    rule("np.fft.ifftshift", [normal(3, 5)], lambda x: np.fft.ifftshift(x, axes=(1,))),
]
