"""Several schedules for one optimizer: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tinygrad_fs.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler, check_optimizer
from tinygrad_fs.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combination(LRScheduler):
    """Schedules under one name; the state has theirs."""

    _unsaved: ClassVar[tuple[str, ...]] = ("optimizer", "_schedulers", "base_lrs")
    _schedulers: list[LRScheduler]

    def _take(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler]) -> None:
        check_optimizer(self, optimizer)
        for each in schedulers:
            if isinstance(each, ReduceLROnPlateau) or not isinstance(each, LRScheduler):
                raise TypeError(f"{self._name}: a {type(each).__name__} cannot be combined; it is stepped otherwise")
            if each.optimizer is not optimizer:
                raise ValueError(f"{self._name}: the {type(each).__name__} is of another optimizer")
        self.optimizer = optimizer
        self.base_lrs = [
            group["initial_lr"] if "initial_lr" in group else group["lr"] for group in optimizer.param_groups
        ]
        self._schedulers = list(schedulers)

    def _forget(self) -> None:
        for each in self._schedulers:
            each._forget()

    def state_dict(self) -> dict[str, Any]:
        """As of any schedule, and the states of its schedules."""
        return {**super().state_dict(), "_schedulers": [each.state_dict() for each in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """As of any schedule, with those of its schedules."""
        vars(self).update(self._fitting(state_dict))

    def _fitting(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        fitting = super()._fitting(state_dict)
        kept = fitting.pop("_schedulers")
        if len(kept) != len(self._schedulers):
            raise ValueError(
                f"{self._name}.load_state_dict: the state has {len(kept)} schedules, not {len(self._schedulers)}"
            )
        for each, state in zip(self._schedulers, kept):
            each._fitting(state)
        for each, state in zip(self._schedulers, kept):
            each.load_state_dict(state)
        return fitting


class SequentialLR(_Combination):
    """One schedule after another, each beginning at its milestone.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : sequence of LRScheduler
        Of this optimizer.
    milestones : sequence of int
        The epochs at which the second, the third ... take over: one less than there are schedules.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        If the schedules are not all of this optimizer, or there are not enough or too many milestones.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import ExponentialLR, LinearLR, SequentialLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm_up, fall = LinearLR(optimizer, 0.25, total_iters=3), ExponentialLR(optimizer, 0.5)
    >>> schedule, rates = SequentialLR(optimizer, [warm_up, fall], milestones=[3]), []
    >>> for _ in range(6):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(optimizer, schedulers)
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedules and {len(milestones)} milestones; there is one milestone "
                "between each schedule and the next"
            )
        self._milestones = list(milestones)
        self._restart()  # all have set their first rates, one over another
        self.last_epoch = last_epoch + 1

    def step(self) -> None:
        """Step the schedule whose turn it is."""
        self.last_epoch += 1
        number = self._turn(self.last_epoch)
        current = self._schedulers[number]
        if number and self._milestones[number - 1] == self.last_epoch:
            current._restart()
        else:
            current.step()
        self._last_lr = current.get_last_lr()

    def _turn(self, epoch: int) -> int:
        """Which schedule an epoch belongs to."""
        return bisect_right(self._milestones, epoch)

    def _begin(self) -> None:
        self.last_epoch += 1
        first = self._schedulers[self._turn(0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def _forget(self) -> None:
        super()._forget()
        self.last_epoch = -1


class ChainedScheduler(_Combination):
    """Schedules that all work on the same rates, each on what the one before has made of them.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
        Of the same optimizer.
    optimizer : Optimizer, optional
        That optimizer.

    Raises
    ------
    TypeError, ValueError
        If there are none, or they are of several optimizers.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm_up, fall = ConstantLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)
    >>> schedule, rates = ChainedScheduler([warm_up, fall]), []
    >>> for _ in range(4):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            raise ValueError("ChainedScheduler: there are no schedules")
        self._take(schedulers[0].optimizer if optimizer is None else optimizer, schedulers)
        self._last_lr = self._rates()

    def step(self) -> None:
        """Step all schedules, in their order."""
        for each in self._schedulers:
            each.step()
        self._last_lr = self._rates()

    def _begin(self) -> None:
        for each in self._schedulers:
            each._begin()
        self._last_lr = self._rates()
