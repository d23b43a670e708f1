"""ctc_loss: PyTorch's values and gradients, impossible alignments, empty targets, errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradgradcheck

SCORES = np.random.default_rng(3).standard_normal((9, 4, 5))
LABELS = np.array([[1, 2, 2, 4], [3, 3, 3, 1], [4, 1, 0, 0], [2, 0, 0, 0]])


def with_gradient(scores, *args, **options):
    x = tg.Tensor(scores, True)
    loss = tg.ctc_loss(tg.log_softmax(x, axis=-1), *args, **options)
    loss.sum().backward()
    return loss.data, x.grad.data


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("targets", "inputs", "counts", "blank"),
    [
        (LABELS, [9, 9, 7, 4], [4, 4, 2, 1], 0),
        (LABELS, [9, 8, 2, 1], [3, 4, 2, 1], 0),
        (LABELS, [9, 9, 9, 9], [0, 1, 2, 0], 0),
        (np.array([1, 2, 3, 3, 3, 2]), [9, 9, 7, 4], [2, 3, 0, 1], 0),
        (np.array([[0, 1], [3, 3], [1, 0], [2, 1]]), [9, 9, 9, 9], [2, 2, 2, 2], 4),
    ],
)
def test_pytorch_agrees(targets, inputs, counts, blank, reduction):
    torch = pytest.importorskip("torch")
    loss, gradient = with_gradient(SCORES, targets, inputs, counts, blank, reduction)
    x = torch.tensor(SCORES, requires_grad=True)
    expected = torch.nn.functional.ctc_loss(
        x.log_softmax(-1), torch.tensor(targets), torch.tensor(inputs), torch.tensor(counts), blank, reduction
    )
    expected.sum().backward()
    np.testing.assert_allclose(loss, expected.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(gradient, x.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_an_input_that_is_too_short():
    args = ([[1, 1], [1, 2]], [2, 2], [2, 2])
    loss, gradient = with_gradient(SCORES[:, :2], *args, reduction="none")
    assert loss[0] == np.inf
    assert np.isfinite(loss[1])
    assert np.isfinite(gradient).all()
    zeroed, gradient = with_gradient(SCORES[:, :2], *args, reduction="none", zero_infinity=True)
    np.testing.assert_array_equal(zeroed, [0, loss[1]])
    np.testing.assert_array_equal(gradient[:, 0], 0)
    assert gradient[:2, 1].any()


def test_no_steps_and_no_labels():
    loss, _ = with_gradient(SCORES[:, :2], [[1], [1]], [0, 0], [0, 1], reduction="none")
    np.testing.assert_array_equal(loss, [0, np.inf])
    empty, _ = with_gradient(SCORES[:, :1], np.zeros((1, 0), int), [3], [0], reduction="none")
    logs = tg.log_softmax(SCORES[:3, 0], axis=-1)
    np.testing.assert_allclose(empty, [-logs[:, 0].sum()])
    assert tg.ctc_loss(np.zeros((3, 0, 5)), np.zeros((0, 2), int), [], [], reduction="none").shape == (0,)


def test_probabilities_of_0_and_large_logarithms():
    logs = np.full((4, 1, 3), -np.inf)
    logs[range(4), 0, [0, 1, 2, 0]] = 0.0
    x = tg.Tensor(logs, True)
    loss = tg.ctc_loss(x, [[1, 2]], [4], [2])
    assert loss.item() == 0.0
    loss.backward()
    np.testing.assert_array_equal(x.grad.data, np.where(logs == 0, -0.5, 0))
    assert tg.ctc_loss(np.full((600, 1, 3), -2000.0), [[1]], [600], [1], reduction="sum") > 1e6


def test_the_second_derivative_with_unequal_lengths():
    x = tg.Tensor(SCORES[:4, :3, :3], True)

    def loss(x):
        logs = tg.log_softmax(x, axis=-1)
        return tg.ctc_loss(logs, [[1, 2], [1, 1], [2, 2]], [4, 3, 2], [2, 1, 2], zero_infinity=True)

    assert gradgradcheck(loss, x)


def test_one_sample_is_a_batch_of_one():
    logs = tg.log_softmax(SCORES[:, 0], axis=-1)
    expected = tg.ctc_loss(logs[:, None], [[1, 2, 2]], [9], [3])
    assert tg.ctc_loss(logs, [1, 2, 2], 9, 3) == expected
    assert tg.ctc_loss(tg.Tensor(logs), tg.tensor([1, 2, 2]), tg.tensor(9), tg.tensor(3)).shape == ()


@pytest.mark.parametrize(
    ("shape", "args", "options", "error", "message"),
    [
        ((5,), ([1], [5], [1]), {}, ValueError, r"log_probs have shape \(5,\)"),
        ((5, 2, 3), ([[1], [2]], [5], [1, 1]), {}, ValueError, r"input_lengths have shape \(1,\); 2 samples"),
        ((5, 2, 3), ([[1], [2]], [6, 5], [1, 1]), {}, ValueError, "input_lengths.* from 0 to T = 5"),
        ((5, 2, 3), ([[1], [2]], [5, 5], [1, -1]), {}, ValueError, "target_lengths.* at least 0"),
        ((5, 2, 3), ([[1], [2]], [5.0, 5.0], [1, 1]), {}, TypeError, "input_lengths have dtype float64"),
        ((5, 2, 3), ([[1], [2]], [5, 5], [2, 1]), {}, ValueError, r"targets of shape \(2, 1\)"),
        ((5, 2, 3), ([1, 2, 1], [5, 5], [1, 1]), {}, ValueError, r"targets of shape \(3,\)"),
        ((5, 2, 3), ([[1], [3]], [5, 5], [1, 1]), {}, IndexError, "label 3 is out of range for 3 classes"),
        ((5, 2, 3), ([[1], [0]], [5, 5], [1, 1]), {}, ValueError, "a target is 0, which stands for blank"),
        ((5, 2, 3), ([[1], [2]], [5, 5], [1, 1]), {"blank": 3}, IndexError, "label 3 is out of range"),
        ((5, 2, 3), ([[1.0], [2.0]], [5, 5], [1, 1]), {}, TypeError, "labels have dtype float64"),
        ((5, 2, 3), ([[1], [2]], [5, 5], [1, 1]), {"reduction": "max"}, ValueError, "reduction 'max'"),
    ],
)
def test_errors(shape, args, options, error, message):
    with pytest.raises(error, match=f"ctc_loss: .*{message}"):
        tg.ctc_loss(np.zeros(shape), *args, **options)
