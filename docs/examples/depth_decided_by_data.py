"""A network that goes on thinking until nothing changes: it finds what can be reached in a maze.

One small convolution is applied again and again, `while` the picture still changes, so a long way makes a deep network
and a short one a shallow network. The gradient goes back through as many steps as there were.

Expected: trained on mazes of 8 x 8, it marks every single field rightly in more than 95 % of mazes of 24 x 24, and
takes more than three times as many steps for the deepest of them as in training on average.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from example import BLUE, ORANGE, Run, curve, images
from matplotlib.colors import ListedColormap

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.nn import functional as F


def mazes(count: int, size: int) -> tuple[Any, Any]:
    """Open fields and the start, (count, 2, size, size), and what can be reached from there, (count, size, size)."""
    free = np.random.random((count, size, size)) < 0.65
    start = np.zeros_like(free)
    start[:, size // 2, size // 2] = free[:, size // 2, size // 2] = True
    reached = start
    for _ in range(size * size):
        around = np.pad(reached, ((0, 0), (1, 1), (1, 1)))
        grown = around[:, 2:, 1:-1] | around[:, :-2, 1:-1] | around[:, 1:-1, 2:] | around[:, 1:-1, :-2] | reached
        grown &= free
        if (grown == reached).all():
            break
        reached = grown
    return np.stack([free, start], axis=1).astype("float32"), reached.astype("float32")


class Explorer(nn.Module):
    """A picture of what has been reached, redrawn from itself and the maze until it stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 16, 3, padding=1)
        self.decide = nn.Conv2d(16, 1, 1)

    def forward(self, maze: Any, most: int) -> tuple[tg.Tensor, int]:
        """Logits (mazes, size, size) of being reached, and after how many steps, `most` at most."""
        reached, change, depth = tg.zeros_like(maze[:, :1]), 1.0, 0
        while change > 0.05 and depth < most:
            logits = self.decide(F.relu(self.look(tg.concatenate([maze, reached], axis=1))))
            before, reached = reached, tg.sigmoid(logits)
            change = abs(reached.numpy() - before.numpy()).max()
            depth += 1
        return logits[:, 0], depth


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train on small mazes, test on large ones, and draw some with the steps that they took."""
    run = Run(__file__, __doc__, steps=800, arguments=arguments)
    model = Explorer()
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    for _ in run:
        maze, truth = mazes(16, 8)
        optimizer.zero_grad()
        logits, depth = model(maze, most=30)
        loss = F.binary_cross_entropy_with_logits(logits, truth)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        run.note(loss=loss, depth=depth)

    answers = []
    with tg.no_grad():
        for _ in range(50):
            maze, truth = mazes(1, 24)
            logits, depth = model(maze, most=400)
            answers.append((maze[0, 0], truth[0], logits.numpy()[0] > 0, depth))
    right = np.mean([(answer == truth).all() for _, truth, answer, _ in answers])
    depths = [depth for *_, depth in answers]

    maze, _, answer, deepest = max(answers, key=lambda each: each[3])
    with run.picture(1, 3, size=(9, 3)) as (left, middle, last):
        curve(left, run.history["loss"], "cross-entropy")
        left.set(yscale="log")
        middle.hist(depths, bins=20, color=BLUE)
        middle.set(xlabel="steps until nothing changes", ylabel="mazes of 24 x 24")
        colors = ListedColormap(["#404040", "white", ORANGE])
        images(last, [(maze + answer) / 2], 1, f"{deepest} steps, from the middle", cmap=colors)
    in_training = np.mean(run.history["depth"][-100:])
    return run.result(share_of_mazes_right=right, steps_in_training=in_training, steps_at_most=deepest)


if __name__ == "__main__":
    main()
