"""Schedules along a cosine."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_fs.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


def _wave(part: float) -> float:
    """Half a wave: 1 at 0, 0 at 1."""
    return (1.0 + math.cos(math.pi * part)) / 2.0


class CosineAnnealingLR(LRScheduler):
    """Rates that fall along a cosine from the base to `eta_min` in `T_max` epochs, and rise again after these.

    ::

        eta_min + (base - eta_min) (1 + cos(pi epoch / T_max)) / 2

    It goes from rate to rate, so that it works beside other schedules. Loshchilov and Hutter 2017, "SGDR: stochastic
    gradient descent with warm restarts", without the restarts.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        Epochs from the highest to the lowest rate.
    eta_min : float, default 0.0
        The lowest rate.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If `T_max` is not positive.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import CosineAnnealingLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = CosineAnnealingLR(optimizer, T_max=4), []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> [round(rate, 4) for rate in rates]
    [1.0, 0.8536, 0.5, 0.1464, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        if T_max < 1:
            raise ValueError(f"CosineAnnealingLR: T_max={T_max} must be at least 1")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The present rates, gone on along the cosine."""
        epoch, low = self.last_epoch, self.eta_min
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # at the lowest point, which has no way up by a factor
            rise = 1.0 - _wave(1 / self.T_max)
            return [rate + (base - low) * rise for rate, base in zip(self._rates(), self.base_lrs)]
        factor = _wave(epoch / self.T_max) / _wave((epoch - 1) / self.T_max)
        return [low + (rate - low) * factor for rate in self._rates()]

    def _first_lr(self) -> list[float]:
        return self._rates()


class CosineAnnealingWarmRestarts(LRScheduler):
    """Rates that fall along a cosine from the base to `eta_min`, again and again.

    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5.

    Parameters
    ----------
    optimizer : Optimizer
    T_0 : int
        Epochs of the first fall.
    T_mult : int, default 1
        How many times longer each fall is than the one before.
    eta_min : float, default 0.0
        The lowest rate.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Attributes
    ----------
    T_cur, T_i : float, int
        Epochs since the last restart, and between it and the next.

    Raises
    ------
    ValueError
        If `T_0` or `T_mult` is not a positive integer.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import CosineAnnealingWarmRestarts
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2), []
    >>> for _ in range(7):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> [round(rate, 4) for rate in rates]
    [1.0, 0.5, 1.0, 0.8536, 0.5, 0.1464, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name}={value!r} must be a positive integer")
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_i = T_0
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at `T_cur` on the way down."""
        part = _wave(self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * part for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch and write its rates.

        Parameters
        ----------
        epoch : float, optional
            Go on to this one instead, which may lie between two: ``schedule.step(epoch + i / n_batches)``.

        Raises
        ------
        ValueError
            If `epoch` is negative.
        """
        if epoch is None:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            if epoch < 0:
                raise ValueError(f"CosineAnnealingWarmRestarts.step: epoch={epoch} must not be negative")
            self.last_epoch, self.T_cur, self.T_i = math.floor(epoch), epoch, self.T_0
            while self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        self._write(self.get_lr())

    def _begin(self) -> None:
        self.step(0 if self.last_epoch < 0 else None)
