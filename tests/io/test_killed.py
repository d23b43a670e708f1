"""A training that is killed, at any moment, and started again ends as one that was not, bit for bit."""

import subprocess
import sys
from pathlib import Path

import interrupted_training
import pytest
from interrupted_training import STEPS, train

from tinygrad_fs.io import load

SCRIPT = Path(interrupted_training.__file__)


def run(checkpoint, kill_after=None, die_writing=None):
    """Run the training in a process, kill it after some steps or in a write, and return its last word."""
    command = [sys.executable, SCRIPT, checkpoint] + ([] if die_writing is None else [str(die_writing)])
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if len(lines) == kill_after:
                process.kill()
        process.wait()
    assert (process.returncode == 0) == (kill_after is die_writing is None)
    return lines[-1]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What the training comes to if nothing happens."""
    steps = []
    digest = train(tmp_path_factory.mktemp("whole") / "run.npz", lambda: steps.append(1))
    assert len(steps) == STEPS
    return digest


def test_killed_and_resumed_is_as_never_stopped(tmp_path, uninterrupted):
    checkpoint = tmp_path / "run.npz"
    assert run(checkpoint, kill_after=3) == "step"  # within an epoch
    assert load(checkpoint)["epoch"] == 0
    before, files = checkpoint.read_bytes(), set(tmp_path.iterdir())  # the kill may have come in a write, too
    assert run(checkpoint, die_writing=3) == "step"  # at the end of one, in the middle of a write
    assert checkpoint.read_bytes() != before
    assert load(checkpoint)["epoch"] in (0, 1)
    assert len(set(tmp_path.iterdir()) - files) == 1  # what the killed one was writing lies beside it
    assert run(checkpoint) == f"digest {uninterrupted}"


class StoppedError(Exception):
    """Stands for whatever ends a training."""


def stopping_after(count):
    """A function that raises when it is called for that time."""
    steps = []

    def after_step():
        steps.append(1)
        if len(steps) == count:
            raise StoppedError

    return after_step


@pytest.mark.parametrize("part", ["", "model", "optimizer", "schedule", "average", "loader", "noise", "random"])
def test_every_part_of_the_checkpoint_counts(tmp_path, uninterrupted, part):
    checkpoint = tmp_path / "run.npz"
    with pytest.raises(StoppedError):
        train(checkpoint, stopping_after(7))
    assert (train(checkpoint, lambda: None, forget=part) == uninterrupted) == (not part)
