"""Random shapes, broadcasts, axes, strides, indices and programs: NumPy's values, gradients of numeric differences."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck

BINARY = {
    tg.add: np.add,
    tg.subtract: np.subtract,
    tg.multiply: np.multiply,
    tg.divide: np.divide,
    tg.power: np.power,
    tg.maximum: np.maximum,
    tg.minimum: np.minimum,
}
REDUCTIONS = {
    tg.sum: np.sum,
    tg.mean: np.mean,
    tg.max: np.max,
    tg.min: np.min,
    tg.var: np.var,
    tg.prod: np.prod,
    tg.median: np.median,
    tg.logsumexp: lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
}

quick = settings(max_examples=60, deadline=None)


def filled(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Positive values, all different, away from each other by more than the step of a numeric difference."""
    size = int(np.prod(shape))
    return (np.random.default_rng(seed).permutation(size) / max(size, 1) + 0.5 + 0.01 * seed).reshape(shape)


@quick
@given(st.sampled_from(list(BINARY)), hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
def test_broadcasting(function, shapes):
    x, y = (filled(shape, i) for i, shape in enumerate(shapes.input_shapes))
    a, b = tg.Tensor(x, requires_grad=True), tg.Tensor(y, requires_grad=True)
    z = function(a, b)
    np.testing.assert_allclose(z.data, BINARY[function](x, y))
    assert gradcheck(function, [a, b])


@quick
@given(st.sampled_from(list(REDUCTIONS)), hnp.array_shapes(max_dims=4, max_side=3), st.data())
def test_reductions(function, shape, data):
    axis = data.draw(st.none() | hnp.valid_tuple_axes(len(shape)) | st.integers(-len(shape), len(shape) - 1))
    keepdims = data.draw(st.booleans())
    x = filled(shape, 1)
    t = tg.Tensor(x, requires_grad=True)
    result = function(t, axis=axis, keepdims=keepdims)
    expected = REDUCTIONS[function](x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(result.data, expected)
    assert result.shape == np.shape(expected)
    assert gradcheck(lambda x: function(x, axis=axis, keepdims=keepdims), t)


# Functions as NumPy users write them: the same call takes arrays and Tensors.
OF_ANY_STRIDES = {
    "exp": np.exp,
    "sum of the first axis": lambda x: np.sum(x, axis=0),
    "mean of the last axis": lambda x: np.mean(x, axis=-1, keepdims=True),
    "variance": np.var,
    "cumulative sum": lambda x: np.cumsum(x, axis=0),
    "cumulative product": lambda x: np.cumprod(x, axis=-1),
    "flat": lambda x: np.reshape(x, -1) * np.arange(x.size),
    "with its transpose": lambda x: np.tensordot(x, x.T, 1),
    "with itself": lambda x: np.concatenate([x, x * x], axis=-1),
    "reversed": lambda x: np.flip(x) * x,
    "repeated": lambda x: x[[0, -1, 0]] ** 2,
    "padded": lambda x: np.pad(x, 1, mode="edge"),
    "differences": lambda x: np.diff(x, axis=0, prepend=0),
    "norm": lambda x: np.linalg.norm(x, axis=-1),
    "sorted": lambda x: np.sort(x + np.arange(x.size).reshape(x.shape), axis=-1),
}


@st.composite
def views(draw) -> np.ndarray:
    """An array with gaps, backwards, in another order of axes, or of rows that are all one in memory."""
    shape = draw(hnp.array_shapes(max_dims=3, max_side=3))
    steps = [draw(st.sampled_from([1, -1, 2, -3])) for _ in shape]
    base = filled(tuple(n * abs(step) for n, step in zip(shape, steps)), 1)
    view = base[tuple(slice(None, None, step) for step in steps)].transpose(draw(st.permutations(range(len(shape)))))
    return np.broadcast_to(view[:1], view.shape) if draw(st.booleans()) else view


@quick
@given(st.sampled_from(sorted(OF_ANY_STRIDES)), views())
def test_strides(name, view):
    function = OF_ANY_STRIDES[name]
    t, dense = tg.Tensor(view, requires_grad=True), tg.Tensor(view.copy(), requires_grad=True)
    y = function(t)
    np.testing.assert_allclose(y.data, function(view))
    weights = np.random.default_rng(0).standard_normal(y.shape)
    np.testing.assert_allclose(grad(y, t, weights)[0].data, grad(function(dense), dense, weights)[0].data)
    assert gradcheck(function, t)


@quick
@given(hnp.array_shapes(max_dims=3, max_side=4), st.data())
def test_indices(shape, data):
    index = data.draw(
        hnp.basic_indices(shape, allow_ellipsis=True, allow_newaxis=True)
        | hnp.integer_array_indices(shape)
        | hnp.arrays(bool, shape)
    )
    x = filled(shape, 1)
    t = tg.Tensor(x, requires_grad=True)
    y = t[index]
    np.testing.assert_array_equal(y.data, x[index])
    # The gradient of a weighted sum is the weights, added where they were read from.
    weights = np.random.default_rng(0).standard_normal(y.shape)
    (g,) = grad(y, t, weights)
    expected = np.zeros(shape)
    np.add.at(expected, index, weights)
    np.testing.assert_allclose(g.data, expected, atol=1e-12)


@quick
@given(hnp.array_shapes(max_dims=3, max_side=4), st.data())
def test_assignments(shape, data):
    index = data.draw(hnp.basic_indices(shape) | hnp.integer_array_indices(shape) | hnp.arrays(bool, shape))
    x = filled(shape, 1)
    value = filled(x[index].shape, 2) * 10
    t, v = tg.Tensor(x, requires_grad=True), tg.Tensor(value, requires_grad=True)
    y = t * 1
    y[index] = v
    expected = x.copy()
    expected[index] = value
    np.testing.assert_array_equal(y.data, expected)
    weights = np.random.default_rng(0).standard_normal(shape)
    dt, dv = grad(y, (t, v), weights)
    kept = np.ones(shape)
    kept[index] = 0
    np.testing.assert_array_equal(dt.data, weights * kept)
    # Each element that was written to hands its weight to one entry of the value: the last that wrote it.
    np.testing.assert_allclose(dv.data.sum(), (weights * (1 - kept)).sum(), atol=1e-10)
    np.testing.assert_allclose((dv.data * value).sum(), (weights * (1 - kept) * expected).sum(), atol=1e-10)


@quick
@given(hnp.mutually_broadcastable_shapes(signature="(m?,n),(n,p?)->(m?,p?)", max_dims=2, max_side=3))
def test_products(shapes):
    x, y = (filled(shape, i) for i, shape in enumerate(shapes.input_shapes))
    a, b = tg.Tensor(x, requires_grad=True), tg.Tensor(y, requires_grad=True)
    np.testing.assert_allclose((a @ b).data, x @ y)
    assert gradcheck(tg.matmul, [a, b])


# Smooth steps: from the last result and an earlier one, both of shape (2, 3), to one of the same shape.
STEPS = [
    lambda last, other: tg.tanh(last + other),
    lambda last, other: last * tg.sigmoid(other),
    lambda last, other: (last @ other.T) @ last * 0.1,
    lambda last, other: tg.concatenate([last[1:], other[:1]]),
    lambda last, other: last - tg.mean(other, axis=0),
    lambda last, other: tg.softmax(last, axis=1) + tg.exp(-(other**2)),
    lambda last, other: tg.einsum("ij,kj->ki", other, last[[1, 0, 1]]).reshape(2, 3) * 0.3,
    lambda last, other: tg.where(np.eye(2, 3, dtype=bool), last, other.T.reshape(2, 3)),
    lambda last, other: tg.cumsum(last, axis=1) / (1.0 + other * other),
    lambda last, other: tg.stack(tg.unstack(last)[::-1]) + tg.logsumexp(other, axis=0),
    lambda last, other: filled_in(last, other),
    lambda last, other: tg.layer_norm(last + 0.1 * other, 3, eps=0.1),
    lambda last, other: tg.linalg.solve(other @ other.T + 2 * np.eye(2), last),
]


def filled_in(last: tg.Tensor, other: tg.Tensor) -> tg.Tensor:
    """Written in place, and read in between."""
    t = last * 1
    t[0] = other[1] * t[1]
    t[:, 1:] += t[:, :2] * 0.5
    return t


def program(choices: list[int], seed: int):
    """A function that takes these steps, each from an earlier result chosen at random."""
    rng = np.random.default_rng(seed)
    earlier = [int(rng.integers(0, i + 1)) for i in range(len(choices))]

    def run(x):
        values = [x]
        for choice, i in zip(choices, earlier):
            values.append(tg.tanh(STEPS[choice](values[-1], values[i])))
        return values[-1].sum()

    return run, tg.Tensor(rng.standard_normal((2, 3)) * 0.5, requires_grad=True)


@quick
@given(st.lists(st.integers(0, len(STEPS) - 1), min_size=5, max_size=30), st.integers(0, 2**32 - 1))
def test_random_programs(choices, seed):
    assert gradcheck(*program(choices, seed))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(STEPS) - 1), min_size=5, max_size=10), st.integers(0, 2**32 - 1))
def test_random_programs_to_second_order(choices, seed):
    assert gradgradcheck(*program(choices, seed))
