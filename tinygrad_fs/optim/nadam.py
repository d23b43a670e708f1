"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average, average_square, check_betas, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["NAdam"]


class NAdam(Elementwise):
    """`Adam` with a momentum that looks one step ahead, and that grows with the steps.

    ::

        g <- g + weight_decay p
        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        c_t = beta1 (1 - 0.96^(t momentum_decay) / 2),    P_t = c_1 c_2 ... c_t
        p <- p - lr (c_(t+1) m / (1 - P_(t+1)) + (1 - c_t) g / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + eps)

    Dozat 2016, "Incorporating Nesterov momentum into Adam".

    Parameters
    ----------
    lr : float, default 2e-3
        The learning rate.
    momentum_decay : float, default 4e-3
        How fast the momentum comes near to beta1.
    params, betas, eps, weight_decay, decoupled_weight_decay, maximize
        As in `Adam`, which raises the same errors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.NAdam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.numpy().round(4)
    array([ 2.4718, -0.4718], dtype=float32)
    """

    _numbers: ClassVar[Mapping[str, float]] = {"step": 0, "mu_product": 1.0}

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("NAdam", group, "lr", "eps", "weight_decay", "momentum_decay")
        check_betas("NAdam", group)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def _advance(self, group: Group, numbers: Numbers) -> Numbers:
        step, product = numbers
        return step + 1, product * _momentum(group, step + 1)

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        first, second = state
        divisor, direction = scratch
        step, product = numbers
        lr, (beta1, beta2) = float(group["lr"]), map(float, group["betas"])
        g = descent(group, p, g, direction)
        average(first, g, beta1, divisor)
        average_square(second, g, beta2, divisor)
        np.multiply(second, 1.0 / (1.0 - beta2**step), out=divisor)
        np.sqrt(divisor, out=divisor)
        np.add(divisor, float(group["eps"]), out=divisor)
        now, ahead = _momentum(group, step), _momentum(group, step + 1)
        for array, factor in ((g, (1.0 - now) / (1.0 - product)), (first, ahead / (1.0 - product * ahead))):
            np.multiply(array, lr * factor, out=direction)
            np.divide(direction, divisor, out=direction)
            np.subtract(p, direction, out=p)


def _momentum(group: Group, step: float) -> float:
    """The momentum of a step; it grows to beta1 from half of it."""
    beta1, slowness = float(group["betas"][0]), float(group["momentum_decay"])
    return beta1 * (1.0 - 0.5 * math.pow(0.96, step * slowness))
