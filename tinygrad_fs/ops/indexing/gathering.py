"""Reading and writing by arrays of indices or masks, as functions that leave their inputs alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.dtypes import DTypeLike, as_dtype, get_default_dtype
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given, one_axis
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.indexing.accumulation import add_at
from tinygrad_fs.ops.indexing.inplace import setitem
from tinygrad_fs.ops.indexing.positions import along, as_index
from tinygrad_fs.ops.indexing.reading import GetItem, ScatterAdd, added
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import broadcast_to, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "embedding",
    "gather",
    "index_add",
    "index_put",
    "masked_fill",
    "masked_select",
    "one_hot",
    "put_along_axis",
    "scatter",
    "scatter_add",
    "take",
    "take_along_axis",
]


class Embedding(Op):
    """y = the rows of w with the given numbers;  dw: the gradients of each row's copies, none for the padding row."""

    def forward(w: Any, *, at: Any, padding: int | None) -> Any:
        return w.take(at, axis=0)

    def vjp(g: Any, shapes: Any, at: Any, padding: int | None) -> Any:
        return ScatterAdd.apply(_without(g, at, padding), at=at, to=shapes[0])

    def vjp_into(into: Any, g: Any, at: Any, padding: int | None) -> None:
        add_at(into, at, _without(g, at, padding))


def _without(g: Any, at: Any, padding: int | None) -> Any:
    """The gradient with 0 where the padding row was read."""
    if padding is None:
        return g
    return np.where(np.reshape(at == padding, at.shape + (1,) * (g.ndim - at.ndim)), 0, g)


def take(x: TensorLike, indices: TensorLike, axis: int | None = None, mode: str = "raise") -> Tensor:
    """Elements, or slices along an axis, by their numbers.

    Parameters
    ----------
    x : array_like
    indices : array_like of int
        Of any shape, which takes the place of the axis. Repeated ones collect their gradients.
    axis : int, optional
        Along which; the flattened tensor by default.
    mode : {"raise", "wrap", "clip"}
        What becomes of numbers out of range: an error, the remainder, or the nearest one.

    Raises
    ------
    IndexError
        If a number is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.take(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 1, 0], axis=0)
    tensor([[3., 4.],
            [3., 4.],
            [1., 2.]])
    """
    tensor, number = one_axis(x, axis)
    at = _integers("take", indices)
    size = tensor.shape[number]
    if mode == "wrap" and size:
        at = at % size
    elif mode == "clip" and size:
        at = at.clip(0, size - 1)
    elif mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"take: mode {mode!r} is unknown; use 'raise', 'wrap' or 'clip'")
    return GetItem.apply(tensor, at=along(number, at if at.ndim else at.item()))


def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = -1) -> Tensor:
    """For each line along an axis its own choice of elements, as `argsort` and `argmax` (with keepdims) give it.

    Parameters
    ----------
    x : array_like
    indices : array_like of int
        With as many axes as `x`; the other ones broadcast against those of `x`.
    axis : int or None, default -1
        Along which; None for the flattened tensor.

    Raises
    ------
    ValueError
        If the numbers of axes differ.
    IndexError
        If an index is out of range, or the other axes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]])
    >>> tg.take_along_axis(x, x.argsort(), axis=1)
    tensor([[1., 2., 3.],
            [4., 5., 6.]])
    """
    tensor, number = one_axis(x, axis)
    return GetItem.apply(tensor, at=lines("take_along_axis", tensor, indices, number))


def put_along_axis(x: TensorLike, indices: TensorLike, values: TensorLike, axis: int | None = -1) -> Tensor:
    """A copy of `x` with, in each line along an axis, other values at the given places.

    NumPy's function of this name changes its argument and returns None; this one returns a new Tensor. To change
    `t` itself write ``t[index] = values``. Where a place is given twice the last value stays, and alone gets the
    gradient.

    Parameters
    ----------
    x : array_like
    indices : array_like of int
        As in `take_along_axis`.
    values : array_like
        Broadcast to the shape of what `take_along_axis` would give.
    axis : int or None, default -1

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.put_along_axis(tg.zeros((2, 3)), [[0], [2]], 1.0, axis=1)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    tensor, number = one_axis(x, axis)
    return _written(tensor, lines("put_along_axis", tensor, indices, number), values, np.shape(x))


def gather(x: TensorLike, axis: int, index: TensorLike) -> Tensor:
    """``y[i, j, k] = x[i, index[i, j, k], k]`` for axis 1, and likewise for others, as PyTorch's `gather`.

    Unlike in `take_along_axis` the other axes do not broadcast: `index` may be shorter there, and reads the beginning.

    Parameters
    ----------
    x : array_like
    axis : int
        Along which the index reads.
    index : array_like of int
        With as many axes as `x`; the result has its shape.

    Raises
    ------
    ValueError
        If `index` has another number of axes, or is longer than `x` along another axis.
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.gather(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, [[0, 0], [1, 0]])
    tensor([[1., 1.],
            [4., 3.]])
    """
    tensor = given(x)
    return GetItem.apply(tensor, at=_grid("gather", tensor.shape, axis, index))


def scatter(x: TensorLike, axis: int, index: TensorLike, src: TensorLike) -> Tensor:
    """A copy of `x` with ``y[i, index[i, j, k], k] = src[i, j, k]`` for axis 1, and likewise for others.

    PyTorch's `scatter`, but where a place is written to several times the last value stays, and alone gets the
    gradient.

    Parameters
    ----------
    x : array_like
    axis : int
        Along which the index writes.
    index : array_like of int
        With as many axes as `x`, and not longer than it along the other ones.
    src : array_like
        A number, or a tensor at least as long as `index` along each axis, of which the beginning is read.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.scatter(tg.zeros((2, 3)), 1, [[2], [0]], 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    at = _grid("scatter", np.shape(x), axis, index)
    return _written(x, at, _beginning("scatter", src, np.shape(index)), np.shape(x))


def scatter_add(x: TensorLike, axis: int, index: TensorLike, src: TensorLike) -> Tensor:
    """As `scatter`, but the values are added to those of `x`; repeated places add up. PyTorch's `scatter_add`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.scatter_add(tg.zeros(3), 0, [0, 0, 2], tg.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    at = _grid("scatter_add", np.shape(x), axis, index)
    return added(x, at, _beginning("scatter_add", src, np.shape(index)))


def index_add(x: TensorLike, axis: int, index: TensorLike, source: TensorLike, alpha: float = 1) -> Tensor:
    """A copy of `x` with `alpha` times the slices of `source` added to its slices of the given numbers.

    PyTorch's `index_add`. Repeated numbers add up.

    Parameters
    ----------
    x : array_like
    axis : int
        The axis along which slices are counted.
    index : array_like of int
        The numbers, along one axis.
    source : array_like
        Of the shape of `x`, but along `axis` as long as `index`.
    alpha : float, default 1

    Raises
    ------
    ValueError
        If `index` has more than one axis, or the shape of `source` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.index_add(tg.zeros((3, 2)), 0, [0, 2, 2], tg.ones((3, 2)))
    tensor([[1., 1.],
            [0., 0.],
            [2., 2.]])
    """
    shape = np.shape(x)
    numbers = _integers("index_add", index)
    place = normalize_axis_index(axis, len(shape))
    expected = (*shape[:place], numbers.size, *shape[place + 1 :])
    if numbers.ndim != 1 or np.shape(source) != expected:
        raise ValueError(
            f"index_add: an index of shape {numbers.shape} and a source of shape {np.shape(source)} do not fit axis "
            f"{axis} of shape {shape}; the index has one axis, and the source here the shape {expected}"
        )
    return added(x, along(place, numbers), source if alpha == 1 else given(source) * alpha)


def index_put(x: TensorLike, indices: Any, values: TensorLike, accumulate: bool = False) -> Tensor:
    """A copy of `x` with ``y[indices] = values``, or with ``+=`` where repeated indices add up. PyTorch's `index_put`.

    Without `accumulate` the last value stays where an index is repeated, and alone gets the gradient. To change `t`
    itself write ``t[indices] = values``.

    Parameters
    ----------
    x : array_like
    indices : index
        Whatever stands in ``x[...]``: a tuple of arrays, masks, slices.
    values : array_like
        Broadcast to the shape of ``x[indices]``.
    accumulate : bool, default False
        Add to what is there.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.index_put(tg.zeros(3), ([0, 0],), tg.tensor([1.0, 2.0]), accumulate=True)
    tensor([3., 0., 0.])
    """
    at = as_index(indices)
    return added(x, at, values) if accumulate else _written(x, at, values, np.shape(x))


def masked_fill(x: TensorLike, mask: TensorLike, value: TensorLike) -> Tensor:
    """`value` where `mask` holds, else `x`, which gets no gradient there, whatever its own value.

    Parameters
    ----------
    x : array_like
    mask : array_like of bool
        Broadcasts against `x`.
    value : float or array_like
        A number such as ``-inf``, or a tensor that broadcasts, too, and collects its gradient.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.masked_fill(tg.tensor([1.0, 2.0]), [False, True], float("-inf"))
    tensor([  1., -inf])
    """
    filled: Any = np.where(_mask("masked_fill", mask), value, x)
    return cast(Tensor, filled)


def masked_select(x: TensorLike, mask: TensorLike) -> Tensor:
    """The elements for which `mask` holds, along one axis; `x` and `mask` broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.masked_select(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [True, False])
    tensor([1., 3.])
    """
    where = _mask("masked_select", mask)
    shape = np.broadcast_shapes(np.shape(x), where.shape)
    return GetItem.apply(broadcast_to(given(x), shape), at=np.broadcast_to(where, shape))


def one_hot(x: TensorLike, num_classes: int = -1, dtype: DTypeLike | None = None) -> Tensor:
    """For each class number a vector that is 1 at that place and 0 elsewhere, along a new last axis.

    Parameters
    ----------
    x : array_like of int
        Class numbers from 0 on.
    num_classes : int, default -1
        The length of the vectors; -1 for one more than the largest number.
    dtype : dtype, optional
        The default dtype if not given. (PyTorch's is int64; here that would widen float32 to float64 in products.)

    Raises
    ------
    TypeError
        If `x` is not of integers.
    IndexError
        If a number is negative or not below `num_classes`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.one_hot([0, 2])
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    numbers = _integers("one_hot", x, TypeError)
    if num_classes == -1:
        num_classes = int(numbers.max(initial=-1)) + 1
    _check_range("one_hot", "class", numbers, num_classes, "classes")
    result = np.zeros((*numbers.shape, num_classes), as_dtype(dtype or get_default_dtype()))
    np.put_along_axis(result, numbers[..., None], 1, axis=-1)
    return Tensor(result)


def embedding(x: TensorLike, weight: TensorLike, padding_idx: int | None = None) -> Tensor:
    """The rows of `weight` with the numbers `x`: vectors for words, for instance. PyTorch's `embedding`.

    Parameters
    ----------
    x : array_like of int
        Of any shape.
    weight : array_like
        Of shape (n, ...).
    padding_idx : int, optional
        A row that gets no gradient, so that it stays what it is; counted from the end if negative.

    Returns
    -------
    Tensor
        Of shape ``x.shape + weight.shape[1:]``. Rows that are read several times collect their gradients.

    Raises
    ------
    TypeError
        If `x` is not of integers.
    IndexError
        If a number is negative or not below n.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> words = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> tg.embedding([1, 1, 0], words, padding_idx=0).sum().backward()
    >>> words.grad
    tensor([[0., 0.],
            [2., 2.]])
    """
    table = given(weight)
    numbers = _integers("embedding", x, TypeError)
    if table.ndim == 0:
        raise ValueError("embedding: the weight is 0-d; it needs an axis of rows")
    rows = table.shape[0]
    _check_range("embedding", "number", numbers, rows, "rows")
    if padding_idx is None:
        return Embedding.apply(table, at=numbers, padding=None)
    if not -rows <= padding_idx < rows:
        raise IndexError(f"embedding: padding_idx {padding_idx} is out of range for {rows} rows")
    return Embedding.apply(table, at=numbers, padding=padding_idx % rows)


def _integers(name: str, index: Any, error: type[Exception] = IndexError) -> Any:
    """An array of integers of its own, so that nobody changes it before backward."""
    array = np.asarray(array_of(index))
    if array.size == 0 and not isinstance(index, (Tensor, np.ndarray)):
        return array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise error(f"{name}: indices must be integers, not {array.dtype}; use .astype(int)")
    return array.astype(np.intp)


def _mask(name: str, mask: Any) -> Any:
    array = np.array(array_of(mask))
    if array.dtype != bool:
        raise TypeError(f"{name}: the mask must be of bools, not {array.dtype}; compare, as in mask > 0")
    return array


def _check_range(name: str, what: str, numbers: Any, size: int, of: str) -> None:
    if numbers.size and (numbers.min() < 0 or numbers.max() >= size):
        wrong = numbers[(numbers < 0) | (numbers >= size)].flat[0]
        there = f"there are {size} {of}, from 0 to {size - 1}" if size > 0 else "they are counted from 0"
        raise IndexError(f"{name}: {what} {wrong} is out of range; {there}")


def lines(name: str, x: Any, indices: Any, axis: int) -> tuple[Any, ...]:
    """The index that goes along all other axes in step, and along `axis` as `indices` say."""
    array = _integers(name, indices)
    if array.ndim != x.ndim:
        raise ValueError(f"{name}: indices of shape {array.shape} must have as many axes as the tensor {x.shape}")
    return _in_step(x.shape, array, axis)


def _grid(name: str, shape: tuple[int, ...], axis: int, index: Any) -> tuple[Any, ...]:
    """As `lines`, but the other axes are as long as those of the index, which may be shorter."""
    array = _integers(name, index)
    place = normalize_axis_index(axis, len(shape))
    fits = [size <= limit or i == place for i, (size, limit) in enumerate(zip(array.shape, shape))]
    if array.ndim != len(shape) or not all(fits):
        raise ValueError(
            f"{name}: an index of shape {array.shape} does not fit a tensor of shape {shape}; it has as many axes, and "
            f"is not longer along any but axis {axis}"
        )
    return _in_step(array.shape, array, place)


def _in_step(sizes: Sequence[int], array: Any, axis: int) -> tuple[Any, ...]:
    ndim = len(sizes)
    return tuple(
        [
            array if i == axis else np.arange(size).reshape((1,) * i + (size,) + (1,) * (ndim - i - 1))
            for i, size in enumerate(sizes)
        ]
    )


def _beginning(name: str, src: Any, shape: tuple[int, ...]) -> Any:
    """The part of `src` that an index of this shape reads."""
    if np.ndim(src) == 0:
        return src
    sizes = np.shape(src)
    if len(sizes) != len(shape) or any(size < needed for size, needed in zip(sizes, shape)):
        raise ValueError(f"{name}: an index of shape {shape} reads beyond a src of shape {sizes}")
    return given(src) if sizes == shape else given(src)[tuple(map(slice, shape))]


def _written(x: Any, at: Any, values: Any, shape: tuple[int, ...]) -> Tensor:
    """A copy of `x` with other values at an index: of an array if there is no Tensor in it."""
    if not isinstance(x, Tensor) and not isinstance(values, Tensor):
        array: Any = np.array(x)
        array[at] = values
        return reshape(array, shape)
    copy = clone(x) if isinstance(x, Tensor) else Tensor(np.array(given(x)))
    setitem(copy, at, values)
    return copy if copy.shape == shape else reshape(copy, shape)
