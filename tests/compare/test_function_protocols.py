"""Functions as they are written in assignments: forward and backward with a cache, losses, derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import right_layers as given
from scripts import run

from tinygrad_fs import compare

rng = np.random.default_rng(5)


def normal(*shape):
    return rng.standard_normal(shape)


AFFINE = (normal(4, 2, 3), normal(6, 5), normal(5))
STATISTICS = {"mode": "train"}

PAIRS = {
    "affine": ((given.affine_forward, given.affine_backward), {"X": AFFINE}, "x w b", "tensors"),
    "affine, by names": (
        (given.affine_forward, given.affine_backward),
        {"X": dict(zip("xwb", AFFINE))},
        "x w b",
        "tensors",
    ),
    "affine, by shapes": (
        (given.affine_forward, given.affine_backward),
        {"input_shape": [(4, 6), (6, 5), (5,)]},
        "x w b",
        "tensors",
    ),
    "as many samples as features": (
        (given.affine_forward, given.affine_backward),
        {"X": (normal(4, 4), normal(4, 4), normal(4))},
        "x w b",
        "tensors",
    ),
    "convolution": (
        (given.conv_forward, given.conv_backward),
        {"X": (normal(2, 2, 4, 4), normal(2, 2, 3, 3), normal(2), {"stride": 1, "pad": 1})},
        "x w b",
        "traced",
    ),
    "batch normalization": (
        (given.batchnorm_forward, given.batchnorm_backward),
        {"X": (normal(5, 3), normal(3), normal(3), STATISTICS)},
        "x gamma beta",
        "tensors",
    ),
    "dropout": ((given.dropout_forward, given.dropout_backward), {"X": (normal(3, 5), {"p": 0.5})}, "x", "tensors"),
    "lstm": (
        (given.lstm_step_forward, given.lstm_step_backward),
        {"X": (normal(2, 3), normal(2, 2), normal(2, 2), normal(3, 8), normal(2, 8), normal(8))},
        "x h c Wx Wh b",
        "tensors",
    ),
    "a tuple of outputs": ((given.split_forward, given.split_backward), {"X": normal(3, 2)}, "x", "tensors"),
    "a lookup": (
        (given.lookup_forward, given.lookup_backward),
        {"X": (np.array([[0, 3], [3, 1]]), normal(4, 2))},
        "W",
        "tensors",
    ),
    "options": (
        (given.scaled_forward, given.scaled_backward),
        {"X": normal(3), "options": {"scale": 2.5}},
        "x",
        "tensors",
    ),
    "softmax loss": (given.softmax_loss, {"X": (normal(4, 3), np.array([0, 2, 1, 1]))}, "x", "tensors"),
    "a value and its derivative": (
        (given.mean_square, given.mean_square_derivative),
        {"X": (normal(3, 2), normal(3, 2))},
        "p",
        "tensors",
    ),
    "an activation": (given.Sigmoid(), {"input_shape": (4,)}, "x", "tensors"),
    "a loss with its gradient": (given.SquareLoss, {"input_shape": (4,)}, "p", "tensors"),
    "a loss of each sample": (given.SquareLossOfSamples, {"input_shape": (4,)}, "p", "tensors"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_right_functions_are_right(name):
    functions, arguments, names, truth = PAIRS[name]
    report = compare.audit(functions, **arguments)
    assert {finding.name for finding in report.findings} == set(names.split())
    assert {finding.verdict for finding in report.findings} == {"right"}, str(report)
    assert {finding.truth for finding in report.findings} == {truth}


def test_conventions_of_a_hinge_loss():
    report = compare.audit(given.svm_loss, X=(normal(4, 3), np.array([0, 2, 1, 1])))
    assert report.ok
    assert {finding.verdict for finding in report.findings} == {"convention"}


def test_the_second_function_may_be_an_argument_of_its_own():
    assert compare.audit(given.affine_forward, given.affine_backward, X=AFFINE).ok


def test_a_batch_of_one_and_another_stride_are_tried():
    functions, arguments, _, _ = PAIRS["convolution"]
    report = compare.audit(functions, **arguments)
    assert {finding.configuration for finding in report.findings} == {"as given", "batch 1", "stride=2"}


def test_what_is_handed_over_stays_as_it_was():
    copies = [np.array(each) for each in AFFINE]
    compare.audit((given.affine_forward, given.affine_backward), X=AFFINE)
    compare.audit(
        (given.batchnorm_forward, given.batchnorm_backward), X=(normal(5, 3), normal(3), normal(3), STATISTICS)
    )
    assert STATISTICS == {"mode": "train"}
    for array, held in zip(AFFINE, copies):
        np.testing.assert_array_equal(array, held)


# ---- mistakes of students


def mean_for_sum(dout, cache):
    dx, dw, db = given.affine_backward(dout, cache)
    return dx, dw, db / len(dout)


def not_transposed(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), dout.T @ x.reshape(len(x), -1), dout.sum(axis=0)


def in_the_wrong_order(dout, cache):
    dx, dw, db = given.affine_backward(dout, cache)
    return dw, dx, db


def of_the_batch_sum(x, y):
    loss, dx = given.softmax_loss(x, y)
    return loss, dx * len(x)


def by_the_output(x, y):
    loss, dx = given.softmax_loss(x, y)
    return loss, dx + 0.5 / len(x)


class OfTheOutput(given.Sigmoid):
    """s (1 - s), taken of x in the place of s(x)."""

    def gradient(self, x):
        return x * (1 - x)


class HalfOfSamples(given.SquareLossOfSamples):
    def gradient(self, y, p):
        return 0.5 * (p - y)


MISTAKES = {
    "mean for sum": ((given.affine_forward, mean_for_sum), {"X": AFFINE}, {"b": "scaled"}),
    "not transposed": ((given.affine_forward, not_transposed), {"X": AFFINE}, {"w": "shape"}),
    "in the wrong order": ((given.affine_forward, in_the_wrong_order), {"X": AFFINE}, {"x": "shape", "w": "shape"}),
    "not divided by the batch": (
        of_the_batch_sum,
        {"X": (normal(4, 3), np.array([0, 2, 1, 1]))},
        {"x": "scaled"},
    ),
    "something added": (by_the_output, {"X": (normal(4, 3), np.array([0, 2, 1, 1]))}, {"x": "wrong"}),
    "of the output": (OfTheOutput(), {"input_shape": (4,)}, {"x": "wrong"}),
    "half of each sample": (HalfOfSamples(), {"input_shape": (4,)}, {"p": "scaled"}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_found(name):
    functions, arguments, expected = MISTAKES[name]
    report = compare.audit(functions, **arguments)
    first = report.findings[0].configuration
    wrong = {f.name: f.verdict for f in report.findings if f.configuration == first and not f.ok}
    assert wrong == expected
    names = run(report.wrong[0].reproducer)
    by_hand, truth = names["by_hand"], names["truth"]
    assert np.shape(by_hand) != np.shape(truth) or not np.allclose(by_hand, truth)


def test_the_factor_is_told_for_what_it_is():
    report = compare.audit(of_the_batch_sum, X=(normal(4, 3), np.array([0, 2, 1, 1])))
    assert report.wrong[0].detail == "4 times the gradient: the batch size"
    assert report.wrong[0].scale == pytest.approx(4.0)
    assert [f.verdict for f in report.findings] == ["scaled", "right"]  # in a batch of one it cannot be seen


def test_gradients_that_are_not_returned_are_mentioned():
    def backward(dout, cache):
        return given.affine_backward(dout, cache)[:2]

    report = compare.audit((given.affine_forward, backward), X=AFFINE)
    assert report.ok
    assert report.remarks == ("no gradient of b is returned, so that none is audited",)


MISUSE = {
    "no arguments": (given.affine_forward, {"backward": given.affine_backward}, r"X=\(x, w, b\)"),
    "wrong names of arguments": (
        given.affine_forward,
        {"backward": given.affine_backward, "X": {"z": 1}},
        "does not fit",
    ),
    "no floats": (
        (given.affine_forward, given.affine_backward),
        {"X": (np.ones((1, 1), int),) * 3},
        "no array of floats",
    ),
    "too many gradients": (
        (given.scaled_forward, lambda dout, cache: (dout, dout, dout)),
        {"X": normal(3)},
        "returned 3 gradients for 1 arrays",
    ),
    "names that are none": (
        (given.affine_forward, given.affine_backward),
        {"X": AFFINE, "names": ["x", "v"]},
        "the arguments are x, w, b",
    ),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_told_with_the_remedy(name):
    functions, arguments, message = MISUSE[name]
    with pytest.raises(compare.AuditError, match=message):
        compare.audit(functions, **arguments)
