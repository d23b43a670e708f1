"""Rows of the op table: shape."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

ROWS = [    Row("reshape", [normal(2, 3)], lambda x: x.reshape(3, 2), lambda x: tg.reshape(x, (3, -1))),
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
    Row("concatenate", [normal(2, 3), normal(2, 1)],
        lambda x, y: np.concatenate([x, y], -1), lambda x, y: tg.concatenate([x, y], -1)),
    Row("concatenate", [normal(2, 3), normal(2)],
        lambda x, y: np.concatenate([x, y], None), lambda x, y: tg.concatenate([x, y], None), "flat"),
    Row("stack", [normal(2, 3), normal(2, 3)], lambda x, y: np.stack([x, y], 1), lambda x, y: tg.stack([x, y], 1)),
    Row("split", [normal(2, 5)], lambda x: np.split(x, [1, 3], 1), lambda x: tg.split(x, [1, 3], 1)),
    Row("split", [normal(4, 2)], lambda x: np.split(x, 2), lambda x: tg.split(x, 2), "equal parts"),
    Row("pad", [normal(2, 3)], lambda x: np.pad(x, ((1, 0), (0, 2))), lambda x: tg.pad(x, ((1, 0), (0, 2)))),
    Row("pad", [normal(3)],
        lambda x: np.pad(x, (1, 2), constant_values=7), lambda x: tg.pad(x, (1, 2), constant_values=7), "value"),
    *[
        Row("pad", [normal(3, 4)], lambda x, m=m: np.pad(x, 2, m), lambda x, m=m: tg.pad(x, 2, m), m)
        for m in ("edge", "reflect", "symmetric", "wrap")
    ],
]  # fmt: skip
