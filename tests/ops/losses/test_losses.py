"""Losses where probabilities are 0 or 1, vectors are equal, labels are ignored, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

PAIRS = {
    "l1_loss": (tg.l1_loss, "l1_loss"),
    "huber_loss": (tg.huber_loss, "huber_loss"),
    "smooth_l1_loss": (tg.smooth_l1_loss, "smooth_l1_loss"),
    "kl_div": (tg.kl_div, "kl_div"),
    "binary_cross_entropy": (tg.binary_cross_entropy, "binary_cross_entropy"),
    "with_logits": (tg.binary_cross_entropy_with_logits, "binary_cross_entropy_with_logits"),
    "hinge": (tg.hinge_embedding_loss, "hinge_embedding_loss"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_against_pytorch(name, rng):
    torch = pytest.importorskip("torch")
    ours, theirs = PAIRS[name][0], getattr(torch.nn.functional, PAIRS[name][1])
    x, y = rng.random((4, 3)) * 0.9 + 0.05, rng.random((4, 3))
    if name == "hinge":
        y = np.where(y > 0.5, 1.0, -1.0)
    for reduction in ("mean", "sum", "none"):
        a, b = tg.Tensor(x, True), torch.tensor(x, requires_grad=True)
        # kl_div warns of its own "mean"
        expected = getattr(
            theirs(b, torch.tensor(y), reduction="none"), reduction if reduction != "none" else "clone"
        )()
        result = ours(a, y, reduction=reduction)
        np.testing.assert_allclose(result.data, expected.detach().numpy(), rtol=1e-10)
        result.sum().backward()
        expected.sum().backward()
        np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-9)


def test_nll_loss_against_pytorch(rng):
    torch = pytest.importorskip("torch")
    x, labels, w = rng.standard_normal((5, 4)), np.array([0, 3, 1, -100, 2]), rng.random(4)
    for options in ({}, {"weight": w}, {"ignore_index": 3}):
        goal = np.where(labels == -100, 1, labels) if "ignore_index" in options else labels
        theirs = {k: torch.tensor(v) if k == "weight" else v for k, v in options.items()}
        expected = torch.nn.functional.nll_loss(torch.tensor(x), torch.tensor(goal), **theirs)
        assert tg.nll_loss(x, goal, **options).item() == pytest.approx(expected.item())


@pytest.mark.parametrize(("p", "t", "loss"), [(0.0, 1.0, 100.0), (1.0, 0.0, 100.0), (0.0, 0.0, 0.0), (1.0, 1.0, 0.0)])
def test_binary_cross_entropy_at_0_and_1(p, t, loss):
    x = tg.tensor([p], requires_grad=True, dtype="float64")
    y = tg.binary_cross_entropy(x, tg.tensor([t], dtype="float64"))
    y.backward()
    assert y.item() == loss
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize(("x", "t", "loss", "slope"), [(1000.0, 0.0, 1000.0, 1.0), (-1000.0, 1.0, 1000.0, -1.0)])
def test_with_logits_it_is_exact_far_out(x, t, loss, slope):
    a = tg.tensor([x], requires_grad=True)
    y = tg.binary_cross_entropy_with_logits(a, tg.tensor([t]))
    y.backward()
    assert (y.item(), a.grad.item()) == (loss, slope)


def test_kl_div_where_the_target_is_0():
    x = tg.tensor([[-1.0, -2.0]], requires_grad=True)
    y = tg.kl_div(x, tg.tensor([[0.0, 1.0]]), "sum")
    y.backward()
    assert y.item() == 2.0
    assert x.grad.tolist() == [[0.0, -1.0]]


def test_kl_div_where_both_logarithms_are_infinite():
    for target, log_target in (([0.0, 1.0], False), ([-np.inf, 0.0], True)):
        x = tg.tensor([-np.inf, -2.0], requires_grad=True, dtype="float64")
        goal = tg.tensor(target, requires_grad=True, dtype="float64")
        y = tg.kl_div(x, goal, "sum", log_target)
        y.backward()
        assert y.item() == 2.0
        assert x.grad.tolist() == [0.0, -1.0]
        assert goal.grad.data[0] == 0.0


def test_small_losses_keep_their_digits():
    x = tg.tensor([50.0, -50.0], dtype="float64")
    losses = tg.binary_cross_entropy_with_logits(x, tg.tensor([1.0, 0.0], dtype="float64"), reduction="none")
    np.testing.assert_allclose(losses.data, np.exp(-50.0), rtol=1e-12)


def test_large_differences_do_not_overflow():
    x = tg.tensor([1e200, -1e200], requires_grad=True, dtype="float64")
    y = tg.huber_loss(x, tg.zeros(2, dtype="float64"), "none", delta=2.0)
    y.sum().backward()
    assert y.tolist() == [2e200, 2e200]
    assert x.grad.tolist() == [2.0, -2.0]


@pytest.mark.parametrize(("p", "expected"), [(1, 3.0), (2, 5**0.5 - 1 + 1), (np.inf, 2.0)])
def test_triplets_by_any_norm(p, expected):
    a, zeros, ones = (tg.tensor(v, dtype="float64") for v in ([[1.0, 2.0]], [[0.0, 0.0]], [[1.0, 1.0]]))
    assert tg.triplet_margin_loss(a, zeros, ones, p=p, eps=0.0).item() == pytest.approx(expected)


def test_a_label_that_is_ignored_may_meet_minus_infinity():
    x = tg.tensor([[-np.inf, 1.0, 2.0], [1.0, 2.0, 3.0]], requires_grad=True)
    logs = tg.log_softmax(x)
    for loss in (tg.cross_entropy(x, [-100, 1]), tg.nll_loss(logs, [-100, 1])):
        (g,) = tg.autograd.grad(loss, x, retain_graph=True)
        assert loss.item() == pytest.approx(1.4076059)
        assert np.isfinite(g.data).all()
        assert not g.data[0].any()


def test_equal_vectors_have_finite_gradients():
    x = tg.ones((2, 3), requires_grad=True)
    tg.triplet_margin_loss(x, tg.ones((2, 3)), tg.zeros((2, 3)), eps=0.0).backward()
    tg.cosine_embedding_loss(x, tg.zeros((2, 3)), [1, -1]).backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.l1_loss(tg.ones(2), tg.ones(3)), ValueError, r"l1_loss: shapes \(2,\) and \(3,\) differ"),
        (lambda: tg.l1_loss(tg.ones(2), tg.ones(2), "avg"), ValueError, "l1_loss: reduction 'avg' is unknown"),
        (lambda: tg.huber_loss(tg.ones(2), tg.ones(2), delta=0), ValueError, "delta=0 must be positive"),
        (lambda: tg.smooth_l1_loss(tg.ones(2), tg.ones(2), beta=-1), ValueError, "beta=-1 must not be negative"),
        (lambda: tg.kl_div(tg.ones(2), tg.ones(3)), ValueError, "kl_div: shapes"),
        (lambda: tg.binary_cross_entropy(tg.ones(2) * 3, tg.ones(2)), ValueError, "outside of .*with_logits"),
        (lambda: tg.binary_cross_entropy(tg.ones(2), tg.ones(3)), ValueError, "binary_cross_entropy: shapes"),
        (lambda: tg.binary_cross_entropy_with_logits(tg.ones(2), tg.ones(3)), ValueError, "with_logits: shapes"),
        (lambda: tg.nll_loss(tg.ones((2, 3)), [0, 3]), IndexError, "nll_loss: label 3 is out of range for 3 classes"),
        (lambda: tg.nll_loss(tg.ones((2, 3)), [0]), ValueError, r"nll_loss: labels of shape \(1,\) do not fit"),
        (lambda: tg.nll_loss(tg.ones((2, 3)), [0.0, 1.0]), TypeError, "nll_loss: labels have dtype float32"),
        (lambda: tg.nll_loss(tg.ones(()), 0), ValueError, "0-d"),
        (lambda: tg.cosine_embedding_loss(tg.ones((2, 3)), tg.ones((2, 3)), [1]), ValueError, "cosine_embedding_loss"),
        (lambda: tg.triplet_margin_loss(tg.ones(2), tg.ones(2), tg.ones(3)), ValueError, "triplet_margin_loss: shapes"),
        (lambda: tg.hinge_embedding_loss(tg.ones(2), [0, 1]), ValueError, "1 or -1, but one is 0; .* 2 [*] labels - 1"),
        (lambda: tg.margin_ranking_loss(tg.ones(1), tg.ones(1), [2]), ValueError, "margin_ranking_loss: targets are"),
        (
            lambda: tg.margin_ranking_loss(tg.ones(1), tg.ones(1), tg.ones(1, requires_grad=True)),
            TypeError,
            "margin_ranking_loss: target is a constant",
        ),
        (
            lambda: tg.cross_entropy(tg.ones((1, 2)), [0], tg.ones(2, requires_grad=True)),
            TypeError,
            "cross_entropy: weight is a constant",
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
