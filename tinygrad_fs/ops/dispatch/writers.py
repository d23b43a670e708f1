"""NumPy's functions that write into their first argument, recorded on a Tensor as ``t[index] = values`` is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.ops.arranging.editing import resize
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.indexing.gathering import lines
from tinygrad_fs.ops.indexing.inplace import setitem
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import broadcast_to
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]


def copyto(dst: Tensor, src: TensorLike, casting: Any = "same_kind", where: Any = True) -> None:
    """``np.copyto``: the values of another tensor, which broadcasts, where a mask holds.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> t = x * 10
    >>> np.copyto(t, x, where=[True, False, True])
    >>> t.tolist()
    [1.0, 20.0, 3.0]
    """
    if hasattr(src, "dtype") and not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeError(f"copyto: {src.dtype} does not become {dst.dtype} by casting={casting!r}")
    if where is True:
        setitem(dst, ..., src, "np.copyto(t, values)")
        return
    try:
        mask = np.broadcast_to(np.asarray(array_of(where), bool), dst.shape)
        values = broadcast_to(src, dst.shape)[mask] if np.ndim(src) else src
    except ValueError:
        raise ValueError(
            f"copyto: values of shape {np.shape(src)} and a mask of shape {np.shape(where)} do not broadcast to "
            f"{dst.shape}"
        ) from None
    setitem(dst, mask, values, "np.copyto(t, values)")


def fill_diagonal(a: Tensor, val: TensorLike, wrap: bool = False) -> None:
    """``np.fill_diagonal``: the elements whose indices are all equal; of tall matrices again below, if `wrap`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> t = x * 1
    >>> np.fill_diagonal(t, x[0])
    >>> t.tolist()
    [[1.0, 2.0], [3.0, 2.0]]
    """
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise ValueError(
            f"fill_diagonal: t has shape {a.shape}; it must have two axes or more, and of more than two all sizes equal"
        )
    step = 1 + int(np.cumprod(a.shape[:0:-1]).sum())
    stop = a.shape[1] ** 2 if a.ndim == 2 and not wrap else None
    _write_at(a, np.arange(a.size)[:stop:step], val, "np.fill_diagonal(t, values)")


def put(a: Tensor, ind: TensorLike, v: TensorLike, mode: str = "raise") -> None:
    """``np.put``: elements by their numbers in the flattened tensor; values that are too few start again.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> t = tg.zeros((2, 2))
    >>> np.put(t, [0, -1], x * 10)
    >>> t.tolist()
    [[10.0, 0.0], [0.0, 20.0]]
    """
    numbers = np.ravel(np.asarray(array_of(ind)))
    if mode == "wrap":
        numbers = numbers % a.size
    elif mode == "clip":
        numbers = numbers.clip(0, a.size - 1)
    elif mode != "raise":
        raise ValueError(f"put: mode {mode!r} is unknown; use 'raise', 'wrap' or 'clip'")
    wrong = numbers[(numbers < -a.size) | (numbers >= a.size)]
    if wrong.size:
        raise IndexError(f"put: index {wrong[0]} is out of bounds for a tensor of shape {a.shape}")
    _write_at(a, numbers + a.size * (numbers < 0), v, "np.put(t, i, values)")


def place(arr: Tensor, mask: TensorLike, vals: TensorLike) -> None:
    """``np.place``: the elements where a mask holds become the values, one after the other, and again.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> t = tg.zeros(4)
    >>> np.place(t, [True, False, True, True], x)
    >>> t.tolist()
    [1.0, 0.0, 2.0, 1.0]
    """
    holds = _mask("place", arr, mask)
    if not np.size(vals) and holds.any():
        raise ValueError(f"place: there are no values for the {np.count_nonzero(holds)} elements where the mask holds")
    _write_at(arr, np.flatnonzero(holds), vals, "np.place(t, mask, values)")


def putmask(a: Tensor, mask: TensorLike, values: TensorLike) -> None:
    """``np.putmask``: where a mask holds, the value at the same place; values that are too few start again.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> t = tg.zeros(4)
    >>> np.putmask(t, [True, False, True, True], x)
    >>> t.tolist()
    [1.0, 0.0, 1.0, 2.0]
    """
    places = np.flatnonzero(_mask("putmask", a, mask))
    if np.ndim(values) and np.size(values):
        values = np.reshape(given(values), (-1,))[places % np.size(values)]
    _write_at(a, places, values, "np.putmask(t, mask, values)")


def put_along_axis(arr: Tensor, indices: TensorLike, values: TensorLike, axis: int | None) -> None:
    """``np.put_along_axis``: in each line along an axis the values at its own places.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[1.0], [2.0]], requires_grad=True)
    >>> t = tg.zeros((2, 3))
    >>> np.put_along_axis(t, np.array([[0], [2]]), x, axis=1)
    >>> t.tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]
    """
    if axis is None:
        put(arr, indices, broadcast_to(values, np.shape(indices)))
        return
    places = lines("put_along_axis", arr, indices, normalize_axis_index(axis, arr.ndim))
    setitem(arr, places, values, "np.put_along_axis(t, i, values, axis)")


def _mask(name: str, t: Tensor, mask: Any) -> Any:
    """A mask as an array with as many elements as `t`."""
    array = np.asarray(array_of(mask), bool)
    if array.size != t.size:
        raise ValueError(f"{name}: a mask of shape {array.shape} is of another size than a tensor of shape {t.shape}")
    return array


def _write_at(t: Tensor, flat: Any, values: Any, what: str) -> None:
    """Write at positions in the flattened tensor; values that are too few start again, and none change nothing."""
    if not len(flat) or not np.size(values):
        return
    if np.ndim(values):
        values = resize(values, len(flat))
    setitem(t, np.unravel_index(flat, t.shape), values, what)
