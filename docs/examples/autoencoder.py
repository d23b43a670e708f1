"""An autoencoder squeezes digits of 64 pixels into 8 numbers and unfolds them again.

Expected: the error on held-out digits is below that of the best linear way, the first 8 principal components.
"""

from collections.abc import Sequence

import numpy as np
from example import Run, curve, digits, error_of_principal_components, images

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim
from tinygrad_fs.nn import functional as F

CODE = 8


class Autoencoder(nn.Module):
    """An encoder, a narrow place, and a decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64), nn.GELU(), nn.Linear(64, CODE))
        self.decoder = nn.Sequential(nn.Linear(CODE, 64), nn.GELU(), nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64))

    def forward(self, pixels: np.ndarray) -> tg.Tensor:
        """The pixels (samples, 64), as they come out again."""
        return tg.sigmoid(self.decoder(self.encoder(pixels)))


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, and compare with principal components."""
    run = Run(__file__, __doc__, steps=200, arguments=arguments)
    train_pixels, test_pixels, _, _ = digits(flat=True)
    model = Autoencoder()
    optimizer = optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.02)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=run.steps)

    for _ in run:  # an epoch
        for (pixels,) in data.batches(train_pixels, batch_size=64):
            optimizer.zero_grad()
            loss = F.mse_loss(model(pixels), pixels)
            loss.backward()
            optimizer.step()
        schedule.step()
        run.note(loss=loss)

    with tg.no_grad():
        unfolded = model(test_pixels).numpy()
    error = np.mean((unfolded - test_pixels) ** 2)
    with run.picture(1, 2) as (left, right):
        curve(left, run.history["loss"], "squared error")
        left.set(xlabel="epoch", yscale="log")
        pairs = np.concatenate([test_pixels[:10], unfolded[:10]]).reshape(-1, 8, 8)
        images(right, pairs, 10, f"held out, and through {CODE} numbers")
    return run.result(error=error, linear=error_of_principal_components(train_pixels, test_pixels, CODE))


if __name__ == "__main__":
    main()
