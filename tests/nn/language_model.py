"""An LSTM learns a text: ``python tests/nn/language_model.py`` shows what it says meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from proof_networks import TEXT, char_lstm, passages, predicted

import tinygrad_fs as tg
from tinygrad_fs import nn, optim

__all__ = ["GOAL", "STEPS", "loss_on_the_text", "training"]

GOAL = 1.5
"""Nats per character, to be reached after so many steps."""
STEPS = 65


def training() -> Iterator[tuple[nn.Module, float]]:
    """Steps of a training that goes on as long as it is asked: the model, and the loss of the batch before the step."""
    tg.manual_seed(0)
    rng = np.random.default_rng(0)
    model = char_lstm(tg, hidden=128, layers=1)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    while True:
        optimizer.zero_grad()
        loss, _ = predicted(tg, model, *passages(rng, 16, 64))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        yield model, loss.item()


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


def main() -> None:
    for step, (model, _) in enumerate(training(), 1):
        if step % STEPS == 0:
            print(f"step {step}: {loss_on_the_text(model):.3f} nats per character: {continued(model, 'We hold ', 60)}")
        if step == 4 * STEPS:
            return


if __name__ == "__main__":
    main()
