"""Two networks play against each other until one of them writes digits.

The generator makes digits of noise; the discriminator tells them from real ones. A step of the discriminator does not
reach the generator, since what that made is detached; a step of the generator goes back through both.

Expected: all ten digits occur among 1,000 made ones, and they are at most 1.25 times as far from
the nearest real digit as digits which are real themselves. (Drawn from a normal distribution with the mean and the
covariance of the real ones: 1.5 times.)
"""

from collections.abc import Sequence

from example import Run, digits, draw_adversaries, likeness

import tinygrad_fs as tg
from tinygrad_fs import nn, optim
from tinygrad_fs.nn import functional as F

NOISE, BATCH = 32, 64


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train both by turns, and draw what the generator makes."""
    run = Run(__file__, __doc__, steps=6000, arguments=arguments)
    pixels, *_ = digits(flat=True)
    generator = nn.Sequential(
        nn.Linear(NOISE, 128), nn.BatchNorm1d(128), nn.LeakyReLU(0.2),
        nn.Linear(128, 256), nn.BatchNorm1d(256), nn.LeakyReLU(0.2),
        nn.Linear(256, 64), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Linear(64, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(256, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(128, 1),
    )  # fmt: skip
    for_generator = optim.Adam(generator.parameters(), lr=0.0004, betas=(0.5, 0.999))
    for_discriminator = optim.Adam(discriminator.parameters(), lr=0.0004, betas=(0.5, 0.999))
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
        run.note(discriminator=loss / 2, generator=deceived)

    generator.eval()
    with tg.no_grad():
        sample = (generator(tg.randn(1000, NOISE)).numpy() + 1) / 2
    distance, kinds = likeness(sample)
    draw_adversaries(run, sample)
    return run.result(distance=distance, kinds=kinds)


if __name__ == "__main__":
    main()
