"""Loaders: each sample once per epoch, in the loop or ahead of it, from the start or from where it was left."""

import gc
import signal
import threading
import time

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.data import DataLoader, Dataset, TensorDataset

in_the_loop_and_ahead = pytest.mark.parametrize("prefetch", [0, 1, 3])


def loader(count=10, **options):
    options = {"batch_size": 3, "generator": np.random.default_rng(0), **options}
    return DataLoader(TensorDataset(np.arange(count)), **options)


def numbers(batches):
    return [batch[0].tolist() for batch in batches]


def loading_ahead():
    """The threads that load ahead. Python lists one that was interrupted before it started as well, for ever."""
    return [thread for thread in threading.enumerate() if "prefetch" in thread.name and thread.is_alive()]


@pytest.fixture(autouse=True)
def no_threads_left():
    yield
    assert loading_ahead() == []


@in_the_loop_and_ahead
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_an_epoch_has_every_sample_once(shuffle, drop_last, prefetch):
    it = loader(shuffle=shuffle, drop_last=drop_last, prefetch=prefetch)
    batches = numbers(it)
    assert len(it) == len(batches) == (3 if drop_last else 4)
    assert [len(batch) for batch in batches] == [3, 3, 3, 1][: len(it)]
    seen = [number for batch in batches for number in batch]
    assert len(set(seen)) == len(seen)
    assert (seen == sorted(seen)) == (not shuffle)
    assert numbers(it) != batches or not shuffle


def test_the_order_depends_on_the_generator_alone():
    assert numbers(loader(shuffle=True)) == numbers(loader(shuffle=True, prefetch=2))
    tg.manual_seed(1)
    first = numbers(loader(shuffle=True, generator=None))
    tg.manual_seed(1)
    assert numbers(loader(shuffle=True, generator=None)) == first
    tg.manual_seed(1)
    expected = tg.default_generator().integers(1000)
    tg.manual_seed(1)
    numbers(loader(generator=None))  # nothing random in it
    assert tg.default_generator().integers(1000) == expected


def test_any_sequence_is_a_dataset():
    assert [batch.tolist() for batch in DataLoader([1, 2, 3], 2)] == [[1, 2], [3]]
    assert list(DataLoader([], 2)) == []
    assert list(DataLoader([[1], [1, 2]], 2, collate_fn=lambda samples: samples)) == [[[1], [1, 2]]]


def test_a_transform_sees_the_inputs_alone():
    dataset = TensorDataset(np.zeros((4, 1)), np.arange(4))
    for inputs, labels in DataLoader(dataset, 2, transform=lambda x: x + 1):
        assert (inputs.tolist(), labels.min() >= 0) == ([[1.0], [1.0]], True)
    assert [batch.tolist() for batch in DataLoader([1, 2], 2, transform=np.negative)] == [[-1, -2]]


def noisy(inputs, generator):
    return inputs + generator.random(inputs.shape)


def test_what_is_random_in_a_transform_does_not_depend_on_threads():
    epochs = [[numbers(it) for _ in range(2)] for it in (loader(transform=noisy), loader(transform=noisy, prefetch=2))]
    assert epochs[0] == epochs[1]
    assert epochs[0][0] != epochs[0][1]
    assert len({value % 1 for batch in epochs[0][0] for value in batch}) == 10


# ---- in the background


class Watched(Dataset):
    """Counts who loads what, and fails or waits where it is told to."""

    def __init__(self, count=8, fails_at=None, gate=None):
        self.count, self.fails_at, self.gate = count, fails_at, gate
        self.loaded, self.threads, self.modes = [], set(), set()

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == self.fails_at:
            raise KeyError(f"sample {index} is broken")
        if self.gate is not None and index >= 2:
            assert self.gate.wait(10)
        self.loaded.append(index)
        self.threads.add(threading.current_thread().name)
        self.modes.add((tg.is_grad_enabled(), np.geterr()["divide"]))
        return index


def wait_until(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.005)
    pytest.fail("it did not happen within 5 seconds")


def test_batches_are_loaded_ahead_and_no_further():
    dataset = Watched(20)
    batches = iter(DataLoader(dataset, prefetch=3))
    assert next(batches).tolist() == [0]
    wait_until(lambda: len(dataset.loaded) >= 4)
    time.sleep(0.02)
    assert len(dataset.loaded) == 4  # one is out, three wait
    batches.close()
    assert dataset.threads == {"tinygrad_fs prefetch"}


def test_the_thread_has_the_mode_and_the_error_handling_of_the_loop():
    dataset = Watched(4)
    with tg.no_grad(), np.errstate(divide="raise"):
        list(DataLoader(dataset, prefetch=1))
    assert dataset.modes == {(False, "raise")}


@in_the_loop_and_ahead
def test_an_error_comes_in_the_place_of_its_batch(prefetch):
    it, seen = DataLoader(Watched(fails_at=5), 2, prefetch=prefetch), []
    with pytest.raises(KeyError, match="sample 5 is broken") as caught:
        seen.extend(batch.tolist() for batch in it)
    assert "__getitem__" in [entry.name for entry in caught.traceback]  # where it happened
    assert seen == [[0, 1], [2, 3]]
    it.dataset.fails_at = None
    assert len(list(it)) == 4


@pytest.mark.parametrize("leave", ["break", "close", "drop", "error"])
def test_leaving_early_ends_the_thread_even_if_it_waits_for_room(leave):
    dataset = Watched(100)
    it = DataLoader(dataset, prefetch=2)
    if leave == "break":
        for _ in it:
            break
    elif leave == "error":
        with pytest.raises(ZeroDivisionError):
            sum(1 // batch.item() for batch in it)
    else:
        batches = iter(it)
        next(batches)
        if leave == "close":
            batches.close()
        del batches
    wait_until(lambda: not loading_ahead())
    assert len(dataset.loaded) < 10


def test_an_iterator_that_was_never_asked_starts_no_thread():
    before = threading.active_count()
    batches = iter(DataLoader(Watched(), prefetch=2))
    assert threading.active_count() == before
    del batches


def test_work_and_loading_go_on_at_the_same_time():
    """The loop goes on while the thread is kept from its next sample, and the other way round."""
    gate = threading.Event()
    dataset = Watched(4, gate=gate)
    batches = iter(DataLoader(dataset, prefetch=2))
    assert (next(batches).item(), next(batches).item()) == (0, 1)
    assert dataset.loaded == [0, 1]
    gate.set()
    wait_until(lambda: len(dataset.loaded) == 4)  # without being asked
    assert [batch.item() for batch in batches] == [2, 3]


def test_no_reference_cycles_are_left():
    gc.collect()
    gc.disable()
    try:
        for prefetch in (0, 2):
            list(loader(prefetch=prefetch, shuffle=True))
            for _ in loader(prefetch=prefetch):
                break
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---- state


@in_the_loop_and_ahead
@pytest.mark.parametrize("handed_out", [0, 1, 3, 4])
@pytest.mark.parametrize("through", ["memory", "file"])
def test_an_epoch_goes_on_where_it_was_left(handed_out, prefetch, through, tmp_path):
    options = {"shuffle": True, "transform": noisy, "prefetch": prefetch}
    reference = loader(**options)
    epochs = [numbers(reference) for _ in range(3)]

    it = loader(**options)
    assert numbers(it) == epochs[0]
    batches = iter(it)
    seen = [next(batches)[0].tolist() for _ in range(handed_out)]
    state = it.state_dict()
    if through == "file":
        tg.io.save(tmp_path / "x.npz", state)
        state = tg.io.load(tmp_path / "x.npz")
    resumed = loader(**options)
    resumed.load_state_dict(state)
    assert seen + numbers(resumed) == epochs[1]
    assert numbers(resumed) == epochs[2]


def test_between_epochs_there_is_nothing_to_go_on_with():
    it = loader(shuffle=True)
    first = numbers(it)
    other = loader(shuffle=True)
    other.load_state_dict(it.state_dict())
    assert numbers(other) == numbers(it) != first


def test_after_a_break_a_new_loop_is_a_new_epoch_but_the_state_is_that_of_the_old_one():
    it = loader()
    for _ in it:
        break
    state = it.state_dict()
    assert numbers(it)[0] == [0, 1, 2]
    it.load_state_dict(state)
    assert numbers(it)[0] == [3, 4, 5]
    assert numbers(it)[0] == [0, 1, 2]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "what state_dict"),
        ({"epoch": None}, "what state_dict"),
        (loader(9).state_dict(), "of 9 samples, but the dataset has 10"),
        (loader(generator=None).state_dict(), "has a generator of its own"),
        ({**loader().state_dict(), "epoch": {"seed": None, "position": 3}}, "of a loader that does not shuffle"),
        ({**loader().state_dict(), "generator": {"bit_generator": "MT19937"}}, "MT19937|PCG64"),
        *[
            ({**loader().state_dict(), "epoch": epoch}, "is no epoch of a loader")
            for epoch in (
                5,
                {},
                {"seed": "x", "position": 2},
                {"seed": -1, "position": 2},
                {"seed": None, "position": -4},
            )
        ],
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, message):
    it = loader(shuffle=True)
    next(iter(it))
    before = it.state_dict()
    with pytest.raises(ValueError, match=message):
        it.load_state_dict(state)
    assert it.state_dict() == before


@pytest.mark.parametrize(
    "options", [{"batch_size": 0}, {"batch_size": 2.0}, {"batch_size": None}, {"prefetch": -1}, {"prefetch": 1.5}]
)
def test_misuse_is_told(options):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"DataLoader: {name}={value}"):
        DataLoader([1], **options)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: DataLoader(5), "a int is no dataset"),
        (lambda: DataLoader(iter([1, 2])), "a list_iterator is no dataset, .* make a list of"),
        (lambda: DataLoader({1, 2}), "a set is no dataset"),
        (lambda: DataLoader([1], shuffle=True, generator=0), "|generator=0 is no numpy.random.Generator"),
        (lambda: DataLoader([1], num_workers=4), "num_workers= is not here; write prefetch="),
        (lambda: DataLoader([1], pin_memory=True), "pin_memory= is not here; leave it out"),
        (lambda: DataLoader([1], sampler=[0]), "sampler= is not here; write Subset"),
        (lambda: DataLoader([1], shufle=True), "unexpected keyword argument 'shufle'"),
    ],
)
def test_what_it_cannot_work_with_is_told(use, message):
    with pytest.raises(TypeError, match=f"DataLoader.*{message}"):
        use()


@pytest.mark.parametrize("prefetch", [0, 2])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_dataset_may_change_its_length_from_epoch_to_epoch(prefetch, shuffle):
    samples = list(range(6))
    it = DataLoader(samples, 2, shuffle=shuffle, prefetch=prefetch)
    seen = []
    for batch in it:
        seen += batch.tolist()
        samples.append(99)
    assert sorted(seen) == list(range(6))
    assert len(np.concatenate(list(it))) == len(samples) == 9


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_dataset_that_loses_samples_on_the_way_says_so_itself(prefetch):
    samples = list(range(6))
    batches = iter(DataLoader(samples, 2, prefetch=prefetch, transform=lambda batch: samples.clear() or batch))
    next(batches)
    with pytest.raises(IndexError, match="list index out of range"):
        list(batches)


def test_an_interrupt_ends_the_thread_and_the_place_is_known():
    class Interrupted:
        def __len__(self):
            return 100

        def __getitem__(self, index):
            if index == 5:
                raise KeyboardInterrupt
            return index

    threads = threading.active_count()
    it = DataLoader(Interrupted(), 2, prefetch=3)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(batch.tolist() for batch in it)
    assert seen == [[0, 1], [2, 3]]
    assert it.state_dict()["epoch"]["position"] == 4
    assert threading.active_count() == threads


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
def test_an_interrupt_at_any_moment_ends_the_loop_and_the_thread():
    """A lock that Ctrl-C leaves locked would need a second one to get out of."""
    it, interrupts = DataLoader([1] * 500, 2, prefetch=2), []

    def interrupt(*_):
        interrupts.append(1)
        raise KeyboardInterrupt

    def loop(delay):
        signal.setitimer(signal.ITIMER_REAL, delay, 30.0)  # the second would come where the first does not get through
        while True:
            list(it)

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for delay in np.linspace(0.002, 0.012, 60):
            with pytest.raises(KeyboardInterrupt):
                loop(delay)
            signal.setitimer(signal.ITIMER_REAL, 0)
            wait_until(lambda: not loading_ahead())
    finally:
        signal.signal(signal.SIGALRM, before)
    assert len(interrupts) == 60
