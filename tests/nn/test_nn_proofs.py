"""Whole networks, written once for both libraries, do in ten steps of training what they do in PyTorch.

Compared with PyTorch where it is installed, and everywhere with what it gave when it was recorded.
"""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from language_model import GOAL, STEPS, loss_on_the_text, training
from proof import fingerprint, recorded, started, trained
from proof_networks import NETWORKS, TEXT, images

import tinygrad_fs as tg

try:
    import torch

    torch.set_num_threads(1)  # more of them wait for each other where tests run side by side
except ImportError:
    torch = None


def check_alike(found, wanted):
    """Fail unless outputs are within 1e-4, gradients within 1e-3 of their size, and losses within 1e-3."""
    assert list(found) == list(wanted)
    np.testing.assert_allclose(found["output"], wanted["output"], atol=1e-4)
    np.testing.assert_allclose(found["losses"], wanted["losses"], atol=1e-3)
    for key in found:
        if key.startswith("gradient"):
            error = np.linalg.norm(found[key] - wanted[key])
            assert error <= 1e-3 * np.linalg.norm(wanted[key]), key


@pytest.mark.parametrize("name", NETWORKS)
def test_trains_as_in_pytorch(name):
    found = trained(tg, name)
    assert found["losses"][-1] < found["losses"][0]
    if torch is not None:
        check_alike(found, trained(torch, name))
    prints = recorded(name)
    assert list(found) == list(prints)
    np.testing.assert_allclose(found["losses"], prints["losses"], atol=1e-3)
    for key, array in found.items():
        if key != "losses":
            norm, *_ = prints[key]
            np.testing.assert_allclose(fingerprint(array), prints[key], atol=1e-3 * norm, err_msg=key)


def test_resnet_with_all_channels_trains_as_in_pytorch(monkeypatch):
    """11.7 million parameters: six seconds for each library, so only where there is PyTorch to compare with."""
    lib = pytest.importorskip("torch")
    small = NETWORKS["resnet18"]
    full = replace(small, build=lambda lib: small.build(lib, width=64), inputs=lambda rng: images(rng, 4, 64))
    monkeypatch.setitem(NETWORKS, "full", full)
    found = trained(tg, "full")
    assert sum(array.size for key, array in found.items() if key.startswith("gradient")) == 11_689_512
    check_alike(found, trained(lib, "full"))


def test_resnet_in_float32_gives_what_it_gives_in_float64():
    x, _ = images(np.random.default_rng(1))
    model = started(tg, "resnet18")
    expected = model(tg.tensor(x)).data
    found = model.float()(tg.tensor(x, dtype="float32")).data
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_language_model_learns_a_text():
    """Below 1.5 nats per character, of the whole of it."""
    steps = list(islice(training(), STEPS))
    assert steps[0][1] == pytest.approx(np.log(len(set(TEXT))), abs=0.1)  # at first every character is as likely
    assert loss_on_the_text(steps[-1][0]) < GOAL
