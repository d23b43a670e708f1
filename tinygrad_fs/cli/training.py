"""The network of the demo, and how it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tinygrad_fs import nn, optim
from tinygrad_fs.data import batches
from tinygrad_fs.data.transforms import RandomShift
from tinygrad_fs.dtypes import Array
from tinygrad_fs.gradmode import no_grad
from tinygrad_fs.ops import cross_entropy

__all__ = ["Epoch", "count_right", "fix_dropout", "network", "train"]

_PEAK = 6e-3  # the highest learning rate of Adam
_WARM_UP = 0.2  # the part of the training in which the learning rate rises to it
_shift = RandomShift(0.9)


class Epoch(NamedTuple):
    """How an epoch of training went: the means over its steps, each taken before the weights moved."""

    loss: float
    accuracy: float


def network() -> nn.Sequential:
    """A convolutional network for images of 1 x 8 x 8 pixels in 10 classes."""
    return nn.Sequential(
        {
            "conv1": nn.Conv2d(1, 16, 3, padding="same"),
            "relu1": nn.ReLU(),
            "dropout1": nn.Dropout(0.25),
            "norm1": nn.BatchNorm2d(16),
            "conv2": nn.Conv2d(16, 32, 3, padding="same"),
            "relu2": nn.ReLU(),
            "dropout2": nn.Dropout(0.25),
            "norm2": nn.BatchNorm2d(32),
            "flatten": nn.Flatten(),
            "hidden": nn.Linear(32 * 8 * 8, 256),
            "relu3": nn.ReLU(),
            "dropout3": nn.Dropout(0.4),
            "norm3": nn.BatchNorm1d(256),
            "classes": nn.Linear(256, 10),
        }
    )


def train(
    model: nn.Module,
    images: Array,
    labels: Array,
    *,
    epochs: int,
    batch_size: int,
    after_step: Callable[[], object],
) -> Iterator[Epoch]:
    """Train `model`, and yield after every epoch how it went.

    The images are shifted at random by less than a pixel, anew in every step: there are only about a hundred of
    each digit. The learning rate rises and then falls to zero, so that the last weights are the ones to keep.
    """
    optimizer = optim.Adam(model.parameters())
    steps = epochs * (len(labels) // batch_size)
    step = 0
    model.train()
    for _ in range(epochs):
        losses, hits = [], []
        # A last batch of one sample could not be normalised, and the next epoch draws other batches.
        for image_batch, label_batch in batches(images, labels, batch_size=batch_size, drop_last=True):
            for group in optimizer.param_groups:
                group["lr"] = _learning_rate((step + 0.5) / steps)
            optimizer.zero_grad()
            logits = model(_shift(image_batch))
            loss = cross_entropy(logits, label_batch)
            loss.backward()
            optimizer.step()
            step += 1
            losses.append(loss.item())
            hits.append(np.mean(logits.numpy().argmax(axis=1) == label_batch))
            after_step()
        yield Epoch(float(np.mean(losses)), float(np.mean(hits)))


def count_right(model: nn.Module, images: Array, labels: Array) -> int:
    """How many of the images the model, in evaluation mode, gives their label."""
    model.eval()
    with no_grad():
        logits = model(images)
    return int((logits.numpy().argmax(axis=1) == labels).sum())


def fix_dropout(model: nn.Module) -> None:
    """Switch dropout off and leave the rest in training mode: the loss then is a function of the weights."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()


def _learning_rate(progress: float) -> float:
    """Up to the peak in a straight line, and down to zero in another; `progress` goes from 0 to 1."""
    return _PEAK * min(progress / _WARM_UP, (1 - progress) / (1 - _WARM_UP))
