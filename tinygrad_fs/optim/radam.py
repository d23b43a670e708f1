"""RAdam: Adam that begins as plain momentum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average, average_square, check_betas, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["RAdam"]


class RAdam(Elementwise):
    """`Adam` whose steps are scaled by the second moment only as far as that is known.

    ::

        g <- g + weight_decay p
        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        R = 2 / (1 - beta2) - 1,    r = R - 2 t beta2^t / (1 - beta2^t)
        p <- p - lr m'                              while r <= 5,    m' = m / (1 - beta1^t)
        p <- p - lr m' c / (sqrt(v) + eps)          from then on,    c = sqrt(1 - beta2^t)
                                    sqrt((r - 4) (r - 2) R / ((R - 4) (R - 2) r))

    Liu et al. 2020, "On the variance of the adaptive learning rate and beyond".

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize
        As in `Adam`, which raises the same errors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.RAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.4, -0.8], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("RAdam", group, "lr", "eps", "weight_decay")
        check_betas("RAdam", group)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        first, second = state
        result, direction = scratch
        (step,) = numbers
        beta1, beta2 = map(float, group["betas"])
        g = descent(group, p, g, direction)
        average(first, g, beta1, result)
        average_square(second, g, beta2, result)
        rate = float(group["lr"]) / (1.0 - beta1**step)
        scale = _rectification(step, beta2)
        if scale is None:
            np.multiply(first, rate, out=result)
        else:
            np.sqrt(second, out=result)
            np.add(result, float(group["eps"]), out=result)
            np.divide(first, result, out=result)
            np.multiply(result, rate * scale, out=result)
        np.subtract(p, result, out=p)


def _rectification(step: float, beta2: float) -> float | None:
    """By what the root of the second moment is to be corrected; None where too little is known of it."""
    kept = beta2**step
    longest = 2.0 / (1.0 - beta2) - 1.0  # of the average, in steps; `length` is what it is now
    length = longest - 2.0 * step * kept / (1.0 - kept)
    if length <= 5.0:
        return None
    share = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
    return math.sqrt((1.0 - kept) * share)
