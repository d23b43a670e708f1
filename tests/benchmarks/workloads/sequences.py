"""Training steps of networks for sequences: an LSTM, and a small GPT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workloads.tasks import start_alike, training
from workloads.workload import Task, Workload, beside_torch

__all__ = ["rows"]

_CLASSES = 10
_HEADS, _BLOCKS = 4, 4
_VOCABULARY = 65


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with widths, steps and batches divided by `shrink`."""
    of_lstm, of_gpt = (32 // shrink, 64 // shrink, 128 // shrink), (8 // shrink, 128 // shrink, 128 // shrink)
    in_words = "Training step, GPT, width 128, 4 layers, 128 tokens, batch 8, AdamW"
    return (
        beside_torch("lstm", "Training step, LSTM 128, 64 steps, batch 32, Adam", lstm(*of_lstm), time=1.5),
        beside_torch("gpt", in_words, gpt(*of_gpt), time=1.2, memory=1.1),
    )


def lstm(samples: int, steps: int, width: int) -> Callable[[Any], Task]:
    """A recurrent network that labels sequences, with Adam."""

    def build(lib: Any) -> Task:
        nn = lib.nn

        class Labels(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.lstm = nn.LSTM(width, width, batch_first=True)
                self.out = nn.Linear(width, _CLASSES)

            def forward(self, x: Any) -> Any:
                states, _ = self.lstm(x)
                return self.out(states[:, -1])

        net = Labels()
        start_alike(lib, net)
        rng = np.random.default_rng(1)
        data = (
            lib.tensor(rng.random((samples, steps, width), dtype=np.float32)),
            lib.tensor(rng.integers(_CLASSES, size=samples)),
        )
        return training(lib, net, lambda x, y: nn.functional.cross_entropy(net(x), y), data, lib.optim.Adam)

    return build


def gpt(samples: int, tokens: int, width: int) -> Callable[[Any], Task]:
    """A transformer that predicts the next character, with AdamW.

    Radford et al. 2019, "Language models are unsupervised multitask learners": normalisation before each part.
    """

    def build(lib: Any) -> Task:
        nn = lib.nn

        class Block(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.before_attention = nn.LayerNorm(width)
                self.query_key_value = nn.Linear(width, 3 * width)
                self.out = nn.Linear(width, width)
                self.feed = nn.Sequential(
                    nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
                )

            def forward(self, x: Any) -> Any:
                parts = self.query_key_value(self.before_attention(x)).reshape(*x.shape[:2], 3, _HEADS, width // _HEADS)
                query, key, value = parts.permute(2, 0, 3, 1, 4)
                heads = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
                x = x + self.out(heads.permute(0, 2, 1, 3).reshape(*x.shape))
                return x + self.feed(x)

        class GPT(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.tokens = nn.Embedding(_VOCABULARY, width)
                self.places = nn.Embedding(tokens, width)
                self.blocks = nn.Sequential(*[Block() for _ in range(_BLOCKS)])
                self.end = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, _VOCABULARY, bias=False))

            def forward(self, text: Any) -> Any:
                return self.end(self.blocks(self.tokens(text) + self.places(places)))

        net = GPT()
        start_alike(lib, net)
        places = lib.tensor(np.arange(tokens))
        text = np.random.default_rng(1).integers(_VOCABULARY, size=(samples, tokens + 1))

        def loss_of(given: Any, following: Any) -> Any:
            return nn.functional.cross_entropy(net(given).reshape(-1, _VOCABULARY), following.reshape(-1))

        return training(lib, net, loss_of, (lib.tensor(text[:, :-1]), lib.tensor(text[:, 1:])), lib.optim.AdamW)

    return build
