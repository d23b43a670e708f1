"""Normalisation of channels by statistics that may be remembered: over a batch, or within each sample."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.autograd import is_recomputing
from tinygrad_fs.creation import ones, zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _ChannelNorm(Module):
    """Parameters and running statistics, one of each per channel, and the inputs that they go with."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    _takes: ClassVar[dict[int, str]]
    """The numbers of axes that an input may have, and what they are."""

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        bias: bool,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        self._check_ints(num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.register_parameter("weight", Parameter(ones(num_features, dtype)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(num_features, dtype)) if affine and bias else None)
        self.register_buffer("running_mean", zeros(num_features, dtype) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, dtype) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", zeros((), np.int64) if track_running_stats else None)

    def reset_running_stats(self) -> None:
        """Forget what was seen of the data: mean 0, variance 1, no batches."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Forget what was seen of the data and what was learned."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input(self, x: TensorLike) -> None:
        shape, name = np.shape(x), type(self).__name__
        if len(shape) not in self._takes:
            expected = " or ".join(self._takes.values())
            raise ValueError(f"{name}: the input has shape {shape}; it must be of shape {expected}")
        channels = shape[self._takes[len(shape)][1:-1].split(", ").index("C")]
        if channels != self.num_features:
            raise ValueError(f"{name}: the input of shape {shape} has {channels} channels, not {self.num_features}")
        like = self.running_mean if self.weight is None else self.weight
        if like is not None:
            self._check_dtype(x, like)

    def extra_repr(self) -> str:
        without_bias = ", bias=False" if self.affine and self.bias is None else ""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}{without_bias}"
        )


class _BatchNorm(_ChannelNorm):
    """What batch normalisations have in common; they differ in the inputs that they take."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Normalise `x`; in training mode the running statistics take in those of the batch."""
        self._check_input(x)
        tracks = not self.training or self.track_running_stats
        counter = self.num_batches_tracked if self.training and tracks else None
        momentum = self.momentum
        if momentum is None:
            momentum = 0.0 if counter is None else 1.0 / (counter.item() + 1)
        result = ops.batch_norm(
            x,
            self.running_mean if tracks else None,
            self.running_var if tracks else None,
            self.weight,
            self.bias,
            training=self.training or self.running_mean is None,
            momentum=momentum,
            eps=self.eps,
        )
        if counter is not None and not is_recomputing():
            init.constant_(counter, counter.item() + 1)
        return result


class BatchNorm1d(_BatchNorm):
    """Normalise each channel over the batch, and over the length where there is one.

    ::

        y = (x - mean) / sqrt(var + eps) * weight + bias

    In training mode mean and (biased) variance are those of the batch, and the running ones take them in; in evaluation
    mode they are the running ones. Ioffe and Szegedy 2015, "Batch normalization".

    Parameters
    ----------
    num_features : int
        The number of channels C, the size of axis 1.
    eps : float, default 1e-5
        Added to the variance.
    momentum : float or None, default 0.1
        The weight of a batch in the running statistics; None for the average over all batches.
    affine : bool, default True
        Whether there are a weight and a bias.
    track_running_stats : bool, default True
        Whether there are running statistics; without them those of the batch are used in evaluation mode too.
    bias : bool, default True
        Whether there is a bias beside the weight.
    dtype : dtype, optional
        Of parameters and running statistics; the default dtype if not given.

    Attributes
    ----------
    weight, bias : Parameter of shape (C,), or None
        At first 1 and 0.
    running_mean, running_var : Tensor of shape (C,), or None
        At first 0 and 1; the variance is the unbiased one.
    num_batches_tracked : Tensor of shape (), int64, or None
        How many batches the running statistics have taken in.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        When called with an input of other axes or channels, or in training with one value per channel.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.BatchNorm1d(2)
    >>> layer(tg.tensor([[1.0, 5.0], [3.0, 5.0]])).numpy().round(3)
    array([[-1.,  0.],
           [ 1.,  0.]], dtype=float32)
    >>> layer.running_mean
    tensor([0.2, 0.5])
    """

    _takes: ClassVar[dict[int, str]] = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_BatchNorm):
    """Normalise each channel over the batch and the images, inputs of shape (N, C, H, W).

    Parameters, attributes and errors are those of `BatchNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.BatchNorm2d(3)
    >>> layer(tg.rand(4, 3, 5, 5)).shape
    (4, 3, 5, 5)
    """

    _takes: ClassVar[dict[int, str]] = {4: "(N, C, H, W)"}


class BatchNorm3d(_BatchNorm):
    """Normalise each channel over the batch and the volumes, inputs of shape (N, C, D, H, W).

    Parameters, attributes and errors are those of `BatchNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.BatchNorm3d(3)
    >>> layer(tg.rand(2, 3, 4, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """

    _takes: ClassVar[dict[int, str]] = {5: "(N, C, D, H, W)"}


class _InstanceNorm(_ChannelNorm):
    """What instance normalisations have in common; they differ in the inputs that they take."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Normalise `x`; in training mode running statistics, if there are any, take in those of the samples."""
        self._check_input(x)
        single = np.ndim(x) == min(self._takes)
        result = ops.instance_norm(
            np.expand_dims(x, 0) if single else x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            use_input_stats=self.training or not self.track_running_stats,
            momentum=0.0 if self.momentum is None else self.momentum,
            eps=self.eps,
        )
        return result[0] if single else result


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each sample over its length, inputs of shape (N, C, L) or (C, L).

    ::

        y = (x - mean) / sqrt(var + eps) * weight + bias

    Mean and (biased) variance are those of the sample; with running statistics, those in evaluation mode. Ulyanov,
    Vedaldi and Lempitsky 2016, "Instance normalization".

    Parameters
    ----------
    num_features : int
        The number of channels C.
    eps : float, default 1e-5
        Added to the variance.
    momentum : float or None, default 0.1
        The weight of a batch in the running statistics; None for 0.
    affine : bool, default False
        Whether there are a weight and a bias.
    track_running_stats : bool, default False
        Whether there are running statistics.
    bias : bool, default True
        Whether there is a bias beside the weight.
    dtype : dtype, optional
        Of parameters and running statistics; the default dtype if not given.

    Attributes
    ----------
    weight, bias, running_mean, running_var
        As those of `BatchNorm1d`.
    num_batches_tracked : Tensor of shape (), int64, or None
        Part of the state for PyTorch's sake, which does not count here either.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        When called with an input of other axes or channels, or with one value per channel.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.InstanceNorm1d(2)
    >>> layer(tg.tensor([[[1.0, 3.0], [5.0, 5.0]]])).numpy().round(3)
    array([[[-1.,  1.],
            [ 0.,  0.]]], dtype=float32)
    """

    _takes: ClassVar[dict[int, str]] = {2: "(C, L)", 3: "(N, C, L)"}


class InstanceNorm2d(_InstanceNorm):
    """Normalise each channel of each image, inputs of shape (N, C, H, W) or (C, H, W).

    Parameters, attributes and errors are those of `InstanceNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.InstanceNorm2d(3, affine=True)
    >>> layer(tg.rand(4, 3, 5, 5)).shape
    (4, 3, 5, 5)
    """

    _takes: ClassVar[dict[int, str]] = {3: "(C, H, W)", 4: "(N, C, H, W)"}


class InstanceNorm3d(_InstanceNorm):
    """Normalise each channel of each volume, inputs of shape (N, C, D, H, W) or (C, D, H, W).

    Parameters, attributes and errors are those of `InstanceNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.InstanceNorm3d(3)
    >>> layer(tg.rand(4, 3, 2, 5, 5)).shape
    (4, 3, 2, 5, 5)
    """

    _takes: ClassVar[dict[int, str]] = {4: "(C, D, H, W)", 5: "(N, C, D, H, W)"}
