"""Transposed convolutions: the adjoints of convolutions, which make sequences longer and images larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.conv import check_groups
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.ops.images.spatial import Sizes, as_sizes
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["ConvTranspose1d", "ConvTranspose2d"]


class _ConvTranspose(Module):
    """What transposed convolutions have in common; they differ in the number of axes."""

    weight: Parameter
    bias: Parameter | None

    _axes: ClassVar[int]
    _spread: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
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
        super().__init__()
        name = type(self).__name__
        self._check_ints(in_channels=in_channels, out_channels=out_channels, groups=groups)
        check_groups(name, in_channels, out_channels, groups)
        if padding_mode != "zeros":
            raise ValueError(f"{name}: padding_mode={padding_mode!r} has no adjoint here; only 'zeros' has")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = as_sizes(name, "kernel_size", kernel_size, self._axes)
        self.stride = as_sizes(name, "stride", stride, self._axes)
        self.padding = as_sizes(name, "padding", padding, self._axes, 0)
        self.output_padding = as_sizes(name, "output_padding", output_padding, self._axes, 0)
        self.dilation = as_sizes(name, "dilation", dilation, self._axes)
        self.groups = groups
        self.padding_mode = padding_mode
        self.weight = Parameter(zeros((in_channels, out_channels // groups, *self.kernel_size), dtype))
        self.register_parameter("bias", Parameter(zeros(out_channels, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        init.start(self.weight, self.bias, generator)

    def forward(self, x: TensorLike, output_size: Sequence[int] | None = None) -> Tensor:
        """Map `x` of shape (N, in_channels, ...), or without N, to (N, out_channels, ...).

        Of the sizes that a strided convolution would map to that of `x`, `output_size` chooses one, in the place of
        `output_padding`.
        """
        self._check_dtype(x, self.weight)
        more = self.output_padding if output_size is None else self._more_for(np.shape(x), tuple(output_size))
        result: Tensor = self._spread(
            x, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )
        return result

    def _more_for(self, shape: Sizes, output_size: Sizes) -> Sizes:
        """The output padding that leads to a size."""
        wanted = output_size[len(output_size) - self._axes :]
        image = shape[len(shape) - self._axes :]
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(image, self.stride, self.padding, self.dilation, self.kernel_size)
        ]
        more = tuple([size - low for size, low in zip(wanted, least)])
        if len(wanted) != self._axes or any(not 0 <= each < s for each, s in zip(more, self.stride)):
            largest = [low + s - 1 for low, s in zip(least, self.stride)]
            raise ValueError(
                f"{type(self).__name__}: output_size={output_size} cannot be reached from {image}; each size must be "
                f"from {least} to {largest}"
            )
        return more

    def extra_repr(self) -> str:
        said = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        zero, one = (0,) * self._axes, (1,) * self._axes
        usual = {"padding": zero, "dilation": one, "output_padding": zero, "groups": 1}
        said += [f"{name}={getattr(self, name)!r}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join(said if self.bias is not None else [*said, "bias=False"])


class ConvTranspose2d(_ConvTranspose):
    """Spread images over larger ones by learned kernels, and add a bias; see `tinygrad_fs.conv_transpose2d`.

    Each image axis of size n becomes one of size
    (n - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1.

    Parameters
    ----------
    in_channels, out_channels : int
        The channels of the input and of the output.
    kernel_size : int or (int, int)
        Height and width of the kernels.
    stride, dilation : int or (int, int), default 1
        The distance of the places that pixels are spread to, and of the elements of a kernel.
    padding : int or (int, int), default 0
        How much is cut off on all sides.
    output_padding : int or (int, int), default 0
        How much larger the output is at the bottom and at the right.
    groups : int, default 1
        Into how many groups the channels are divided; outputs of one group see its inputs only.
    bias : bool, default True
        Whether a bias is added.
    padding_mode : "zeros"
        Taken for PyTorch's sake, which has no other one either.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws the initial values; the default generator if not given.

    Attributes
    ----------
    weight : Parameter of shape (in_channels, out_channels / groups, kernel height, kernel width)
        The kernels, at first from U(-k, k) with k = 1 / sqrt(out_channels / groups * kernel height * kernel width).
    bias : Parameter of shape (out_channels,), or None
        The bias, at first from the same.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters'.
    ValueError
        If the options do not go together, an input has other channels, or an output size cannot be reached.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.ConvTranspose2d(8, 3, kernel_size=3, stride=2, padding=1)
    >>> layer(tg.ones((2, 8, 5, 5))).shape
    (2, 3, 9, 9)
    >>> layer(tg.ones((2, 8, 5, 5)), output_size=(10, 10)).shape
    (2, 3, 10, 10)
    """

    _axes = 2
    _spread = staticmethod(ops.conv_transpose2d)


class ConvTranspose1d(_ConvTranspose):
    """Spread sequences, of shape (N, in_channels, length) or without N, over longer ones by learned kernels.

    Parameters, attributes and errors are those of `ConvTranspose2d`, along one axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.ConvTranspose1d(8, 3, kernel_size=4, stride=2)
    >>> layer(tg.ones((2, 8, 5))).shape
    (2, 3, 12)
    """

    _axes = 1
    _spread = staticmethod(ops.conv_transpose1d)
