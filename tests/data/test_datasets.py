"""Datasets and their parts: every sample where it belongs."""

from collections import namedtuple

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.data import Dataset, Subset, TensorDataset, default_collate, random_split


class Squares(Dataset):
    def __init__(self, count=10):
        self.count = count

    def __getitem__(self, index):
        return index, float(index**2)

    def __len__(self):
        return self.count


def test_arrays_and_tensors_by_sample_and_by_batch():
    dataset = TensorDataset(np.arange(12.0).reshape(6, 2), tg.arange(6))
    assert len(dataset) == 6
    inputs, label = dataset[2]
    assert (inputs.tolist(), label.item(), type(label)) == ([4.0, 5.0], 2, tg.Tensor)
    inputs, labels = dataset.batch(np.array([5, 0]))
    assert (inputs.tolist(), labels.tolist()) == ([[10.0, 11.0], [0.0, 1.0]], [5, 0])


def test_a_batch_of_any_dataset():
    indices, squares = Squares().batch(np.array([3, 1]))
    assert (indices.tolist(), squares.tolist()) == ([3, 1], [9.0, 1.0])
    assert (indices.dtype, squares.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("dataset", [Squares(), TensorDataset(np.arange(10), np.arange(10.0) ** 2), list("abcdefghij")])
def test_a_subset_has_its_samples_under_new_numbers(dataset):
    subset = Subset(Subset(dataset, [9, 8, -3, 1]), range(1, 4))
    assert len(subset) == 3
    assert [subset[i] for i in range(3)] == [dataset[i] for i in (8, 7, 1)]
    parts = subset.batch(np.array([2, 0]))
    expected = default_collate([dataset[1], dataset[8]])
    assert [np.asarray(part).tolist() for part in parts] == [np.asarray(part).tolist() for part in expected]


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [([7, 3], [7, 3]), ([0.75, 0.25], [8, 2]), ([0.3, 0.3, 0.4], [3, 3, 4]), ([1.0], [10]), ([0, 10], [0, 10])],
)
def test_a_split_has_every_sample_once(lengths, sizes):
    parts = random_split(Squares(), lengths)
    assert [len(part) for part in parts] == sizes
    assert sorted(sample[0] for part in parts for sample in part) == list(range(10))


def test_a_split_of_one_sample():
    assert [len(part) for part in random_split([5], [0.5, 0.5])] == [1, 0]


def test_a_split_follows_its_generator_or_the_default_one():
    def order(generator=None):
        return random_split(range(50), [50], generator)[0].indices.tolist()

    assert order(np.random.default_rng(1)) == order(np.random.default_rng(1)) != order(np.random.default_rng(2))
    tg.manual_seed(0)
    first = order()
    tg.manual_seed(0)
    assert first == order() != list(range(50))


Pair = namedtuple("Pair", "image label")


def test_what_samples_become_together():
    samples = [{"x": np.float32([i]), "pair": Pair(tg.tensor([1.0 * i]), i > 0), "name": str(i)} for i in range(2)]
    batch = default_collate(samples)
    assert (batch["x"].tolist(), batch["x"].dtype, batch["name"]) == ([[0.0], [1.0]], np.float32, ["0", "1"])
    assert isinstance(batch["pair"], Pair)
    assert isinstance(batch["pair"].image, tg.Tensor)
    assert (batch["pair"].label.tolist(), batch["pair"].label.dtype) == ([False, True], np.bool_)
    assert [each.tolist() for each in default_collate([[1, 2.0], [3, 4.0]])] == [[1, 3], [2.0, 4.0]]
    assert default_collate([np.int16(3), np.int16(4)]).dtype == np.int16


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: TensorDataset(), ValueError, "TensorDataset: no arrays"),
        (lambda: TensorDataset(np.ones(3), np.ones(4)), ValueError, r"\[3, 4\] samples"),
        (lambda: Subset(Squares(), [3, 10]), IndexError, "there is no sample 10; the dataset has 10"),
        (lambda: Subset(Squares(), np.arange(10) > 7), TypeError, r"dtype bool; use np.flatnonzero\(mask\)"),
        (lambda: Subset(Squares(), [0.5]), TypeError, "dtype float64; use integers"),
        (lambda: Subset(Squares(), [[3]]), ValueError, r"shape \(1, 1\)"),
        (lambda: random_split(Squares(), [3, 3]), ValueError, r"\[3, 3\] make 6; they must make 10"),
        (lambda: random_split(Squares(), [-1, 11]), ValueError, "negative"),
        (lambda: random_split(Squares(), [5, 5], 0), TypeError, r"generator=0 is no .*default_rng\(seed\)"),
        (lambda: random_split(Squares(), [0.5, 0.6]), ValueError, "make 1.1"),
        (lambda: default_collate([]), ValueError, "no samples"),
        (lambda: default_collate([np.ones(2), np.ones(3)]), ValueError, r"shapes: \(2,\) and \(3,\).*collate_fn"),
        (lambda: default_collate([tg.ones(2), tg.ones(3)]), ValueError, "differ in their shapes"),
        (lambda: default_collate([(1, 2), (3,)]), ValueError, "differ in their lengths: 2 and 1"),
        (lambda: default_collate([{"a": 1}, {"b": 1}]), ValueError, "differ in their keys"),
        (lambda: default_collate([print]), TypeError, "type builtin_function_or_method cannot be put together"),
        (lambda: Dataset()[0], NotImplementedError, "define `def __getitem__"),
        (lambda: len(Dataset()), NotImplementedError, "define `def __len__"),
    ],
)
def test_misuse_is_told(use, error, message):
    with pytest.raises(error, match=message):
        use()
