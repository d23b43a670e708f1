"""Losses: how far an output is from its target."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.blocks import is_one_block, line_sums, row_blocks
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.elementwise.activation import Softmax, log_softmax, softmax_lines
from tinygrad_fs.ops.elementwise.arithmetic import multiply
from tinygrad_fs.ops.elementwise.choice import where
from tinygrad_fs.ops.elementwise.roots import square
from tinygrad_fs.ops.operands import constant_of
from tinygrad_fs.ops.reductions.reduction import mean, sum
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["cross_entropy", "mse_loss"]


class CrossEntropy(Op):
    """y = ln sum_j e^x_j - sum_j q_j x_j, per row, for a label's distribution q;  dx = g (softmax(x) - q).

    q is 1 - smoothing at the label, plus smoothing / classes everywhere. Fused for stability. The softmax is computed
    again from the input: from the output it would lose all digits where the label's logit is far below the others.
    With `averages`, y is the mean of that: as an op of its own it would be a tenth of what a short batch takes.
    """

    def forward(x: Any, *, labels: Any, smoothing: float = 0.0, averages: bool = False) -> Any:
        if is_one_block(x):
            losses = _losses(x, labels, smoothing)
        else:
            losses = np.empty_like(x, shape=len(labels))
            with row_blocks(x) as blocks:
                for rows in blocks:
                    losses[rows] = _losses(x[rows], labels[rows], smoothing)
        return np.add.reduce(losses) / len(losses) if averages else losses

    def vjp(g: Any, x: Any, labels: Any, smoothing: float, averages: bool) -> Any:
        factor = g / len(labels) if averages else np.expand_dims(g, -1)
        if isinstance(g, Tensor):
            hit = np.zeros_like(x)
            hit[np.arange(len(labels)), labels] = 1.0 - smoothing
            return factor * (Softmax.apply(x, axis=-1) - hit - smoothing / x.shape[-1])
        dx = np.empty_like(x)
        if is_one_block(x):
            _losses_vjp(factor, x, labels, smoothing, dx)
            return dx
        with row_blocks(x) as blocks:
            for rows in blocks:
                _losses_vjp(factor if averages else factor[rows], x[rows], labels[rows], smoothing, dx[rows])
        return dx


def _losses(x: Any, labels: Any, smoothing: float) -> Any:
    shifted = x - np.maximum.reduce(x, axis=-1, keepdims=True)  # so that no exponential overflows; it cancels
    at_label = shifted[np.arange(len(labels)), labels]
    if smoothing:
        at_label = (1.0 - smoothing) * at_label + smoothing * np.mean(shifted, axis=-1)
    return np.log(line_sums(np.exp(shifted, out=shifted), -1)[:, 0]) - at_label


def _losses_vjp(factor: Any, x: Any, labels: Any, smoothing: float, out: Any) -> None:
    softmax_lines(x, -1, out)
    out[np.arange(len(labels)), labels] -= 1.0 - smoothing
    if smoothing:
        out -= smoothing / x.shape[-1]
    out *= factor


@in_float32
def cross_entropy(
    logits: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy between the softmax of `logits` and a target, over classes on axis 1.

    For labels, ``-log softmax(x)[label]``; for probabilities p, ``-sum_k p_k log softmax(x)_k``. The softmax is
    never formed, so no logit is too large.

    Parameters
    ----------
    logits : array_like
        Scores before softmax, of shape (N, C), (N, C, d1, ...) or, for one sample, (C,).
    target : array_like
        Labels (integers, of the logits' shape without the class axis) or class probabilities (floats, of
        the logits' shape).
    weight : array_like, optional
        A factor for each class, of shape (C,). With labels the mean is then taken over the factors.
    ignore_index : int, default -100
        A label that counts for nothing.
    reduction : {"mean", "sum", "none"}
        "mean" is over the samples that count.
    label_smoothing : float, default 0
        In [0, 1]: mixes the target with the uniform distribution (Szegedy et al. 2016, section 7).

    Returns
    -------
    Tensor
        A scalar, or with "none" one loss per sample. If every label is ignored the mean is nan and the
        gradient 0.

    Raises
    ------
    IndexError
        If a label is out of range.
    ValueError
        If shapes do not fit or an option has another value.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> logits = tg.tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> tg.cross_entropy(logits, [0, 1], reduction="none")
    tensor([0.12692805, 0.6931472 ])
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"cross_entropy: label_smoothing is {label_smoothing}; it must be from 0 to 1")
    scores: Any = logits if isinstance(logits, Tensor) else Tensor(logits)
    goal: Any = target if isinstance(target, Tensor) else Tensor(target)
    if scores.ndim == 0:
        raise ValueError("cross_entropy: the logits are 0-d; they need an axis of classes")
    batch = scores.shape[:1] if scores.ndim > 1 else ()
    samples = batch + scores.shape[2:]
    classes = scores.shape[len(batch)]
    factors = class_factors("cross_entropy", weight, scores.dtype, classes)
    rows = class_last(scores, classes)
    if goal.dtype.kind == "f":
        if goal.shape != scores.shape:
            if goal.shape == samples:
                remedy = "labels are integers: target.astype('int64')"
            elif scores.dtype.kind != "f" and goal.ndim:
                remedy = "the logits come first: cross_entropy(logits, target)"
            else:
                remedy = f"they are of that shape, and labels are integers of shape {samples}"
            raise ValueError(
                f"cross_entropy: target probabilities of shape {goal.shape} do not fit logits of shape {scores.shape}; "
                f"{remedy}"
            )
        losses = _of_probabilities(rows, class_last(goal, classes), factors, label_smoothing)
        return reduced("cross_entropy", losses, reduction, samples)
    if goal.shape != samples:
        raise ValueError(
            f"cross_entropy: labels of shape {goal.shape} do not fit logits of shape {scores.shape}; "
            f"expected {samples}, or floating class probabilities of shape {scores.shape}"
        )
    labels = goal._data.reshape(-1)
    if factors is None and all_count(labels, classes, ignore_index):
        averages = reduction == "mean" and bool(labels.size)
        losses = CrossEntropy.apply(rows, labels=labels, smoothing=label_smoothing, averages=averages)
        return losses if averages else reduced("cross_entropy", losses, reduction, samples)
    counts = labels != ignore_index
    check_labels("cross_entropy", labels[counts], classes)
    shares = counts.astype(scores.dtype)
    safe = np.where(counts, labels, 0)
    if factors is not None:
        shares = shares * factors[safe]
    smoothing = label_smoothing if factors is None else 0.0
    losses = CrossEntropy.apply(rows, labels=safe, smoothing=smoothing)
    losses = multiply(where(counts, losses, 0), alongside(shares, rows))  # where nothing counts it may be inf
    if label_smoothing and factors is not None:  # the share of each class has its own factor
        logs = log_softmax(rows) * alongside(factors, rows)
        spread = where(counts, -logs.sum(axis=-1), 0) / classes
        losses = (1.0 - label_smoothing) * losses + label_smoothing * spread
    return reduced("cross_entropy", losses, reduction, samples, float(shares.sum()))


def class_factors(op: str, weight: TensorLike | None, dtype: Any, classes: int) -> Any:
    """The factor of each class, checked; a list becomes an array of `dtype`."""
    if weight is None:
        return None
    factors = constant_of(f"{op}: weight", weight)
    factors = factors if hasattr(factors, "dtype") else np.asarray(factors, dtype)
    if factors.shape != (classes,):
        raise ValueError(f"{op}: weight has shape {factors.shape}; it must be ({classes},), one per class")
    return factors


def class_last(x: Any, classes: int) -> Any:
    """The samples as rows, and the classes as columns."""
    if x.ndim == 2:
        return x
    if x.ndim == 1:
        return x.reshape(1, classes)
    order = (0, *range(2, x.ndim), 1)
    return x.transpose(order).reshape(x.size // classes if classes else 0, classes)


def all_count(labels: Any, classes: int, ignore_index: int) -> bool:
    """Whether every label names a class, and none is ignored."""
    return not 0 <= ignore_index < classes and _all_in_range(labels, classes)


def _all_in_range(labels: Any, classes: int) -> bool:
    """Whether every label names a class; a negative one is huge as an unsigned number."""
    return labels.dtype.kind in "iu" and (
        not labels.size or int(np.maximum.reduce(labels.astype(np.uint64, copy=False))) < classes
    )


def check_labels(op: str, labels: Any, classes: int) -> None:
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{op}: labels have dtype {labels.dtype}; they must be integers")
    if not _all_in_range(labels, classes):
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise IndexError(
            f"{op}: label {wrong} is out of range for {classes} classes; labels run from 0 to {classes - 1}"
        )


def _of_probabilities(rows: Any, goal: Any, factors: Any, label_smoothing: float) -> Any:
    if label_smoothing:
        goal = goal * (1.0 - label_smoothing) + label_smoothing / rows.shape[-1]
    logs = log_softmax(rows)
    return -(goal * (logs if factors is None else logs * alongside(factors, rows))).sum(axis=-1)


def reduced(
    op: str, losses: Any, reduction: str, samples: tuple[int, ...] | None = None, total: float | None = None
) -> Tensor:
    """The losses' mean (over `total`, where that is not their number) or sum, or themselves in the samples' shape."""
    if reduction == "none":
        return losses if samples in (None, losses.shape) else losses.reshape(samples)  # type: ignore[no-any-return]
    if reduction == "sum":
        return sum(losses)
    if reduction != "mean":
        raise ValueError(f"{op}: reduction {reduction!r} is unknown; use 'mean', 'sum' or 'none'")
    if total is None:
        return mean(losses)
    # Nothing counts: nan by 0 / 0, with a gradient of 0.
    return sum(losses) / total if total else sum(losses) + np.nan


def mse_loss(x: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """Squared difference ``(x - target)**2``.

    Parameters
    ----------
    x, target : array_like
        Of one shape: (N, 1) against (N,) would silently give N x N differences, and is refused.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 4.0]))
    tensor(2.5)
    """
    if np.shape(x) != np.shape(target):
        raise ValueError(
            f"mse_loss: shapes {np.shape(x)} and {np.shape(target)} differ; "
            "reshape one of them, or use ((x - target) ** 2).mean() if they are to broadcast"
        )
    difference: Any = (x if isinstance(x, Tensor) else Tensor(x)) - target
    return reduced("mse_loss", square(difference), reduction)
