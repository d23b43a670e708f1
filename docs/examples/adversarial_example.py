"""A network that reads digits well is deceived by noise that nobody would mind.

The gradient in the pixels says which way to change each of them for the worse. One step along its signs is enough.
Goodfellow, Shlens and Szegedy 2014, "Explaining and harnessing adversarial examples".

Expected: of 719 held-out digits more than 95 % are read right, and nearly as many with random noise of a tenth of the
range; with a step of the same size along the gradient less than 40 %.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from example import GREY, ORANGE, Run, digits, images

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim

STEP = 0.1


def signs_for_the_worse(model: nn.Module, pixels: Any, labels: Any) -> Any:
    """For each pixel, which way the loss grows: -1, 0 or 1."""
    x = tg.tensor(pixels, requires_grad=True)
    (slope,) = tg.autograd.grad(tg.cross_entropy(model(x), labels, reduction="sum"), x)
    return np.sign(slope.numpy())


def share_read_right(model: nn.Module, pixels: Any, labels: Any) -> float:
    """The accuracy on these digits."""
    with tg.no_grad():
        return float(np.mean(model(pixels).argmax(axis=1).numpy() == labels))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, deceive, and draw digits before and after."""
    run = Run(__file__, __doc__, steps=40, arguments=arguments)
    train_pixels, test_pixels, train_labels, test_labels = digits(flat=True)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    for _ in run:  # an epoch
        for x, y in data.batches(train_pixels, train_labels, batch_size=64):
            optimizer.zero_grad()
            loss = tg.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        run.note(loss=loss)

    worse = signs_for_the_worse(model, test_pixels, test_labels)
    noise = np.sign(tg.randn(*test_pixels.shape).numpy())
    sizes = np.linspace(0, 2 * STEP, 11, dtype="float32")
    deceived = [share_read_right(model, test_pixels + size * worse, test_labels) for size in sizes]
    disturbed = [share_read_right(model, test_pixels + size * noise, test_labels) for size in sizes]

    shown = test_pixels[:10], test_pixels[:10] + np.float32(STEP) * worse[:10]
    with tg.no_grad():
        answers = [model(pixels).argmax(axis=1).numpy() for pixels in shown]
    with run.picture(1, 2) as (left, right):
        left.plot(sizes, disturbed, color=GREY, label="random signs")
        left.plot(sizes, deceived, color=ORANGE, label="signs of the gradient")
        left.set(xlabel="change of each pixel", ylabel="share read right", ylim=(0, 1.02))
        left.legend(frameon=False)
        about = "digits, and what they are read as;\nbelow, changed along the gradient"
        images(right, np.concatenate(shown).reshape(-1, 8, 8), 10, about)
        for read, place, side in zip(answers, (-1, 18), ("bottom", "top"), strict=True):
            for number, answer in enumerate(read):
                right.text(9 * number + 3.5, place, str(answer), ha="center", va=side, fontsize=9)
        right.set_ylim(24, -7)
    return run.result(plain=deceived[0], random=disturbed[5], adversarial=deceived[5])


if __name__ == "__main__":
    main()
