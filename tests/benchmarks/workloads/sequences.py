"""Training steps of networks for sequences: an LSTM, and a small GPT."""

from __future__ import annotations

from typing import Any

import numpy as np

from workloads.tasks import start_alike, training
from workloads.workload import Task, beside_torch

__all__ = ["ROWS"]

_WIDTH = 128
_CLASSES = 10
_HEADS, _BLOCKS = 4, 4
_VOCABULARY = 65
_TOKENS = 128


def lstm(lib: Any) -> Task:
    """A recurrent network that labels sequences of 64 steps, with Adam."""
    nn = lib.nn

    class Labels(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(_WIDTH, _WIDTH, batch_first=True)
            self.out = nn.Linear(_WIDTH, _CLASSES)

        def forward(self, x: Any) -> Any:
            states, _ = self.lstm(x)
            return self.out(states[:, -1])

    net = Labels()
    start_alike(lib, net)
    rng = np.random.default_rng(1)
    data = lib.tensor(rng.random((32, 64, _WIDTH), dtype=np.float32)), lib.tensor(rng.integers(_CLASSES, size=32))
    return training(lib, net, lambda x, y: nn.functional.cross_entropy(net(x), y), data, lib.optim.Adam)


def gpt(lib: Any) -> Task:
    """A transformer that predicts the next of 128 characters, with AdamW.

    Radford et al. 2019, "Language models are unsupervised multitask learners": normalisation before each part.
    """
    nn = lib.nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before_attention = nn.LayerNorm(_WIDTH)
            self.query_key_value = nn.Linear(_WIDTH, 3 * _WIDTH)
            self.out = nn.Linear(_WIDTH, _WIDTH)
            self.feed = nn.Sequential(
                nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, 4 * _WIDTH), nn.GELU(), nn.Linear(4 * _WIDTH, _WIDTH)
            )

        def forward(self, x: Any) -> Any:
            parts = self.query_key_value(self.before_attention(x)).reshape(*x.shape[:2], 3, _HEADS, _WIDTH // _HEADS)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            heads = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + self.out(heads.permute(0, 2, 1, 3).reshape(*x.shape))
            return x + self.feed(x)

    class GPT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(_VOCABULARY, _WIDTH)
            self.places = nn.Embedding(_TOKENS, _WIDTH)
            self.blocks = nn.Sequential(*[Block() for _ in range(_BLOCKS)])
            self.end = nn.Sequential(nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, _VOCABULARY, bias=False))

        def forward(self, tokens: Any) -> Any:
            return self.end(self.blocks(self.tokens(tokens) + self.places(places)))

    net = GPT()
    start_alike(lib, net)
    places = lib.tensor(np.arange(_TOKENS))
    text = np.random.default_rng(1).integers(_VOCABULARY, size=(8, _TOKENS + 1))

    def loss_of(tokens: Any, following: Any) -> Any:
        return nn.functional.cross_entropy(net(tokens).reshape(-1, _VOCABULARY), following.reshape(-1))

    return training(lib, net, loss_of, (lib.tensor(text[:, :-1]), lib.tensor(text[:, 1:])), lib.optim.AdamW)


ROWS = (
    beside_torch("lstm", "Training step, LSTM 128, 64 steps, batch 32, Adam", lstm, time=1.5),
    beside_torch(
        "gpt",
        "Training step, GPT, width 128, 4 layers, 128 tokens, batch 8, AdamW",
        gpt,
        time=1.2,
        memory=1.1,
    ),
)
