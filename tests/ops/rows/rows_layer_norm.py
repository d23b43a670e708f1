"""Rows of the op table: normalizations within a sample."""

from __future__ import annotations

import numpy as np
from table import Row, normal

import tinygrad_fs as tg


def standard(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


ROWS = [
    Row("layer_norm", [normal(2, 5)], lambda x: standard(x, -1), lambda x: tg.layer_norm(x, 5), float32=1e-5),
    Row(
        "layer_norm",
        [normal(2, 3, 4), normal(3, 4), normal(3, 4)],
        lambda x, w, b: standard(x, (1, 2)) * w + b,
        lambda x, w, b: tg.layer_norm(x, (3, 4), w, b),
        "affine, two axes",
        float32=1e-5,
    ),
    Row(
        "rms_norm",
        [normal(2, 5), normal(5)],
        lambda x, w: x / np.sqrt((x**2).mean(-1, keepdims=True) + 0.01) * w,
        lambda x, w: tg.rms_norm(x, 5, w, eps=0.01),
        float32=1e-5,
    ),
    Row(
        "group_norm",
        [normal(2, 4, 3), normal(4), normal(4)],
        lambda x, w, b: standard(x.reshape(2, 2, 6), -1).reshape(2, 4, 3) * w[:, None] + b[:, None],
        lambda x, w, b: tg.group_norm(x, 2, w, b),
        float32=1e-5,
    ),
    Row(
        "group_norm",
        [normal(3, 4)],
        lambda x: standard(x, -1),
        lambda x: tg.group_norm(x, 1),
        "one group",
        float32=1e-5,
    ),
    Row(
        "instance_norm",
        [normal(2, 2, 3, 2), normal(2), normal(2)],
        lambda x, w, b: standard(x, (2, 3)) * w[:, None, None] + b[:, None, None],
        lambda x, w, b: tg.instance_norm(x, None, None, w, b),
        float32=1e-5,
    ),
]
