"""Rows of the op table: products."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg


def _rows(name: str, *pairs: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Row]:
    return [Row(name, [normal(*x), normal(*y)], getattr(np, name), note=f"{x} and {y}") for x, y in pairs]


ROWS = [
    *_rows(
        "matmul",
        ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,)),
        ((2, 1, 4, 3), (5, 3, 2)),
        ((2, 4, 3), (3, 2)), ((4, 3), (2, 3, 2)), ((1, 4, 3), (2, 3, 2)), ((2, 3), (1, 3, 2)),
    ),
    *_rows(
        "dot",
        ((), ()), ((), (2, 3)), ((3,), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 2)), ((3,), (2, 3, 2)),
        ((2, 3), (2, 3, 2)), ((2, 1, 3), (2, 3, 2)),
    ),
    *_rows("inner", ((), (2,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 2, 3), (4, 3))),
    *_rows("vdot", ((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3, 2))),
    *_rows("outer", ((), (2,)), ((3,), (2,)), ((2, 2), (3,))),
    *_rows(
        "kron",
        ((), (2,)), ((3,), (2,)), ((2, 2), (1, 3)), ((2,), (2, 3)), ((2, 1, 2), (2, 2)), ((1, 2), (2, 1, 2)),
    ),
    *_rows("cross", ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3))),
    Row("cross", [normal(3, 2), normal(2, 3)], lambda x, y: np.cross(x, y, 0, 1, 0), note="axes",
        call=lambda x, y: tg.cross(x, y, axisa=0, axisb=1, axisc=0)),
    Row("cross", [normal(3, 2), normal(3, 2)], lambda x, y: np.cross(x, y, axis=0), note="axis",
        call=lambda x, y: tg.cross(x, y, axis=0)),
    *_rows("tensordot", ((2, 2, 3), (2, 3, 2)), ((2, 3), (2, 3))),
    *[
        Row("tensordot", [normal(*x), normal(*y)], lambda x, y, axes=axes: np.tensordot(x, y, axes),
            call=lambda x, y, axes=axes: tg.tensordot(x, y, axes), note=f"{axes}-{x}-{y}")
        for x, y, axes in [
            ((2, 3), (3, 2), 1), ((2,), (3,), 0), ((), (3,), 0), ((2, 3, 2), (3, 2, 2), ([1, 0], [0, 2])),
            ((2, 3), (4, 3), (1, 1)), ((2, 3), (4, 3), (-1, -1)), ((2, 3), (3,), ([1], [0])),
            ((2, 3, 1), (1, 2), ((0, 2), (1, 0))),
        ]
    ],
    Row("tensordot", [normal(20, 30), normal(2, 20)], lambda x, y: np.tensordot(x, y, (0, 1)), note="as matrices",
        call=lambda x, y: tg.tensordot(x, y, (0, 1)), second=False),  # as above; its Jacobian alone has 72,000 entries
    *_rows("vecdot", ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3))),
    Row("vecdot", [normal(3, 2), normal(3, 1)], lambda x, y: np.vecdot(x, y, axis=0), note="axis",
        call=lambda x, y: tg.vecdot(x, y, axis=0)),
    *[
        Row("matvec", [normal(*x), normal(*y)], lambda x, y: np.einsum("...ij,...j->...i", x, y), note=f"{x} and {y}")
        for x, y in [((2, 3), (3,)), ((2, 4, 3), (2, 3)), ((4, 3), (2, 3)), ((2, 1, 4, 3), (2, 3))]
    ],
    *[
        Row("vecmat", [normal(*x), normal(*y)], lambda x, y: np.einsum("...i,...ij->...j", x, y), note=f"{x} and {y}")
        for x, y in [((3,), (3, 2)), ((2, 3), (2, 3, 4)), ((2, 3), (3, 4)), ((2, 3), (2, 1, 3, 2))]
    ],
]  # fmt: skip
