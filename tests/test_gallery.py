"""The examples run, and what the gallery says of them is what full runs came to."""

from __future__ import annotations

import importlib
import json
import math

import gallery_page
import numpy as np
import pytest
from gallery_page import EXAMPLES, GALLERY, NAMES

pytest.importorskip("tqdm")
pytest.importorskip("matplotlib")

STEPS = {"deep_q_network": 6, "deep_q_network_layers": 6}  # episodes: enough to remember a batch
MOST_LINES, LARGEST_PICTURE = 120, 60_000

EXPECTED = {
    "adversarial_example": lambda f: f["plain"] > 0.95 and f["random"] > 0.9 and f["adversarial"] < 0.4,
    "autoencoder": lambda f: f["error"] < f["linear"],
    "autoencoder_layers": lambda f: f["error"] < f["linear"],
    "character_gpt": lambda f: f["nats_per_letter"] < 1.65,
    "convolutional_network": lambda f: f["accuracy"] > 0.98,
    "convolutional_network_layers": lambda f: f["accuracy"] > 0.98,
    "dcgan": lambda f: f["nans"] == 0 and f["kinds"] == 10 and f["distance"] < 1.25,
    "dcgan_layers": lambda f: f["nans"] == 0 and f["kinds"] == 10 and f["distance"] < 1.25,
    "deep_q_network": lambda f: f["average"] >= 195 and f["episodes"] < 400,
    "deep_q_network_layers": lambda f: f["average"] >= 195 and f["episodes"] < 400,
    "depth_decided_by_data": lambda f: (
        f["share_of_mazes_right"] > 0.95 and f["steps_at_most"] > 3 * f["steps_in_training"]
    ),
    "gan": lambda f: f["kinds"] == 10 and f["distance"] < 1.25,
    "gan_layers": lambda f: f["kinds"] == 10 and f["distance"] < 1.25,
    "lstm_language_model": lambda f: f["perplexity"] < f["by_frequency"] / 2,
    "maml": lambda f: f["after"] < f["before"] / 4,
    "multilayer_perceptron": lambda f: f["accuracy"] > 0.96,
    "multilayer_perceptron_layers": lambda f: f["accuracy"] > 0.96,
    "neuroevolution": lambda f: f["accuracy"] > 0.85 and f["evaluations_by_gradients"] < f["evaluations"] / 100,
    "neuroevolution_layers": lambda f: f["accuracy"] > 0.85,
    "particle_swarm": lambda f: f["accuracy"] > 0.95 and f["evaluations_by_gradients"] < f["evaluations"] / 10,
    "particle_swarm_layers": lambda f: f["accuracy"] > 0.95,
    "perceptron_layers": lambda f: f["accuracy"] > 0.93,
    "physics_informed": lambda f: f["largest_error"] < 0.01,
    "recurrent_network": lambda f: f["accuracy"] == 1,
    "recurrent_network_layers": lambda f: f["accuracy"] == 1,
    "recursive_tree_network": lambda f: f["share_right_at_depth_8"] > 0.99,
    "variational_autoencoder": lambda f: f["nats_per_digit"] < 24.5,
}


def run(name, folder, *arguments):
    if name.startswith("deep_q_network"):
        pytest.importorskip("gymnasium")
    example = importlib.import_module(name)
    return example.main(["--steps", str(STEPS.get(name, 2)), "--out", str(folder), *arguments])


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_writes_a_picture_and_its_figures(name, tmp_path):
    result = run(name, tmp_path)
    assert result
    assert all(math.isfinite(value) for value in result.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.json", f"{name}.png"]
    assert json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))["figures"] == result
    picture = importlib.import_module("matplotlib.image").imread(tmp_path / f"{name}.png")
    assert picture.shape[0] >= 300
    assert picture.shape[1] >= 700
    assert picture.std() > 0.05


def test_the_seed_decides_all(tmp_path):
    first, again, other = (run("adversarial_example", tmp_path, "--seed", seed) for seed in ("1", "1", "2"))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", NAMES)
def test_the_full_run_came_to_what_the_example_expects(name):
    assert EXPECTED[name](gallery_page.record(name)["figures"])
    assert gallery_page.about(name)[2]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_and_its_picture_small(name):
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert (GALLERY / f"{name}.png").stat().st_size < LARGEST_PICTURE


def test_the_gallery_holds_nothing_else():
    assert {path.stem for path in GALLERY.iterdir()} == set(NAMES) == set(EXPECTED)


def test_the_pages_are_up_to_date():
    assert (EXAMPLES / "README.md").read_text(encoding="utf-8") == gallery_page.readme(), (
        "run: python tests/gallery_page.py"
    )
    assert (EXAMPLES.parent / "gallery.md").read_text(encoding="utf-8") == gallery_page.page(), (
        "run: python tests/gallery_page.py"
    )


def test_real_digits_are_as_near_to_digits_as_digits_are():
    from example import digits, likeness

    _, real, _, _ = digits(flat=True)
    assert likeness(real) == (pytest.approx(1), 10)
    distance, kinds = likeness(np.full((50, 64), 0.5))
    assert distance > 1.2
    assert kinds == 1
