"""Normalisation within a sample: over its last axes, or over groups of channels."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

from tinygrad_fs import ops
from tinygrad_fs.creation import ones, zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import functional, init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class _Scaled(Module):
    """A factor that is learned, and begins as 1."""

    weight: Parameter | None

    def _add_weight(self, shape: tuple[int, ...], wanted: bool, dtype: DTypeLike | None) -> None:
        self.register_parameter("weight", Parameter(ones(shape, dtype)) if wanted else None)

    def reset_parameters(self) -> None:
        """Begin with the first values again."""
        if self.weight is not None:
            init.ones_(self.weight)

    def _check(self, x: TensorLike) -> None:
        if self.weight is not None:
            self._check_dtype(x, self.weight)


class _ScaledAndShifted(_Scaled):
    """A factor and a summand that are learned, and begin as 1 and 0."""

    bias: Parameter | None

    def _add_parameters(self, shape: tuple[int, ...], weight: bool, bias: bool, dtype: DTypeLike | None) -> None:
        self._add_weight(shape, weight, dtype)
        self.register_parameter("bias", Parameter(zeros(shape, dtype)) if bias else None)

    def reset_parameters(self) -> None:
        """Begin with the first values again."""
        super().reset_parameters()
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_ScaledAndShifted):
    """Shift and scale each sample to mean 0 and variance 1 over its last axes; see `tinygrad_fs.layer_norm`.

    ::

        y = (x - mean) / sqrt(var + eps) * weight + bias

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of the last axes, over which mean and (biased) variance are taken.
    eps : float, default 1e-5
        Added to the variance.
    elementwise_affine : bool, default True
        Whether there are a weight and a bias.
    bias : bool, default True
        Whether there is a bias beside the weight.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.

    Attributes
    ----------
    weight, bias : Parameter of shape `normalized_shape`, or None
        At first 1 and 0.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        When called with an input that does not end with `normalized_shape`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LayerNorm(2)(tg.tensor([[1.0, 3.0], [10.0, 30.0]])).numpy().round(3)
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(type(self).__name__, normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._add_parameters(self.normalized_shape, elementwise_affine, elementwise_affine and bias, dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Normalise `x` of shape (..., *normalized_shape)."""
        self._check(x)
        return ops.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        without_bias = ", bias=False" if self.elementwise_affine and self.bias is None else ""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}{without_bias}"


class RMSNorm(_Scaled):
    """Scale each sample to mean square 1 over its last axes, then by a weight; see `tinygrad_fs.rms_norm`.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of these axes.
    eps : float, optional
        Added to the mean square; the machine epsilon of the dtype if not given.
    elementwise_affine : bool, default True
        Whether there is a weight.
    dtype : dtype, optional
        Of the parameter; the default dtype if not given.

    Attributes
    ----------
    weight : Parameter of shape `normalized_shape`, or None
        At first 1.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameter's.
    ValueError
        When called with an input that does not end with `normalized_shape`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.RMSNorm(4)(tg.tensor([3.0, 4.0, 0.0, 0.0]))
    tensor([1.2, 1.6, 0. , 0. ], grad_fn=<RmsNorm>)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(type(self).__name__, normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._add_weight(self.normalized_shape, elementwise_affine, dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Normalise `x` of shape (..., *normalized_shape)."""
        self._check(x)
        return ops.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_ScaledAndShifted):
    """Shift and scale groups of channels of each sample to mean 0 and variance 1; see `tinygrad_fs.group_norm`.

    Parameters
    ----------
    num_groups : int
        Into how many groups the channels are cut.
    num_channels : int
        The number of channels C, the size of axis 1.
    eps : float, default 1e-5
        Added to the variance.
    affine : bool, default True
        Whether there are a weight and a bias.
    bias : bool, default True
        Whether there is a bias beside the weight.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.

    Attributes
    ----------
    weight, bias : Parameter of shape (C,), or None
        At first 1 and 0.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        If the channels do not divide into the groups, or when called with an input of other channels.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.GroupNorm(2, 4)(tg.tensor([[1.0, 3.0, 10.0, 30.0]])).numpy().round(3)
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self._check_ints(num_groups=num_groups, num_channels=num_channels)
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_channels={num_channels} is not divisible by num_groups={num_groups}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._add_parameters((num_channels,), affine, affine and bias, dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Normalise `x` of shape (N, num_channels, ...)."""
        self._check(x)
        return ops.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        without_bias = ", bias=False" if self.affine and self.bias is None else ""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}{without_bias}"


class LocalResponseNorm(Module):
    """Divide by a power of the mean square of neighbouring channels; see `nn.functional.local_response_norm`.

    Parameters
    ----------
    size : int
        How many channels.
    alpha, beta, k : float
        ``x / (k + alpha mean)**beta``.

    Raises
    ------
    ValueError
        When called with an input that is not of shape (N, C, ...) with three axes or more.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LocalResponseNorm(2, alpha=6.0, beta=1.0)(tg.ones((1, 2, 1))).ravel()
    tensor([0.25     , 0.14285715])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: TensorLike) -> Tensor:
        """Normalise `x` of shape (N, C, ...)."""
        return functional.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _as_shape(name: str, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The sizes as a tuple, if they are integers."""
    sizes = normalized_shape if isinstance(normalized_shape, Iterable) else (normalized_shape,)
    try:
        return tuple(map(operator.index, sizes))
    except TypeError:
        raise TypeError(f"{name}: normalized_shape={normalized_shape!r} must be an int, or several") from None
