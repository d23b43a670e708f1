"""NumPy's protocols: every function of NumPy is recorded, has no gradient, or is refused by name; options of ufuncs."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import linalg  # noqa: F401 (adopts the functions of numpy.linalg)
from tinygrad_fs.autograd import gradcheck, gradgradcheck
from tinygrad_fs.ops.dispatch import protocol

X = np.random.default_rng(0).standard_normal((3, 4))
V = np.array([0.5, -1.5, 2.0, 1.0])
POSITIVE = X > 0
EDGES = [[-1.0, 0.0, 1.0], [0.0, 1.0]]


def leaf(values: object = X) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


# ---- which functions


def functions_of(namespace) -> set:
    """The ufuncs and the functions that are dispatched to the arguments' class."""
    public = [getattr(namespace, name) for name in dir(namespace) if not name.startswith("_")]
    return {each for each in public if isinstance(each, np.ufunc) or hasattr(each, "_implementation")}


OF_INTEGERS_OR_DATES = {
    "busday_count", "busday_offset", "datetime_as_string", "is_busday", "isnat", "packbits", "unpackbits",
}  # fmt: skip
"""Tensors that require grad are of floats: NumPy refuses them here itself, or nothing is recorded."""

REFUSED = {"eig", "eigvals", "histogram_bin_edges", "roots", "sort_complex"}
"""What has no rule, and raises for a tensor that requires grad."""

DEPRECATED = {"in1d"}
"""What old versions of NumPy still have, and warn of: it has no rule either."""


def test_every_function_of_numpy_is_accounted_for():
    known = {*protocol._expected, *protocol._rules, *protocol._WITHOUT_GRADIENT, *protocol._WRITERS}
    unknown = {each.__name__ for each in functions_of(np) | functions_of(np.linalg) if each not in known}
    assert unknown - OF_INTEGERS_OR_DATES - REFUSED - DEPRECATED == set(), "neither recorded nor refused"
    of_this_numpy = {name for name in REFUSED if hasattr(np, name) or hasattr(np.linalg, name)}
    assert of_this_numpy - unknown == set(), "they have a rule by now"
    adopted = {each.__name__ for each in functions_of(np.fft) if each in known}
    assert adopted <= {"fftshift", "ifftshift"}, "the results of the others are complex"


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_function_without_a_rule_raises_and_is_named(name):
    function = getattr(np, name, None) or getattr(np.linalg, name, None)
    if function is None:
        pytest.skip(f"NumPy {np.__version__} does not have it")
    with pytest.raises(TypeError, match=rf"np\.(linalg\.)?{name} has no rule .* compose it"):
        function(leaf())
    with pytest.raises(TypeError, match="np.fft.fft has no rule"):
        np.fft.fft(leaf())


@pytest.mark.parametrize(
    "call", [np.gcd, np.lcm, lambda x, y: np.bitwise_count(x), lambda x, y: np.unravel_index(x, 3)]
)
def test_functions_of_integers_refuse_floats_in_the_words_of_numpy(call):
    with pytest.raises(TypeError, match=r"not (supported|contain a loop)|only int indices permitted"):
        call(leaf(), 2)
    numbers = tg.tensor([0, 2, 1])
    np.testing.assert_array_equal(np.squeeze(call(numbers, 2)), np.squeeze(call(numbers.numpy(), 2)))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: np.digitize(x, [0.0, 1.0]), np.digitize(X, [0.0, 1.0])),
        (lambda x: np.isneginf(x), np.isneginf(X)),
        (lambda x: np.lexsort((x[0],)), np.lexsort((X[0],))),
        (lambda x: np.nanargmax(x, axis=1), np.nanargmax(X, axis=1)),
        (lambda x: np.stack(np.triu_indices_from(x)), np.stack(np.triu_indices_from(X))),
        (lambda x: np.imag(x), np.zeros_like(X)),
        (lambda x: np.angle(x, deg=True), np.where(X < 0, 180.0, 0.0)),
        (lambda x: np.spacing(x), np.spacing(X)),
        (lambda x: np.intersect1d(x, X[:1]), np.intersect1d(X, X[:1])),
        (lambda x: np.union1d(x, V), np.union1d(X, V)),
        (lambda x: np.setdiff1d(x, X[:1]), np.setdiff1d(X, X[:1])),
        (lambda x: np.setxor1d(x, X[:1]), np.setxor1d(X, X[:1])),
        (lambda x: np.unique_values(x), np.unique_values(X)),
        (lambda x: np.unique_counts(x).counts, np.ones(12, int)),
        (lambda x: np.unique_inverse(x).inverse_indices, np.unique_inverse(X).inverse_indices),
        (lambda x: np.unique_all(x).indices, np.unique_all(X).indices),
        (lambda x: np.bincount(np.digitize(x[0], [0.0])), np.bincount(np.digitize(X[0], [0.0]))),
        (lambda x: np.histogram(x, [-1.0, 0.0, 1.0])[0], np.histogram(X, [-1.0, 0.0, 1.0])[0]),
        (lambda x: np.histogram(x, 3, (-1, 1))[1], np.histogram(X, 3, (-1, 1))[1]),
        (lambda x: np.histogram2d(x[0], x[1], EDGES)[0], np.histogram2d(X[0], X[1], EDGES)[0]),
        (lambda x: np.histogramdd(x[:, :2], EDGES)[0], np.histogramdd(X[:, :2], EDGES)[0]),
        (lambda x: np.frexp(x)[1], np.frexp(X)[1]),
    ],
)
def test_what_has_no_gradient_runs_on_the_values(call, expected):
    result = call(leaf())
    assert not result.requires_grad
    np.testing.assert_array_equal(result.data, expected)


# ---- options and methods of ufuncs

UFUNCS = {
    "where and out": lambda x: np.add(x, 1, out=np.zeros_like(x), where=POSITIVE),
    "a quotient where it can be taken": lambda x: np.divide(1, x, out=np.zeros_like(x), where=x > 0),
    "what out holds stays elsewhere": lambda x: np.exp(x, out=x * 3, where=POSITIVE),
    "where broadcasts": lambda x: np.multiply(x, V, out=x * 1, where=np.array([True, False, True, False])),
    "dtype": lambda x: np.add(x, 1, dtype=np.float64),
    "order": lambda x: np.exp(x, order="K", subok=True, casting="same_kind", dtype=None, where=True),
    "reduce": lambda x: np.add.reduce(x),
    "reduce, several axes": lambda x: np.add.reduce(x, axis=(0, 1), keepdims=True),
    "reduce, by place": lambda x: np.maximum.reduce(x, 1, None),
    "reduce from": lambda x: np.minimum.reduce(x, axis=None, initial=0.1),
    "reduce where": lambda x: np.multiply.reduce(x, 1, where=POSITIVE),
    "reduce logarithms": lambda x: np.logaddexp.reduce(x, axis=1),
    "reduce into": lambda x: np.add.reduce(x, 1, out=np.zeros_like(x, shape=(3,))),
    "accumulate": lambda x: np.add.accumulate(x, axis=1),
    "accumulate products": lambda x: np.multiply.accumulate(x),
    "accumulate extremes": lambda x: np.maximum.accumulate(x, 1),
    "accumulate logarithms": lambda x: np.logaddexp.accumulate(x, axis=-1),
    "outer": lambda x: np.add.outer(x, V),
    "outer of an array and a tensor": lambda x: np.divide.outer(V, x),
    "outer of a tensor with itself": lambda x: np.multiply.outer(x[0], x[1]),
    "outer of numbers": lambda x: np.power.outer(2.0, x),
    "reduce in parts": lambda x: np.add.reduceat(x, [0, 2, 1], axis=1),
    "reduce to the largest in parts": lambda x: np.maximum.reduceat(x, [0, 1]),
    "two results": lambda x: np.divmod(x, 0.7)[1],
    "two results into": lambda x: np.divmod(x, 0.7, out=(None, np.zeros_like(x)))[1],
}


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc(name):
    call, x = UFUNCS[name], leaf()
    result = call(x)
    assert result.requires_grad
    np.testing.assert_allclose(result.data, call(X), rtol=1e-13)
    assert gradcheck(call, x)
    assert gradgradcheck(call, x)


def test_nothing_is_computed_where_the_mask_does_not_hold():
    x = leaf([4.0, 0.0])
    y = np.sqrt(x, out=np.zeros_like(x), where=x > 0)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([2.0, 0.0], [0.25, 0.0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.add(x, 1, where=POSITIVE), TypeError, r"np.add: where= without out= .*np.where\(mask"),
        (lambda x: np.maximum.reduce(x, dtype="float32"), TypeError, "np.maximum.reduce: dtype= is not recorded"),
        (lambda x: np.add.accumulate(x, out=np.zeros((3, 4))), TypeError, "np.add: .*an array cannot record"),
        (lambda x: np.subtract.reduce(x), TypeError, "np.subtract.reduce has no rule"),
        (lambda x: np.subtract.accumulate(x), TypeError, "np.subtract.accumulate has no rule"),
        (lambda x: np.hypot.reduceat(x, [0]), TypeError, "np.hypot.reduceat has no rule"),
        (lambda x: np.frexp.outer(x, x), ValueError, "outer product only supported for binary"),
        (lambda x: np.add(x, 1, out=x), RuntimeError, "leaf that requires grad"),
        (lambda x: np.add(x, 1, out=x, where=POSITIVE), RuntimeError, "leaf that requires grad"),
        (lambda x: np.add(x, 1, out=np.zeros((3, 4))), TypeError, "an array cannot record"),
        (lambda x: np.sum(x, 0, None, np.zeros(4)), TypeError, "np.sum: out= must be a Tensor"),
    ],
)
def test_what_a_ufunc_cannot_do(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf())


def test_without_a_gradient_a_mask_leaves_the_rest_alone():
    out = np.full(2, 7.0)
    result = np.add(tg.tensor([1.0, 2.0]), 1, out=out, where=[True, False])
    assert result is out
    assert out.tolist() == [2.0, 7.0]
    target = tg.tensor([7.0, 7.0])
    assert np.add(tg.tensor([1.0, 2.0]), 1, out=target, where=[True, False]) is target
    assert target.tolist() == [2.0, 7.0]


def test_a_mask_that_is_recorded_elsewhere_has_no_gradient():
    x = leaf()
    y = np.sum(x, where=x > 0)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, POSITIVE.astype(float))
