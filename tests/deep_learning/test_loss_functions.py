"""Losses, alone and fused with the sigmoid or softmax before them."""

from __future__ import annotations

import decimal
from decimal import Decimal

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck
from tinygrad_fs.deep_learning.entropy import ClippedCrossEntropy, SigmoidCrossEntropy, SoftmaxCrossEntropy
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, Loss, SquareLoss

Y = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]])
P = np.array([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.05, 0.9, 0.05]])
SCORES = np.array([[0.3, -1.2, 2.0], [0.5, 0.5, -0.1], [1.0, 0.2, 0.4]])


@pytest.mark.parametrize("loss", [SquareLoss(), CrossEntropy()], ids=lambda loss: type(loss).__name__)
class TestEach:
    def test_gradient_is_the_slope(self, loss):
        step = 1e-6
        slope = (loss.loss(Y, P + step) - loss.loss(Y, P - step)) / (2 * step)
        np.testing.assert_allclose(loss.gradient(Y, P), slope, rtol=1e-7, atol=1e-9)

    def test_on_a_tensor_it_records(self, loss):
        p = tg.Tensor(P, requires_grad=True)
        losses = loss.loss(Y, p)
        np.testing.assert_array_equal(losses.numpy(), loss.loss(Y, P))
        losses.sum().backward()
        np.testing.assert_allclose(p.grad.numpy(), loss.gradient(Y, P), rtol=1e-14)

    def test_integers_and_lists_are_taken(self, loss):
        targets, guesses = [[0, 1]], [[0.25, 0.75]]
        expected = loss.loss(np.array(targets, float), np.array(guesses))
        np.testing.assert_array_equal(loss.loss(targets, guesses), expected)
        assert loss.gradient(targets, guesses).shape == (1, 2)


def test_values():
    np.testing.assert_array_equal(SquareLoss().loss(np.array([1.0]), np.array([3.0])), [2.0])
    np.testing.assert_array_equal(SquareLoss().gradient(np.array([1.0]), np.array([3.0])), [2.0])
    np.testing.assert_allclose(CrossEntropy().loss(np.array([1.0, 0.0]), np.array([0.25, 0.25])), np.log([4, 4 / 3]))


def test_accuracy():
    assert CrossEntropy().acc(Y, P) == pytest.approx(1 / 3)
    assert SquareLoss().acc(Y, P) == 0
    assert Loss().acc(Y, P) == 0


def test_probabilities_are_clipped():
    p = np.array([0.0, 1.0, -3.0, 4.0])
    y = np.array([1.0, 0.0, 1.0, 0.0])
    np.testing.assert_allclose(CrossEntropy().loss(y, p), np.full(4, -np.log(1e-15)), rtol=1e-3)
    np.testing.assert_allclose(CrossEntropy().gradient(y, p), [-1e15, 1e15, -1e15, 1e15], rtol=1e-3)
    leaf = tg.Tensor(p, requires_grad=True)
    CrossEntropy().loss(y, leaf).sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), CrossEntropy().gradient(y, p))


def test_float32_is_clipped_as_close_to_one_as_it_can():
    p = np.array([0.0, 1.0], np.float32)
    y = np.array([1.0, 0.0], np.float32)
    np.testing.assert_allclose(CrossEntropy().loss(y, p), [-np.log(1e-15), -np.log(2.0**-24)], rtol=1e-5)
    assert np.isfinite(CrossEntropy().gradient(y, p)).all()


def test_what_a_subclass_has_to_define_is_said():
    with pytest.raises(NotImplementedError, match="Loss: define `def loss"):
        Loss().loss(Y, P)
    with pytest.raises(NotImplementedError, match="Loss: define `def gradient"):
        Loss().gradient(Y, P)


# ---- fused


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


EDGES = np.array([0.0, 1e-300, 1e-16, 1e-8, 0.3, 1 - 1e-8, 1.0, np.nan])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("targets", [(0.0, 1.0, -0.0), (0.0, 1.0, 0.3), (0.0, 1.0, np.nan)], ids=str)
def test_each_target_counts_alike_whatever_the_others_are(dtype, targets):
    """Where all are 0 or 1 there is one logarithm per element; a target of another kind brings in the other one."""
    p, y = (np.array(each, dtype) for each in np.meshgrid(EDGES, targets))
    loss = ClippedCrossEntropy.apply(p, target=y)
    q = np.clip(p, 1e-15, 1.0 - max(1e-15, float(np.finfo(dtype).epsneg)))
    np.testing.assert_array_equal(loss, -(y * np.log(q) + (1.0 - y) * np.log1p(-q)))
    assert loss.dtype == dtype
    np.testing.assert_array_equal(loss[:, -1], np.nan)
    labels_alone = ClippedCrossEntropy.apply(p[:2], target=y[:2])
    np.testing.assert_array_equal(labels_alone, loss[:2])


FUSED = [(SigmoidCrossEntropy, lambda x: 1 / (1 + np.exp(-x))), (SoftmaxCrossEntropy, softmax)]


@pytest.mark.parametrize(("op", "activation"), FUSED, ids=lambda value: value.__name__)
def test_fused_values_are_those_of_the_two(op, activation):
    np.testing.assert_allclose(op.apply(SCORES, target=Y), CrossEntropy().loss(Y, activation(SCORES)), rtol=1e-13)


@pytest.mark.parametrize("op", [SigmoidCrossEntropy, SoftmaxCrossEntropy, ClippedCrossEntropy])
def test_derivatives_to_the_second(op):
    x = tg.Tensor(SCORES if op is not ClippedCrossEntropy else P, requires_grad=True)
    assert gradcheck(lambda x: op.apply(x, target=Y), x)
    assert gradgradcheck(lambda x: op.apply(x, target=Y), x)


def exact_gradient(scores, target):
    """The gradient of the summed loss in the scores of one row, in a thousand digits."""
    with decimal.localcontext(decimal.Context(prec=700)):
        e = [Decimal(x).exp() for x in scores]
        p = [each / sum(e) for each in e]
        y = [Decimal(each) for each in target]
        c = [(1 - t) * q / (1 - q) - t for t, q in zip(y, p)]
        return [float(each - q * sum(c)) for each, q in zip(c, p)]


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize(
    "scores",
    [
        [1000.0, 0.0, -3.0],
        [40.0, 0.0, 0.0],
        [700.0, 700.0, 0.0],
        [0.0, 0.0, 0.0],
        [-500.0, 20.0, 21.0],
        [0.0, 750.0, 600],
    ],
    ids=str,
)
def test_saturated_softmax_keeps_its_gradient(scores, label):
    target = np.eye(3)[label]
    gradient = SoftmaxCrossEntropy.vjp(1.0, np.array([scores], float), target[None])[0]
    np.testing.assert_allclose(gradient, exact_gradient(scores, target), rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1000.0, 0.0, 1.0),
        (-1000.0, 1.0, -1.0),
        (40.0, 1.0, -np.exp(-40.0)),
        (-40.0, 0.0, np.exp(-40.0)),
        (0.0, 0.5, 0.0),
    ],
)
def test_saturated_sigmoid_keeps_its_gradient(x, y, expected):
    assert SigmoidCrossEntropy.vjp(1.0, np.array([x]), np.array([y]))[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("size", [1e3, 1e100, 1.7e308])
@pytest.mark.parametrize("op", [SigmoidCrossEntropy, SoftmaxCrossEntropy])
def test_every_finite_score_has_a_finite_gradient_and_what_is_wrong_learns(op, size):
    scores = np.array([[size, -size, 0.0], [-size, size, 0.5 * size]])
    wrong = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    losses, gradient = op.apply(scores, target=wrong), op.vjp(1.0, scores, wrong)
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient[wrong == 1]) >= 1).all()
    assert not np.isnan(losses).any()
