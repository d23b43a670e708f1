"""Other resolutions, pixels moved between channels and space, and windows as columns."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_fs import ops
from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.images.spatial import PerAxis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "ChannelShuffle",
    "Fold",
    "PixelShuffle",
    "PixelUnshuffle",
    "Unfold",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


class Upsample(Module):
    """Resample sequences, images or volumes to another size; see `tinygrad_fs.upsample`.

    Parameters
    ----------
    size : int or sequence of int, optional
        The new size. Give this or `scale_factor`.
    scale_factor : float or sequence of float, optional
        The new size is ``floor(size * scale_factor)``.
    mode : {"nearest", "nearest-exact", "area", "linear", "bilinear", "trilinear", "bicubic"}
        The linear ones are for one, two and three axes, 'bicubic' is for two.
    align_corners : bool, optional
        For linear and cubic modes; whether the first and last outputs are the first and last inputs. False if not
        given.
    recompute_scale_factor : bool, optional
        Compute with ``new size / size`` in place of `scale_factor`.

    Raises
    ------
    ValueError, TypeError
        When called, as `tinygrad_fs.upsample` does.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Upsample(scale_factor=2)(tg.tensor([[[0.0, 4.0]]]))
    tensor([[[0., 0., 4., 4.]]])
    """

    def __init__(
        self,
        size: PerAxis | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, x: TensorLike) -> Tensor:
        """Resample `x` of shape (N, C, ...)."""
        return functional.interpolate(
            x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        to = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{to}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images by repeating pixels; one of `size` and `scale_factor` is given.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.UpsamplingNearest2d(scale_factor=2)(tg.ones((1, 1, 2, 3))).shape
    (1, 1, 4, 6)
    """

    def __init__(self, size: PerAxis | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images with straight lines between pixels; the corners stay. See `UpsamplingNearest2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.UpsamplingBilinear2d(size=(1, 3))(tg.tensor([[[[0.0, 4.0]]]]))
    tensor([[[[0., 2., 4.]]]])
    """

    def __init__(self, size: PerAxis | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class ChannelShuffle(Module):
    """Deal channels out to groups in turn; see `nn.functional.channel_shuffle`.

    Raises
    ------
    ValueError
        When called with an input whose channels do not divide.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ChannelShuffle(2)(tg.arange(4.0).reshape(1, 4, 1)).ravel()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: TensorLike) -> Tensor:
        """Rearrange `x` of shape (N, C, ...)."""
        return functional.channel_shuffle(x, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class PixelShuffle(Module):
    """Spread channels over space: (..., C r^2, H, W) becomes (..., C, H r, W r); see `tinygrad_fs.pixel_shuffle`.

    Raises
    ------
    ValueError
        When called with an input whose channels do not divide.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.PixelShuffle(2)(tg.zeros((1, 8, 3, 3))).shape
    (1, 2, 6, 6)
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, x: TensorLike) -> Tensor:
        """Rearrange `x` of shape (..., C r^2, H, W)."""
        return ops.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """The inverse of `PixelShuffle`: (..., C, H r, W r) becomes (..., C r^2, H, W).

    Raises
    ------
    ValueError
        When called with an input whose height or width does not divide.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.PixelUnshuffle(2)(tg.zeros((1, 2, 6, 6))).shape
    (1, 8, 3, 3)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, x: TensorLike) -> Tensor:
        """Rearrange `x` of shape (..., C, H r, W r)."""
        return ops.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class Unfold(Module):
    """The windows of images as columns; see `tinygrad_fs.unfold`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Unfold(kernel_size=(2, 3))(tg.zeros((1, 5, 4, 4))).shape
    (1, 30, 6)
    """

    def __init__(self, kernel_size: PerAxis, dilation: PerAxis = 1, padding: PerAxis = 0, stride: PerAxis = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, x: TensorLike) -> Tensor:
        """Take the windows of `x` of shape (N, C, H, W)."""
        return ops.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Unfold):
    """Add columns up to images, where the windows of `Unfold` lie; see `tinygrad_fs.fold`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.Fold(output_size=(4, 4), kernel_size=(2, 3))(tg.zeros((1, 30, 6))).shape
    (1, 5, 4, 4)
    """

    def __init__(
        self,
        output_size: PerAxis,
        kernel_size: PerAxis,
        dilation: PerAxis = 1,
        padding: PerAxis = 0,
        stride: PerAxis = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, x: TensorLike) -> Tensor:
        """Add up `x` of shape (N, C times the elements of a window, windows)."""
        return ops.fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
