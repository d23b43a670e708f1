"""Trains the `networks` in a library: ten steps of SGD from weights that are the same in every library."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from proof_networks import NETWORKS

__all__ = ["RECORDED", "fingerprint", "recorded", "started", "trained"]

RECORDED = Path(__file__).parent / "proofs.npz"
STEPS = 10


def trained(lib: Any, name: str) -> dict[str, np.ndarray]:
    """Outputs and all gradients at first, and the losses before each of the steps and after the last."""
    network = NETWORKS[name]
    model = started(lib, name)
    inputs = network.inputs(np.random.default_rng(1))
    optimizer = lib.optim.SGD(model.parameters(), lr=network.lr, momentum=0.9)
    found, losses = {}, []
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        loss, output = network.loss(lib, model, *inputs)
        losses.append(loss.item())
        loss.backward()
        if step == 0:
            found["output"] = output.detach().numpy().copy()
            found |= {f"gradient of {name}": p.grad.numpy().copy() for name, p in model.named_parameters()}
        optimizer.step()
    return {**found, "losses": np.array(losses)}


def started(lib: Any, name: str) -> Any:
    """The network: matrices and filters with uniform numbers within the usual bound, biases and norms 0 and 1."""
    model, rng = NETWORKS[name].build(lib), np.random.default_rng(0)
    state = {}
    for key, value in model.state_dict().items():
        shape = tuple(value.shape)
        if len(shape) > 1:
            bound = 1.0 / math.sqrt(math.prod(shape[1:]))
            state[key] = lib.tensor(rng.uniform(-bound, bound, shape).astype(np.float32))
        else:
            state[key] = lib.tensor(np.zeros(shape, np.float32)) if "bias" in key else value
    model.load_state_dict(state)
    return model.double() if NETWORKS[name].dtype == "float64" else model


def fingerprint(array: np.ndarray) -> np.ndarray:
    """The norm, and the sums with four patterns of signs; an error changes one of them about as much as the norm."""
    values = np.asarray(array, np.float64).ravel()
    places = np.arange(values.size, dtype=np.uint64)
    signs = [1.0 - 2.0 * ((places * np.uint64(factor)) >> np.uint64(40) & np.uint64(1)) for factor in _FACTORS]
    return np.array([np.linalg.norm(values), *[values @ each for each in signs]])


_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)


def recorded(name: str) -> dict[str, np.ndarray]:
    """What PyTorch gave: losses as they were, of the rest fingerprints."""
    with np.load(RECORDED) as kept:
        found = {}
        for key, value in zip(kept[f"{name} names"], kept[f"{name} prints"]):
            found[str(key)] = value
        return {**found, "losses": kept[f"{name} losses"]}


def record(lib: Any) -> None:
    """Record what a library gives: ``python tests/nn/proof.py`` with PyTorch installed."""
    kept = {}
    for name in NETWORKS:
        found = trained(lib, name)
        kept[f"{name} losses"] = found.pop("losses")
        kept[f"{name} names"] = np.array(list(found))
        kept[f"{name} prints"] = np.stack([fingerprint(array) for array in found.values()])
    np.savez_compressed(RECORDED, **kept)


if __name__ == "__main__":
    import torch

    record(torch)
