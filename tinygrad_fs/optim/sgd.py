"""SGD: stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import check_not_negative, descent
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["SGD"]


class SGD(Elementwise):
    """Stochastic gradient descent, plain or with momentum.

    ::

        g <- g + weight_decay p
        b <- momentum b + (1 - dampening) g      (b = g at the first step)
        p <- p - lr b                            (without momentum p - lr g; nesterov: p - lr (g + momentum b))

    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"; the form is PyTorch's.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1e-3
        The learning rate.
    momentum : float, default 0
    dampening : float, default 0
    weight_decay : float, default 0
        The factor of an L2 penalty.
    nesterov : bool, default False
        Nesterov's momentum; needs `momentum` and no `dampening`.
    maximize : bool, default False
        Go up the gradient instead of down.

    Raises
    ------
    TypeError, ValueError
        If parameters or options are not as they must be.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([3.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([1.5], requires_grad=True)
    """

    _numbers: ClassVar[Mapping[str, float]] = {"_step": 0}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("SGD", group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov=True needs a momentum above 0 and dampening=0")

    def _kept(self, group: Group) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] else ()

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        result, direction = scratch
        g = descent(group, p, g, direction)
        if state:
            g = self._with_momentum(group, numbers[0] == 1, g, state[0], result)
        np.multiply(g, float(group["lr"]), out=result)
        np.subtract(p, result, out=p)

    def _with_momentum(self, group: Group, first: bool, g: Any, buffer: Any, scratch: Any) -> Any:
        """Take g into the buffer; returns the direction of this step."""
        momentum = float(group["momentum"])
        if first:
            np.copyto(buffer, g, casting="same_kind")
        else:
            np.multiply(buffer, momentum, out=buffer)
            np.add(
                buffer, np.multiply(g, 1.0 - group["dampening"], out=scratch) if group["dampening"] else g, out=buffer
            )
        if not group["nesterov"]:
            return buffer
        np.multiply(buffer, momentum, out=scratch)
        return np.add(g, scratch, out=scratch)
