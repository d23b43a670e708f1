"""Networks that read digits are bred instead of trained, and what that costs beside gradients.

A genome is the `state_dict` of a network. In each generation the best two fifths live on, and their children take the
place of the rest: a child is a cross of two of them, unit by unit, with a little noise in a few of its weights.

To evaluate a network says how good it is, and nothing of how to make it better. The gradient, at the price of two more
evaluations, says for each of the 1,210 weights which way to go. So the picture has a network of the same shape beside
the best one bred, trained by gradients.

Expected: the best of the last generation reads more than 85 % of the 719 held-out digits. Gradients come to 85 % with
less than a hundredth of the evaluations that breeding takes.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from example import Run, accuracy, by_gradients, costs, digits, draw_costs

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.nn import functional as F

POPULATION, PARENTS, ENOUGH = 50, 20, 0.85
RATE, NOISE = 0.05, 0.3  # how many weights of a child change, and by how much
LAYERS = ("0.weight", "0.bias"), ("2.weight", "2.bias")


def build() -> nn.Sequential:
    """A network with weights drawn at random."""
    return nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))


def child_of(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Half of the units of one parent, half of the other, and mutations. A unit is a row of a layer's parameters."""
    child = copy.deepcopy(one)
    for names in LAYERS:
        units = np.random.random(len(child[names[1]])) < 0.5
        for name in names:
            child[name][units] = other[name][units]
            shape = child[name].shape
            child[name] += NOISE * np.random.standard_normal(shape) * (np.random.random(shape) < RATE)
    return child


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Breed, train another network by gradients, and draw what both cost."""
    run = Run(__file__, __doc__, steps=600, arguments=arguments)
    train_pixels, test_pixels, train_labels, test_labels = digits(flat=True)
    model = build()

    def loss_of(genome: dict[str, Any]) -> float:
        model.load_state_dict(genome)
        with tg.no_grad():
            return float(F.cross_entropy(model(train_pixels), train_labels))

    parents: list[dict[str, Any]] = []
    losses: list[float] = []
    children = [build().state_dict() for _ in range(POPULATION)]
    count = 0
    for _ in run:  # a generation
        population, losses = parents + children, losses + [loss_of(child) for child in children]
        order = np.argsort(losses)[:PARENTS]
        parents, losses = [population[i] for i in order], [losses[i] for i in order]
        count += len(children)
        model.load_state_dict(parents[0])
        run.note(evaluations=count, loss=losses[0], accuracy=accuracy(model, test_pixels, test_labels))

        fitness = 1 / np.array(losses)
        pairs = np.random.choice(PARENTS, (POPULATION - PARENTS, 2), p=fitness / fitness.sum())
        children = [child_of(parents[i], parents[j]) for i, j in pairs]

    gradients = by_gradients(build(), (train_pixels, train_labels), (test_pixels, test_labels))
    with run.picture() as axes:
        draw_costs(axes, ENOUGH, {"the best of a generation": run.history, "by gradients": gradients})
    return run.result(**costs(ENOUGH, run.history, gradients))


if __name__ == "__main__":
    main()
