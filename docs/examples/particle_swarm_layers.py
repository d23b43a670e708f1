"""A swarm of networks flies through the space of weights: no gradient is ever computed.

Each particle is a network. It is drawn to the best place that it has seen, and to the best that any has seen, and keeps
some of its speed. The task: points of three arms that wind around each other.

Expected: the best network puts more than 95 % of the 300 points into the right arm.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from example import BLUE, GREY, ORANGE, Run, curve
from matplotlib.colors import ListedColormap

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam

PARTICLES, INERTIA, OWN, SHARED, FASTEST = 100, 0.8, 0.8, 1.2, 0.5


def arms(count: int) -> tuple[Any, Any]:
    """Points (3 * count, 2) on three arms, and the number of the arm of each."""
    labels = np.repeat(np.arange(3), count)
    radius = np.random.uniform(0.2, 1, labels.size)
    angle = labels * 2 * np.pi / 3 + 4.5 * radius + np.random.normal(0, 0.15, labels.size)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), labels


def particle() -> NeuralNetwork:
    """A network with weights drawn at random; the optimizer is never asked."""
    network = NeuralNetwork(Adam(), CrossEntropy)
    network.add(Dense(12, input_shape=(2,)))
    network.add(Activation("tanh"))
    network.add(Dense(3))
    network.add(Activation("softmax"))
    return network


def weights_of(network: NeuralNetwork) -> list[Any]:
    """The arrays of weights, which may be written to."""
    return [weights for layer in network.layers if hasattr(layer, "W") for weights in (layer.W, layer.w0)]


def place_of(network: NeuralNetwork) -> Any:
    """All weights as one vector."""
    return np.concatenate([weights.ravel() for weights in weights_of(network)])


def move_to(network: NeuralNetwork, place: Any) -> None:
    """Write a vector into the weights."""
    for weights in weights_of(network):
        weights[...], place = place[: weights.size].reshape(weights.shape), place[weights.size :]


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Let the swarm fly, and draw where the best network puts each point of the plane."""
    run = Run(__file__, __doc__, steps=150, arguments=arguments)
    points, labels = arms(100)
    answers = np.eye(3)[labels]
    swarm = [particle() for _ in range(PARTICLES)]
    places = np.array([place_of(network) for network in swarm])
    speeds = np.zeros_like(places)
    best_places, best_losses = places.copy(), np.full(PARTICLES, np.inf)

    for _ in run:
        losses = np.array([network.test_on_batch(points, answers)[0] for network in swarm])
        better = losses < best_losses
        best_places[better], best_losses[better] = places[better], losses[better]
        best = best_places[best_losses.argmin()]
        run.note(loss=best_losses.min(), mean=losses.mean())

        own, shared = np.random.random((2, PARTICLES, 1))
        speeds = INERTIA * speeds + OWN * own * (best_places - places) + SHARED * shared * (best - places)
        speeds = speeds.clip(-FASTEST, FASTEST)
        places = places + speeds
        for network, place in zip(swarm, places):
            move_to(network, place)

    move_to(swarm[0], best)
    _, accuracy = swarm[0].test_on_batch(points, answers)
    grid = np.stack(np.meshgrid(np.linspace(-1.1, 1.1, 120), np.linspace(-1.1, 1.1, 120)), axis=-1)
    regions = swarm[0].predict(grid.reshape(-1, 2)).argmax(axis=1).reshape(120, 120)
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["loss"], "cross-entropy")
        colors = ListedColormap([BLUE, ORANGE, GREY])
        right.imshow(regions, extent=(-1.1, 1.1, -1.1, 1.1), origin="lower", cmap=colors, alpha=0.35)
        right.scatter(*points.T, c=labels, cmap=colors, s=8)
        right.set_axis_off()
    return run.result(accuracy=accuracy)


if __name__ == "__main__":
    main()
