"""Schedules that multiply the rate by a number from time to time, or in every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler
from tinygrad_fs.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


class _Factor(LRScheduler):
    """A schedule that multiplies the present rates, so that several work on the same optimizer."""

    def _factor(self, epoch: int) -> float:
        """By what the rates are multiplied to get those of an epoch above 0."""
        raise NotImplementedError

    def _first_factor(self, epoch: int) -> float:
        """By what they are multiplied at the beginning."""
        return 1.0

    def get_lr(self) -> list[float]:
        """The present rates, times the factor of this epoch."""
        factor = self._factor(self.last_epoch)
        return [rate * factor for rate in self._rates()]

    def _first_lr(self) -> list[float]:
        factor = self._first_factor(self.last_epoch)
        return [rate * factor for rate in self._rates()]


class StepLR(_Factor):
    """Multiply the rates by `gamma` every `step_size` epochs.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
        Epochs between two falls.
    gamma : float, default 0.1
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If `step_size` is not positive.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import StepLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = StepLR(optimizer, step_size=2, gamma=0.5), []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ValueError(f"StepLR: step_size={step_size} must be at least 1")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        return self.gamma if epoch and epoch % self.step_size == 0 else 1.0

    _first_factor = _factor


class MultiStepLR(_Factor):
    """Multiply the rates by `gamma` at given epochs.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        The epochs; one that occurs twice counts twice.
    gamma : float, default 0.1
    last_epoch : int, default -1
        As in `LRScheduler`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import MultiStepLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5), []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones: dict[int, int] = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        return self.gamma ** self.milestones.get(epoch, 0)

    _first_factor = _factor


class ConstantLR(_Factor):
    """Rates that are `factor` times the base for `total_iters` epochs, and the base from then on.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float, default 1/3
        More than 0, at most 1.
    total_iters : int, default 5
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If `factor` is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import ConstantLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = ConstantLR(optimizer, factor=0.5, total_iters=2), []
    >>> for _ in range(4):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0.0 < factor <= 1.0:
            raise ValueError(f"ConstantLR: factor={factor} must be more than 0 and at most 1")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        if epoch == 0:
            return self.factor
        return 1.0 / self.factor if epoch == self.total_iters else 1.0

    _first_factor = _factor


class LinearLR(_Factor):
    """Rates that go in a straight line from `start_factor` to `end_factor` times the base, and stay there.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor : float, default 1/3
        More than 0, at most 1.
    end_factor : float, default 1.0
        At least 0, at most 1.
    total_iters : int, default 5
        In how many epochs.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If a factor is out of range, or `total_iters` is not positive.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import LinearLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = LinearLR(optimizer, start_factor=0.25, total_iters=3), []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0.0 < start_factor <= 1.0:
            raise ValueError(f"LinearLR: start_factor={start_factor} must be more than 0 and at most 1")
        if not 0.0 <= end_factor <= 1.0:
            raise ValueError(f"LinearLR: end_factor={end_factor} must be at least 0 and at most 1")
        if total_iters < 1:
            raise ValueError(f"LinearLR: total_iters={total_iters} must be at least 1")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        if epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (epoch - 1) * rise)

    def _first_factor(self, epoch: int) -> float:
        return self.start_factor if epoch == 0 else 1.0


class ExponentialLR(_Factor):
    """Multiply the rates by `gamma` in every epoch.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
    last_epoch : int, default -1
        As in `LRScheduler`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import ExponentialLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = ExponentialLR(optimizer, gamma=0.5), []
    >>> for _ in range(3):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        return self.gamma


class PolynomialLR(_Factor):
    """Rates that fall to 0 in `total_iters` epochs, as ``(1 - epoch / total_iters)^power``.

    Parameters
    ----------
    optimizer : Optimizer
    total_iters : int, default 5
    power : float, default 1.0
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If `total_iters` is not positive.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import PolynomialLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = PolynomialLR(optimizer, total_iters=4), []
    >>> for _ in range(6):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> [round(rate, 12) for rate in rates]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        if total_iters < 1:
            raise ValueError(f"PolynomialLR: total_iters={total_iters} must be at least 1")
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        if epoch > self.total_iters:
            return 1.0
        left, before = 1.0 - epoch / self.total_iters, 1.0 - (epoch - 1) / self.total_iters
        return float((left / before) ** self.power)
