"""Rows of the op table: parts taken out, put in or repeated, and choices among several values."""

from __future__ import annotations

from typing import Any

import numpy as np
from table import Row, apart, both, normal, positive

import tinygrad_fs as tg

NUMBERS = np.array([[0, 2, 1], [1, 1, 0]])
MASK = np.array([True, False, True, False])


def selected(library: Any) -> Any:
    return lambda x, y: library.select([x > 0.5, x > -0.5], [x * y, y], default=1.5)


def chosen(library: Any, **options: Any) -> Any:
    return lambda x, y, z: library.choose(NUMBERS + (2 if options else 0), [x, y, z], **options)


def in_pieces(library: Any) -> Any:
    functions = [lambda v, by: by * v**2, lambda v, by: v / by, 0.25]
    return lambda x: library.piecewise(x, [NUMBERS == 0, NUMBERS == 2], functions, by=3.0)


def in_numbers(obj):
    """A mask as the places that it marks: NumPy 2.0 takes it for numbers."""
    return np.flatnonzero(obj) if getattr(obj, "dtype", None) == np.bool_ else obj


ROWS = [
    both("delete", normal(4), obj=1, note="flat"),
    both("delete", normal(2, 3), obj=-1, axis=1),
    both("delete", normal(2, 5), obj=slice(1, 4), axis=1, note="slice"),
    both("delete", normal(2, 5), obj=slice(None, None, -2), axis=1, note="steps"),
    both("delete", normal(5, 2), obj=[0, 3, 3], axis=0, note="several"),
    both("delete", normal(4, 2), obj=MASK, axis=0, note="mask"),
    both("delete", normal(3), obj=[], note="nothing"),
    both("delete", normal(3), obj=slice(None), note="all"),
    Row("insert", [normal(3), normal()], lambda x, v: np.insert(x, 1, v), lambda x, v: tg.insert(x, 1, v), "flat"),
    *[
        Row(
            "insert",
            [normal(2, 3), normal(*shape)],
            lambda x, v, obj=obj, axis=axis: np.insert(x, in_numbers(obj), v, axis),
            lambda x, v, obj=obj, axis=axis: tg.insert(x, obj, v, axis),
            note,
        )
        for note, shape, obj, axis in [
            ("row", (3,), -1, 0),
            ("column", (2,), 3, 1),
            ("columns in the place of a number", (4, 2), 1, 1),
            ("one in a list", (2, 1), [1], 1),
            ("several", (2, 3), [3, 0, 0], 1),
            ("slice", (2, 1), slice(0, 2), 1),
            ("mask", (2,), np.array([True, False, True]), 1),
            ("nothing", (), [], 1),
        ]
    ],
    both("resize", normal(2, 3), new_shape=(3, 5)),
    both("resize", normal(2, 3), new_shape=4, note="smaller"),
    both("resize", normal(2, 3), new_shape=(3, 4), note="twice"),
    Row("compress", [normal(3, 4)], lambda x: np.compress(MASK, x, 1), lambda x: tg.compress(MASK, x, 1)),
    Row("compress", [normal(5)], lambda x: np.compress(MASK, x), lambda x: tg.compress(MASK, x), "short"),
    Row("extract", [normal(2, 3)], lambda x: np.extract(NUMBERS > 0, x), lambda x: tg.extract(NUMBERS > 0, x)),
    Row("trim_zeros", [apart(3)], lambda x: np.trim_zeros(np.pad(x, 1)), lambda x: tg.trim_zeros(tg.pad(x, 1))),
    Row(
        "trim_zeros",
        [apart(3)],
        lambda x: np.trim_zeros(np.pad(x, 2), "b"),
        lambda x: tg.trim_zeros(tg.pad(x, 2), "b"),
        "at the back",
    ),
    Row("select", [apart(2, 3), normal(3)], selected(np), selected(tg)),
    Row("choose", [normal(2, 3), normal(3), normal(2, 1)], chosen(np), chosen(tg)),
    Row("choose", [normal(2, 3), normal(3), normal()], chosen(np, mode="wrap"), chosen(tg, mode="wrap"), "wrap"),
    Row("choose", [normal(2, 3), normal(3), normal()], chosen(np, mode="clip"), chosen(tg, mode="clip"), "clip"),
    Row("choose", [normal(3, 2, 3)], lambda x: np.choose(NUMBERS, x), lambda x: tg.choose(NUMBERS, x), "of one array"),
    Row("piecewise", [apart(2, 3)], in_pieces(np), in_pieces(tg)),
    Row("cumulative_sum", [normal(3)], np.cumsum),  # NumPy has them since 2.1
    Row(
        "cumulative_sum",
        [normal(2, 3)],
        lambda x: np.concatenate([np.zeros((2, 1)), np.cumsum(x, axis=1)], axis=1),
        lambda x: tg.cumulative_sum(x, axis=-1, include_initial=True),
        "from nothing",
    ),
    Row("cumulative_prod", [positive(3)], np.cumprod),
    Row(
        "cumulative_prod",
        [positive(2, 3)],
        lambda x: np.concatenate([np.ones((1, 3)), np.cumprod(x, axis=0)]),
        lambda x: tg.cumulative_prod(x, axis=0, include_initial=True),
        "from nothing",
    ),
    Row("ediff1d", [normal(2, 3)], np.ediff1d),
    Row(
        "ediff1d",
        [normal(4), normal(2), normal()],
        lambda x, y, z: np.ediff1d(x, y, z),
        lambda x, y, z: tg.ediff1d(x, y, z),
        "ends",
    ),
    both("partition", apart(3, 5), kth=2),
    both("partition", apart(5, 3), kth=(1, -1), axis=0, note="several"),
    both("partition", apart(2, 3), kth=4, axis=None, note="flat"),
]

TESTED_ELSEWHERE = {"argpartition": "tests/ops/arranging/test_sorting.py"}  # its rank is an integer
