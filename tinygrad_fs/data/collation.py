"""Putting samples together to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import as_array
from tinygrad_fs.ops import stack
from tinygrad_fs.tensor import Tensor

__all__ = ["default_collate"]


def default_collate(samples: Sequence[Any]) -> Any:
    """Put samples together along a new first axis.

    Parameters
    ----------
    samples : sequence
        All alike: arrays, which give an array; Tensors, which give a Tensor; numbers, which give an array (Python
        floats one of the default dtype); or tuples, lists and dicts of these, which give one with batches in it. Text
        gives a list.

    Returns
    -------
    The batch.

    Raises
    ------
    ValueError
        If they are not alike, or there are none.
    TypeError
        If they are something else.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data import default_collate
    >>> default_collate([(np.zeros(2), 1), (np.ones(2), 0)])
    (array([[0., 0.],
           [1., 1.]]), array([1, 0]))
    """
    if not samples:
        raise ValueError("default_collate: there are no samples to put together")
    first = samples[0]
    if isinstance(first, (str, bytes)):
        return list(samples)
    if isinstance(first, Mapping):
        _check_alike("keys", [list(sample) for sample in samples])
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, (tuple, list)):
        _check_alike("lengths", [len(sample) for sample in samples])
        parts = [default_collate(part) for part in zip(*samples)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if isinstance(first, Tensor):
        _check_alike("shapes", [np.shape(sample) for sample in samples])
        return stack(list(samples))
    if isinstance(first, (bool, int, float)):
        return as_array(list(samples))
    if isinstance(first, (np.ndarray, np.generic)) or hasattr(first, "__array_function__"):
        _check_alike("shapes", [np.shape(sample) for sample in samples])
        return np.stack(list(samples))
    raise TypeError(
        f"default_collate: samples of type {type(first).__name__} cannot be put together; it takes arrays, Tensors, "
        "numbers, and tuples, lists and dicts of them. Use DataLoader(..., collate_fn=...) for anything else"
    )


def _check_alike(what: str, values: list[Any]) -> None:
    for value in values:
        if value != values[0]:
            raise ValueError(
                f"default_collate: samples of a batch differ in their {what}: {values[0]} and {value}. "
                "Use DataLoader(..., collate_fn=...) to pad them, or to put them together otherwise"
            )
