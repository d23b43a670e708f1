"""Schedules that go up and down, and momentum down and up with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler, check_optimizer, per_group
from tinygrad_fs.optim.optimizer import Group, Optimizer

__all__ = ["CyclicLR", "OneCycleLR"]


class _Cycle(LRScheduler):
    """What schedules have in common that may move the momentum against the rate."""

    cycle_momentum: bool
    use_beta1: bool

    def _begin_momentum(
        self, optimizer: Optimizer, base: float | Sequence[float], most: float | Sequence[float], last_epoch: int
    ) -> None:
        """Find out what the momentum is in these groups, and set it to its highest."""
        self.use_beta1 = "betas" in optimizer.defaults
        if not self.use_beta1 and "momentum" not in optimizer.defaults:
            raise ValueError(
                f"{self._name}: {type(optimizer).__name__} has neither momentum nor betas; use cycle_momentum=False"
            )
        lows = per_group(f"{self._name}: base_momentum", optimizer, base)
        highs = per_group(f"{self._name}: max_momentum", optimizer, most)
        if last_epoch == -1:
            for group, low, high in zip(optimizer.param_groups, lows, highs):
                self._write_momentum(group, high)
                group["max_momentum"], group["base_momentum"] = high, low

    def _write_momentum(self, group: Group, momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_Cycle):
    """Rates that go up and down in a straight line between two bounds.

    Smith 2017, "Cyclical learning rates for training neural networks". To be stepped after each batch.

    Parameters
    ----------
    optimizer : Optimizer
    base_lr, max_lr : float or list of float
        The bounds, for all groups or for each.
    step_size_up : int, default 2000
        Steps of the way up.
    step_size_down : int, optional
        Steps of the way down; as many as up if not given.
    mode : {"triangular", "triangular2", "exp_range"}
        All cycles alike; each half as high as the one before; or as high as gamma^step.
    gamma : float, default 1.0
    scale_fn : callable, optional
        The height in place of that of `mode`: of the number of the cycle, from 1, or of the step.
    scale_mode : {"cycle", "iterations"}
        Which of the two `scale_fn` takes.
    cycle_momentum : bool, default True
        Whether the momentum (or the first beta) goes down as the rate goes up.
    base_momentum, max_momentum : float or list of float, default 0.8 and 0.9
        Its bounds.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If `mode` or `scale_mode` is unknown, or the optimizer has no momentum to cycle.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import CyclicLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], momentum=0.9)
    >>> schedule, rates = CyclicLR(optimizer, base_lr=1.0, max_lr=3.0, step_size_up=2), []
    >>> for _ in range(6):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 2.0, 3.0, 2.0, 1.0, 2.0]
    """

    _unsaved: ClassVar[tuple[str, ...]] = ("optimizer", "_scale_fn_custom")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        if mode not in _MODES and scale_fn is None:
            raise ValueError(f"CyclicLR: mode={mode!r}; use one of {', '.join(map(repr, _MODES))}, or a scale_fn")
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(f"CyclicLR: scale_mode={scale_mode!r}; use 'cycle' or 'iterations'")
        bases = per_group("CyclicLR: base_lr", optimizer, base_lr)
        self.max_lrs = per_group("CyclicLR: max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + float(step_size_up if step_size_down is None else step_size_down)
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self.scale_mode = scale_mode if scale_fn is not None else _MODES[mode]
        self._scale_fn_custom = scale_fn
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums = per_group("CyclicLR: base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("CyclicLR: max_momentum", optimizer, max_momentum)
            self._begin_momentum(optimizer, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, bases):
                group["lr"] = rate
        super().__init__(optimizer, last_epoch)
        self.base_lrs = bases

    def scale_fn(self, x: int) -> float:
        """The height of a cycle, or at a step, as a part of the way between the bounds."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            return self.gamma**x
        return 1.0 if self.mode == "triangular" else 0.5 ** (x - 1)

    def get_lr(self) -> list[float]:
        """The rates at this step; writes the momentum too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums):
                self._write_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs)]

    def state_dict(self) -> dict[str, Any]:
        """As of any schedule, and the attributes of a `scale_fn` that is a callable object."""
        function = self._scale_fn_custom
        plain = function is None or isinstance(function, FunctionType)
        return {**super().state_dict(), "_scale_fn_custom": None if plain else dict(vars(function))}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """As of any schedule; `scale_fn` stays, and gets its attributes back if it is an object."""
        fitting = self._fitting(state_dict)
        attributes = fitting.pop("_scale_fn_custom")
        vars(self).update(fitting)
        if attributes:
            vars(self._scale_fn_custom).update(attributes)


_MODES = {"triangular": "cycle", "triangular2": "cycle", "exp_range": "iterations"}
"""What the height of a mode depends on."""


class OneCycleLR(_Cycle):
    """Rates that rise from ``max_lr / div_factor`` to `max_lr` and fall to next to nothing, once.

    Smith and Topin 2018, "Super-convergence: very fast training of neural networks using large learning rates". To be
    stepped after each batch.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
        The highest rate, for all groups or for each.
    total_steps : int, optional
        How many steps there will be; or `epochs` and `steps_per_epoch`, both.
    pct_start : float, default 0.3
        The part of them in which the rate rises.
    anneal_strategy : {"cos", "linear"}
        Along what it rises and falls.
    cycle_momentum : bool, default True
        Whether the momentum (or the first beta) goes down as the rate goes up.
    base_momentum, max_momentum : float or list of float, default 0.85 and 0.95
        Its bounds.
    div_factor : float, default 25
        The first rate is the highest divided by it.
    final_div_factor : float, default 1e4
        The last rate is the first one divided by it.
    three_phase : bool, default False
        Fall to the first rate as fast as it rose, and then to the last one.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If an option is out of range, the optimizer has no momentum to cycle, or it is stepped more often than told.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.lr_scheduler import OneCycleLR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], momentum=0.9)
    >>> schedule, rates = OneCycleLR(optimizer, max_lr=1.0, total_steps=6, pct_start=0.5), []
    >>> for _ in range(6):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> [round(rate, 3) for rate in rates]
    [0.04, 0.52, 1.0, 0.75, 0.25, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        if not 0.0 <= pct_start <= 1.0:
            raise ValueError(f"OneCycleLR: pct_start={pct_start} must be between 0 and 1")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy={anneal_strategy!r}; use 'cos' or 'linear'")
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        if last_epoch == -1:
            for group, most in zip(optimizer.param_groups, per_group("OneCycleLR: max_lr", optimizer, max_lr)):
                group["initial_lr"] = most / div_factor
                group["max_lr"] = most
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._begin_momentum(optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at this step; writes the momentum too."""
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"OneCycleLR: this is step {step} of a cycle of {self.total_steps}; give it the number of all steps"
            )
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if step <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        part = (step - start) / (phase["end_step"] - start)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._write_momentum(group, self._between(*ends, part))
        groups = self.optimizer.param_groups
        return [self._between(group[phase["start_lr"]], group[phase["end_lr"]], part) for group in groups]

    def _between(self, start: float, end: float, part: float) -> float:
        """The value at a part of the way."""
        if self._anneal_func_type == "cos":
            return end + (start - end) * (1.0 + math.cos(math.pi * part)) / 2.0
        return start + (end - start) * part


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
    for name, value in (("total_steps", total_steps), ("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
        if value is not None and (not isinstance(value, (int, np.integer)) or value < 1):
            raise ValueError(f"OneCycleLR: {name}={value!r} must be a positive integer")
    return total_steps if total_steps is not None else (epochs or 1) * (steps_per_epoch or 1)


def _phases(total_steps: int, rise: float, three: bool) -> list[dict[str, Any]]:
    """Where each phase ends, and the names of the rates and momenta between which it goes."""
    up = {
        "end_step": float(rise * total_steps) - 1,
        "start_lr": "initial_lr",
        "end_lr": "max_lr",
        "start_momentum": "max_momentum",
        "end_momentum": "base_momentum",
    }
    down = {
        "end_step": total_steps - 1,
        "start_lr": "max_lr",
        "end_lr": "min_lr",
        "start_momentum": "base_momentum",
        "end_momentum": "max_momentum",
    }
    if not three:
        return [up, down]
    back = {**down, "end_step": float(2 * rise * total_steps) - 2, "end_lr": "initial_lr"}
    return [up, back, {**down, "start_lr": "initial_lr", "start_momentum": "max_momentum"}]
