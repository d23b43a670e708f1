"""What the formulas of several optimizers have in common, in place and on any stretch of elements."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from tinygrad_fs.optim.optimizer import Group
from tinygrad_fs.tensor import Tensor

__all__ = ["average", "average_square", "check_betas", "check_not_negative", "descent"]


def check_not_negative(what: str, group: Mapping[str, Any], *names: str) -> None:
    """Raise a ValueError if one of these options is negative, or no number at all."""
    for name in names:
        if not isinstance(group[name], (Real, np.ndarray, Tensor)):
            raise TypeError(f"{what}: {name}={group[name]!r} must be a number")
        if not group[name] >= 0.0:
            raise ValueError(f"{what}: {name}={group[name]} must not be negative")


def check_betas(what: str, group: Mapping[str, Any]) -> None:
    """Raise a ValueError unless the two betas are shares of what is kept: at least 0, less than 1."""
    betas = group["betas"]
    if np.shape(betas) != (2,):
        raise TypeError(f"{what}: betas={betas!r} must be two numbers, as (0.9, 0.999)")
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"{what}: betas[{i}]={beta} must be at least 0 and less than 1")


def descent(group: Group, p: Any, g: Any, scratch: Any) -> Any:
    """The gradient of what is minimised: g, negated to maximise, and weight_decay times p added to it.

    A decoupled decay is no part of the gradient: p itself is made smaller by it, and at once.
    """
    if decay := float(group["weight_decay"]):
        if not group.get("decoupled_weight_decay", False):
            np.multiply(p, decay, out=scratch)
            return (np.subtract if group["maximize"] else np.add)(scratch, g, out=scratch)
        np.multiply(p, 1.0 - float(group["lr"]) * decay, out=p)
    return np.negative(g, out=scratch) if group["maximize"] else g


def average(mean: Any, g: Any, beta: float, scratch: Any) -> None:
    """``mean <- beta mean + (1 - beta) g``."""
    np.multiply(mean, beta, out=mean)
    np.multiply(g, 1.0 - beta, out=scratch)
    np.add(mean, scratch, out=mean)


def average_square(mean: Any, g: Any, beta: float, scratch: Any) -> None:
    """``mean <- beta mean + (1 - beta) g^2``."""
    np.multiply(mean, beta, out=mean)
    np.multiply(g, 1.0 - beta, out=scratch)
    np.multiply(scratch, g, out=scratch)
    np.add(mean, scratch, out=mean)
