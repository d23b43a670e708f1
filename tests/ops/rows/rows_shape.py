"""Rows of the op table: shape."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [
    Row("reshape", [normal(2, 3)], lambda x: x.reshape(3, 2), lambda x: tg.reshape(x, (3, -1))),
    Row("ravel", [normal(2, 3)], np.ravel),
    Row("flatten", [normal(2, 3, 2)], lambda x: x.reshape(2, 6), lambda x: tg.flatten(x, 1)),
    Row("transpose", [normal(2, 3)], np.transpose),
    Row("transpose", [normal(2, 3, 4)], lambda x: x.transpose(2, 0, 1), lambda x: tg.transpose(x, (-1, 0, 1)), "axes"),
    Row("swapaxes", [normal(2, 3, 4)], lambda x: x.swapaxes(0, -1), lambda x: tg.swapaxes(x, 0, -1)),
    Row("moveaxis", [normal(2, 3, 4)], lambda x: np.moveaxis(x, 0, -1), lambda x: tg.moveaxis(x, 0, -1)),
    Row("expand_dims", [normal(2, 3)], lambda x: x[:, None], lambda x: tg.expand_dims(x, 1)),
    Row("expand_dims", [normal(2)], lambda x: x[None, :, None], lambda x: tg.expand_dims(x, (0, 2)), "axes"),
    Row("squeeze", [normal(1, 3, 1)], np.squeeze),
    Row("squeeze", [normal(1, 3, 1)], lambda x: x[0], lambda x: tg.squeeze(x, 0), "axis"),
    Row("broadcast_to", [normal(2, 1)],
        lambda x: np.broadcast_to(x, (4, 2, 3)), lambda x: tg.broadcast_to(x, (4, 2, 3))),
    Row("permute", [normal(2, 3, 4)], lambda x: x.transpose(1, 2, 0), lambda x: tg.permute(x, (1, 2, 0))),
    Row("rollaxis", [normal(2, 3, 4)], lambda x: np.rollaxis(x, 2), lambda x: tg.rollaxis(x, 2)),
    Row("rollaxis", [normal(2, 3, 4)],
        lambda x: np.rollaxis(x, -3, 2), lambda x: tg.rollaxis(x, -3, 2), "start"),
    Row("reshape", [normal(2, 3)],
        lambda x: x.reshape((3, 2), order="F"), lambda x: tg.reshape(x, (3, -1), order="F"), "column-major"),
    Row("reshape", [normal(2, 3)], lambda x: x.reshape(6), lambda x: tg.reshape(x, np.int64(6)), "one size"),
    Row("ravel", [normal(2, 3)], lambda x: x.ravel("F"), lambda x: tg.ravel(x, "F"), "column-major"),
    Row("broadcast_arrays", [normal(2, 1), normal(3)], np.broadcast_arrays),
    *[
        Row(name, [normal(*shape)], getattr(np, name), None, str(shape))
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
        for shape in ((), (2,), (2, 3), (2, 1, 3))
    ],
    Row("atleast_2d", [normal(2), normal(1, 2)], np.atleast_2d, None, "several"),
    Row("meshgrid", [normal(2), normal(3)], np.meshgrid),
    Row("meshgrid", [normal(2), normal(3), normal(1)],
        lambda *x: np.meshgrid(*x, indexing="ij"), lambda *x: tg.meshgrid(*x, indexing="ij"), "ij"),
    Row("meshgrid", [normal(2), normal(3), normal(2)],
        lambda *x: np.meshgrid(*x, sparse=True), lambda *x: tg.meshgrid(*x, sparse=True, copy=False), "sparse"),
    Row("meshgrid", [normal(3)], np.meshgrid, None, "one axis"),
]  # fmt: skip
