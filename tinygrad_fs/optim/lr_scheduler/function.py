"""Schedules that a function of the epoch gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar

from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler, check_optimizer, per_group
from tinygrad_fs.optim.optimizer import Optimizer

__all__ = ["LambdaLR", "MultiplicativeLR"]


class LambdaLR(LRScheduler):
    """Rates that are the base times a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or list of callable
        Takes the number of the epoch and gives the factor; a list has one for each group.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        If something is not callable, or there are not as many functions as groups.

    Notes
    -----
    A function is no part of the state; of a callable object its attributes are.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import LambdaLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)), []
    >>> for _ in range(2):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 0.5]
    """

    _unsaved: ClassVar[tuple[str, ...]] = ("optimizer", "lr_lambdas")

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        self.lr_lambdas: list[Callable[[int], float]] = per_group(f"{self._name}: lr_lambda", optimizer, lr_lambda)
        for each in self.lr_lambdas:
            if not callable(each):
                raise TypeError(f"{self._name}: lr_lambda is a function of the epoch, not a {type(each).__name__}")
        super().__init__(optimizer, last_epoch)

    def _factors(self) -> list[float]:
        return [function(self.last_epoch) for function in self.lr_lambdas]

    def get_lr(self) -> list[float]:
        """The base rates, each times what its function gives."""
        return [rate * factor for rate, factor in zip(self.base_lrs, self._factors())]

    def state_dict(self) -> dict[str, Any]:
        """As of any schedule, and the attributes of callable objects."""
        kept = [None if isinstance(f, FunctionType) else dict(getattr(f, "__dict__", {})) for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """As of any schedule; functions stay, and callable objects get their attributes back."""
        fitting = self._fitting(state_dict)
        kept = fitting.pop("lr_lambdas")
        vars(self).update(fitting)
        for function, attributes in zip(self.lr_lambdas, kept):
            if attributes:
                vars(function).update(attributes)


class MultiplicativeLR(LambdaLR):
    """Rates that are multiplied in every epoch, by a function of its number.

    Parameters, errors and state are those of `LambdaLR`; the first rates are the base.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import MultiplicativeLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = MultiplicativeLR(optimizer, lambda epoch: 0.5 if epoch < 3 else 1.0), []
    >>> for _ in range(4):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 0.5, 0.25, 0.25]
    """

    def get_lr(self) -> list[float]:
        """The present rates, each times what its function gives."""
        return [rate * factor for rate, factor in zip(self._rates(), self._factors())]

    def _first_lr(self) -> list[float]:
        return self._rates()

    def _restart(self) -> None:
        """Go on from the rates of the schedule before."""
        self.last_epoch = 0
        self._write(self.get_lr())
