"""Adagrad: steps that shrink with all the gradients there have been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["Adagrad"]


class Adagrad(Elementwise):
    """Gradient descent with the step of each element divided by the root of the sum of its squared gradients.

    ::

        g <- g + weight_decay p
        s <- s + g^2
        p <- p - lr / (1 + (t - 1) lr_decay)  g / (sqrt(s) + eps)

    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization".

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1e-2
        The learning rate.
    lr_decay : float, default 0
        How fast the learning rate falls with the steps.
    weight_decay : float, default 0
        The factor of an L2 penalty.
    initial_accumulator_value : float, default 0
        What the sum is at first.
    eps : float, default 1e-10
        Keeps the divisor from 0.
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
    >>> optimizer = tg.optim.Adagrad([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5, -0.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("Adagrad", group, "lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value")

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("sum",)

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        (total,) = state
        result, direction = scratch
        (step,) = numbers
        g = descent(group, p, g, direction)
        if step == 1:
            total[...] = float(group["initial_accumulator_value"])
        np.multiply(g, g, out=result)
        np.add(total, result, out=total)
        np.sqrt(total, out=result)
        np.add(result, float(group["eps"]), out=result)
        np.divide(g, result, out=result)
        np.multiply(result, float(group["lr"]) / (1.0 + (step - 1) * float(group["lr_decay"])), out=result)
        np.subtract(p, result, out=p)
