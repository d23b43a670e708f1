"""Schedules for any library, and the script that records PyTorch's rates: `python tests/optim/schedules.py`.

It needs PyTorch, and writes `schedules.npz` beside itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).with_suffix(".npz")
STEPS = 30

MEASURES = [math.exp(-k / 3) + (0.3 if k > 12 else 0.0) + 0.01 * math.sin(7 * k) for k in range(STEPS)]
"""What a schedule that watches training is told: a loss that stops falling."""


def halves(epoch: int) -> float:
    return 0.5 ** (epoch // 4)


def slower(epoch: int) -> float:
    return 1.0 - 1.0 / (epoch + 2)


def one_after_another(s: Any, o: Any, *milestones: int) -> Any:
    parts = [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 6), s.ExponentialLR(o, 0.8)]
    return s.SequentialLR(o, parts[: len(milestones) + 1], milestones=list(milestones))


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, halves),
    "LambdaLR, one per group": lambda s, o: s.LambdaLR(o, [halves, slower]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, slower),
    "StepLR": lambda s, o: s.StepLR(o, 4),
    "StepLR, gamma": lambda s, o: s.StepLR(o, 1, gamma=0.7),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 3, 10], gamma=0.3),
    "MultiStepLR, from the start": lambda s, o: s.MultiStepLR(o, [0, 7]),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "ConstantLR, factor": lambda s, o: s.ConstantLR(o, factor=0.7, total_iters=10),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR, down": lambda s, o: s.LinearLR(o, start_factor=0.9, end_factor=0.2, total_iters=11),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "PolynomialLR, power": lambda s, o: s.PolynomialLR(o, total_iters=20, power=2.5),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 7),
    "CosineAnnealingLR, eta_min": lambda s, o: s.CosineAnnealingLR(o, 40, eta_min=0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5),
    "CosineAnnealingWarmRestarts, longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, eta_min=0.01),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 2.0, total_steps=STEPS),
    "OneCycleLR, linear": lambda s, o: s.OneCycleLR(
        o, [2.0, 1.0], epochs=5, steps_per_epoch=7, pct_start=0.2, anneal_strategy="linear", cycle_momentum=False
    ),
    "OneCycleLR, three phases": lambda s, o: s.OneCycleLR(
        o,
        2.0,
        total_steps=33,
        three_phase=True,
        div_factor=10.0,
        final_div_factor=100.0,
        base_momentum=[0.5, 0.7],
        max_momentum=0.8,
    ),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.1, 1.0, step_size_up=5),
    "CyclicLR, halved": lambda s, o: s.CyclicLR(
        o, [0.1, 0.2], 1.0, step_size_up=3, step_size_down=5, mode="triangular2", base_momentum=0.5, max_momentum=0.7
    ),
    "CyclicLR, gamma": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, mode="exp_range", gamma=0.9, cycle_momentum=False),
    "CyclicLR, function": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, scale_fn=slower, scale_mode="iterations"),
    "SequentialLR": lambda s, o: one_after_another(s, o, 5, 15),
    "SequentialLR, at once": lambda s, o: one_after_another(s, o, 0, 9),
    "SequentialLR, one": lambda s, o: one_after_another(s, o),
    "SequentialLR, functions": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.5), s.MultiplicativeLR(o, slower), s.LambdaLR(o, halves)], [6, 12]
    ),
    "SequentialLR, restarts": lambda s, o: s.SequentialLR(
        o, [s.PolynomialLR(o, 8), s.CosineAnnealingWarmRestarts(o, 4, 2), s.StepLR(o, 2)], [4, 20]
    ),
    "SequentialLR, cycles": lambda s, o: s.SequentialLR(
        o, [s.ExponentialLR(o, 0.5), s.CyclicLR(o, 0.1, 1.0, 5, cycle_momentum=False)], [3]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
    "ChainedScheduler, cosine": lambda s, o: s.ChainedScheduler(
        [s.CosineAnnealingLR(o, 9, eta_min=0.001), s.StepLR(o, 5, 0.5), s.LinearLR(o)], optimizer=o
    ),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, patience=2),
    "ReduceLROnPlateau, absolute": lambda s, o: s.ReduceLROnPlateau(
        o, factor=0.5, patience=0, threshold=0.05, threshold_mode="abs", cooldown=2, min_lr=[0.1, 0.0]
    ),
    "ReduceLROnPlateau, max": lambda s, o: s.ReduceLROnPlateau(o, mode="max", patience=1, factor=0.7, eps=0.02),
    "ReduceLROnPlateau, max, absolute": lambda s, o: s.ReduceLROnPlateau(
        o, mode="max", patience=3, factor=0.7, threshold_mode="abs", min_lr=0.3
    ),
    "SWALR": lambda s, o: s.SWALR(o, 0.05),
    "SWALR, linear": lambda s, o: s.SWALR(o, [0.05, 0.1], anneal_epochs=6, anneal_strategy="linear"),
    "SWALR, at once": lambda s, o: s.SWALR(o, 0.05, anneal_epochs=0),
    "SWALR, last": lambda s, o: s.SequentialLR(o, [s.ExponentialLR(o, 0.8), s.SWALR(o, 0.05, 5)], [10]),
}


def go(optimizer: Any, schedule: Any, measures: list[float] = MEASURES) -> np.ndarray:
    """The rate and the momentum of each group before each step."""
    rows = []
    for measure in measures:
        groups = optimizer.param_groups
        rows.append([(group["lr"], group.get("momentum", group.get("betas", (0,))[0])) for group in groups])
        optimizer.step()
        schedule.step(*([measure] if type(schedule).__name__ == "ReduceLROnPlateau" else []))
    return np.array(rows)


def two_groups(library: Any, make_parameter: Callable[[], Any], adam: bool = False) -> Any:
    """An optimizer of any library with two groups."""
    groups = [{"params": [make_parameter()]}, {"params": [make_parameter()], "lr": 0.5}]
    return library.Adam(groups, lr=0.2) if adam else library.SGD(groups, lr=0.2, momentum=0.9)


def all_schedules(library: Any) -> Any:
    """The schedules of a library in one place."""

    class Both:
        def __getattr__(self, name: str) -> Any:
            return getattr(library.swa_utils if name == "SWALR" else library.lr_scheduler, name)

    return Both()


def record() -> None:
    """Write down the rates of PyTorch's schedules."""
    import torch

    recorded = {}
    for name, make in CASES.items():
        optimizer = two_groups(torch.optim, lambda: torch.zeros(1, requires_grad=True))
        recorded[name] = go(optimizer, make(all_schedules(torch.optim), optimizer))
    np.savez_compressed(RECORD, **recorded)


if __name__ == "__main__":
    record()
