"""scaled_dot_product_attention and bilinear: masks, PyTorch's values, errors."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.ops.layers import attention_blocks

attention = tg.scaled_dot_product_attention


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": np.random.default_rng(0).random((4, 6)) < 0.5},
        {"attn_mask": np.array([[True], [False], [True], [False]]) & np.ones((4, 6), bool)},
        {"attn_mask": np.random.default_rng(1).standard_normal((2, 1, 4, 6))},
        {"attn_mask": np.where(np.arange(24).reshape(4, 6) < 6, -np.inf, 0.0)},
    ],
)
def test_pytorch_agrees(options, rng):
    torch = pytest.importorskip("torch")
    inputs = [rng.standard_normal(shape) for shape in [(2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 2)]]
    a, b = [tg.Tensor(x, True) for x in inputs], [torch.tensor(x, requires_grad=True) for x in inputs]
    as_torch = {key: torch.tensor(value) if key == "attn_mask" else value for key, value in options.items()}
    y, expected = attention(*a, **options), torch.nn.functional.scaled_dot_product_attention(*b, **as_torch)
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    g = rng.standard_normal(y.shape)
    y.backward(tg.Tensor(g))
    expected.backward(torch.tensor(g))
    for mine, other in zip(a, b):
        np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("as_floats", [False, True])
def test_a_query_without_keys_gives_0(as_floats, rng):
    q, k, v = (tg.Tensor(rng.standard_normal((3, 3)), True) for _ in range(3))
    mask = np.array([[True, True, False], [False, False, False], [True, True, True]])
    y = attention(q, k, v, np.where(mask, 0.0, -np.inf) if as_floats else mask)
    np.testing.assert_array_equal(y.data[1], 0)
    y.sum().backward()
    np.testing.assert_array_equal(q.grad.data[1], 0)
    assert all(np.isfinite(x.grad.data).all() for x in (q, k, v))


def test_masked_keys_are_not_seen(rng):
    q, k, v = (rng.standard_normal((3, 3)) for _ in range(3))
    mask = np.array([True, True, False])
    y = attention(q, k, v, mask)
    np.testing.assert_allclose(y, attention(q, k[:2], v[:2]), rtol=1e-12)
    np.testing.assert_array_equal(attention(q, k, v, tg.Tensor(mask)).data, y)


def test_no_keys_and_no_queries():
    assert attention(np.ones((2, 3)), np.ones((0, 3)), np.ones((0, 4))).tolist() == [[0.0] * 4] * 2
    assert attention(np.ones((0, 3)), np.ones((2, 3)), np.ones((2, 4))).shape == (0, 4)


def test_large_scores_do_not_overflow():
    q = np.array([[1e4, 0.0]])
    np.testing.assert_array_equal(attention(q, q.repeat(2, 0) * [[1.0], [-1.0]], np.array([[1.0], [2.0]])), [[1.0]])


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("size", [1.0, 200.0])
@pytest.mark.parametrize(("length", "keys"), [(1, 1), (64, 64), (65, 65), (150, 150), (150, 70), (70, 150), (3, 200)])
def test_strips_come_to_what_a_mask_does(length, keys, size, is_causal, rng):
    inputs = [size * rng.standard_normal((2, 3, n, c)) for n, c in [(length, 4), (keys, 4), (keys, 2)]]
    strips, masked = ([tg.Tensor(x, True) for x in inputs] for _ in range(2))
    mask = np.tri(length, keys, dtype=bool) if is_causal else np.ones((length, keys), bool)
    y, expected = attention(*strips, is_causal=is_causal), attention(*masked, mask)
    np.testing.assert_allclose(y.data, expected.data, rtol=1e-11, atol=1e-12 * size)
    g = tg.Tensor(rng.standard_normal(y.shape))
    y.backward(g)
    expected.backward(g)
    for mine, other in zip(strips, masked):
        np.testing.assert_allclose(mine.grad.data, other.grad.data, rtol=1e-10, atol=1e-11 * size)


def test_derivatives_of_strips(rng, monkeypatch):
    monkeypatch.setattr(attention_blocks, "_STRIP", 2)
    q, k, v = (tg.Tensor(rng.standard_normal((2, 5, 3)), True) for _ in range(3))
    causal = functools.partial(attention, is_causal=True)
    assert tg.autograd.gradcheck(causal, (q, k, v))
    assert tg.autograd.gradgradcheck(causal, (q, k, v))


def test_a_causal_query_does_not_see_what_is_wrong_with_later_keys(rng):
    q, k, v = (rng.standard_normal((100, 3)) for _ in range(3))
    expected = attention(q, k, v, is_causal=True)
    k[70] = np.nan
    y = attention(q, k, v, is_causal=True)
    np.testing.assert_allclose(y[:70], expected[:70], rtol=1e-12)
    assert np.isnan(y[70:]).all()


def test_float32_stays_with_a_bool_and_a_causal_mask():
    q = tg.ones((2, 3))
    assert attention(q, q, q, is_causal=True).dtype == np.float32
    assert attention(q, q, q, np.eye(2, dtype=bool)).dtype == np.float32


def test_dropout(rng):
    q, k = np.zeros((400, 2)), np.zeros((50, 2))
    y = attention(q, k, np.eye(50), dropout_p=0.25, generator=rng)
    np.testing.assert_allclose(np.unique(y), [0, 0.02 / 0.75])
    assert abs((y == 0).mean() - 0.25) < 0.02


@pytest.mark.parametrize(
    ("inputs", "options", "error", "message"),
    [
        ([(2, 3), (4, 2), (4, 5)], {}, ValueError, r"\(2, 3\), key \(4, 2\)"),
        ([(2, 3), (4, 3), (3, 5)], {}, ValueError, r"value \(3, 5\) do not fit"),
        ([(2, 2, 3), (3, 4, 3), (4, 5)], {}, ValueError, "broadcast"),
        ([(3,), (4, 3), (4, 5)], {}, ValueError, "do not fit"),
        ([(2, 3), (4, 3), (4, 5)], {"attn_mask": np.ones((3, 4), bool)}, ValueError, r"\(3, 4\).*\(2, 4\)"),
        ([(2, 3), (4, 3), (4, 5)], {"attn_mask": np.ones((7, 2, 4), bool)}, ValueError, "does not broadcast"),
        ([(2, 3), (4, 3), (4, 5)], {"attn_mask": np.ones((2, 4), int)}, TypeError, "int64"),
        ([(2, 3), (4, 3), (4, 5)], {"attn_mask": np.ones((2, 4), bool), "is_causal": True}, ValueError, "not both"),
        ([(2, 3), (4, 3), (4, 5)], {"dropout_p": 2.0}, ValueError, "p=2.0"),
    ],
)
def test_errors(inputs, options, error, message):
    with pytest.raises(error, match=message):
        attention(*[np.ones(shape) for shape in inputs], **options)


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 3), (2, 4), (5, 4, 3)],
        [(2, 3), (3, 4), (5, 3, 4)],
        [(2, 3), (2, 4), (3, 4)],
        [(2, 3), (2, 4), (5, 3, 4), (4,)],
    ],
)
def test_bilinear_names_shapes_that_do_not_fit(shapes):
    with pytest.raises(ValueError, match=r"bilinear: inputs of shape \(2, 3\).*do not fit"):
        tg.bilinear(*[tg.ones(shape) for shape in shapes])
    assert tg.bilinear(tg.ones((0, 3)), tg.ones((0, 4)), tg.ones((5, 3, 4))).shape == (0, 5)
