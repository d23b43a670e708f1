"""Losses under PyTorch's names."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.losses.loss import reduced
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]


def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """`tinygrad_fs.cross_entropy` of logits."""
    return ops.cross_entropy(
        input,
        target,
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """`tinygrad_fs.nll_loss` of log-probabilities."""
    return ops.nll_loss(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction)


def binary_cross_entropy(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, reduction: str = "mean"
) -> Tensor:
    """`tinygrad_fs.binary_cross_entropy` of probabilities."""
    return ops.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """`tinygrad_fs.binary_cross_entropy_with_logits`."""
    return ops.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)


def kl_div(input: TensorLike, target: TensorLike, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """`tinygrad_fs.kl_div` of log-probabilities."""
    return ops.kl_div(input, target, reduction, log_target)


def mse_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """`tinygrad_fs.mse_loss`, which refuses shapes that differ."""
    return ops.mse_loss(input, target, reduction)


def l1_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """`tinygrad_fs.l1_loss`, which refuses shapes that differ."""
    return ops.l1_loss(input, target, reduction)


def smooth_l1_loss(input: TensorLike, target: TensorLike, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """`tinygrad_fs.smooth_l1_loss`, which refuses shapes that differ."""
    return ops.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(input: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """`tinygrad_fs.huber_loss`, which refuses shapes that differ."""
    return ops.huber_loss(input, target, reduction, delta)


def hinge_embedding_loss(input: TensorLike, target: TensorLike, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """`tinygrad_fs.hinge_embedding_loss`."""
    return ops.hinge_embedding_loss(input, target, margin, reduction)


def margin_ranking_loss(
    input1: TensorLike, input2: TensorLike, target: TensorLike, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """`tinygrad_fs.margin_ranking_loss`."""
    return ops.margin_ranking_loss(input1, input2, target, margin, reduction)


def cosine_embedding_loss(
    input1: TensorLike, input2: TensorLike, target: TensorLike, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """`tinygrad_fs.cosine_embedding_loss`."""
    return ops.cosine_embedding_loss(input1, input2, target, margin, reduction)


def triplet_margin_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`tinygrad_fs.triplet_margin_loss`."""
    return ops.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction)


def ctc_loss(
    log_probs: TensorLike,
    targets: TensorLike,
    input_lengths: TensorLike,
    target_lengths: TensorLike,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """`tinygrad_fs.ctc_loss`."""
    return ops.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


def soft_margin_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """``log(1 + exp(-target x))`` for targets 1 and -1, without overflow.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.soft_margin_loss(tg.tensor([0.0, 1000.0]), tg.tensor([1.0, -1.0]), reduction="none")
    tensor([6.931472e-01, 1.000000e+03])
    """
    x, goal = _pair("soft_margin_loss", input, target)
    return reduced("soft_margin_loss", ops.softplus(-goal * x), reduction)


def poisson_nll_loss(
    input: TensorLike,
    target: TensorLike,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of counts under a Poisson distribution, ``exp(x) - target x``.

    Parameters
    ----------
    input : array_like
        The logarithm of the rate; the rate itself if not `log_input`, with loss ``x - target log(x + eps)``.
    target : array_like
        Counts, of the same shape.
    log_input : bool, default True
    full : bool, default False
        Add Stirling's approximation of ``log(target!)`` where the target is above 1.
    eps : float, default 1e-8
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.poisson_nll_loss(tg.tensor([0.0, 1.0]), tg.tensor([3.0, 1.0]), reduction="none")
    tensor([1.      , 1.718282])
    """
    x, goal = _pair("poisson_nll_loss", input, target)
    losses = ops.exp(x) - goal * x if log_input else x - goal * ops.log(x + eps)
    if full:
        several = ops.where(goal > 1, goal, 1)
        stirling = goal * ops.log(several) - goal + 0.5 * ops.log(2.0 * math.pi * several)
        losses = losses + ops.where(goal > 1, stirling, 0)
    return reduced("poisson_nll_loss", losses, reduction)


def gaussian_nll_loss(
    input: TensorLike,
    target: TensorLike,
    var: TensorLike,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood under normal distributions, ``(log(var) + (x - target)**2 / var) / 2``.

    Parameters
    ----------
    input, target : array_like
        The means and the values, of one shape.
    var : array_like
        The variances, in a shape that broadcasts to theirs, or in theirs without the last axis, along which it is then
        the same; those below `eps` count as `eps`.
    full : bool, default False
        Add the constant ``log(2 pi) / 2``.
    eps : float, default 1e-6
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes do not fit, a variance is negative or `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.gaussian_nll_loss(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([1.0]))
    tensor(2.)
    """
    x, goal = _pair("gaussian_nll_loss", input, target)
    variance = _variance(given(var), x.shape)
    values = array_of(variance)
    if (values < 0).any():
        raise ValueError("gaussian_nll_loss: var has negative entries; it is the variance, not its logarithm")
    variance = variance + np.maximum(eps - values, 0)  # as in PyTorch, the gradient goes on as if nothing was raised
    losses = 0.5 * (ops.log(variance) + (x - goal) ** 2 / variance)
    return reduced("gaussian_nll_loss", losses + 0.5 * math.log(2.0 * math.pi) if full else losses, reduction)


def _variance(variance: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The variances in a shape that broadcasts to `shape`; one per row gets the axis that it lacks."""
    if variance.shape == shape[:-1] != shape:
        return ops.expand_dims(variance, -1)
    sizes = zip(reversed(variance.shape), reversed(shape))
    if variance.ndim > len(shape) or any(size not in (1, goal) for size, goal in sizes):
        raise ValueError(
            f"gaussian_nll_loss: var has shape {variance.shape}; it must broadcast to {shape}, the shape of the input, "
            f"or be {shape[:-1]}, for one variance per row"
        )
    return variance


def _pair(name: str, input: TensorLike, target: TensorLike) -> tuple[Tensor, Tensor]:
    """Both as something to compute with, if they have one shape; integer targets in the dtype of the input."""
    x, goal = given(input), given(target)
    if x.shape != goal.shape:
        raise ValueError(f"{name}: shapes {x.shape} and {goal.shape} differ; they must be the same")
    return x, goal if goal.dtype.kind == "f" else goal.astype(x.dtype)
