"""A training that goes on where it was killed: `python interrupted_training.py CHECKPOINT` or, in a test, `train`.

It has everything that a checkpoint must hold: dropout, batch normalisation, momentum, a schedule, an average of the
weights, batches in random order with random shifts, loaded ahead.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import tinygrad_fs as tg
from tinygrad_fs import data, io, nn, optim
from tinygrad_fs.data.transforms import RandomShift
from tinygrad_fs.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

EPOCHS = 3
SAMPLES = 120
BATCH = 24
STEPS = EPOCHS * SAMPLES // BATCH


def train(checkpoint: Path, after_step: Callable[[], None]) -> str:
    """Train to the end, from the checkpoint if there is one; returns a digest of the weights."""
    tg.manual_seed(0)
    images, labels = data.digits()
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Dropout(0.3), nn.Linear(20, 10)
    )
    optimizer = optim.Adam(
        [{"params": model[1].parameters()}, {"params": [*model[2].parameters(), *model[5].parameters()]}]
    )
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.02, STEPS)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    dataset = data.TensorDataset(images[:SAMPLES], labels[:SAMPLES])
    loader = data.DataLoader(dataset, BATCH, shuffle=True, transform=RandomShift(1.0), prefetch=2)
    training = {
        "model": model,
        "optimizer": optimizer,
        "schedule": schedule,
        "average": average,
        "loader": loader,
        "random": tg.default_generator(),
    }
    start = io.restore(checkpoint, training).rest["epoch"] if checkpoint.exists() else 0
    for epoch in range(start, EPOCHS):
        for inputs, targets in loader:
            optimizer.zero_grad()
            tg.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(model)
            io.save(checkpoint, {**training, "epoch": epoch})
            after_step()
    digest = hashlib.sha256()
    for tensor in (*model.state_dict().values(), *average.state_dict().values()):
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    print("digest", train(Path(sys.argv[1]), lambda: print("step", flush=True)), flush=True)
