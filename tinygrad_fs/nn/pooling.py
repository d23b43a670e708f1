"""Pools: the largest value, the mean or a norm of each window."""

from __future__ import annotations

from typing import Any, ClassVar

from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.images.adaptive import OutputSize
from tinygrad_fs.ops.images.spatial import PerAxis
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


class _MaxPool(Module):
    """What pools of maxima have in common."""

    _pool: ClassVar[Any]

    def __init__(
        self,
        kernel_size: PerAxis,
        stride: PerAxis | None = None,
        padding: PerAxis = 0,
        dilation: PerAxis = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, x: TensorLike) -> Any:
        """Pool `x` along its last axes; with `return_indices` return the places of the largest elements, too."""
        return self._pool(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool2d(_MaxPool):
    """The largest value of each window of images, of shape (..., height, width).

    Parameters
    ----------
    kernel_size : int or (int, int)
        Height and width of a window.
    stride : int or (int, int), optional
        The step from one window to the next; the size of a window if not given.
    padding : int or (int, int), default 0
        How much is added on each side, of what is never the largest; at most half a window.
    dilation : int or (int, int), default 1
        The distance of the elements of a window.
    return_indices : bool, default False
        Whether to return the places of the largest elements in the flattened image, too.
    ceil_mode : bool, default False
        Whether the number of windows is rounded up.

    Raises
    ------
    ValueError
        When called with an input that is too small, or if an option makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MaxPool2d(2)(tg.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    _pool = staticmethod(functional.max_pool2d)


class MaxPool3d(_MaxPool):
    """The largest value of each box of volumes, of shape (N, C, D, H, W) or without N; as `MaxPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MaxPool3d((1, 2, 2))(tg.arange(8.0).reshape(1, 2, 2, 2)).ravel()
    tensor([3., 7.])
    """

    _pool = staticmethod(functional.max_pool3d)


class MaxPool1d(_MaxPool):
    """The largest value of each window of sequences, of shape (..., length); parameters and errors as in `MaxPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.MaxPool1d(2)(tg.tensor([[1.0, 3.0, 2.0, 4.0]]))
    tensor([[3., 4.]])
    """

    _pool = staticmethod(functional.max_pool1d)


class _AvgPool(Module):
    """What pools of means in images and volumes have in common."""

    _pool: ClassVar[Any]

    def __init__(
        self,
        kernel_size: PerAxis,
        stride: PerAxis | None = None,
        padding: PerAxis = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, x: TensorLike) -> Tensor:
        """Pool `x` along its last axes."""
        pooled: Tensor = self._pool(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )
        return pooled

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window of images, of shape (..., height, width).

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        As in `MaxPool2d`; the padding holds zeros.
    count_include_pad : bool, default True
        Whether they count in a mean.
    divisor_override : int, optional
        What to divide sums by in place of the number of elements.

    Raises
    ------
    TypeError
        When called with an input that is not floating.
    ValueError
        When called with an input that is too small, or if an option makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AvgPool2d(2)(tg.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 2.5,  4.5],
             [10.5, 12.5]]])
    """

    _pool = staticmethod(functional.avg_pool2d)


class AvgPool3d(_AvgPool):
    """The mean of each box of volumes, of shape (N, C, D, H, W) or without N; as `AvgPool2d` along three axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AvgPool3d(2)(tg.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[3.5]]]])
    """

    _pool = staticmethod(functional.avg_pool3d)


class AvgPool1d(Module):
    """The mean of each window of sequences, of shape (..., length); parameters and errors as in `AvgPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AvgPool1d(2)(tg.tensor([[1.0, 3.0, 2.0, 4.0]]))
    tensor([[2., 3.]])
    """

    def __init__(
        self,
        kernel_size: PerAxis,
        stride: PerAxis | None = None,
        padding: PerAxis = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: TensorLike) -> Tensor:
        """Pool `x` along its last axis."""
        return functional.avg_pool1d(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _LPPool(Module):
    """What pools of norms have in common."""

    _pool: ClassVar[Any]

    def __init__(
        self, norm_type: float, kernel_size: PerAxis, stride: PerAxis | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, x: TensorLike) -> Tensor:
        """Pool `x` along its last axes."""
        pooled: Tensor = self._pool(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return pooled

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool2d(_LPPool):
    """The p-norm of each window of images, of shape (..., height, width); see `tinygrad_fs.lp_pool2d`.

    Parameters
    ----------
    norm_type : float
        The p.
    kernel_size, stride, ceil_mode
        As in `MaxPool2d`.

    Raises
    ------
    ValueError, TypeError
        When called with an input that is too small or not floating, or if an option makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LPPool2d(2, 2)(tg.ones((1, 2, 2)))
    tensor([[[2.]]])
    """

    _pool = staticmethod(functional.lp_pool2d)


class LPPool1d(_LPPool):
    """The p-norm of each window of sequences, of shape (..., length); parameters and errors as in `LPPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.LPPool1d(2, 2)(tg.tensor([[3.0, 4.0]]))
    tensor([[5.]])
    """

    _pool = staticmethod(functional.lp_pool1d)


class _Adaptive(Module):
    """What adaptive pools of means have in common."""

    _pool: ClassVar[Any]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: TensorLike) -> Any:
        """Pool `x` along its last axes."""
        return self._pool(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_Adaptive):
    """Means over windows that divide images, of shape (..., height, width), into so many rows and columns.

    Parameters
    ----------
    output_size : int or pair of int or None
        None keeps a size.

    Raises
    ------
    TypeError
        When called with an input that is not floating.
    ValueError
        When called with an input without pixels, or if a size makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AdaptiveAvgPool2d((1, 2))(tg.arange(12.0).reshape(1, 3, 4))
    tensor([[[4.5, 6.5]]])
    """

    _pool = staticmethod(functional.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_Adaptive):
    """Means over boxes that divide volumes into so many layers, rows and columns; as `AdaptiveAvgPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AdaptiveAvgPool3d((None, 1, 1))(tg.arange(8.0).reshape(1, 2, 2, 2)).ravel()
    tensor([1.5, 5.5])
    """

    _pool = staticmethod(functional.adaptive_avg_pool3d)


class AdaptiveAvgPool1d(_Adaptive):
    """Means over windows that divide sequences, of shape (..., length), into so many parts; as `AdaptiveAvgPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AdaptiveAvgPool1d(2)(tg.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    tensor([[2., 4.]])
    """

    _pool = staticmethod(functional.adaptive_avg_pool1d)


class _AdaptiveMax(_Adaptive):
    """What adaptive pools of maxima have in common."""

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, x: TensorLike) -> Any:
        """Pool `x` along its last axes; with `return_indices` return the places of the largest elements, too."""
        return self._pool(x, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The largest values of windows that divide images into so many rows and columns.

    Parameters
    ----------
    output_size : int or pair of int or None
        None keeps a size.
    return_indices : bool, default False
        As in `MaxPool2d`.

    Raises
    ------
    ValueError
        When called with an input without pixels, or if a size makes no sense.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AdaptiveMaxPool2d(2)(tg.arange(15.0).reshape(1, 3, 5))
    tensor([[[ 7.,  9.],
             [12., 14.]]])
    """

    _pool = staticmethod(functional.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMax):
    """The largest values of boxes that divide volumes into so many parts; as `AdaptiveMaxPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AdaptiveMaxPool3d(1)(tg.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    _pool = staticmethod(functional.adaptive_max_pool3d)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The largest values of windows that divide sequences into so many parts; as `AdaptiveMaxPool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.AdaptiveMaxPool1d(2)(tg.tensor([[1.0, 5.0, 2.0, 3.0]]))
    tensor([[5., 3.]])
    """

    _pool = staticmethod(functional.adaptive_max_pool1d)
