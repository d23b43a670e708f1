"""Anomaly detection: what it finds, what it lets pass, and what it says."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import AnomalyError, detect_anomaly
from tinygrad_fs.watching import watchers


@pytest.fixture(autouse=True)
def numpy_is_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def line() -> int:
    import inspect

    return inspect.currentframe().f_back.f_lineno


def test_a_nan_in_forward_names_op_shapes_and_line():
    with detect_anomaly():
        expected = line() + 2
        with pytest.raises(AnomalyError, match=r"Log made 1 nan, from inputs of shape \(2,\)") as caught:
            tg.log(leaf(1.0, -1.0))
    assert str(caught.value).endswith(f"test_anomaly.py:{expected}")


def test_a_nan_in_backward_names_the_line_of_the_forward():
    with detect_anomaly():
        x = leaf(0.0, 1.0)
        made = line() + 1
        root = tg.sqrt(x)
        y = tg.where(x > 0, root, 0).sum()
        with pytest.raises(
            AnomalyError, match=r"backward of Sqrt made 1 nan in the gradient of input 0, of shape \(2,\)"
        ) as caught:
            y.backward()
    assert str(caught.value).endswith(f"test_anomaly.py:{made}")
    assert x.grad is None


def test_an_inf_in_backward():
    with detect_anomaly():
        y = tg.sqrt(leaf(0.0)).sum()
        # 0.5 / 0: the output that was saved and the gradient are finite
        with pytest.raises(AnomalyError, match="Sqrt made 1 inf"):
            y.backward()


def test_an_inf_that_came_in_passes():
    mask = np.array([0.0, -np.inf])
    with detect_anomaly():
        x = leaf(1.0, 2.0)
        tg.softmax(x + mask).sum().backward()
    assert np.isfinite(x.grad.data).all()


def test_check_inf_can_be_switched_off():
    with detect_anomaly(check_inf=False):
        assert tg.exp(leaf(1000.0)).item() == np.inf
    with detect_anomaly(), pytest.raises(AnomalyError, match="Exp made 1 inf"):
        tg.exp(leaf(1000.0))


def test_nan_always_counts():
    with detect_anomaly(check_inf=False), pytest.raises(AnomalyError, match="Multiply made 1 nan"):
        leaf(np.nan, 1.0) * 2


def test_it_sees_what_is_not_recorded():
    with detect_anomaly(), tg.no_grad(), pytest.raises(AnomalyError, match="Log made 1 nan"):
        tg.log(leaf(-1.0))


def test_it_sees_every_one_of_several_outputs():
    with detect_anomaly(), pytest.raises(AnomalyError, match="Split made 1 nan"):
        tg.split(tg.tensor([1.0, np.nan]), 2)


def test_in_a_recorded_backward():
    with detect_anomaly():
        y = tg.sqrt(leaf(0.0)).sum()
        with pytest.raises(AnomalyError):
            y.backward(create_graph=True)


def test_it_holds_for_its_thread_and_for_its_block():
    errors = []

    def other() -> None:
        try:
            tg.log(leaf(-1.0))
        except AnomalyError as error:
            errors.append(error)

    with detect_anomaly():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert errors == []
    assert watchers == []
    assert np.isnan(tg.log(leaf(-1.0)).item())


def test_a_healthy_program_is_the_same():
    def program() -> list[float]:
        x = leaf(0.5, 1.5)
        (tg.tanh(x) @ tg.exp(x)).backward()
        return x.grad.tolist()

    with detect_anomaly():
        watched = program()
    assert watched == program()
