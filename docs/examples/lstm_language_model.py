"""An LSTM learns which word comes next in Python's manual.

A batch goes on where the batch before it stopped: the state of the LSTM is handed over, without its history.

Expected: the perplexity of held-out words is less than half of that of a model which knows no more than how often each
word occurs (as many words as it hesitates between, on average).
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from example import GREY, ORANGE, Run, curve, prose

import tinygrad_fs as tg
from tinygrad_fs import nn, optim

WORDS, WIDTH, ROWS, LENGTH = 1000, 64, 16, 24


class LanguageModel(nn.Module):
    """Word vectors, an LSTM, and the same vectors to say what comes next."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        nn.init.normal_(self.words.weight, std=0.1)
        self.dropout = nn.Dropout(0.3)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True)

    def forward(
        self, words: np.ndarray, state: tuple[tg.Tensor, ...] | None
    ) -> tuple[tg.Tensor, tuple[tg.Tensor, ...]]:
        """Logits (rows, steps, WORDS) of the words after (rows, steps), and the state at the end."""
        hidden, state = self.lstm(self.dropout(self.words(words)), state)
        return self.dropout(hidden) @ self.words.weight.T, state


def numbered(text: str) -> np.ndarray:
    """The words of a text as numbers, frequent ones first; 0 is any word that is not frequent enough."""
    words = re.findall(r"\w+|[^\w\s]", text.lower())
    numbers = {word: i for i, (word, _) in enumerate(Counter(words).most_common(WORDS - 1), start=1)}
    return np.array([numbers.get(word, 0) for word in words])


def pieces(words: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The text in ROWS rows, LENGTH words of each at a time, and the words after these."""
    rows = words[: len(words) // ROWS * ROWS].reshape(ROWS, -1)
    for start in range(0, rows.shape[1] - LENGTH, LENGTH):
        yield rows[:, start : start + LENGTH], rows[:, start + 1 : start + LENGTH + 1]


def loss_of(logits: tg.Tensor, following: np.ndarray) -> tg.Tensor:
    """The mean cost of a word, in nats."""
    return tg.cross_entropy(logits.reshape(-1, WORDS), following.reshape(-1))


def perplexity(model: LanguageModel, words: np.ndarray) -> float:
    """Among how many words the model hesitates, on average, while it reads."""
    state, losses = None, []
    with tg.no_grad():
        for piece, following in pieces(words):
            logits, state = model(piece, state)
            losses.append(loss_of(logits, following).item())
    return float(np.exp(np.mean(losses)))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, and measure the perplexity on the last tenth of the text."""
    run = Run(__file__, __doc__, steps=900, arguments=arguments)
    words = numbered(prose())
    known, held_out = np.split(words, [int(0.9 * len(words))])
    frequencies = np.bincount(known, minlength=WORDS) + 1
    by_frequency = np.exp(-np.mean(np.log(frequencies / frequencies.sum())[held_out]))

    model = LanguageModel()
    optimizer = optim.AdamW(model.parameters(), lr=0.004, weight_decay=0.05)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=run.steps)
    text, state = itertools.cycle(pieces(known)), None
    for _ in run:
        piece, following = next(text)
        optimizer.zero_grad()
        logits, state = model(piece, state)
        loss = loss_of(logits, following)
        loss.backward()
        state = tuple(part.detach() for part in state)  # handed over, without its history
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        schedule.step()
        run.note(perplexity=np.exp(loss.item()))

    model.eval()
    tested = perplexity(model, held_out)
    with run.picture() as axes:
        curve(axes, run.history["perplexity"], "perplexity")
        axes.axhline(by_frequency, color=GREY, linestyle="--", label="held out, by frequency alone")
        axes.axhline(tested, color=ORANGE, linestyle="--", label="held out, after training")
        axes.set(yscale="log")
        axes.legend(frameon=False)
    return run.result(perplexity=tested, by_frequency=by_frequency)


if __name__ == "__main__":
    main()
