"""Layers that find out at their first call how many inputs they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np

from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn.conv import Conv1d, Conv2d, Conv3d
from tinygrad_fs.nn.conv_transpose import ConvTranspose1d, ConvTranspose2d
from tinygrad_fs.nn.linear import Linear
from tinygrad_fs.nn.module import Kind, Module
from tinygrad_fs.nn.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from tinygrad_fs.ops.images.spatial import Padding
from tinygrad_fs.tensor import TensorLike

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class _Lazy(Module):
    """A layer without parameters, which becomes one of another class when it is first called."""

    _becomes: ClassVar[type[Module]]
    _axis: ClassVar[int]
    """Where the features of an input stand."""
    _features: ClassVar[str]
    """What their number is called."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__()
        self._arguments = (args, options)

    def forward(self, x: TensorLike) -> Any:
        """Become a layer for the features that `x` has, and apply it."""
        shape = np.shape(x)
        if not -len(shape) <= self._axis < len(shape):
            raise ValueError(
                f"{type(self).__name__}: the input has shape {shape}; it has no features on axis {self._axis}"
            )
        before, kind = dict(self.__dict__), type(self)
        args, options = self.__dict__.pop("_arguments")
        try:
            self.__class__ = self._becomes  # type: ignore[assignment]
            self.__init__(shape[kind._axis], *args, **options)  # type: ignore[misc]
            self.training = before["training"]
            return self.forward(x)
        except Exception:
            self.__class__ = kind
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _own(self, *kinds: Kind) -> Iterator[tuple[str, Any]]:
        if Kind.PARAMETER in kinds:
            self._refuse()
        return super()._own(*kinds)

    def _refuse(self) -> NoReturn:
        raise RuntimeError(
            f"{type(self).__name__}: its parameters have no shape before its first call; call the model on a batch "
            "first, and make optimizers, states and casts after that"
        )

    def extra_repr(self) -> str:
        args, options = self._arguments
        said = [str(each) for each in args] + [f"{key}={value!r}" for key, value in options.items()]
        return ", ".join([f"{self._features}=?", *said])


class LazyLinear(_Lazy):
    """A `Linear` whose `in_features` are those of the first input.

    It has no parameters before that, and asking for them raises an error: first call the model on a batch, then make
    the optimizer.

    Parameters
    ----------
    out_features, bias, dtype, generator
        As in `Linear`.

    Raises
    ------
    RuntimeError
        When asked for parameters or state before its first call.
    ValueError
        When first called with an input without axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.LazyLinear(2)
    >>> layer(tg.ones((5, 3))).shape
    (5, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    _becomes = Linear
    _axis = -1
    _features = "in_features"

    def __init__(
        self,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(out_features, bias, dtype=dtype, generator=generator)


class _LazyConv(_Lazy):
    """What lazy convolutions have in common."""

    _features = "in_channels"

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: Padding = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            dtype=dtype,
            generator=generator,
        )


class LazyConv2d(_LazyConv):
    """A `Conv2d` whose `in_channels` are those of the first input; see `LazyLinear`.

    Parameters
    ----------
    out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, generator
        As in `Conv2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> net = tg.nn.Sequential(tg.nn.LazyConv2d(4, 3), tg.nn.Flatten(), tg.nn.LazyLinear(2))
    >>> net(tg.ones((5, 3, 8, 8))).shape
    (5, 2)
    """

    _becomes = Conv2d
    _axis = -3


class LazyConv1d(_LazyConv):
    """A `Conv1d` whose `in_channels` are those of the first input; see `LazyConv2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyConv1d(4, 3)(tg.ones((5, 2, 8))).shape
    (5, 4, 6)
    """

    _becomes = Conv1d
    _axis = -2


class LazyConv3d(_LazyConv):
    """A `Conv3d` whose `in_channels` are those of the first input; see `LazyConv2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyConv3d(4, 3)(tg.ones((5, 2, 4, 5, 6))).shape
    (5, 4, 2, 3, 4)
    """

    _becomes = Conv3d
    _axis = -4


class _LazyConvTranspose(_Lazy):
    """What lazy transposed convolutions have in common."""

    _features = "in_channels"

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sequence[int] = 1,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            bias,
            dilation,
            padding_mode,
            dtype=dtype,
            generator=generator,
        )


class LazyConvTranspose2d(_LazyConvTranspose):
    """A `ConvTranspose2d` whose `in_channels` are those of the first input; see `LazyLinear`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyConvTranspose2d(3, 3, stride=2)(tg.ones((5, 8, 4, 4))).shape
    (5, 3, 9, 9)
    """

    _becomes = ConvTranspose2d
    _axis = -3


class LazyConvTranspose1d(_LazyConvTranspose):
    """A `ConvTranspose1d` whose `in_channels` are those of the first input; see `LazyLinear`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyConvTranspose1d(3, 4, stride=2)(tg.ones((5, 8, 5))).shape
    (5, 3, 12)
    """

    _becomes = ConvTranspose1d
    _axis = -2


class _LazyNorm(_Lazy):
    """What lazy normalisations have in common."""

    _features = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)


class LazyBatchNorm1d(_LazyNorm):
    """A `BatchNorm1d` whose `num_features` are those of the first input; see `LazyLinear`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.LazyBatchNorm1d()
    >>> layer(tg.rand(5, 3, 4)).shape, layer.num_features
    ((5, 3, 4), 3)
    """

    _becomes = BatchNorm1d
    _axis = 1


class LazyBatchNorm2d(_LazyNorm):
    """A `BatchNorm2d` whose `num_features` are those of the first input; see `LazyBatchNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyBatchNorm2d()(tg.rand(5, 3, 4, 4)).shape
    (5, 3, 4, 4)
    """

    _becomes = BatchNorm2d
    _axis = 1


class LazyBatchNorm3d(_LazyNorm):
    """A `BatchNorm3d` whose `num_features` are those of the first input; see `LazyBatchNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyBatchNorm3d()(tg.rand(5, 3, 4, 4, 2)).shape
    (5, 3, 4, 4, 2)
    """

    _becomes = BatchNorm3d
    _axis = 1


class LazyInstanceNorm1d(_LazyNorm):
    """An `InstanceNorm1d` for the channels of the first input; with weight, bias and running statistics by default.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyInstanceNorm1d()(tg.rand(5, 3, 4)).shape
    (5, 3, 4)
    """

    _becomes = InstanceNorm1d
    _axis = -2


class LazyInstanceNorm2d(_LazyNorm):
    """An `InstanceNorm2d` for the channels of the first input; as `LazyInstanceNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyInstanceNorm2d()(tg.rand(3, 4, 4)).shape
    (3, 4, 4)
    """

    _becomes = InstanceNorm2d
    _axis = -3


class LazyInstanceNorm3d(_LazyNorm):
    """An `InstanceNorm3d` for the channels of the first input; as `LazyInstanceNorm1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LazyInstanceNorm3d()(tg.rand(5, 3, 4, 4, 2)).shape
    (5, 3, 4, 4, 2)
    """

    _becomes = InstanceNorm3d
    _axis = -4
