"""NumPy functions called in NumPy's ways: by its names, with its defaults, in its places."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck
from tinygrad_fs.ops.dispatch.signatures import arguments

X = np.random.default_rng(0).standard_normal((2, 3, 4))
MASK = X > -1.0

CALLS = {
    "by name": lambda x: np.sum(a=x, axis=1),
    "by place": lambda x: np.sum(x, 0, None, None, True),
    "an initial value": lambda x: np.sum(x, initial=3.0, axis=()),
    "sum where": lambda x: np.sum(x, axis=1, where=MASK),
    "mean by place": lambda x: np.mean(x, (0, -1), None, None, True),
    "mean where": lambda x: np.mean(x, axis=(0, 2), where=MASK),
    "std by place": lambda x: np.std(x, 1, None, None, 1),
    "std where": lambda x: np.std(x, axis=(0, 2), where=MASK),
    "var where": lambda x: np.var(x, axis=0, where=MASK | (np.arange(2) == 0)[:, None, None]),
    "var with a mean": lambda x: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True), ddof=1),
    "std with another mean": lambda x: np.std(x, axis=1, mean=np.max(x, axis=1, keepdims=True)),
    "max by place": lambda x: np.max(x, 1, None, True),
    "max where": lambda x: np.max(a=x, axis=1, where=MASK, initial=-5.0),
    "cumulative sum": lambda x: np.cumsum(a=x, axis=1, dtype=np.float64),
    "quantile by place": lambda x: np.quantile(x, 0.3, 1, None, False, "linear", True),
    "quantile, overwriting": lambda x: np.quantile(x, [0.1, 0.9], axis=(0, 1), overwrite_input=True),
    "median, by name": lambda x: np.median(x, axis=1, overwrite_input=False, keepdims=True),
    "average": lambda x: np.average(a=x, axis=2, weights=np.arange(1.0, 5.0)),
    "concatenate": lambda x: np.concatenate([x, x * 2], 1, dtype=np.float64, casting="safe"),
    "stack": lambda x: np.stack([x, 2 * x], axis=-1, dtype=float),
    "hstack": lambda x: np.hstack(tup=(x, x)),
    "vstack": lambda x: np.vstack([x, x], dtype=float),
    "transpose": lambda x: np.transpose(a=x, axes=(-1, 0, 1)),
    "swapaxes": lambda x: np.swapaxes(a=x, axis1=0, axis2=2),
    "expand_dims": lambda x: np.expand_dims(a=x, axis=(0, 2)),
    "broadcast_to": lambda x: np.broadcast_to(array=x, shape=(2, 2, 3, 4), subok=False),
    "repeat": lambda x: np.repeat(a=x, repeats=[1, 2, 0], axis=1),
    "tile": lambda x: np.tile(A=x, reps=(2, 1, 1, 2)),
    "flip": lambda x: np.flip(m=x, axis=(0, 1)),
    "roll": lambda x: np.roll(a=x, shift=(1, -2), axis=(0, 1)),
    "split": lambda x: np.split(ary=x, indices_or_sections=[1, 3], axis=2)[1],
    "pad": lambda x: np.pad(array=x, pad_width=((0, 0), (1, 2), (0, 0)), mode="reflect"),
    "tril": lambda x: np.tril(m=x, k=-1),
    "diag": lambda x: np.diag(v=x[0, 0], k=1),
    "trace": lambda x: np.trace(a=x, offset=1, axis1=1, axis2=2, dtype=float),
    "sort": lambda x: np.sort(a=x, axis=1, kind="stable", order=None),
    "take": lambda x: np.take(a=x, indices=[[0, 5], [-1, 1]], axis=2, mode="wrap"),
    "take_along_axis": lambda x: np.take_along_axis(arr=x, indices=np.argsort(X, 1), axis=1),
    "clip": lambda x: np.clip(a=x, a_min=-1, a_max=None),
    "astype": lambda x: np.astype(x, np.float64, copy=False) * 2,
    "copy": lambda x: np.copy(a=x),
    "full_like": lambda x: np.full_like(x, fill_value=x[0, 0, 0], shape=(2, 2)),
    "linalg": lambda x: np.linalg.cross(x, X, axis=1),
    "linalg by name": lambda x: np.linalg.norm(x=x, ord=3, axis=1, keepdims=True),
    "conjugate": lambda x: np.conj(x) * np.real(x),
    "linspace by place": lambda x: np.linspace(x[0], x[1], 3, True, False, float, -1),
    "linspace by name": lambda x: np.linspace(start=x[0], stop=1.0, num=4, endpoint=False),
    "geomspace": lambda x: np.geomspace(np.exp(x[0, 0]), np.exp(x[1, 0]), 3, True, None, 1),
    "logspace": lambda x: np.logspace(x[0, 0], x[0, 1], 3, False, 2.0, axis=1),
    "block": lambda x: np.block(arrays=[[x[0], x[1]], [x[1], x[0]]]),
    "trim_zeros": lambda x: np.trim_zeros(filt=np.pad(x[0, 0], 2), trim="F"),
    "polyadd": lambda x: np.polyadd(a1=x[0, 0], a2=x[0, 1, :2]),
    "polysub": lambda x: np.polysub(x[0, 0], a2=1.0),
    "polymul": lambda x: np.polymul(a1=x[0, 0], a2=[1, 2]),
    "polydiv": lambda x: np.polydiv(u=x[0, 0], v=[2.0, 1.0])[0],
    "polyder": lambda x: np.polyder(p=x[0, 0], m=2),
    "polyint": lambda x: np.polyint(x[0, 0], 2, [1.0, 2.0]),
    "polyfit": lambda x: np.polyfit([0, 1, 2, 4], x[0, 0], 1, None, False, np.arange(1.0, 5.0)),
    "polyfit by name": lambda x: np.polyfit(x=[0, 1, 2, 4], y=x[0].T, deg=1, cov="unscaled")[0],
    "poly": lambda x: np.poly(seq_of_zeros=x[0, 0]),
    "copysign": lambda x: np.copysign(x, -X, dtype=np.float64),
    "ldexp": lambda x: np.ldexp(x, 3, out=np.zeros_like(x)),
    "modf": lambda x: np.modf(x, order="K")[0],
    "unwrap": lambda x: np.unwrap(p=x * 3, discont=None, axis=1, period=5.0),
    "bincount": lambda x: np.bincount([0, 3, 1, 0], x[0, 0], 6),
    "histogram": lambda x: np.histogram(X, [-1.0, 0.0, 1.0], None, None, x)[0],
    "histogram2d": lambda x: np.histogram2d(X[0, 0], X[0, 1], bins=[[-1, 0, 1], 2], range=None, weights=x[0, 0])[0],
    "histogramdd": lambda x: np.histogramdd(sample=X[0], bins=2, weights=x[0, :, 0])[0],
    "apply_along_axis": lambda x: np.apply_along_axis(func1d=np.cumsum, axis=1, arr=x),
    "apply_over_axes": lambda x: np.apply_over_axes(func=np.mean, a=x, axes=(0, 2)),
    "matrix_transpose": lambda x: np.matrix_transpose(x),
    "fftshift": lambda x: np.fft.fftshift(x=x, axes=[0, 2]),
}


if hasattr(np, "cumulative_sum"):  # NumPy 2.1, which has these arguments, too
    CALLS |= {
        "reshape": lambda x: np.reshape(x, shape=(4, -1), order="F"),
        "reshape to a copy": lambda x: np.reshape(x, (4, 6), copy=True),
        "clip by other names": lambda x: np.clip(x, min=-0.5, max=0.5),
    }


@pytest.mark.parametrize("name", CALLS)
def test_a_call_as_numpy_takes_it(name):
    call, x = CALLS[name], tg.tensor(X, requires_grad=True)
    result = call(x)
    assert result.requires_grad
    np.testing.assert_allclose(result.data, call(X), rtol=1e-13)
    assert gradcheck(call, x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.einsum("ijk->k", x, dtype="float32"), "np.einsum: .* takes no 'dtype'"),
        (lambda x: np.pad(x, 1, "reflect", reflect_type="odd"), "np.pad: .* takes no 'reflect_type'"),
        (lambda x: np.linalg.multi_dot([x[0], x[0].T], out=np.zeros((3, 3))), r"np.linalg.multi_dot: out= must be"),
    ],
)
def test_what_is_not_taken_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call(tg.tensor(X, requires_grad=True))


def test_without_a_gradient_numpy_takes_all_that_it_takes():
    x = tg.tensor(X)
    result = np.quantile(x, 0.3, weights=np.ones_like(X), method="inverted_cdf")
    assert result.item() == np.quantile(X, 0.3, method="inverted_cdf")


def test_a_function_whose_parameters_cannot_be_read():
    assert arguments(min, max, (1, 2), {"key": None}) == ((1, 2), {"key": None}, None)


class TestArgumentsOfOurOwn:
    def test_array_equal(self):
        x = tg.tensor([1.0, np.nan])
        assert not tg.array_equal(x, x)
        assert tg.array_equal(x, x, equal_nan=True)
        assert not tg.array_equal(x, tg.tensor([np.nan, 1.0]), equal_nan=True)

    def test_astype_without_a_copy(self):
        x = tg.tensor([1.0], requires_grad=True)
        assert x.astype("float32", copy=False) is x
        assert x.astype("float32") is not x
        assert x.astype("float64", copy=False).dtype == np.float64

    def test_reshape_without_a_copy(self):
        x = tg.tensor(X)
        assert np.shares_memory(tg.reshape(x, (6, 4), copy=False).data, x.data)
        assert not np.shares_memory(tg.reshape(x, (6, 4), copy=True).data, x.data)
        with pytest.raises(ValueError, match=r"reshape: shape \(4, 3, 2\) .* does not become \(24,\) without a copy"):
            tg.reshape(x.T, 24, copy=False)

    def test_joining_casts(self):
        x = tg.tensor([1.5], requires_grad=True)
        y = tg.concatenate([x, x], dtype="float64")
        assert y.dtype == np.float64
        y.sum().backward()
        assert x.grad.dtype == np.float32
        with pytest.raises(TypeError, match="stack: float32 does not become int64 by casting='same_kind'"):
            tg.stack([x, x], dtype="int64")
        assert tg.stack([x, x], dtype="int64", casting="unsafe").tolist() == [[1], [1]]

    def test_spread_of_what_counts_ignores_the_rest(self):
        x = tg.tensor([1.0, np.nan, 3.0], requires_grad=True, dtype="float64")
        counts = np.array([True, False, True])
        y = tg.std(x, where=counts)
        y.backward()
        assert y.item() == 1.0
        assert x.grad.tolist() == [-0.5, 0.0, 0.5]

    def test_spread_of_equal_values_that_count(self):
        x = tg.tensor([2.0, 2.0, 3.0], requires_grad=True, dtype="float64")
        tg.std(x, where=[True, True, False]).backward()
        assert x.grad.tolist() == [0.0, 0.0, 0.0]

    def test_spread_of_nothing(self):
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
            assert np.isnan(tg.var(tg.tensor([1.0, 2.0]), ddof=1, where=[True, False]).item())
