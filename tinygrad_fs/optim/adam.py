"""Adam and AdamW: steps scaled by running moments of the gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average, average_square, check_betas, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["Adam", "AdamW"]


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
    decoupled_weight_decay : bool, default False
        Make the parameters themselves smaller by ``lr weight_decay p``, as `AdamW` does, in place of the penalty.

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
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative(self._name, group, "lr", "eps", "weight_decay")
        check_betas(self._name, group)

    def _kept(self, group: Group) -> tuple[str, ...]:
        moments = ("exp_avg", "exp_avg_sq")
        return (*moments, "max_exp_avg_sq") if group["amsgrad"] else moments

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        first, second, *largest = state
        result, direction = scratch
        beta1, beta2 = map(float, group["betas"])
        g = descent(group, p, g, direction)
        average(first, g, beta1, result)
        average_square(second, g, beta2, result)
        if largest:
            second = np.maximum(largest[0], second, out=largest[0])

        # The corrections of the moments go into two numbers, since every pass over the arrays counts.
        (step,) = numbers
        root = math.sqrt(1.0 - beta2**step)
        np.sqrt(second, out=result)
        np.add(result, float(group["eps"]) * root, out=result)
        np.divide(first, result, out=result)
        np.multiply(result, float(group["lr"]) * root / (1.0 - beta1**step), out=result)
        np.subtract(p, result, out=p)


class AdamW(Adam):
    """`Adam` with a decay of the weights that is not scaled by the moments.

    ::

        p <- p - lr weight_decay p        before the step of Adam, which then knows of no penalty

    Loshchilov and Hutter 2019, "Decoupled weight decay regularization".

    Parameters
    ----------
    weight_decay : float, default 0.01
        The part of a parameter that a step at lr 1 would take away.
    params, lr, betas, eps, amsgrad, maximize
        As in `Adam`, which raises the same errors.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.AdamW([x], lr=0.5, weight_decay=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.numpy().round(4)
    array([ 2.35, -0.45], dtype=float32)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)
