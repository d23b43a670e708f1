"""A numeric check of gradients that samples: for models with more entries than differences could be taken of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tinygrad_fs.autograd import grad
from tinygrad_fs.dtypes import Array
from tinygrad_fs.gradmode import no_grad
from tinygrad_fs.tensor import Tensor

__all__ = ["GradientCheck", "check_gradients"]

_STEP = 3e-7  # larger ones meet more kinks, smaller ones leave fewer digits of the loss: 1e-6 of the slope is rounding
_TOLERANCE = 1e-3  # as in autograd.gradcheck
_KINK = 1e-4  # of the slope; a kink with a smaller jump moves the central difference by half of that at most
_MOST_KINKS = 0.2


@dataclass(frozen=True)
class GradientCheck:
    """What a check of gradients found.

    Attributes
    ----------
    worst : float
        The largest relative error.
    where : str
        The parameter that it was found in.
    entries : int
        How many entries were compared.
    kinks : int
        How many were passed over, since the loss has a kink within the step.
    """

    worst: float
    where: str
    entries: int
    kinks: int

    @property
    def agree(self) -> bool:
        """Whether all that was compared agrees."""
        return self.worst <= _TOLERANCE

    @property
    def enough(self) -> bool:
        """Whether what was compared is most of what was chosen."""
        return self.kinks <= _MOST_KINKS * (self.entries + self.kinks)

    @property
    def passed(self) -> bool:
        """Whether all gradients agree, and enough of them could be compared."""
        return self.agree and self.enough

    def __str__(self) -> str:
        verdict = "WRONG" if not self.agree else "right" if self.enough else "UNCERTAIN"
        passed_over = f", {self.kinks} more at kinks of ReLU passed over" if self.kinks else ""
        return (
            f"{verdict}: largest relative error {self.worst:.1e} ({self.where}), "
            f"{self.entries} entries in float64{passed_over}"
        )


class _Slopes(NamedTuple):
    """Differences of the loss around one entry, divided by the step."""

    left: float
    right: float

    @property
    def central(self) -> float:
        return (self.left + self.right) / 2


def check_gradients(
    loss_of: Callable[[], Tensor], parameters: Mapping[str, Tensor], per_parameter: int = 10, seed: int = 0
) -> GradientCheck:
    """Compare the gradients of a loss with central differences, on some entries of every parameter.

    An entry x is moved by h = 3e-7 to both sides. Where the loss is smooth, (f(x + h) - f(x - h)) / 2h agrees with
    its derivative to about a millionth, and 1e-3 is what passes. Where a ReLU switches within the step, the loss has
    a kink, the slopes to the left and to the right differ, and the central difference is off by half of what they
    differ by. Such entries are recognised by that (from 1e-4 on), without a look at the gradient, and passed over; a
    check that had to pass over more than a fifth does not pass.

    An error is relative to the larger of the two values and of the root mean square of the numeric values of the
    same parameter, so that entries without influence do not compare rounding errors.

    Parameters
    ----------
    loss_of : callable
        Computes the loss, a scalar Tensor of float64, from the parameters: the same for the same values.
    parameters : mapping of str to Tensor
        The float64 leaves to check, by name. They are moved and put back.
    per_parameter : int, default 10
        How many entries of each, at most.
    seed : int, default 0
        Of the choice of the entries.

    Returns
    -------
    GradientCheck

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.cli.gradients import check_gradients
    >>> w = tg.tensor([0.3, -2.0], dtype="float64", requires_grad=True)
    >>> check_gradients(lambda: (w * w).sum(), {"w": w}).passed
    True
    """
    generator = np.random.default_rng(seed)
    loss = loss_of()
    gradients = grad(loss, list(parameters.values()), allow_unused=True)
    worst, where, entries, kinks = 0.0, "", 0, 0
    for (name, parameter), gradient in zip(parameters.items(), gradients):
        chosen = generator.choice(parameter.size, min(per_parameter, parameter.size), replace=False)
        slopes = [_slopes(loss_of, parameter, index, loss.item()) for index in chosen]
        numeric = np.array([each.central for each in slopes])
        scale = np.sqrt(np.mean(numeric**2))
        jumps = np.array([abs(each.right - each.left) for each in slopes])
        smooth = jumps <= _KINK * np.maximum(np.abs(numeric), scale)
        kinks += int((~smooth).sum())
        analytic = np.zeros(chosen.size) if gradient is None else gradient.numpy().reshape(-1)[chosen]
        errors = _relative_errors(analytic, numeric, scale)[smooth]
        entries += errors.size
        if errors.size and not errors.max() <= worst:
            worst, where = float(errors.max()), name
    return GradientCheck(worst, where, entries, kinks)


def _slopes(loss_of: Callable[[], Tensor], parameter: Tensor, index: int, loss: float) -> _Slopes:
    """The slopes of the loss in one entry of the parameter, which is put back to the bit."""
    entries = parameter.data.flat  # writes through, whatever the memory layout
    held = entries[index]
    with no_grad():
        try:
            entries[index] = held + _STEP
            above = loss_of().item()
            entries[index] = held - _STEP
            below = loss_of().item()
        finally:
            entries[index] = held
    return _Slopes((loss - below) / _STEP, (above - loss) / _STEP)


def _relative_errors(analytic: Array, numeric: Array, scale: float) -> Array:
    """How far apart they are; nan counts as infinitely far."""
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), scale)
    difference = np.abs(analytic - numeric)
    errors: Array = np.divide(difference, size, out=np.zeros_like(difference), where=size != 0)
    errors[np.isnan(errors)] = np.inf
    return errors
