"""A network in the shape of a sentence: it learns what `(true xor false) and not false` comes to.

A formula is a tree, and every tree makes a graph of its own: each word is a small network that turns the vectors of its
parts into one, by plain recursion. Only the truth of whole formulas is ever told, never that of a part. Pollack 1990,
"Recursive distributed representations"; Socher et al. 2011, "Parsing natural scenes and natural language with recursive
neural networks".

Expected: trained on formulas of depth 4 at most, it judges more than 99 % of those of depth 8 rightly.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from example import Run, curve

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.nn import functional as F

Formula = Any  # True, False, or (word, formula, formula)
WORDS: dict[str, Callable[[bool, bool], bool]] = {
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "only": lambda a, b: a and not b,
}
WIDTH, TRAINED, TESTED = 16, 4, 8


def formula(depth: int) -> Formula:
    """A formula drawn at random, of this depth; one of its two sides may be less deep."""
    if depth == 0:
        return bool(np.random.randint(2))
    sides = [formula(depth - 1), formula(np.random.randint(depth))]
    return (np.random.choice(list(WORDS)), *(sides if np.random.randint(2) else sides[::-1]))


def truth(formula: Formula) -> bool:
    """What it comes to."""
    if isinstance(formula, bool):
        return formula
    word, left, right = formula
    return WORDS[word](truth(left), truth(right))


class TreeNetwork(nn.Module):
    """A vector for true, one for false, and a layer for each word."""

    def __init__(self) -> None:
        super().__init__()
        self.values = nn.Embedding(2, WIDTH)
        self.words = nn.ModuleDict({word: nn.Linear(2 * WIDTH, WIDTH) for word in WORDS})
        self.judge = nn.Linear(WIDTH, 1)

    def vector(self, formula: Formula) -> tg.Tensor:
        """The meaning of a formula, (WIDTH,)."""
        if isinstance(formula, bool):
            return self.values.weight[int(formula)]
        word, left, right = formula
        parts = tg.concatenate([self.vector(left), self.vector(right)])
        return tg.tanh(self.words[word](parts))

    def forward(self, formulas: list[Formula]) -> tg.Tensor:
        """Logits (formulas,) of being true."""
        logits: tg.Tensor = self.judge(tg.stack([self.vector(each) for each in formulas]))
        return logits[:, 0]


def accuracy(model: TreeNetwork, depth: int, count: int = 60) -> float:
    """The share of formulas of a depth that are judged rightly."""
    formulas = [formula(depth) for _ in range(count)]
    with tg.no_grad():
        return float(np.mean((model(formulas).numpy() > 0) == [truth(each) for each in formulas]))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train on small formulas, and test on larger ones."""
    run = Run(__file__, __doc__, steps=1000, arguments=arguments)
    model = TreeNetwork()
    optimizer = optim.Adam(model.parameters(), lr=0.005)

    for _ in run:
        formulas = [formula(np.random.randint(1, TRAINED + 1)) for _ in range(24)]
        truths = np.array([truth(each) for each in formulas], "float32")
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(formulas), truths)
        loss.backward()
        optimizer.step()
        run.note(loss=loss)

    depths = range(1, TESTED + 1)
    shares = [accuracy(model, depth) for depth in depths]
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["loss"], "cross-entropy")
        left.set(yscale="log")
        right.plot(depths, shares, "o-")
        right.axvspan(0.5, TRAINED + 0.5, alpha=0.1, label="trained on")
        right.set(xlabel="depth of the formula", ylabel="share judged rightly", ylim=(0.4, 1.02))
        right.legend(frameon=False, loc="lower right")
    return run.result(share_right_at_depth_4=shares[TRAINED - 1], share_right_at_depth_8=shares[TESTED - 1])


if __name__ == "__main__":
    main()
