"""Layers that are not written for being audited: they write into their input, keep locks, print, fail, forget."""

from __future__ import annotations

import math
import random
import threading

import numpy as np
import pytest
from numpy import zeros
from scripts import run

from tinygrad_fs import compare


class WritesIntoItsInput:
    def forward(self, x):
        x[x < 0] = 0
        self.x = x
        return x * x

    def backward(self, g):
        g *= 2 * self.x
        return g


class HoldsWhatCannotBeCopied:
    def __init__(self):
        self.lock, self.library, self.steps = threading.Lock(), np, iter(range(9))

    def forward(self, x):
        with self.lock:
            self.y = self.library.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - self.y**2)


class RefusesToBeCopied:
    def __init__(self):
        self.scale = np.array([2.0, 3.0])

    def __reduce_ex__(self, protocol):
        raise TypeError("this cannot be copied")

    def forward(self, x):
        self.x = x
        return x * self.scale

    def backward(self, g):
        self.dscale = (g * self.x).sum(axis=0)
        return g * self.scale


class UsesMath:
    def forward(self, x):
        self.y = np.empty(x.shape)
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                self.y[i, j] = math.exp(x[i, j]) / (1 + math.exp(x[i, j])) + math.pow(x[i, j], 2)
        self.x = x
        return self.y

    def backward(self, g):
        s = self.y - self.x**2
        return g * (s * (1 - s) + 2 * self.x)


class FillsZerosByAnotherName:
    def forward(self, x):
        out = zeros((len(x), 2))
        out[:, 0] = x.sum(axis=1)
        out[:, 1] = np.array([row @ row for row in x])
        self.x = x
        return np.c_[out, x]

    def backward(self, g):
        return g[:, :1] + 2 * self.x * g[:, 1:2] + g[:, 2:]


class FillsABufferThatItHolds:
    def __init__(self):
        self.buffer = np.zeros((3, 2))

    def forward(self, x):
        self.buffer[: len(x)] = 3 * x
        return self.buffer[: len(x)].copy()

    def backward(self, g):
        return 3 * g


class ConvertsToFloats:
    """No tape follows this; differences do."""

    def forward(self, x):
        self.x = x
        return np.array([[float(value) ** 2 for value in row] for row in x])

    def backward(self, g):
        return 2 * g * self.x


class DetachesSilently:
    """Runs on Tensors, but without history: differences contradict the zeros of the tape."""

    def forward(self, x):
        self.x = x
        return x + np.array([[value.item() ** 2 for value in row] for row in x])

    def backward(self, g):
        return g * (1 + 2 * self.x)


class ChecksForArrays:
    def forward(self, x):
        if not isinstance(x, np.ndarray):
            raise TypeError("arrays only")
        self.x = np.asarray(x)
        return self.x**3

    def backward(self, g):
        return 3 * g * self.x**2


class ReturnsFloat32:
    def __init__(self):
        self.W = np.random.default_rng(0).standard_normal((3, 2)).astype(np.float32)
        self.params, self.grads = {"W": self.W}, {"W": np.zeros_like(self.W)}

    def forward(self, x):
        self.x = x.astype(np.float32)
        return self.x @ self.params["W"]

    def backward(self, g):
        self.grads["W"][...] = self.x.T @ g
        return (g @ self.params["W"].T).astype(np.float32)


class Prints:
    def forward(self, x):
        print("forward")
        return -x

    def backward(self, g):
        print("backward")
        return -g


class DrawsFromEverywhere:
    """NumPy's global generator, Python's, its own, and one that its module holds."""

    def __init__(self):
        self.rng, self.old = np.random.default_rng(), np.random.RandomState()

    def forward(self, x):
        self.noise = np.random.rand(*x.shape) + random.random() + self.rng.random(x.shape) + self.old.rand(*x.shape)
        self.noise = self.noise * module_generator.random(x.shape)
        return x * self.noise

    def backward(self, g):
        return g * self.noise


module_generator = np.random.default_rng(1)


class CarriesState:
    """What it keeps from the call before is a constant of this one."""

    def __init__(self):
        self.mean = np.zeros(3)

    def forward(self, x):
        self.used = self.mean
        self.mean = 0.5 * self.mean + x.mean(axis=0)
        return x * self.used + x

    def backward(self, g):
        return g * (self.used + 1)


class Recurses:
    """A reference to itself, and parts that refer back."""

    def __init__(self):
        self.me, self.parts = self, [{"owner": self}]

    def forward(self, x):
        return 2 * x

    def backward(self, g):
        return 2 * g


RIGHT = {
    WritesIntoItsInput: "tensors",
    HoldsWhatCannotBeCopied: "tensors",
    RefusesToBeCopied: "tensors",
    UsesMath: "traced",
    FillsZerosByAnotherName: "traced",
    FillsABufferThatItHolds: "traced",
    ConvertsToFloats: "differences",
    DetachesSilently: "differences",
    ChecksForArrays: "traced",
    ReturnsFloat32: "tensors",
    Prints: "tensors",
    DrawsFromEverywhere: "tensors",
    CarriesState: "tensors",
    Recurses: "tensors",
}
SIZES = {RefusesToBeCopied: 2, FillsABufferThatItHolds: 2}


@pytest.mark.parametrize("layer", RIGHT, ids=lambda layer: layer.__name__)
def test_no_alarm(layer, capsys):
    report = compare.audit(layer(), input_shape=(SIZES.get(layer, 3),))
    assert {finding.verdict for finding in report.findings} == {"right"}, str(report)
    assert {finding.truth for finding in report.findings} == {RIGHT[layer]}
    assert capsys.readouterr().out == ""


def test_writing_into_what_was_handed_over_is_remarked():
    remarks = compare.audit(WritesIntoItsInput(), input_shape=(3,)).remarks
    assert any(remark.startswith("forward writes into its input") for remark in remarks)
    assert "backward writes into the gradient that it is handed" in remarks


class ReturnsNone:
    def forward(self, x):
        return 2 * x

    def backward(self, g):
        pass


class ForwardReturnsNone:
    def forward(self, x):
        2 * x

    def backward(self, g):
        return 2 * g


class ReturnsText(ReturnsNone):
    def backward(self, g):
        return "2 * g"


class RaisesInBackward(ReturnsNone):
    def backward(self, g):
        raise KeyError("cache")


class RaisesInForward(ReturnsNone):
    def forward(self, x):
        return x @ np.ones((7, 2))


class RaisesInInitialize:
    def initialize(self, optimizer):
        self.W = np.ones(self.n_units)

    def forward_pass(self, X, training=True):
        return X

    def backward_pass(self, accum_grad):
        return accum_grad


class NeverTheSame(ReturnsNone):
    def forward(self, x):
        return x * np.random.default_rng().random(x.shape)


class NeverFinite(ReturnsNone):
    def forward(self, x):
        return x / 0.0


class SqueezesABatchOfOne(ReturnsNone):
    def forward(self, x):
        return x.squeeze()[:, None] * np.ones((1, 2))

    def backward(self, g):
        return g.sum(axis=-1)


class NanAtZero(ReturnsNone):
    def forward(self, x):
        self.x = x
        return np.sqrt(x * x)

    def backward(self, g):
        return g * self.x / np.sqrt(self.x * self.x)


class SevenAtZero(ReturnsNone):
    """A kink, but no choice that could be defended."""

    def forward(self, x):
        self.x = x
        return np.abs(x)

    def backward(self, g):
        return g * np.where(self.x == 0, 7.0, np.sign(self.x))


class StaleState(CarriesState):
    """By the new state in the place of the one that forward used."""

    def backward(self, g):
        return g * (self.mean + 1)


class ForgetsTheFirstBatch(ReturnsNone):
    """The input is kept the first time only."""

    def __init__(self):
        self.x = None

    def forward(self, x):
        if self.x is None:
            self.x = x
        return x * x

    def backward(self, g):
        return 2 * g * self.x


WRONG = {
    ReturnsNone: ("shape", "backward returned None"),
    ReturnsText: ("shape", "backward gave a str"),
    ForwardReturnsNone: ("error", "forward must return an array of real numbers; it returned None"),
    RaisesInBackward: ("error", "backward raised KeyError: 'cache'"),
    RaisesInForward: ("error", "forward raised ValueError: matmul"),
    RaisesInInitialize: ("error", "initialize raised AttributeError"),
    NeverTheSame: ("error", "forward gave different outputs in two runs"),
    NeverFinite: ("error", "forward gave no finite values"),
    SqueezesABatchOfOne: ("error", "forward raised"),
    NanAtZero: ("nonfinite", "entries are nan or infinite, and the slopes are not"),
    SevenAtZero: ("partial", "wrong where input is 0"),
    StaleState: ("wrong", "cosine"),
    ForgetsTheFirstBatch: ("stale", "of an earlier forward"),
}
SHAPES = {SqueezesABatchOfOne: ()}


@pytest.mark.parametrize("layer", WRONG, ids=lambda layer: layer.__name__)
def test_what_is_wrong_is_said(layer):
    report = compare.audit(layer(), input_shape=SHAPES.get(layer, (3,)))
    verdict, words = WRONG[layer]
    assert {finding.verdict for finding in report.wrong} == {verdict}, str(report)
    assert words in report.wrong[0].detail


@pytest.mark.parametrize("layer", [RaisesInBackward, RaisesInForward], ids=lambda layer: layer.__name__)
def test_a_script_for_an_exception_raises_it(layer):
    (finding,) = compare.audit(layer(), input_shape=(3,)).findings
    with pytest.raises((KeyError, ValueError)):
        run(finding.reproducer)


def test_a_refusal_of_a_batch_of_one_is_no_error():
    class NeedsTwo(Prints):
        def forward(self, x):
            if len(x) < 2:
                raise ValueError("statistics need two samples")
            return -x

    report = compare.audit(NeedsTwo(), input_shape=(3,))
    assert report.ok
    assert report.remarks == ("not audited with batch 1: forward raised ValueError: statistics need two samples",)


def test_global_random_states_are_left_alone():
    states = np.random.get_state()[1].copy(), random.getstate(), module_generator.bit_generator.state
    compare.audit(DrawsFromEverywhere(), input_shape=(3,))
    np.testing.assert_array_equal(states[0], np.random.get_state()[1])
    assert states[1:] == (random.getstate(), module_generator.bit_generator.state)


def test_the_object_that_is_handed_over_is_left_alone():
    layer = CarriesState()
    compare.audit(layer, input_shape=(3,))
    assert vars(layer).keys() == {"mean"}
    assert not layer.mean.any()


class Doubles:
    def forward(self, x, times=2.0):
        return times * x

    def backward(self, g):
        return 2.0 * g


class DoublesAsMade(Doubles):
    def __init__(self, name):
        self.name = name


class Quits(Doubles):
    def forward(self, x):
        raise SystemExit(3)


def one_value(x):
    return 2 * x


MISUSES = [
    ((np,), {"input_shape": 3}, "numpy is a module; name a layer or functions in it"),
    ((Doubles,), {}, "takes inputs of a shape that is not known; give input_shape="),
    ((Doubles,), {"input_shape": "3"}, "input_shape='3' is no shape; write"),
    ((Doubles,), {"input_shape": (2.5,)}, "is no shape"),
    ((Doubles,), {"input_shape": (-3,)}, "is no shape"),
    ((Doubles,), {"input_shape": (3, 0)}, "has no entries, so that nothing would be compared"),
    ((Doubles,), {"input_shape": (10**10, 10**10)}, "does not fit into memory"),
    ((Doubles,), {"X": np.full((2, 3), np.nan)}, "X holds nan or infinite values"),
    ((Doubles,), {"X": np.array([[1.0, np.inf]])}, "X holds nan or infinite values"),
    ((Doubles,), {"X": np.zeros((0, 3))}, "has no entries"),
    ((Doubles,), {"X": "text"}, "was given no array of real numbers to begin with, but a str"),
    ((Doubles,), {"X": np.ones((2, 3), complex)}, "but an array of complex128"),
    ((Doubles,), {"X": np.ones((2, 3), int)}, "give X of floats, or name the parameters"),
    (
        (Doubles,),
        {"X": (np.ones((2, 3)), np.ones((2, 3)), 1)},
        "given 3 inputs, which do not fit forward(x, times=2.0)",
    ),
    ((Doubles,), {"input_shape": 3, "options": {"scale": 2}}, "unexpected keyword argument 'scale'"),
    ((Doubles(),), {"input_shape": 3, "args": (1,)}, "args and kwargs are for the constructor of a class"),
    ((DoublesAsMade,), {"input_shape": 3}, r"give what it needs as args=(...)"),
    ((one_value, 3), {"X": np.ones(3)}, "functions come in pairs, forward and backward"),
    (((one_value, one_value, one_value),), {"X": np.ones(3)}, "functions come in pairs, forward and backward"),
    ((Doubles,), {"input_shape": 3, "names": 7}, "names lead from parameters to their gradients"),
    ((Doubles,), {"input_shape": 3, "modes": ["train"]}, "has no mode 'train'; it has training"),
    ((Doubles,), {"input_shape": 3, "batch_size": 0}, "batch_size=0; it must be a whole number, 1 or more"),
    ((Doubles,), {"input_shape": 3, "draws": 0}, "draws=0; it must be"),
    ((Doubles,), {"input_shape": 3, "budget": 2.5}, "budget=2.5; it must be"),
    ((Doubles,), {"input_shape": 3, "seed": -1}, "seed=-1; it must be a whole number, 0 or more"),
]


@pytest.mark.parametrize(("given", "arguments", "words"), MISUSES, ids=[words[:40] for _, _, words in MISUSES])
def test_misuse_is_told_with_the_remedy(given, arguments, words):
    with pytest.raises(compare.AuditError) as caught:
        compare.audit(*given, **arguments)
    assert words in str(caught.value)
    assert str(caught.value).startswith("audit: ")


def test_a_mode_may_be_named_alone():
    assert compare.audit(Doubles, input_shape=3, modes="training").ok


def test_code_that_ends_the_program_is_a_finding():
    (finding,) = compare.audit(Quits, input_shape=3).findings
    assert (finding.verdict, finding.detail) == ("error", "forward called sys.exit(3)")


def test_a_function_without_a_gradient_is_told():
    report = compare.audit(one_value, X=np.ones(3))
    assert str(report).startswith("one_value: it fails\n")
    assert "must return (loss, gradient), and returned one value" in report.findings[0].detail
