"""A training that is killed, at any moment, and started again ends with the same weights, bit for bit."""

import subprocess
import sys
from pathlib import Path

import interrupted_training

from tinygrad_fs.io import load

SCRIPT = Path(interrupted_training.__file__)


def run(checkpoint, kill_after=None):
    """Run the training in a process, kill it (by SIGKILL) after some steps, and return its last word."""
    with subprocess.Popen([sys.executable, SCRIPT, checkpoint], stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if len(lines) == kill_after:
                process.kill()
        process.wait()
    assert (process.returncode == 0) == (kill_after is None)
    return lines[-1]


def test_killed_and_resumed_is_as_never_stopped(tmp_path):
    steps = []
    expected = interrupted_training.train(tmp_path / "whole.npz", lambda: steps.append(1))
    assert len(steps) == interrupted_training.STEPS

    checkpoint = tmp_path / "run.npz"
    for kill_after in (3, 4):  # within an epoch, and at the end of one
        assert run(checkpoint, kill_after) == "step"
        assert load(checkpoint)["epoch"] in (0, 1)
    assert run(checkpoint) == f"digest {expected}"
