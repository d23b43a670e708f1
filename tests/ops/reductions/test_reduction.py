"""Reductions at their edges: zeros, ties, infinities, nan, nothing, and the arguments that NumPy users pass."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck

INF, NAN = np.inf, np.nan
REDUCTIONS = [
    tg.sum, tg.prod, tg.mean, tg.max, tg.min, tg.amax, tg.amin, tg.logsumexp, tg.nansum, tg.nanmean, tg.var, tg.std,
    tg.ptp, tg.median, tg.average, tg.nanprod, tg.nanvar, tg.nanstd, tg.nanmax, tg.nanmin, tg.nanmedian,
]  # fmt: skip


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


def value_and_gradient(function, *values: float) -> tuple:
    x = leaf(*values)
    y = function(x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


class TestProducts:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
            ([2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
            ([0.0, 3.0, 0.0], [0.0, 0.0, 0.0]),
            ([0.0], [1.0]),
            ([], []),
        ],
    )
    def test_zeros(self, values, expected):
        assert value_and_gradient(tg.prod, *values)[1] == expected

    def test_second_derivative_at_two_zeros(self):
        x = leaf(0.0, 3.0, 0.0, 5.0)
        (first,) = grad(tg.prod(x), x, create_graph=True)
        (second,) = grad(first[0], x)
        assert second.tolist() == [0.0, 0.0, 15.0, 0.0]

    def test_a_product_that_underflows_has_a_gradient(self):
        assert value_and_gradient(tg.prod, 1e-200, 1e-200, 3.0) == (0.0, [3e-200, 3e-200, 0.0])

    def test_the_product_of_nothing_is_1(self):
        x = tg.zeros((0, 2), requires_grad=True)
        y = tg.prod(x, axis=0)
        assert y.tolist() == [1.0, 1.0]
        y.sum().backward()
        assert x.grad.shape == (0, 2)


class TestExtremes:
    @pytest.mark.parametrize(
        ("initial", "expected"), [(2.0, [0.0, 0.5, 0.5]), (3.0, [0.0, 0.5, 0.5]), (4.0, [0.0] * 3)]
    )
    def test_initial(self, initial, expected):
        assert value_and_gradient(lambda x: tg.max(x, initial=initial), 1.0, 3.0, 3.0)[1] == expected

    def test_initial_makes_an_extreme_of_nothing(self):
        assert value_and_gradient(lambda x: tg.min(x, initial=5.0)) == (5.0, [])

    @pytest.mark.parametrize("function", [tg.max, tg.min])
    def test_where_needs_initial(self, function):
        with pytest.raises(ValueError, match=f"{function.__name__}: with where= .* give initial= too"):
            function(leaf(1.0), where=[True])

    def test_ties_in_one_row_and_nan_in_another(self):
        x = tg.tensor([[2.0, 2.0, 1.0], [NAN, 5.0, NAN]], requires_grad=True)
        tg.max(x, axis=1).sum().backward()
        assert x.grad.tolist() == [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]]


class TestLogSumExp:
    @pytest.mark.parametrize(
        ("values", "value", "gradient"),
        [
            ([1000.0, 1000.0], 1000.0 + np.log(2.0), [0.5, 0.5]),
            ([-1000.0, -1000.0], -1000.0 + np.log(2.0), [0.5, 0.5]),
            ([-INF, 2.0], 2.0, [0.0, 1.0]),
            ([-INF, -INF], -INF, [0.0, 0.0]),
            ([], -INF, []),
        ],
    )
    def test_far_out(self, values, value, gradient):
        for keepdims in (False, True):
            found = value_and_gradient(lambda x, k=keepdims: tg.logsumexp(x, keepdims=k).sum(), *values)
            assert found == (pytest.approx(value), pytest.approx(gradient))

    def test_infinity_and_nan(self):
        assert tg.logsumexp(leaf(INF, 1.0)).item() == INF
        assert np.isnan(tg.logsumexp(leaf(NAN, 1.0)).item())

    def test_second_derivative_beside_minus_infinity(self):
        x = leaf(-INF, 1.0, 2.0)
        (first,) = grad(tg.logsumexp(x), x, create_graph=True)
        (second,) = grad(first[1], x)
        p = 1 / (1 + np.e)
        np.testing.assert_allclose(second.data, [0.0, p * (1 - p), -p * (1 - p)])

    def test_integers(self):
        assert tg.logsumexp(tg.tensor([0, 0])).item() == pytest.approx(np.log(2.0))


class TestNothing:
    @pytest.mark.filterwarnings("ignore:invalid value")
    @pytest.mark.parametrize("axis", [None, 0])
    def test_the_mean_of_nothing(self, axis):
        with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
            assert np.isnan(tg.mean(tg.zeros((0, 2)), axis=axis).data).all()


class TestArguments:
    @pytest.mark.parametrize("function", REDUCTIONS, ids=lambda f: f.__name__)
    def test_axes_and_shapes_are_numpys(self, function, rng):
        values = rng.standard_normal((2, 3, 4))
        twin = getattr(np, function.__name__, lambda x, axis, keepdims: np.sum(x, axis, keepdims=keepdims))
        for axis in (None, 0, -1, (0, 2), (-1, -3), (1,)):
            for keepdims in (False, True):
                x = tg.tensor(values, requires_grad=True)
                y = function(x, axis=axis, keepdims=keepdims)
                assert y.shape == twin(values, axis=axis, keepdims=keepdims).shape
                y.sum().backward()
                assert x.grad.shape == x.shape

    @pytest.mark.parametrize("function", REDUCTIONS, ids=lambda f: f.__name__)
    def test_wrong_axes(self, function):
        x = tg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
        with pytest.raises(ValueError, match="duplicate|repeated"):
            function(x, axis=(0, -2))
        with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds for array of dimension 2"):
            function(x, axis=2)

    @pytest.mark.parametrize("function", REDUCTIONS, ids=lambda f: f.__name__)
    def test_0d_and_lists(self, function):
        x = tg.tensor(2.5, requires_grad=True)
        y = function(x)
        y.backward()
        assert (y.shape, x.grad.shape) == ((), ())
        assert function([1, 2, 4]) == function(np.array([1, 2, 4]))

    @pytest.mark.parametrize("function", REDUCTIONS, ids=lambda f: f.__name__)
    def test_float16_is_accumulated_in_float32(self, function, rng):
        values = rng.permutation(np.linspace(0.9, 1.1, 4000)).astype(np.float16)
        x = tg.tensor(values, requires_grad=True)
        y = function(x)
        y.backward()
        assert (y.dtype, x.grad.dtype) == (np.float16, np.float16)
        exact = function(values.astype(np.float64))
        assert y.item() == pytest.approx(exact, rel=5e-3)
        assert np.isfinite(x.grad.data).all()

    def test_dtype(self):
        x = leaf(1.0, 2.0, dtype="float32")
        for function in (tg.sum, tg.prod, tg.mean, tg.var, tg.std, tg.nansum, tg.nanmean):
            y = function(x, dtype="float64")
            assert y.dtype == np.float64
            (g,) = grad(y, x)
            assert g.dtype == np.float32

    def test_what_a_third_positional_argument_means_is_no_matter_of_luck(self):
        assert np.sum(leaf(1.0, dtype="float32"), 0, np.float64).dtype == np.float64
        with pytest.raises(TypeError):
            tg.sum(leaf(1.0), 0, True)

    @pytest.mark.parametrize("function", [tg.sum, tg.prod])
    def test_initial_and_where_have_gradients_of_their_own(self, function):
        mask = np.array([True, False, True])
        start = leaf(2.0)
        x = leaf(3.0, 4.0, 5.0)
        assert gradcheck(lambda x, s: function(x, initial=s, where=mask), (x, start))
        assert gradgradcheck(lambda x, s: function(x, initial=s, where=tg.tensor(mask)), (x, start))


class TestMethodsOfUfuncs:
    @pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.minimum, np.logaddexp])
    @pytest.mark.parametrize("method", ["reduce", "accumulate"])
    def test_they_are_recorded(self, ufunc, method, rng):
        values = rng.standard_normal((3, 4))
        function = getattr(ufunc, method)
        for options in ({}, {"axis": 1}):
            x = tg.tensor(values, requires_grad=True)
            y = function(x, **options)
            assert y.requires_grad
            np.testing.assert_allclose(y.data, function(values, **options), rtol=1e-14)
            assert gradcheck(lambda x, o=options: function(x, **o), x)

    def test_their_options(self):
        x = leaf(1.0, 2.0, 3.0, dtype="float32")
        assert np.add.reduce(x, dtype=np.float64, keepdims=True).shape == (1,)
        assert np.add.reduce(x, where=[True, False, True], initial=1.0).item() == 5.0
        assert np.add.accumulate(x, dtype=np.float64).dtype == np.float64

    def test_others_are_refused(self):
        with pytest.raises(TypeError, match=r"np\.subtract\.reduce has no rule"):
            np.subtract.reduce(leaf(1.0, 2.0))


class TestCounting:
    @pytest.mark.parametrize("name", ["all", "any", "argmax", "argmin", "count_nonzero"])
    def test_they_agree_with_numpy(self, name):
        values = np.array([[0.0, NAN, 2.0], [0.0, 5.0, 5.0]])
        for options in ({}, {"axis": 1}, {"axis": -2, "keepdims": True}):
            expected = getattr(np, name)(values, **options)
            for result in (getattr(tg, name), getattr(np, name)):
                found = result(tg.tensor(values, requires_grad=True), **options)
                assert isinstance(found, tg.Tensor)
                assert not found.requires_grad
                np.testing.assert_array_equal(found.data, expected)

    def test_where(self):
        x = tg.tensor([1.0, 0.0])
        assert tg.all(x, where=tg.tensor([True, False])).item()
        assert not tg.any(x, where=[False, True]).item()

    @pytest.mark.parametrize("function", [tg.argmax, tg.argmin])
    def test_the_place_of_nothing(self, function):
        with pytest.raises(ValueError, match="empty sequence"):
            function(tg.zeros(0))
