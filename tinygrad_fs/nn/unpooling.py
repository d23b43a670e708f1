"""Unpooling: zeros, and what max pooling kept at the places where it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.images.spatial import PerAxis, as_sizes, kernel_and_stride
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class _MaxUnpool(Module):
    """What unpoolings have in common; they differ in the number of axes."""

    _axes: ClassVar[int]
    _unpool: ClassVar[Any]

    def __init__(self, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size, self.stride = kernel_and_stride(name, kernel_size, stride, self._axes)
        self.padding = as_sizes(name, "padding", padding, self._axes, 0)

    def forward(self, x: TensorLike, indices: TensorLike, output_size: Sequence[int] | None = None) -> Tensor:
        """Put the values of `x` at the places that the pooling returned as `indices`."""
        result: Tensor = self._unpool(x, indices, self.kernel_size, self.stride, self.padding, output_size)
        return result

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool2d(_MaxUnpool):
    """The way back from `MaxPool2d` with ``return_indices=True``; see `nn.functional.max_unpool2d`.

    Parameters
    ----------
    kernel_size, stride, padding
        Those of the pooling.

    Raises
    ------
    ValueError
        If these are no sizes, or when called with shapes that differ.
    IndexError
        When called with a place that there is not.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> pool, unpool = tg.nn.MaxPool2d(2, return_indices=True), tg.nn.MaxUnpool2d(2)
    >>> unpool(*pool(tg.tensor([[[1.0, 2.0], [4.0, 3.0]]])))
    tensor([[[0., 0.],
             [4., 0.]]])
    """

    _axes = 2
    _unpool = staticmethod(functional.max_unpool2d)


class MaxUnpool1d(_MaxUnpool):
    """The way back from `MaxPool1d`; as `MaxUnpool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> pool, unpool = tg.nn.MaxPool1d(2, return_indices=True), tg.nn.MaxUnpool1d(2)
    >>> unpool(*pool(tg.tensor([[1.0, 2.0, 4.0, 3.0]])))
    tensor([[0., 2., 4., 0.]])
    """

    _axes = 1
    _unpool = staticmethod(functional.max_unpool1d)


class MaxUnpool3d(_MaxUnpool):
    """The way back from `MaxPool3d`; as `MaxUnpool2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> pool, unpool = tg.nn.MaxPool3d(2, return_indices=True), tg.nn.MaxUnpool3d(2)
    >>> unpool(*pool(tg.ones((1, 2, 2, 2)))).ravel()
    tensor([1., 0., 0., 0., 0., 0., 0., 0.])
    """

    _axes = 3
    _unpool = staticmethod(functional.max_unpool3d)
