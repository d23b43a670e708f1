"""Losses that measure distances: between values, vectors, and pairs of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import alongside
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.elementwise.choice import clip, minimum, where
from tinygrad_fs.ops.elementwise.roots import sqrt
from tinygrad_fs.ops.linear_algebra.products import vecdot
from tinygrad_fs.ops.linear_algebra.vector_norms import norm_of_vectors
from tinygrad_fs.ops.losses.loss import reduced
from tinygrad_fs.ops.operands import as_value, constant_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "l1_loss",
    "margin_ranking_loss",
    "smooth_l1_loss",
    "triplet_margin_loss",
]


class Huber(Op):
    """y = d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2);  dy/dd = d brought into [-delta, delta]."""

    def forward(d: Any, *, delta: float) -> Any:
        size = np.abs(d)
        near = np.minimum(size, delta)  # whose square does not overflow
        return near * (size - 0.5 * near)

    def vjp(g: Any, d: Any, delta: float) -> Any:
        return g * np.clip(d, -delta, delta)


def l1_loss(x: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """Absolute difference ``|x - target|``; its derivative at 0 is taken as 0.

    Parameters
    ----------
    x, target : array_like
        Of one shape.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 4.0]))
    tensor(1.5)
    """
    return reduced("l1_loss", abs(_difference("l1_loss", x, target)), reduction)


def huber_loss(x: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """``d**2 / 2`` for a difference d of at most `delta`, ``delta * (|d| - delta / 2)`` beyond.

    Huber 1964, "Robust estimation of a location parameter". Parameters and errors as in `l1_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.huber_loss(tg.tensor([1.0, 5.0]), tg.tensor([0.0, 0.0]), "none")
    tensor([0.5, 4.5])
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta={delta} must be positive")
    return reduced("huber_loss", Huber.apply(_difference("huber_loss", x, target), delta=delta), reduction)


def smooth_l1_loss(x: TensorLike, target: TensorLike, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """``d**2 / (2 * beta)`` for a difference d of at most `beta`, ``|d| - beta / 2`` beyond; `l1_loss` for beta 0.

    Girshick 2015, "Fast R-CNN", equation 3. Parameters and errors as in `l1_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.smooth_l1_loss(tg.tensor([1.0, 5.0]), tg.tensor([0.0, 0.0]), "none", beta=2.0)
    tensor([0.25, 4.  ])
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta={beta} must not be negative")
    difference = _difference("smooth_l1_loss", x, target)
    losses = abs(difference) if beta == 0 else Huber.apply(difference, delta=beta) / beta
    return reduced("smooth_l1_loss", losses, reduction)


def hinge_embedding_loss(x: TensorLike, target: TensorLike, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """`x` where the target is 1, ``max(0, margin - x)`` where it is -1.

    Parameters
    ----------
    x : array_like
        Distances.
    target : array_like
        1 or -1, of the same shape.
    margin : float, default 1
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.hinge_embedding_loss(tg.tensor([0.2, 0.2]), [1, -1], reduction="none")
    tensor([0.2, 0.8])
    """
    _check_shapes("hinge_embedding_loss", x, target)
    near = _signs("hinge_embedding_loss", target) == 1
    return reduced("hinge_embedding_loss", where(near, x, clip(margin - as_value(x), 0)), reduction)


def margin_ranking_loss(
    x1: TensorLike, x2: TensorLike, target: TensorLike, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """``max(0, -target * (x1 - x2) + margin)``: `x1` is to be the larger where the target is 1, `x2` where it is -1.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.margin_ranking_loss(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 1.0]), [1, 1], reduction="none")
    tensor([2., 0.])
    """
    difference = _difference("margin_ranking_loss", x1, x2)
    _check_shapes("margin_ranking_loss", x1, target)
    signs = alongside(_signs("margin_ranking_loss", target).astype(difference.dtype), difference)
    return reduced("margin_ranking_loss", clip(margin - signs * difference, 0), reduction)


@in_float32
def cosine_embedding_loss(
    x1: TensorLike, x2: TensorLike, target: TensorLike, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """``1 - cos(x1, x2)`` where the target is 1, ``max(0, cos(x1, x2) - margin)`` where it is -1.

    Parameters
    ----------
    x1, x2 : array_like
        Of shape (n, features) or (features,).
    target : array_like
        1 or -1, of shape (n,) or ().
    margin : float, default 0
        From -1 to 1.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes do not fit or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cosine_embedding_loss(tg.tensor([[1.0, 0.0]]), tg.tensor([[0.0, 2.0]]), [1])
    tensor(1.)
    """
    _check_shapes("cosine_embedding_loss", x1, x2)
    _check_shapes("cosine_embedding_loss", np.empty(np.shape(x1)[:-1]), target)
    a, b = as_value(x1), as_value(x2)
    tiny = 1e-12  # as in PyTorch: the cosine with a vector of zeros is 0
    cosine = vecdot(a, b) / sqrt((vecdot(a, a) + tiny) * (vecdot(b, b) + tiny))
    near = _signs("cosine_embedding_loss", target) == 1
    excess = cosine - margin if margin else cosine
    return reduced("cosine_embedding_loss", where(near, 1.0 - cosine, clip(excess, 0)), reduction)


@in_float32
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
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with the distance of the `p`-norm.

    Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural
    networks", equations 1 and 5.

    Parameters
    ----------
    anchor, positive, negative : array_like
        Of one shape, (n, features) or (features,).
    margin : float, default 1
    p : float, default 2
    eps : float, default 1e-6
        Added to each difference, as in PyTorch.
    swap : bool, default False
        Take the distance of positive and negative where that is smaller than the anchor's.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> a, b, c = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]]), tg.tensor([[0.0, 5.0]])
    >>> tg.triplet_margin_loss(a, b, c, eps=0.0)
    tensor(1.)
    """
    name = "triplet_margin_loss"

    def distance(x: TensorLike, y: TensorLike) -> Any:
        difference: Any = _difference(name, x, y) + eps
        return norm_of_vectors(difference, p, (difference.ndim - 1,), keepdims=False)

    return reduced(name, of_triplets(distance, anchor, positive, negative, margin, swap), reduction)


def of_triplets(
    distance: Callable[[Any, Any], Any], anchor: Any, positive: Any, negative: Any, margin: float, swap: bool
) -> Any:
    """How much the negative is too near: to the anchor, or with `swap` to whichever of the two it is nearer to."""
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return clip(near - far + margin, 0)


def _check_shapes(op: str, x: TensorLike, y: TensorLike) -> None:
    if np.shape(x) != np.shape(y):
        raise ValueError(f"{op}: shapes {np.shape(x)} and {np.shape(y)} differ; reshape one of them")


def _signs(op: str, target: TensorLike) -> Any:
    """The targets as an array, all of them 1 or -1."""
    signs = given(constant_of(f"{op}: target", target))
    odd = (signs != 1) & (signs != -1)
    if odd.any():
        stranger = signs[odd].ravel()[0].item()
        raise ValueError(f"{op}: targets are 1 or -1, but one is {stranger}; for labels 0 and 1 use 2 * labels - 1")
    return signs


def _difference(op: str, x: TensorLike, y: TensorLike) -> Any:
    _check_shapes(op, x, y)
    return as_value(x) - as_value(y)
