"""Splits and minibatches: nothing lost, nothing twice, and the same again for the same seed."""

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.data import batches, train_test_split


@pytest.mark.parametrize(
    ("count", "test_size", "tested"), [(1797, 0.4, 719), (10, 0.25, 3), (100, 0.07, 7), (10, 4, 4), (2, 0.01, 1)]
)
def test_a_split_has_every_sample_once(count, test_size, tested):
    train, test = train_test_split(np.arange(count), test_size=test_size)
    assert len(test) == tested
    assert sorted([*train, *test]) == list(range(count))


def test_arrays_are_split_alike():
    rows = np.arange(20)
    tens_train, tens_test, train, test = train_test_split(rows[:, None] * 10, rows, test_size=0.4, seed=3)
    np.testing.assert_array_equal(tens_train[:, 0], train * 10)
    np.testing.assert_array_equal(tens_test[:, 0], test * 10)


def test_a_split_depends_on_its_seed_alone():
    tg.manual_seed(5)
    first = train_test_split(np.arange(50), seed=1)
    drawn = tg.rand(3)
    tg.manual_seed(5)
    np.testing.assert_array_equal(drawn.numpy(), tg.rand(3).numpy())
    second, other = train_test_split(np.arange(50), seed=1), train_test_split(np.arange(50), seed=2)
    np.testing.assert_array_equal(first[1], second[1])
    assert first[1].tolist() != other[1].tolist()


def test_tensors_are_split_into_tensors():
    train, test = train_test_split(tg.tensor([[1.0], [2.0], [3.0]]), test_size=1)
    assert isinstance(train, tg.Tensor)
    assert (train.shape, test.shape) == ((2, 1), (1, 1))


@pytest.mark.parametrize("test_size", [0, 0.0, 1.0, 10, 11, -1, -0.5, float("nan"), float("inf")])
def test_a_split_that_leaves_a_part_empty_is_refused(test_size):
    with pytest.raises(ValueError, match=r"train_test_split: test_size=.* of 10 samples"):
        train_test_split(np.arange(10), test_size=test_size)


@pytest.mark.parametrize(
    ("shuffle", "drop_last", "sizes"),
    [(True, False, [4, 4, 2]), (False, False, [4, 4, 2]), (True, True, [4, 4]), (False, True, [4, 4])],
)
def test_batches_go_through_all_samples_once(shuffle, drop_last, sizes):
    tens, y = np.arange(10)[:, None] * 10, np.arange(10)
    seen = list(batches(tens, y, batch_size=4, shuffle=shuffle, drop_last=drop_last))
    assert [len(labels) for _, labels in seen] == sizes
    labels = np.concatenate([labels for _, labels in seen])
    assert len(set(labels)) == sum(sizes)
    for images, part in seen:
        np.testing.assert_array_equal(images[:, 0], part * 10)
    if not shuffle:
        np.testing.assert_array_equal(labels, y[: sum(sizes)])


def order_of(generator=None):
    return np.concatenate([part for (part,) in batches(np.arange(30), batch_size=7, generator=generator)]).tolist()


def test_the_order_comes_from_the_generator():
    assert order_of(np.random.default_rng(1)) == order_of(np.random.default_rng(1))
    generator = np.random.default_rng(1)
    assert order_of(generator) != order_of(generator)


def test_without_a_generator_the_order_comes_from_the_default_one():
    tg.manual_seed(2)
    first = order_of()
    tg.manual_seed(2)
    assert order_of() == first
    assert order_of() != first


def test_without_a_shuffle_batches_are_views_and_draw_nothing():
    tg.manual_seed(4)
    expected = tg.default_generator().integers(1000)
    tg.manual_seed(4)
    samples = np.arange(6)
    (first, *_) = batches(samples, batch_size=3, shuffle=False)
    assert np.shares_memory(first[0], samples)
    assert tg.default_generator().integers(1000) == expected


def test_tensors_give_batches_of_tensors():
    ((batch,),) = batches(tg.tensor([1.0, 2.0]), batch_size=5, shuffle=False)
    assert isinstance(batch, tg.Tensor)
    assert batch.tolist() == [1.0, 2.0]


def test_no_samples_give_no_batches():
    assert list(batches(np.empty((0, 3)), batch_size=2)) == []


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, "2", None])
def test_a_batch_size_that_is_no_positive_integer_is_refused_at_once(batch_size):
    with pytest.raises(ValueError, match=r"batch_size=.*positive integer"):
        batches(np.arange(3), batch_size=batch_size)


@pytest.mark.parametrize("use", [train_test_split, lambda *arrays: batches(*arrays, batch_size=2)])
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((), "no arrays"),
        ((np.zeros(3), np.zeros(4)), r"\[3, 4\] samples"),
        ((np.zeros(3), np.array(1.0)), "ndarray has no axis"),
        (([1, 2, 3],), "list has no axis"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_at_once(use, arrays, message):
    with pytest.raises(ValueError, match=message):
        use(*arrays)
