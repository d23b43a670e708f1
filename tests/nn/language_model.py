"""Trains an LSTM on the text until it is below 1.5 nats per character: ``python tests/nn/language_model.py``.

It takes about ten seconds; the test suite goes a part of the way.
"""

from __future__ import annotations

import sys

import numpy as np
from proof_networks import TEXT, char_lstm, passages, predicted

import tinygrad_fs as tg
from tinygrad_fs import nn, optim

GOAL = 1.5


def main() -> None:
    tg.manual_seed(0)
    rng = np.random.default_rng(0)
    model = char_lstm(tg, hidden=128, layers=1)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    for step in range(1, 2001):
        optimizer.zero_grad()
        loss, _ = predicted(tg, model, *passages(rng, 32, 64))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 25 == 0:
            whole = loss_on_the_text(model)
            print(f"step {step}: {whole:.3f} nats per character")
            if whole < GOAL:
                print(continued(model, "We hold ", 200))
                return
    sys.exit(f"not below {GOAL} after {step} steps")


@tg.no_grad()
def loss_on_the_text(model: nn.Module) -> float:
    """The mean loss of every character but the first."""
    numbers = np.searchsorted(sorted(set(TEXT)), list(TEXT))
    loss, _ = predicted(tg, model, numbers[None, :-1], numbers[None, 1:])
    return float(loss.item())


@tg.no_grad()
def continued(model: nn.Module, text: str, count: int) -> str:
    """The text, and what the model likes best to follow."""
    symbols = sorted(set(TEXT))
    x, state = tg.tensor([[symbols.index(each) for each in text]]), None
    for _ in range(count):
        output, state = model.lstm(model.embedding(x), state)
        x = model.head(output[:, -1:]).argmax(axis=-1)
        text += symbols[x.item()]
    return text


if __name__ == "__main__":
    main()
