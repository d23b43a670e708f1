"""An autoencoder squeezes digits of 64 pixels into 8 numbers and unfolds them again, layer by layer.

Expected: the error on held-out digits is below that of the best linear way, the first 8 principal components.
"""

from collections.abc import Sequence

import numpy as np
from example import Run, curve, digits, error_of_principal_components, images

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import Activation, BatchNormalization, Dense
from tinygrad_fs.deep_learning.loss_functions import SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam

CODE = 8


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train encoder and decoder as one network, and compare with principal components."""
    run = Run(__file__, __doc__, steps=200, arguments=arguments)
    train_pixels, test_pixels, _, _ = digits(flat=True)

    optimizer = Adam(0.002, b1=0.5)
    encoder, decoder = NeuralNetwork(optimizer, SquareLoss), NeuralNetwork(optimizer, SquareLoss)
    encoder.add(Dense(128, input_shape=(64,)))
    encoder.add(Activation("leaky_relu"))
    encoder.add(BatchNormalization(momentum=0.8))
    encoder.add(Dense(64))
    encoder.add(Activation("leaky_relu"))
    encoder.add(BatchNormalization(momentum=0.8))
    encoder.add(Dense(CODE))
    decoder.add(Dense(64, input_shape=(CODE,)))
    decoder.add(Activation("leaky_relu"))
    decoder.add(BatchNormalization(momentum=0.8))
    decoder.add(Dense(128))
    decoder.add(Activation("leaky_relu"))
    decoder.add(BatchNormalization(momentum=0.8))
    decoder.add(Dense(64))
    decoder.add(Activation("sigmoid"))

    autoencoder = NeuralNetwork(optimizer, SquareLoss)
    autoencoder.layers.extend(encoder.layers)
    autoencoder.layers.extend(decoder.layers)
    autoencoder.summary("Autoencoder")
    errors, _ = autoencoder.fit(train_pixels, train_pixels, n_epochs=run.steps, batch_size=64)

    unfolded = decoder.predict(encoder.predict(test_pixels))
    error = np.mean((unfolded - test_pixels) ** 2)
    with run.picture(1, 2) as (left, right):
        curve(left, errors, "half the squared error")
        left.set(xlabel="epoch", yscale="log")
        pairs = np.concatenate([test_pixels[:10], unfolded[:10]]).reshape(-1, 8, 8)
        images(right, pairs, 10, f"held out, and through {CODE} numbers")
    return run.result(error=error, linear=error_of_principal_components(train_pixels, test_pixels, CODE))


if __name__ == "__main__":
    main()
