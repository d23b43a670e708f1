"""Losses by margins between the scores of classes, and between distances, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.nn.functional.normalizations import pairwise_distance
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.losses.distances import of_triplets
from tinygrad_fs.ops.losses.loss import check_labels, class_factors, reduced
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "triplet_margin_with_distance_loss",
]


def multi_margin_loss(
    input: TensorLike,
    target: TensorLike,
    p: int = 1,
    margin: float = 1.0,
    weight: TensorLike | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, margin - x[label] + x[i])**p``, summed over the other classes i and divided by the number of classes.

    Crammer and Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector machines".

    Parameters
    ----------
    input : array_like
        Scores, of shape (n, classes) or (classes,).
    target : array_like of int
        Labels, of shape (n,) or ().
    p : {1, 2}
    margin : float, default 1
    weight : array_like of shape (classes,), optional
        A factor for each label; it has no gradient.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes do not fit, or `p` or `reduction` is another one.
    IndexError
        If a label is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.multi_margin_loss(tg.tensor([[0.1, 0.2, 0.4, 0.8]]), tg.tensor([3]))
    tensor(0.325)
    """
    name = "multi_margin_loss"
    x, labels = given(input), np.asarray(array_of(given(target)))
    if p not in (1, 2):
        raise ValueError(f"{name}: p={p} must be 1 or 2")
    if x.ndim not in (1, 2) or labels.shape != x.shape[:-1]:
        raise ValueError(
            f"{name}: scores of shape {x.shape} and labels of shape {labels.shape}; "
            "they must be (n, classes) and (n,), or (classes,) and ()"
        )
    classes = x.shape[-1]
    check_labels(name, labels, classes)
    factors = class_factors(name, weight, x.dtype, classes)
    places = labels[..., None]
    others = np.arange(classes) != places
    gaps = ops.clip(margin - ops.take_along_axis(x, places, -1) + x, 0) ** p
    losses = ops.sum(ops.where(others, gaps, 0), axis=-1) / classes
    if factors is not None:
        losses = losses * factors[labels]
    return reduced(name, losses, reduction)


def multilabel_margin_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """``max(0, 1 - x[j] + x[i])`` over all labels j and all classes i that are none, divided by the number of classes.

    Parameters
    ----------
    input : array_like
        Scores, of shape (n, classes) or (classes,).
    target : array_like of int
        Of the same shape: the labels of a sample, and then -1; what stands after that does not count.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.
    IndexError
        If a label is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> tg.nn.functional.multilabel_margin_loss(x, tg.tensor([[3, 0, -1, 1]]))
    tensor(0.85)
    """
    name = "multilabel_margin_loss"
    x, labels = given(input), np.asarray(array_of(given(target)))
    if x.ndim not in (1, 2) or x.shape != labels.shape:
        raise ValueError(f"{name}: shapes {x.shape} and {labels.shape}; both must be (n, classes) or (classes,)")
    classes = x.shape[-1]
    listed = np.logical_and.accumulate(labels >= 0, axis=-1)
    check_labels(name, labels[listed], classes)
    counts = ((labels[..., None] == np.arange(classes)) & listed[..., None]).sum(axis=-2)
    pairs = counts[..., :, None] * (counts == 0)[..., None, :]
    gaps = ops.clip(1.0 - x[..., :, None] + x[..., None, :], 0)
    return reduced(name, ops.sum(gaps * pairs.astype(x.dtype), axis=(-2, -1)) / classes, reduction)


def multilabel_soft_margin_loss(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, reduction: str = "mean"
) -> Tensor:
    """The binary cross-entropy of each class for itself, averaged over the classes on the last axis.

    Parameters
    ----------
    input : array_like
        Logits, of shape (..., classes).
    target : array_like
        Of the same shape: 1 for the labels of a sample, 0 for the others.
    weight : array_like of shape (classes,), optional
        A factor for each class.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.functional.multilabel_soft_margin_loss(tg.tensor([[0.0, 100.0]]), tg.tensor([[1.0, 1.0]]))
    tensor(0.3465736)
    """
    losses = ops.binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    return reduced("multilabel_soft_margin_loss", ops.mean(losses, axis=-1), reduction)


def triplet_margin_with_distance_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with any distance: ``max(0, d(anchor, positive) - d(anchor, negative) + margin)``.

    Parameters
    ----------
    anchor, positive, negative : array_like
        Whatever the distance takes.
    distance_function : callable, optional
        Of two arguments; `pairwise_distance` if not given.
    margin : float, default 1
    swap : bool, default False
        Take the distance of positive and negative where that is smaller than the anchor's.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the margin is not positive or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs.nn import functional as F
    >>> a, b, c = tg.tensor([[1.0, 0.0]]), tg.tensor([[0.0, 1.0]]), tg.tensor([[2.0, 0.0]])
    >>> F.triplet_margin_with_distance_loss(a, b, c, distance_function=lambda x, y: 1 - F.cosine_similarity(x, y))
    tensor(2.)
    """
    name = "triplet_margin_with_distance_loss"
    if not margin > 0:
        raise ValueError(f"{name}: margin={margin} must be positive")
    distance = pairwise_distance if distance_function is None else distance_function
    return reduced(name, of_triplets(distance, anchor, positive, negative, margin, swap), reduction)
