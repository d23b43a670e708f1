"""In-place changes of Tensors: recorded as functional updates, or counted.

``t[i] = v`` and ``t += v`` on a Tensor with a history make a new value: the Tensor moves on to the node of the
update, while whoever read it before keeps the old value and the old node. The array itself is written to when
nobody else can see it, so that filling a Tensor step by step costs the sum of the steps. Where nothing is
recorded, the array is written to as in NumPy, and the change is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_fs.changes import mark_changed, unshared
from tinygrad_fs.dtypes import operand
from tinygrad_fs.graph import Leaf, Output, mode, unbroadcast
from tinygrad_fs.op import Op
from tinygrad_fs.ops.copying import Cast
from tinygrad_fs.ops.indexing.positions import Positions, along, as_index, is_basic, names_nothing_twice, without_mask
from tinygrad_fs.ops.indexing.reading import GetItem, added
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["accumulate", "inplace", "replace", "setitem"]


class SetItem(Op):
    """y = x with y[index] = v;  dx: the gradient with 0 at the index, dv: the gradient there.

    `forward` writes into x, which `setitem` has made sure that nobody else sees. Where an index occurs
    several times the last value stays, and alone gets the gradient.
    """

    owns_cotangent = True
    updates_in_place = True

    def forward(x: Any, v: Any, *, at: Any) -> Any:
        x[at] = v
        return x

    def vjp(g: Any, shapes: Any, at: Any) -> Any:
        positions = None if names_nothing_twice(at) else Positions.of(at, shapes[0])
        for_v = _taken_out(g, at, positions)
        if positions is not None and (last := _last_writers(positions)) is not None:
            for_v = np.where(last, for_v, 0)
        return g, _summed_to(for_v, shapes[1])


def _taken_out(g: Any, index: Any, positions: Positions | None) -> Any:
    """What `g` holds at an index; 0 is left in its place."""
    target, places, shape = g, index, None
    if not isinstance(g, Tensor):
        if positions is None:
            target, places = without_mask(g, index)
        elif (table := positions.table(g)) is not None:  # of two arrays in step: in a third of the time
            target, places, shape = table, along(1, positions.flat.ravel()), positions.selected(g)
    values = target[places] if positions is not None else target[places].copy()
    target[places] = 0
    return values if shape is None else values.reshape(shape)


def _last_writers(positions: Positions) -> Any:
    """For an index that may name an element several times: which of its entries are the last for theirs.

    The answer broadcasts against what the index selects. None if every entry is.
    """
    flat = positions.flat.ravel()
    named = np.zeros(positions.size, bool)
    named[flat] = True
    if np.count_nonzero(named) == flat.size:
        return None
    turns = np.arange(flat.size)
    latest = np.empty(positions.size, np.intp)
    latest[flat] = turns  # NumPy writes in this order too
    last = latest[flat] == turns
    return last.reshape(positions.flat.shape + (1,) * positions.trail)


def _summed_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo the broadcasting of an assigned value, which may also have leading axes of size 1 too many."""
    if g.shape == shape:
        return g
    extra = len(shape) - g.ndim
    return unbroadcast(np.reshape(g, (1,) * extra + g.shape) if extra > 0 else g, shape)


def setitem(t: Tensor, index: Any, value: TensorLike, what: str = "t[i] = v") -> None:
    """``t[index] = value``; `what` is what errors call it.

    Raises
    ------
    RuntimeError
        If `t` is a leaf that requires grad (outside of `no_grad`), or a view of a recorded Tensor.
    TypeError
        If the value requires grad and `t` is of integers or bools, which have none.
    """
    value_node = value._node if isinstance(value, Tensor) else None
    if not mode.grad or (t._node is None and value_node is None):
        t._data[as_index(index)] = array_of(value)
        mark_changed(t._data)
        return
    _refuse_leaf(t, what)
    _refuse_view(t, what)
    if t.dtype.kind != "f":
        raise TypeError(f"{what}: v requires grad, but t has dtype {t.dtype}, which has no gradient; use a float t")
    array = t._data
    if not unshared(array):
        array = array.copy()
    _move_on(t, SetItem.apply(Tensor._of(array, t._node), value, at=as_index(index)))


def accumulate(t: Tensor, index: Any, values: TensorLike) -> None:
    """``np.add.at(t, index, values)`` on recorded Tensors: as ``t[index] += values``, but repeated indices add up.

    Raises
    ------
    RuntimeError
        If `t` is a leaf that requires grad, or a view of a recorded Tensor.
    """
    _refuse_leaf(t, what := "np.add.at(t, i, v)")
    _refuse_view(t, what)
    replace(t, added(t, as_index(index), values), "add.at")


def inplace(function: Callable[[Any, Any], Tensor], ufunc: Any) -> Callable[[Tensor, Any], Tensor]:
    """The in-place operator for a function of two operands, such as ``+=`` for `add`."""

    def operator(t: Tensor, other: Any) -> Tensor:
        if mode.grad and (t._node is not None or (isinstance(other, Tensor) and other._node is not None)):
            replace(t, function(t, other), ufunc.__name__)
        else:
            ufunc(t._data, other._data if isinstance(other, Tensor) else operand(other, t._data), out=t._data)
            mark_changed(t._data)
        return t

    return operator


def replace(t: Tensor, result: Tensor, what: str) -> None:
    """Let `t` become `result`, as an in-place operator or ``out=t`` does; it keeps its shape and dtype."""
    _refuse_leaf(t, f"in-place {what}")
    if result.shape != t.shape:
        raise ValueError(f"in-place {what}: the result has shape {result.shape} and does not fit into {t.shape}")
    if result.dtype != t.dtype:
        if not np.can_cast(result.dtype, t.dtype, "same_kind"):
            raise TypeError(f"in-place {what}: a result of dtype {result.dtype} does not fit into {t.dtype}")
        result = Cast.apply(result, to=t.dtype)
    _move_on(t, result)


def _move_on(t: Tensor, result: Tensor) -> None:
    t._data = result._data
    t._node = result._node


def _refuse_leaf(t: Tensor, what: str) -> None:
    if type(t._node) is Leaf:
        raise RuntimeError(
            f"{what}: t is a leaf that requires grad, and its value is what gradients are taken at; "
            "change it under no_grad(), or change a copy: u = t.clone()"
        )


def _refuse_view(t: Tensor, what: str) -> None:
    """Refuse ``t[0][1] = v``, which would change a temporary view and leave `t` as it is."""
    node = t._node
    if type(node) is Output:
        node = node.inputs[0]
    array = t._data
    if node is None and (array.base is None or unshared(array)):
        return
    # What an array selects is a copy, which is the user's to change; only a basic index gives a view.
    is_view = is_basic(node.at) if isinstance(node, GetItem) else getattr(node, "makes_view", False)
    if node is None or is_view:
        raise RuntimeError(
            f"{what}: t is a view of another tensor, which would not see the recorded change; "
            "write t[0, 1] = v instead of t[0][1] = v, or change a copy: u = t.clone()"
        )
