"""Whole networks, written once for both libraries, do in ten steps of training what they do in PyTorch.

Compared with PyTorch where it is installed, and everywhere with what it gave when it was recorded.
"""

import numpy as np
import pytest
from proof import fingerprint, recorded, started, trained
from proof_networks import NETWORKS, TEXT, char_lstm, images, passages, predicted

import tinygrad_fs as tg

try:
    import torch

    torch.set_num_threads(1)  # more of them wait for each other where tests run side by side
except ImportError:
    torch = None


@pytest.mark.parametrize("name", NETWORKS)
def test_trains_as_in_pytorch(name):
    found = trained(tg, name)
    assert found["losses"][-1] < found["losses"][0]
    if torch is not None:
        wanted = trained(torch, name)
        assert list(found) == list(wanted)
        np.testing.assert_allclose(found["output"], wanted["output"], atol=1e-4)
        np.testing.assert_allclose(found["losses"], wanted["losses"], atol=1e-3)
        for key in found:
            if key.startswith("gradient"):
                error = np.linalg.norm(found[key] - wanted[key])
                assert error <= 1e-3 * np.linalg.norm(wanted[key]), key
    prints = recorded(name)
    assert list(found) == list(prints)
    np.testing.assert_allclose(found["losses"], prints["losses"], atol=1e-3)
    for key, array in found.items():
        if key != "losses":
            norm, *_ = prints[key]
            np.testing.assert_allclose(fingerprint(array), prints[key], atol=1e-3 * norm, err_msg=key)


def test_resnet_in_float32_gives_what_it_gives_in_float64():
    x, _ = images(np.random.default_rng(1))
    model = started(tg, "resnet18")
    expected = model(tg.tensor(x)).data
    found = model.float()(tg.tensor(x, dtype="float32")).data
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_language_model_learns_to_spell():
    """A second of the training that `python tests/nn/language_model.py` takes to below 1.5 nats per character."""
    tg.manual_seed(0)
    model, rng = char_lstm(tg, hidden=48, layers=1), np.random.default_rng(0)
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(40):
        loss, _ = predicted(tg, model, *passages(rng, 16, 32))
        optimizer.zero_grad()
        loss.backward()
        tg.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(np.log(len(set(TEXT))), abs=0.1)
    assert np.mean(losses[-5:]) < 2.6
