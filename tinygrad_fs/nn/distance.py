"""Distances of vectors, as modules."""

from __future__ import annotations

from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.dispatch.keywords import says_axis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along an axis; see `nn.functional.cosine_similarity`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CosineSimilarity(axis=0)(tg.tensor([3.0, 4.0]), tg.tensor([-6.0, -8.0]))
    tensor(-1.)
    """

    @says_axis
    def __init__(self, axis: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.axis = axis
        self.eps = eps

    def forward(self, x1: TensorLike, x2: TensorLike) -> Tensor:
        """Compare `x1` and `x2`, whose shapes broadcast."""
        return functional.cosine_similarity(x1, x2, self.axis, self.eps)

    def extra_repr(self) -> str:
        return f"axis={self.axis}, eps={self.eps}"


class PairwiseDistance(Module):
    """The norm of the difference of vectors on the last axis; see `nn.functional.pairwise_distance`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.PairwiseDistance(eps=0.0)(tg.tensor([[3.0, 4.0]]), tg.tensor([[0.0, 0.0]]))
    tensor([5.])
    """

    @says_axis
    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> None:
        super().__init__()
        self.p = p
        self.eps = eps
        self.keepdims = keepdims

    def forward(self, x1: TensorLike, x2: TensorLike) -> Tensor:
        """Compare `x1` and `x2`, whose shapes broadcast."""
        return functional.pairwise_distance(x1, x2, self.p, self.eps, self.keepdims)

    def extra_repr(self) -> str:
        return f"p={self.p}, eps={self.eps}, keepdims={self.keepdims}"
