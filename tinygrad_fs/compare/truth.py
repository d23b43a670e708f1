"""The truth: the gradients of a forward pass, by the tape where it can run, else by central differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_fs.autograd import grad
from tinygrad_fs.compare.numeric import Differences, Directional
from tinygrad_fs.compare.subjects.case import Case
from tinygrad_fs.dtypes import Array
from tinygrad_fs.gradmode import enable_grad
from tinygrad_fs.tensor import Tensor

__all__ = ["METHODS", "Truth", "find_truth"]

METHODS = ("tensors", "traced", "differences")
"""The ways to the truth, the best first: the forward on Tensors, the same under the tracing namespace, differences."""

_CHECKS = 2
_TRIES = 6


@dataclass
class Truth:
    """The gradients of one case.

    Attributes
    ----------
    gradients : dict of str to ndarray or Directional
        By name.
    kinks : dict of str to ndarray
        Masks of entries without a derivative, where differences have found them.
    method : str
        One of `METHODS`.
    differences : Differences
        Of the same case, for whatever else is to be asked.
    remarks : tuple of str
        What should be known of the gradients.
    """

    gradients: dict[str, Any]
    kinks: dict[str, Array]
    method: str
    differences: Differences
    remarks: tuple[str, ...] = ()


class UnfaithfulError(Exception):
    """The forward ran on Tensors, but not as it runs on arrays."""


def find_truth(
    case: Case, outputs: tuple[Array, ...], cotangents: tuple[Array, ...], methods: tuple[str, ...] = METHODS
) -> Truth:
    """The gradients of ``sum(cotangents * outputs)`` in all values of a case.

    Parameters
    ----------
    case : Case
    outputs : tuple of ndarray
        What the forward gives on arrays; on Tensors it must give the same.
    cotangents : tuple of ndarray
    methods : tuple of str
        Those to try, in their order. The last is always there.
    """
    differences = Differences(case.forward, case.values, cotangents)
    for method in methods:
        if method == "differences":
            continue
        try:
            gradients = _recorded(case, outputs, cotangents, traced=method == "traced")
        except Exception:  # whatever it is that does not run on Tensors: the next method may do
            continue
        if not case.draw.is_generic or not _is_refuted(gradients, differences, case):
            return Truth(gradients, {}, method, differences)
    return _differentiated(case, differences)


def _recorded(
    case: Case, outputs: tuple[Array, ...], cotangents: tuple[Array, ...], *, traced: bool
) -> dict[str, Array]:
    """The gradients by the tape."""
    leaves = {name: Tensor(value.copy(), requires_grad=True) for name, value in case.values.items()}
    with enable_grad():
        # Clones, since no op may write into a leaf, and a forward may write into its input.
        found = case.forward({name: leaf.clone() for name, leaf in leaves.items()}, traced=traced)
    arrays = [output.data if isinstance(output, Tensor) else output for output in found]
    tolerance = 1e-9 if all(array.dtype.itemsize == 8 for array in arrays) else 1e-3
    same = len(arrays) == len(outputs) and all(
        a.shape == b.shape and np.allclose(a, b, tolerance, tolerance, equal_nan=True) for a, b in zip(arrays, outputs)
    )
    if not same:
        raise UnfaithfulError("the forward gives something else on Tensors than on arrays")
    used = [(out, g) for out, g in zip(found, cotangents) if isinstance(out, Tensor) and out.requires_grad]
    gradients = {name: np.zeros(value.shape) for name, value in case.values.items()}
    if used:
        seeds = [g.astype(out.dtype) for out, g in used]
        parts = grad([out for out, _ in used], list(leaves.values()), seeds, allow_unused=True)
        gradients |= {name: part.data for name, part in zip(leaves, parts) if part is not None}
    return gradients


def _is_refuted(gradients: Mapping[str, Array], differences: Differences, case: Case) -> bool:
    """Whether central differences along random directions contradict one of the gradients."""
    rng = np.random.default_rng(case.draw.seed)
    for name, gradient in gradients.items():
        if not gradient.size or not np.isfinite(gradient).all():
            continue
        scale = float(np.sqrt(np.mean(np.square(gradient))))
        checked = 0
        for number in range(_TRIES):
            # Later directions move fewer entries, and so meet fewer kinks.
            moving = rng.random(gradient.shape) < 0.5**number
            direction = np.where(moving, rng.standard_normal(gradient.shape), 0.0) / np.sqrt(gradient.size)
            slope = differences.slope(name, direction, scale)
            if not slope.smooth:
                continue
            allowed = 10 * differences.precision(name).tolerance * max(abs(slope.value), scale, 1e-3)
            if not abs(float(np.sum(direction * gradient)) - slope.value) <= allowed:
                return True
            checked += 1
            if checked == _CHECKS:
                break
    return False


def _differentiated(case: Case, differences: Differences) -> Truth:
    gradients: dict[str, Array | Directional] = {}
    kinks, remarks, budget = {}, [], differences.budget() if case.budget is None else case.budget
    for name in case.values:
        if differences.is_affordable(name, budget):
            gradients[name], kinks[name] = differences.gradient(name)
            continue
        gradients[name] = differences.directional(name, np.random.default_rng(case.draw.seed), budget)
        remarks.append(
            f"the gradient of {name} was compared along random directions: central differences in every entry would "
            "take too many runs of forward; a larger budget allows them"
        )
    return Truth(gradients, kinks, "differences", differences, tuple(remarks))
