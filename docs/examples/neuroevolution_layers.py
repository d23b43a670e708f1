"""Networks that read digits are bred instead of trained: no gradient is ever computed.

In each generation the best two fifths live on, and their children take the place of the rest: a child is a cross of two
of them, unit by unit, with a little noise in a few of its weights. The fitness is one over the loss.

Expected: the best of the last generation reads more than 85 % of the 719 held-out digits.
"""

import copy
from collections.abc import Sequence

import numpy as np
from example import Run, curve, digits

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam

POPULATION, PARENTS = 50, 20
RATE, NOISE = 0.05, 0.3  # how many weights of a child change, and by how much


def individual() -> NeuralNetwork:
    """A network with weights drawn at random; the optimizer is never asked."""
    network = NeuralNetwork(Adam(), CrossEntropy)
    network.add(Dense(16, input_shape=(64,)))
    network.add(Activation("relu"))
    network.add(Dense(10))
    network.add(Activation("softmax"))
    return network


def child_of(one: NeuralNetwork, other: NeuralNetwork) -> NeuralNetwork:
    """Half of the units of one parent, half of the other, and mutations."""
    child = copy.deepcopy(one)
    for layer, theirs in zip(child.layers, other.layers):
        if hasattr(layer, "W"):
            units = np.random.random(layer.W.shape[1]) < 0.5
            layer.W[:, units], layer.w0[:, units] = theirs.W[:, units], theirs.w0[:, units]
            for weights in (layer.W, layer.w0):
                weights += NOISE * np.random.standard_normal(weights.shape) * (np.random.random(weights.shape) < RATE)
    return child


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Breed, and test the best."""
    run = Run(__file__, __doc__, steps=600, arguments=arguments)
    train_pixels, test_pixels, train_labels, test_labels = digits(flat=True)
    answers = np.eye(10)[train_labels]
    population = [individual() for _ in range(POPULATION)]

    for _ in run:  # a generation
        scores = [network.test_on_batch(train_pixels, answers) for network in population]
        order = np.argsort([loss for loss, _ in scores])
        run.note(fitness=1 / scores[order[0]][0], accuracy=scores[order[0]][1])
        parents = [population[i] for i in order[:PARENTS]]
        fitness = np.array([1 / scores[i][0] for i in order[:PARENTS]])
        pairs = np.random.choice(PARENTS, (POPULATION - PARENTS, 2), p=fitness / fitness.sum())
        population = parents + [child_of(parents[i], parents[j]) for i, j in pairs]

    best = population[0]
    accuracy = np.mean(best.predict(test_pixels).argmax(axis=1) == test_labels)
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["fitness"], "fitness of the best")
        curve(right, run.history["accuracy"], "share of training digits that it reads")
        left.set(xlabel="generation")
        right.set(xlabel="generation")
    return run.result(accuracy=accuracy)


if __name__ == "__main__":
    main()
