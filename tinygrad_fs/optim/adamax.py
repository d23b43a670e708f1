"""Adamax: Adam with the largest gradient in the place of the mean square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average, check_betas, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["Adamax"]


class Adamax(Elementwise):
    """`Adam` with steps divided by the largest gradient, old ones counting for less.

    ::

        g <- g + weight_decay p
        m <- beta1 m + (1 - beta1) g
        u <- max(beta2 u, |g| + eps)
        p <- p - lr / (1 - beta1^t)  m / u

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", section 7.1.

    Parameters
    ----------
    lr : float, default 2e-3
        The learning rate.
    betas : (float, float), default (0.9, 0.999)
        How much of the mean and of the largest gradient stays with each step.
    params, eps, weight_decay, maximize
        As in `Adam`, which raises the same errors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adamax([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5, -0.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("Adamax", group, "lr", "eps", "weight_decay")
        check_betas("Adamax", group)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_inf"

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        mean, largest = state
        result, direction = scratch
        beta1, beta2 = map(float, group["betas"])
        g = descent(group, p, g, direction)
        average(mean, g, beta1, result)
        np.absolute(g, out=result)
        np.add(result, float(group["eps"]), out=result)
        np.multiply(largest, beta2, out=largest)
        np.maximum(largest, result, out=largest)
        np.divide(mean, largest, out=result)
        np.multiply(result, float(group["lr"]) / (1.0 - beta1 ** numbers[0]), out=result)
        np.subtract(p, result, out=p)
