"""The examples run."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm")
pytest.importorskip("matplotlib")

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "example")
STEPS = {"deep_q_network_layers": 6}  # episodes: enough to remember a batch
MOST_LINES = 120


def run(name, folder, *arguments):
    if name == "deep_q_network_layers":
        pytest.importorskip("gymnasium")
    example = importlib.import_module(name)
    return example.main(["--steps", str(STEPS.get(name, 2)), "--out", str(folder), *arguments])


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_writes_a_picture_and_its_figures(name, tmp_path):
    result = run(name, tmp_path)
    assert result
    assert all(math.isfinite(value) for value in result.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.json", f"{name}.png"]
    assert json.loads((tmp_path / f"{name}.json").read_text())["figures"] == result
    picture = importlib.import_module("matplotlib.image").imread(tmp_path / f"{name}.png")
    assert picture.shape[0] >= 300
    assert picture.shape[1] >= 700
    assert picture.std() > 0.05


def test_the_seed_decides_all(tmp_path):
    first, again, other = (run("adversarial_example", tmp_path, "--seed", seed) for seed in ("1", "1", "2"))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_and_says_what_to_expect(name):
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert "Expected: " in text.split('"""')[1]


def test_real_digits_are_as_near_to_digits_as_digits_are():
    from example import digits, likeness

    _, real, _, _ = digits(flat=True)
    assert likeness(real) == (pytest.approx(1), 10)
    distance, kinds = likeness(np.full((50, 64), 0.5))
    assert distance > 1.2
    assert kinds == 1
