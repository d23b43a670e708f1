"""Dropout: elements left out at random while training."""

from __future__ import annotations

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.nn.module import Module
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Dropout"]


class Dropout(Module):
    """Zero each element with probability p and multiply the others by 1 / (1 - p), in training mode only.

    Parameters
    ----------
    p : float, default 0.5
        From 0 (identity) to 1 (zeros).
    inplace : bool, default False
        Taken for PyTorch's sake and shown in the repr. The input is left alone in any case.
    generator : numpy.random.Generator, optional
        Draws the masks; the default generator if not given.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Dropout(0.5).eval()(tg.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: np.random.Generator | None = None) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"Dropout: p={p} is no probability; it must be in [0, 1]")
        self.p = p
        self.inplace = inplace
        self.generator = generator

    def forward(self, x: TensorLike) -> Tensor:
        """Apply it to `x` of any shape."""
        return ops.dropout(x, self.p, self.training, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
