"""Linear maps: of one input, of two, and the one that changes nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Bilinear", "Identity", "Linear"]


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
        If a size is no integer, or when called with an input of another dtype than the parameters'.
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
        self._check_ints(in_features=in_features, out_features=out_features)
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


class Bilinear(Module):
    """y_k = x W_k z + b_k over the last axes of two inputs.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The sizes of the last axes of x, z and y.
    bias : bool, default True
        Whether there is a b.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws the initial values; the default generator if not given.

    Attributes
    ----------
    weight : Parameter of shape (out_features, in1_features, in2_features)
        W, at first from U(-k, k) with k = 1 / sqrt(in1_features).
    bias : Parameter of shape (out_features,), or None
        b, at first from the same.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        If a size is not positive, or the shapes of inputs do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.Bilinear(3, 4, 2)
    >>> layer(tg.ones((5, 3)), tg.ones((5, 4))).shape
    (5, 2)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self._check_ints(in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        if in1_features < 1 or in2_features < 1 or out_features < 1:
            raise ValueError(
                f"Bilinear: in1_features={in1_features}, in2_features={in2_features} and out_features={out_features} "
                "must be positive"
            )
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(zeros((out_features, in1_features, in2_features), dtype))
        self.register_parameter("bias", Parameter(zeros(out_features, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        bound = 1.0 / math.sqrt(self.in1_features)
        for parameter in self.parameters(recurse=False):
            init.uniform_(parameter, -bound, bound, generator)

    def forward(self, input1: TensorLike, input2: TensorLike) -> Tensor:
        """Map (..., in1_features) and (..., in2_features) to (..., out_features)."""
        self._check_dtype(input1, self.weight)
        self._check_dtype(input2, self.weight)
        return ops.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Identity(Module):
    """Gives back what it is given; it takes any arguments, so that it can stand for any module.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Identity(54, unused=True)(tg.tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        """Return `x` itself."""
        return x
