"""Lion: steps of one size, in the direction of the sign of a momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average, check_betas, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["Lion"]


class Lion(Elementwise):
    """Descent along the signs of a momentum.

    ::

        c = beta1 m + (1 - beta1) g
        p <- p - lr (sign(c) + weight_decay p)
        m <- beta2 m + (1 - beta2) g

    All steps are of the size `lr`, so it is to be smaller, and `weight_decay` larger, than for `AdamW`: by 3 to 10.
    Chen et al. 2023, "Symbolic discovery of optimization algorithms". PyTorch has no counterpart.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1e-4
        The learning rate.
    betas : (float, float), default (0.9, 0.99)
        How much of the momentum counts in a step, and how much of it stays.
    weight_decay : float, default 0
        The part of a parameter that a step at lr 1 would take away.
    maximize : bool, default False
        Go up the gradient instead of down.

    Raises
    ------
    TypeError, ValueError
        If parameters or options are not as they must be.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.Lion([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5, -0.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "decoupled_weight_decay": True,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("Lion", group, "lr", "weight_decay")
        check_betas("Lion", group)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg",)

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        (momentum,) = state
        result, direction = scratch
        beta1, beta2 = map(float, group["betas"])
        g = descent(group, p, g, direction)
        np.subtract(momentum, g, out=result)
        np.multiply(result, beta1, out=result)
        np.add(result, g, out=result)
        np.sign(result, out=result)
        np.multiply(result, float(group["lr"]), out=result)
        np.subtract(p, result, out=p)
        average(momentum, g, beta2, result)
