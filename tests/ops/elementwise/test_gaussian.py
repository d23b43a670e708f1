"""gelu: tails, infinities, and PyTorch's values."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad
from tinygrad_fs.ops.elementwise import gaussian as module


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_infinities(approximate, dtype):
    x = tg.Tensor(np.array([np.inf, -np.inf, np.finfo(dtype).max, np.finfo(dtype).min, np.nan], dtype), True)
    y = tg.gelu(x, approximate)
    np.testing.assert_array_equal(y.data, [np.inf, 0, np.finfo(dtype).max, 0, np.nan])
    assert y.dtype == dtype
    (first,) = grad(y[:4].sum(), [x], create_graph=True)
    np.testing.assert_array_equal(first.data[:4], [1, 0, 1, 0])
    (second,) = grad(first[:4].sum(), [x])
    np.testing.assert_array_equal(second.data[:4], 0)


def test_the_left_tail_keeps_its_relative_accuracy():
    x = -np.linspace(0.1, 30, 300)
    expected = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    np.testing.assert_allclose(tg.gelu(x), expected, rtol=1e-12)
    few = np.array([-20.0, -8.0])
    np.testing.assert_allclose(tg.gelu(few), [-5.507248237212e-88, -4.976768e-15], rtol=1e-6)
    u = math.sqrt(2 / math.pi) * (8 + 0.044715 * 512)
    np.testing.assert_allclose(tg.gelu(np.array([-8.0]), "tanh"), -8 / (1 + math.exp(2 * u)), rtol=1e-12)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_pytorch_agrees(approximate, rng):
    torch = pytest.importorskip("torch")
    values = rng.standard_normal((50, 20)) * 3
    x, other = tg.Tensor(values, True), torch.tensor(values, requires_grad=True)
    y, expected = tg.gelu(x, approximate), torch.nn.functional.gelu(other, approximate=approximate)
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    y.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(x.grad.data, other.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_an_unknown_approximation():
    with pytest.raises(ValueError, match="gelu: approximate='erf'"):
        tg.gelu(tg.ones(2), "erf")


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_numbers_lists_and_integers(approximate):
    expected = tg.gelu(np.array([-2.0, 3.0]), approximate)
    np.testing.assert_array_equal(tg.gelu(np.array([-2, 3]), approximate), expected)
    np.testing.assert_allclose(tg.gelu([-2.0, 3.0], approximate), expected, rtol=1e-6)
    np.testing.assert_allclose(tg.gelu(-2.0, approximate), expected[0], rtol=1e-6)
    assert tg.gelu(tg.tensor(3.0), approximate).shape == ()


RARE = [0.0, -0.0, 1e-45, -1e-45, 1e-38, -3e-31, 1e-20, 39.0, 41.0, 1e30, -12.0, -39.0, -1e30, np.inf, -np.inf, np.nan]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_blocks_as_in_one(approximate, dtype, rng, monkeypatch):
    """Large arrays go another way, which is as accurate, and takes rare values in between ordinary ones."""
    values = np.concatenate([rng.standard_normal(3000) * 3, RARE]).astype(dtype)
    found = {}
    for way, limit in (("blocks", 0), ("one", 10**9)):
        monkeypatch.setattr("tinygrad_fs.ops.blocks._BLOCK_OF_ELEMENTS", 1000)
        monkeypatch.setattr(module, "_MANY", limit)
        x = tg.Tensor(values[::-1], True)
        y = tg.gelu(x, approximate)
        (dx,) = grad(y, [x], np.full_like(values, 2.0))
        found[way] = y.data, dx.data
    precise = dtype == "float64"
    tail = 100 * float(np.finfo(dtype).tiny)
    np.testing.assert_allclose(*[y for y, _ in found.values()], rtol=1e-10 if precise else 1e-5, atol=tail)
    np.testing.assert_allclose(*[dx for _, dx in found.values()], rtol=1e-10 if precise else 1e-5, atol=1e-6)
    assert all(each.dtype == dtype for pair in found.values() for each in pair)


def test_float32_is_accurate_on_both_sides():
    values = np.linspace(-12, 9, 50_001, dtype=np.float32)
    x = tg.Tensor(values, True)
    y = tg.gelu(x)
    y.sum().backward()
    share = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in values.tolist()])
    exact = values.astype(float) * share
    units = np.abs(y.data - exact) / np.maximum(np.abs(exact), 1e-300) / np.finfo(np.float32).eps
    assert np.max(units / np.maximum(values.astype(float) ** 2, 1)) < 5
    slope = share + values * np.exp(-0.5 * values.astype(float) ** 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(x.grad.data, slope, rtol=2e-6, atol=3e-7)
