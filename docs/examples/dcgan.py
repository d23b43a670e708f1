"""A convolutional generator and a convolutional discriminator play against each other.

The discriminator sees real and made images in batches of their own. So its batch normalisation tells it when the made
ones are all alike, and the generator cannot win with a single digit.

The game goes round and round rather than come to rest, so the digits are made by an average of the generator over its
last steps. Radford, Metz and Chintala 2016, "Unsupervised representation learning with deep convolutional generative
adversarial networks"; Yazici et al. 2019, "The unusual effectiveness of averaging in GAN training".

Expected: no loss is ever nan, all ten digits occur among 1,000 made ones, and they are at most 1.25 times as far from
the nearest real digit as digits which are real themselves. (Each pixel drawn by itself, from any real digit: 2 times.)
"""

from collections.abc import Sequence

import numpy as np
from example import Run, digits, draw_adversaries, likeness

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.nn import functional as F
from tinygrad_fs.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

NOISE, BATCH = 16, 32


def build_generator() -> nn.Sequential:
    """From noise to an image of 8 x 8 pixels from -1 to 1, by way of 2 x 2 and 4 x 4."""
    return nn.Sequential(
        nn.Linear(NOISE, 64 * 2 * 2), nn.Unflatten(1, (64, 2, 2)), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1), nn.Tanh(),
    )  # fmt: skip


def build_discriminator() -> nn.Sequential:
    """From an image to a logit, which is positive for images that look real."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(64 * 2 * 2, 1),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train both by turns, and draw what the generator makes."""
    run = Run(__file__, __doc__, steps=3000, arguments=arguments)
    pixels, *_ = digits()
    generator, discriminator = build_generator(), build_discriminator()
    averaged = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True)
    for_generator = optim.Adam(generator.parameters(), lr=0.001, betas=(0.5, 0.999))
    for_discriminator = optim.Adam(discriminator.parameters(), lr=0.001, betas=(0.5, 0.999))
    real, made = tg.ones((BATCH, 1)), tg.zeros((BATCH, 1))

    for _ in run:
        seen = pixels[tg.randint(0, len(pixels), (BATCH,))] * 2 - 1
        images_made = generator(tg.randn(BATCH, NOISE))

        for_discriminator.zero_grad()
        loss = F.binary_cross_entropy_with_logits(discriminator(seen), real)
        loss += F.binary_cross_entropy_with_logits(discriminator(images_made.detach()), made)
        loss.backward()
        for_discriminator.step()

        for_generator.zero_grad()
        deceived = F.binary_cross_entropy_with_logits(discriminator(images_made), real)
        deceived.backward()
        for_generator.step()
        averaged.update_parameters(generator)
        run.note(discriminator=loss / 2, generator=deceived)

    averaged.eval()
    with tg.no_grad():
        sample = (averaged(tg.randn(1000, NOISE)).numpy() + 1) / 2
    distance, kinds = likeness(sample.reshape(-1, 64))
    draw_adversaries(run, sample)
    losses = np.array([*run.history["discriminator"], *run.history["generator"]])
    return run.result(distance=distance, kinds=kinds, nans=np.isnan(losses).sum())


if __name__ == "__main__":
    main()
