"""Which part of an array a mask marks, in words: a slice, a condition on the values, or a count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tinygrad_fs.dtypes import Array

__all__ = ["Marked", "describe"]

_CONDITIONS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("negative", lambda x: x < 0),
    ("positive", lambda x: x > 0),
    ("0", lambda x: x == 0),
    ("above 1 in size", lambda x: np.abs(x) > 1),
    ("below 1 in size", lambda x: np.abs(x) < 1),
)


class Marked(NamedTuple):
    """What is marked in an array, which entries say anything at all, and the values that may explain it."""

    off: Array
    known: Array
    values: Array


def describe(masks: Sequence[Marked], name: str) -> str:
    """Describe what is marked in several arrays of one shape.

    Parameters
    ----------
    masks : sequence of Marked
    name : str
        What the values are called.

    Examples
    --------
    >>> everywhere = np.ones((2, 4), bool)
    >>> marked = everywhere.copy()
    >>> marked[:, 3] = False
    >>> describe([Marked(marked, everywhere, np.ones((2, 4)))], "input")
    'at [:, :3]'
    >>> x = np.array([-1.0, 2.0, -3.0, -4.0, 1.0])
    >>> describe([Marked(x < 0, np.ones(5, bool), x)], "input")
    'where input is negative'
    """
    anywhere = np.logical_or.reduce([each.off for each in masks])
    if all(np.array_equal(each.off & each.known, anywhere & each.known) for each in masks):
        block = _block(anywhere)
        if block is not None:
            return f"at [{block}]"
    for words, holds in _CONDITIONS:
        if all(np.array_equal(each.off & each.known, holds(each.values) & each.known) for each in masks):
            return f"where {name} is {words}"
    most = max(masks, key=lambda each: int(each.off.sum())).off
    first = ", ".join(str(int(i)) for i in np.argwhere(most)[0])
    return f"in {int(most.sum())} of {most.size} entries, the first at [{first}]"


def _block(mask: Array) -> str | None:
    """The index that selects what is marked, if a basic one does."""
    indices = [np.unique(each) for each in np.nonzero(mask)]
    if np.prod([each.size for each in indices]) != mask.sum() or mask.all():
        return None
    axes = [_axis(each, size) for each, size in zip(indices, mask.shape)]
    while len(axes) > 1 and axes[-1] == ":":
        axes.pop()
    return None if None in axes else ", ".join(map(str, axes))


def _axis(indices: Array, size: int) -> str | None:
    """The indices along one axis as they would be written between brackets."""
    if indices.size == size:
        return ":"
    first, last = int(indices[0]), int(indices[-1])
    if indices.size == 1:
        return "-1" if first == size - 1 else str(first)
    steps = np.unique(np.diff(indices))
    if steps.size > 1:
        return None
    step = int(steps[0])
    start = "" if first == 0 else str(first)
    stop = "" if last + step >= size else str(last + 1)
    return f"{start}:{stop}" + (f":{step}" if step > 1 else "")
