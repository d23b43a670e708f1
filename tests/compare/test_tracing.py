"""The tracing namespace: what it gives, whom it concerns, and that it is gone afterwards."""

from __future__ import annotations

import math
import threading
from math import exp

import numpy as np
import pytest
from numpy import zeros as nothings

import tinygrad_fs as tg
from tinygrad_fs.compare.isolation.reach import reach
from tinygrad_fs.compare.trace import tracing

HERE = globals()


def leaf(*values):
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def traced(function, x):
    """The result of a function under the namespace, and its gradient."""
    with tracing([HERE]):
        y = function(x)
        total = y.sum()
    (gradient,) = tg.autograd.grad(total, x)
    return y, gradient.tolist()


def filled(out, x):
    for i in range(len(x)):
        out[i] = x[i] * x[i]
    return out


FUNCTIONS = {
    "zeros": (lambda x: filled(np.zeros(x.shape), x), [2.0, 4.0]),
    "zeros by another name": (lambda x: filled(nothings(2), x), [2.0, 4.0]),
    "ones": (lambda x: filled(np.ones(2), x), [2.0, 4.0]),
    "empty": (lambda x: filled(np.empty((2,)), x), [2.0, 4.0]),
    "full": (lambda x: filled(np.full((2,), 7.0), x), [2.0, 4.0]),
    "full of a tensor": (lambda x: np.full((3,), x[1]), [0.0, 3.0]),
    "zeros_like an array": (lambda x: filled(np.zeros_like(np.array([1.0, 2.0])), x), [2.0, 4.0]),
    "zeros_like a tensor": (lambda x: filled(np.zeros_like(x), x), [2.0, 4.0]),
    "ones_like": (lambda x: filled(np.ones_like(x), x), [2.0, 4.0]),
    "empty_like": (lambda x: filled(np.empty_like(x), x), [2.0, 4.0]),
    "full_like": (lambda x: np.full_like(x, x[0]), [2.0, 0.0]),
    "array of tensors": (lambda x: np.array([x[0] * 2, 5.0, x[1]]), [2.0, 1.0]),
    "array of lists": (lambda x: np.array([[x[0], x[1]], [x[1], 1.0]]), [1.0, 2.0]),
    "array of a tensor": (lambda x: np.array(x) * 2, [2.0, 2.0]),
    "asarray": (lambda x: np.asarray(x) * 2, [2.0, 2.0]),
    "asarray with a dtype": (lambda x: np.asarray(x, np.float32) * 2, [2.0, 2.0]),
    "ascontiguousarray": (lambda x: np.ascontiguousarray(x) * 2, [2.0, 2.0]),
    "eye": (lambda x: np.eye(2) @ x, [1.0, 1.0]),
    "r_": (lambda x: np.r_[x, 1.0, x[1], 0:2], [1.0, 2.0]),
    "c_": (lambda x: np.c_[x, np.ones(2), 3 * x], [4.0, 4.0]),
    "math.exp": (lambda x: filled(np.zeros(2), np.array([math.exp(v) for v in x])), [2 * math.e**2, 2 * math.e**4]),
    "exp from math": (lambda x: exp(x[0]) + exp(0), [math.e, 0.0]),
    "math.log with a base": (lambda x: math.log(x[1], 2), [0.0, 1 / (2 * math.log(2))]),
    "math.pow": (lambda x: math.pow(x[1], 3), [0.0, 12.0]),
    "math.floor": (lambda x: math.floor(x[1]) * x, [2.0, 2.0]),
    "math of numbers": (lambda x: math.sqrt(4) * x, [2.0, 2.0]),
    "isinstance": (lambda x: 2 * x if isinstance(x, np.ndarray) else x * 0, [2.0, 2.0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_allocated_records(name):
    function, gradient = FUNCTIONS[name]
    y, found = traced(function, leaf(1.0, 2.0))
    np.testing.assert_allclose(found, gradient)
    plain = function(np.array([1.0, 2.0]))
    np.testing.assert_allclose(y.numpy(), plain)


def test_integers_and_masks_stay_arrays():
    with tracing([HERE]):
        made = [np.zeros(2, int), np.ones(2, bool), np.array([1, 2]), np.arange(3.0), np.asarray([True])]
        assert isinstance(made[0], np.ndarray)
        assert np.random is np.random
    assert {type(each) for each in made} == {np.ndarray}


def test_all_is_put_back_even_after_an_exception():
    before, exchanged = dict(HERE), []

    def fails():
        exchanged.extend([HERE["np"] is before["np"], HERE["nothings"] is before["nothings"]])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), tracing([HERE]):
        fails()
    assert exchanged == [False, False]
    for name in ("np", "math", "exp", "nothings"):
        assert HERE[name] is before[name]


def test_what_the_code_itself_assigns_stays():
    namespace = {"np": np}
    with tracing([namespace]):
        namespace["np"] = "mine"
    assert namespace["np"] == "mine"


def test_other_threads_see_numpy_as_it_is():
    seen, entered, done = [], threading.Event(), threading.Event()

    def elsewhere():
        entered.wait()
        seen.extend([np.zeros(2), nothings(2), np.array([1.0]), np.r_[1.0, 2.0], math.exp(0.0), np.ndarray])
        seen.append(isinstance(leaf(1.0), np.ndarray))
        done.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    with tracing([HERE]):
        entered.set()
        done.wait(10)
    thread.join()
    assert {type(each) for each in seen[:4]} == {np.ndarray}
    assert seen[4] == 1.0
    assert seen[6] is False


def test_two_threads_trace_one_after_the_other():
    results, barrier = [], threading.Barrier(2)

    def trace():
        barrier.wait()
        results.extend(traced(FUNCTIONS["zeros"][0], leaf(1.0, 2.0))[1] for _ in range(20))

    threads = [threading.Thread(target=trace) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[2.0, 4.0]] * 40
    assert HERE["np"] is np


# ---- what code is reached

helper_module = {"__name__": "helpers", "np": np}
exec("def fill(x):\n    out = np.zeros(x.shape)\n    out[:] = x * x\n    return out", helper_module)
fill = helper_module["fill"]


class Activation:
    def __call__(self, x):
        return fill(x)


class Holder:
    def __init__(self):
        self.activation = Activation()
        self.function = FUNCTIONS["zeros"][0]

    def forward(self, x):
        return self.activation(x)


def test_modules_of_helpers_and_activations_are_reached():
    namespaces = reach([Holder()]).namespaces
    assert any(each is HERE for each in namespaces)
    assert any(each is helper_module for each in namespaces)
    assert not any(each.get("__name__", "").startswith(("numpy", "tinygrad_fs")) for each in namespaces)


def test_generators_in_globals_classes_and_closures_are_reached():
    generators = [np.random.default_rng(i) for i in range(3)]
    lesson = {"__name__": "lesson", "rng": generators[0]}
    exec("class Noise:\n    def forward(self, x):\n        return x + rng.random()", lesson)
    lesson["Noise"].other = generators[1]

    def closure():
        return generators[2].random()

    third = generators[2]
    lesson["Noise"].drawn = lambda self: third.random() + closure()
    found = reach([lesson["Noise"]()]).generators
    assert {id(each) for each in found} >= {id(each) for each in generators}
