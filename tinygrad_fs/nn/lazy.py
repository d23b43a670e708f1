"""Layers that find out at their first call how many inputs they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np

from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn.conv import Conv2d
from tinygrad_fs.nn.linear import Linear
from tinygrad_fs.nn.module import Kind, Module
from tinygrad_fs.ops.spatial import Padding
from tinygrad_fs.tensor import TensorLike

__all__ = ["LazyConv2d", "LazyLinear"]


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
        if len(shape) < -self._axis:
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


class LazyConv2d(_Lazy):
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
