"""Shape: the same values in another arrangement, joined or taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flatten",
    "moveaxis",
    "pad",
    "ravel",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]

Shape: TypeAlias = "int | Sequence[int]"


class Reshape(Op):
    """y has the values of x in row-major order;  dy/dx: the same, back."""

    makes_view = True

    def forward(x: Any, *, to: Any) -> Any:
        return np.reshape(x, to)

    def vjp(g: Any, shapes: Any) -> Any:
        return np.reshape(g, shapes[0])


class Transpose(Op):
    """y has the axes of x in another order;  dy/dx: the inverse order."""

    makes_view = True

    def forward(x: Any, *, axes: Any = None) -> Any:
        return np.transpose(x, axes)

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
        return np.broadcast_to(x, to)

    def vjp(g: Any) -> Any:
        return g


class Concatenate(Op):
    """y joins the inputs along an axis;  each takes its part of the gradient."""

    def forward(*xs: Any, axis: int = 0) -> Any:
        return np.concatenate(xs, axis=axis)

    def vjp(g: Any, shapes: Any, needs: Any, axis: int) -> Any:
        ends = np.cumsum([shape[axis] for shape in shapes]).tolist()
        starts = [0, *ends[:-1]]
        return [g[_at(axis, g.ndim, slice(i, j))] if need else None for i, j, need in zip(starts, ends, needs)]


class Stack(Op):
    """y joins the inputs along a new axis;  each takes its slice of the gradient."""

    def forward(*xs: Any, axis: int = 0) -> Any:
        return np.stack(xs, axis=axis)

    def vjp(g: Any, needs: Any, axis: int) -> Any:
        return [g[_at(axis, g.ndim, i)] if need else None for i, need in enumerate(needs)]


def _at(axis: int, ndim: int, index: int | slice) -> tuple[int | slice, ...]:
    """The index that selects along one axis."""
    return tuple([slice(None)] * (axis % ndim) + [index])


class Split(Op):
    """The parts of x between indices along an axis;  dx: the parts' gradients, joined."""

    makes_view = True

    def forward(x: Any, *, indices: Any, axis: int) -> Any:
        return np.split(x, indices, axis=axis)

    def vjp(g: Any, axis: int) -> Any:
        return np.concatenate(g, axis=axis)


class Pad(Op):
    """y is x with a border of constants;  dy/dx: the inside of the gradient."""

    def forward(x: Any, *, widths: Any, value: Any) -> Any:
        return np.pad(x, widths, constant_values=value)

    def vjp(g: Any, shapes: Any, widths: Any) -> Any:
        return g[tuple([slice(before, before + size) for (before, _), size in zip(widths, shapes[0])])]


def reshape(x: TensorLike, shape: Shape) -> Tensor:
    """The same values, in row-major order, in another shape.

    Parameters
    ----------
    x : array_like
    shape : int or sequence of int
        The new shape; one size may be -1 and follows from the others.

    Raises
    ------
    ValueError
        If the number of elements differs.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.reshape(tg.tensor([1.0, 2.0, 3.0, 4.0]), (2, -1))
    tensor([[1., 2.],
            [3., 4.]])
    """
    to = (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
    return Reshape.apply(x, to=to)


def ravel(x: TensorLike) -> Tensor:
    """All values along one axis.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.ravel(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 2., 3., 4.])
    """
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
    start, end = (np.arange(len(shape))[axis] for axis in (start_axis, end_axis))
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
    return Transpose.apply(x, axes=None if axes is None else tuple(axes))


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Exchange two axes.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.swapaxes(tg.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    order = np.arange(np.ndim(x))
    order[[axis1, axis2]] = order[[axis2, axis1]]
    return Transpose.apply(x, axes=tuple(order.tolist()))


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
    to = (shape,) if isinstance(shape, int) else tuple(shape)
    return BroadcastTo.apply(x, to=to)


def concatenate(xs: Sequence[TensorLike], axis: int | None = 0) -> Tensor:
    """Join tensors along an existing axis.

    Parameters
    ----------
    xs : sequence of array_like
        Of equal shapes but for `axis`.
    axis : int or None, default 0
        None joins the flattened tensors.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is nothing to join.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.concatenate([tg.tensor([1.0]), tg.tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    if axis is None:
        return Concatenate.apply(*[ravel(x) for x in xs])
    return Concatenate.apply(*xs, axis=axis)


def stack(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    Raises
    ------
    ValueError
        If the shapes differ, or there is nothing to join.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.stack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])], axis=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    return Stack.apply(*xs, axis=axis)


def split(x: TensorLike, indices_or_sections: Shape, axis: int = 0) -> tuple[Tensor, ...]:
    """Take a tensor apart along an axis.

    Parameters
    ----------
    x : array_like
    indices_or_sections : int or sequence of int
        A number of equal parts, or the indices at which to cut, as in NumPy. (PyTorch's split takes sizes.)
    axis : int, default 0

    Returns
    -------
    tuple of Tensor
        Parts that nobody uses get gradient 0.

    Raises
    ------
    ValueError
        If the axis does not divide into equal parts.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.split(tg.tensor([1.0, 2.0, 3.0, 4.0]), 2)
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    if not isinstance(indices_or_sections, int):
        indices_or_sections = tuple(indices_or_sections)
    return tuple(Split.apply(x, indices=indices_or_sections, axis=axis))


def pad(x: TensorLike, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Tensor:
    """Add a border.

    Parameters
    ----------
    x : array_like
    pad_width : int, (before, after) or one pair per axis
        How much to add, as in NumPy.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What the border holds: a constant, or values of `x`, which collect their gradients.
    constant_values : float, default 0
        For mode "constant".

    Raises
    ------
    ValueError
        If a width is negative or `mode` is another one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.pad(tg.tensor([1.0, 2.0, 3.0]), (1, 2), mode="reflect")
    tensor([2., 1., 2., 3., 2., 1.])
    """
    shape = np.shape(x)
    widths = tuple(map(tuple, np.broadcast_to(np.asarray(pad_width), (len(shape), 2)).tolist()))
    if mode == "constant":
        return Pad.apply(x, widths=widths, value=constant_values)
    if mode not in (known := ("edge", "reflect", "symmetric", "wrap")):
        raise ValueError(f"pad: mode {mode!r} is unknown; use 'constant', {', '.join(map(repr, known))}")
    from_where = np.pad(np.arange(int(np.prod(shape))).reshape(shape), widths, mode=mode)  # type: ignore[call-overload]
    flat: Any = ravel(x)
    return flat[from_where]  # type: ignore[no-any-return]
