"""Special functions that SciPy computes."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("lgamma", tg.lgamma),
        ("digamma", tg.digamma),
        ("polygamma", lambda x: tg.polygamma(2, x)),
        ("erfinv", tg.erfinv),
    ],
)
def test_without_scipy_the_error_says_what_to_install(name, call, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ImportError, match=rf'^{name}: needs SciPy; pip install "tinygrad-fs\[special\]"'):
        call(leaf(0.5))


def test_i0_itself_is_of_numpy_and_its_derivative_of_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    y = tg.i0(leaf(0.5))
    assert y.item() == np.i0(0.5).item()
    with pytest.raises(tg.autograd.BackwardError, match=r'i0: needs SciPy; pip install "tinygrad-fs\[special\]"'):
        y.backward()


def test_the_order_of_polygamma_starts_at_0():
    with pytest.raises(ValueError, match="polygamma: the order n is -1"):
        tg.polygamma(-1, leaf(0.5))


class TestWithSciPy:
    @pytest.fixture(autouse=True)
    def special(self):
        return pytest.importorskip("scipy.special")

    @pytest.mark.parametrize(
        ("call", "name", "arguments"),
        [(tg.lgamma, "gammaln", ()), (tg.digamma, "digamma", ()), (tg.erfinv, "erfinv", ()), (np.i0, "i0", ())]
        + [(lambda x, n=n: tg.polygamma(n, x), "polygamma", (n,)) for n in range(4)],
    )
    def test_values_and_derivatives(self, special, call, name, arguments):
        x = leaf(0.2, 0.5, 0.9) if name == "erfinv" else leaf(0.7, 1.5, 6.2)
        np.testing.assert_allclose(call(x).data, getattr(special, name)(*arguments, x.data), rtol=1e-14)
        assert isinstance(call(x.data), np.ndarray)
        assert gradcheck(call, x)
        assert gradgradcheck(call, x)

    @pytest.mark.parametrize("dtype", ["float16", "float32"])
    @pytest.mark.parametrize(
        "call", [tg.lgamma, tg.digamma, lambda x: tg.polygamma(1, x), lambda x: tg.erfinv(x / 8), tg.i0]
    )
    def test_the_dtype_stays(self, call, dtype):
        x = tg.tensor([0.7, 1.5, 6.2], requires_grad=True, dtype=dtype)
        y = call(x)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == np.dtype(dtype)

    def test_negative_values(self, special):
        x = leaf(-0.5, -2.3)
        y = tg.lgamma(x)
        np.testing.assert_allclose(y.data, special.gammaln(x.data))
        y.sum().backward()
        np.testing.assert_allclose(x.grad.data, special.digamma(x.data))

    def test_third_derivatives(self, special):
        x = leaf(1.5)
        y = tg.lgamma(x)
        for n in range(4):
            (y,) = grad(y, x, create_graph=True)
            assert y.item() == pytest.approx(special.polygamma(n, 1.5).item(), rel=1e-13)

    def test_derivatives_of_i0_at_0(self):
        x = leaf(0.0)
        y = np.i0(x)
        for expected in (1.0, 0.0, 0.5, 0.0, 0.375):
            assert y.item() == pytest.approx(expected, abs=1e-15)
            (y,) = grad(y, x, create_graph=True)

    def test_erfinv_at_its_bounds(self):
        x = leaf(-1.0, 0.0, 1.0)
        y = tg.erfinv(x)
        assert y.tolist() == [-np.inf, 0.0, np.inf]
        y.backward(np.ones(3))
        np.testing.assert_allclose(x.grad.data, [np.inf, np.sqrt(np.pi) / 2, np.inf])

    def test_erfinv_is_the_inverse(self):
        x = leaf(-0.99, -0.1, 1e-9, 0.5)
        np.testing.assert_allclose(tg.erf(tg.erfinv(x)).data, x.data, rtol=1e-14)
