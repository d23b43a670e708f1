"""Rows of the op table: einsum."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

_CASES = [
    # one operand: trace, diagonal, sums, orders
    ("ii->", (3, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("iij->ij", (2, 2, 3)), ("iji->j", (2, 3, 2)),
    ("ijij->ij", (2, 3, 2, 3)), ("iii->i", (2, 2, 2)), ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ij->ji", (2, 3)),
    ("ba", (2, 3)), ("i->i", (3,)), ("...->...", (2, 3)), ("...i->...", (2, 3)), ("i...->...i", (2, 3, 2)),
    ("...ii->...i", (2, 3, 3)), ("", ()), ("...", (2,)),
    # two: products, contractions, indices that one of them or the result lacks
    ("i,i->", (3,), (3,)), ("i,i->i", (3,), (3,)), ("i,j->ij", (3,), (2,)), ("i,j->ji", (3,), (2,)),
    ("i,j->", (3,), (2,)), ("ij,jk->ik", (2, 3), (3, 2)), ("ij,jk", (2, 3), (3, 2)), ("ij,kj->ki", (2, 3), (2, 3)),
    ("ij,j->i", (2, 3), (3,)), ("ij,ij->ji", (2, 3), (2, 3)), ("ij,k->ik", (2, 3), (2,)), ("ii,i->", (3, 3), (3,)),
    ("ii,jj->ij", (2, 2), (3, 3)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("bij,bkj->kib", (2, 2, 3), (2, 2, 3)),
    (",ij->ji", (), (2, 3)), ("ij,->j", (2, 3), ()), (",", (), ()),
    # axes of size 1 broadcast, and so does what the dots stand for
    ("ij,jk->ik", (2, 1), (3, 2)), ("ij,ij->i", (2, 1), (2, 3)), ("i,i->", (1,), (3,)), ("i,i->i", (1,), (1,)),
    ("...i,...i->...", (2, 3), (3,)), ("...ij,...jk->...ik", (2, 1, 2, 3), (2, 3, 2)), ("...,...", (2, 3), (3,)),
    ("i...,i...->...", (2, 3), (2, 1)), ("...i,j->...ij", (2, 2), (3,)), ("... i , i j", (2, 3), (3, 2)),
    # three and more
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)), ("i,ij,j->", (2,), (2, 3), (3,)), ("i,i,i->i", (3,), (3,), (3,)),
    ("a,ab,b,bc->c", (2,), (2, 3), (3,), (3, 2)), ("i,j,k->kij", (2,), (2,), (2,)), (",i,i->", (), (3,), (3,)),
    ("ij,ik,il->jkl", (2, 2), (2, 2), (2, 1)),
]  # fmt: skip


def _row(subscripts: str, *shapes: tuple[int, ...], optimize: object = True) -> Row:
    return Row(
        "einsum",
        [normal(*shape) for shape in shapes],
        lambda *xs: np.einsum(subscripts, *xs),
        call=lambda *xs: tg.einsum(subscripts, *xs, optimize=optimize),
        note=f"{subscripts} {shapes} {optimize}",
    )


ROWS = [
    *[_row(*case) for case in _CASES],
    *[
        _row("ij,jk,kl->il", (2, 3), (3, 2), (2, 2), optimize=optimize)
        for optimize in [False, "greedy", "optimal", ("greedy", 4), ["einsum_path", (1, 2), (0, 1)],
                         ["einsum_path", (0, 1, 2)]]
    ],
    Row("einsum", [normal(2, 3), normal(3, 2)], lambda x, y: x @ y, note="lists of integers",
        call=lambda x, y: tg.einsum(x, [0, 1], y, [1, 2], [0, 2])),
    Row("einsum", [normal(2, 3), normal(3)], lambda x, y: x * y, note="lists of integers, implicit, dots",
        call=lambda x, y: tg.einsum(x, [Ellipsis, 1], y, [1], [Ellipsis, 1])),
    Row("einsum", [normal(2, 2)], lambda x: np.einsum("ij,jk->ik", x, x), note="the same tensor twice",
        call=lambda x: tg.einsum("ij,jk->ik", x, x)),
    Row("einsum", [normal(2, 2)], lambda x: np.einsum("ij,ij->", x, x), note="its square",
        call=lambda x: tg.einsum("ij,ij->", x, x)),
]  # fmt: skip
