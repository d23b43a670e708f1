"""Losses by margins between the scores of classes, and between distances, as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_fs.nn import functional
from tinygrad_fs.nn.loss import Loss, WeightedLoss
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class MultiMarginLoss(WeightedLoss):
    """The score of the label is to be the largest by a margin; see `nn.functional.multi_margin_loss`.

    Raises
    ------
    ValueError
        If `reduction` is unknown, or when called with shapes that do not fit or a `p` that is not 1 or 2.
    IndexError
        When called with a label that is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MultiMarginLoss()(tg.tensor([[0.0, 0.5, 3.0]]), tg.tensor([1]))
    tensor(1.3333334)
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare scores of shape (N, C) or (C,) with labels."""
        return functional.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


class MultiLabelMarginLoss(Loss):
    """The scores of several labels are to be above all others; see `nn.functional.multilabel_margin_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MultiLabelMarginLoss()(tg.tensor([[0.0, 0.5, 3.0]]), tg.tensor([[1, 2, -1]]))
    tensor(0.16666667)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare scores of shape (N, C) or (C,) with labels that -1 ends."""
        return functional.multilabel_margin_loss(input, target, self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Binary cross-entropy of logits, averaged over classes; see `nn.functional.multilabel_soft_margin_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MultiLabelSoftMarginLoss()(tg.tensor([[0.0, 100.0]]), tg.tensor([[1.0, 1.0]]))
    tensor(0.3465736)
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare logits of shape (..., C) with zeros and ones."""
        return functional.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` with any distance; see `nn.functional.triplet_margin_with_distance_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> loss = tg.nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: abs(x - y).sum(axis=-1))
    >>> loss(tg.zeros((1, 2)), tg.ones((1, 2)), tg.full((1, 2), 1.25))
    tensor(0.5)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        if not margin > 0:
            raise ValueError(f"TripletMarginWithDistanceLoss: margin={margin} must be positive")
        self.distance_function = distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: TensorLike, positive: TensorLike, negative: TensorLike) -> Tensor:
        """Compare whatever the distance takes."""
        return functional.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
