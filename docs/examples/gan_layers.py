"""Two networks play against each other until one of them writes digits, layer by layer.

The generator makes digits of noise; the discriminator tells them from real ones. To train the generator both are
stacked, and the discriminator in the stack is frozen.

Expected: all ten digits occur among 1,000 made ones, and they are at most 1.25 times as far from
the nearest real digit as digits which are real themselves. (Drawn from a normal distribution with the mean and the
covariance of the real ones: 1.5 times.)
"""

from collections.abc import Sequence

import numpy as np
from example import Run, digits, draw_adversaries, likeness

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, BatchNormalization, Dense, Dropout
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam

NOISE, HALF = 32, 64
REAL, MADE = np.tile([1.0, 0.0], (HALF, 1)), np.tile([0.0, 1.0], (HALF, 1))


def build_generator(optimizer: Adam) -> NeuralNetwork:
    """From noise to 64 pixels from -1 to 1."""
    network = NeuralNetwork(optimizer, CrossEntropy)
    network.add(Dense(128, input_shape=(NOISE,)))
    network.add(Activation("leaky_relu"))
    network.add(BatchNormalization(momentum=0.8))
    network.add(Dense(256))
    network.add(Activation("leaky_relu"))
    network.add(BatchNormalization(momentum=0.8))
    network.add(Dense(64))
    network.add(Activation("tanh"))
    return network


def build_discriminator(optimizer: Adam) -> NeuralNetwork:
    """From 64 pixels to two probabilities: real, and made."""
    network = NeuralNetwork(optimizer, CrossEntropy)
    network.add(Dense(256, input_shape=(64,)))
    network.add(Activation("leaky_relu"))
    network.add(Dropout(0.3))
    network.add(Dense(128))
    network.add(Activation("leaky_relu"))
    network.add(Dropout(0.3))
    network.add(Dense(2))
    network.add(Activation("softmax"))
    return network


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train both by turns, and draw what the generator makes."""
    run = Run(__file__, __doc__, steps=4000, arguments=arguments)
    pixels, *_ = digits(flat=True)
    optimizer = Adam(0.0004, b1=0.5)
    generator, discriminator = build_generator(optimizer), build_discriminator(optimizer)
    combined = NeuralNetwork(optimizer, CrossEntropy)
    combined.layers.extend(generator.layers)
    combined.layers.extend(discriminator.layers)

    for _ in run:
        discriminator.set_trainable(True)
        real = pixels[np.random.randint(0, len(pixels), HALF)] * 2 - 1
        made = generator.predict(np.random.standard_normal((HALF, NOISE)))
        loss_real, _ = discriminator.train_on_batch(real, REAL)
        loss_made, _ = discriminator.train_on_batch(made, MADE)

        discriminator.set_trainable(False)
        noise = np.random.standard_normal((2 * HALF, NOISE))
        loss, _ = combined.train_on_batch(noise, np.tile(REAL, (2, 1)))
        run.note(discriminator=(loss_real + loss_made) / 2, generator=loss)

    made = (generator.predict(np.random.standard_normal((1000, NOISE))) + 1) / 2
    distance, kinds = likeness(made)
    draw_adversaries(run, made)
    return run.result(distance=distance, kinds=kinds)


if __name__ == "__main__":
    main()
