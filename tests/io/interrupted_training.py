"""A training that goes on where it was killed: `python interrupted_training.py CHECKPOINT [WRITE]`; in a test, `train`.

With the number of a write it ends in the middle of that one, as if it were killed. It has everything that a checkpoint
must hold: dropout with a generator of its own and from the default one, batch normalisation, momentum, schedules, an
average of the weights, batches in random order with random shifts, loaded ahead.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tinygrad_fs as tg
from tinygrad_fs import data, io, nn, optim
from tinygrad_fs.data.transforms import RandomShift
from tinygrad_fs.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

EPOCHS = 3
SAMPLES = 120
BATCH = 24
STEPS = EPOCHS * SAMPLES // BATCH


def train(checkpoint: Path, after_step: Callable[[], None], forget: str = "") -> str:
    """Train to the end, from the checkpoint if there is one; returns a digest of what it came to.

    What is called `forget` is not taken from the checkpoint.
    """
    tg.manual_seed(0)
    noise, order = np.random.default_rng(1), np.random.default_rng(2)
    images, labels = data.digits()
    model = nn.Sequential(
        nn.Flatten(),
        nn.Dropout(0.1, generator=noise),
        nn.Linear(64, 20),
        nn.BatchNorm1d(20),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(20, 10),
    )
    optimizer = optim.Adam(
        [{"params": model[2].parameters()}, {"params": [*model[3].parameters(), *model[6].parameters()]}]
    )
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.02, 2 * STEPS)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    dataset = data.TensorDataset(images[:SAMPLES], labels[:SAMPLES])
    loader = data.DataLoader(dataset, BATCH, shuffle=True, generator=order, transform=RandomShift(1.0), prefetch=2)
    training = {
        "model": model,
        "optimizer": optimizer,
        "schedule": schedule,
        "average": average,
        "loader": loader,
        "noise": noise,
        "random": tg.default_generator(),
    }
    start = 0
    if checkpoint.exists():
        wanted = {name: part for name, part in training.items() if name != forget}
        start = io.restore(checkpoint, wanted).rest["epoch"]
    seen = []
    for epoch in range(start, EPOCHS):
        for inputs, targets in loader:
            seen.append(targets)
            optimizer.zero_grad()
            tg.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(model)
            io.save(checkpoint, {**training, "epoch": epoch})
            after_step()
    return digest(training, seen[-1])


def digest(training: dict[str, object], last_batch: np.ndarray) -> str:
    """One text for all that there is at the end, to the last bit: states, rates, and which batch was the last."""
    found = hashlib.sha256(last_batch.tobytes())
    for array in io.structure.take_apart(training, "")[0].values():
        found.update(np.ascontiguousarray(array).tobytes())
    for part in ("schedule", "loader", "noise", "random"):
        found.update(repr(io.structure.state_of(training[part])).encode())
    return found.hexdigest()


def die_writing(number: int) -> None:
    """Have this process end at once when the file of that write is there, and not yet in its place."""
    writes = []
    put_in_place = os.replace

    def replace(source: Path, target: Path) -> None:
        writes.append(source)
        if len(writes) == number:
            os._exit(1)  # on the spot, as a kill is, and on every system
        put_in_place(source, target)

    os.replace = replace


if __name__ == "__main__":
    if len(sys.argv) > 2:
        die_writing(int(sys.argv[2]))
    print("digest", train(Path(sys.argv[1]), lambda: print("step", flush=True)), flush=True)
