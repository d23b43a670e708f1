"""Borders around sequences and images, as modules."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tinygrad_fs.nn import functional
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.images.spatial import PerAxis, Sizes
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


_SIDES = ("left", "right", "top", "bottom", "front", "back")


class _Pad(Module):
    """What borders have in common; they differ in the number of axes and in what they hold."""

    _axes: ClassVar[int]
    _mode: ClassVar[str]

    def __init__(self, padding: PerAxis) -> None:
        super().__init__()
        self.padding: Sizes = (
            (int(padding),) * (2 * self._axes) if isinstance(padding, (int, np.integer)) else tuple(padding)
        )
        if len(self.padding) != 2 * self._axes:
            sides = ", ".join(_SIDES[: 2 * self._axes])
            raise ValueError(f"{type(self).__name__}: padding={padding!r} must be an int or ({sides})")

    def forward(self, x: TensorLike) -> Tensor:
        """Add the border to `x`."""
        return functional.pad(x, self.padding, self._mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad2d(_Pad):
    """Zeros around images.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        How much is added on each side; negative numbers take off.

    Raises
    ------
    ValueError
        If these are not so many numbers.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ZeroPad2d((1, 0, 0, 1))(tg.ones((1, 1, 2)))
    tensor([[[0., 1., 1.],
             [0., 0., 0.]]])
    """

    _axes = 2
    _mode = "constant"


class ZeroPad1d(_Pad):
    """Zeros around sequences, by one int or (left, right); see `ZeroPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ZeroPad1d(1)(tg.ones((1, 2)))
    tensor([[0., 1., 1., 0.]])
    """

    _axes = 1
    _mode = "constant"


class ZeroPad3d(_Pad):
    """Zeros around volumes, by an int or (left, right, top, bottom, front, back); see `ZeroPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ZeroPad3d((0, 0, 1, 0, 0, 2))(tg.ones((1, 1, 1, 2))).shape
    (1, 3, 2, 2)
    """

    _axes = 3
    _mode = "constant"


class ReflectionPad2d(_Pad):
    """Images mirrored at their border, whose own pixels are not repeated; see `ZeroPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReflectionPad2d((2, 0, 0, 0))(tg.tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[3., 2., 1., 2., 3.]]])
    """

    _axes = 2
    _mode = "reflect"


class ReflectionPad1d(_Pad):
    """Sequences mirrored at their ends; see `ReflectionPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReflectionPad1d(2)(tg.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    _axes = 1
    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """Volumes mirrored at their border; see `ReflectionPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReflectionPad3d((2, 0, 0, 0, 0, 0))(tg.tensor([[[[1.0, 2.0, 3.0]]]])).ravel()
    tensor([3., 2., 1., 2., 3.])
    """

    _axes = 3
    _mode = "reflect"


class ReplicationPad2d(_Pad):
    """Images that repeat their border; see `ZeroPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReplicationPad2d((2, 0, 0, 0))(tg.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 1., 2.]]])
    """

    _axes = 2
    _mode = "replicate"


class ReplicationPad1d(_Pad):
    """Sequences that repeat their ends; see `ReplicationPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReplicationPad1d(1)(tg.tensor([[1.0, 2.0]]))
    tensor([[1., 1., 2., 2.]])
    """

    _axes = 1
    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """Volumes that repeat their border; see `ReplicationPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ReplicationPad3d((2, 0, 0, 0, 0, 0))(tg.tensor([[[[1.0, 2.0]]]])).ravel()
    tensor([1., 1., 1., 2.])
    """

    _axes = 3
    _mode = "replicate"


class CircularPad2d(_Pad):
    """Images that go on as they begin; see `ZeroPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CircularPad2d((1, 1, 0, 0))(tg.tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[3., 1., 2., 3., 1.]]])
    """

    _axes = 2
    _mode = "circular"


class CircularPad1d(_Pad):
    """Sequences that go on as they begin; see `CircularPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CircularPad1d(1)(tg.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    _axes = 1
    _mode = "circular"


class CircularPad3d(_Pad):
    """Volumes that go on as they begin; see `CircularPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.CircularPad3d((1, 1, 0, 0, 0, 0))(tg.tensor([[[[1.0, 2.0, 3.0]]]])).ravel()
    tensor([3., 1., 2., 3., 1.])
    """

    _axes = 3
    _mode = "circular"


class _ConstantPad(_Pad):
    """Borders of one value."""

    def __init__(self, padding: PerAxis, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, x: TensorLike) -> Tensor:
        """Add the border to `x`."""
        return functional.pad(x, self.padding, value=self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(_ConstantPad):
    """One value around images; see `ZeroPad2d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ConstantPad2d((1, 1, 0, 0), 7.0)(tg.ones((1, 1, 2)))
    tensor([[[7., 1., 1., 7.]]])
    """

    _axes = 2


class ConstantPad1d(_ConstantPad):
    """One value around sequences; see `ZeroPad1d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ConstantPad1d((0, 1), 7.0)(tg.ones((1, 2)))
    tensor([[1., 1., 7.]])
    """

    _axes = 1


class ConstantPad3d(_ConstantPad):
    """One value around volumes; see `ZeroPad3d`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.nn.ConstantPad3d((1, 1, 0, 0, 0, 0), 7.0)(tg.ones((1, 1, 1, 2))).ravel()
    tensor([7., 1., 1., 7.])
    """

    _axes = 3
