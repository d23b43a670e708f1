"""max_pool2d and avg_pool2d: values, ties, padding, derivatives and errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck

CASES = [
    ((2, 3, 6, 6), {"kernel_size": 2}),
    ((1, 2, 7, 8), {"kernel_size": 3, "stride": 2}),
    ((1, 2, 7, 8), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ((1, 1, 5, 6), {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 1)}),
    ((1, 2, 5, 5), {"kernel_size": 3, "stride": 1, "padding": 1}),
    ((2, 6, 7), {"kernel_size": 2, "stride": 3}),
    ((1, 1, 8, 8), {"kernel_size": 4, "stride": 2, "padding": 2}),
]


def pair(value):
    return (value, value) if isinstance(value, int) else value


def windows(x, kernel_size, stride=None, padding=0, fill=0.0):
    kernel, padding = pair(kernel_size), pair(padding)
    stride = kernel if stride is None else pair(stride)
    x = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(p, p) for p in padding], constant_values=fill)
    size = [(x.shape[i - 2] - kernel[i]) // stride[i] + 1 for i in (0, 1)]
    for r, c in itertools.product(*map(range, size)):
        yield r, c, size, x[..., r * stride[0] :, c * stride[1] :][..., : kernel[0], : kernel[1]]


def by_loops(reduce, x, fill=0.0, **options):
    found = {(r, c): reduce(window) for r, c, _, window in windows(x, fill=fill, **options)}
    rows, columns = (max(key[i] for key in found) + 1 for i in (0, 1))
    return np.stack([np.stack([found[r, c] for c in range(columns)], -1) for r in range(rows)], -2)


def distinct(rng, shape):
    return rng.permutation(int(np.prod(shape))).reshape(shape) / 10.0


@pytest.mark.parametrize(("shape", "options"), CASES)
def test_values(shape, options, rng):
    x = distinct(rng, shape) - 3.0
    largest = by_loops(lambda w: w.max((-1, -2)), x, fill=-np.inf, **options)
    mean = by_loops(lambda w: w.mean((-1, -2)), x, **options)
    np.testing.assert_array_equal(tg.max_pool2d(tg.Tensor(x), **options).data, largest)
    np.testing.assert_allclose(tg.avg_pool2d(tg.Tensor(x), **options).data, mean)
    assert tg.max_pool2d(x.astype("float32"), **options).dtype == np.float32
    assert tg.avg_pool2d(x.astype("float32"), **options).dtype == np.float32


@pytest.mark.parametrize(("shape", "options"), CASES)
@pytest.mark.parametrize("pool", [tg.max_pool2d, tg.avg_pool2d])
def test_derivatives(pool, shape, options, rng):
    x = tg.Tensor(distinct(rng, shape), True)
    assert gradcheck(lambda x: pool(x, **options), x)
    assert gradgradcheck(lambda x: pool(x, **options) ** 2, tg.Tensor(x.data[:1], True))


def test_padding_that_does_not_count(rng):
    x = rng.standard_normal((1, 1, 5, 5))
    options = {"kernel_size": 3, "stride": 2, "padding": 1}
    total = by_loops(lambda w: w.sum((-1, -2)), x, **options)
    count = by_loops(lambda w: w.sum((-1, -2)), np.ones_like(x), **options)
    np.testing.assert_allclose(tg.avg_pool2d(x, **options, count_include_pad=False), total / count)
    assert gradcheck(lambda x: tg.avg_pool2d(x, **options, count_include_pad=False), tg.Tensor(x, True))


def test_max_pads_with_minus_infinity():
    assert tg.max_pool2d(-tg.ones((1, 1, 2, 2)), 2, padding=1).data.max() == -1.0


def test_the_first_of_equal_ones_takes_the_gradient():
    x = tg.ones((1, 1, 4, 4), requires_grad=True)
    tg.max_pool2d(x, 2).sum().backward()
    np.testing.assert_array_equal(x.grad.data[0, 0], [[1, 0, 1, 0], [0, 0, 0, 0]] * 2)
    y = tg.ones((1, 1, 3, 3), requires_grad=True)
    tg.max_pool2d(y, 3).sum().backward()
    assert y.grad.data[0, 0, 0, 0] == 1.0
    assert y.grad.data.sum() == 1.0


@pytest.mark.parametrize("kernel", [2, 3])
def test_nan_wins_and_takes_the_gradient(kernel):
    values = np.arange(float(kernel * kernel)).reshape(1, 1, kernel, kernel)
    values[0, 0, 1, 0] = np.nan
    x = tg.Tensor(values, True)
    y = tg.max_pool2d(x, kernel)
    assert np.isnan(y.item())
    y.sum().backward()
    assert x.grad.data[0, 0, 1, 0] == 1.0
    assert x.grad.data.sum() == 1.0


def test_overlapping_windows_add_up():
    x = tg.Tensor(np.array([[[[0.0, 0, 0], [0, 9, 0], [0, 0, 0]]]]), True)
    tg.max_pool2d(x, 2, stride=1).sum().backward()
    assert x.grad.data[0, 0, 1, 1] == 4.0


def test_dilation(rng):
    torch = pytest.importorskip("torch")
    x = rng.standard_normal((2, 2, 9, 9))
    expected = torch.nn.functional.max_pool2d(torch.tensor(x), 3, 2, 1, 2)
    np.testing.assert_array_equal(tg.max_pool2d(x, 3, 2, 1, 2), expected.numpy())
    assert gradcheck(lambda x: tg.max_pool2d(x, 3, 2, 1, 2), tg.Tensor(x[:1], True))


@pytest.mark.parametrize("pool", [tg.max_pool2d, tg.avg_pool2d])
def test_any_leading_axes(pool, rng):
    x = rng.standard_normal((2, 3, 1, 4, 6))
    expected = pool(x.reshape(6, 1, 4, 6), 2).reshape(2, 3, 1, 2, 3)
    np.testing.assert_array_equal(pool(x, 2), expected)
    np.testing.assert_array_equal(pool(x[0, 0, 0], 2), expected[0, 0, 0])


@pytest.mark.parametrize("pool", [tg.max_pool2d, tg.avg_pool2d])
def test_an_empty_batch(pool):
    x = tg.zeros((0, 2, 4, 4), requires_grad=True)
    y = pool(x, 2)
    assert y.shape == (0, 2, 2, 2)
    y.sum().backward()
    assert x.grad.shape == x.shape


@pytest.mark.parametrize("pool", [tg.max_pool2d, tg.avg_pool2d])
@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1, 1, 2, 2), {"kernel_size": 3}, r"kernel of \(3, 3\) is larger than the image of \(2, 2\)"),
        ((1, 1, 4, 4), {"kernel_size": 2, "padding": 2}, "padding"),
        ((1, 1, 4, 4), {"kernel_size": 0}, "kernel_size"),
        ((1, 1, 4, 4), {"kernel_size": 2, "stride": 0}, "stride"),
        ((4,), {"kernel_size": 2}, r"\(4,\)"),
    ],
)
def test_errors(pool, shape, options, message):
    with pytest.raises(ValueError, match=f"{pool.__name__}.*{message}"):
        pool(tg.zeros(shape), **options)
