"""Datasets: samples by number, and parts of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_fs.data.collation import default_collate
from tinygrad_fs.data.sampling import common_length
from tinygrad_fs.dtypes import Array
from tinygrad_fs.random import generator_or_default

__all__ = ["Dataset", "Subset", "TensorDataset", "random_split"]

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """The base of datasets: a subclass defines ``__getitem__(index)`` and ``__len__()``.

    Where a batch can be had faster than sample by sample, it defines `batch` too.

    Examples
    --------
    >>> from tinygrad_fs.data import DataLoader, Dataset
    >>> class Squares(Dataset):
    ...     def __getitem__(self, index):
    ...         return index, index**2
    ...
    ...     def __len__(self):
    ...         return 5
    >>> list(DataLoader(Squares(), batch_size=3))
    [(array([0, 1, 2]), array([0, 1, 4])), (array([3, 4]), array([ 9, 16]))]
    """

    def __getitem__(self, index: int) -> Sample:
        name = type(self).__name__
        raise NotImplementedError(f"{name}: define `def __getitem__(self, index): ...` in the class")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}: define `def __len__(self): ...` in the class")

    def batch(self, indices: Array) -> Any:
        """The samples with these numbers, put together as `default_collate` does."""
        return default_collate([self[int(index)] for index in indices])


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Samples that are the entries of arrays or Tensors along the first axis.

    Parameters
    ----------
    *tensors : array or Tensor
        With one sample per entry of the first axis, as many in each. A sample is a tuple of one entry of each.

    Attributes
    ----------
    tensors : tuple of array or Tensor

    Raises
    ------
    ValueError
        If there is none, or they differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data import TensorDataset
    >>> dataset = TensorDataset(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1]))
    >>> len(dataset), dataset[1]
    (2, (array([3., 4.]), np.int64(1)))
    """

    def __init__(self, *tensors: Any) -> None:
        self._length = common_length("TensorDataset", tensors)
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self._length

    def batch(self, indices: Array) -> tuple[Any, ...]:
        """The samples with these numbers: a tuple of one part of each array."""
        return self[indices]


class Subset(Dataset[Sample]):
    """Some samples of a dataset, under new numbers.

    Parameters
    ----------
    dataset : Dataset or sequence
    indices : sequence of int
        Which samples, in which order.

    Raises
    ------
    IndexError
        If there is no such sample.
    TypeError
        If the indices are no integers, as those of a mask.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data import Subset, TensorDataset
    >>> Subset(TensorDataset(np.arange(10) ** 2), [7, 3])[0]
    (np.int64(49),)
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | Array) -> None:
        self.dataset = dataset
        numbers = np.asarray(indices)
        if numbers.dtype.kind not in "iu" and numbers.size:
            remedy = "np.flatnonzero(mask)" if numbers.dtype.kind == "b" else "integers"
            raise TypeError(f"Subset: the indices are of dtype {numbers.dtype}; use {remedy}")
        self.indices = numbers.astype(np.int64)
        if self.indices.ndim != 1:
            raise ValueError(f"Subset: the indices have shape {self.indices.shape}; they must be in one row")
        count = len(dataset)
        if outside := [int(i) for i in self.indices if not -count <= i < count]:
            raise IndexError(f"Subset: there is no sample {outside[0]}; the dataset has {count}")
        self.indices = np.where(self.indices < 0, self.indices + count, self.indices)

    def __getitem__(self, index: int) -> Sample:
        sample: Sample = self.dataset[int(self.indices[index])]
        return sample

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: Array) -> Any:
        """The samples with these numbers, as the dataset puts them together."""
        return batch_of(self.dataset, self.indices[indices])


def random_split(
    dataset: Any, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset[Any]]:
    """Split a dataset at random into parts without common samples.

    Parameters
    ----------
    dataset : Dataset or sequence
    lengths : sequence of int, or of float
        How many samples each part gets, all in all as many as there are; or their shares, which make 1.
    generator : numpy.random.Generator, optional
        The default generator if not given.

    Returns
    -------
    list of Subset
        What shares leave over goes to the first parts, one each.

    Raises
    ------
    ValueError
        If the lengths do not make up the whole.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data import TensorDataset, random_split
    >>> train, test = random_split(TensorDataset(np.arange(10)), [0.75, 0.25], np.random.default_rng(0))
    >>> len(train), len(test), train.indices
    (8, 2, array([4, 6, 2, 7, 3, 5, 9, 0]))
    """
    count = len(dataset)
    shares = [float(length) for length in lengths]
    if min(shares, default=0.0) < 0:
        raise ValueError(f"random_split: a length in {list(lengths)} is negative")
    if sum(shares) == count and all(share.is_integer() for share in shares):
        sizes = [int(share) for share in shares]
    elif math.isclose(sum(shares), 1.0):
        sizes = [math.floor(count * share) for share in shares]
        for i in range(count - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        raise ValueError(
            f"random_split: the lengths {list(lengths)} make {sum(shares):g}; they must make {count}, as many as there "
            "are samples, or, as shares, 1"
        )
    order = generator_or_default(generator).permutation(count)
    stops = np.cumsum(sizes).tolist()
    return [Subset(dataset, order[stop - size : stop]) for stop, size in zip(stops, sizes)]


def batch_of(dataset: Any, indices: Array) -> Any:
    """The samples with these numbers, put together in the dataset's own way if it has one."""
    if isinstance(dataset, Dataset):
        return dataset.batch(indices)
    return default_collate([dataset[int(index)] for index in indices])
