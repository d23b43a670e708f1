"""A convolutional generator and a convolutional discriminator play against each other, layer by layer.

The game goes round and round rather than come to rest, so the digits are made by an average of the generator over its
last steps.

Expected: no loss is ever nan, all ten digits occur among 1,000 made ones, and they are at most 1.25 times as far from
the nearest real digit as digits which are real themselves. (Each pixel drawn by itself, from any real digit: 2 times.)
"""

import copy
from collections.abc import Sequence

import numpy as np
from example import Run, digits, draw_adversaries, likeness

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Reshape,
    UpSampling2D,
)
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam

NOISE, HALF = 16, 16
REAL, MADE = np.tile([1.0, 0.0], (HALF, 1)), np.tile([0.0, 1.0], (HALF, 1))
ARRAYS = ("W", "w0", "gamma", "beta", "running_mean", "running_var")


def build_generator(optimizer: Adam) -> NeuralNetwork:
    """From noise to an image of 8 x 8 pixels from -1 to 1, by way of 2 x 2 and 4 x 4."""
    network = NeuralNetwork(optimizer, CrossEntropy)
    network.add(Dense(32 * 2 * 2, input_shape=(NOISE,)))
    network.add(Activation("leaky_relu"))
    network.add(BatchNormalization(momentum=0.8))
    network.add(Reshape((32, 2, 2)))
    for filters in (16, 8):
        network.add(UpSampling2D())
        network.add(Conv2D(filters, filter_shape=(3, 3)))
        network.add(Activation("leaky_relu"))
        network.add(BatchNormalization(momentum=0.8))
    network.add(Conv2D(1, filter_shape=(3, 3)))
    network.add(Activation("tanh"))
    return network


def build_discriminator(optimizer: Adam) -> NeuralNetwork:
    """From an image to two probabilities: real, and made."""
    network = NeuralNetwork(optimizer, CrossEntropy)
    network.add(Conv2D(16, filter_shape=(3, 3), stride=2, input_shape=(1, 8, 8)))
    network.add(Activation("leaky_relu"))
    network.add(Conv2D(32, filter_shape=(3, 3), stride=2))
    network.add(Activation("leaky_relu"))
    network.add(Flatten())
    network.add(Dense(64))
    network.add(Activation("leaky_relu"))
    network.add(Dense(2))
    network.add(Activation("softmax"))
    return network


def follow(averaged: NeuralNetwork, network: NeuralNetwork, part: float = 0.005) -> None:
    """Take the arrays of an average a small part of the way to those of the network."""
    for mean, layer in zip(averaged.layers, network.layers):
        for name in ARRAYS:
            if hasattr(layer, name):
                setattr(mean, name, (1 - part) * getattr(mean, name) + part * getattr(layer, name))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train both by turns, and draw what the generator makes."""
    run = Run(__file__, __doc__, steps=3000, arguments=arguments)
    pixels, *_ = digits()
    optimizer = Adam(0.002, b1=0.5)
    generator, discriminator = build_generator(optimizer), build_discriminator(optimizer)
    combined = NeuralNetwork(optimizer, CrossEntropy)
    combined.layers.extend(generator.layers)
    combined.layers.extend(discriminator.layers)

    for step in run:
        discriminator.set_trainable(True)
        real = pixels[np.random.randint(0, len(pixels), HALF)] * 2 - 1
        made = generator.predict(np.random.standard_normal((HALF, NOISE)))
        loss_real, _ = discriminator.train_on_batch(real, REAL)
        loss_made, _ = discriminator.train_on_batch(made, MADE)

        discriminator.set_trainable(False)
        noise = np.random.standard_normal((2 * HALF, NOISE))
        loss, _ = combined.train_on_batch(noise, np.tile(REAL, (2, 1)))
        if step == 0:
            averaged = copy.deepcopy(generator)
        follow(averaged, generator)
        run.note(discriminator=(loss_real + loss_made) / 2, generator=loss)

    made = (averaged.predict(np.random.standard_normal((1000, NOISE))) + 1) / 2
    distance, kinds = likeness(made.reshape(-1, 64))
    draw_adversaries(run, made)
    losses = np.array([*run.history["discriminator"], *run.history["generator"]])
    return run.result(distance=distance, kinds=kinds, nans=np.isnan(losses).sum())


if __name__ == "__main__":
    main()
