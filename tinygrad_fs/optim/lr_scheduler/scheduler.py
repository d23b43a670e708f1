"""LRScheduler: writes the learning rates of an optimizer's groups, step by step."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.optim.optimizer import Optimizer

__all__ = ["LRScheduler", "check_optimizer", "per_group"]


class LRScheduler:
    """The base of all schedules.

    A subclass keeps its options as attributes, calls ``super().__init__``, which sets the first learning rates, and
    defines `get_lr`. Its attributes but the optimizer are its state.

    Parameters
    ----------
    optimizer : Optimizer
        Whose groups get their learning rates. The rate of a group at first is kept in it as "initial_lr".
    last_epoch : int, default -1
        The epoch to go on from; -1 is the beginning. `load_state_dict` is the better way to go on.

    Attributes
    ----------
    last_epoch : int
        How many steps there have been.
    base_lrs : list of float
        The rates of the groups at first.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    KeyError
        If `last_epoch` is given for an optimizer that had no schedule.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import LRScheduler
    >>> class Inverse(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / (1 + self.last_epoch) for lr in self.base_lrs]
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=0.6)
    >>> schedule = Inverse(optimizer)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     print(optimizer.param_groups[0]["lr"])
    ...     schedule.step()
    0.6
    0.3
    0.19999999999999998
    """

    _unsaved: ClassVar[tuple[str, ...]] = ("optimizer",)
    """The attributes that are no part of the state."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(self, optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{self._name}: group {number} has no 'initial_lr' to go on from at last_epoch={last_epoch}; "
                    "leave last_epoch out, and load the states of the optimizer and of the schedule"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._begin()

    @property
    def _name(self) -> str:
        return type(self).__name__

    # ---- steps

    def get_lr(self) -> list[float]:
        """The rates of the groups at `last_epoch`, computed from the present ones or from `base_lrs`."""
        raise NotImplementedError(f"{self._name}: define `def get_lr(self): ...` in the class")

    def step(self) -> None:
        """Go on to the next epoch and write its rates; to be called after the optimizer's step."""
        self.last_epoch += 1
        self._write(self.get_lr())

    def get_last_lr(self) -> list[float]:
        """The rates that were written last."""
        return self._last_lr

    def _first_lr(self) -> list[float]:
        """The rates to begin with, which `__init__` writes; the present ones may be another schedule's work."""
        return self.get_lr()

    def _begin(self) -> None:
        """Write the first rates."""
        self.last_epoch += 1
        self._write(self._first_lr())

    def _forget(self) -> None:
        """Go back to before the beginning; the rates are left to who calls this."""
        self.last_epoch = -1

    def _restart(self) -> None:
        """Begin again, from the base: where the schedule takes over from another one."""
        for group, rate in zip(self.optimizer.param_groups, self.base_lrs):
            group["lr"] = rate
        self._forget()
        self._begin()

    def _rates(self) -> list[float]:
        """The present rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _write(self, rates: Sequence[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"{self._name}: there are rates for {len(rates)} groups, but the optimizer has {len(groups)}; add "
                "groups before making the schedule"
            )
        for group, rate in zip(groups, rates):
            group["lr"] = rate
        self._last_lr = list(rates)

    # ---- state

    def state_dict(self) -> dict[str, Any]:
        """What the schedule needs to go on, and its options.

        Returns
        -------
        dict
            Without the optimizer, whose own state has the present rates.
        """
        return {name: value for name, value in vars(self).items() if name not in self._unsaved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state; all of it is taken, or nothing.

        The rates of the optimizer stay as they are: load its state too.

        Parameters
        ----------
        state_dict : mapping
            As `state_dict` returns it; of a PyTorch schedule of the same name too.

        Raises
        ------
        ValueError
            If something is missing or of another kind, or it is of another number of groups.
        """
        vars(self).update(self._fitting(state_dict))

    def _fitting(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be taken of a state, once it is known that it fits."""
        own, what = self.state_dict(), f"{self._name}.load_state_dict"
        if not isinstance(state_dict, Mapping):
            raise ValueError(f"{what}: it takes what state_dict() returns, not a {type(state_dict).__name__}")
        if missing := sorted(own.keys() - state_dict.keys()):
            raise ValueError(f"{what}: the state has no {', '.join(map(repr, missing))}; is it of another schedule?")
        odd = [name for name, value in own.items() if _is_number(value) and not _is_number(state_dict[name])]
        if odd:
            raise ValueError(f"{what}: {odd[0]!r} is a number, not {state_dict[odd[0]]!r}")
        given, groups = state_dict.get("base_lrs"), len(self.optimizer.param_groups)
        if given is not None and len(given) != groups:
            raise ValueError(f"{what}: the state is of {len(given)} groups, the optimizer has {groups}")
        return {name: copy.deepcopy(state_dict[name]) for name in own}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def check_optimizer(scheduler: LRScheduler, optimizer: Any) -> None:
    """Raise a TypeError if `optimizer` is none."""
    if not isinstance(optimizer, Optimizer):
        name = type(scheduler).__name__
        raise TypeError(f"{name}: the first argument is the optimizer, not a {type(optimizer).__name__}")


def per_group(what: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group: those of a list, or the same for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{what}: {len(value)} values were given, but the optimizer has {groups} groups")
    return list(value)
