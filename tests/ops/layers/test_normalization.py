"""batch_norm: values, running values, derivatives, stability and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import BackwardError, gradcheck, gradgradcheck

SHAPES = [(5, 3), (4, 3, 2), (3, 2, 2, 3)]


def axes(shape):
    return (0, *range(2, len(shape)))


def per_channel(v, shape):
    return np.reshape(v, (1, -1, *[1] * (len(shape) - 2)))


@pytest.mark.parametrize("shape", SHAPES)
def test_values_in_training(shape, rng):
    x, w, b = rng.standard_normal(shape), rng.standard_normal(shape[1]), rng.standard_normal(shape[1])
    mean, var = x.mean(axes(shape), keepdims=True), x.var(axes(shape), keepdims=True)
    expected = (x - mean) / np.sqrt(var + 1e-5) * per_channel(w, shape) + per_channel(b, shape)
    result = tg.batch_norm(tg.Tensor(x), weight=w, bias=b, training=True)
    np.testing.assert_allclose(result.data, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_values_in_evaluation(shape, rng):
    x, w, b, mean = (rng.standard_normal(s) for s in (shape, shape[1], shape[1], shape[1]))
    var = rng.random(shape[1]) + 0.5
    expected = (x - per_channel(mean, shape)) / np.sqrt(per_channel(var, shape) + 1e-3)
    np.testing.assert_allclose(tg.batch_norm(tg.Tensor(x), mean, var, eps=1e-3).data, expected, rtol=1e-10)
    result = tg.batch_norm(tg.Tensor(x), mean, var, w, b, eps=1e-3)
    np.testing.assert_allclose(result.data, expected * per_channel(w, shape) + per_channel(b, shape), rtol=1e-9)


@pytest.mark.parametrize("as_tensor", [False, True])
def test_running_values_move_towards_those_of_the_batch(as_tensor, rng):
    x = rng.standard_normal((6, 3, 2, 2))
    mean, var = np.full(3, 2.0), np.full(3, 5.0)
    given = (tg.Tensor(mean), tg.Tensor(var)) if as_tensor else (mean, var)
    tg.batch_norm(tg.Tensor(x), *given, training=True, momentum=0.25)
    np.testing.assert_allclose(mean, 0.75 * 2.0 + 0.25 * x.mean((0, 2, 3)))
    np.testing.assert_allclose(var, 0.75 * 5.0 + 0.25 * x.var((0, 2, 3), ddof=1))
    before = mean.copy()
    tg.batch_norm(tg.Tensor(x), *given)
    np.testing.assert_array_equal(mean, before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
def test_derivatives(shape, training, rng):
    channels = shape[1]
    fixed = () if training else (rng.standard_normal(channels), rng.random(channels) + 0.5)
    inputs = [tg.Tensor(rng.standard_normal(s), True) for s in (shape, channels, channels)]

    def function(x, w, b):
        return tg.batch_norm(x, *(fixed or (None, None)), w, b, training=training)

    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)
    assert gradcheck(lambda x: function(x, None, None), inputs[0])


def test_float32_stays_and_keeps_its_digits(rng):
    x = (rng.standard_normal((64, 3)) + 1000.0).astype("float32")
    result = tg.batch_norm(tg.Tensor(x), training=True)
    assert result.dtype == np.float32
    exact = (x - x.mean(0, dtype="float64")) / np.sqrt(x.var(0, dtype="float64") + 1e-5)
    np.testing.assert_allclose(result.data, exact, atol=2e-3)


@pytest.mark.parametrize("order", ["channels last", "fortran"])
def test_any_memory_order(order, rng):
    x = rng.standard_normal((4, 3, 5, 5))
    moved = np.asfortranarray(x) if order == "fortran" else x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
    a, b = tg.Tensor(x, True), tg.Tensor(moved, True)
    y, z = tg.batch_norm(a, training=True), tg.batch_norm(b, training=True)
    np.testing.assert_allclose(y.data, z.data, rtol=1e-10)
    (y**3).sum().backward()
    (z**3).sum().backward()
    np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=1e-8, atol=1e-12)


def test_running_values_that_change_after_an_evaluation_are_seen(rng):
    x, mean, var = tg.Tensor(rng.standard_normal((4, 2)), True), np.zeros(2), np.ones(2)
    w = tg.ones(2, dtype="float64", requires_grad=True)
    y = tg.batch_norm(x, mean, var, w).sum()
    tg.batch_norm(x.detach(), mean, var, training=True)
    try:
        y.backward()
    except BackwardError as error:
        assert "changed in place" in str(error)  # noqa: PT017
    else:
        np.testing.assert_allclose(w.grad.data, (x.data / np.sqrt(1 + 1e-5)).sum(0))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1, 3), {"training": True}, "more than one value"),
        ((3,), {"training": True}, "at least two axes"),
        ((4, 3), {}, "running"),
        ((4, 3), {"training": True, "weight": np.ones(2)}, r"weight has shape \(2,\)"),
        ((4, 3), {"running_mean": np.ones(4), "running_var": np.ones(3)}, r"running_mean has shape \(4,\)"),
    ],
)
def test_errors(shape, options, message):
    with pytest.raises(ValueError, match=f"batch_norm.*{message}"):
        tg.batch_norm(tg.zeros(shape), **options)


def test_against_pytorch(rng):
    torch = pytest.importorskip("torch")
    x, w, b = (rng.standard_normal(s) for s in ((4, 3, 5, 5), 3, 3))
    seed = rng.standard_normal(x.shape)
    ours = [tg.Tensor(each, True) for each in (x, w, b)]
    theirs = [torch.tensor(each, requires_grad=True) for each in (x, w, b)]
    y = tg.batch_norm(ours[0], None, None, *ours[1:], training=True)
    z = torch.nn.functional.batch_norm(theirs[0], None, None, *theirs[1:], training=True)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-9, atol=1e-12)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-8, atol=1e-10)
