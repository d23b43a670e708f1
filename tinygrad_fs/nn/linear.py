"""Linear: an affine map of the last axis."""

from __future__ import annotations

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Linear"]


class Linear(Module):
    """y = x W^T + b over the last axis.

    Parameters
    ----------
    in_features, out_features : int
        The sizes of the last axis of x and of y.
    bias : bool, default True
        Whether there is a b.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws the initial values; the default generator if not given.

    Attributes
    ----------
    weight : Parameter of shape (out_features, in_features)
        W, at first from U(-k, k) with k = 1 / sqrt(in_features).
    bias : Parameter of shape (out_features,), or None
        b, at first from the same.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        If a size is negative, or the last axis of an input is not of size `in_features`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.Linear(3, 2)
    >>> layer(tg.ones((5, 3))).shape
    (5, 2)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if in_features < 0 or out_features < 0:
            raise ValueError(f"Linear: in_features={in_features} and out_features={out_features} must not be negative")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(zeros((out_features, in_features), dtype))
        self.register_parameter("bias", Parameter(zeros(out_features, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        init.start(self.weight, self.bias, generator)

    def forward(self, x: TensorLike) -> Tensor:
        """Map `x` of shape (..., in_features) to shape (..., out_features)."""
        self._check_dtype(x, self.weight)
        return ops.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
