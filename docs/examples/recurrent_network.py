"""A recurrent network goes on with multiplication series: after 3, 6, 9 it says 12.

One number does not tell the series: 12 stands in those of 2, 3, 4 and 6. The network has to remember how it began. The
loop over the steps is an ordinary one, and the gradient goes back through all of it.

Expected: every next number is right.
"""

from collections.abc import Sequence

import numpy as np
from example import Run, curve, multiplication_series

import tinygrad_fs as tg
from tinygrad_fs import nn, optim


class Continue(nn.Module):
    """Reads numbers from 0 to 60, and says after each which one comes next."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.numbers = nn.Embedding(61, units)
        self.cell = nn.RNNCell(units, units)
        self.next = nn.Linear(units, 61)

    def forward(self, series: np.ndarray) -> tg.Tensor:
        """Logits (samples, steps, 61) of whole numbers (samples, steps)."""
        state, states = None, []
        for numbers in series.T:
            state = self.cell(self.numbers(numbers), state)
            states.append(state)
        logits: tg.Tensor = self.next(tg.stack(states, axis=1))
        return logits


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, and let the network go on with each series."""
    run = Run(__file__, __doc__, steps=600, arguments=arguments)
    model = Continue(units=16)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    for _ in run:
        series, following = multiplication_series(64)
        optimizer.zero_grad()
        loss = tg.cross_entropy(model(series).reshape(-1, 61), following.reshape(-1))
        loss.backward()
        optimizer.step()
        run.note(loss=loss)

    series, following = multiplication_series(1000)
    with tg.no_grad():
        answers = model(series).argmax(axis=2).numpy()
    for start in np.unique(series[:, 0]):
        shown = answers[series[:, 0] == start][0]
        print(f"{start}, and then: {', '.join(map(str, shown[:-1]))}")

    with run.picture() as axes:
        curve(axes, run.history["loss"], "cross-entropy")
        axes.set(yscale="log")
    return run.result(accuracy=np.mean(answers == following))


if __name__ == "__main__":
    main()
