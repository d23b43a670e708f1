"""Cumulative ops and differences at their edges: zeros, ties, infinities, nan, nothing, long axes."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck
from tinygrad_fs.ops.reductions.cumulative import Recurrence

INF, NAN = np.inf, np.nan
CUMULATIVE = {
    "cumsum": tg.cumsum,
    "cumprod": tg.cumprod,
    "logcumsumexp": tg.logcumsumexp,
    "cummax": lambda x, axis=None: tg.cummax(x, axis).values,
    "cummin": lambda x, axis=None: tg.cummin(x, axis).values,
}


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


def gradient(function, *values: float, seed: list[float] | None = None) -> list[float]:
    x = leaf(*values)
    y = function(x)
    y.backward(np.ones(y.shape) if seed is None else np.array(seed))
    return x.grad.tolist()


@pytest.fixture(params=list(CUMULATIVE))
def cumulative(request):
    return CUMULATIVE[request.param]


class TestAll:
    def test_size_0_and_0d(self, cumulative):
        x = tg.zeros((0, 3), requires_grad=True)
        for axis in (0, 1, None):
            y = cumulative(x, axis)
            assert y.shape == ((0, 3) if axis is not None else (0,))
            (g,) = grad(y.sum(), x)
            assert g.shape == (0, 3)
        assert cumulative(tg.tensor(2.0, requires_grad=True)).tolist() == [2.0]

    def test_wrong_axis(self, cumulative):
        with pytest.raises(np.exceptions.AxisError, match="axis 1 is out of bounds for array of dimension 1"):
            cumulative(leaf(1.0), 1)

    def test_nan_spreads_forward(self, cumulative):
        y = cumulative(leaf(1.0, NAN, 3.0))
        assert np.isnan(y.data).tolist() == [False, True, True]

    def test_float16_stays(self, cumulative):
        y = cumulative(leaf(*[1.0] * 3000, dtype="float16"))
        assert y.dtype == np.float16
        assert y.data[2999] == pytest.approx(cumulative(np.ones(3000))[-1], rel=1e-3)

    def test_integers(self, cumulative):
        assert cumulative(tg.tensor([1, 1])).shape == (2,)

    def test_long_axes_agree_with_torch(self, cumulative, request, rng):
        torch = pytest.importorskip("torch")
        name = next(key for key, value in CUMULATIVE.items() if value is cumulative)
        values, seed = rng.uniform(0.8, 1.25, (2, 257, 2)), rng.standard_normal((2, 257, 2))
        x = tg.tensor(values, requires_grad=True)
        cumulative(x, 1).backward(seed)
        theirs = torch.tensor(values, requires_grad=True)
        y = getattr(torch, name)(theirs, 1)
        (y if name in ("cumsum", "cumprod", "logcumsumexp") else y.values).backward(torch.tensor(seed))
        np.testing.assert_allclose(x.grad.data, theirs.grad.numpy(), rtol=1e-9, atol=1e-11)


class TestProducts:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([2.0, 0.0, 4.0, 5.0], [1.0, 2.0 + 8.0 + 40.0, 0.0, 0.0]),
            ([2.0, 0.0, 4.0, 0.0], [1.0, 2.0 + 8.0, 0.0, 0.0]),
            ([0.0, 0.0], [1.0, 0.0]),
        ],
    )
    def test_zeros(self, values, expected):
        assert gradient(tg.cumprod, *values) == expected

    @pytest.mark.parametrize("values", [[2.0, 0.0, 4.0, 5.0], [0.0, 3.0, 0.0, 5.0], [0.0, 0.0, 0.0]])
    def test_second_derivatives_at_zeros(self, values):
        assert gradgradcheck(tg.cumprod, leaf(*values))

    def test_underflow(self):
        assert gradient(tg.cumprod, 1e-200, 1e-200, 3.0, seed=[0.0, 0.0, 1.0]) == [3e-200, 3e-200, 0.0]

    @pytest.mark.parametrize("axis", [0, 1])
    @pytest.mark.parametrize("reverse", [False, True])
    @pytest.mark.parametrize("size", [0, 1, 2, 32, 33, 34, 67, 140])
    def test_the_recurrence(self, axis, reverse, size, rng):
        b, a = (rng.uniform(-1, 1, (2, size) if axis else (size, 2)) for _ in range(2))
        expected = np.moveaxis(b.copy(), axis, 0)
        order = range(size - 2, -1, -1) if reverse else range(1, size)
        for i in order:
            expected[i] += np.moveaxis(a, axis, 0)[i] * expected[i + 1 if reverse else i - 1]
        y = Recurrence.apply(b, a, axis=axis, reverse=reverse)
        np.testing.assert_allclose(np.moveaxis(y, axis, 0), expected, rtol=1e-12, atol=1e-14)
        if size in (2, 34):
            assert gradcheck(
                lambda b, a: Recurrence.apply(b, a, axis=axis, reverse=reverse),
                (tg.tensor(b, requires_grad=True), tg.tensor(a, requires_grad=True)),
            )


class TestLogCumSumExp:
    def test_minus_infinity(self):
        x = leaf(-INF, -INF, 1.0, -INF, 1000.0)
        y = tg.logcumsumexp(x)
        assert y.tolist() == [-INF, -INF, 1.0, 1.0, 1000.0]
        (first,) = grad(y.sum(), x, create_graph=True)
        assert first.tolist() == [0.0, 0.0, 2.0, 0.0, 1.0]
        (second,) = grad(first.sum(), x)
        assert np.isfinite(second.data).all()

    def test_minus_infinity_alone(self):
        assert gradient(tg.logcumsumexp, -INF, -INF) == [0.0, 0.0]

    @pytest.mark.parametrize("values", [[1000.0, 1000.0], [-1000.0, -1000.0], [1000.0, -1000.0], [-1000.0, 1000.0]])
    def test_far_out(self, values):
        assert np.isfinite(tg.logcumsumexp(leaf(*values)).data).all()
        assert sum(gradient(tg.logcumsumexp, *values)) == pytest.approx(2.0)


class TestRunningExtremes:
    def test_the_first_of_equal_values_takes_the_gradient(self):
        assert gradient(CUMULATIVE["cummax"], 1.0, 3.0, 3.0, 2.0, 3.0) == [1.0, 4.0, 0.0, 0.0, 0.0]
        assert gradient(CUMULATIVE["cummin"], 2.0, 2.0, 1.0, 1.0) == [2.0, 0.0, 2.0, 0.0]

    def test_nan_takes_the_gradient_from_there_on(self):
        assert gradient(CUMULATIVE["cummax"], 1.0, NAN, 3.0, NAN) == [1.0, 3.0, 0.0, 0.0]
        assert gradient(CUMULATIVE["cummin"], NAN, NAN, 3.0) == [3.0, 0.0, 0.0]

    def test_indices(self):
        x = tg.tensor([[1.0, 3.0, 3.0], [2.0, 0.0, 5.0]], requires_grad=True)
        result = tg.cummax(x, axis=-1)
        assert result.indices.tolist() == [[0, 1, 1], [0, 0, 2]]
        assert not result.indices.requires_grad
        assert isinstance(tg.cummin(np.array([1.0, 0.0])).indices, np.ndarray)

    def test_infinities(self):
        assert tg.cummax(leaf(-INF, -INF, 1.0)).indices.tolist() == [0, 0, 2]


class TestDifferences:
    @pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
    def test_orders(self, n, rng):
        values = rng.standard_normal((2, 3))
        x = tg.tensor(values, requires_grad=True)
        y = tg.diff(x, n)
        np.testing.assert_allclose(y.data, np.diff(values, n))
        y.sum().backward()
        assert x.grad.shape == (2, 3)

    def test_no_difference_is_a_new_tensor(self):
        x = leaf(1.0, 2.0)
        assert tg.diff(x, 0) is not x

    def test_bools_and_integers(self):
        assert tg.diff(tg.tensor([True, False, False])).tolist() == [True, False]
        assert tg.diff(tg.tensor([1, 4]), prepend=0).dtype == np.int64

    def test_numbers_at_the_ends_do_not_widen(self):
        assert tg.diff(leaf(1.0, dtype="float32"), prepend=0.0, append=np.float64(2.0)).dtype == np.float32

    def test_trapezoid_of_one_sample_is_0(self):
        assert tg.trapezoid(leaf(3.0)).item() == 0.0

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda x: tg.diff(x, -1), ValueError, "diff: n is -1; it must not be negative"),
            (lambda x: tg.diff(tg.tensor(1.0)), ValueError, "diff: x is 0-d"),
            (lambda x: tg.diff(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
            (lambda x: tg.diff(x, prepend=np.ones((2, 2))), ValueError, "dimension"),
            (lambda x: tg.trapezoid(x, [1.0, 2.0]), ValueError, r"y has shape \(3,\) and x \(2,\)"),
            (lambda x: tg.trapezoid(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call(leaf(1.0, 2.0, 3.0))
