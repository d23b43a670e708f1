"""Losses as modules: each is the function of its name, with the options kept."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "MarginRankingLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "WeightedLoss",
]


_L = TypeVar("_L", bound="_MadeFirst")


class _MadeFirst(Module):
    """Has a class that is given input and target say that a loss is made first, and called then."""

    def __new__(cls: type[_L], *options: Any, **named: Any) -> _L:
        if any(isinstance(option, (Tensor, np.ndarray)) for option in options[1:2]):
            raise TypeError(f"{cls.__name__}: make the loss first, and call it then: {cls.__name__}()(input, target)")
        return super().__new__(cls)


class Loss(_MadeFirst):
    """What losses have in common: how the losses of many elements are made one."""

    _reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if not isinstance(reduction, str):
            raise TypeError(f"{type(self).__name__}: reduction is a str, not a {type(reduction).__name__}")
        if reduction not in self._reductions:
            known = ", ".join(map(repr, self._reductions))
            raise ValueError(f"{type(self).__name__}: reduction={reduction!r} is unknown; use one of {known}")
        self.reduction = reduction


class WeightedLoss(Loss):
    """Losses with factors, which are a buffer."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None, reduction: str) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(WeightedLoss):
    """Cross-entropy of logits with labels or class probabilities; see `tinygrad_fs.cross_entropy`.

    Parameters
    ----------
    weight : Tensor of shape (C,), optional
        A factor for each class.
    ignore_index : int, default -100
        A label that does not count.
    reduction : {"mean", "sum", "none"}
        How the losses are made one, here and in all other losses.
    label_smoothing : float, default 0
        In [0, 1]: mixes the target with the uniform distribution.

    Raises
    ------
    ValueError
        If an option has another value, or when called with shapes that do not fit.
    IndexError
        When called with a label that is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CrossEntropyLoss()(tg.tensor([[0.0, 0.0], [0.0, 1000.0]]), tg.tensor([0, 1]))
    tensor(0.3465736)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare logits of shape (N, C, ...) or (C,) with labels or probabilities."""
        return ops.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Negative log-likelihood of labels under log-probabilities; see `tinygrad_fs.nll_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.NLLLoss()(tg.tensor([[-1.0, -2.0]]), tg.tensor([1]))
    tensor(2.)
    """

    def __init__(self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare log-probabilities of shape (N, C, ...) or (C,) with labels."""
        return ops.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(WeightedLoss):
    """Binary cross-entropy of probabilities; see `tinygrad_fs.binary_cross_entropy`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.BCELoss()(tg.tensor([0.5]), tg.tensor([1.0]))
    tensor(0.6931472)
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare probabilities with targets of the same shape."""
        return ops.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross-entropy of logits; see `tinygrad_fs.binary_cross_entropy_with_logits`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.BCEWithLogitsLoss()(tg.tensor([0.0]), tg.tensor([1.0]))
    tensor(0.6931472)
    """

    pos_weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare logits with targets of the same shape."""
        return ops.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class KLDivLoss(Loss):
    """Kullback-Leibler divergence of log-probabilities; see `tinygrad_fs.kl_div`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> p = tg.tensor([[0.5, 0.5]])
    >>> tg.nn.KLDivLoss("batchmean")(tg.log(p), p)
    tensor(0.)
    """

    _reductions = ("mean", "batchmean", "sum", "none")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare log-probabilities with probabilities, or their logarithms, of the same shape."""
        return ops.kl_div(input, target, self.reduction, self.log_target)


class MSELoss(Loss):
    """Squared difference; see `tinygrad_fs.mse_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MSELoss()(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 4.0]))
    tensor(2.5)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare values with targets of the same shape."""
        return ops.mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """Absolute difference; see `tinygrad_fs.l1_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.L1Loss()(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 4.0]))
    tensor(1.5)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare values with targets of the same shape."""
        return ops.l1_loss(input, target, self.reduction)


class SmoothL1Loss(Loss):
    """Absolute difference, rounded off below `beta`; see `tinygrad_fs.smooth_l1_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.SmoothL1Loss(beta=2.0)(tg.tensor([5.0]), tg.tensor([0.0]))
    tensor(4.)
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare values with targets of the same shape."""
        return ops.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(Loss):
    """Squared difference up to `delta`, linear beyond; see `tinygrad_fs.huber_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.HuberLoss()(tg.tensor([5.0]), tg.tensor([0.0]))
    tensor(4.5)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare values with targets of the same shape."""
        return ops.huber_loss(input, target, self.reduction, self.delta)


class SoftMarginLoss(Loss):
    """log(1 + e^(-target x)) for targets 1 and -1; see `functional.soft_margin_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.SoftMarginLoss()(tg.tensor([0.0]), tg.tensor([1.0]))
    tensor(0.6931472)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare scores with targets 1 and -1 of the same shape."""
        return functional.soft_margin_loss(input, target, self.reduction)


class PoissonNLLLoss(Loss):
    """Negative log-likelihood of counts under Poisson distributions; see `functional.poisson_nll_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.PoissonNLLLoss()(tg.tensor([0.0]), tg.tensor([3.0]))
    tensor(1.)
    """

    def __init__(self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: TensorLike, target: TensorLike) -> Tensor:
        """Compare logarithms of rates with counts of the same shape."""
        return functional.poisson_nll_loss(log_input, target, self.log_input, self.full, self.eps, self.reduction)


class GaussianNLLLoss(Loss):
    """Negative log-likelihood of values under normal distributions; see `functional.gaussian_nll_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.GaussianNLLLoss()(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: TensorLike, target: TensorLike, var: TensorLike) -> Tensor:
        """Compare means and variances with values of the same shape."""
        return functional.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class HingeEmbeddingLoss(Loss):
    """Distances that are to be small for target 1, and above `margin` for -1; see `tinygrad_fs.hinge_embedding_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.HingeEmbeddingLoss(reduction="none")(tg.tensor([0.25, 0.25]), [1, -1])
    tensor([0.25, 0.75])
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare distances with targets 1 and -1 of the same shape."""
        return ops.hinge_embedding_loss(input, target, self.margin, self.reduction)


class MarginRankingLoss(Loss):
    """Pairs of scores of which the first is to be larger for target 1; see `tinygrad_fs.margin_ranking_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MarginRankingLoss()(tg.tensor([1.0]), tg.tensor([3.0]), [1])
    tensor(2.)
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: TensorLike, input2: TensorLike, target: TensorLike) -> Tensor:
        """Compare pairs of scores with targets 1 and -1 of the same shape."""
        return ops.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class CosineEmbeddingLoss(Loss):
    """Pairs of vectors that are to point the same way for target 1; see `tinygrad_fs.cosine_embedding_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CosineEmbeddingLoss()(tg.tensor([[1.0, 0.0]]), tg.tensor([[0.0, 2.0]]), [1])
    tensor(1.)
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: TensorLike, input2: TensorLike, target: TensorLike) -> Tensor:
        """Compare vectors of shape (N, features) with targets 1 and -1 of shape (N,)."""
        return ops.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class TripletMarginLoss(Loss):
    """Triplets whose first and second are to be closer than first and third; see `tinygrad_fs.triplet_margin_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> a, b, c = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]]), tg.tensor([[0.0, 5.0]])
    >>> tg.nn.TripletMarginLoss(eps=0.0)(a, b, c)
    tensor(1.)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: TensorLike, positive: TensorLike, negative: TensorLike) -> Tensor:
        """Compare vectors of shape (N, features)."""
        return ops.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )


class CTCLoss(Loss):
    """Likelihood of labels, whatever their alignment with a sequence; see `tinygrad_fs.ctc_loss`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> steps = tg.log_softmax(tg.zeros((2, 1, 2)))
    >>> tg.nn.CTCLoss()(steps, [[1]], [2], [1])
    tensor(0.2876821)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self, log_probs: TensorLike, targets: TensorLike, input_lengths: TensorLike, target_lengths: TensorLike
    ) -> Tensor:
        """Compare log-probabilities of shape (T, N, C) with labels."""
        return ops.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
