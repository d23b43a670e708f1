"""A variational autoencoder lays the digits out on a plane, and makes new ones from any place of it.

The encoder gives a mean and a spread for each digit; a place is drawn from there (the draw is noise times spread plus
mean, so the gradient comes through), and the decoder unfolds it. Kingma and Welling 2013, "Auto-encoding variational
Bayes".

Expected: a held-out digit costs less than 24.5 nats. (To know no more than how dark each pixel is on average: 27.)
"""

from collections.abc import Sequence

import numpy as np
from example import Run, curve, digits, images

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim
from tinygrad_fs.nn import functional as F


class VariationalAutoencoder(nn.Module):
    """From pixels to a place on the plane, drawn at random, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64), nn.GELU(), nn.Linear(64, 4))
        self.decoder = nn.Sequential(nn.Linear(2, 64), nn.GELU(), nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64))

    def encode(self, pixels: np.ndarray) -> tuple[tg.Tensor, tg.Tensor]:
        """The means (samples, 2) of the places, and the logarithms of their variances."""
        mean, log_variance = tg.split(self.encoder(pixels), 2, axis=1)
        return mean, log_variance

    def loss(self, pixels: np.ndarray) -> tg.Tensor:
        """The cost of a digit in nats: of its pixels given its place, and of the place itself."""
        mean, log_variance = self.encode(pixels)
        place = mean + tg.exp(log_variance / 2) * tg.randn(*mean.shape)
        of_pixels = F.binary_cross_entropy_with_logits(self.decoder(place), pixels, reduction="sum")
        of_place = (mean**2 + tg.exp(log_variance) - log_variance - 1).sum() / 2
        return (of_pixels + of_place) / len(pixels)


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, and draw the plane: where digits lie, and what is made from each place."""
    run = Run(__file__, __doc__, steps=150, arguments=arguments)
    train_pixels, test_pixels, _, test_labels = digits(flat=True)
    model = VariationalAutoencoder()
    optimizer = optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.01)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=run.steps)

    for _ in run:  # an epoch
        for (pixels,) in data.batches(train_pixels, batch_size=64):
            optimizer.zero_grad()
            loss = model.loss(pixels)
            loss.backward()
            optimizer.step()
        schedule.step()
        run.note(loss=loss)

    average = np.broadcast_to(train_pixels.mean(axis=0).clip(0.001, 0.999), test_pixels.shape)
    without_places = F.binary_cross_entropy(average, test_pixels, reduction="sum").item() / len(test_pixels)
    sides = np.linspace(-2, 2, 12, dtype="float32")
    grid = np.stack(np.meshgrid(sides, sides[::-1]), axis=-1).reshape(-1, 2)
    with tg.no_grad():
        tested = model.loss(test_pixels)
        places = model.encode(test_pixels)[0].numpy()
        made = tg.sigmoid(model.decoder(grid)).numpy()
    with run.picture(1, 3, size=(9, 3.2)) as (left, middle, right):
        curve(left, run.history["loss"], "nats per digit")
        left.set(xlabel="epoch")
        dots = middle.scatter(*places.T, c=test_labels, cmap="tab10", s=7)
        middle.legend(*dots.legend_elements(), fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        middle.set_title("held-out digits on the plane", fontsize=9)
        middle.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        images(right, made.reshape(-1, 8, 8), 12, "made from places on it")
    return run.result(nats_per_digit=tested, without_places=without_places)


if __name__ == "__main__":
    main()
