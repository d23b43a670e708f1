"""Reproducers: scripts of their own, small, and run before they are handed out."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import replicas
import right_layers
from scripts import run

from tinygrad_fs import compare
from tinygrad_fs.compare.reproducers.script import InexpressibleError, Script


def script_of(layer, name="input", **arguments):
    report = compare.audit(layer, draws=2, **arguments)
    return next(finding.reproducer for finding in report.findings if finding.name == name and not finding.ok)


def shown(script):
    names = run(script)
    assert np.shape(names["by_hand"]) != np.shape(names["truth"]) or not np.allclose(names["by_hand"], names["truth"])
    return names


class MeanForSum(right_layers.Dense):
    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            self.W = self.W_opt.update(self.W, self.layer_input.T.dot(accum_grad) / len(accum_grad))
            self.w0 = self.w0_opt.update(self.w0, accum_grad.sum(axis=0, keepdims=True))
        return accum_grad.dot(W.T)


def test_the_example_is_small():
    in_training = {"modes": ["training"], "variations": False}
    names = shown(script_of(MeanForSum(7), "W", input_shape=(9,), batch_size=8, **in_training))
    assert names["X"].shape == (2, 1)  # in a batch of one it would be right
    names = shown(script_of(replicas.UpSamplingTopLeft, input_shape=(3, 5, 4), **in_training))
    assert names["X"].shape == (1, 1, 1, 1)
    names = shown(script_of(replicas.RnnReplica(2, 9), input_shape=(7, 3), **in_training))
    assert names["X"].shape[0:2] == (1, 2)


def test_numbers_are_short():
    script = script_of(replicas.SoftmaxDiagonal, input_shape=(6,), batch_size=5)
    assert "X = np.array([[1.0, -2.0]])" in script


def test_it_runs_on_its_own(tmp_path):
    (tmp_path / "lesson.py").write_text(
        textwrap.dedent(
            """
            class Cube:
                def forward(self, x):
                    self.x = x
                    return x**3

                def backward(self, g):
                    return 3 * g * self.x
            """
        ),
        encoding="utf-8",
    )
    code = """
import lesson
from tinygrad_fs import compare
print(compare.audit(lesson.Cube, input_shape=2).wrong[0].reproducer)
"""

    def printed(code):
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stdout

    script = printed(code)
    assert "tinygrad_fs" not in script
    shown_there = printed(script)
    assert "by hand:" in shown_there
    assert "the gradient:" in shown_there


def test_what_refers_to_itself_is_taken_over_once(tmp_path):
    (tmp_path / "lesson.py").write_text(
        textwrap.dedent(
            """
            from tinygrad_fs import compare

            def factorial(n):
                return n * factorial(n - 1) if n else 1

            class Counting:
                count = 0

                def forward(self, x):
                    Counting.count += 1
                    return x * factorial(3)

                def backward(self, g):
                    return Other().through(g)

            class Other:
                def through(self, g):
                    return g * factorial(2) + 0 * Counting.count

            if __name__ == "__main__":
                print(compare.audit(Counting, input_shape=2).wrong[0].reproducer)
            """
        ),
        encoding="utf-8",
    )
    command = [sys.executable, "lesson.py"]
    script = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stdout
    for line in "def factorial(n):", "class Counting:", "class Other:":
        assert script.count(line) == 1
    shown(script)


def test_what_was_typed_in_is_taken_from_there():
    code = """
class Cube:
    def forward(self, x):
        self.x = x
        return x**3

    def backward(self, g):
        return 3 * g * self.x


from tinygrad_fs import compare

script = compare.audit(Cube, input_shape=2).wrong[0].reproducer
print(script)
exec(script)
"""
    result = subprocess.run([sys.executable], input=code, capture_output=True, encoding="utf-8", check=True)
    assert "from __main__ import Cube  # to be run where it was typed in" in result.stdout
    assert "the gradient:\n" in result.stdout


def local_classes():
    """Classes that cannot be imported."""

    class Base:
        factor = 2

        def forward(self, x):
            return x * self.factor

    class Triple(Base):
        def backward(self, g):
            return g * 3

    return Triple


def test_a_local_class_is_taken_over_with_its_bases():
    script = script_of(local_classes(), input_shape=(2,))
    assert "class Base:" in script
    assert script.index("class Base:") < script.index("class Triple(Base):")
    assert shown(script)["by_hand"].shape == (1, 2)


class Activated:
    """Made with an object and a function."""

    def __init__(self, activation, transform=np.tanh, scale=2.0):
        self.activation, self.transform, self.scale = activation, transform, scale

    def forward(self, x):
        return self.scale * self.transform(self.activation(x))

    def backward(self, g):
        return g


def test_an_object_is_made_again_by_its_arguments():
    script = script_of(Activated(right_layers.Sigmoid(), np.sin), input_shape=(2,))
    assert "layer = Activated(activation=Sigmoid(), transform=np.sin)" in script
    shown(script)


class Forgets:
    """Its arguments cannot be read off, so that its attributes are set."""

    def __init__(self, size):
        self.table = {"W": np.full(size, 0.5), "names": ["a", ("b",)], "size": (size,)}
        self.rng = np.random.default_rng(7)
        self.nothing = None

    def forward(self, x):
        self.mask = self.rng.random(x.shape) > 0.5
        return x * self.table["W"] * (1 + self.mask)

    def backward(self, g):
        return g


def test_an_object_is_made_again_by_its_attributes():
    script = script_of(Forgets(2), input_shape=(2,))
    assert "layer = object.__new__(Forgets)" in script
    assert "layer.rng = np.random.default_rng(0)" in script
    shown(script)


class Counting(Forgets):
    def __init__(self, size):
        super().__init__(size)
        self.numbers = (number for number in range(9))


def test_what_cannot_be_written_down_is_said():
    script = script_of(Counting(2), input_shape=(2,))
    assert script.startswith("# Counting could not be written down as a script of its own: ")


def test_random_numbers_are_seeded():
    class Noisy:
        def forward(self, x):
            self.noise = np.random.rand(*x.shape)
            return x * self.noise

        def backward(self, g):
            return g * self.noise**2

    script = script_of(Noisy, input_shape=(2,))
    assert "np.random.seed(0)" in script
    assert "random.seed(0)" not in script.replace("np.random.seed(0)", "")
    first, second = shown(script), shown(script)
    np.testing.assert_array_equal(first["by_hand"], second["by_hand"])


EXPRESSIONS = [
    None,
    True,
    -3,
    1.5,
    float("inf"),
    "text",
    b"bytes",
    (1,),
    (1, 2.0),
    [1, [2]],
    {"a": 1, (0, 1): [None]},
    np.float32(2.5),
]


@pytest.mark.parametrize("value", EXPRESSIONS, ids=repr)
def test_expressions_give_back_the_value(value):
    script = Script()
    expression = script.expression(value)
    assert eval(expression, run(script.top)) == value


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.0, np.nan, -np.inf]),
        np.arange(4).reshape(2, 2),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.array(2.0),
        np.ones(2, np.float32),
    ],
)
def test_arrays_give_back_themselves(array):
    script = Script()
    expression = script.expression(array)
    found = eval(expression, run(script.top))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


@pytest.mark.parametrize("generator", [np.random.default_rng(3), np.random.RandomState(3), random.Random(3)])
def test_a_generator_begins_anew(generator):
    script = Script()
    expression = script.expression(generator)
    assert type(eval(expression, run(script.top))) is type(generator)


@pytest.mark.parametrize("value", [(n for n in ()), lambda: 0, np.array([object()])])
def test_what_has_no_expression_says_so(value):
    with pytest.raises(InexpressibleError):
        Script().expression(value)
