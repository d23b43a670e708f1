"""Cases: choices among several values, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import agree, alongside, as_array
from tinygrad_fs.op import Op
from tinygrad_fs.ops.arranging.joining import unstack
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.indexing.inplace import setitem
from tinygrad_fs.ops.masking import kept, selected
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["choose", "piecewise", "select"]


class Choose(Op):
    """y = the x with the given number, element by element;  each takes the gradient where it was chosen."""

    broadcasts = True

    def forward(*xs: Any, numbers: Any) -> Any:
        values = agree(*xs)
        dtype = np.result_type(*values)
        values = [x.astype(dtype, copy=False) if hasattr(x, "dtype") else np.asarray(x, dtype) for x in values]
        try:
            result = np.broadcast_to(
                alongside(values[-1], numbers, *values), np.broadcast_shapes(numbers.shape, *[x.shape for x in values])
            )
            for number, x in enumerate(values[:-1]):
                result = selected(numbers == number, x, result)
        except ValueError:
            shapes = ", ".join(str(np.shape(x)) for x in xs)
            raise ValueError(f"choose: shapes {numbers.shape} of the numbers and {shapes} do not broadcast") from None
        return result if len(xs) > 1 else result.copy()

    def vjp(g: Any, numbers: Any, needs: Any) -> Any:
        return [kept(g, numbers == number) if need else None for number, need in enumerate(needs)]


def select(condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0) -> Tensor:
    """Of several values the one whose condition is the first to hold, else `default`, element by element.

    A value that is not chosen gets gradient 0, but what it was computed from may turn that into nan, as in `where`.

    Parameters
    ----------
    condlist : sequence of array_like of bool
        Not differentiated.
    choicelist : sequence of array_like
        As many values; all shapes broadcast together.
    default : array_like, default 0

    Raises
    ------
    ValueError
        If there are no conditions, or not as many as values, or shapes do not broadcast.
    TypeError
        If a condition is not of bools.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([-2.0, 0.5, 3.0])
    >>> tg.select([x < 0, x < 1], [-x, x**2], default=1.0)
    tensor([2.  , 0.25, 1.  ])
    """
    if len(condlist) != len(choicelist):
        raise ValueError(
            f"select: {len(condlist)} conditions and {len(choicelist)} values; there must be one condition per value"
        )
    if not condlist:
        raise ValueError("select: there are no conditions")
    conditions = [_condition("select", condition) for condition in condlist]
    shape = np.broadcast_shapes(*[condition.shape for condition in conditions])
    count = len(conditions)
    numbers = np.full_like(conditions[0], count, shape=shape, dtype=_smallest(count))
    for number, condition in enumerate(conditions):
        numbers = np.minimum(numbers, count - condition * numbers.dtype.type(count - number))
    return _chosen(numbers, [*choicelist, default])


def choose(a: TensorLike, choices: Any, mode: str = "raise") -> Tensor:
    """Of several values the one with the given number, element by element.

    Parameters
    ----------
    a : array_like of int
        Which one; not differentiated.
    choices : sequence of array_like
        The values, or a Tensor that holds them along its first axis; all shapes broadcast together.
    mode : {"raise", "wrap", "clip"}
        What becomes of numbers out of range: an error, the remainder, or the nearest one.

    Raises
    ------
    TypeError
        If `a` is not of integers.
    ValueError
        If a number is out of range, there is nothing to choose from, or shapes do not broadcast.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.choose([1, 0, 1], [tg.tensor([1.0, 2.0, 3.0]), 10.0])
    tensor([10.,  2., 10.])
    """
    numbers = np.asarray(array_of(a))
    if numbers.dtype.kind not in "iub":
        raise TypeError(f"choose: the numbers must be integers, not {numbers.dtype}; use .astype(int)")
    values = list(unstack(choices) if isinstance(choices, Tensor) else choices)
    count = len(values)
    if not count:
        raise ValueError("choose: there is nothing to choose from")
    if mode == "wrap":
        numbers = numbers % count
    elif mode == "clip":
        numbers = numbers.clip(0, count - 1)
    elif mode != "raise":
        raise ValueError(f"choose: mode {mode!r} is unknown; use 'raise', 'wrap' or 'clip'")
    elif numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        wrong = numbers[(numbers < 0) | (numbers >= count)].flat[0]
        raise ValueError(f"choose: number {wrong} is out of range; there are {count} values, from 0 to {count - 1}")
    return _chosen(alongside(numbers.astype(_smallest(count)), *values), values)


def piecewise(
    x: TensorLike, condlist: Any, funclist: Sequence[Callable[..., Any] | float], *args: Any, **kwargs: Any
) -> Tensor:
    """A function that is given in pieces: each is evaluated where its condition holds, and nowhere else.

    Parameters
    ----------
    x : array_like
    condlist : sequence of array_like of bool, or one
        Of the shape of `x`; where several hold the last one counts. Not differentiated.
    funclist : sequence of callable or number
        What to compute from the values that are chosen, which come along one axis; one more than there are conditions
        is for the rest, which is 0 otherwise.
    *args, **kwargs
        Further arguments of the functions.

    Raises
    ------
    ValueError
        If there are neither as many functions as conditions nor one more.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> x = tg.tensor([-1.0, 4.0], requires_grad=True)
    >>> y = tg.piecewise(x, [x < 0, x >= 0], [lambda v: -v, tg.sqrt])
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([1.0, 2.0], [-1.0, 0.25])
    """
    values = given(x)
    conditions = [_condition("piecewise", each) for each in _as_list(condlist, values.ndim)]
    if len(funclist) == len(conditions) + 1:
        rest = ~np.any(np.stack(conditions), axis=0)
        conditions.append(rest)
    elif len(funclist) != len(conditions):
        raise ValueError(
            f"piecewise: {len(funclist)} functions for {len(conditions)} conditions; give one per condition, and "
            "perhaps one more for the rest"
        )
    result: Any = np.zeros_like(values)
    for condition, function in zip(conditions, funclist):
        if not callable(function):
            piece = function
        elif condition.any():
            piece = function(values[condition], *args, **kwargs)
        else:
            continue
        if isinstance(result, Tensor):
            setitem(result, condition, piece)
        else:
            result[condition] = piece
    return result  # type: ignore[no-any-return]


def _as_list(condlist: Any, ndim: int) -> list[Any]:
    """The conditions; one alone is one, unless it holds a condition per 0-d value."""
    one = isinstance(condlist, (bool, np.bool_)) or (
        ndim > 0 and not isinstance(condlist[0], (list, np.ndarray, Tensor)) and not np.ndim(condlist[0])
    )
    return [condlist] if one or (isinstance(condlist, Tensor) and condlist.ndim == ndim) else list(condlist)


def _condition(name: str, condition: Any) -> Any:
    array = as_array(array_of(condition))
    if array.dtype != bool:
        raise TypeError(f"{name}: a condition must be of bools, not {array.dtype}; compare, as in x > 0")
    return array


def _smallest(count: int) -> Any:
    """The smallest dtype for numbers below `count`: they are compared with each in backward."""
    return np.min_scalar_type(count)


def _chosen(numbers: Any, values: list[Any]) -> Tensor:
    result: Tensor = Choose.apply(*values, numbers=numbers)
    return result
