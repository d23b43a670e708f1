"""DataLoader: a dataset in batches, epoch after epoch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import numpy as np

from tinygrad_fs.data.datasets import batch_of
from tinygrad_fs.data.prefetching import prefetched
from tinygrad_fs.data.transforms import takes_generator
from tinygrad_fs.dtypes import Array
from tinygrad_fs.othernames import instead_of
from tinygrad_fs.random import generator_or_default

__all__ = ["DataLoader"]

_IN_PYTORCH = {
    "num_workers": "write prefetch=, batches loaded ahead by a thread",
    "prefetch_factor": "write prefetch=, how many batches are loaded ahead",
    "pin_memory": "leave it out",
    "persistent_workers": "leave it out",
    "worker_init_fn": "leave it out",
    "multiprocessing_context": "leave it out",
    "timeout": "leave it out",
    "sampler": "write Subset(dataset, indices) in place of the dataset",
    "batch_sampler": "write batch_size= and shuffle=",
}
"""What options of PyTorch's loader are called here."""


class _Epoch:
    """One pass: in which order, and how far it is. All that is random in it follows from the seed."""

    def __init__(self, seed: int | None, position: int = 0) -> None:
        self.seed = seed
        self.position = position
        """How many samples have been handed out."""

    def order(self, count: int, shuffle: bool) -> Array:
        return np.random.default_rng(self.seed).permutation(count) if shuffle else np.arange(count)

    def generator(self, start: int) -> np.random.Generator:
        """That of the batch which begins at `start`, whenever and in whichever thread it is loaded."""
        return np.random.default_rng((self.seed or 0, start))


class DataLoader:
    """Batches of a dataset; each ``for`` loop over it is one epoch.

    Parameters
    ----------
    dataset : Dataset or sequence
        Anything with ``__getitem__`` and ``__len__``.
    batch_size : int, default 1
        How many samples a batch has; the last one may have fewer.
    shuffle : bool, default False
        Whether each epoch has an order of its own.
    drop_last : bool, default False
        Whether to leave out a last batch that is not full. Batch normalisation needs two samples or more.
    collate_fn : callable, optional
        Puts a list of samples together to a batch. By default `default_collate`, or the dataset's own `batch`.
    generator : numpy.random.Generator, optional
        Each epoch with something random in it draws one number from it, from which all the rest follows. The default
        generator if not given.
    transform : callable, optional
        Applied to each batch; to its first entry where it is a tuple or a list. If it has a parameter `generator`, as
        those of `data.transforms` do, it is given one that is the batch's own.
    prefetch : int, default 0
        How many batches are loaded ahead, by a thread in the background. What it raises is raised in the loop, in the
        place of the batch; when the loop is left, the thread ends.

    Raises
    ------
    ValueError
        If `batch_size` is not a positive integer, or `prefetch` no integer from 0 on.
    TypeError
        If `dataset` has no samples by number, `generator` is none, or for an option that only PyTorch has: the message
        says what is in its place.

    Notes
    -----
    ``state_dict()`` tells how far the running epoch is, and `load_state_dict` makes the next loop go on with the batch
    after the last one that was handed out, whatever was loaded ahead.

    A dataset that draws random numbers itself should have a generator of its own: where it is loaded ahead, it draws
    at other times than the loop, and a shared generator would give other numbers to both.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.data import DataLoader, TensorDataset
    >>> dataset = TensorDataset(np.arange(10.0).reshape(5, 2), np.arange(5))
    >>> loader = DataLoader(dataset, batch_size=2, shuffle=True, generator=np.random.default_rng(0), prefetch=2)
    >>> len(loader)
    3
    >>> for inputs, labels in loader:
    ...     print(inputs.shape, labels)
    (2, 2) [3 2]
    (2, 2) [0 4]
    (1, 2) [1]
    """

    @instead_of(_IN_PYTORCH)
    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        generator: np.random.Generator | None = None,
        transform: Callable[..., Any] | None = None,
        prefetch: int = 0,
    ) -> None:
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(f"DataLoader: batch_size={batch_size!r}; it must be a positive integer")
        if not isinstance(prefetch, (int, np.integer)) or prefetch < 0:
            raise ValueError(f"DataLoader: prefetch={prefetch!r} is no number of batches; 0 loads in the loop itself")
        if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
            raise TypeError(
                f"DataLoader: a {type(dataset).__name__} is no dataset, which has __getitem__(index) and __len__(); "
                "make a list of what can only be gone through"
            )
        if generator is not None:
            generator_or_default(generator)  # or a seed in its place would be noticed in the first epoch
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.collate_fn = collate_fn
        self.generator = generator
        self.transform = transform
        self.prefetch = prefetch
        self._epoch: _Epoch | None = None
        self._goes_on = False

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return -(-self._stop(len(self.dataset)) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """Begin an epoch, or go on with the one that a state was loaded of."""
        if self._epoch is None or not self._goes_on:
            self._epoch = _Epoch(self._draw_seed())
        self._goes_on = False
        return self._batches(self._epoch)

    def _draw_seed(self) -> int | None:
        if not self.shuffle and self.transform is None:
            return None
        return int(generator_or_default(self.generator).integers(2**63))

    def _stop(self, count: int) -> int:
        """How many samples of `count` are handed out in an epoch."""
        return count - count % self.batch_size if self.drop_last else count

    def _batches(self, epoch: _Epoch) -> Iterator[Any]:
        """Hand the batches out, and keep account of it."""
        count = len(self.dataset)  # a dataset that grows or shrinks does so for the next epoch
        stop = self._stop(count)
        loaded = self._load(epoch, count, range(epoch.position, stop, self.batch_size))
        with contextlib.closing(prefetched(loaded, self.prefetch) if self.prefetch else loaded) as batches:
            for batch in batches:
                epoch.position = min(epoch.position + self.batch_size, stop)
                yield batch
        if self._epoch is epoch:
            self._epoch = None

    def _load(self, epoch: _Epoch, count: int, starts: range) -> Generator[Any]:
        order = epoch.order(count, self.shuffle)
        own_generator = self.transform is not None and takes_generator(self.transform)
        for start in starts:
            indices = order[start : min(start + self.batch_size, starts.stop)]
            batch = self._collected(indices)
            if self.transform is not None:
                options = {"generator": epoch.generator(start)} if own_generator else {}
                batch = _on_inputs(self.transform, batch, options)
            yield batch

    def _collected(self, indices: Array) -> Any:
        if self.collate_fn is None:
            return batch_of(self.dataset, indices)
        return self.collate_fn([self.dataset[int(index)] for index in indices])

    # ---- state

    def state_dict(self) -> dict[str, Any]:
        """How far the running epoch is, and the generator if the loader has one of its own.

        Returns
        -------
        dict
            Numbers and text, which `io.save` takes. Where the default generator is used, save that too.
        """
        epoch = self._epoch
        return {
            "samples": len(self.dataset),
            "epoch": None if epoch is None else {"seed": epoch.seed, "position": epoch.position},
            "generator": None if self.generator is None else dict(self.generator.bit_generator.state),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state: the next loop begins where the epoch of the state was left.

        Raises
        ------
        ValueError
            If it is of a dataset of another size, or not a state of a loader; the loader is then as it was.
        """
        what = "DataLoader.load_state_dict"
        if not isinstance(state_dict, Mapping) or not {"samples", "epoch", "generator"} <= set(state_dict):
            raise ValueError(f"{what}: it takes what state_dict() returns")
        if state_dict["samples"] != len(self.dataset):
            raise ValueError(
                f"{what}: the state is of {state_dict['samples']} samples, but the dataset has {len(self.dataset)}"
            )
        if (state_dict["generator"] is None) != (self.generator is None):
            raise ValueError(f"{what}: only one of the two loaders, the saved one and this, has a generator of its own")
        resumed = None if state_dict["epoch"] is None else self._resumed(state_dict["epoch"])
        if self.generator is not None:
            self.generator.bit_generator.state = state_dict["generator"]
        self._epoch, self._goes_on = resumed, resumed is not None

    def _resumed(self, epoch: Any) -> _Epoch:
        """The epoch of a state, if it can be one of this loader."""
        seed, position = (epoch.get("seed"), epoch.get("position")) if isinstance(epoch, Mapping) else (-1, -1)
        drawn = isinstance(seed, (int, np.integer)) and seed >= 0
        if not (drawn or seed is None) or not isinstance(position, (int, np.integer)) or position < 0:
            raise ValueError(f"DataLoader.load_state_dict: {epoch!r} is no epoch of a loader; it is damaged")
        if seed is None and self.shuffle:
            raise ValueError(
                "DataLoader.load_state_dict: the state is of a loader that does not shuffle, as this one does"
            )
        return _Epoch(None if seed is None else int(seed), int(position))


def _on_inputs(transform: Callable[..., Any], batch: Any, options: dict[str, Any]) -> Any:
    """Apply a transform to the inputs of a batch: its first entry, if it has several."""
    if not isinstance(batch, (tuple, list)):
        return transform(batch, **options)
    entries = [transform(batch[0], **options), *batch[1:]]
    return type(batch)(*entries) if hasattr(batch, "_fields") else type(batch)(entries)
