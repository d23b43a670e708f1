"""Convolutions: cross-correlation with learned kernels along one, two or three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.functional.rearranging import MODES
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.ops.images.spatial import Edges, Padding, as_sizes, conv_edges
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Conv1d", "Conv2d", "Conv3d"]

_BORDERS = {**MODES, "zeros": "constant"}
del _BORDERS["constant"]


class _Conv(Module):
    """What convolutions have in common; they differ in the number of axes."""

    weight: Parameter
    bias: Parameter | None
    padding: Padding

    _axes: ClassVar[int]
    _convolve: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
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
        super().__init__()
        name = type(self).__name__
        self._check_ints(in_channels=in_channels, out_channels=out_channels, groups=groups)
        check_groups(name, in_channels, out_channels, groups)
        if padding_mode not in _BORDERS:
            raise ValueError(f"{name}: padding_mode={padding_mode!r} is unknown; use one of {', '.join(_BORDERS)}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = as_sizes(name, "kernel_size", kernel_size, self._axes)
        self.stride = as_sizes(name, "stride", stride, self._axes)
        self.dilation = as_sizes(name, "dilation", dilation, self._axes)
        edges = conv_edges(name, padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else _brief(edges)
        self.groups = groups
        self.padding_mode = padding_mode
        self.weight = Parameter(zeros((out_channels, in_channels // groups, *self.kernel_size), dtype))
        self.register_parameter("bias", Parameter(zeros(out_channels, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        init.start(self.weight, self.bias, generator)

    def forward(self, x: TensorLike) -> Tensor:
        """Map `x` of shape (N, in_channels, ...), or without N, to (N, out_channels, ...)."""
        self._check_dtype(x, self.weight)
        padding = self.padding
        if self.padding_mode != "zeros":
            edges = conv_edges(type(self).__name__, padding, self.kernel_size, self.stride, self.dilation)
            x = ops.pad(x, ((0, 0),) * (np.ndim(x) - self._axes) + edges, mode=_BORDERS[self.padding_mode])
            padding = 0
        result: Tensor = self._convolve(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
        return result

    def extra_repr(self) -> str:
        said = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        usual = {"padding": (0,) * self._axes, "dilation": (1,) * self._axes, "groups": 1, "padding_mode": "zeros"}
        said += [f"{name}={getattr(self, name)!r}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join(said if self.bias is not None else [*said, "bias=False"])


class Conv2d(_Conv):
    """Cross-correlate images with learned kernels, and add a bias.

    Each image axis of size n becomes one of size floor((n + padding - dilation (kernel_size - 1) - 1) / stride) + 1,
    where padding counts both sides.

    Parameters
    ----------
    in_channels, out_channels : int
        The channels of the input and of the output.
    kernel_size : int or (int, int)
        Height and width of the kernels.
    stride : int or (int, int), default 1
        The step from one position to the next.
    padding : int, (int, int), ((int, int), (int, int)), "valid" or "same", default 0
        What is added on each side: on all of them, (vertically, horizontally), or ((top, bottom), (left, right)).
        "valid" is 0; "same" keeps the size of the image, and where that takes an odd number of rows the extra one
        comes last.
    dilation : int or (int, int), default 1
        The distance of the elements of a kernel.
    groups : int, default 1
        Into how many groups the channels are divided; outputs of one group see its inputs only.
    bias : bool, default True
        Whether a bias is added.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What the border holds.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws the initial values; the default generator if not given.

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels / groups, kernel height, kernel width)
        The kernels, at first from U(-k, k) with k = 1 / sqrt(in_channels / groups * kernel height * kernel width).
    bias : Parameter of shape (out_channels,), or None
        The bias, at first from the same.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        If the options do not go together, or an input is too small or has other channels.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.Conv2d(3, 8, kernel_size=3, padding="same")
    >>> layer(tg.ones((2, 3, 5, 5))).shape
    (2, 8, 5, 5)
    """

    _axes = 2
    _convolve = staticmethod(ops.conv2d)


class Conv1d(_Conv):
    """Cross-correlate sequences, of shape (N, in_channels, length) or without N, with learned kernels.

    Parameters, attributes and errors are those of `Conv2d`, along one axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> causal = tg.nn.Conv1d(3, 8, kernel_size=4, padding=((3, 0),))
    >>> causal(tg.ones((2, 3, 10))).shape
    (2, 8, 10)
    """

    _axes = 1
    _convolve = staticmethod(ops.conv1d)


class Conv3d(_Conv):
    """Cross-correlate volumes, of shape (N, in_channels, depth, height, width) or without N, with learned kernels.

    Parameters, attributes and errors are those of `Conv2d`, along three axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.Conv3d(1, 4, kernel_size=3, stride=2)
    >>> layer(tg.ones((2, 1, 7, 7, 7))).shape
    (2, 4, 3, 3, 3)
    """

    _axes = 3
    _convolve = staticmethod(ops.conv3d)


def check_groups(name: str, in_channels: int, out_channels: int, groups: int) -> None:
    """Raise if these channels cannot be divided into these groups."""
    if in_channels < 1 or out_channels < 1 or groups < 1:
        raise ValueError(
            f"{name}: in_channels={in_channels}, out_channels={out_channels} and groups={groups} must be positive"
        )
    for kind, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups:
            raise ValueError(f"{name}: {kind}={channels} is not divisible by groups={groups}")


def _brief(edges: Edges) -> Padding:
    """One number per axis where both sides are alike."""
    before, after = zip(*edges)
    return before if before == after else edges
