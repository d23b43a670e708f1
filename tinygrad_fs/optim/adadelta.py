"""Adadelta: steps in units of the steps there have been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average_square, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["Adadelta"]


class Adadelta(Elementwise):
    """Gradient descent with the step of each element scaled by the size of its last steps over that of its gradients.

    ::

        g <- g + weight_decay p
        v <- rho v + (1 - rho) g^2
        d = g sqrt(u + eps) / sqrt(v + eps)
        u <- rho u + (1 - rho) d^2
        p <- p - lr d

    Zeiler 2012, "ADADELTA: an adaptive learning rate method".

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1.0
        The factor of the steps.
    rho : float, default 0.9
        How much of the two averages stays with each step.
    eps : float, default 1e-6
        Lets the first step be more than 0.
    weight_decay : float, default 0
        The factor of an L2 penalty.
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
    >>> optimizer = tg.optim.Adadelta([x], lr=100.0)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.numpy().round(4)
    array([ 2.6838, -0.6838], dtype=float32)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("Adadelta", group, "lr", "eps", "weight_decay")
        if not 0.0 <= group["rho"] <= 1.0:
            raise ValueError(f"Adadelta: rho={group['rho']} must be at least 0 and at most 1")

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "square_avg", "acc_delta"

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        squares, moved = state
        delta, direction = scratch
        rho, eps = float(group["rho"]), float(group["eps"])
        g = descent(group, p, g, direction)
        average_square(squares, g, rho, delta)
        np.add(squares, eps, out=delta)
        np.sqrt(delta, out=delta)
        np.divide(g, delta, out=delta)
        np.add(moved, eps, out=direction)
        np.sqrt(direction, out=direction)
        np.multiply(delta, direction, out=delta)
        average_square(moved, delta, rho, direction)
        np.multiply(delta, float(group["lr"]), out=delta)
        np.subtract(p, delta, out=p)
