"""conv2d: values against loops, derivatives of both orders, options, shapes and errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck

SIDES = {0: ((0, 0), (0, 0)), 1: ((1, 1), (1, 1)), (2, 1): ((2, 2), (1, 1)), ((1, 0), (2, 1)): ((1, 0), (2, 1))}


def by_loops(x, w, b=None, stride=(1, 1), sides=((0, 0), (0, 0)), dilation=(1, 1), groups=1):
    """The definition, one output at a time."""
    x = np.pad(x, ((0, 0), (0, 0), *sides))
    filters, depth, kh, kw = w.shape
    height, width = ((x.shape[2 + i] - dilation[i] * (w.shape[2 + i] - 1) - 1) // stride[i] + 1 for i in (0, 1))
    out = np.zeros((len(x), filters, height, width))
    for f, r, c in itertools.product(range(filters), range(height), range(width)):
        first = f // (filters // groups) * depth
        rows = slice(r * stride[0], r * stride[0] + dilation[0] * (kh - 1) + 1, dilation[0])
        columns = slice(c * stride[1], c * stride[1] + dilation[1] * (kw - 1) + 1, dilation[1])
        out[:, f, r, c] = (x[:, first : first + depth, rows, columns] * w[f]).sum((1, 2, 3))
    return out if b is None else out + b[:, None, None]


CASES = {
    "plain": ((2, 3, 5, 6), (4, 3, 3, 3), {}),
    "padded": ((2, 3, 5, 6), (4, 3, 3, 3), {"padding": 1}),
    "asymmetric": ((1, 2, 4, 5), (3, 2, 2, 3), {"padding": ((1, 0), (2, 1))}),
    "pair": ((1, 2, 4, 5), (3, 2, 2, 3), {"padding": (2, 1)}),
    "stride": ((2, 2, 7, 6), (3, 2, 3, 3), {"stride": 2, "padding": 1}),
    "stride that leaves a rest": ((1, 2, 8, 9), (2, 2, 3, 2), {"stride": (3, 4)}),
    "stride larger than the kernel": ((1, 1, 7, 7), (2, 1, 2, 2), {"stride": 3}),
    "dilation": ((1, 2, 7, 8), (3, 2, 3, 2), {"dilation": (2, 3), "padding": 1}),
    "dilation and stride": ((1, 2, 9, 9), (3, 2, 3, 3), {"dilation": 2, "stride": 2, "padding": 2}),
    "groups": ((2, 4, 5, 5), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    "depthwise": ((2, 3, 5, 5), (6, 1, 3, 3), {"groups": 3, "stride": 2, "padding": 1}),
    "even kernel": ((1, 2, 5, 5), (2, 2, 4, 2), {"padding": 2}),
    "one by one": ((2, 3, 4, 4), (5, 3, 1, 1), {}),
    "one by one, stride": ((2, 3, 5, 4), (5, 3, 1, 1), {"stride": 2}),
    "kernel of the image's size": ((2, 3, 4, 5), (2, 3, 4, 5), {}),
    "many images": ((65, 2, 4, 4), (3, 2, 3, 3), {"padding": 1}),
}


def pairs(options):
    def pair(value):
        return (value, value) if isinstance(value, int) else value

    return {
        "stride": pair(options.get("stride", 1)),
        "dilation": pair(options.get("dilation", 1)),
        "sides": SIDES.get(options.get("padding", 0), ((2, 2), (2, 2))),
        "groups": options.get("groups", 1),
    }


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("with_bias", [False, True])
def test_values(name, with_bias, rng):
    x_shape, w_shape, options = CASES[name]
    x, w = rng.standard_normal(x_shape), rng.standard_normal(w_shape)
    b = rng.standard_normal(w_shape[0]) if with_bias else None
    expected = by_loops(x, w, b, **pairs(options))
    np.testing.assert_allclose(tg.conv2d(tg.Tensor(x), w, b, **options).data, expected, rtol=1e-11, atol=1e-12)
    result = tg.conv2d(*(None if a is None else a.astype("float32") for a in (x, w, b)), **options)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", [name for name in CASES if name != "many images"])
def test_first_derivatives(name, rng):
    x_shape, w_shape, options = CASES[name]
    inputs = [tg.Tensor(rng.standard_normal(shape), True) for shape in (x_shape, w_shape, w_shape[:1])]
    assert gradcheck(lambda x, w, b: tg.conv2d(x, w, b, **options), inputs)


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "options"),
    [
        ((1, 2, 4, 3), (2, 2, 2, 2), {"padding": ((1, 0), (0, 1))}),
        ((2, 2, 5, 4), (2, 1, 2, 2), {"stride": 2, "groups": 2}),
        ((1, 1, 5, 5), (2, 1, 2, 2), {"dilation": 2, "padding": 1}),
    ],
)
def test_second_derivatives(x_shape, w_shape, options, rng):
    inputs = [tg.Tensor(rng.standard_normal(shape), True) for shape in (x_shape, w_shape, w_shape[:1])]
    assert gradgradcheck(lambda x, w, b: tg.conv2d(x, w, b, **options), inputs)


def test_third_derivative(rng):
    x = tg.Tensor(rng.standard_normal((1, 1, 4, 4)), True)
    w = tg.Tensor(rng.standard_normal((1, 1, 2, 2)), True)

    def second(x, w):
        (dx,) = grad((tg.conv2d(x, w) ** 3).sum(), x, create_graph=True)
        return grad((dx**2).sum(), w, create_graph=True)[0]

    assert gradcheck(second, [x, w])


def test_the_gradient_of_a_rest_is_0(rng):
    x = tg.Tensor(rng.standard_normal((1, 1, 6, 6)), True)
    tg.conv2d(x, np.ones((1, 1, 2, 2)), stride=4).sum().backward()
    expected = np.zeros((6, 6))
    expected[:2, :2] = expected[4:, :2] = expected[:2, 4:] = expected[4:, 4:] = 1
    np.testing.assert_array_equal(x.grad.data[0, 0], expected)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, (2, 5)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_keeps_the_size(kernel, dilation, rng):
    kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
    x, w = rng.standard_normal((1, 2, 9, 10)), rng.standard_normal((3, 2, *kernel))
    sides = tuple((dilation * (k - 1) // 2, dilation * (k - 1) - dilation * (k - 1) // 2) for k in kernel)
    expected = by_loops(x, w, None, sides=sides, dilation=(dilation, dilation))
    result = tg.conv2d(x, w, padding="same", dilation=dilation)
    assert result.shape == (1, 3, 9, 10)
    np.testing.assert_allclose(result, expected, rtol=1e-11, atol=1e-12)


def test_valid_pads_nothing(rng):
    x, w = rng.standard_normal((1, 2, 5, 5)), rng.standard_normal((3, 2, 3, 3))
    np.testing.assert_array_equal(tg.conv2d(x, w, padding="valid"), tg.conv2d(x, w))


def test_one_image_without_a_batch(rng):
    x, w = tg.Tensor(rng.standard_normal((2, 5, 5)), True), rng.standard_normal((3, 2, 3, 3))
    y = tg.conv2d(x, w, padding=1)
    assert y.shape == (3, 5, 5)
    np.testing.assert_allclose(y.data, tg.conv2d(x.data[None], w, padding=1)[0])
    y.sum().backward()
    assert x.grad.shape == (2, 5, 5)


@pytest.mark.parametrize(("stride", "out"), [(1, 3), (3, 1)], ids=["windows", "tiles"])
def test_an_empty_batch(stride, out):
    x = tg.zeros((0, 2, 5, 5), requires_grad=True)
    w = tg.ones((3, 2, 3, 3), requires_grad=True)
    y = tg.conv2d(x, w, stride=stride)
    assert y.shape == (0, 3, out, out)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not w.grad.data.any()


@pytest.mark.parametrize(
    "make",
    [np.asfortranarray, lambda a: a[..., ::-1][..., ::-1], lambda a: a.swapaxes(0, 1).copy().swapaxes(0, 1)],
)
def test_any_memory_order(make, rng):
    x, w = rng.standard_normal((2, 3, 5, 5)), rng.standard_normal((4, 3, 3, 3))
    np.testing.assert_allclose(tg.conv2d(make(x), make(w)), tg.conv2d(x, w), rtol=1e-12)


def test_inputs_that_need_no_gradient_get_none(rng):
    x, w = tg.Tensor(rng.standard_normal((1, 1, 4, 4))), tg.Tensor(rng.standard_normal((1, 1, 2, 2)), True)
    node = tg.conv2d(x, w).grad_fn
    assert [saved is not None for saved in node.saved[:2]] == [True, False]


@pytest.mark.parametrize(
    ("x", "w", "options", "message"),
    [
        (
            (1, 3, 8, 8),
            (4, 2, 3, 3),
            {},
            r"have 3 channels, but the filters of shape \(4, 2, 3, 3\) see 2",
        ),
        (
            (1, 3, 2, 2),
            (4, 3, 3, 3),
            {},
            r"kernel of \(3, 3\) is larger than the image of \(2, 2\)",
        ),
        ((1, 4, 8, 8), (3, 2, 3, 3), {"groups": 2}, "groups"),
        ((1, 3, 8, 8), (4, 3, 3, 3), {"padding": "full"}, "'same', 'valid'"),
        ((1, 3, 8, 8), (4, 3, 3, 3), {"padding": "same", "stride": 2}, "stride"),
        ((1, 3, 8, 8), (4, 3, 3, 3), {"padding": -1}, "padding"),
        ((1, 3, 8, 8), (4, 3, 3, 3), {"stride": 0}, "stride"),
        ((1, 3, 8, 8), (4, 3, 3, 3), {"dilation": 0}, "dilation"),
        ((3, 8), (4, 3, 3, 3), {}, r"\(3, 8\)"),
        ((1, 3, 8, 8), (4, 3, 3), {}, r"\(4, 3, 3\)"),
    ],
)
def test_errors_name_shapes_and_remedy(x, w, options, message):
    with pytest.raises(ValueError, match=f"conv2d.*{message}"):
        tg.conv2d(tg.zeros(x), tg.zeros(w), **options)


def test_a_bias_of_another_length():
    with pytest.raises(ValueError, match=r"conv2d.*bias.*\(3,\)"):
        tg.conv2d(tg.zeros((1, 1, 4, 4)), tg.zeros((2, 1, 2, 2)), tg.zeros(3))


@pytest.mark.parametrize(
    ("shape", "filters", "kernel", "options"),
    [
        ((16, 16, 8, 8), 32, 3, {"padding": 1}),
        ((2, 64, 14, 14), 64, 3, {"padding": 1}),
        ((2, 8, 15, 15), 8, 5, {"padding": 2, "stride": 2}),
        ((2, 128, 7, 7), 64, 1, {}),
        ((2, 32, 9, 9), 32, 3, {"padding": 1, "groups": 32}),
        ((4, 32, 28, 28), 16, 3, {"padding": 1}),
    ],
)
def test_against_pytorch_in_float32(shape, filters, kernel, options, rng):
    torch = pytest.importorskip("torch")
    x = rng.standard_normal(shape).astype("float32")
    w = rng.standard_normal((filters, shape[1] // options.get("groups", 1), kernel, kernel)).astype("float32") / kernel
    a, b = tg.tensor(x, requires_grad=True), tg.tensor(w, requires_grad=True)
    p, q = (torch.tensor(each, requires_grad=True) for each in (x, w))
    y, z = tg.conv2d(a, b, **options), torch.nn.functional.conv2d(p, q, **options)
    seed = rng.standard_normal(y.shape).astype("float32")
    y.backward(seed)
    z.backward(torch.tensor(seed))
    for ours, theirs in ((y.data, z.detach()), (a.grad.data, p.grad), (b.grad.data, q.grad)):
        scale = float(theirs.abs().max())
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4 * scale)
