"""A convolutional network reads handwritten digits, layer by layer.

Expected: more than 98 % of the 719 held-out digits are read right.
"""

from collections.abc import Sequence

import numpy as np
from example import ORANGE, Run, curve, digits, images

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, test, and draw what was read wrong."""
    run = Run(__file__, __doc__, steps=50, arguments=arguments)
    train_images, test_images, train_labels, test_labels = digits()
    train_answers, test_answers = np.eye(10)[train_labels], np.eye(10)[test_labels]

    network = NeuralNetwork(Adam(), CrossEntropy, validation_data=(test_images, test_answers))
    network.add(Conv2D(16, filter_shape=(3, 3), stride=1, input_shape=(1, 8, 8), padding="same"))
    network.add(Activation("relu"))
    network.add(Dropout(0.25))
    network.add(BatchNormalization())
    network.add(Conv2D(32, filter_shape=(3, 3), stride=1, padding="same"))
    network.add(Activation("relu"))
    network.add(Dropout(0.25))
    network.add(BatchNormalization())
    network.add(Flatten())
    network.add(Dense(256))
    network.add(Activation("relu"))
    network.add(Dropout(0.4))
    network.add(BatchNormalization())
    network.add(Dense(10))
    network.add(Activation("softmax"))
    network.summary("Convolutional network")

    training, validation = network.fit(train_images, train_answers, n_epochs=run.steps, batch_size=256)
    wrong = network.predict(test_images).argmax(axis=1) != test_labels

    with run.picture(1, 2) as (left, right):
        curve(left, training, "training")
        curve(left, validation, "held out", color=ORANGE)
        left.set(xlabel="epoch", ylabel="cross-entropy", yscale="log")
        left.legend(frameon=False)
        images(right, test_images[wrong][:16, 0], 8, f"read wrong: {wrong.sum()} of {wrong.size}")
    return run.result(accuracy=1 - wrong.mean())


if __name__ == "__main__":
    main()
