"""The blocks that a correlation is cut into: every way to cut gives the same, and no position is lost."""

from __future__ import annotations

import numpy as np
import pytest

from tinygrad_fs.ops.images import columns, correlation, winograd
from tinygrad_fs.ops.images.columns import Blocks, Geometry
from tinygrad_fs.ops.images.correlation import correlate, correlate_filters
from tinygrad_fs.ops.images.winograd import WinogradBlocks, transforms


def windows(x, geometry):
    """What each output sees, by plain indexing: (n, c, out rows, out columns, kh, kw)."""
    grids = []
    for axis in (0, 1):
        first = np.arange(geometry.size[axis])[:, None] * geometry.stride[axis] + geometry.origin[axis]
        grids.append(first + np.arange(geometry.kernel[axis]) * geometry.dilation[axis])
    rows, cols = grids[0][:, None, :, None], grids[1][None, :, None, :]
    inside = (rows >= 0) & (rows < x.shape[2]) & (cols >= 0) & (cols < x.shape[3])
    return np.where(inside, x[:, :, rows % x.shape[2], cols % x.shape[3]], 0)


def by_definition(x, w, b, geometry):
    groups = geometry.groups
    seen = windows(x, geometry)
    seen = seen.reshape(len(x), groups, -1, *seen.shape[2:])
    filters = w.reshape(groups, -1, *w.shape[1:])
    out = np.einsum("ngcyxij,gfcij->ngfyx", seen, filters)
    return out.reshape(len(x), len(w), *geometry.size) + b[:, None, None]


def filters_by_definition(x, g, geometry):
    groups = geometry.groups
    seen = windows(x, geometry)
    seen = seen.reshape(len(x), groups, -1, *seen.shape[2:])
    gradients = g.reshape(len(x), groups, -1, *geometry.size)
    found = np.einsum("ngcyxij,ngfyx->gfcij", seen, gradients)
    return found.reshape(g.shape[1], -1, *geometry.kernel)


def geometry_of(size=(8, 9), kernel=(3, 3), origin=(-1, -1), stride=(1, 1), dilation=(1, 1), groups=1):
    return Geometry(size, kernel, origin, stride, dilation, groups)


# (images, filters, geometry): few and many samples, narrow and wide, one block and several, rests of both kinds.
CASES = {
    "one block": ((2, 4, 8, 9), 6, geometry_of()),
    "interleaved samples with a rest": ((37, 4, 8, 9), 6, geometry_of()),
    "wide rows": ((3, 4, 9, 30), 6, geometry_of((9, 30))),
    "wide rows, few filters": ((2, 4, 9, 60), 2, geometry_of((9, 60))),
    "wide rows with a dilated kernel": ((2, 4, 12, 40), 2, geometry_of((8, 36), dilation=(2, 2), origin=(0, 0))),
    "prime height": ((2, 8, 29, 29), 32, geometry_of((29, 29))),
    "more rows than a block takes": ((1, 16, 50, 40), 40, geometry_of((50, 40))),
    "groups": ((5, 6, 9, 9), 4, geometry_of((9, 9), groups=2)),
    "depthwise": ((3, 6, 9, 28), 6, geometry_of((9, 28), groups=6)),
    "depthwise, channels in parts": ((3, 6, 9, 28), 12, geometry_of((9, 28), groups=6)),
    "stride": ((3, 4, 17, 33), 6, geometry_of((8, 11), stride=(2, 3))),
    "stride and dilation": ((3, 4, 20, 33), 6, geometry_of((8, 12), stride=(2, 2), dilation=(3, 3), origin=(-2, -4))),
    "looks beyond all edges": ((3, 2, 4, 4), 3, geometry_of((12, 13), origin=(-5, -6))),
    "looks inside only": ((3, 2, 14, 15), 3, geometry_of((9, 8), origin=(2, 3))),
    "a kernel of five rows": ((3, 5, 12, 14), 4, geometry_of((12, 14), (5, 3), (-2, -1))),
    "a kernel of one column": ((3, 5, 12, 14), 4, geometry_of((12, 14), (3, 1), (-1, 0))),
    "one by one": ((3, 5, 6, 7), 4, geometry_of((6, 7), (1, 1), (0, 0))),
    "one by one with groups": ((3, 6, 6, 7), 4, geometry_of((6, 7), (1, 1), (0, 0), groups=2)),
    "one by one, shifted": ((3, 5, 6, 7), 4, geometry_of((6, 7), (1, 1), (-1, 1))),
    "one by one, many": ((40, 16, 14, 15), 8, geometry_of((14, 15), (1, 1), (0, 0))),
    "side by side": ((3, 5, 6, 9), 4, geometry_of((3, 3), (2, 3), (0, 0), stride=(2, 3))),
    "side by side, with a rest": ((3, 4, 7, 10), 6, geometry_of((3, 3), (2, 3), (0, 0), stride=(2, 3), groups=2)),
    "side by side, beyond the edge": ((3, 5, 5, 6), 4, geometry_of((3, 3), (2, 2), (0, 0), stride=(2, 2))),
    "sequences": ((7, 5, 1, 40), 4, geometry_of((1, 40), (1, 3), (0, -1))),
    "sequences with a stride": ((7, 6, 1, 60), 4, geometry_of((1, 28), (1, 5), (0, 0), stride=(1, 2), groups=2)),
    "sequences with dilation": ((7, 5, 1, 40), 130, geometry_of((1, 44), (1, 3), (0, -5), dilation=(1, 3))),
}
FORMS = {  # whether Winograd's algorithm is used, the bytes of a block, and from where on a row is a product
    "by rows": (False, 4 << 20, 1),
    "by rows, small blocks": (False, 6000, 1),
    "plain": (False, 4 << 20, 1 << 30),
    "plain, small blocks": (False, 6000, 1 << 30),
    "winograd": (True, 4 << 20, 1),
    "winograd, small blocks": (True, 6000, 1),
}


PARTS = {"depthwise, channels in parts": 4}


def winograd_can(geometry):
    return geometry.kernel[0] in (3, 5) and geometry.stride == (1, 1) and geometry.dilation[0] == 1


PAIRS = [(name, form) for name in CASES for form in FORMS if not FORMS[form][0] or winograd_can(CASES[name][2])]


@pytest.fixture(params=PAIRS, ids=" - ".join)
def case(request, monkeypatch, rng):
    name, form = request.param
    shape, filters, geometry = CASES[name]
    fast, block_bytes, least_row = FORMS[form]
    monkeypatch.setattr(columns, "_LEAST_ROW", least_row)
    monkeypatch.setattr(columns, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(columns, "_LEAST_LINE", 1 if block_bytes < 10_000 else 256)
    monkeypatch.setattr(WinogradBlocks, "pay", classmethod(lambda *_: fast))
    monkeypatch.setattr(correlation, "channels_of_long_rows", lambda *_: PARTS.get(name, 1 << 30))
    x = rng.standard_normal(shape)
    w = rng.standard_normal((filters, shape[1] // geometry.groups, *geometry.kernel))
    return x, w, geometry


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_correlation(case, dtype, rng):
    x, w, geometry = case
    b = rng.standard_normal(len(w))
    expected = by_definition(x, w, b, geometry)
    tolerance = 1e-12 if dtype == "float64" else 3e-5
    for contiguous in (True, False):
        whole = np.full((len(x), len(w), geometry.size[0] * 2, geometry.size[1] * 2), np.nan, dtype)
        out = np.empty(expected.shape, dtype) if contiguous else whole[:, :, 1::2, ::2]
        for _ in correlate(x.astype(dtype), w.astype(dtype), b.astype(dtype), out, geometry):
            pass
        np.testing.assert_allclose(out, expected, rtol=0, atol=tolerance * np.abs(expected).max())
        assert np.isnan(whole[:, :, ::2]).all()  # a view is written to, and what is around it is not


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradient_of_filters(case, dtype, rng):
    x, w, geometry = case
    g = rng.standard_normal((len(x), len(w), *geometry.size))
    expected = filters_by_definition(x, g, geometry)
    found = correlate_filters(x.astype(dtype), g.astype(dtype), geometry, np.dtype(dtype))
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == "float64" else 3e-5
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def test_float16_is_summed_in_float32():
    x = np.full((1, 400, 5, 5), 16.0, np.float16)
    w = np.full((1, 400, 3, 3), 1.0, np.float16)
    out = np.empty((1, 1, 3, 3), np.float16)
    for _ in correlate(x, w / 16, None, out, geometry_of((3, 3), origin=(0, 0))):
        pass
    assert out.tolist() == [[[[3600.0] * 3] * 3]]


def test_the_same_input_gives_the_same_bits(rng):
    x, w = (rng.standard_normal(shape).astype("float32") for shape in ((40, 16, 12, 12), (16, 16, 3, 3)))
    geometry = geometry_of((12, 12))
    outs = [np.empty((40, 16, 12, 12), "float32") for _ in range(2)]
    for out in outs:
        for _ in correlate(x, w, None, out, geometry):
            pass
    assert outs[0].tobytes() == outs[1].tobytes()
    gradients = [correlate_filters(x, outs[0], geometry, np.dtype("float32")) for _ in range(2)]
    assert gradients[0].tobytes() == gradients[1].tobytes()


class TestWinograd:
    @pytest.mark.parametrize("taps", [3, 5])
    def test_transforms_make_a_correlation(self, taps, rng):
        a, b, g = transforms(taps)
        x, w = rng.standard_normal(taps + 3), rng.standard_normal(taps)
        np.testing.assert_allclose(a @ ((g @ w) * (b @ x)), np.correlate(x, w), rtol=1e-12)

    @pytest.mark.parametrize("taps", [3, 5])
    def test_what_is_added_at_point_1_is_added_to_all_outputs(self, taps):
        a, _, _ = transforms(taps)
        assert a[:, 1].tolist() == [1.0, 1.0, 1.0, 1.0]

    @pytest.mark.parametrize(
        ("change", "chosen"),
        [
            ({}, True),
            ({"dtype": "float64"}, False),
            ({"kernel": (5, 5)}, True),
            ({"kernel": (4, 4)}, False),
            ({"stride": (2, 2)}, False),
            ({"dilation": (2, 2)}, False),
            ({"samples": 1}, True),
            ({"samples": 1, "size": (13, 28)}, False),
            ({"channels": 4}, False),
            ({"groups": 16}, False),
            ({"size": (4, 28)}, True),
            ({"size": (5, 28)}, False),
            ({"size": (6, 28)}, True),
            ({"size": (9, 28)}, True),
        ],
    )
    def test_where_it_is_used(self, change, chosen):
        options = {"dtype": "float32", "samples": 8, "channels": 32, **change}
        dtype, samples, channels = (options.pop(key) for key in ("dtype", "samples", "channels"))
        geometry = geometry_of(**{"size": (28, 28), **options})
        x = np.empty((samples, channels, 28, 28), dtype)
        assert WinogradBlocks.pay(x, 32, geometry, np.dtype(dtype)) is chosen

    @pytest.mark.parametrize("kernel", [3, 5])
    def test_its_rounding_errors_are_small(self, kernel, rng):
        x, w = rng.standard_normal((4, 64, 16, 16)), rng.standard_normal((64, 64, kernel, kernel)) / 8
        geometry = geometry_of((16, 16), (kernel, kernel), (-(kernel // 2), -(kernel // 2)))
        expected = by_definition(x, w, np.zeros(64), geometry)
        single = x.astype("float32"), w.astype("float32")
        out = np.empty(expected.shape, "float32")
        assert WinogradBlocks.pay(single[0], 64, geometry, out.dtype)
        for _ in correlate(*single, None, out, geometry):
            pass
        error = np.sqrt(np.mean((out - expected) ** 2) / np.mean(expected**2))
        assert error < 20 * np.finfo("float32").eps


def test_blocks_cover_every_output_once():
    for count, size in ((37, (8, 9)), (3, (50, 40)), (1, (29, 29))):
        for kind in (Blocks, WinogradBlocks):
            x = np.zeros((count, 4, *size), "float32")
            seen = np.zeros((count, *size), int)
            for sample, row, block in kind(x, 8, geometry_of(size), np.dtype("float32")):
                seen[sample : sample + block.samples, row : row + block.rows] += 1
            assert (seen == 1).all()


def test_a_block_of_winograd_is_made_of_tiles():
    x = np.zeros((1, 16, 50, 40), "float32")
    rows = [block.rows for _, _, block in WinogradBlocks(x, 16, geometry_of((50, 40)), np.dtype("float32"))]
    assert all(each % winograd.OUTPUTS == 0 for each in rows[:-1])


@pytest.mark.parametrize("width", [0, 1, 7])
@pytest.mark.parametrize("kind", ["rows in one piece", "every second column", "another dtype", "read-only"])
def test_rows_are_copied_as_elements_are(kind, width, rng):
    source = rng.standard_normal((3, 4, 2 * width)).astype("float32")[..., :width].swapaxes(0, 1)
    target = np.full((4, 3, 2 * width), np.nan, "float64" if kind == "another dtype" else "float32")
    part = target[..., ::2] if kind == "every second column" else target[..., :width]
    if kind == "read-only":
        source.flags.writeable = False
    columns.copy_rows(source, part)
    np.testing.assert_array_equal(part, source)
    assert np.isnan(target).sum() == target.size - part.size
