"""Which samples, in which order: a split into training and test data, and minibatches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import Array
from tinygrad_fs.random import generator_or_default

__all__ = ["batches", "common_length", "train_test_split"]


def train_test_split(*arrays: Any, test_size: float | int = 0.4, seed: int = 0) -> list[Any]:
    """Split arrays into a part to train on and a part to test on, at random but always in the same way.

    The default generator is neither asked nor moved on: the split depends on `seed` and the number of samples alone.

    Parameters
    ----------
    *arrays : array or Tensor
        With one sample per entry of the first axis, as many in each.
    test_size : float or int, default 0.4
        The share of the samples in the test part, rounded up, or their number.
    seed : int, default 0
        Of the shuffle.

    Returns
    -------
    list
        The training and the test part of the first array, then those of the second, and so on.

    Raises
    ------
    ValueError
        If there is no array, the arrays differ in length, or one of the parts would be empty.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> images, labels = tg.data.digits()
    >>> X_train, X_test, y_train, y_test = tg.data.train_test_split(images, labels, test_size=0.4, seed=1)
    >>> X_train.shape, X_test.shape
    ((1078, 1, 8, 8), (719, 1, 8, 8))
    """
    count = common_length("train_test_split", arrays)
    is_share = isinstance(test_size, (float, np.floating))
    tested = math.ceil(round(count * test_size, 9)) if is_share and math.isfinite(test_size) else test_size
    if not 0 < tested < count:
        raise ValueError(
            f"train_test_split: test_size={test_size} of {count} samples leaves a part without any; "
            "use a share between 0 and 1, or a number of samples"
        )
    order = np.random.default_rng(seed).permutation(count)
    test, train = order[: int(tested)], order[int(tested) :]
    return [array[rows] for array in arrays for rows in (train, test)]


def batches(
    *arrays: Any,
    batch_size: int,
    shuffle: bool = True,
    drop_last: bool = False,
    generator: np.random.Generator | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Go through arrays once, a minibatch at a time.

    Parameters
    ----------
    *arrays : array or Tensor
        With one sample per entry of the first axis, as many in each.
    batch_size : int
        How many samples a minibatch has; the last one may have fewer.
    shuffle : bool, default True
        Whether to go through the samples in random order, a new one in each call.
    drop_last : bool, default False
        Whether to leave out a last minibatch that is not full. Batch normalisation needs two samples or more.
    generator : numpy.random.Generator, optional
        For the shuffle; the default generator, which `manual_seed` starts, if not given.

    Yields
    ------
    tuple
        The minibatch of each array, in the order of the arguments.

    Raises
    ------
    ValueError
        If there is no array, the arrays differ in length, or `batch_size` is not a positive integer.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> X, y = np.zeros((5, 3)), np.arange(5)
    >>> for X_batch, y_batch in tg.data.batches(X, y, batch_size=2, shuffle=False):
    ...     print(X_batch.shape, y_batch)
    (2, 3) [0 1]
    (2, 3) [2 3]
    (1, 3) [4]
    """
    count = common_length("batches", arrays)
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batches: batch_size={batch_size!r}; it must be a positive integer")
    order = generator_or_default(generator).permutation(count) if shuffle else None
    stop = count - count % batch_size if drop_last else count
    # The arguments are checked when this is called; a generator function would wait for the first batch.
    return (_rows(arrays, order, slice(start, start + batch_size)) for start in range(0, stop, batch_size))


def _rows(arrays: tuple[Any, ...], order: Array | None, part: slice) -> tuple[Any, ...]:
    """The samples in `part` of the order; of the arrays themselves, as views, if there is none."""
    rows = part if order is None else order[part]
    return tuple([array[rows] for array in arrays])


def common_length(what: str, arrays: tuple[Any, ...]) -> int:
    """How many samples there are in each of the arrays; an error if they differ."""
    if not arrays:
        raise ValueError(f"{what}: no arrays were given")
    for array in arrays:
        if not getattr(array, "shape", ()):
            raise ValueError(f"{what}: a {type(array).__name__} has no axis of samples; pass arrays or Tensors")
    lengths: list[int] = [array.shape[0] for array in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"{what}: the arrays have {lengths} samples; each needs one row per sample, so as many")
    return lengths[0]
