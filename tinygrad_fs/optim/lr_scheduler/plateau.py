"""ReduceLROnPlateau: a schedule that watches how training goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsFloat

from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler, check_optimizer, per_group
from tinygrad_fs.optim.optimizer import Optimizer
from tinygrad_fs.tensor import Tensor

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by `factor` when a measure has stopped getting better.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Whether the measure is better when it is lower, as a loss, or higher, as an accuracy.
    factor : float, default 0.1
        Less than 1.
    patience : int, default 10
        So many epochs without a better value are let pass.
    threshold : float, default 1e-4
        By how much a value must differ from the best to be better.
    threshold_mode : {"rel", "abs"}
        Whether that is a part of the best value, or a difference.
    cooldown : int, default 0
        So many epochs after a fall are not counted.
    min_lr : float or list of float, default 0
        The lowest rate, for all groups or for each.
    eps : float, default 1e-8
        A fall by less than this is left out.

    Attributes
    ----------
    best : float
        The best value so far.
    num_bad_epochs, cooldown_counter : int
        How many epochs were not better, and how many will not be counted.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import ReduceLROnPlateau
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = ReduceLROnPlateau(optimizer, patience=1), []
    >>> for loss in (3.0, 2.0, 2.0, 2.0, 1.0):
    ...     schedule.step(loss)
    ...     rates += schedule.get_last_lr()
    >>> rates
    [1.0, 1.0, 1.0, 0.1, 0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        check_optimizer(self, optimizer)
        if not factor < 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor={factor} must be less than 1")
        for name, value, known in (("mode", mode, _WORST), ("threshold_mode", threshold_mode, ("rel", "abs"))):
            if value not in known:
                raise ValueError(f"ReduceLROnPlateau: {name}={value!r}; use {' or '.join(map(repr, known))}")
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lrs = per_group("ReduceLROnPlateau: min_lr", optimizer, min_lr)
        self.eps = eps
        self.best = _WORST[mode]
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0
        self._last_lr = self._rates()

    @property
    def in_cooldown(self) -> bool:
        """Whether epochs are not counted at present."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat | Tensor) -> None:  # type: ignore[override]
        """Take in the measure of an epoch, and lower the rates if it is time.

        Parameters
        ----------
        metrics : float or Tensor of one element
            The measure.
        """
        value = float(metrics.item() if isinstance(metrics, Tensor) else metrics)
        self.last_epoch += 1
        if self._is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        rates = self._rates()
        if self.num_bad_epochs > self.patience:
            rates = [self._lowered(rate, least) for rate, least in zip(rates, self.min_lrs)]
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._write(rates)

    def _lowered(self, rate: float, least: float) -> float:
        lower = max(rate * self.factor, least)
        return lower if rate - lower > self.eps else rate

    def _is_better(self, value: float) -> bool:
        sign = 1.0 if self.mode == "max" else -1.0
        if self.threshold_mode == "rel":
            return sign * value > sign * self.best * (1.0 + sign * self.threshold)
        return sign * value > sign * self.best + self.threshold

    def _fitting(self, state_dict: Any) -> dict[str, Any]:
        fitting = super()._fitting(state_dict)
        if len(fitting["min_lrs"]) != len(self.min_lrs):
            raise ValueError(
                f"ReduceLROnPlateau.load_state_dict: the state is of {len(fitting['min_lrs'])} groups, "
                f"the optimizer has {len(self.min_lrs)}"
            )
        return fitting


_WORST = {"min": math.inf, "max": -math.inf}
