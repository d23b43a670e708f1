"""Training steps of networks for images: small and wide perceptrons, the CNN for the digits, ResNet-18."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from workloads import in_autograd, in_jax, in_mygrad, in_sklearn
from workloads.perceptrons import SMALL, WIDE, Perceptron
from workloads.tasks import entries, gradients_of, start_alike, training, without_dropout
from workloads.workload import OURS, Task, Workload, beside_torch

__all__ = ["rows"]

_CLASSES = 10


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with batches, and the width of the largest network, divided by `shrink`."""
    small, wide = SMALL.of_batch(32 // shrink), WIDE.of_batch(256 // shrink)
    digits, in_32, in_64 = 256 // shrink, cnn(256 // shrink, "float32"), cnn(256 // shrink, "float64")
    resnet = resnet18(8 // shrink, 64 // shrink)
    return (
        _perceptron_row("mlp", "Training step, MLP 64-64-10, batch 32, Adam", small, {"torch": 0.4, "jax": 1.5}),
        _perceptron_row("mlp-512", "Training step, MLP 64-4x512-10, batch 256, Adam", wide, {"torch": 1.0}),
        beside_torch("cnn", "Training step, digits CNN, batch 256, Adam", in_32, time=1.0, memory=1.1),
        beside_torch("cnn-float64", "Training step, digits CNN, batch 256, Adam, float64", in_64, time=1.0),
        beside_torch("penalty", "Gradient penalty through that CNN, batch 256", double_backprop(digits), time=1.2),
        beside_torch("resnet18", "Training step, ResNet-18, batch 8 of 64x64, Adam", resnet, time=None, memory=1.1),
    )


def perceptron(sizes: Perceptron) -> Callable[[Any], Task]:
    """A stack of linear layers with ReLU between them."""

    def build(lib: Any) -> Task:
        nn = lib.nn
        layers = [nn.Linear(*pair) for pair in sizes.pairs]
        between = [each for layer in layers[:-1] for each in (layer, nn.ReLU())]
        net = nn.Sequential(*between, layers[-1])
        for layer, (weight, bias) in zip(layers, sizes.weights()):
            layer.load_state_dict({"weight": lib.tensor(weight.T.copy()), "bias": lib.tensor(bias)})
        return _training(lib, net, *sizes.data())

    return build


def cnn(samples: int, dtype: str) -> Callable[[Any], Task]:
    """The network for the digits: convolutions, batch normalisation, dropout."""

    def build(lib: Any) -> Task:
        return _classifier(lib, _digits_cnn(lib), *_images(samples, 1, 8), dtype)

    return build


def resnet18(samples: int, width: int) -> Callable[[Any], Task]:
    """ResNet-18, compared in float64: the batch norms of 32 numbers make rounding grow a thousandfold."""

    def build(lib: Any) -> Task:
        data = _images(samples, 3, 64)

        def check() -> dict[str, list[float]]:
            return _classifier(lib, _resnet18(lib, width), *data, "float64").check()

        return _classifier(lib, _resnet18(lib, width), *data, "float32")._replace(check=check)

    return build


def _resnet18(lib: Any, width: int) -> Any:
    """He et al. 2016, "Deep residual learning for image recognition", table 1, with 18 layers."""
    nn = lib.nn

    class Block(nn.Module):
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU()
            self.shortcut = nn.Sequential()
            if stride > 1 or inputs != outputs:
                conv = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
                self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(outputs))

        def forward(self, x: Any) -> Any:
            out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            return self.relu(out + self.shortcut(x))

    stem = [
        nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    widths = [width * each for each in (1, 1, 1, 2, 2, 4, 4, 8, 8)]
    blocks = [Block(a, b, 1 if a == b else 2) for a, b in pairwise(widths)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, _CLASSES))


def double_backprop(samples: int) -> Callable[[Any], Task]:
    """The loss of the digits CNN and the size of its gradient by the images, and the gradient of both by the weights.

    Drucker and LeCun 1992, "Improving generalization performance using double backpropagation".
    """

    def build(lib: Any) -> Task:
        net = _digits_cnn(lib)
        start_alike(lib, net)
        values, classes = _images(samples, 1, 8)
        images, labels = lib.tensor(values, requires_grad=True), lib.tensor(classes)

        def step() -> Any:
            net.zero_grad()
            images.grad = None
            loss = lib.nn.functional.cross_entropy(net(images), labels)
            (slopes,) = lib.autograd.grad(loss, [images], create_graph=True)
            penalised = loss + 10.0 * (slopes**2).sum()
            penalised.backward()
            return penalised

        def check() -> dict[str, list[float]]:
            with without_dropout(lib, net):
                loss = step()
            return {"loss": [loss.item()], "gradients": gradients_of(net), "images": entries(images.grad)}

        return Task(step, check)

    return build


def _digits_cnn(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding="same"),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.BatchNorm2d(16),
        nn.Conv2d(16, 32, 3, padding="same"),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.BatchNorm2d(32),
        nn.Flatten(),
        nn.Linear(32 * 8 * 8, 256),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.BatchNorm1d(256),
        nn.Linear(256, _CLASSES),
    )


def _images(count: int, channels: int, size: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    return rng.random((count, channels, size, size), dtype=np.float32), rng.integers(_CLASSES, size=count)


def _classifier(lib: Any, net: Any, inputs: Any, labels: Any, dtype: str) -> Task:
    if dtype == "float64":
        net.double()
    start_alike(lib, net)
    return _training(lib, net, inputs.astype(dtype), labels)


def _training(lib: Any, net: Any, inputs: Any, labels: Any) -> Task:
    """Steps with Adam, for the class of each input."""
    function = lib.nn.functional.cross_entropy
    data = lib.tensor(inputs), lib.tensor(labels)
    return training(lib, net, lambda inputs, labels: function(net(inputs), labels), data, lib.optim.Adam)


def _perceptron_row(name: str, title: str, sizes: Perceptron, limits: dict[str, float]) -> Workload:
    build = {
        OURS: perceptron(sizes),
        "torch": perceptron(sizes),
        "jax": in_jax.perceptron(sizes),
        "scikit-learn": in_sklearn.perceptron(sizes),
        "mygrad": in_mygrad.perceptron(sizes),
        "autograd": in_autograd.perceptron(sizes),
    }
    return Workload(name, title, build, {peer: {"time": limits.get(peer)} for peer in build if peer != OURS})
