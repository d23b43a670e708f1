"""The comparison that the command line shows: the convolutional network of the layer-based API on digits."""

from __future__ import annotations

import numpy as np

from tinygrad_fs.compare import Comparison, side_by_side
from tinygrad_fs.compare.isolation.randomness import preserved, replay
from tinygrad_fs.data import digits
from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam

__all__ = ["digits_comparison", "digits_network"]


def digits_network() -> NeuralNetwork:
    """The network: two convolutions and two dense layers, 538,570 parameters."""
    network = NeuralNetwork(Adam(), CrossEntropy)
    network.add(Conv2D(16, (3, 3), input_shape=(1, 8, 8), padding="same", stride=1))
    network.add(Activation("relu"))
    network.add(Dropout(0.25))
    network.add(BatchNormalization())
    network.add(Conv2D(32, (3, 3), padding="same", stride=1))
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
    return network


def digits_comparison(seed: int = 0, steps: int = 20, batch_size: int = 64) -> Comparison:
    """Both ways of backprop through that network, in double precision, with pixels from 0 to 16."""
    images, labels = digits(scaled=False, dtype="float64")
    with preserved():
        replay(seed)
        return side_by_side(digits_network(), images, np.eye(10)[labels], steps=steps, batch_size=batch_size)
