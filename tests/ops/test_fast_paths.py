"""Where ordinary numbers take a shorter way than rare ones, both ways give the same, and rare ones go the safe way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad

INF, NAN = np.inf, np.nan
SIZE = 3000  # more than what is done by np.where


@dataclass(frozen=True)
class Way:
    """A function with a short way, and values of the last input that make all of it go the safe one."""

    function: Callable[..., Any]
    inputs: int = 1
    rare: tuple[float, ...] = (NAN,)
    low: float = -3.0
    high: float = 3.0

    def draw(self, rng: np.random.Generator, dtype: str) -> list[np.ndarray]:
        return [rng.uniform(self.low, self.high, SIZE).astype(dtype) for _ in range(self.inputs)]


WAYS = {
    "arccosh": Way(tg.arccosh, rare=(NAN, 0.5, -2.0, 1e200), low=1.01),
    "arcsinh": Way(tg.arcsinh, rare=(NAN, INF, -1e200, 1e200)),
    "arctan2": Way(tg.arctan2, 2, rare=(NAN, INF, 1e200, 1e-200)),
    "fmax": Way(tg.fmax, 2),
    "fmin": Way(tg.fmin, 2),
    "leaky_relu": Way(tg.leaky_relu),
    "logaddexp": Way(tg.logaddexp, 2, rare=(NAN, INF, -INF, 1e4)),
    "maximum": Way(tg.maximum, 2),
    "minimum": Way(tg.minimum, 2),
    "mish": Way(tg.mish, rare=(NAN, -INF, -1e5)),
    "sigmoid": Way(tg.sigmoid, rare=(NAN, -INF, -800.0)),
    "silu": Way(tg.silu, rare=(NAN, -INF, -1e5)),
    "sinc": Way(tg.sinc, rare=(NAN, 0.0)),
}


def gradients(way: Way, arrays: list[np.ndarray], g: np.ndarray, **options: Any) -> list[np.ndarray]:
    inputs = [tg.tensor(array, requires_grad=True) for array in arrays]
    return [each.data for each in grad(way.function(*inputs), inputs, g, **options)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WAYS)
def test_one_rare_value_changes_no_other(name, dtype, rng):
    way = WAYS[name]
    arrays = way.draw(rng, dtype)
    g = rng.standard_normal(SIZE).astype(dtype)
    tolerance = 30 * float(np.finfo(dtype).eps)
    ordinary = [way.function(*arrays), *gradients(way, arrays, g)]
    for rare in way.rare:
        mixed = [array.copy() for array in arrays]
        mixed[-1][7] = rare
        others = np.arange(SIZE) != 7
        for short, safe in zip(ordinary, [way.function(*mixed), *gradients(way, mixed, g)]):
            assert safe.dtype == short.dtype
            np.testing.assert_allclose(short[others], safe[others], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", WAYS)
def test_a_recorded_backward_gives_the_same(name, rng):
    way = WAYS[name]
    arrays = way.draw(rng, "float64")
    g = rng.standard_normal(SIZE)
    for short, recorded in zip(gradients(way, arrays, g), gradients(way, arrays, g, create_graph=True)):
        np.testing.assert_allclose(short, recorded, rtol=1e-13, atol=1e-14)


REDUCTIONS = {
    "cumprod": lambda x: tg.cumprod(x, 1),
    "median": lambda x: tg.median(x, 1),
    "norm": tg.linalg.norm,
    "norm of order inf": lambda x: tg.linalg.vector_norm(x, axis=0, ord=INF),
    "norm of order 3": lambda x: tg.linalg.vector_norm(x, axis=1, ord=3),
    "norm over an axis": lambda x: tg.linalg.vector_norm(x, axis=0),
    "prod": lambda x: tg.prod(x, 1),
    "quantiles": lambda x: tg.quantile(x, [0.1, 0.5, 0.9], axis=0),
    "max": lambda x: tg.max(x, 1),
    "min": tg.min,
    "std": lambda x: tg.std(x, 0),
    "trapezoid": lambda x: tg.trapezoid(x, axis=0),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_recorded_or_not(name, rng):
    values = 1.0 + 0.3 * rng.standard_normal((70, 50))
    found = []
    for create_graph in (False, True):
        x = tg.tensor(values, requires_grad=True)
        y = REDUCTIONS[name](x)
        (dx,) = grad(y, x, np.cos(np.arange(y.size)).reshape(y.shape), create_graph=create_graph)
        found.append(dx.data)
    np.testing.assert_allclose(*found, rtol=1e-11, atol=1e-13)


class TestProducts:
    @pytest.mark.parametrize("function", [lambda x: tg.prod(x, 1), lambda x: tg.cumprod(x, 1)])
    @pytest.mark.parametrize("rare", [0.0, 1e-300, 1e300, INF])
    def test_one_row_that_cannot_be_divided_changes_no_other(self, function, rare, rng):
        values = rng.uniform(0.5, 1.5, (20, 30))
        mixed = values.copy()
        mixed[3, 4] = rare
        mixed[3, 5] = rare
        results = []
        for array in (values, mixed):
            x = tg.tensor(array, requires_grad=True)
            with np.errstate(all="ignore"):
                function(x).sum().backward()
            results.append(np.delete(x.grad.data, 3, axis=0))
        np.testing.assert_allclose(*results, rtol=1e-12)

    def test_a_product_that_vanishes_though_no_factor_does(self):
        x = tg.tensor([1e-200, 1e-200, 3.0], requires_grad=True, dtype="float64")
        tg.prod(x).backward()
        np.testing.assert_allclose(x.grad.data, [3e-200, 3e-200, 0.0])


class TestExtremes:
    def test_ties_in_one_row_and_none_in_another_are_not_mistaken_for_one_each(self):
        x = tg.tensor([[1.0, 1.0, 0.0], [-5.0, -6.0, -7.0]], requires_grad=True)
        tg.max(x, axis=1, initial=0.0).sum().backward()
        assert x.grad.tolist() == [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]

    def test_the_largest_magnitude_is_shared_and_keeps_its_sign(self):
        x = tg.tensor([[3.0, -4.0], [-5.0, 5.0], [0.0, 0.0], [NAN, 1.0]], requires_grad=True)
        tg.linalg.vector_norm(x, axis=1, ord=INF).sum().backward()
        np.testing.assert_array_equal(x.grad.data, [[0.0, -1.0], [-0.5, 0.5], [0.0, 0.0], [NAN, 0.0]])

    def test_many_ties(self, rng):
        values = rng.integers(0, 5, (100, 60)).astype(float)
        x = tg.tensor(values, requires_grad=True)
        tg.max(x, axis=1).sum().backward()
        np.testing.assert_allclose(x.grad.data, (values == 4) / (values == 4).sum(1, keepdims=True))


class TestTrapezoid:
    @pytest.mark.parametrize("shape", [(1,), (2,), (3,), (5, 4)])
    def test_places_have_derivatives_of_any_order(self, shape, rng):
        y, x = (tg.tensor(rng.standard_normal(shape), requires_grad=True) for _ in range(2))
        assert tg.autograd.gradcheck(tg.trapezoid, [y, x])
        assert tg.autograd.gradgradcheck(lambda y, x: tg.trapezoid(y, x**3), [y, x])

    def test_infinite_samples(self):
        assert tg.trapezoid(np.array([INF, 1.0, 2.0])) == INF

    def test_whole_numbers(self):
        assert tg.trapezoid(tg.tensor([1, 2, 3]), x=tg.tensor([0, 2, 6])).item() == np.trapezoid([1, 2, 3], [0, 2, 6])
