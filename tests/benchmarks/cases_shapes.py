"""What joins, takes apart, repeats and reorders elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import COLUMNS, Case

import tinygrad_fs as tg

BACKWARD = ("backward",)
HALVES = np.array([2, 0] * (COLUMNS // 2))


def view(name: str, move: Any, ours: Any, back: Any) -> Case:
    """A function whose value is a view; its gradient, another one, needs memory of its own."""
    return Case(name, ["matrix"], move, lambda g, y, x: back(g, x).copy(), ours, timed=BACKWARD)


def parts(name: str, value: Any, joined: Any, ours: Any) -> Case:
    """A function that takes apart without copying."""
    return Case(name, ["matrix"], value, lambda g, y, x: joined(g), ours, timed=BACKWARD)


def join(name: str, value: Any, back: Any, ours: Any, kind: str = "matrix") -> Case:
    """A function that puts two together."""
    return Case(name, [kind, kind], value, lambda g, z, x, y: tuple(part.copy() for part in back(g, x)), ours)


CASES = [
    view("reshape", lambda x: x.reshape(-1), lambda x: tg.reshape(x, -1), lambda g, x: g.reshape(x.shape)),
    view("ravel", np.ravel, tg.ravel, lambda g, x: g.reshape(x.shape)),
    view("flatten", np.ravel, tg.flatten, lambda g, x: g.reshape(x.shape)),
    view("transpose", np.transpose, tg.transpose, lambda g, x: g.T),
    view("permute", np.transpose, lambda x: tg.permute(x, (1, 0)), lambda g, x: g.T),
    view("swapaxes", np.transpose, lambda x: tg.swapaxes(x, 0, 1), lambda g, x: g.T),
    view("moveaxis", np.transpose, lambda x: tg.moveaxis(x, 0, 1), lambda g, x: g.T),
    view("rollaxis", np.transpose, lambda x: tg.rollaxis(x, 1), lambda g, x: g.T),
    view("expand_dims", lambda x: x[None], lambda x: tg.expand_dims(x, 0), lambda g, x: g[0]),
    view("squeeze", lambda x: x, lambda x: tg.squeeze(x), lambda g, x: g),
    view("atleast_1d", np.atleast_1d, tg.atleast_1d, lambda g, x: g),
    view("atleast_2d", np.atleast_2d, tg.atleast_2d, lambda g, x: g),
    view("atleast_3d", np.atleast_3d, tg.atleast_3d, lambda g, x: g[..., 0]),
    view("flip", np.flip, tg.flip, lambda g, x: np.flip(g)),
    view("fliplr", np.fliplr, tg.fliplr, lambda g, x: np.fliplr(g)),
    view("flipud", np.flipud, tg.flipud, lambda g, x: np.flipud(g)),
    view("rot90", np.rot90, tg.rot90, lambda g, x: np.rot90(g, -1)),
    Case(
        "broadcast_to",
        ["row"],
        lambda x: np.broadcast_to(x, (400, COLUMNS)),
        lambda g, y, x: g.sum(0),
        lambda x: tg.broadcast_to(x, (400, COLUMNS)),
        timed=BACKWARD,
    ),
    Case(
        "broadcast_arrays",
        ["matrix", "row"],
        np.broadcast_arrays,
        lambda g, z, x, y: (g[0].copy(), g[1].sum(0)),
        timed=BACKWARD,
    ),
    Case("meshgrid", ["side", "side"], np.meshgrid, lambda g, z, x, y: (g[0].sum(0), g[1].sum(1))),
    Case(
        "ravel by columns",
        ["square"],
        lambda x: x.ravel("F"),
        lambda g, y, x: g.reshape(x.shape, order="F").copy(),
        lambda x: tg.ravel(x, "F"),
    ),
    Case("clone", ["vector"], np.copy, lambda g, y, x: g.copy()),
    Case(
        "astype",
        ["vector"],
        lambda x: x.astype(np.float64),
        lambda g, y, x: g.astype(np.float32),
        lambda x: x.astype("float64"),
    ),
    join(
        "concatenate",
        lambda x, y: np.concatenate([x, y]),
        lambda g, x: (g[: len(x)], g[len(x) :]),
        lambda x, y: tg.concatenate([x, y]),
    ),
    join(
        "concatenate rows",
        lambda x, y: np.concatenate([x, y], 1),
        lambda g, x: (g[:, :COLUMNS], g[:, COLUMNS:]),
        lambda x, y: tg.concatenate([x, y], 1),
    ),
    join("append", np.append, lambda g, x: (g[: len(x)], g[len(x) :]), tg.append, "vector"),
    join("stack", lambda x, y: np.stack([x, y]), lambda g, x: (g[0], g[1]), lambda x, y: tg.stack([x, y])),
    join(
        "stack along the last axis",
        lambda x, y: np.stack([x, y], -1),
        lambda g, x: (g[..., 0], g[..., 1]),
        lambda x, y: tg.stack([x, y], -1),
    ),
    join(
        "vstack",
        lambda x, y: np.vstack([x, y]),
        lambda g, x: (g[: len(x)], g[len(x) :]),
        lambda x, y: tg.vstack([x, y]),
    ),
    join(
        "hstack",
        lambda x, y: np.hstack([x, y]),
        lambda g, x: (g[:, :COLUMNS], g[:, COLUMNS:]),
        lambda x, y: tg.hstack([x, y]),
    ),
    join("dstack", lambda x, y: np.dstack([x, y]), lambda g, x: (g[..., 0], g[..., 1]), lambda x, y: tg.dstack([x, y])),
    join(
        "column_stack",
        lambda x, y: np.column_stack([x, y]),
        lambda g, x: (g[:, 0], g[:, 1]),
        lambda x, y: tg.column_stack([x, y]),
        "vector",
    ),
    parts("split", lambda x: np.split(x, 2, 1), lambda g: np.concatenate(g, 1), lambda x: tg.split(x, 2, 1)),
    parts("array_split", lambda x: np.array_split(x, 3), np.concatenate, lambda x: tg.array_split(x, 3)),
    parts("vsplit", lambda x: np.vsplit(x, [100]), np.concatenate, lambda x: tg.vsplit(x, [100])),
    parts("hsplit", lambda x: np.hsplit(x, 5), lambda g: np.concatenate(g, 1), lambda x: tg.hsplit(x, 5)),
    Case(
        "dsplit",
        ["cube"],
        lambda x: np.dsplit(x, 2),
        lambda g, y, x: np.concatenate(g, 2),
        lambda x: tg.dsplit(x, 2),
        timed=BACKWARD,
    ),
    Case(
        "unstack",
        ["many columns"],
        list,
        lambda g, y, x: np.stack(g),
        tg.unstack,
        timed=BACKWARD,
    ),
    Case(
        "repeat",
        ["matrix"],
        lambda x: np.repeat(x, 2, 1),
        lambda g, y, x: g.reshape(*x.shape, 2).sum(-1),
        lambda x: tg.repeat(x, 2, 1),
    ),
    Case(
        "repeat rows",
        ["matrix"],
        lambda x: np.repeat(x, 3, 0),
        lambda g, y, x: g.reshape(len(x), 3, -1).sum(1),
        lambda x: tg.repeat(x, 3, 0),
    ),
    Case(
        "repeat, each on its own",
        ["matrix"],
        lambda x: np.repeat(x, HALVES, 1),
        lambda g, y, x: _of_halves(g, x),
        lambda x: tg.repeat(x, HALVES, 1),
    ),
    Case(
        "tile",
        ["matrix"],
        lambda x: np.tile(x, 2),
        lambda g, y, x: g.reshape(len(x), 2, -1).sum(1),
        lambda x: tg.tile(x, 2),
    ),
    Case(
        "tile along two axes",
        ["matrix"],
        lambda x: np.tile(x, (3, 2)),
        lambda g, y, x: g.reshape(3, len(x), 2, -1).sum((0, 2)),
        lambda x: tg.tile(x, (3, 2)),
    ),
    Case("roll", ["vector"], lambda x: np.roll(x, 5), lambda g, y, x: np.roll(g, -5), lambda x: tg.roll(x, 5)),
    Case(
        "roll along two axes",
        ["matrix"],
        lambda x: np.roll(x, (3, 5), (0, 1)),
        lambda g, y, x: np.roll(g, (-3, -5), (0, 1)),
        lambda x: tg.roll(x, (3, 5), (0, 1)),
    ),
    Case("tril", ["square"], np.tril, lambda g, y, x: np.tril(g)),
    Case("triu", ["square"], np.triu, lambda g, y, x: np.triu(g)),
    Case("diag", ["side"], np.diag, lambda g, y, x: np.diag(g), timed=("forward",)),
    Case("diagflat", ["side"], np.diagflat, lambda g, y, x: np.diag(g), timed=("forward",)),
    Case("diagonal", ["square"], np.diagonal, lambda g, y, x: np.diag(g), timed=BACKWARD),
    Case("trace", ["square"], np.trace, lambda g, y, x: g * np.eye(len(x), dtype=x.dtype), timed=BACKWARD),
]


def _of_halves(g: Any, x: Any) -> Any:
    result = np.zeros_like(x)
    result[:, ::2] = g.reshape(len(x), -1, 2).sum(-1)
    return result
