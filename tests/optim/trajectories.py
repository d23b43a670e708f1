"""The cases of the trajectories, and the script that records PyTorch's: `python tests/optim/trajectories.py`.

It needs PyTorch, and writes `trajectories.npz` beside itself: where the parameters are after some of 200 steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).with_suffix(".npz")
STEPS = 200
RECORDED = [1, 2, 3, 10, 50, 200]
"""The steps after which the parameters are recorded."""

START = np.array([1.0, -2.0, 0.5, 3.0])
_CURVATURE = np.array([1.0, 0.1, 10.0, 0.5])

_UP = {"maximize": True}
_DECAYED_UP = {"weight_decay": 0.1, "maximize": True}

CASES: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"lr": 0.05},
        {"lr": 0.02, "momentum": 0.9},
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.5, "weight_decay": 0.1},
        {"lr": 1e-3, "momentum": 0.9, "nesterov": True, "weight_decay": 0.5, **_UP},
    ],
    "Adagrad": [
        {"lr": 0.1},
        {"lr": 0.5, "lr_decay": 0.01, "weight_decay": 0.1},
        {"lr": 0.5, "initial_accumulator_value": 2.0, "eps": 1e-3},
        {"lr": 0.01, **_DECAYED_UP},
    ],
    "Adadelta": [
        {},
        {"lr": 5.0, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1},
        {"lr": 0.5, "rho": 0.95, **_DECAYED_UP},
    ],
    "RMSprop": [
        {},
        {"lr": 0.02, "alpha": 0.9, "eps": 1e-4, "momentum": 0.5},
        {"lr": 0.005, "centered": True, "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.002, "centered": True, "momentum": 0.8, "eps": 1e-2, **_DECAYED_UP},
    ],
    "Adam": [
        {"lr": 0.05},
        {"lr": 0.02, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.1, "betas": (0.5, 0.9), "amsgrad": True},
        {"lr": 0.01, "amsgrad": True, "weight_decay": 0.5, **_UP},
        {"lr": 0.05, "weight_decay": 0.2, "decoupled_weight_decay": True, **_UP},
    ],
    "AdamW": [
        {"lr": 0.05},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.3, "amsgrad": True},
        {"lr": 0.01, "weight_decay": 0.2, **_UP},
    ],
    "Adamax": [
        {"lr": 0.05},
        {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.1},
        {"lr": 0.01, **_DECAYED_UP},
    ],
    "NAdam": [
        {"lr": 0.05},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1, "momentum_decay": 0.1},
        {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"lr": 0.01, **_DECAYED_UP},
    ],
    "RAdam": [
        {"lr": 0.05},
        {"lr": 0.05, "betas": (0.8, 0.7), "eps": 1e-3},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"lr": 0.01, **_DECAYED_UP},
    ],
    "Rprop": [
        {},
        {"lr": 0.1, "etas": (0.4, 1.5), "step_sizes": (1e-3, 0.5)},
        {"lr": 1e-3, "step_sizes": (1e-6, 0.01), **_UP},
    ],
}
"""For each optimizer of PyTorch, options; every option occurs."""

LBFGS_CASES: list[dict[str, Any]] = [
    {"lr": 1e-3},
    {"lr": 1e-3, "max_iter": 3, "history_size": 2, "tolerance_change": 1e-12},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3},
    {"line_search_fn": "strong_wolfe", "max_iter": 6, "max_eval": 3, "lr": 0.3},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1.0},
    {"line_search_fn": "strong_wolfe", "lr": 0.1, "tolerance_change": 1e-3},
]
"""Options of LBFGS, which goes down a valley instead; see `valley`."""

TABLE = [(name, options) for name, cases in CASES.items() for options in cases]


def title(name: str, options: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={value}' for key, value in options.items())})"


def gradient(p: np.ndarray, step: int) -> np.ndarray:
    """That of a bowl with a push that changes from step to step."""
    return _CURVATURE * p + np.sin(step * np.arange(1.0, 5.0))


def valley(p: Any) -> Any:
    """Rosenbrock's function of four variables, for any library; the lowest point, 0, is at ones."""
    return (100.0 * (p[1:] - p[:-1] ** 2) ** 2 + (1.0 - p[:-1]) ** 2).sum()


def go_down(optimizer: Any, p: Any) -> list[np.ndarray]:
    """Where `p` is after each of a few steps of LBFGS."""

    def closure() -> Any:
        optimizer.zero_grad()
        loss = valley(p)
        loss.backward()
        return loss

    places = []
    for _ in range(6):
        optimizer.step(closure)
        places.append(p.detach().numpy().copy())
    return places


def record() -> None:
    """Write down where PyTorch's optimizers go."""
    import torch

    recorded = {}
    for options in LBFGS_CASES:
        p = torch.tensor(START, requires_grad=True)
        recorded[title("LBFGS", options)] = np.array(go_down(torch.optim.LBFGS([p], **options), p))
    for name, options in TABLE:
        p = torch.tensor(START, requires_grad=True)
        optimizer = getattr(torch.optim, name)([p], **options)
        places = []
        for step in range(1, STEPS + 1):
            p.grad = torch.tensor(gradient(p.detach().numpy(), step))
            optimizer.step()
            if step in RECORDED:
                places.append(p.detach().numpy().copy())
        recorded[title(name, options)] = np.array(places)
    np.savez(RECORD, **recorded)


if __name__ == "__main__":
    record()
