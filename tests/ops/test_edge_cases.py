"""Ties, kinks, singular points, overflow, shapes and indices: what each op does there."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck

INF, NAN = np.inf, np.nan


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def gradient(function, *values: float) -> list[float]:
    x = leaf(*values)
    function(x).sum().backward()
    return x.grad.tolist()


class TestTies:
    @pytest.mark.parametrize("function", [tg.max, tg.min])
    def test_extremes_split_evenly(self, function):
        sign = 1 if function is tg.max else -1
        assert gradient(function, *(sign * np.array([1.0, 3.0, 3.0]))) == [0.0, 0.5, 0.5]
        x = tg.tensor([[2.0, 2.0], [1.0, 1.0]], requires_grad=True)
        function(x, axis=1).sum().backward()
        assert x.grad.tolist() == [[0.5, 0.5], [0.5, 0.5]]

    @pytest.mark.parametrize("function", [tg.maximum, tg.minimum])
    def test_pairs_split_evenly(self, function):
        x, y = leaf(1.0), leaf(1.0)
        function(x, y).backward()
        assert (x.grad.item(), y.grad.item()) == (0.5, 0.5)

    @pytest.mark.parametrize("function", [tg.maximum, tg.minimum])
    def test_nan_wins_and_takes_the_gradient(self, function):
        x, y = leaf(NAN, 1.0), leaf(2.0, NAN)
        z = function(x, y)
        assert np.isnan(z.data).all()
        z.sum().backward()
        assert (x.grad.tolist(), y.grad.tolist()) == ([1.0, 0.0], [0.0, 1.0])

    @pytest.mark.parametrize("function", [tg.max, tg.min])
    def test_nan_wins_a_reduction(self, function):
        assert gradient(function, 1.0, NAN, 5.0) == [0.0, 1.0, 0.0]

    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            (tg.relu, 0.0),
            (lambda x: tg.leaky_relu(x, 0.3), 0.3),
            (lambda x: tg.elu(x, 0.7), 0.7),
            (tg.selu, 1.0507009873554805 * 1.6732632423543772),
            (tg.celu, 1.0),
            (lambda x: tg.prelu(x, 0.3), 0.3),
            (tg.relu6, 0.0),
            (tg.absolute, 0.0),
            (tg.sign, 0.0),
            (lambda x: tg.l1_loss(x, [0.0]), 0.0),
            (lambda x: tg.hinge_embedding_loss(x, [-1.0], margin=0.0), 1.0 - 2.0),
        ],
    )
    def test_kinks_at_0(self, function, expected):
        assert gradient(function, 0.0) == [pytest.approx(expected)]

    @pytest.mark.parametrize(
        ("function", "at", "expected"),
        [
            (tg.relu6, [6.0], [1.0]),
            (tg.hardtanh, [-1.0, 1.0], [1.0, 1.0]),
            (tg.hardswish, [-3.0, 3.0], [0.0, 1.0]),
            (tg.floor, [2.0], [0.0]),
            (tg.round, [0.5, 1.5], [0.0, 0.0]),
            (lambda x: tg.huber_loss(x, [0.0, 0.0]), [-1.0, 1.0], [-0.5, 0.5]),
        ],
    )
    def test_kinks_elsewhere(self, function, at, expected):
        assert gradient(function, *at) == expected

    def test_relu_of_nan_is_nan(self):
        assert np.isnan(tg.relu(leaf(NAN)).item())

    def test_clip_exactly_at_a_bound(self):
        assert gradient(lambda x: tg.clip(x, -1, 1), -1.0, 1.0, 1.5, -1.5, 0.0) == [1.0, 1.0, 0.0, 0.0, 1.0]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
class TestSingularPoints:
    def test_sqrt_at_0(self):
        assert gradient(tg.sqrt, 0.0) == [INF]

    @pytest.mark.parametrize(("power", "first", "second"), [(0, 0.0, 0.0), (1, 1.0, 0.0), (2, 0.0, 2.0), (3, 0.0, 0.0)])
    @pytest.mark.parametrize("as_array", [False, True])
    def test_powers_at_0(self, power, first, second, as_array):
        x = leaf(0.0)
        y = x ** (np.array([float(power)]) if as_array else power)
        (dx,) = grad(y, x, create_graph=True)
        assert dx.item() == first
        (ddx,) = grad(dx, x, allow_unused=True) if dx.requires_grad else (None,)
        assert (0.0 if ddx is None else ddx.item()) == second

    @pytest.mark.parametrize(
        ("base", "exponent", "of_base", "of_exponent"),
        [(0.0, 0.0, 0.0, 0.0), (0.0, -1.0, -INF, -INF), (-2.0, 3.0, 12.0, NAN), (0.0, 2.0, 0.0, 0.0)],
    )
    def test_power(self, base, exponent, of_base, of_exponent):
        x, y = leaf(base), leaf(exponent)
        (x**y).sum().backward()
        np.testing.assert_array_equal([x.grad.item(), y.grad.item()], [of_base, of_exponent])

    def test_0_over_0(self):
        x, y = leaf(0.0), leaf(0.0)
        z = x / y
        z.sum().backward()
        assert np.isnan(z.item())

    def test_where_of_a_root_needs_a_safe_argument(self):
        assert np.isnan(gradient(lambda x: tg.where(x > 0, tg.sqrt(x), 0), 0.0))
        safe = gradient(lambda x: tg.where(x > 0, tg.sqrt(tg.where(x > 0, x, 1)), 0), 0.0, 4.0)
        assert safe == [0.0, 0.25]

    def test_var_of_equal_values(self):
        assert gradient(tg.var, 2.0, 2.0) == [0.0, 0.0]

    def test_var_of_one_value_without_bias(self):
        assert np.isnan(gradient(lambda x: tg.var(x, ddof=1), 2.0))


class TestOverflow:
    """No overflow and no warning: warnings are errors here."""

    @pytest.mark.parametrize(
        ("function", "at", "value", "slope"),
        [
            (tg.sigmoid, 1000.0, 1.0, 0.0),
            (tg.sigmoid, -1000.0, 0.0, 0.0),
            (tg.sigmoid, -50.0, np.exp(-50.0), np.exp(-50.0)),
            (tg.softplus, 1000.0, 1000.0, 1.0),
            (tg.softplus, -1000.0, 0.0, 0.0),
            (tg.softplus, -50.0, np.exp(-50.0), np.exp(-50.0)),
            (tg.elu, 1000.0, 1000.0, 1.0),
            (tg.elu, -1000.0, -1.0, 0.0),
            (tg.selu, 1000.0, 1050.7009873554805, 1.0507009873554805),
            (tg.tanh, 1000.0, 1.0, 0.0),
            (tg.log_sigmoid, -1000.0, -1000.0, 1.0),
            (tg.log_sigmoid, 1000.0, 0.0, 0.0),
            (tg.log_sigmoid, 50.0, -np.exp(-50.0), np.exp(-50.0)),
            (tg.silu, 1000.0, 1000.0, 1.0),
            (tg.silu, -1000.0, 0.0, 0.0),
            (tg.mish, 1000.0, 1000.0, 1.0),
            (tg.mish, -1000.0, 0.0, 0.0),
            (tg.gelu, 1000.0, 1000.0, 1.0),
            (tg.gelu, -1000.0, 0.0, 0.0),
            (tg.celu, -1000.0, -1.0, 0.0),
            (tg.softsign, -1e30, -1.0, 0.0),
            (tg.hardswish, -1000.0, 0.0, 0.0),
            (tg.erf, 1000.0, 1.0, 0.0),
        ],
    )
    def test_values_and_slopes(self, function, at, value, slope):
        for dtype, tolerance in (("float64", 1e-14), ("float32", 1e-6)):
            x = tg.tensor(at, requires_grad=True, dtype=dtype)
            y = function(x)
            y.backward()
            assert y.item() == pytest.approx(value, rel=tolerance)
            assert x.grad.item() == pytest.approx(slope, rel=tolerance)

    @pytest.mark.parametrize("values", [[1000.0, 1000.0], [-1000.0, -1000.0], [0.0, -INF], [-INF, 3.0]])
    def test_softmax_and_its_logarithm(self, values):
        x = leaf(*values)
        y = tg.softmax(x)
        assert y.data.sum() == pytest.approx(1.0)
        (y * leaf(1.0, 2.0)).sum().backward()
        assert np.isfinite(x.grad.data).all()
        z = leaf(*values)
        tg.log_softmax(z)[int(np.argmax(values))].backward()
        assert np.isfinite(z.grad.data).all()

    def test_softmax_of_minus_infinity_alone_is_nan(self):
        with pytest.warns(RuntimeWarning):
            assert np.isnan(tg.softmax(leaf(-INF, -INF)).data).all()

    def test_derivatives_of_higher_order_are_finite_far_out(self):
        x = leaf(-INF, -1e300, -1e4, -800.0, 800.0, 1e4, 1e300, INF)
        rectifiers = "relu leaky_relu elu selu celu relu6 hardtanh hardswish gelu silu mish softplus"
        for name in f"{rectifiers} sigmoid log_sigmoid tanh softsign erf erfc".split():
            (first,) = grad(getattr(tg, name)(x), x, np.ones(8), create_graph=True)
            assert np.isfinite(first.data).all(), name
            if first.requires_grad:
                (second,) = grad(first, x, np.ones(8), allow_unused=True)
                assert second is None or np.isfinite(second.data).all(), name

    def test_a_slope_of_0_does_not_meet_infinity(self):
        x, w = leaf(INF), leaf(0.0)
        y = tg.prelu(x, w)
        y.backward()
        assert (y.item(), x.grad.item(), w.grad.item()) == (INF, 1.0, 0.0)

    @pytest.mark.parametrize(
        ("function", "below", "above"),
        [
            (tg.relu, (0.0, 0.0), (INF, 1.0)),
            (tg.relu6, (0.0, 0.0), (6.0, 0.0)),
            (tg.elu, (-1.0, 0.0), (INF, 1.0)),
            (tg.celu, (-1.0, 0.0), (INF, 1.0)),
            (tg.sigmoid, (0.0, 0.0), (1.0, 0.0)),
            (tg.tanh, (-1.0, 0.0), (1.0, 0.0)),
            (tg.softplus, (0.0, 0.0), (INF, 1.0)),
            (tg.softsign, (-1.0, 0.0), (1.0, 0.0)),
            (tg.log_sigmoid, (-INF, 1.0), (0.0, 0.0)),
            (tg.gelu, (0.0, 0.0), (INF, 1.0)),
            (lambda x: tg.gelu(x, "tanh"), (0.0, 0.0), (INF, 1.0)),
            (tg.silu, (0.0, 0.0), (INF, 1.0)),
            (tg.mish, (0.0, 0.0), (INF, 1.0)),
            (tg.hardswish, (0.0, 0.0), (INF, 1.0)),
        ],
    )
    def test_infinity(self, function, below, above):
        for at, expected in ((-INF, below), (INF, above)):
            x = leaf(at)
            y = function(x)
            y.backward()
            assert (y.item(), x.grad.item()) == expected

    @pytest.mark.parametrize("value", [1000.0, -1000.0, 88.0])
    def test_logsumexp_keeps_its_digits_in_float32(self, value):
        x = tg.tensor([value, value], requires_grad=True)
        tg.logsumexp(x).backward()
        assert x.grad.tolist() == [0.5, 0.5]

    def test_backward_warns_of_nothing(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert gradient(tg.sqrt, 0.0) == [INF]


class TestShapes:
    @pytest.mark.parametrize(
        ("function", "value"),
        [(tg.sum, 0.0), (lambda x: x.sum(axis=0), [0.0, 0.0]), (lambda x: x @ tg.ones((2, 3)), [])],
    )
    def test_size_0(self, function, value):
        x = tg.zeros((0, 2), requires_grad=True)
        y = function(x)
        assert y.tolist() == value
        y.sum().backward()
        assert x.grad.shape == (0, 2)

    def test_size_0_in_the_middle_of_a_product(self):
        x, y = tg.zeros((2, 0), requires_grad=True), tg.zeros((0, 3), requires_grad=True)
        z = x @ y
        assert z.tolist() == [[0.0] * 3] * 2
        z.sum().backward()
        assert (x.grad.shape, y.grad.shape) == ((2, 0), (0, 3))

    @pytest.mark.parametrize("shapes", [((0, 3), (3,)), ((2, 0, 3), (3,)), ((0, 4, 3), (3, 2)), ((4, 3), (0, 3, 2))])
    def test_products_of_size_0(self, shapes):
        x, y = (tg.zeros(shape, requires_grad=True) for shape in shapes)
        (x @ y).sum().backward()
        assert (x.grad.shape, y.grad.shape) == shapes

    def test_the_mean_of_nothing(self):
        with pytest.warns(RuntimeWarning):
            assert np.isnan(tg.zeros(0).mean().item())

    def test_softmax_of_nothing(self):
        for function in (tg.softmax, tg.log_softmax):
            x = tg.zeros((2, 0), requires_grad=True)
            function(x).sum().backward()
            assert x.grad.shape == (2, 0)

    @pytest.mark.parametrize("function", [tg.max, tg.min])
    def test_the_extreme_of_nothing(self, function):
        with pytest.raises(ValueError, match="zero-size"):
            function(tg.zeros(0))

    def test_full_reductions_are_0d_tensors(self):
        x = tg.ones((2, 2))
        for result in (x.sum(), x.mean(), x.max(), x.var(), np.sum(x), x.argmax(), (x > 0).all()):
            assert isinstance(result, tg.Tensor)
            assert result.shape == ()

    def test_gradients_keep_axes_of_size_1(self):
        x, y, z = (tg.ones(shape, requires_grad=True) for shape in ((3, 1), (1, 4), (1,)))
        (x + y + z).sum().backward()
        assert (x.grad.shape, y.grad.shape, z.grad.tolist()) == ((3, 1), (1, 4), [12.0])

    @pytest.mark.parametrize("function", [tg.sum, tg.mean, tg.var, tg.max, tg.min])
    def test_axes(self, function):
        x = tg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
        assert function(x, axis=-1).shape == (2,)
        with pytest.raises(ValueError, match="duplicate"):
            function(x, axis=(0, -2))
        with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
            function(x, axis=2)

    @pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "var", "std", "median", "ptp", "all", "any"])
    def test_an_empty_axis_reduces_nothing(self, name):
        x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, dtype="float64")
        y = getattr(tg, name)(x, axis=())
        np.testing.assert_array_equal(y.data, getattr(np, name)(x.data, axis=()))
        if y.requires_grad:
            (g,) = grad(y.sum(), x)
            np.testing.assert_array_equal(g.data, 0.0 if name in ("var", "std", "ptp") else 1.0)

    def test_0d_tensors(self):
        x = tg.tensor(2.0, requires_grad=True)
        assert (x * tg.ones(3)).shape == (3,)
        assert x[...].shape == x[()].shape == ()
        assert x[None].shape == (1,)
        for index in (0, slice(None), [0]):
            with pytest.raises(IndexError, match="too many indices"):
                x[index]
        for misuse in (len, iter):
            with pytest.raises(TypeError, match="0-d"):
                misuse(x)

    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            (tg.unstack, [[1.0, 1.0], [0.0, 0.0]]),
            (lambda x: tg.split(x, 2), [[1.0, 1.0], [0.0, 0.0]]),
            (lambda x: tg.linalg.eigh(x @ x.T), None),
            (tg.linalg.qr, None),
            (lambda x: tg.linalg.svd(x, full_matrices=False), None),
            (lambda x: tg.topk(x, 1), [[0.0, 1.0], [0.0, 1.0]]),
        ],
    )
    def test_unused_results_count_as_zeros(self, parts, expected):
        x = tg.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True, dtype="float64")
        (g,) = grad(parts(x)[0].sum(), x)
        if expected is None:
            assert gradcheck(lambda x: parts(x)[0], x)
        else:
            assert g.tolist() == expected

    @pytest.mark.parametrize(
        ("shapes", "message"),
        [
            (((3, 4), (5, 2)), r"matmul: \(3, 4\) @ \(5, 2\): inner sizes 4 and 5 differ"),
            (((3,), (4,)), r"inner sizes 3 and 4 differ"),
            (((), (3,)), "0-d operand"),
            (((2, 3, 4), (3, 4, 5)), r"leading axes \(2,\) and \(3,\) do not broadcast"),
        ],
    )
    def test_products_that_do_not_fit(self, shapes, message):
        with pytest.raises(ValueError, match=message):
            tg.zeros(shapes[0]) @ tg.zeros(shapes[1])

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda x: x.reshape(5), ValueError, r"reshape: a tensor of shape \(2, 3\): cannot reshape .* into shape"),
            (
                lambda x: tg.concatenate(x, x),
                TypeError,
                r"one list, and then the axis: concatenate\(\[x, y\], axis\)",
            ),
            (lambda x: tg.stack(x, x), TypeError, r"stack\(\[x, y\], axis\)"),
            (lambda x: tg.squeeze(x, 0), ValueError, "not equal to one"),
            (lambda x: tg.broadcast_to(x, (2, 4)), ValueError, r"broadcast_to: shape \(2, 3\) does not .* \(2, 4\)"),
            (lambda x: x.transpose(0), ValueError, r"transpose: axes \(0,\) of a tensor of shape \(2, 3\)"),
            (lambda x: x.swapaxes(0, 5), np.exceptions.AxisError, "axis 5 is out of bounds"),
            (lambda x: x.flatten(5), np.exceptions.AxisError, "axis 5 is out of bounds"),
            (lambda x: x.repeat(1.5), TypeError, "repeat: repeats must be integers, not float64"),
            (lambda x: tg.tile(x, "a"), TypeError, "interpreted as an integer"),
            (lambda x: tg.split(x, 2, axis=5), np.exceptions.AxisError, "axis 5 is out of bounds"),
            (lambda x: tg.split(x, 1.5), TypeError, "interpreted as an integer"),
            (lambda x: tg.topk(x, 1.5), TypeError, "interpreted as an integer"),
            (lambda x: tg.searchsorted(x, 1.0), ValueError, r"searchsorted: x has shape \(2, 3\)"),
            (lambda x: tg.where(x > 0, x[0, :2], 0), ValueError, r"where: shapes \(2, 3\), \(2,\) and \(\)"),
            (lambda x: tg.one_hot([-1]), IndexError, "one_hot: class -1 is out of range"),
            (lambda x: tg.split(x, 2, axis=1), ValueError, "equal division"),
            (
                lambda x: tg.concatenate([x, x.ravel()]),
                ValueError,
                r"concatenate: shapes \(2, 3\), \(6,\): .*dimension",
            ),
            (lambda x: tg.concatenate(None), TypeError, "concatenate: a NoneType was given"),
            (lambda x: tg.stack([x, x.ravel()]), ValueError, r"stack: shapes \(2, 3\), \(6,\): .*same shape"),
            (lambda x: tg.concatenate([]), ValueError, "at least one array"),
            (lambda x: tg.pad(x, 1, mode="fancy"), ValueError, "'fancy' is unknown; use 'constant'"),
            (lambda x: tg.pad(x, -1), ValueError, "negative"),
            (lambda x: tg.flatten(x, 1, 0), ValueError, "start_axis 1 comes after"),
            (lambda x: tg.transpose(x, (0, 0)), ValueError, "repeated axis"),
            (lambda x: x[5], IndexError, "out of bounds"),
            (lambda x: x[0, 0, 0], IndexError, "too many indices"),
            (lambda x: x[0.5], IndexError, "integers"),
            (lambda x: x["name"], IndexError, "integers"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call(tg.ones((2, 3), requires_grad=True))

    def test_reshape_of_an_empty_batch(self):
        assert tg.zeros((0, 2, 3)).flatten(1).shape == (0, 6)
        assert tg.tensor(3.0).flatten().shape == (1,)

    def test_unused_parts_get_zeros(self):
        x = leaf(1.0, 2.0, 3.0, 4.0)
        _, second = tg.split(x, 2)
        second.sum().backward()
        assert x.grad.tolist() == [0.0, 0.0, 1.0, 1.0]

    def test_padding_with_0d_and_none(self):
        assert tg.pad(tg.ones(2), 0).tolist() == [1.0, 1.0]


class TestIndexing:
    def test_repeated_indices_accumulate(self):
        assert gradient(lambda x: x[[0, 0, -1, 2]], 1.0, 2.0, 3.0) == [2.0, 0.0, 2.0]
        assert gradient(lambda x: x[np.array([[0, 1], [1, 1]])], 1.0, 2.0) == [1.0, 3.0]

    def test_indices_may_be_tensors(self):
        x = leaf(1.0, 2.0, 3.0)
        x[tg.tensor([0, 0])].sum().backward()
        assert x.grad.tolist() == [2.0, 0.0, 0.0]
        assert x[tg.tensor(2)].item() == 3.0
        assert x[x > 1].tolist() == [2.0, 3.0]

    def test_an_index_array_may_change_afterwards(self):
        x, index = leaf(1.0, 2.0, 3.0), np.array([0, 1])
        y = x[index].sum()
        index[:] = 2
        y.backward()
        assert x.grad.tolist() == [1.0, 1.0, 0.0]

    def test_many_slices_cost_their_own_size(self):
        # A dense gradient for each of 2,000 rows of 2,000 would be 32 GB of zeros written.
        x = tg.zeros((2000, 2000), requires_grad=True)
        total = x[0].sum()
        for i in range(1, 2000):
            total = total + x[i].sum() * i
        total.backward()
        np.testing.assert_array_equal(x.grad.data[:3, 0], [1.0, 1.0, 2.0])
        assert x.grad.data[1999, 5] == 1999.0

    def test_overlapping_slices_and_other_uses_add_up(self):
        x = leaf(1.0, 2.0, 3.0)
        (x[:2].sum() + x[1:].sum() * 10 + (x * 100).sum() + x[[1, 1]].sum() * 1000).backward()
        assert x.grad.tolist() == [101.0, 2111.0, 110.0]

    def test_slices_do_not_write_into_the_gradient_of_others(self):
        x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
        first = x[0]
        s = x + y
        (s.sum() + first).backward()
        assert (x.grad.tolist(), y.grad.tolist()) == ([2.0, 1.0], [1.0, 1.0])

    def test_iteration(self):
        x = leaf(1.0, 2.0)
        a, b = x
        (a * b).backward()
        assert x.grad.tolist() == [2.0, 1.0]

    def test_views_share_memory_until_they_are_filled(self):
        x = tg.zeros((2, 2))
        assert np.shares_memory(x[0].data, x.data)

    def test_reading_and_adding_are_adjoint(self):
        for index in (1, slice(None, None, 2), [0, 2, 2], (slice(None), [1, 0])):
            x = tg.randn(3, 2, dtype="float64", requires_grad=True)
            assert gradcheck(lambda x, index=index: x[index], x)
            assert gradgradcheck(lambda x, index=index: x[index] ** 2, x)
