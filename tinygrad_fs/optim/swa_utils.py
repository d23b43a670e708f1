"""Averages of a model's weights over training: equal ones, or exponential ones that forget."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.changes import mark_changed
from tinygrad_fs.creation import zeros
from tinygrad_fs.gradmode import no_grad
from tinygrad_fs.nn import BatchNorm1d, BatchNorm2d, Module
from tinygrad_fs.optim.lr_scheduler.scheduler import LRScheduler, per_group
from tinygrad_fs.optim.optimizer import Optimizer
from tinygrad_fs.tensor import Tensor

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AvgFn: TypeAlias = Callable[[Tensor, Tensor, int], Tensor]
"""``avg_fn(averaged, current, count)``: the new average of one parameter, after `count` others."""

MultiAvgFn: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], int], None]
"""The same for all parameters, in place."""


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAvgFn:
    """The exponential moving average: ``averaged <- decay averaged + (1 - decay) current``, in place.

    Parameters
    ----------
    decay : float, default 0.999
        How much of the average stays with each update.

    Returns
    -------
    callable
        For ``AveragedModel(model, multi_avg_fn=...)``.

    Raises
    ------
    ValueError
        If `decay` is not between 0 and 1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
    >>> model = tg.nn.Linear(1, 1, bias=False)
    >>> average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
    >>> for weight in (4.0, 8.0):
    ...     _ = tg.nn.init.constant_(model.weight, weight)
    ...     average.update_parameters(model)
    >>> average.module.weight.item()
    5.0
    """
    _check_decay("get_ema_multi_avg_fn", decay)

    def ema_update(averaged: Sequence[Tensor], current: Sequence[Tensor], count: int) -> None:
        _approach(averaged, current, 1.0 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAvgFn:
    """The mean of all values so far, in place; what `AveragedModel` does by default.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import get_swa_multi_avg_fn
    >>> averaged, current = [tg.tensor([1.0])], [tg.tensor([4.0])]
    >>> get_swa_multi_avg_fn()(averaged, current, 2)    # the mean of two values was 1
    >>> averaged
    [tensor([2.])]
    """

    def swa_update(averaged: Sequence[Tensor], current: Sequence[Tensor], count: int) -> None:
        _approach(averaged, current, 1.0 / (count + 1))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> AvgFn:
    """`get_ema_multi_avg_fn` for one parameter at a time, as ``AveragedModel(model, avg_fn=...)`` takes it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import get_ema_avg_fn
    >>> get_ema_avg_fn(0.75)(tg.tensor([4.0]), tg.tensor([8.0]), 1)
    tensor([5.])
    """
    _check_decay("get_ema_avg_fn", decay)
    return lambda averaged, current, count: decay * averaged + (1 - decay) * current


def get_swa_avg_fn() -> AvgFn:
    """`get_swa_multi_avg_fn` for one parameter at a time, as ``AveragedModel(model, avg_fn=...)`` takes it.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import get_swa_avg_fn
    >>> get_swa_avg_fn()(tg.tensor([1.0]), tg.tensor([4.0]), 2)
    tensor([2.])
    """
    return lambda averaged, current, count: averaged + (current - averaged) / (count + 1)


class AveragedModel(Module):
    """A copy of a model whose parameters are an average of those that the model had.

    Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization"; with
    `get_ema_multi_avg_fn`, the average of Polyak and Juditsky 1992 that forgets.

    Parameters
    ----------
    model : Module
        It is copied.
    avg_fn : callable, optional
        ``avg_fn(averaged, current, count)`` gives the new average of one parameter.
    multi_avg_fn : callable, optional
        ``multi_avg_fn(averaged, current, count)`` updates lists of all of them in place.
        Without either, the average is the mean.
    use_buffers : bool, default False
        Whether buffers are averaged too; otherwise they are those of the model.

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : Tensor of shape (), int64
        How many values the average is of. The first update takes the parameters as they are.

    Raises
    ------
    ValueError
        If both functions are given.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import AveragedModel
    >>> model = tg.nn.Linear(1, 1, bias=False)
    >>> average = AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     _ = tg.nn.init.constant_(model.weight, weight)
    ...     average.update_parameters(model)
    >>> average(tg.ones((1, 1))), average.n_averaged
    (tensor([[3.]], grad_fn=<Linear>), tensor(3))
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        *,
        avg_fn: AvgFn | None = None,
        multi_avg_fn: MultiAvgFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: give avg_fn or multi_avg_fn, not both")
        if not isinstance(model, Module):
            raise TypeError(f"AveragedModel: the model is a Module, not a {type(model).__name__}")
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", zeros((), np.int64))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the present parameters of `model` into the average.

        Raises
        ------
        ValueError
            If it is not of the same structure.
        """
        averaged, current = _pairs(self.module, model, self.use_buffers)
        count = self.n_averaged.item()
        with no_grad():
            if count == 0:
                _copy(averaged, current)
            elif self.avg_fn is not None:
                _copy(averaged, [self.avg_fn(a, c, count) for a, c in zip(averaged, current)])
            else:
                (self.multi_avg_fn or get_swa_multi_avg_fn())(averaged, current, count)
            if not self.use_buffers:
                _copy(list(self.module.buffers()), list(model.buffers()))
        _copy([self.n_averaged], [Tensor._of(np.asarray(count + 1))])


def update_bn(loader: Iterable[Any], model: Module) -> None:
    """Compute the running statistics of all batch normalisations anew, for the weights that the model has now.

    An averaged model needs this before it is used: no batch has gone through it with its weights.

    Parameters
    ----------
    loader : iterable
        Of batches; of a tuple or a list the first entry is the input.
    model : Module
        Its mode, training or evaluation, stays as it is.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import update_bn
    >>> model = tg.nn.BatchNorm1d(1).eval()
    >>> update_bn([tg.tensor([[1.0], [3.0]]), tg.tensor([[5.0], [7.0]])], model)
    >>> model.running_mean
    tensor([4.])
    """
    norms = [module for module in model.modules() if isinstance(module, (BatchNorm1d, BatchNorm2d))]
    if not norms:
        return
    modes = [(module, module.training) for module in model.modules()]
    momenta = [norm.momentum for norm in norms]
    try:
        model.train()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        with no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        for module, training in modes:
            module.training = training


class SWALR(LRScheduler):
    """Go from the present rates to a constant one, at which weights are then averaged.

    Parameters
    ----------
    optimizer : Optimizer
    swa_lr : float or list of float
        That rate, for all groups or for each.
    anneal_epochs : int, default 10
        In how many epochs; 0 is at once.
    anneal_strategy : {"cos", "linear"}
        Along what it goes.
    last_epoch : int, default -1
        As in `LRScheduler`.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.optim.swa_utils import SWALR
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear"), []
    >>> for _ in range(4):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy={anneal_strategy!r}; use 'cos' or 'linear'")
        if not isinstance(anneal_epochs, (int, np.integer)) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs={anneal_epochs!r} must be an integer that is not negative")
        for group, rate in zip(optimizer.param_groups, per_group("SWALR: swa_lr", optimizer, swa_lr)):
            group["swa_lr"] = rate
        self.anneal_epochs = anneal_epochs
        self._anneal_strategy = anneal_strategy
        self._step_count = 0
        super().__init__(optimizer, last_epoch)

    def step(self) -> None:
        """Go on to the next epoch and write its rates."""
        self._step_count += 1
        super().step()

    def get_lr(self) -> list[float]:
        """The present rates, gone on along the way to the constant ones."""
        before, now = self._part(self._step_count - 2), self._part(self._step_count - 1)
        rates = []
        for group in self.optimizer.param_groups:
            goal = group["swa_lr"]
            start = goal if before == 1 else (group["lr"] - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates

    def _begin(self) -> None:
        self._step_count += 1
        super()._begin()

    def _restart(self) -> None:
        """Go on from the rates of the schedule before."""
        self.last_epoch, self._step_count = 0, 1
        self._write(self.get_lr())

    def _part(self, step: int) -> float:
        """Which part of the way is done after a step."""
        if self.anneal_epochs == 0:
            return 1.0 if step >= 0 else 0.0
        t = max(0.0, min(1.0, step / self.anneal_epochs))
        return (1.0 - math.cos(math.pi * t)) / 2.0 if self._anneal_strategy == "cos" else t


def _check_decay(what: str, decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"{what}: decay={decay} must be between 0 and 1")


def _pairs(averaged: Module, model: Module, use_buffers: bool) -> tuple[list[Tensor], list[Tensor]]:
    """What is averaged, and what it is in the model."""

    def listed(module: Module) -> list[Tensor]:
        return list(chain(module.parameters(), module.buffers() if use_buffers else ()))

    own, given = listed(averaged), listed(model)
    if [each.shape for each in own] != [each.shape for each in given]:
        raise ValueError(
            f"AveragedModel.update_parameters: the {type(model).__name__} has other parameters than the model that "
            "was copied"
        )
    return own, given


def _approach(averaged: Sequence[Tensor], current: Sequence[Tensor], part: float) -> None:
    """Go a part of the way from the averages to the present values, in place."""
    for target, source in zip(averaged, current):
        array = target._data
        np.add(array, part * (source._data - array), out=array, casting="unsafe")  # counts of batches are integers
        mark_changed(array)


def _copy(targets: Sequence[Tensor], sources: Sequence[Tensor]) -> None:
    for target, source in zip(targets, sources):
        np.copyto(target._data, source._data, casting="unsafe")
        mark_changed(target._data)
