"""The models of the ten example scripts of the API, in tiny sizes: they build, train some steps, and stay finite."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from networks import network

from tinygrad_fs import data
from tinygrad_fs.deep_learning import NeuralNetwork
from tinygrad_fs.deep_learning.layers import (
    RNN,
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, SquareLoss
from tinygrad_fs.deep_learning.optimizers import Adam

WAYS = ("autograd", "layerwise")


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(0)


@pytest.fixture(params=WAYS)
def backprop(request):
    return request.param


@pytest.fixture(scope="module")
def digits():
    """Images unscaled, from 0 to 16, and one-hot labels, as the scripts have them."""
    images, labels = data.digits(scaled=False, flat=True, dtype="float64")
    return images[:96], np.eye(10)[labels[:96]]


def finite(net):
    arrays = [value for layer in net.layers for value in vars(layer).values() if isinstance(value, np.ndarray)]
    return all(np.isfinite(array).all() for array in arrays)


def test_convolutional_neural_network(digits, backprop):
    X, y = digits
    net = network(
        [
            Conv2D(n_filters=4, filter_shape=(3, 3), stride=1, input_shape=(1, 8, 8), padding="same"),
            Activation("relu"),
            Dropout(0.25),
            BatchNormalization(),
            Conv2D(n_filters=8, filter_shape=(3, 3), stride=1, padding="same"),
            Activation("relu"),
            Dropout(0.25),
            BatchNormalization(),
            Flatten(),
            Dense(32),
            Activation("relu"),
            Dropout(0.4),
            BatchNormalization(),
            Dense(10),
            Activation("softmax"),
        ],
        CrossEntropy,
        Adam(),
        validation_data=(X[64:].reshape((-1, 1, 8, 8)), y[64:]),
        backprop=backprop,
    )
    train_err, val_err = net.fit(X[:64].reshape((-1, 1, 8, 8)), y[:64], n_epochs=10, batch_size=32)
    assert train_err[-1] < train_err[0]
    assert len(val_err) == 10
    assert finite(net)


def test_multilayer_perceptron(digits, backprop):
    X, y = digits
    net = network(
        [
            Dense(32, input_shape=(64,)),
            Activation("leaky_relu"),
            Dense(32),
            Activation("leaky_relu"),
            Dropout(0.25),
            Dense(32),
            Activation("leaky_relu"),
            Dropout(0.25),
            Dense(32),
            Activation("leaky_relu"),
            Dropout(0.25),
            Dense(10),
            Activation("softmax"),
        ],
        CrossEntropy,
        Adam(),
        validation_data=(X, y),
        backprop=backprop,
    )
    train_err, _ = net.fit(X, y, n_epochs=10, batch_size=32)
    assert train_err[-1] < train_err[0]
    assert finite(net)


def test_the_perceptron_of_the_script_has_its_parameters(capsys):
    layers = [Dense(512, input_shape=(64,)), Activation("leaky_relu")]
    for _ in range(3):
        layers += [Dense(512), Activation("leaky_relu"), Dropout(0.25)]
    net = network([*layers, Dense(10), Activation("softmax")], CrossEntropy, Adam())
    net.summary(name="MLP")
    assert "Total Parameters: 826378" in capsys.readouterr().out


def test_recurrent_neural_network(backprop, capsys):
    """A series of multiples, each step one-hot; the next one is to be told."""
    starts = np.random.randint(2, 7, size=40)
    series = starts[:, None] * np.arange(1, 12)
    y = np.eye(61)[np.minimum(series, 60)]
    X, y = y[:, :-1], y[:, 1:]
    net = network(
        [RNN(10, activation="tanh", bptt_trunc=5, input_shape=(10, 61)), Activation("softmax")], CrossEntropy, Adam()
    )
    net.backprop = backprop
    net.summary("RNN")
    assert "Total Parameters: 1320" in capsys.readouterr().out
    train_err, _ = net.fit(X, y, n_epochs=30, batch_size=16)
    assert train_err[-1] < train_err[0]
    assert np.argmax(net.predict(X), axis=2).shape == (40, 10)
    assert finite(net)


def test_deep_q_network(backprop):
    net = network([Dense(64, input_shape=(4,)), Activation("relu"), Dense(2)], SquareLoss, Adam(), backprop=backprop)
    state = np.random.normal(size=4)
    for _ in range(5):
        action = np.argmax(net.predict(state), axis=1)[0]
        states = np.random.normal(size=(8, 4))
        q = net.predict(states)
        q[:, action] = 1.0
        loss, accuracy = net.train_on_batch(states, q)
        assert np.isfinite(loss)
        assert accuracy == 0
    assert finite(net)


def test_autoencoder(digits, backprop):
    optimizer = Adam(learning_rate=0.0002, b1=0.5)
    encoder = network(
        [
            Dense(32, input_shape=(64,)),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            Dense(16),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            Dense(8),
        ],
        SquareLoss,
        optimizer,
    )
    decoder = network(
        [
            Dense(16, input_shape=(8,)),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            Dense(64),
            Activation("tanh"),
        ],
        SquareLoss,
        optimizer,
    )
    autoencoder = NeuralNetwork(optimizer=optimizer, loss=SquareLoss, backprop=backprop)
    autoencoder.layers.extend(encoder.layers)
    autoencoder.layers.extend(decoder.layers)
    images = (digits[0] - 8) / 8
    losses = [autoencoder.train_on_batch(images[:32], images[:32])[0] for _ in range(60)]
    assert losses[-1] < losses[0]
    assert decoder.predict(encoder.predict(images[:4])).shape == (4, 64)
    assert finite(autoencoder)


def adversaries(generator, discriminator, optimizer, backprop):
    """Train two networks against each other as the scripts do; the frozen one passes the gradient on."""
    combined = NeuralNetwork(optimizer=optimizer, loss=CrossEntropy, backprop=backprop)
    combined.layers.extend(generator.layers)
    combined.layers.extend(discriminator.layers)
    return combined


def play(generator, discriminator, combined, images, steps):
    half = len(images)
    valid = np.concatenate((np.ones((half, 1)), np.zeros((half, 1))), axis=1)
    fake = np.concatenate((np.zeros((half, 1)), np.ones((half, 1))), axis=1)
    losses = []
    for _ in range(steps):
        discriminator.set_trainable(True)
        made = generator.predict(np.random.normal(0, 1, (half, generator.layers[0].input_shape[0])))
        d_real, _ = discriminator.train_on_batch(images, valid)
        d_fake, _ = discriminator.train_on_batch(made, fake)
        discriminator.set_trainable(False)
        g_loss, _ = combined.train_on_batch(np.random.normal(0, 1, (half, generator.layers[0].input_shape[0])), valid)
        losses.append([d_real, d_fake, g_loss])
    assert np.isfinite(losses).all()
    assert finite(combined)


def test_generative_adversarial_network(digits, backprop):
    optimizer = Adam(0.0002, b1=0.5)
    generator = network(
        [
            Dense(16, input_shape=(10,)),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            Dense(32),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            Dense(64),
            Activation("tanh"),
        ],
        CrossEntropy,
        optimizer,
    )
    discriminator = network(
        [
            Dense(32, input_shape=(64,)),
            Activation("leaky_relu"),
            Dropout(0.5),
            Dense(16),
            Activation("leaky_relu"),
            Dropout(0.5),
            Dense(2),
            Activation("softmax"),
        ],
        CrossEntropy,
        optimizer,
        backprop=backprop,
    )
    combined = adversaries(generator, discriminator, optimizer, backprop)
    play(generator, discriminator, combined, (digits[0][:16] - 8) / 8, steps=10)


def test_dcgan(digits, backprop):
    optimizer = Adam(0.0002, b1=0.5)
    generator = network(
        [
            Dense(8 * 2 * 2, input_shape=(10,)),
            Activation("leaky_relu"),
            Reshape((8, 2, 2)),
            BatchNormalization(momentum=0.8),
            UpSampling2D(),
            Conv2D(8, filter_shape=(3, 3), padding="same"),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            UpSampling2D(),
            Conv2D(4, filter_shape=(3, 3), padding="same"),
            Activation("leaky_relu"),
            BatchNormalization(momentum=0.8),
            Conv2D(1, filter_shape=(3, 3), padding="same"),
            Activation("tanh"),
        ],
        CrossEntropy,
        optimizer,
    )
    discriminator = network(
        [
            Conv2D(4, filter_shape=(3, 3), stride=2, input_shape=(1, 8, 8), padding="same"),
            Activation("leaky_relu"),
            Dropout(0.25),
            Conv2D(8, filter_shape=(3, 3), stride=2, padding="same"),
            ZeroPadding2D(padding=((0, 1), (0, 1))),
            Activation("leaky_relu"),
            Dropout(0.25),
            BatchNormalization(momentum=0.8),
            Conv2D(8, filter_shape=(3, 3), stride=1, padding="same"),
            Activation("leaky_relu"),
            Dropout(0.25),
            BatchNormalization(momentum=0.8),
            Flatten(),
            Dense(2),
            Activation("softmax"),
        ],
        CrossEntropy,
        optimizer,
        backprop=backprop,
    )
    combined = adversaries(generator, discriminator, optimizer, backprop)
    images = ((digits[0][:16] - 8) / 8).reshape(-1, 1, 8, 8)
    play(generator, discriminator, combined, images, steps=10)


def population(size):
    def one():
        return network(
            [Dense(16, input_shape=(64,)), Activation("relu"), Dense(10), Activation("softmax")], CrossEntropy, Adam()
        )

    return [one() for _ in range(size)]


def test_neuroevolution(digits):
    X, y = digits
    individuals = population(6)

    def fitness(net):
        loss, net.accuracy = net.test_on_batch(X, y)
        net.fitness = 1 / (loss + 1e-8)
        return net.fitness

    first = max(map(fitness, individuals))
    for _ in range(5):
        individuals.sort(key=fitness, reverse=True)
        parents = individuals[:3]
        children = [copy.deepcopy(parent) for parent in parents]
        for child, other in zip(children, parents[::-1]):
            for i, layer in enumerate(child.layers):
                if hasattr(layer, "W"):
                    cutoff = np.random.randint(0, layer.W.shape[1])
                    layer.W[:, cutoff:] = other.layers[i].W[:, cutoff:].copy()
                    layer.w0[:, cutoff:] = other.layers[i].w0[:, cutoff:].copy()
                    layer.W += np.random.normal(loc=0, scale=0.3, size=layer.W.shape) * np.random.binomial(
                        1, p=0.1, size=layer.W.shape
                    )
        individuals = parents + children
    assert max(map(fitness, individuals)) >= first


def test_particle_swarm_optimization(digits):
    X, y = digits
    swarm = population(5)
    for particle in swarm:
        particle.velocity = [
            {"W": np.zeros_like(layer.W), "w0": np.zeros_like(layer.w0)} if hasattr(layer, "W") else {}
            for layer in particle.layers
        ]
        particle.best_layers = copy.copy(particle.layers)
    best = copy.copy(swarm[0])
    for _ in range(3):
        for particle in swarm:
            for i, layer in enumerate(particle.layers):
                for name, velocity in particle.velocity[i].items():
                    velocity *= 0.8
                    velocity += np.random.uniform() * (getattr(best.layers[i], name) - getattr(layer, name))
                    setattr(layer, name, getattr(layer, name) + velocity)
            loss, _ = particle.test_on_batch(X, y)
            assert np.isfinite(loss)
    assert all(map(finite, swarm))
