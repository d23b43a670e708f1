"""A perceptron, which is a single layer, reads handwritten digits.

Expected: more than 93 % of the 719 held-out digits are read right. The picture shows the weights of each output: where
ink speaks for the digit (dark) and against it (light).
"""

from collections.abc import Sequence

import numpy as np
from example import Run, digits, images

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, Dense
from tinygrad_fs.deep_learning.loss_functions import SquareLoss
from tinygrad_fs.deep_learning.optimizers import StochasticGradientDescent


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, test, and draw the weights."""
    run = Run(__file__, __doc__, steps=200, arguments=arguments)
    train_pixels, test_pixels, train_labels, test_labels = digits(flat=True)

    network = NeuralNetwork(StochasticGradientDescent(learning_rate=0.02), SquareLoss)
    network.add(Dense(10, input_shape=(64,)))
    network.add(Activation("sigmoid"))
    network.fit(train_pixels, np.eye(10)[train_labels], n_epochs=run.steps, batch_size=32)
    accuracy = np.mean(network.predict(test_pixels).argmax(axis=1) == test_labels)

    weights = network.layers[0].W.T.reshape(10, 8, 8)
    with run.picture() as axes:
        images(axes, 0.5 + weights / (2 * abs(weights).max()), 5, "the weights of 0 to 9")
    return run.result(accuracy=accuracy)


if __name__ == "__main__":
    main()
