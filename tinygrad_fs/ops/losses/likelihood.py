"""Losses that are negative logarithms of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.elementwise.activation import Sigmoid, softplus
from tinygrad_fs.ops.elementwise.choice import where
from tinygrad_fs.ops.elementwise.exponential import exp
from tinygrad_fs.ops.elementwise.logarithm import log_of_one_plus
from tinygrad_fs.ops.indexing.selection import Pick
from tinygrad_fs.ops.losses.loss import all_count, check_labels, class_factors, class_last, reduced
from tinygrad_fs.ops.operands import array_of, as_value
from tinygrad_fs.ops.shape import squeeze
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div", "nll_loss"]


class BinaryCrossEntropy(Op):
    """y = -t ln p - (1 - t) ln(1 - p), logarithms at least -100;  dp = (p - t) / (p (1 - p)), dt = ln((1 - p) / p)."""

    broadcasts = True

    def forward(p: Any, t: Any) -> Any:
        with np.errstate(divide="ignore"):
            return -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(log_of_one_plus(-p), -100))

    def vjp_p(g: Any, p: Any, t: Any) -> Any:
        # The denominator is kept from 0, as in PyTorch, so that a saturated p has a large gradient, and no nan.
        return g * (p - t) / np.maximum(p * (1.0 - p), 1e-12)

    def vjp_t(g: Any, p: Any) -> Any:
        return g * (np.maximum(log_of_one_plus(-p), -100) - np.maximum(np.log(p), -100))


class BinaryCrossEntropyWithLogits(Op):
    """y = ln(1 + e^x) - t x, that is -t ln s(x) - (1 - t) ln s(-x) for s the sigmoid;  dx = s(x) - t, dt = -x."""

    broadcasts = True

    def forward(x: Any, t: Any) -> Any:
        # In this order no digits cancel where the loss is small.
        return ((1 - t) * x + np.maximum(-x, 0)) + log_of_one_plus(np.exp(-np.absolute(x)))

    def vjp_x(g: Any, x: Any, t: Any) -> Any:
        return g * (Sigmoid.apply(x) - t)

    def vjp_t(g: Any, x: Any) -> Any:
        return -g * x


class KullbackLeibler(Op):
    """y = t (ln t - x) for t > 0, 0 for t = 0, else nan;  dx = -t, dt = ln t - x + 1, and 0 where t is not positive."""

    broadcasts = True

    def forward(x: Any, t: Any) -> Any:
        if np.all(positive := t > 0):
            return t * (np.log(t) - x)
        safe = np.where(positive, t, 1)
        return np.where(positive, safe * (np.log(safe) - x), np.where(t == 0, 0.0, np.nan).astype(safe.dtype))

    def vjp_x(g: Any, t: Any) -> Any:
        positive = array_of(t) > 0
        return -g * (t if np.all(positive) else np.where(positive, t, 0))

    def vjp_t(g: Any, x: Any, t: Any) -> Any:
        if np.all(positive := array_of(t) > 0):
            return g * (np.log(t) - x + 1.0)
        return np.where(positive, g * (np.log(np.where(positive, t, 1)) - x + 1.0), 0)


def nll_loss(
    log_probabilities: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood: ``-log_probabilities[label]``, for labels and classes on axis 1.

    Parameters
    ----------
    log_probabilities : array_like
        Of shape (N, C), (N, C, d1, ...) or (C,); as `log_softmax` gives them.
    target : array_like of int
        Labels, of that shape without the class axis.
    weight, ignore_index, reduction
        As in `cross_entropy`.

    Raises
    ------
    IndexError
        If a label is out of range.
    ValueError
        If shapes do not fit or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nll_loss(tg.log_softmax(tg.tensor([[0.0, 0.0]])), [1])
    tensor(0.6931472)
    """
    scores = as_value(log_probabilities)
    shape = scores.shape
    if not shape:
        raise ValueError("nll_loss: the log-probabilities are 0-d; they need an axis of classes")
    batch = shape[:1] if len(shape) > 1 else ()
    samples, classes = batch + shape[len(batch) + 1 :], shape[len(batch)]
    goal = array_of(given(target))
    if goal.shape != samples:
        raise ValueError(
            f"nll_loss: labels of shape {goal.shape} do not fit log-probabilities of shape {shape}; expected {samples}"
        )
    labels = goal.reshape(-1)
    rows = class_last(scores, classes)
    factors = class_factors("nll_loss", weight, scores.dtype, classes)
    if factors is None and all_count(labels, classes, ignore_index):
        return reduced("nll_loss", -_at(rows, labels), reduction, samples)
    counts = labels != ignore_index
    check_labels("nll_loss", labels[counts], classes)
    safe = np.where(counts, labels, 0)
    shares = counts.astype(scores.dtype) if factors is None else counts * factors[safe]
    losses = -where(alongside(counts, rows), _at(rows, safe), 0) * alongside(shares, rows)
    return reduced("nll_loss", losses, reduction, samples, float(shares.sum()))


def _at(rows: Any, labels: Any) -> Any:
    """The element of each row that its label names."""
    places = alongside(labels.astype(np.intp)[:, None], rows)
    return squeeze(Pick.apply(rows, places=places, axis=1, distinct=True), 1)


@in_float32
def binary_cross_entropy(
    p: TensorLike, target: TensorLike, weight: TensorLike | None = None, reduction: str = "mean"
) -> Tensor:
    """``-target * log(p) - (1 - target) * log(1 - p)``, the logarithms clamped at -100.

    Parameters
    ----------
    p : array_like
        Probabilities. For logits take `binary_cross_entropy_with_logits`, which is exact where these saturate.
    target : array_like
        Of the same shape, from 0 to 1.
    weight : array_like, optional
        A factor for each loss.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ, `p` is not in [0, 1], or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.binary_cross_entropy(tg.tensor([0.5, 1.0]), tg.tensor([1.0, 0.0]), reduction="none")
    tensor([  0.6931472, 100.       ])
    """
    values = array_of(given(p))
    if values.shape != np.shape(target):
        raise ValueError(
            f"binary_cross_entropy: shapes {values.shape} and {np.shape(target)} differ; reshape one, as in "
            "output.squeeze(1) for an output of shape (n, 1)"
        )
    if values.size and (values.min() < 0 or values.max() > 1):
        raise ValueError(
            "binary_cross_entropy: p has values outside of [0, 1]; for logits use binary_cross_entropy_with_logits"
        )
    losses = BinaryCrossEntropy.apply(as_value(p), as_value(target))
    return reduced("binary_cross_entropy", losses if weight is None else losses * as_value(weight), reduction)


def binary_cross_entropy_with_logits(
    x: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(x)``, exact and with a gradient for every finite `x`.

    Parameters
    ----------
    x : array_like
        Logits.
    target : array_like
        Of the same shape, from 0 to 1.
    weight : array_like, optional
        A factor for each loss.
    reduction : {"mean", "sum", "none"}
    pos_weight : array_like, optional
        A factor for the positive part, which broadcasts against `x`.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.binary_cross_entropy_with_logits(tg.tensor([0.0, 1000.0]), tg.tensor([1.0, 0.0]), reduction="none")
    tensor([6.931472e-01, 1.000000e+03])
    """
    name = "binary_cross_entropy_with_logits"
    if np.shape(x) != np.shape(target):
        raise ValueError(
            f"{name}: shapes {np.shape(x)} and {np.shape(target)} differ; reshape one, so that they are the same"
        )
    logits, goal = as_value(x), as_value(target)
    if pos_weight is None:
        losses = BinaryCrossEntropyWithLogits.apply(logits, goal)
    else:
        losses = as_value(pos_weight) * goal * softplus(-logits) + (1 - goal) * softplus(logits)
    return reduced(name, losses if weight is None else losses * as_value(weight), reduction)


def kl_div(x: TensorLike, target: TensorLike, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Kullback-Leibler divergence ``target * (log(target) - x)``, elementwise, for log-probabilities `x`.

    Parameters
    ----------
    x : array_like
        Log-probabilities of the model.
    target : array_like
        Probabilities, or their logarithms if `log_target`; where one is 0 the loss is 0, where one is negative nan.
    reduction : {"mean", "batchmean", "sum", "none"}
        The divergence itself is "batchmean", which divides the sum by the size of axis 0.
    log_target : bool, default False

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> p = tg.tensor([[0.5, 0.5]])
    >>> tg.kl_div(tg.log(p), p, "batchmean")
    tensor(0.)
    """
    if np.shape(x) != np.shape(target):
        raise ValueError(
            f"kl_div: shapes {np.shape(x)} and {np.shape(target)} differ; reshape one, so that they are the same"
        )
    logs, goal = as_value(x), as_value(target)
    losses: Any
    if log_target:
        p: Any = exp(goal)
        counts = p > 0  # elsewhere the loss is 0, whatever the logarithms
        losses = p * (where(counts, goal, 0) - where(counts, logs, 0))
    else:
        losses = KullbackLeibler.apply(logs, goal)
    if reduction == "batchmean":
        return reduced("kl_div", losses, "sum") / (np.shape(x)[0] if np.ndim(x) else 1)
    return reduced("kl_div", losses, reduction)
