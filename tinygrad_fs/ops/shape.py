"""Shape: the same values along other axes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.op import Op
from tinygrad_fs.ops.copying import clone
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "expand_dims",
    "flatten",
    "meshgrid",
    "moveaxis",
    "permute",
    "ravel",
    "reshape",
    "rollaxis",
    "squeeze",
    "swapaxes",
    "transpose",
]

Shape: TypeAlias = "int | Sequence[int]"


class Reshape(Op):
    """y has the values of x in row-major order;  dy/dx: the same, back."""

    makes_view = True

    def forward(x: Any, *, to: Any) -> Any:
        try:
            return np.reshape(x, to)
        except ValueError as error:
            raise ValueError(f"reshape: a tensor of shape {np.shape(x)}: {error}") from None

    def vjp(g: Any, shapes: Any) -> Any:
        return np.reshape(g, shapes[0])


class Transpose(Op):
    """y has the axes of x in another order;  dy/dx: the inverse order."""

    makes_view = True

    def forward(x: Any, *, axes: Any = None) -> Any:
        try:
            return np.transpose(x, axes)
        except ValueError as error:
            raise ValueError(f"transpose: axes {axes} of a tensor of shape {x.shape}: {error}") from None

    def vjp(g: Any, axes: Any) -> Any:
        return np.transpose(g, None if axes is None else tuple(int(i) for i in np.argsort([a % g.ndim for a in axes])))


class ExpandDims(Op):
    """y has new axes of size 1;  dy/dx: the same values without them."""

    makes_view = True

    def forward(x: Any, *, axis: Any) -> Any:
        return np.expand_dims(x, axis)

    def vjp(g: Any, shapes: Any) -> Any:
        return np.reshape(g, shapes[0])


class Squeeze(Op):
    """y lacks axes of size 1;  dy/dx: the same values with them."""

    makes_view = True

    def forward(x: Any, *, axis: Any = None) -> Any:
        return np.squeeze(x, axis)

    def vjp(g: Any, shapes: Any) -> Any:
        return np.reshape(g, shapes[0])


class BroadcastTo(Op):
    """y repeats x along new axes and axes of size 1;  dy/dx: the sum over them, which the engine takes."""

    makes_view = True
    broadcasts = True

    def forward(x: Any, *, to: Any) -> Any:
        try:
            return np.broadcast_to(x, to)
        except ValueError:
            raise ValueError(f"broadcast_to: shape {x.shape} does not broadcast to {to}") from None

    def vjp(g: Any) -> Any:
        return g


def as_shape(shape: Shape) -> tuple[int, ...]:
    """The sizes as Python integers: one number is a shape of one axis."""
    sizes: Any = (shape,) if np.ndim(shape) == 0 else shape
    return tuple([operator.index(size) for size in sizes])


def _is_column_major(name: str, x: Any, order: str) -> bool:
    if order == "A":
        flags = getattr(array_of(x), "flags", None)
        return flags is not None and flags.f_contiguous and not flags.c_contiguous
    if order not in ("C", "F"):
        raise ValueError(
            f"{name}: order {order!r} is unknown; use 'C', the last axis fastest, 'F', the first, or 'A', as it lies "
            "in memory"
        )
    return order == "F"


def _as_in_memory(x: Any) -> Any:
    """The axes in the order in which they lie in memory, the fastest one last."""
    strides = getattr(array_of(x), "strides", None)
    if strides is None:
        return x
    return Transpose.apply(x, axes=tuple(sorted(range(len(strides)), key=lambda axis: -abs(strides[axis]))))


def reshape(x: TensorLike, shape: Shape, order: str = "C", *, copy: bool | None = None) -> Tensor:
    """The same values, in row-major order, in another shape.

    Parameters
    ----------
    x : array_like
    shape : int or sequence of int
        The new shape; one size may be -1 and follows from the others.
    order : {"C", "F", "A"}
        Whether the last index runs fastest or the first, in reading and in writing; "A" is "F" for a tensor that lies
        so in memory, else "C".
    copy : bool, optional
        Copy always, or never; only where the memory has to be laid out anew by default.

    Raises
    ------
    ValueError
        If the number of elements differs, or there must be a copy and must not.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.reshape(tg.tensor([1.0, 2.0, 3.0, 4.0]), (2, -1))
    tensor([[1., 2.],
            [3., 4.]])
    """
    to = as_shape(shape)
    if copy:
        x = clone(x)
    if _is_column_major("reshape", x, order):
        result = Transpose.apply(Reshape.apply(Transpose.apply(x), to=to[::-1]))
    else:
        result = Reshape.apply(x, to=to)
    if copy is False and not np.may_share_memory(array_of(result), array_of(x)):
        raise ValueError(f"reshape: shape {np.shape(x)} as it lies in memory does not become {to} without a copy")
    return result


def ravel(x: TensorLike, order: str = "C") -> Tensor:
    """All values along one axis, the last index fastest; with ``order="F"`` the first.

    With ``order="A"`` it is the first where `x` lies so in memory, and with "K" the values come as they lie there. The
    engine chooses how its results lie: "C" and "F" say what is meant.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ravel(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 2., 3., 4.])
    """
    if order == "K":
        x = _as_in_memory(x)
    elif _is_column_major("ravel", x, order):
        x = Transpose.apply(x)
    return Reshape.apply(x, to=(-1,))


def flatten(x: TensorLike, start_axis: int = 0, end_axis: int = -1) -> Tensor:
    """Join the axes from `start_axis` to `end_axis` into one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.flatten(tg.zeros((2, 3, 4)), start_axis=1).shape
    (2, 12)
    """
    shape = np.shape(x)
    if not shape:
        return Reshape.apply(x, to=(1,))
    start, end = (normalize_axis_index(axis, len(shape)) for axis in (start_axis, end_axis))
    if start > end:
        raise ValueError(f"flatten: start_axis {start_axis} comes after end_axis {end_axis} in shape {shape}")
    # Not -1 for the joined size: an empty batch has no size to infer from.
    joined = int(np.prod(shape[start : end + 1]))
    return Reshape.apply(x, to=(*shape[:start], joined, *shape[end + 1 :]))


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """The axes in another order; reversed by default.

    Parameters
    ----------
    x : array_like
    axes : sequence of int, optional
        A permutation of the axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.transpose(tg.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return Transpose.apply(x, axes=None if axes is None else as_shape(axes))


def permute(x: TensorLike, axes: Sequence[int]) -> Tensor:
    """The axes in the order `axes`: PyTorch's name for `transpose`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.permute(tg.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return Transpose.apply(x, axes=as_shape(axes))


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Exchange two axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.swapaxes(tg.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    ndim = np.ndim(x)
    first, second = normalize_axis_index(axis1, ndim), normalize_axis_index(axis2, ndim)
    order = list(range(ndim))
    order[first], order[second] = second, first
    return Transpose.apply(x, axes=tuple(order))


def moveaxis(x: TensorLike, source: Shape, destination: Shape) -> Tensor:
    """Move axes to other positions; the others keep their order.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.moveaxis(tg.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    # NumPy moves the axes of a small stand-in whose sizes are the axes' numbers.
    order = np.moveaxis(np.empty(tuple(range(np.ndim(x)))), source, destination).shape
    return Transpose.apply(x, axes=order)


def rollaxis(x: TensorLike, axis: int, start: int = 0) -> Tensor:
    """Move one axis to where it stands before the axis `start`; `moveaxis` says the same more plainly.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.rollaxis(tg.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    order = np.rollaxis(np.empty(tuple(range(np.ndim(x)))), axis, start).shape
    return Transpose.apply(x, axes=order)


def expand_dims(x: TensorLike, axis: int | tuple[int, ...]) -> Tensor:
    """Insert axes of size 1 at the positions `axis` of the result.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.expand_dims(tg.zeros((2, 3)), (0, -1)).shape
    (1, 2, 3, 1)
    """
    return ExpandDims.apply(x, axis=axis)


def squeeze(x: TensorLike, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Remove axes of size 1: all of them, or those given.

    Raises
    ------
    ValueError
        If a given axis has another size.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.squeeze(tg.zeros((1, 2, 1))).shape
    (2,)
    """
    return Squeeze.apply(x, axis=axis)


def broadcast_to(x: TensorLike, shape: Shape) -> Tensor:
    """Repeat along new leading axes and axes of size 1 up to `shape`, without a copy.

    Raises
    ------
    ValueError
        If `x` does not broadcast to `shape`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.broadcast_to(tg.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return BroadcastTo.apply(x, to=as_shape(shape))


def broadcast_arrays(*xs: TensorLike) -> tuple[Tensor, ...]:
    """Each of the tensors, repeated to the shape that they broadcast to, without a copy.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x, y = tg.broadcast_arrays(tg.zeros((3, 1)), tg.zeros(2))
    >>> x.shape, y.shape
    ((3, 2), (3, 2))
    """
    to = np.broadcast_shapes(*[np.shape(x) for x in xs])
    return tuple([BroadcastTo.apply(x, to=to) for x in xs])


def atleast_1d(*xs: TensorLike) -> Any:
    """Each tensor with at least one axis: a single Tensor for one argument, a tuple for several.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.atleast_1d(tg.tensor(2.0))
    tensor([2.])
    """
    return _one_or_all([Reshape.apply(x, to=np.shape(x) or (1,)) for x in xs])


def atleast_2d(*xs: TensorLike) -> Any:
    """Each tensor with at least two axes; a vector becomes a row.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.atleast_2d(tg.tensor([1.0, 2.0])).shape
    (1, 2)
    """
    return _one_or_all([Reshape.apply(x, to=(1,) * (2 - np.ndim(x)) + np.shape(x)) for x in xs])


def atleast_3d(*xs: TensorLike) -> Any:
    """Each tensor with at least three axes; (n,) becomes (1, n, 1) and (m, n) becomes (m, n, 1), as in NumPy.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.atleast_3d(tg.zeros((2, 3))).shape
    (2, 3, 1)
    """

    def shape(x: TensorLike) -> tuple[int, ...]:
        sizes = np.shape(x)
        return ((1,) if len(sizes) < 2 else ()) + (sizes or (1,)) + ((1,) if len(sizes) < 3 else ())

    return _one_or_all([Reshape.apply(x, to=shape(x)) for x in xs])


def _one_or_all(results: list[Any]) -> Any:
    return results[0] if len(results) == 1 else tuple(results)


def meshgrid(*xs: TensorLike, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Tensor, ...]:
    """The coordinates of the points of a grid, from the coordinates along its axes.

    Parameters
    ----------
    *xs : array_like
        One vector per axis.
    copy : bool, default True
        Give each result memory of its own; otherwise they are views that repeat.
    sparse : bool, default False
        Leave the other axes at size 1, to be broadcast.
    indexing : {"xy", "ij"}
        Whether the first coordinate runs along the second axis (as in plots) or along the first (as in matrices).

    Raises
    ------
    ValueError
        If `indexing` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x, y = tg.meshgrid(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0, 5.0]))
    >>> x
    tensor([[1., 2., 3.],
            [1., 2., 3.]])
    >>> y
    tensor([[4., 4., 4.],
            [5., 5., 5.]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing {indexing!r} is unknown; use 'xy' or 'ij'")
    places = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        places[:2] = 1, 0
    grids = [
        Reshape.apply(x, to=tuple([np.size(x) if i == place else 1 for i in range(len(xs))]))
        for x, place in zip(xs, places)
    ]
    if not sparse:
        grids = list(broadcast_arrays(*grids))
    return tuple([clone(grid) for grid in grids] if copy else grids)
