"""Functions of rows give the same in blocks as all at once, whatever the memory order; NumPy's buffer is put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad
from tinygrad_fs.ops import blocks

ROWS, COLUMNS = 37, 1100  # longer than NumPy's buffer in blocks
LABELS = np.arange(ROWS) * 17 % COLUMNS

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "softmax": lambda x, w, b: tg.softmax(x),
    "softmax down": lambda x, w, b: tg.softmax(x, axis=0),
    "log_softmax": lambda x, w, b: tg.log_softmax(x),
    "cross_entropy": lambda x, w, b: tg.cross_entropy(x, LABELS, reduction="none"),
    "cross_entropy, smoothed": lambda x, w, b: tg.cross_entropy(x, LABELS, label_smoothing=0.1),
    "layer_norm": lambda x, w, b: tg.layer_norm(x, COLUMNS, w, b),
    "layer_norm alone": lambda x, w, b: tg.layer_norm(x, COLUMNS),
    "rms_norm": lambda x, w, b: tg.rms_norm(x, COLUMNS, w),
}

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rows": lambda x: x,
    "columns": np.asfortranarray,
    "every second": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
}


def results(name: str, arrays: list[np.ndarray], block: int, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The value and all gradients, with blocks of so many bytes."""
    monkeypatch.setattr(blocks, "_BLOCK", block)
    monkeypatch.setattr(blocks, "_MANY", 0 if block < 10**9 else 10**9)
    x, w, b = (tg.Tensor(array, requires_grad=True) for array in arrays)
    y = FUNCTIONS[name](x, w, b)
    g = np.cos(np.arange(y.size)).reshape(y.shape).astype(x.dtype)
    found = grad(y, [x, w, b], g, allow_unused=True)
    return [y.data, *[each.data for each in found if each is not None]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_blocks_of_five_rows(name, dtype, layout, rng, monkeypatch):
    x = LAYOUTS[layout](rng.standard_normal((ROWS, COLUMNS)).astype(dtype))
    arrays = [x, *[rng.standard_normal(COLUMNS).astype(dtype) for _ in range(2)]]
    whole, cut = (results(name, arrays, block, monkeypatch) for block in (10**9, 5 * COLUMNS * x.itemsize))
    assert len(whole) == len(cut)
    tolerance = 20 * np.finfo(dtype).eps
    for one, other in zip(whole, cut):
        assert one.dtype == other.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def test_the_buffer_is_as_before_also_after_an_error(rng):
    rows = rng.standard_normal((2000, COLUMNS))
    before = np.getbufsize()

    def interrupted() -> None:
        with blocks.row_blocks(rows) as cut:
            assert np.getbufsize() < before
            assert np.concatenate([rows[block] for block in cut]).shape == rows.shape
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert np.getbufsize() == before


@pytest.mark.parametrize("axis", [-1, 0])
def test_sums_of_lines(axis, rng, monkeypatch):
    monkeypatch.setattr(blocks, "_MANY", 0)
    for x in (rng.standard_normal((4, 5)), rng.integers(9, size=(4, 5)), rng.standard_normal((2, 0))):
        np.testing.assert_allclose(blocks.line_sums(x, axis), x.sum(axis, keepdims=True), rtol=1e-14)
