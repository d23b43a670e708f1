"""Products of two tensors that sum over pairs of axes.

`Matmul` is the product of matrices, whose leading axes broadcast. `Contract` is every other: an axis of one
operand is paired with one of the other, or is kept. `einsum` consists of it, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.elementwise.arithmetic import multiply
from tinygrad_fs.ops.shape import expand_dims, moveaxis, ravel, reshape
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["cross", "dot", "inner", "kron", "matmul", "matvec", "outer", "tensordot", "vdot", "vecdot", "vecmat"]

Axes: TypeAlias = "int | tuple[int | Sequence[int], int | Sequence[int]] | Sequence[int | Sequence[int]]"

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The names of axes. The module `string` has them, too, with templates that take 3 ms of the import."""

_SMALL, _TINY, _SHORT = 2048, 256, 64
"""Up to so many multiplications, NumPy's einsum is faster than to lay out matrices for the BLAS: all in all, or in each
of many products with a vector, or of two vectors."""


class Matmul(Op):
    """z = x y;  dx: g y^T,  dy: x^T g. A vector counts as a row on the left and as a column on the right."""

    broadcasts = True  # of the leading axes: the engine sums them back

    def forward(x: Any, y: Any) -> Any:
        try:
            return np.matmul(x, y)
        except ValueError:
            raise ValueError(_misfit(np.shape(x), np.shape(y))) from None

    def vjp_x(g: Any, y: Any, shapes: Any) -> Any:
        rank_x, rank_y = len(shapes[0]), len(shapes[1])
        if rank_x == rank_y == 2:
            return np.matmul(g, np.swapaxes(y, 0, 1))
        if rank_y == 1:
            return np.expand_dims(g, -1) * y
        if rank_x == 1:
            return np.matmul(y, np.expand_dims(g, -1))[..., 0]
        turned = np.swapaxes(y, -1, -2)
        return g * turned if shapes[1][-1] == 1 else np.matmul(g, turned)  # columns times rows: without BLAS

    def vjp_y(g: Any, x: Any, shapes: Any) -> Any:
        rank_x, rank_y = len(shapes[0]), len(shapes[1])
        if rank_x == rank_y == 2:
            return np.matmul(np.swapaxes(x, 0, 1), g)
        if rank_x == 1:
            return np.expand_dims(x, -1) * np.expand_dims(g, -2) if rank_y > 1 else x * g
        if rank_y == 1:
            # Sum over all rows of all matrices at once.
            return np.matmul(np.reshape(g, (-1,)), np.reshape(x, (-1, shapes[0][-1]))) if x.size else _zeros(x, shapes)
        if rank_y == 2:
            # One product over the joined leading axes, instead of one each and a sum.
            rows, columns = shapes[0][-1], shapes[1][-1]
            if not x.size:
                return _zeros(x, shapes)
            return np.matmul(np.swapaxes(np.reshape(x, (-1, rows)), 0, 1), np.reshape(g, (-1, columns)))
        turned = np.swapaxes(x, -1, -2)
        return turned * g if shapes[0][-2] == 1 else np.matmul(turned, g)


def _zeros(x: Any, shapes: Any) -> Any:
    return np.zeros_like(x, shape=shapes[1])


def _misfit(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """Say why shapes cannot be multiplied."""
    if not x or not y:
        return f"matmul: {x} @ {y}: a 0-d operand has no axis to sum over; use * to scale"
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        return f"matmul: {x} @ {y}: inner sizes {x[-1]} and {inner} differ"
    return f"matmul: {x} @ {y}: leading axes {x[:-2]} and {y[:-2]} do not broadcast together"


class Contract(Op):
    """z: x times y, summed over the indices that z lacks;  dx: g times y, dy: x times g, the same way.

    `left`, `right` and `result` name the axes of x, y and z by letters, as einsum does. Every letter stands in
    exactly two or in all three of them, and at most once in each; so the derivatives are contractions again.
    """

    def forward(x: Any, y: Any, *, left: str, right: str, result: str) -> Any:
        if getattr(x, "dtype", None) == getattr(y, "dtype", None) == np.float16:  # runs out of digits in long sums
            product = _contracted(x.astype(np.float32), y.astype(np.float32), left, right, result)
            return product.astype(np.float16)
        return _contracted(x, y, left, right, result)

    def vjp_x(g: Any, y: Any, left: str, right: str, result: str) -> Any:
        return Contract.apply(g, y, left=result, right=right, result=left)

    def vjp_y(g: Any, x: Any, left: str, right: str, result: str) -> Any:
        return Contract.apply(x, g, left=left, right=result, result=right)


class Vecdot(Op):
    """z = sum of x y over the last axis;  dx: g y,  dy: g x."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        try:
            return np.vecdot(x, y)
        except ValueError:
            raise ValueError(
                f"vecdot: shapes {np.shape(x)} and {np.shape(y)} do not fit: the last axes must have "
                "the same size, and the others broadcast"
            ) from None

    def vjp_x(g: Any, y: Any) -> Any:
        return np.expand_dims(g, -1) * y

    def vjp_y(g: Any, x: Any) -> Any:
        return np.expand_dims(g, -1) * x


class Cross(Op):
    """z = x x y over the last axis;  dx: y x g,  dy: g x x."""

    broadcasts = True

    def forward(x: Any, y: Any) -> Any:
        if np.shape(x)[-1:] != (3,) or np.shape(y)[-1:] != (3,):
            raise ValueError(
                f"cross: vectors have 3 entries, but the shapes are {np.shape(x)} and {np.shape(y)}; pad vectors "
                "of 2 entries with a 0, or choose the axis by axis="
            )
        return np.cross(x, y)

    def vjp_x(g: Any, y: Any) -> Any:
        return np.cross(y, g)

    def vjp_y(g: Any, x: Any) -> Any:
        return np.cross(g, x)


class _Layout(NamedTuple):
    """How two operands become matrices: where their axes go, and where those of the product go.

    `kept` axes stand in both operands and the result, `rows` and `columns` in one operand each, and the `summed`
    ones in both operands alone. The numbers of them are counted here.
    """

    left: tuple[int, ...] | None
    right: tuple[int, ...] | None
    result: tuple[int, ...] | None
    kept: int
    rows: int
    summed: int


@lru_cache(maxsize=4096)
def _layout(left: str, right: str, result: str) -> _Layout:
    kept = [i for i in left if i in right and i in result]
    summed = [i for i in left if i in right and i not in result]
    rows = [i for i in left if i not in right]
    columns = [i for i in right if i not in left]
    return _Layout(
        left=_order(left, kept + rows + summed),
        right=_order(right, kept + summed + columns),
        result=_order(kept + rows + columns, result),
        kept=len(kept),
        rows=len(rows),
        summed=len(summed),
    )


def _order(labels: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...] | None:
    """The permutation of axes that brings `labels` into the `wanted` order; None if they are."""
    order = tuple([labels.index(i) for i in wanted])
    return None if order == tuple(range(len(order))) else order


def _contracted(x: Any, y: Any, left: str, right: str, result: str) -> Any:
    """Multiply and sum: elementwise, by NumPy's loops or as matrices, whichever is fastest."""
    if not result and left == right:
        return np.vdot(x, y)
    layout = _layout(left, right, result)
    if not layout.summed:
        return np.multiply(_aligned(x, left, result), _aligned(y, right, result))
    a = x if layout.left is None else np.transpose(x, layout.left)
    b = y if layout.right is None else np.transpose(y, layout.right)
    shape_a, shape_b = np.shape(a), np.shape(b)
    stack = shape_a[: layout.kept]
    rows = shape_a[layout.kept : layout.kept + layout.rows]
    columns = shape_b[layout.kept + layout.summed :]
    n, m = math.prod(rows), math.prod(columns)
    inner = math.prod(shape_b[layout.kept : layout.kept + layout.summed])
    moved = layout.left is not None or layout.right is not None
    tiny = _SHORT if n == m == 1 else _TINY
    few = math.prod(stack) * n * inner * m <= _SMALL or (stack and (n == 1 or m == 1) and n * inner * m < tiny)
    if few or (n == m == 1 and moved):
        return np.einsum(f"{left},{right}->{result}", x, y)
    if n == m == 1:
        product = np.vecdot(np.reshape(a, (*stack, inner)), np.reshape(b, (*stack, inner)))
    else:
        product = np.matmul(np.reshape(a, (*stack, n, inner)), np.reshape(b, (*stack, inner, m)))
    product = np.reshape(product, stack + rows + columns)
    return product if layout.result is None else np.transpose(product, layout.result)


def _aligned(x: Any, labels: str, result: str) -> Any:
    """`x` with its axes in the order of the result, and size 1 for those that it lacks."""
    order, index = _alignment(labels, result)
    return (x if order is None else np.transpose(x, order))[index]


@lru_cache(maxsize=4096)
def _alignment(labels: str, result: str) -> tuple[tuple[int, ...] | None, tuple[slice | None, ...]]:
    wanted = [i for i in result if i in labels]
    return _order(labels, wanted), tuple([slice(None) if i in labels else None for i in result])


def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Matrix product; also ``x @ y``.

    Parameters
    ----------
    x, y : array_like
        Of shapes (..., n, k) and (..., k, m), whose leading axes broadcast; a 1-d operand is a row on the
        left and a column on the right, and its axis is not in the result.

    Returns
    -------
    Tensor
        Of shape (..., n, m).

    Raises
    ------
    ValueError
        If the inner sizes differ, the leading axes do not broadcast, or an operand is 0-d.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.matmul(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return Matmul.apply(x, y)


def dot(a: TensorLike, b: TensorLike) -> Tensor:
    """Dot product, with NumPy's rule for axes.

    For vectors and matrices it is `matmul`; a 0-d operand scales the other. Otherwise the sum goes over the last
    axis of `a` and the second last of `b`, and the result has all other axes of both: nothing broadcasts.

    Raises
    ------
    ValueError
        If the axes to sum over differ in size.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    rank_a, rank_b = np.ndim(a), np.ndim(b)
    if not rank_a or not rank_b:
        return multiply(a, b)
    if rank_b <= 2:
        return _named_product("dot", a, b, np.shape(b)[0])
    return _contract("dot", a, b, [rank_a - 1], [rank_b - 2])


def inner(a: TensorLike, b: TensorLike) -> Tensor:
    """Inner product: the sum over the last axes of both; a 0-d operand scales the other.

    Returns
    -------
    Tensor
        Of shape ``a.shape[:-1] + b.shape[:-1]``.

    Raises
    ------
    ValueError
        If the last axes differ in size.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.inner(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    rank_a, rank_b = np.ndim(a), np.ndim(b)
    if not rank_a or not rank_b:
        return multiply(a, b)
    if rank_b == 1:
        return _named_product("inner", a, b, np.shape(b)[0])
    return _contract("inner", a, b, [rank_a - 1], [rank_b - 1])


def vdot(a: TensorLike, b: TensorLike) -> Tensor:
    """Dot product of all entries: both operands are flattened first.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.vdot(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([[1.0, 1.0], [1.0, 1.0]]))
    tensor(10.)
    """
    shape = np.shape(a)
    if shape == np.shape(b) and 0 < len(shape) <= len(LETTERS):
        axes = LETTERS[: len(shape)]
        return Contract.apply(a, b, left=axes, right=axes, result="")
    return _named_product("vdot", ravel(a), ravel(b), np.size(b))


def outer(a: TensorLike, b: TensorLike) -> Tensor:
    """All products of an entry of `a` and an entry of `b`; both are flattened first.

    Returns
    -------
    Tensor
        Of shape ``(a.size, b.size)``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.outer(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return Contract.apply(ravel(a), ravel(b), left="i", right="j", result="ij")


def tensordot(a: TensorLike, b: TensorLike, axes: Axes = 2) -> Tensor:
    """Sum of products over pairs of axes.

    Parameters
    ----------
    a, b : array_like
    axes : int or (axes of a, axes of b), default 2
        A number: so many last axes of `a` are paired with as many first axes of `b`. Otherwise the axes that are
        paired, as two ints or two sequences.

    Returns
    -------
    Tensor
        With the axes of `a` that are not paired, then those of `b`.

    Raises
    ------
    ValueError
        If paired axes differ in size or number, or an axis is named twice.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.tensordot(tg.ones((2, 3, 4)), tg.ones((4, 3, 5)), axes=([1, 2], [1, 0])).shape
    (2, 5)
    """
    if isinstance(axes, (int, np.integer)):
        count = int(axes)
        if not 0 <= count <= min(np.ndim(a), np.ndim(b)):
            raise ValueError(f"tensordot: shapes {np.shape(a)} and {np.shape(b)} have no {count} axes to pair")
        of_a, of_b = list(range(np.ndim(a) - count, np.ndim(a))), list(range(count))
    else:
        of_a, of_b = ([each] if isinstance(each, (int, np.integer)) else list(each) for each in axes)
    return _contract("tensordot", a, b, of_a, of_b)


def vecdot(x1: TensorLike, x2: TensorLike, axis: int = -1) -> Tensor:
    """Dot products of vectors that stand along `axis`; the other axes broadcast.

    Raises
    ------
    ValueError
        If the vectors differ in length, or the other axes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.vecdot(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    return Vecdot.apply(_axis_last(x1, axis), _axis_last(x2, axis))


def matvec(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Matrices times vectors: of shapes (..., n, k) and (..., k), whose leading axes broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.matvec(tg.ones((5, 3, 2)), tg.ones((5, 2))).shape
    (5, 3)
    """
    if np.ndim(x2) <= 1:
        return matmul(x1, x2)
    product: Any = matmul(x1, expand_dims(x2, -1))
    return product[..., 0]  # type: ignore[no-any-return]


def vecmat(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Vectors times matrices: of shapes (..., n) and (..., n, k), whose leading axes broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.vecmat(tg.ones((5, 3)), tg.ones((5, 3, 2))).shape
    (5, 2)
    """
    if np.ndim(x1) <= 1:
        return matmul(x1, x2)
    product: Any = matmul(expand_dims(x1, -2), x2)
    return product[..., 0, :]  # type: ignore[no-any-return]


def kron(a: TensorLike, b: TensorLike) -> Tensor:
    """Kronecker product: every entry of `a` times the whole of `b`, laid out block by block.

    Returns
    -------
    Tensor
        Of the product of the sizes along every axis, where the operand with fewer axes gets leading ones.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.kron(tg.tensor([1.0, 10.0]), tg.tensor([1.0, 2.0]))
    tensor([ 1.,  2., 10., 20.])
    """
    rank = max(np.ndim(a), np.ndim(b))
    if not np.ndim(a) or not np.ndim(b):
        return multiply(a, b)
    shape_a, shape_b = ((1,) * (rank - np.ndim(x)) + tuple(np.shape(x)) for x in (a, b))
    of_a, of_b = _letters("kron", 2 * rank)[:rank], _letters("kron", 2 * rank)[rank:]
    interleaved = "".join(i + j for i, j in zip(of_a, of_b))
    blocks = Contract.apply(reshape(a, shape_a), reshape(b, shape_b), left=of_a, right=of_b, result=interleaved)
    return reshape(blocks, tuple([m * n for m, n in zip(shape_a, shape_b)]))


def cross(
    a: TensorLike, b: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor:
    """Cross product of vectors of 3 entries; the other axes broadcast.

    Parameters
    ----------
    a, b : array_like
    axisa, axisb, axisc : int, default -1
        Where the vectors stand in `a`, `b` and the result.
    axis : int, optional
        All three at once.

    Raises
    ------
    ValueError
        If a vector has not 3 entries (2 are deprecated in NumPy), or the other axes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    product = Cross.apply(_axis_last(a, axisa), _axis_last(b, axisb))
    return product if axisc == -1 else moveaxis(product, -1, axisc)


def _axis_last(x: TensorLike, axis: int) -> TensorLike:
    return x if axis == -1 else moveaxis(x, axis, -1)


def _letters(name: str, count: int) -> str:
    if count > len(LETTERS):
        raise ValueError(f"{name}: {count} different axes are more than the {len(LETTERS)} possible")
    return LETTERS[:count]


def _named_product(name: str, a: TensorLike, b: TensorLike, size: int) -> Tensor:
    """The product of matrices where that is what `name` means, with `name` in the message."""
    if np.shape(a)[-1] != size:
        raise ValueError(f"{name}: shapes {np.shape(a)} and {np.shape(b)}: sizes {np.shape(a)[-1]} and {size} differ")
    return matmul(a, b)


def _contract(name: str, a: TensorLike, b: TensorLike, of_a: Sequence[int], of_b: Sequence[int]) -> Tensor:
    """Sum over the given axes of `a`, each paired with one of `b`."""
    shape_a, shape_b = np.shape(a), np.shape(b)
    of_a = [_axis(axis, len(shape_a)) for axis in of_a]
    of_b = [_axis(axis, len(shape_b)) for axis in of_b]
    sizes = [shape_a[axis] for axis in of_a], [shape_b[axis] for axis in of_b]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"{name}: shapes {shape_a} and {shape_b}: the axes {of_a} of the first, of sizes {sizes[0]}, do not pair "
            f"with the axes {of_b} of the second, of sizes {sizes[1]}"
        )
    if len(set(of_a)) < len(of_a) or len(set(of_b)) < len(of_b):
        raise ValueError(f"{name}: an axis can be paired only once, but {of_a} and {of_b} are asked for")
    if not shape_a or not shape_b:
        return multiply(a, b)
    letters = _letters(name, len(shape_a) + len(shape_b) - len(of_a))
    left = letters[: len(shape_a)]
    rest = iter(letters[len(shape_a) :])
    right = "".join(left[of_a[of_b.index(axis)]] if axis in of_b else next(rest) for axis in range(len(shape_b)))
    result = "".join(i for i in left + right if (i in left) != (i in right))
    return Contract.apply(a, b, left=left, right=right, result=result)


def _axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise np.exceptions.AxisError(axis, rank)
    return axis % rank
