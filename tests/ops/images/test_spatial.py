"""Convolution, pooling, folding and resampling around conv2d: against PyTorch, at edges, and their errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

CONVOLUTIONS = [
    ("conv1d", (2, 4, 9), (6, 4, 3), {}),
    ("conv1d", (2, 4, 9), (6, 2, 3), {"stride": 2, "padding": 1, "groups": 2}),
    ("conv1d", (4, 9), (6, 4, 2), {"padding": "same", "dilation": 3}),
    ("conv1d", (2, 4, 9), (8, 1, 3), {"groups": 4, "padding": (2,)}),
    ("conv3d", (2, 4, 6, 7, 5), (6, 4, 3, 2, 2), {}),
    ("conv3d", (2, 4, 6, 7, 5), (6, 2, 3, 2, 2), {"stride": (2, 1, 3), "padding": (1, 0, 2), "groups": 2}),
    ("conv3d", (4, 6, 7, 5), (6, 4, 3, 3, 3), {"padding": "same", "dilation": (2, 1, 1)}),
    ("conv3d", (1, 4, 1, 7, 5), (6, 4, 1, 2, 2), {}),
    ("conv_transpose1d", (2, 4, 5), (4, 3, 3), {"stride": 3, "padding": 1, "output_padding": 2}),
    ("conv_transpose1d", (4, 5), (4, 3, 3), {"dilation": 3, "output_padding": 2, "padding": 1}),
    ("conv_transpose2d", (2, 4, 5, 6), (4, 3, 3, 2), {}),
    ("conv_transpose2d", (4, 5, 6), (4, 3, 3, 2), {"stride": 2, "padding": 1, "output_padding": 1}),
    ("conv_transpose2d", (2, 4, 5, 6), (4, 3, 3, 2), {"stride": (3, 1), "padding": (1, 2), "groups": 2}),
    ("conv_transpose2d", (2, 4, 2, 3), (4, 3, 3, 2), {"stride": 2, "dilation": 4, "output_padding": 3}),
    ("conv_transpose2d", (1, 4, 1, 1), (4, 3, 1, 1), {"stride": 4, "output_padding": 3}),
]
MAPS = [
    ("unfold", (2, 3, 6, 7), {"kernel_size": (2, 3), "stride": 2, "padding": (1, 2), "dilation": (2, 1)}),
    ("unfold", (3, 6, 7), {"kernel_size": 3}),
    ("fold", (2, 12, 24), {"output_size": (4, 7), "kernel_size": (1, 4), "padding": (1, 0)}),
    ("fold", (12, 20), {"output_size": (5, 6), "kernel_size": 2}),
    ("max_pool1d", (2, 3, 9), {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2}),
    ("avg_pool1d", (2, 3, 9), {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("lp_pool1d", (2, 3, 9), {"norm_type": 2, "kernel_size": 3, "stride": 2}),
    ("lp_pool2d", (2, 3, 8, 9), {"norm_type": 4, "kernel_size": (2, 3), "stride": 1}),
    ("adaptive_avg_pool1d", (2, 3, 8), {"output_size": 5}),
    ("adaptive_avg_pool2d", (2, 3, 6, 8), {"output_size": (4, 11)}),
    ("adaptive_avg_pool2d", (3, 6, 8), {"output_size": (None, 3)}),
    ("adaptive_avg_pool2d", (2, 3, 6, 8), {"output_size": 1}),
    ("adaptive_max_pool2d", (2, 3, 6, 8), {"output_size": (4, 11)}),
    ("adaptive_max_pool2d", (2, 3, 6, 8), {"output_size": (3, 4)}),
    ("adaptive_max_pool2d", (3, 7, 8), {"output_size": (5, None)}),
    ("pixel_shuffle", (2, 18, 2, 3), {"upscale_factor": 3}),
    ("pixel_unshuffle", (2, 2, 6, 3), {"downscale_factor": 3}),
    *[("upsample", (2, 3, 6, 7), {"size": size}) for size in [(12, 14), (4, 5), (9, 7), 1]],
    *[("upsample", (2, 3, 6, 7), {"scale_factor": scale}) for scale in [2, 1.5, 0.6, (1.3, 2.7)]],
    *[
        ("upsample", (2, 3, 6, 7), {"mode": "bilinear", "align_corners": corners, **size})
        for corners in (True, False)
        for size in [{"size": (12, 5)}, {"size": 1}, {"scale_factor": (1.3, 2.7)}, {"scale_factor": 0.6}]
    ],
    ("upsample", (2, 3, 6), {"mode": "linear", "scale_factor": 1.5}),
    ("upsample", (2, 3, 4, 5, 3), {"mode": "trilinear", "size": 7}),
    *[
        ("upsample", (2, 3, 6, 7), {"mode": "bicubic", "align_corners": corners, **size})
        for corners in (True, False)
        for size in [{"size": (12, 5)}, {"size": 1}, {"scale_factor": (1.3, 2.7)}, {"scale_factor": 0.6}]
    ],
    *[
        ("upsample", shape, {"mode": mode, **size})
        for mode in ("nearest-exact", "area")
        for shape in [(2, 3, 6), (2, 3, 6, 7), (1, 2, 4, 5, 3)]
        for size in [{"size": 4}, {"size": 9}, {"scale_factor": 1.7}, {"scale_factor": 0.6}]
    ],
]


def compare(name, inputs, options, rng):
    """The values and the gradients of all inputs."""
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn.functional, "interpolate" if name == "upsample" else name)
    a = [tg.Tensor(x, True) for x in inputs]
    b = [torch.tensor(x, requires_grad=True) for x in inputs]
    y, expected = getattr(tg, name)(*a, **options), theirs(*b, **options)
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    g = rng.standard_normal(y.shape)
    y.backward(tg.Tensor(g))
    expected.backward(torch.tensor(g))
    for mine, other in zip(a, b):
        np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "x", "w", "options"), CONVOLUTIONS)
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_convolutions_agree_with_pytorch(name, x, w, options, rng):
    filters = w[1] * options.get("groups", 1) if "transpose" in name else w[0]
    compare(name, [rng.standard_normal(shape) for shape in (x, w, (filters,))], options, rng)


@pytest.mark.parametrize(("name", "shape", "options"), MAPS)
def test_maps_agree_with_pytorch(name, shape, options, rng):
    compare(name, [rng.standard_normal(shape)], options, rng)


def test_conv_transpose_is_the_adjoint_of_conv(rng):
    x, w = rng.standard_normal((2, 3, 8, 9)), rng.standard_normal((4, 3, 3, 2))
    options = {"stride": (2, 3), "padding": 1, "dilation": (2, 1)}
    y = tg.conv2d(x, w, **options)
    g = rng.standard_normal(y.shape)
    back = tg.conv_transpose2d(g, w, output_padding=(1, 0), **options)
    assert back.shape == x.shape
    np.testing.assert_allclose((y * g).sum(), (x * back).sum(), rtol=1e-12)


def test_fold_is_the_adjoint_of_unfold(rng):
    x, options = rng.standard_normal((2, 3, 6, 7)), {"kernel_size": (2, 3), "stride": (3, 2), "padding": (1, 0)}
    y = tg.unfold(x, **options)
    g = rng.standard_normal(y.shape)
    np.testing.assert_allclose((y * g).sum(), (x * tg.fold(g, (6, 7), **options)).sum(), rtol=1e-12)


def test_conv2d_is_a_product_with_unfolded_images(rng):
    x, w = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((4, 3, 2, 3))
    columns = tg.unfold(x, (2, 3), padding=1)
    expected = tg.conv2d(x, w, padding=1)
    np.testing.assert_allclose((w.reshape(4, -1) @ columns).reshape(expected.shape), expected, rtol=1e-12)


def test_pixel_unshuffle_undoes_pixel_shuffle(rng):
    x = rng.standard_normal((2, 8, 3, 4))
    np.testing.assert_array_equal(tg.pixel_unshuffle(tg.pixel_shuffle(x, 2), 2), x)


def test_conv1d_can_be_causal(rng):
    x, w = rng.standard_normal((1, 2, 8)), rng.standard_normal((3, 2, 3))
    y = tg.conv1d(x, w, padding=((4, 0),), dilation=2)
    later = x.copy()
    later[..., 5:] += 1.0
    np.testing.assert_array_equal(tg.conv1d(later, w, padding=((4, 0),), dilation=2)[..., :5], y[..., :5])


@pytest.mark.parametrize(
    ("call", "shape", "expected"),
    [
        (lambda x: tg.conv1d(x, np.ones((3, 2, 2))), (0, 2, 5), (0, 3, 4)),
        (lambda x: tg.conv3d(x, np.ones((3, 2, 2, 2, 2))), (0, 2, 3, 4, 5), (0, 3, 2, 3, 4)),
        (lambda x: tg.conv_transpose2d(x, np.ones((2, 3, 2, 2))), (0, 2, 3, 4), (0, 3, 4, 5)),
        (lambda x: tg.unfold(x, 2), (0, 2, 3, 4), (0, 8, 6)),
        (lambda x: tg.fold(x, (3, 4), 2), (0, 8, 6), (0, 2, 3, 4)),
        (lambda x: tg.max_pool1d(x, 2), (0, 2, 4), (0, 2, 2)),
        (lambda x: tg.adaptive_avg_pool2d(x, 3), (0, 2, 4, 5), (0, 2, 3, 3)),
        (lambda x: tg.adaptive_max_pool2d(x, 3), (0, 2, 4, 5), (0, 2, 3, 3)),
        (lambda x: tg.lp_pool2d(x, 2, 2), (0, 2, 4, 4), (0, 2, 2, 2)),
        (lambda x: tg.upsample(x, 3, mode="bilinear"), (0, 2, 2, 2), (0, 2, 3, 3)),
        (lambda x: tg.pixel_shuffle(x, 2), (0, 4, 2, 2), (0, 1, 4, 4)),
    ],
)
def test_an_empty_batch(call, shape, expected):
    x = tg.zeros(shape, requires_grad=True)
    y = call(x)
    assert y.shape == expected
    y.sum().backward()
    assert x.grad.shape == shape


def test_ties_and_nan_in_adaptive_max_pooling():
    x = tg.ones((1, 5, 5), requires_grad=True)
    tg.adaptive_max_pool2d(x, 3).sum().backward()
    first = [[1, 1, 0, 1, 0], [1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, 0], [0, 0, 0, 0, 0]]
    np.testing.assert_array_equal(x.grad.data[0], first)
    y = tg.Tensor(np.array([[0.0, np.nan, 2.0], [3.0, np.nan, 5.0], [6.0, 7.0, 8.0]]), True)
    z = tg.adaptive_max_pool2d(y, 1)
    assert np.isnan(z.item())
    z = tg.adaptive_max_pool2d(y, (2, 1))
    assert np.isnan(z.data).all()
    z.sum().backward()
    np.testing.assert_array_equal(y.grad.data, [[0, 1, 0], [0, 1, 0], [0, 0, 0]])


def test_infinities_stay_in_their_windows():
    x = np.zeros((1, 1, 5, 7))
    x[0, 0, 0, 0] = np.inf
    pooled = tg.adaptive_avg_pool2d(x, (3, 4))
    assert pooled[0, 0, 0, 0] == np.inf
    assert np.isfinite(pooled).sum() == pooled.size - 1
    assert np.isinf(tg.upsample(x, (10, 14))).sum() == 4
    assert np.isfinite(tg.upsample(x, (10, 14), mode="bilinear")[0, 0, 4:, 4:]).all()


def test_power_pooling_of_zeros_has_gradient_0():
    x = tg.zeros((1, 4, 4), requires_grad=True)
    tg.lp_pool2d(x, 2, 2).sum().backward()
    np.testing.assert_array_equal(x.grad.data, 0)


@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_power_pooling_neither_overflows_nor_vanishes(size):
    x = tg.Tensor(np.full((4, 4), size, np.float32), True)
    y = tg.lp_pool2d(x, 2, 2)
    np.testing.assert_allclose(y.data, 2 * size, rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, 0.5, rtol=1e-6)


def test_float16_is_summed_in_float32():
    x = np.full((1, 1, 7, 7), 40_000, np.float16)
    assert np.isfinite(tg.adaptive_avg_pool2d(x, (3, 3))).all()
    folded = tg.fold(np.ones((1, 4097, 4097), np.float16), (1, 8193), (1, 4097))
    assert folded.dtype == np.float16
    assert folded.max() == 4096  # 4097, rounded; adding up in halves ends at 2048
    one = tg.ones((1, 1, 1), dtype="float16", requires_grad=True)
    tg.upsample(one, 4100).sum().backward()
    assert one.grad.item() == 4100


def test_what_does_not_change_is_a_new_tensor(rng):
    x = tg.Tensor(rng.standard_normal((1, 2, 3, 4)), True)
    for y in (tg.upsample(x, (3, 4)), tg.adaptive_avg_pool2d(x, (3, 4)), tg.pixel_shuffle(x, 1)):
        assert y is not x
        np.testing.assert_array_equal(y.data, x.data)
        assert y.requires_grad


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.conv1d(tg.ones((2, 3)), tg.ones((4, 2, 5))), ValueError, r"conv1d: the kernel of \(5,\).*\(3,\)"),
        (lambda: tg.conv1d(tg.ones((2, 3, 4)), tg.ones((4, 2, 2))), ValueError, "conv1d: .* 3 channels.*see 1 x 2 = 2"),
        (
            lambda: tg.conv1d(tg.ones((2, 2, 4)), tg.ones((4, 2, 2)), tg.ones(3)),
            ValueError,
            r"conv1d: the bias.*\(4,\)",
        ),
        (lambda: tg.conv1d(tg.ones((2, 2, 4)), tg.ones((4, 2, 2)), stride=0), ValueError, "conv1d: stride=0"),
        (lambda: tg.conv1d(tg.ones((2, 2, 4)), tg.ones((4, 2))), ValueError, r"conv1d: the filters.*\(4, 2\).*3 axes"),
        (lambda: tg.conv1d(tg.ones((2, 2, 4)), tg.ones((4, 2, 2)), padding="all"), ValueError, "conv1d: padding='all'"),
        (lambda: tg.conv3d(tg.ones((2, 2, 4)), tg.ones((4, 2, 2, 2, 2))), ValueError, r"conv3d: the input.*5 axes"),
        (lambda: tg.conv3d(tg.ones((2, 4, 4, 4)), tg.ones((3, 1, 2, 2, 2)), groups=2), ValueError, "conv3d: groups=2"),
        (
            lambda: tg.conv3d(tg.ones((2, 4, 4, 4)), tg.ones((2, 2, 2, 2, 2)), stride=2, padding="same"),
            ValueError,
            "conv3d: padding='same' needs stride 1",
        ),
        (
            lambda: tg.conv_transpose2d(tg.ones((3, 4, 4)), tg.ones((2, 3, 2, 2))),
            ValueError,
            "conv_transpose2d: .*3 channels",
        ),
        (
            lambda: tg.conv_transpose2d(tg.ones((2, 4, 4)), tg.ones((2, 3, 2, 2)), output_padding=1),
            ValueError,
            "conv_transpose2d: output_padding",
        ),
        (
            lambda: tg.conv_transpose1d(tg.ones((2, 1)), tg.ones((2, 3, 2)), padding=1),
            ValueError,
            "conv_transpose1d: .*nothing left",
        ),
        (
            lambda: tg.conv_transpose1d(tg.ones((2, 0)), tg.ones((2, 3, 2))),
            ValueError,
            "conv_transpose1d: .*nothing to",
        ),
        (lambda: tg.unfold(tg.ones((4, 4)), 2), ValueError, r"unfold: .*\(4, 4\)"),
        (lambda: tg.unfold(tg.ones((1, 4, 4)), 5), ValueError, r"unfold: the kernel of \(5, 5\)"),
        (lambda: tg.fold(tg.ones((1, 6, 6)), (3, 4), 2), ValueError, "fold: columns.*multiple of 4"),
        (lambda: tg.fold(tg.ones((1, 8, 5)), (3, 4), 2), ValueError, "fold: columns.*2 x 3 = 6"),
        (lambda: tg.max_pool1d(tg.ones((2, 3)), 4), ValueError, "max_pool1d: the kernel"),
        (lambda: tg.max_pool1d(tg.ones(4), 2, padding=2), ValueError, "max_pool1d: .*sees no element"),
        (lambda: tg.max_pool1d(tg.ones(()), 2), ValueError, "max_pool1d: the input is 0-d"),
        (lambda: tg.avg_pool1d(np.ones(4, np.int64), 2), TypeError, "avg_pool1d: .*int64"),
        (lambda: tg.adaptive_avg_pool2d(tg.ones((3, 3)), 0), ValueError, "adaptive_avg_pool2d: output_size=0"),
        (lambda: tg.adaptive_avg_pool2d(tg.ones((3, 3)), (1, 2, 3)), ValueError, "adaptive_avg_pool2d: output_size"),
        (lambda: tg.adaptive_avg_pool1d(np.ones(4, np.int64), 2), TypeError, "adaptive_avg_pool1d: .*int64"),
        (lambda: tg.adaptive_max_pool2d(tg.ones((3, 0)), 1), ValueError, r"adaptive_max_pool2d: .*\(3, 0\)"),
        (lambda: tg.lp_pool2d(tg.ones((3, 3)), -1, 2), ValueError, "lp_pool2d: norm_type=-1"),
        (lambda: tg.lp_pool1d(np.ones(3, np.int64), 2, 2), TypeError, "lp_pool1d: .*int64"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), 2, 2), ValueError, "upsample: give either"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), 2, mode="cubic"), ValueError, "upsample: mode='cubic'"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), 2, mode="bilinear"), ValueError, r"upsample: .*\(1, 1, 2\).*2 axes"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), 2, align_corners=True), ValueError, "upsample: align_corners"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), 2, None, "area", False), ValueError, "leave it out with mode='area'"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), 2, mode="bicubic"), ValueError, r"upsample: .*\(1, 1, 2\).*2 axes"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), scale_factor=0.1), ValueError, "upsample: .*leaves nothing"),
        (lambda: tg.upsample(tg.ones((1, 1, 2)), scale_factor=-1), ValueError, "upsample: scale_factor=-1"),
        (lambda: tg.upsample(np.ones((1, 1, 2), int), 3, mode="linear"), TypeError, "upsample: .*int64"),
        (lambda: tg.pixel_shuffle(tg.ones((3, 2, 2)), 2), ValueError, r"pixel_shuffle: .*\(3, 2, 2\).*4 channels"),
        (lambda: tg.pixel_unshuffle(tg.ones((3, 3, 2)), 2), ValueError, r"pixel_unshuffle: .*\(3, 3, 2\)"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
