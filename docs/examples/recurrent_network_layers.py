"""A recurrent network goes on with multiplication series, layer by layer: after 3, 6, 9 it says 12.

One number does not tell the series: 12 stands in those of 2, 3, 4 and 6. The network has to remember how it began.

Expected: every next number is right.
"""

from collections.abc import Sequence

import numpy as np
from example import Run, curve, multiplication_series

from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import RNN, Activation
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
from tinygrad_fs.deep_learning.optimizers import Adam


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, and let the network go on with each series."""
    run = Run(__file__, __doc__, steps=500, arguments=arguments)
    series, following = multiplication_series(1000)
    X, y = np.eye(61)[series], np.eye(61)[following]

    network = NeuralNetwork(Adam(0.005), CrossEntropy)
    network.add(RNN(10, activation="tanh", bptt_trunc=5, input_shape=(10, 61)))
    network.add(Activation("softmax"))
    network.summary("Recurrent network")
    errors, _ = network.fit(X, y, n_epochs=run.steps, batch_size=512)

    answers = network.predict(X).argmax(axis=2)
    for start in np.unique(series[:, 0]):
        shown = answers[series[:, 0] == start][0]
        print(f"{start}, and then: {', '.join(map(str, shown[:-1]))}")

    with run.picture() as axes:
        curve(axes, errors, "cross-entropy")
        axes.set(xlabel="epoch", yscale="log")
    return run.result(accuracy=np.mean(answers == following))


if __name__ == "__main__":
    main()
