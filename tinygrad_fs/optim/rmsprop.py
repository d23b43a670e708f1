"""RMSprop: steps divided by the running size of the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import average, average_square, check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["RMSprop"]


class RMSprop(Elementwise):
    """Gradient descent with the step of each element divided by the running size of its gradient.

    ::

        g <- g + weight_decay p
        v <- alpha v + (1 - alpha) g^2
        m <- alpha m + (1 - alpha) g              (centered only; v - m^2 then stands in the place of v)
        b <- momentum b + g / (sqrt(v) + eps)
        p <- p - lr b

    Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5; centred: Graves 2013, "Generating
    sequences with recurrent neural networks", equations 38 to 45.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1e-2
        The learning rate.
    alpha : float, default 0.99
        How much of the averages stays with each step.
    eps : float, default 1e-8
        Keeps the divisor from 0.
    weight_decay : float, default 0
        The factor of an L2 penalty.
    momentum : float, default 0
    centered : bool, default False
        Divide by the running standard deviation in place of the size.
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
    >>> optimizer = tg.optim.RMSprop([x], lr=0.05)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5, -0.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("RMSprop", group, "lr", "eps", "momentum", "weight_decay", "alpha")

    def _kept(self, group: Group) -> tuple[str, ...]:
        momentum = ("momentum_buffer",) if group["momentum"] else ()
        mean = ("grad_avg",) if group["centered"] else ()
        return ("square_avg", *momentum, *mean)

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        squares, *others = state
        result, direction = scratch
        alpha = float(group["alpha"])
        g = descent(group, p, g, direction)
        average_square(squares, g, alpha, result)
        if group["centered"]:
            mean = others.pop()
            average(mean, g, alpha, result)
            np.multiply(mean, mean, out=result)
            squares = np.subtract(squares, result, out=result)
        np.sqrt(squares, out=result)
        np.add(result, float(group["eps"]), out=result)
        np.divide(g, result, out=result)
        if others:
            (buffer,) = others
            np.multiply(buffer, float(group["momentum"]), out=buffer)
            np.add(buffer, result, out=buffer)
            np.copyto(result, buffer)
        np.multiply(result, float(group["lr"]), out=result)
        np.subtract(p, result, out=p)
