"""Joining tensors along an axis, and taking them apart."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tinygrad_fs.dtypes import DTypeLike, as_dtype
from tinygrad_fs.op import Op
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.copying import astype
from tinygrad_fs.ops.indexing.positions import along
from tinygrad_fs.ops.indexing.reading import getitem
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.ops.shape import atleast_1d, atleast_2d, atleast_3d, expand_dims, ravel
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "append",
    "array_split",
    "column_stack",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]

Tensors: TypeAlias = "Sequence[TensorLike] | Tensor"
Cuts: TypeAlias = "int | Sequence[int]"
Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]


class Concatenate(Op):
    """y joins the inputs along an axis;  each takes its part of the gradient."""

    def forward(*xs: Any, axis: int = 0) -> Any:
        try:
            return np.concatenate(xs, axis=axis)
        except ValueError as error:
            raise _misfit("concatenate", xs, error) from None

    def vjp(g: Any, shapes: Any, needs: Any, axis: int) -> Any:
        cuts = itertools.pairwise(itertools.accumulate([shape[axis] for shape in shapes], initial=0))
        return [g[along(axis % g.ndim, slice(*cut))] if need else None for cut, need in zip(cuts, needs)]


class Stack(Op):
    """y joins the inputs along a new axis;  each takes its slice of the gradient."""

    def forward(*xs: Any, axis: int = 0) -> Any:
        if any(isinstance(x, (bool, int, float)) for x in xs):  # numbers do not widen the tensors beside them
            return np.stack(xs, axis=axis, dtype=np.result_type(*xs))
        try:
            return np.stack(xs, axis=axis)
        except ValueError as error:
            raise _misfit("stack", xs, error) from None

    def vjp(g: Any, needs: Any, axis: int) -> Any:
        return [g[along(axis % g.ndim, i)] if need else None for i, need in enumerate(needs)]


class Split(Op):
    """The parts of x between cuts along an axis;  dx: the parts' gradients, joined."""

    makes_view = True

    def forward(x: Any, *, cuts: Any, axis: int) -> Any:
        return np.array_split(x, cuts, axis=axis)

    def vjp(g: Any, axis: int) -> Any:
        return np.concatenate(g, axis=axis)


class Unstack(Op):
    """The slices of x along an axis, without it;  dx: the slices' gradients, stacked."""

    makes_view = True

    def forward(x: Any, *, axis: int) -> Any:
        return tuple(np.moveaxis(x, axis, 0))

    def vjp(g: Any, shapes: Any, axis: int) -> Any:
        if axis == 0 and g[0].ndim:  # end to end they lie as in a stack, without a new axis for each
            return np.concatenate(g).reshape(shapes[0])
        return np.stack(g, axis=axis)


def _check_axis(name: str, axis: Any) -> None:
    """Raise if the second of several tensors stands where the axis belongs."""
    if isinstance(axis, (Tensor, np.ndarray)) and axis.ndim:
        raise TypeError(f"{name}: the tensors are given in one list, and then the axis: {name}([x, y], axis)")


def _misfit(name: str, xs: Sequence[Any], error: ValueError) -> ValueError:
    """Name the function and the shapes where NumPy says that tensors cannot be joined."""
    if not xs or isinstance(error, np.exceptions.AxisError):
        return error
    return ValueError(f"{name}: shapes {', '.join([str(np.shape(x)) for x in xs])}: {error}")


def concatenate(
    xs: Tensors, axis: int | None = 0, *, dtype: DTypeLike | None = None, casting: Casting = "same_kind"
) -> Tensor:
    """Join tensors along an existing axis.

    Parameters
    ----------
    xs : sequence of array_like
        Of equal shapes but for `axis`.
    axis : int or None, default 0
        None joins the flattened tensors.
    dtype : dtype, optional
        Cast to it first.
    casting : str, default "same_kind"
        Which casts to `dtype` are allowed, as in `numpy.can_cast`.

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
    _check_axis("concatenate", axis)
    xs = _cast("concatenate", xs, dtype, casting)
    if axis is None:
        return Concatenate.apply(*[ravel(x) for x in xs])
    return Concatenate.apply(*xs, axis=axis)


def append(x: TensorLike, values: TensorLike, axis: int | None = None) -> Tensor:
    """A new tensor with `values` behind those of `x`: `concatenate` of two, flattened by default.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.append(tg.tensor([1.0, 2.0]), tg.tensor([3.0]))
    tensor([1., 2., 3.])
    """
    return concatenate([x, values], axis)


def stack(xs: Tensors, axis: int = 0, *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Tensor:
    """Join tensors of one shape along a new axis; `dtype` and `casting` as in `concatenate`.

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
    _check_axis("stack", axis)
    return Stack.apply(*_cast("stack", xs, dtype, casting), axis=axis)


def vstack(xs: Tensors, *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Tensor:
    """Join along the first axis; vectors count as rows. `dtype` and `casting` as in `concatenate`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.vstack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return concatenate([atleast_2d(x) for x in xs], dtype=dtype, casting=casting)


def hstack(xs: Tensors, *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Tensor:
    """Join along the second axis; vectors along their only one. `dtype` and `casting` as in `concatenate`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.hstack([tg.tensor([1.0, 2.0]), tg.tensor([3.0])])
    tensor([1., 2., 3.])
    """
    parts = [atleast_1d(x) for x in xs]
    return concatenate(parts, 1 if parts and np.ndim(parts[0]) > 1 else 0, dtype=dtype, casting=casting)


def _cast(name: str, xs: Tensors, dtype: DTypeLike | None, casting: Casting) -> Tensors:
    if not isinstance(xs, Iterable):
        raise TypeError(f"{name}: a {type(xs).__name__} was given; give a sequence of tensors")
    if dtype is None:
        return xs
    to = as_dtype(dtype)
    for x in xs:
        if not np.can_cast(array_of(given(x)), to, casting):
            raise TypeError(f"{name}: {given(x).dtype} does not become {to} by casting={casting!r}")
    return [astype(x, to, copy=False) for x in xs]


def dstack(xs: Tensors) -> Tensor:
    """Join along the third axis, which matrices and vectors get first.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.dstack([tg.zeros((2, 3)), tg.ones((2, 3))]).shape
    (2, 3, 2)
    """
    return Concatenate.apply(*[atleast_3d(x) for x in xs], axis=2)


def column_stack(xs: Tensors) -> Tensor:
    """Join along the second axis; vectors count as columns.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.column_stack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])])
    tensor([[1., 3.],
            [2., 4.]])
    """
    return Concatenate.apply(*[expand_dims(atleast_1d(x), 1) if np.ndim(x) < 2 else x for x in xs], axis=1)


def split(x: TensorLike, indices_or_sections: Cuts, axis: int = 0) -> tuple[Tensor, ...]:
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
        If the axis does not divide into equal parts; `array_split` takes unequal ones.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.split(tg.tensor([1.0, 2.0, 3.0, 4.0]), 2)
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    shape = np.shape(x)
    if np.ndim(indices_or_sections) == 0:
        sections = operator.index(indices_or_sections)  # type: ignore[arg-type]
        if sections > 0 and shape[normalize_axis_index(axis, len(shape))] % sections:
            raise ValueError(
                f"split: axis {axis} of shape {shape} has no equal division into {sections} parts; "
                "give the indices at which to cut, or use array_split"
            )
    return array_split(x, indices_or_sections, axis)


def array_split(x: TensorLike, indices_or_sections: Cuts, axis: int = 0) -> tuple[Tensor, ...]:
    """As `split`, but a number of parts need not divide the axis: the first ones are longer by one.

    Raises
    ------
    ValueError
        If the number of parts is not positive.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.array_split(tg.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    tensor = given(x)
    number = normalize_axis_index(axis, tensor.ndim)
    if np.ndim(indices_or_sections) == 0:
        return tuple(Split.apply(x, cuts=operator.index(indices_or_sections), axis=number))  # type: ignore[arg-type]
    cuts = [slice(cut).indices(tensor.shape[number])[1] for cut in np.asarray(indices_or_sections).tolist()]
    if cuts != sorted(cuts):  # the parts overlap
        return tuple([getitem(tensor, along(number, slice(i, j))) for i, j in zip([0, *cuts], [*cuts, None])])
    return tuple(Split.apply(tensor, cuts=tuple(cuts), axis=number))


def vsplit(x: TensorLike, indices_or_sections: Cuts) -> tuple[Tensor, ...]:
    """`split` along the first axis, of a tensor with two or more.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> [part.shape for part in tg.vsplit(tg.zeros((4, 3)), 2)]
    [(2, 3), (2, 3)]
    """
    _at_least(2, "vsplit", x)
    return split(x, indices_or_sections, 0)


def hsplit(x: TensorLike, indices_or_sections: Cuts) -> tuple[Tensor, ...]:
    """`split` along the second axis; of a vector along its only one.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> [part.shape for part in tg.hsplit(tg.zeros((3, 4)), [1])]
    [(3, 1), (3, 3)]
    """
    _at_least(1, "hsplit", x)
    return split(x, indices_or_sections, 1 if np.ndim(x) > 1 else 0)


def dsplit(x: TensorLike, indices_or_sections: Cuts) -> tuple[Tensor, ...]:
    """`split` along the third axis, of a tensor with three or more.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> [part.shape for part in tg.dsplit(tg.zeros((1, 2, 4)), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    _at_least(3, "dsplit", x)
    return split(x, indices_or_sections, 2)


def _at_least(ndim: int, name: str, x: TensorLike) -> None:
    if np.ndim(x) < ndim:
        raise ValueError(f"{name}: the tensor has shape {np.shape(x)}; it needs {ndim} axes or more")


def unstack(x: TensorLike, axis: int = 0) -> tuple[Tensor, ...]:
    """The slices along an axis, each without it: what `stack` puts together.

    Raises
    ------
    ValueError
        If the tensor is 0-d.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.unstack(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    (tensor([1., 3.]), tensor([2., 4.]))
    """
    _at_least(1, "unstack", x)
    return tuple(Unstack.apply(x, axis=axis))
