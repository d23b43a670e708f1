"""No false alarm on the layers, activations and losses of `deep_learning`: 200 random configurations of them."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from tinygrad_fs import compare
from tinygrad_fs.deep_learning import activation_functions, layers, loss_functions

GROUPS, IN_A_GROUP = 20, 10


def sizes(rng, count, most=4):
    return tuple(int(size) for size in rng.integers(1, most + 1, count))


def image(rng, least=2):
    """Channels, height and width."""
    return int(rng.integers(1, 3)), *(int(size) for size in rng.integers(least, 5, 2))


def pooling(rng):
    """A window, a stride, and a padding smaller than the window: a number, a pair, or a pair of pairs."""
    pad = [int(size) for size in rng.integers(0, 2, 4)]
    padding = (pad[0], (pad[0], pad[1]), ((pad[0], pad[1]), (pad[2], pad[3])))[rng.integers(3)]
    return tuple(int(size) for size in rng.integers(2, 4, 2)), int(rng.integers(1, 3)), padding


def window(rng):
    return sizes(rng, 2, 3)


def activation(rng):
    return str(rng.choice(sorted(layers.activation_functions)))


# For each layer a random one, and a shape of inputs that it takes.
LAYERS = {
    "Activation": lambda rng: (layers.Activation(activation(rng)), sizes(rng, int(rng.integers(1, 4)))),
    "AveragePooling2D": lambda rng: (layers.AveragePooling2D(*pooling(rng)), image(rng, 3)),
    "BatchNormalization": lambda rng: (
        layers.BatchNormalization(float(rng.uniform(0, 1))),
        image(rng) if rng.integers(2) else sizes(rng, 1),
    ),
    "ConstantPadding2D": lambda rng: (layers.ConstantPadding2D((sizes(rng, 2), sizes(rng, 2)), 1.5), image(rng)),
    "Conv2D": lambda rng: (
        layers.Conv2D(
            *sizes(rng, 1, 3), window(rng), None, str(rng.choice(["same", "valid"])), int(rng.integers(1, 4))
        ),
        image(rng, 3),
    ),
    "Dense": lambda rng: (layers.Dense(*sizes(rng, 1)), sizes(rng, 1)),
    "Dropout": lambda rng: (layers.Dropout(float(rng.uniform(0, 1))), sizes(rng, int(rng.integers(1, 4)))),
    "Embedding": lambda rng: (layers.Embedding(int(rng.integers(2, 6)), *sizes(rng, 1)), sizes(rng, 1)),
    "Flatten": lambda rng: (layers.Flatten(), sizes(rng, 3)),
    "GRU": lambda rng: (layers.GRU(*sizes(rng, 1), return_sequences=bool(rng.integers(2))), sizes(rng, 2)),
    "GlobalAveragePooling2D": lambda rng: (layers.GlobalAveragePooling2D(), image(rng)),
    "LSTM": lambda rng: (layers.LSTM(*sizes(rng, 1), return_sequences=bool(rng.integers(2))), sizes(rng, 2)),
    "MaxPooling2D": lambda rng: (layers.MaxPooling2D(*pooling(rng)), image(rng, 3)),
    "RNN": lambda rng: (
        layers.RNN(*sizes(rng, 1), activation(rng), [None, 0, 1, 2, 5][rng.integers(5)]),
        sizes(rng, 2),
    ),
    "Reshape": lambda rng: (layers.Reshape((2, -1)), (2 * int(rng.integers(1, 4)), *sizes(rng, 1))),
    "UpSampling2D": lambda rng: (layers.UpSampling2D(window(rng)), image(rng)),
    "ZeroPadding2D": lambda rng: (layers.ZeroPadding2D(sizes(rng, 2)), image(rng)),
}
BASES = {"Layer", "PoolingLayer"}


def test_every_layer_is_drawn():
    classes = {name for name in layers.__all__ if inspect.isclass(getattr(layers, name))}
    assert classes - BASES == LAYERS.keys()
    assert GROUPS * IN_A_GROUP == 200


@pytest.mark.parametrize("group", range(GROUPS))
def test_no_alarm_on_a_random_configuration(group):
    rng = np.random.default_rng(1000 + group)
    names = sorted(LAYERS)
    for number in range(IN_A_GROUP):
        name = names[(group * IN_A_GROUP + number) % len(names)]
        layer, shape = LAYERS[name](rng)
        mode = str(rng.choice(["training", "evaluation", "frozen"]))
        report = compare.audit(
            layer,
            input_shape=shape,
            batch_size=int(rng.integers(1, 5)),
            modes=[mode],
            draws=2,
            variations=False,
            seed=int(rng.integers(1000)),
        )
        assert report.ok, f"{name}: {vars(layer)}, input {shape}\n{report}"
        for finding in report.findings:
            truncated = "truncated" in finding.detail
            assert finding.verdict == "right" or truncated or "at kinks and ties" in finding.detail
            assert finding.truth == "tensors"  # they are written on ops


@pytest.mark.parametrize("name", ["Conv2D", "RNN", "BatchNormalization", "MaxPooling2D"])
def test_no_alarm_in_a_whole_audit(name):
    layer, shape = LAYERS[name](np.random.default_rng(3))
    report = compare.audit(type(layer), input_shape=shape, args=ARGUMENTS.get(name, ()), draws=1)
    assert report.ok, str(report)
    assert {finding.mode for finding in report.findings} == {"training", "evaluation", "frozen"}


ARGUMENTS = {"Conv2D": (2, (3, 3)), "RNN": (2,)}


@pytest.mark.parametrize("name", ["ELU", "LeakyReLU", "Linear", "ReLU", "SELU", "Sigmoid", "SoftPlus", "Swish", "TanH"])
def test_no_alarm_on_activations(name):
    assert compare.audit(getattr(activation_functions, name), input_shape=(4,), draws=1).ok


@pytest.mark.parametrize("name", ["CrossEntropy", "SquareLoss"])
def test_no_alarm_on_losses(name):
    assert compare.audit(getattr(loss_functions, name), input_shape=(4,), draws=1).ok
