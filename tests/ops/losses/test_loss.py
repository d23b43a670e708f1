"""cross_entropy and mse_loss: values, options, derivatives, extremes and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck


def log_softmax(x, axis=1):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


OPTIONS = [
    {},
    {"label_smoothing": 0.1},
    {"weight": np.array([0.5, 1.0, 2.0, 0.1])},
    {"weight": np.array([0.5, 1.0, 2.0, 0.1]), "label_smoothing": 0.3},
    {"ignore_index": 2},
    {"ignore_index": 2, "weight": np.array([0.5, 1.0, 2.0, 0.1]), "label_smoothing": 0.3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "plain")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
class TestCrossEntropy:
    def test_labels(self, options, reduction, rng):
        x, labels = rng.standard_normal((6, 4)), np.array([0, 2, 1, 3, 2, 0])
        logs, counts = log_softmax(x), labels != options.get("ignore_index", -100)
        w = options.get("weight", np.ones(4))
        s = options.get("label_smoothing", 0.0)
        each = (-(1 - s) * w[labels] * logs[np.arange(6), labels] - s * (w * logs).mean(1)) * counts
        expected = {"none": each, "sum": each.sum(), "mean": each.sum() / (w[labels] * counts).sum()}[reduction]
        function = lambda x: tg.cross_entropy(x, labels, reduction=reduction, **options)  # noqa: E731
        np.testing.assert_allclose(function(tg.Tensor(x)).data, expected, rtol=1e-12)
        assert gradcheck(function, tg.Tensor(x, True))
        assert gradgradcheck(function, tg.Tensor(x, True))

    def test_probabilities(self, options, reduction, rng):
        x, p = rng.standard_normal((6, 4)), rng.dirichlet(np.ones(4), 6)
        s, w = options.get("label_smoothing", 0.0), options.get("weight", np.ones(4))
        each = -((p * (1 - s) + s / 4) * w * log_softmax(x)).sum(1)
        expected = {"none": each, "sum": each.sum(), "mean": each.mean()}[reduction]
        function = lambda x, p: tg.cross_entropy(x, p, reduction=reduction, **options)  # noqa: E731
        np.testing.assert_allclose(function(tg.Tensor(x), p).data, expected, rtol=1e-12)
        assert gradcheck(function, [tg.Tensor(x, True), tg.Tensor(p, True)])
        assert gradgradcheck(function, [tg.Tensor(x, True), tg.Tensor(p, True)])

    def test_against_pytorch(self, options, reduction, rng):
        torch = pytest.importorskip("torch")
        x, labels = rng.standard_normal((3, 4, 2, 5)), rng.integers(0, 4, (3, 2, 5))
        a, b = tg.Tensor(x, True), torch.tensor(x, requires_grad=True)
        theirs = {key: torch.tensor(value) if key == "weight" else value for key, value in options.items()}
        y = tg.cross_entropy(a, labels, reduction=reduction, **options)
        z = torch.nn.functional.cross_entropy(b, torch.tensor(labels), reduction=reduction, **theirs)
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10)
        y.sum().backward()
        z.sum().backward()
        np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_one_sample():
    x = np.array([1.0, 2.0, 3.0])
    assert tg.cross_entropy(tg.Tensor(x), 1).item() == pytest.approx(-log_softmax(x, 0)[1])


def test_large_logits_neither_overflow_nor_lose_their_gradient():
    for dtype in ("float32", "float64"):
        x = tg.tensor([[1000.0, 0.0, -1000.0], [-1000.0, 1000.0, 0.0]], dtype=dtype, requires_grad=True)
        loss = tg.cross_entropy(x, [1, 1])
        loss.backward()
        assert loss.item() == 500.0
        np.testing.assert_allclose(x.grad.data, [[0.5, -0.5, 0.0], [0.0, 0.0, 0.0]])
        assert loss.dtype == dtype


@pytest.mark.parametrize("logit", [-1e2, -1e4, -1e8, -np.inf])
def test_a_label_far_below_the_others_has_the_whole_gradient(logit):
    x = tg.tensor([[logit, 0.0, 0.0]], requires_grad=True)
    tg.cross_entropy(x, [0]).backward()
    np.testing.assert_allclose(x.grad.data, [[-1.0, 0.5, 0.5]], rtol=1e-6)


def test_masked_classes():
    x = tg.tensor([[1.0, 2.0, -np.inf]], requires_grad=True)
    tg.cross_entropy(x, [0]).backward()
    assert np.isfinite(x.grad.data).all()
    assert x.grad.data[0, 2] == 0.0


def test_everything_ignored():
    x = tg.ones((2, 3), requires_grad=True)
    loss = tg.cross_entropy(x, [-100, -100])
    loss.backward()
    assert np.isnan(loss.item())
    np.testing.assert_array_equal(x.grad.data, 0.0)


def test_labels_may_be_of_any_integer_dtype(rng):
    x = rng.standard_normal((3, 4))
    expected = tg.cross_entropy(x, np.array([0, 3, 1])).item()
    for dtype in ("int8", "uint8", "int32", "uint64"):
        assert tg.cross_entropy(x, np.array([0, 3, 1], dtype)).item() == expected


@pytest.mark.parametrize(
    ("shape", "target", "options", "error", "message"),
    [
        ((2, 3), [0, 3], {}, IndexError, "label 3 is out of range for 3 classes; labels run from 0 to 2"),
        ((2, 3), [0, -1], {}, IndexError, "label -1 is out of range"),
        (
            (2, 3),
            [0, 1, 2],
            {},
            ValueError,
            r"labels of shape \(3,\) do not fit .*; expected \(2,\)",
        ),
        (
            (2, 3),
            [0.0, 1.0],
            {},
            ValueError,
            r"probabilities of shape \(2,\) .* integers: target.astype\('int64'\)",
        ),
        ((2, 3), np.ones((2, 4)), {}, ValueError, r"of that shape, and labels are integers of shape \(2,\)"),
        ((2, 3), [True, False], {}, TypeError, "labels have dtype bool"),
        ((2, 3), [0, 1], {"reduction": "average"}, ValueError, "'average' is unknown; use 'mean'"),
        ((2, 3), [0, 1], {"label_smoothing": 1.5}, ValueError, "label_smoothing is 1.5"),
        ((2, 3), [0, 1], {"weight": np.ones(2)}, ValueError, r"weight has shape \(2,\); it must be \(3,\)"),
        ((), 0, {}, ValueError, "0-d"),
    ],
)
def test_errors_of_cross_entropy(shape, target, options, error, message):
    with pytest.raises(error, match=f"cross_entropy: .*{message}"):
        tg.cross_entropy(tg.zeros(shape), target, **options)


def test_logits_and_labels_in_the_wrong_order_are_told():
    with pytest.raises(ValueError, match=r"the logits come first: cross_entropy\(logits, target\)"):
        tg.cross_entropy([0, 1], tg.zeros((2, 3)))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_mse_loss(reduction, rng):
    x, y = (tg.Tensor(rng.standard_normal((3, 2)), True) for _ in range(2))
    squares = (x.data - y.data) ** 2
    expected = {"none": squares, "sum": squares.sum(), "mean": squares.mean()}[reduction]
    np.testing.assert_allclose(tg.mse_loss(x, y, reduction).data, expected)
    assert gradcheck(lambda x, y: tg.mse_loss(x, y, reduction), [x, y])
    assert gradgradcheck(lambda x, y: tg.mse_loss(x, y, reduction), [x, y])


def test_mse_loss_refuses_what_would_broadcast():
    with pytest.raises(ValueError, match=r"mse_loss: shapes \(3, 1\) and \(3,\) differ"):
        tg.mse_loss(tg.zeros((3, 1)), tg.zeros(3))
    with pytest.raises(ValueError, match="'avg' is unknown"):
        tg.mse_loss(tg.zeros(3), tg.zeros(3), "avg")


def test_the_gradient_is_softmax_less_onehot(rng):
    x = tg.Tensor(rng.standard_normal((2, 3)), True)
    (g,) = grad(tg.cross_entropy(x, [2, 0], reduction="sum"), x)
    np.testing.assert_allclose(g.data, np.exp(log_softmax(x.data)) - np.array([[0, 0, 1], [1, 0, 0]]))
