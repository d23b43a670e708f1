"""A swarm of networks flies through the space of weights, and what that costs beside gradients.

A particle is a network as one vector, a place in the space of weights. It is drawn to the best place that it has seen,
and to the best that any has seen, and keeps some of its speed. Kennedy and Eberhart 1995, "Particle swarm
optimization". The task: points of three arms that wind around each other.

A swarm learns where to go from where it has been, so it fits where there is no gradient, and where weights are few:
here they are 75, and it takes some 20 times as many evaluations as gradients do. To breed the 1,210 of
`neuroevolution.py` takes some 250 times as many.

Expected: the best network puts more than 95 % of the 300 points into the right arm. Gradients come to 95 % with less
than a tenth of the evaluations that the swarm takes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from example import BLUE, GREY, ORANGE, Run, accuracy, by_gradients, costs, draw_costs
from matplotlib.colors import ListedColormap

import tinygrad_fs as tg
from tinygrad_fs import nn
from tinygrad_fs.nn import functional as F

PARTICLES, INERTIA, OWN, SHARED, FASTEST = 100, 0.8, 0.8, 1.2, 0.5
ENOUGH = 0.95  # accuracy


def arms(count: int) -> tuple[Any, Any]:
    """Points (3 * count, 2) on three arms, and the number of the arm of each."""
    labels = np.repeat(np.arange(3), count)
    radius = np.random.uniform(0.2, 1, labels.size)
    angle = labels * 2 * np.pi / 3 + 4.5 * radius + np.random.normal(0, 0.15, labels.size)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32"), labels


def build() -> nn.Sequential:
    """A network with weights drawn at random."""
    return nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 3))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Let the swarm fly, train another network by gradients, and draw what both cost and what the swarm found."""
    run = Run(__file__, __doc__, steps=150, arguments=arguments)
    points, labels = arms(100)
    model = build()

    def move_to(place: Any) -> None:
        nn.utils.vector_to_parameters(tg.Tensor(place), model.parameters())

    def loss_at(place: Any) -> float:
        move_to(place)
        with tg.no_grad():
            return float(F.cross_entropy(model(points), labels))

    with tg.no_grad():
        places = np.array([nn.utils.parameters_to_vector(build().parameters()).numpy() for _ in range(PARTICLES)])
    speeds = np.zeros_like(places)
    best_places, best_losses = places.copy(), np.full(PARTICLES, np.inf)

    for step in run:
        losses = np.array([loss_at(place) for place in places])
        better = losses < best_losses
        best_places[better], best_losses[better] = places[better], losses[better]
        best = best_places[best_losses.argmin()]
        move_to(best)
        run.note(evaluations=(step + 1) * PARTICLES, loss=best_losses.min(), accuracy=accuracy(model, points, labels))

        own, shared = np.random.random((2, PARTICLES, 1))
        speeds = INERTIA * speeds + OWN * own * (best_places - places) + SHARED * shared * (best - places)
        speeds = speeds.clip(-FASTEST, FASTEST)
        places = places + speeds

    gradients = by_gradients(build(), (points, labels), (points, labels))
    grid = np.stack(np.meshgrid(np.linspace(-1.1, 1.1, 120), np.linspace(-1.1, 1.1, 120)), axis=-1)
    with tg.no_grad():
        regions = model(grid.reshape(-1, 2).astype("float32")).argmax(axis=1).numpy().reshape(120, 120)
    with run.picture(1, 2) as (left, right):
        draw_costs(left, ENOUGH, {"the best of the swarm": run.history, "by gradients": gradients})
        colors = ListedColormap([BLUE, ORANGE, GREY])
        right.imshow(regions, extent=(-1.1, 1.1, -1.1, 1.1), origin="lower", cmap=colors, alpha=0.35)
        right.scatter(*points.T, c=labels, cmap=colors, s=8)
        right.set_axis_off()
    return run.result(**costs(ENOUGH, run.history, gradients))


if __name__ == "__main__":
    main()
