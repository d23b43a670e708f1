"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise, descent
from tinygrad_fs.optim.optimizer import Group, Params

__all__ = ["Adam"]


class Adam(Elementwise):
    """Gradient descent with the step of each element scaled by the moments of its gradient.

    ::

        g <- g + weight_decay p
        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        p <- p - lr m' / (sqrt(v') + eps),    m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t)

    Kingma and Ba 2015, "Adam: a method for stochastic optimization"; `amsgrad` puts the largest v so far in the place
    of v (Reddi, Kale and Kumar 2018, "On the convergence of Adam and beyond").

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1e-3
        The learning rate.
    betas : (float, float), default (0.9, 0.999)
        How much of the moments stays with each step.
    eps : float, default 1e-8
        Keeps the divisor from 0.
    weight_decay : float, default 0
        The factor of an L2 penalty.
    amsgrad : bool, default False
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
    >>> optimizer = tg.optim.Adam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5, -0.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        for name in ("lr", "eps", "weight_decay"):
            if not group[name] >= 0.0:
                raise ValueError(f"Adam: {name}={group[name]} must not be negative")
        for i, beta in enumerate(group["betas"]):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Adam: betas[{i}]={beta} must be at least 0 and less than 1")

    def _kept(self, group: Group) -> tuple[str, ...]:
        moments = ("exp_avg", "exp_avg_sq")
        return (*moments, "max_exp_avg_sq") if group["amsgrad"] else moments

    def _update(
        self, group: Group, step: int, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        first, second, *largest = state
        result, direction = scratch
        beta1, beta2 = map(float, group["betas"])
        g = descent(group, p, g, direction)

        np.multiply(first, beta1, out=first)
        np.multiply(g, 1.0 - beta1, out=result)
        np.add(first, result, out=first)

        np.multiply(second, beta2, out=second)
        np.multiply(g, 1.0 - beta2, out=result)
        np.multiply(result, g, out=result)
        np.add(second, result, out=second)
        if largest:
            second = np.maximum(largest[0], second, out=largest[0])

        # The corrections of the moments go into two numbers, since every pass over the arrays counts.
        root = math.sqrt(1.0 - beta2**step)
        np.sqrt(second, out=result)
        np.add(result, float(group["eps"]) * root, out=result)
        np.divide(first, result, out=result)
        np.multiply(result, float(group["lr"]) * root / (1.0 - beta1**step), out=result)
        np.subtract(p, result, out=p)
