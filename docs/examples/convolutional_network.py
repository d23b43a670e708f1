"""A convolutional network reads handwritten digits.

Expected: more than 98 % of the 719 held-out digits are read right.
"""

from collections.abc import Sequence

from example import Run, curve, digits, images

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim
from tinygrad_fs.nn import functional as F


class Network(nn.Module):
    """Two convolutions, each with half the pixels after it, and a layer of decisions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(32)
        self.dropout = nn.Dropout(0.3)
        self.classes = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        """Logits (samples, 10) of images (samples, 1, 8, 8)."""
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
        logits: tg.Tensor = self.classes(self.dropout(x.flatten(1)))
        return logits


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, test, and draw what was read wrong."""
    run = Run(__file__, __doc__, steps=40, arguments=arguments)
    train_images, test_images, train_labels, test_labels = digits()
    network = Network()
    optimizer = optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.05)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=run.steps)

    for _ in run:  # an epoch
        network.train()
        for x, y in data.batches(train_images, train_labels, batch_size=64):
            optimizer.zero_grad()
            loss = F.cross_entropy(network(x), y)
            loss.backward()
            optimizer.step()
        schedule.step()
        run.note(loss=loss.item())

    network.eval()
    with tg.no_grad():
        answers = network(test_images).argmax(axis=1).numpy()
    wrong = answers != test_labels

    with run.picture(1, 2) as (left, right):
        curve(left, run.history["loss"], "cross-entropy of the last batch")
        left.set(yscale="log", xlabel="epoch")
        images(right, test_images[wrong][:16, 0], 8, f"read wrong: {wrong.sum()} of {wrong.size}")
    return run.result(accuracy=1 - wrong.mean())


if __name__ == "__main__":
    main()
