"""Rows of `parity` for attention and transformers."""

from __future__ import annotations

import numpy as np
from parity import Fixed, Row

RNG = np.random.default_rng(3)
STATES = (-0.5, 0.5)
L, S, N, E, HEADS = 3, 4, 2, 4, 2
BARRED = RNG.random((L, S)) < 0.3
PADDING = np.array([[False, False, True, True], [False, False, False, True]])
SHIFT = RNG.standard_normal((L, S))
CAUSAL = Fixed(~np.tri(L, dtype=bool))
CAUSAL_FLOATS = Fixed(np.triu(np.full((L, L), -np.inf), 1))


def row(name, args, options, inputs, **more):
    return Row(name, args, options, inputs, state=STATES, **more)


def attention(options=None, inputs=((L, N, E), (S, N, E), (S, N, E)), note="", **call):
    """A row of MultiheadAttention; inputs beyond three are key_padding_mask and attn_mask."""

    def run(module, q, k, v, padding=None, mask=None):
        return module(q, k, v, key_padding_mask=padding, attn_mask=mask, **call)

    return row("MultiheadAttention", (E, HEADS), options or {}, inputs, note=note, call=run)


def alike(module, x):
    """Self-attention: all three are the same object."""
    return module(x, x, x)


def remembered(module, q, k):
    return module(q, k, k)


QKV = [(L, N, E), (S, N, E), (S, N, E)]
ROWS = [
    attention(),
    attention(need_weights=False, note="no weights"),
    attention(average_attn_weights=False, note="weights of each head"),
    attention({"bias": False}),
    attention({"batch_first": True}, [(N, L, E), (N, S, E), (N, S, E)]),
    attention({"kdim": 3, "vdim": 5}, [(L, N, E), (S, N, 3), (S, N, 5)]),
    attention({"add_bias_kv": True}),
    attention({"add_zero_attn": True, "add_bias_kv": True}, [*QKV, Fixed(PADDING), Fixed(BARRED)]),
    attention({"add_zero_attn": True}, [*QKV, Fixed(PADDING), SHIFT]),
    attention({}, [*QKV, Fixed(PADDING)]),
    attention({}, [*QKV, Fixed(PADDING.astype(float) * -2.0), SHIFT]),
    attention({}, [*QKV, Fixed(np.where(PADDING, -np.inf, 0.0)), Fixed(SHIFT)], note="inf"),
    attention({}, [*QKV, Fixed(PADDING), RNG.standard_normal((N * HEADS, L, S))]),
    attention({}, [(L, E), (S, E), (S, E)]),
    attention({}, [(L, E), (S, E), (S, E), Fixed(PADDING[0]), SHIFT]),
    row("MultiheadAttention", (E, HEADS), {}, [(L, N, E)], note="self", call=alike),
    row("MultiheadAttention", (E, HEADS), {"dropout": 0.5}, [(L, N, E)], note="self", call=alike, training=False),
    row("MultiheadAttention", (E, HEADS), {}, [(L, N, E), (S, N, E)], note="memory", call=remembered),
    *[
        row("TransformerEncoderLayer", (E, HEADS, 5, 0.0), options, [(L, N, E)])
        for options in (
            {},
            {"norm_first": True, "layer_norm_eps": 0.1},
            {"activation": "gelu", "bias": False},
        )
    ],
    row(
        "TransformerEncoderLayer",
        (E, HEADS, 5, 0.1),
        {"batch_first": True},
        [(N, L, E), CAUSAL_FLOATS],
        training=False,
        call=lambda module, x, mask: module(x, src_mask=mask, is_causal=True),
    ),
    row(
        "TransformerEncoderLayer",
        (E, HEADS, 5, 0.0),
        {},
        [(S, N, E), Fixed(PADDING)],
        call=lambda module, x, padding: module(x, src_key_padding_mask=padding),
    ),
    *[
        row("TransformerDecoderLayer", (E, HEADS, 5, 0.0), options, [(L, N, E), (S, N, E)])
        for options in ({}, {"norm_first": True, "activation": "gelu"})
    ],
    row(
        "TransformerDecoderLayer",
        (E, HEADS, 5, 0.0),
        {"batch_first": True},
        [(N, L, E), (N, S, E), CAUSAL, Fixed(BARRED), Fixed(PADDING)],
        call=lambda module, x, y, mask, other, padding: module(
            x, y, tgt_mask=mask, memory_mask=other, memory_key_padding_mask=padding
        ),
    ),
    row(
        "Transformer",
        (E, HEADS, 2, 2, 5, 0.0),
        {"batch_first": True},
        [(N, S, E), (N, L, E), CAUSAL],
        call=lambda module, x, y, mask: module(x, y, tgt_mask=mask),
    ),
    row("Transformer", (E, HEADS, 1, 1, 5, 0.0), {"norm_first": True, "bias": False}, [(S, N, E), (L, N, E)]),
]
