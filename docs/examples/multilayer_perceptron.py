"""A multilayer perceptron reads handwritten digits.

Expected: more than 96 % of the 719 held-out digits are read right.
"""

from collections.abc import Sequence

from example import ORANGE, Run, curve, digits

import tinygrad_fs as tg
from tinygrad_fs import data, nn, optim


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train, test after every epoch, and draw the losses."""
    run = Run(__file__, __doc__, steps=50, arguments=arguments)
    train_pixels, test_pixels, train_labels, test_labels = digits(flat=True)

    model = nn.Sequential(
        nn.Linear(64, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 256), nn.LeakyReLU(0.2), nn.Dropout(0.25),
        nn.Linear(256, 256), nn.LeakyReLU(0.2), nn.Dropout(0.25),
        nn.Linear(256, 10),
    )  # fmt: skip
    optimizer = optim.Adam(model.parameters())

    for _ in run:  # an epoch
        model.train()
        for x, y in data.batches(train_pixels, train_labels, batch_size=64):
            optimizer.zero_grad()
            loss = tg.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()

        model.eval()
        with tg.no_grad():
            logits = model(test_pixels)
        right = logits.argmax(axis=1).numpy() == test_labels
        run.note(training=loss, held_out=tg.cross_entropy(logits, test_labels), accuracy=right.mean())

    with run.picture() as axes:
        curve(axes, run.history["training"], "training")
        curve(axes, run.history["held_out"], "held out", color=ORANGE)
        axes.set(xlabel="epoch", ylabel="cross-entropy", yscale="log")
        axes.legend(frameon=False)
    return run.result(accuracy=run.history["accuracy"][-1])


if __name__ == "__main__":
    main()
