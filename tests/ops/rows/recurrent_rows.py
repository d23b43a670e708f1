"""Rows for the ops of recurrent layers, and their formulas written step by step with other ops."""

from __future__ import annotations

from typing import Any

import numpy as np
from table import Row, all_rows, normal

import tinygrad_fs as tg
from tinygrad_fs.ops.layers.recurrent import Gru, Lstm, Rnn
from tinygrad_fs.ops.layers.steps import Steps

all_rows()  # they come first, so that their numbers do not depend on these

LENGTHS = [[2, 2], [3, 2, 1]]
UNITS, FEATURES = 2, 3


def sizes_of(lengths: list[int]) -> list[int]:
    """How many sequences go on at each step."""
    return [sum(length > step for length in lengths) for step in range(max(lengths))]


def no_reference(*_: Any) -> None:
    raise NotImplementedError("the formula step by step is in by_steps")


def rnn(rectified: bool) -> Any:
    def step(y: Any, k: Any, h: Any) -> Any:
        return (tg.relu(y + k) if rectified else tg.tanh(y + k),)

    return step


def lstm(y: Any, k: Any, h: Any, c: Any) -> Any:
    i, f, a, o = tg.split(y + k, 4, axis=1)
    c = tg.sigmoid(f) * c + tg.sigmoid(i) * tg.tanh(a)
    return tg.sigmoid(o) * tg.tanh(c), c


def gru(y: Any, k: Any, h: Any) -> Any:
    (y1, y2, y3), (k1, k2, k3) = tg.split(y, 3, axis=1), tg.split(k, 3, axis=1)
    s, a = tg.sigmoid(y2 + k2), tg.tanh(y3 + tg.sigmoid(y1 + k1) * k3)
    return ((1.0 - s) * a + s * h,)


class Recurrent:
    """An op with its options, whose further outputs are dropped, and the formula of one step."""

    def __init__(self, op: Any, step: Any, lengths: list[int], reverse: bool, states: int, parts: int, **options: Any):
        self.op, self.step, self.states, self.parts = op, step, states, parts
        self.steps, self.options = Steps(sizes_of(lengths), reverse), options

    def __call__(self, *inputs: Any) -> Any:
        return self.op.apply(*inputs, steps=self.steps, **self.options)[: 1 + self.states]

    def inputs(self, biases: int) -> list[np.ndarray]:
        rows, sequences, z = sum(self.steps.sizes), self.steps.sizes[0], self.parts * UNITS
        states = [normal(sequences, UNITS) for _ in range(self.states)]
        return [
            normal(rows, FEATURES),
            *states,
            normal(z, FEATURES),
            normal(z, UNITS),
            *[normal(z) for _ in range(biases)],
        ]


def by_steps(row: Row, *inputs: Any) -> list[Any]:
    """What the op of a row computes, one sequence and one step after the other."""
    it: Any = row.call
    x, states, (w, u, *biases) = inputs[0], inputs[1 : 1 + it.states], inputs[1 + it.states :]
    b, v = (*biases, None, None)[:2]
    starts = [rows.start for rows in it.steps.rows]
    hidden: dict[int, Any] = {}
    last = []
    for n in range(it.steps.sizes[0]):
        rows = [start + n for start, size in zip(starts, it.steps.sizes) if n < size]
        state = [each[n : n + 1] for each in states]
        for at in reversed(rows) if it.steps.reverse else rows:
            state = it.step(tg.linear(x[at : at + 1], w, b), tg.linear(state[0], u, v), *state)
            hidden[at] = state[0]
        last.append(state)
    return [tg.concatenate([hidden[at] for at in sorted(hidden)]), *[tg.concatenate(each) for each in zip(*last)]]


def _rows() -> list[Row]:
    rows = []
    for lengths in LENGTHS:
        for reverse in (False, True):
            for name, op, step, states, parts, biases, options in (
                ("rnn", Rnn, rnn(False), 1, 1, 1, {}),
                ("rnn_relu", Rnn, rnn(True), 1, 1, 0, {"rectified": True}),
                ("lstm", Lstm, lstm, 2, 4, 1, {}),
                ("gru", Gru, gru, 1, 3, 2, {}),
            ):
                call = Recurrent(op, step, lengths, reverse, states, parts, **options)
                note = f"{lengths}{' backwards' if reverse else ''}"
                rows.append(Row(name, call.inputs(biases), no_reference, call, note))
    return rows


ROWS = _rows()
