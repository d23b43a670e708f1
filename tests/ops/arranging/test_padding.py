"""Borders at their edges: integers, no width, nothing to fill them with, and what they do not take."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

MODES = ["maximum", "mean", "median", "minimum", "linear_ramp"]


@pytest.mark.parametrize("mode", MODES)
def test_integers_stay(mode):
    x = np.array([[1, 2, 4], [7, 1, 0]])
    for options in [{}] if mode == "linear_ramp" else [{}, {"stat_length": 2}]:
        y = tg.pad(tg.tensor(x), (2, 3), mode, **options)
        assert y.dtype == np.int64
        np.testing.assert_array_equal(y.data, np.pad(x, (2, 3), mode, **options))


@pytest.mark.parametrize("mode", [*MODES, "edge", "empty"])
def test_no_width_is_a_copy(mode):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = np.pad(x, 0, mode)
    assert y is not x
    assert not np.shares_memory(y.data, x.data)
    assert y.tolist() == [1.0, 2.0]


def test_the_border_shares_its_gradient():
    x = tg.tensor([1.0, 3.0], requires_grad=True)
    np.pad(x, (2, 0), "linear_ramp").sum().backward()
    assert x.grad.tolist() == [1.5, 1.0]
    x.grad = None
    np.pad(x, (0, 1), "mean", stat_length=1).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: tg.pad(x, 1, "mirror"), ValueError, "pad: mode 'mirror' is unknown; use 'constant', 'edge'"),
        (lambda x: tg.pad(x, -1, "mean"), ValueError, "can't contain negative values"),
        (lambda x: tg.pad(x, 1.5, "mean"), TypeError, "integral type"),
        (lambda x: tg.pad(x, 1, "maximum", stat_length=0), ValueError, "stat_length is 0; .* to take the maximum of"),
        (lambda x: tg.pad(x[:0], 1, "mean"), ValueError, r"axis 0 of shape \(0,\) has no values to fill a border with"),
        (lambda x: tg.pad(x, 1, "linear_ramp", end_values=x[0]), TypeError, "end_values is a constant .*detach"),
        (lambda x: np.pad(x, 1, "reflect", reflect_type="odd"), TypeError, "it takes no 'reflect_type'"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(tg.tensor([1.0, 2.0], requires_grad=True))
