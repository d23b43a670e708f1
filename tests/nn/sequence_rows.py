"""Rows of `parity` for recurrent layers and cells."""

from __future__ import annotations

from parity import Row

from tinygrad_fs import nn

STATES = (-0.5, 0.5)
"""What parameters are drawn from, so that gates are neither open nor shut."""


def utils_for(tensor):
    """`nn.utils.rnn` of the library that the tensor belongs to."""
    if type(tensor).__module__.startswith("tinygrad_fs"):
        return nn.utils.rnn
    import torch

    return torch.nn.utils.rnn


def packed(lengths, batch_first=False, enforce_sorted=True):
    """Call the layer with a packed sequence, and give the padded output."""

    def call(module, x, *states):
        rnn = utils_for(x)
        given = rnn.pack_padded_sequence(x, lengths, batch_first, enforce_sorted)
        hx = () if not states else (states[0] if len(states) == 1 else states,)
        output, last = module(given, *hx)
        return rnn.pad_packed_sequence(output, batch_first, padding_value=-2.0, total_length=6), last

    return call


def as_pair(module, x, *states):
    return module(x, states)


def row(name, args, options, inputs, **more):
    return Row(name, args, options, inputs, state=STATES, **more)


ROWS = [
    *[
        each
        for name in ("RNN", "LSTM", "GRU")
        for each in (
            row(name, (3, 2), {}, [(4, 2, 3)]),
            row(name, (3, 2), {"bias": False}, [(4, 2, 3)]),
            row(name, (3, 2), {"num_layers": 2, "bidirectional": True}, [(3, 2, 3)]),
            row(name, (3, 2), {"batch_first": True}, [(2, 4, 3)]),
            row(name, (3, 2), {"bidirectional": True}, [(4, 3)], note="single"),
            row(name, (3, 2), {"num_layers": 2, "dropout": 0.5}, [(4, 2, 3)], training=False),
            row(name, (3, 2), {}, [(4, 3, 3)], note="packed", call=packed([4, 2, 1])),
            row(
                name,
                (3, 2),
                {"bidirectional": True, "num_layers": 2, "batch_first": True},
                [(3, 5, 3)],
                note="packed in any order",
                call=packed([2, 5, 4], batch_first=True, enforce_sorted=False),
            ),
            row(name, (3, 2), {}, [(1, 1, 3)]),
        )
    ],
    row("RNN", (3, 2, 2, "relu"), {}, [(4, 2, 3)]),
    row("RNN", (3, 2), {}, [(4, 2, 3), (1, 2, 2)]),
    row("GRU", (3, 2), {"bidirectional": True}, [(4, 2, 3), (2, 2, 2)]),
    row("GRU", (3, 2), {}, [(4, 3), (1, 2)]),
    row("GRU", (3, 2), {}, [(4, 2, 3), (1, 2, 2)], note="packed", call=packed([2, 3], enforce_sorted=False)),
    row("LSTM", (3, 2), {}, [(4, 2, 3), (1, 2, 2), (1, 2, 2)], call=as_pair),
    row("LSTM", (3, 2), {"num_layers": 2}, [(4, 3), (2, 2), (2, 2)], call=as_pair),
    row(
        "LSTM",
        (3, 2),
        {"bidirectional": True},
        [(4, 2, 3), (2, 2, 2), (2, 2, 2)],
        note="packed",
        call=packed([2, 4], enforce_sorted=False),
    ),
    row("RNNCell", (3, 2), {}, [(4, 3)]),
    row("RNNCell", (3, 2), {"nonlinearity": "relu", "bias": False}, [(4, 3), (4, 2)]),
    row("RNNCell", (3, 2), {}, [(3,), (2,)]),
    row("LSTMCell", (3, 2), {}, [(4, 3)]),
    row("LSTMCell", (3, 2), {"bias": False}, [(4, 3), (4, 2), (4, 2)], call=as_pair),
    row("LSTMCell", (3, 2), {}, [(3,), (2,), (2,)], call=as_pair),
    row("GRUCell", (3, 2), {}, [(4, 3)]),
    row("GRUCell", (3, 2), {"bias": False}, [(4, 3), (4, 2)]),
    row("GRUCell", (3, 2), {}, [(3,), (2,)]),
]
