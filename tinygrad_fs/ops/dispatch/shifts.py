"""Shifts of a spectrum: the frequency 0 to the middle and back. Adopted as rules of `numpy.fft`.

The transforms themselves have no rule: their results are complex.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs.ops.arranging.rearranging import roll
from tinygrad_fs.ops.axes import checked, given
from tinygrad_fs.ops.dispatch.protocol import adopt
from tinygrad_fs.tensor import Tensor, TensorLike

__all__: list[str] = []


def fftshift(x: TensorLike, axes: int | Sequence[int] | None = None) -> Tensor:
    """``np.fft.fftshift``: the second half of each axis comes before the first.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> np.fft.fftshift(tg.tensor([0.0, 1.0, 2.0, -2.0, -1.0], requires_grad=True)).tolist()
    [-2.0, -1.0, 0.0, 1.0, 2.0]
    """
    return _rolled(x, axes, lambda size: size // 2)


def ifftshift(x: TensorLike, axes: int | Sequence[int] | None = None) -> Tensor:
    """``np.fft.ifftshift``: the way back from `fftshift`, also of an odd size.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> np.fft.ifftshift(tg.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], requires_grad=True)).tolist()
    [0.0, 1.0, 2.0, -2.0, -1.0]
    """
    return _rolled(x, axes, lambda size: -(size // 2))


def _rolled(x: Any, axes: Any, by: Any) -> Tensor:
    values = given(x)
    numbers = checked(axes, values.ndim)
    return roll(values, tuple([by(values.shape[number]) for number in numbers]), numbers)


adopt({"fftshift": fftshift, "ifftshift": ifftshift}, np.fft)
