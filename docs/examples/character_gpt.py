"""A small GPT learns to write like Python's manual, letter by letter.

It sees 64 letters, and says for each of them which one comes next. The text is what `help("for")` and the like print.

Expected: a held-out letter costs less than 1.65 nats (to a model that knows no more than how often each letter occurs:
3.2), and what it writes is mostly words, laid out and quoted as in the manual, if it makes no sense.
"""

import textwrap
from collections.abc import Sequence

import numpy as np
from example import ORANGE, Run, curve, prose

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.nn import functional as F

CONTEXT, WIDTH, HEADS, BLOCKS, BATCH = 64, 64, 4, 2, 16


class Block(nn.Module):
    """Attention to the letters before, then a network for each letter, both added to what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.Linear(WIDTH, 3 * WIDTH)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.network = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        """From (samples, letters, WIDTH) to the same shape."""
        samples, letters, _ = x.shape
        parts = self.attention(self.norm1(x)).reshape(samples, letters, 3, HEADS, -1)
        query, key, value = parts.transpose(2, 0, 3, 1, 4)  # each (samples, HEADS, letters, WIDTH / HEADS)
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.mix(seen.swapaxes(1, 2).reshape(samples, letters, WIDTH))
        thought: tg.Tensor = self.network(self.norm2(x))
        return x + thought


class GPT(nn.Module):
    """Letters and their places, some blocks, and a guess for each place."""

    def __init__(self, letters: int) -> None:
        super().__init__()
        self.letter, self.place = nn.Embedding(letters, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.norm, self.next = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, letters)

    def forward(self, letters: np.ndarray) -> tg.Tensor:
        """Logits (samples, n, letters) of the next letter after each of (samples, n)."""
        x = self.letter(letters) + self.place(np.arange(letters.shape[1]))
        logits: tg.Tensor = self.next(self.norm(self.blocks(x)))
        return logits

    def write(self, start: list[int], length: int) -> list[int]:
        """Go on from `start`: each letter is drawn as the model finds it likely."""
        written = list(start)
        with tg.no_grad():
            for _ in range(length):
                chances = tg.softmax(self(np.array([written[-CONTEXT:]]))[0, -1] / 0.7, axis=-1).numpy()
                written.append(int((tg.rand(1).numpy() > chances.cumsum()).sum().clip(max=len(chances) - 1)))
        return written


def loss_of(model: GPT, text: np.ndarray, batch: int) -> tg.Tensor:
    """The loss on pieces of the text drawn at random."""
    starts = tg.randint(0, len(text) - CONTEXT, (batch, 1)).numpy()
    pieces = text[starts + np.arange(CONTEXT + 1)]
    logits = model(pieces[:, :-1])
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), pieces[:, 1:].reshape(-1))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, test on the last tenth of the text, and let the model write."""
    run = Run(__file__, __doc__, steps=2000, arguments=arguments)
    letters, text = np.unique(list(prose()), return_inverse=True)
    known, held_out = np.split(text, [int(0.9 * len(text))])
    model = GPT(len(letters))
    optimizer = optim.AdamW(model.parameters(), weight_decay=0.1)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.006, total_steps=run.steps, pct_start=0.1)

    for _ in run:
        optimizer.zero_grad()
        loss = loss_of(model, known, BATCH)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        run.note(loss=loss)

    with tg.no_grad():
        tested = loss_of(model, held_out, 200)
    start = np.searchsorted(letters, list("The for"))
    written = "".join(letters[model.write(list(start), min(run.steps, 700))])
    print(written)

    with run.picture(1, 2, size=(9, 3.4)) as (left, right):
        curve(left, run.history["loss"], "nats per letter")
        left.axhline(tested.item(), color=ORANGE, linestyle="--", label="held out, after training")
        left.legend(frameon=False)
        lines = "\n".join(textwrap.fill(line, 60) for line in written.splitlines())
        right.text(0, 1, lines, family="monospace", fontsize=8, va="top", parse_math=False, in_layout=False)
        right.set_title("what it writes, after 'The for'", fontsize=9)
        right.set_axis_off()
    return run.result(nats_per_letter=tested)


if __name__ == "__main__":
    main()
