"""Rprop: steps whose sizes follow the signs of the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_fs.optim.elementwise import Elementwise
from tinygrad_fs.optim.formulas import check_not_negative
from tinygrad_fs.optim.optimizer import Group, Params
from tinygrad_fs.optim.packing import Numbers

__all__ = ["Rprop"]


class Rprop(Elementwise):
    """Resilient backpropagation: each element has a step size that grows while its gradient keeps the sign.

    ::

        s <- clip(s eta, least, most)        eta = etas[1] where g and the gradient before have the same sign,
                                             etas[0] where they differ (there g <- 0), 1 where one is 0
        p <- p - s sign(g)

    For gradients of the whole data set: noise of minibatches turns signs. Riedmiller and Braun 1993, "A direct adaptive
    method for faster backpropagation learning: the RPROP algorithm".

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What to optimise.
    lr : float, default 1e-2
        The step sizes at first.
    etas : (float, float), default (0.5, 1.2)
        The factors by which step sizes become smaller and larger.
    step_sizes : (float, float), default (1e-6, 50)
        The least and the most that a step size can be.
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
    >>> optimizer = tg.optim.Rprop([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5, -0.5], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def _check_options(self, group: Mapping[str, Any]) -> None:
        check_not_negative("Rprop", group, "lr")
        smaller, larger = group["etas"]
        if not 0.0 < smaller < 1.0 < larger:
            raise ValueError(f"Rprop: etas={group['etas']}; the first must be between 0 and 1, the second above 1")

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "prev", "step_size"

    def _update(
        self, group: Group, numbers: Numbers, p: Any, g: Any, state: tuple[Any, ...], scratch: tuple[Any, Any]
    ) -> None:
        before, sizes = state
        agreement, direction = scratch
        smaller, larger = map(float, group["etas"])
        if numbers[0] == 1:
            sizes[...] = float(group["lr"])
        np.multiply(g, -1.0 if group["maximize"] else 1.0, out=direction)
        np.multiply(direction, before, out=agreement)
        turned = agreement < 0
        np.multiply(sizes, np.where(turned, smaller, np.where(agreement > 0, larger, 1.0)), out=sizes)
        np.clip(sizes, *map(float, group["step_sizes"]), out=sizes)
        np.copyto(before, np.where(turned, 0, direction))
        np.sign(before, out=direction)
        np.multiply(direction, sizes, out=direction)
        np.subtract(p, direction, out=p)
