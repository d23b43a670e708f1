"""Products: what the op table does not show. Errors, dtypes, sizes of 0, large operands."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad


def random(*shape: int, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(np.random.default_rng(sum(shape)).standard_normal(shape), requires_grad=True, dtype=dtype)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: tg.dot(x, y), r"dot: shapes \(2, 3\) and \(4, 2\): sizes 3 and 4 differ"),
        (lambda x, y: tg.dot(x, y[None]), r"dot: .* the axes \[1\] of the first, of sizes \[3\]"),
        (lambda x, y: tg.inner(x, y), r"inner: .* of sizes \[3\], do not pair .* of sizes \[2\]"),
        (lambda x, y: tg.inner(x, y[0]), r"inner: .* sizes 3 and 2 differ"),
        (lambda x, y: tg.vdot(x, y), r"vdot: .* sizes 6 and 8 differ"),
        (lambda x, y: tg.vecdot(x, y), r"vecdot: shapes \(2, 3\) and \(4, 2\) do not fit"),
        (lambda x, y: tg.tensordot(x, y), r"tensordot: .* do not pair"),
        (lambda x, y: tg.tensordot(x, y, 3), r"have no 3 axes to pair"),
        (lambda x, y: tg.tensordot(x, y, ([0, 0], [1, 1])), "only once"),
        (lambda x, y: tg.tensordot(x, y, ([0], [0, 1])), "do not pair"),
        (lambda x, y: tg.tensordot(x, y, (2, 0)), "axis 2 is out of bounds"),
        (lambda x, y: tg.cross(x, y), r"cross: vectors have 3 entries, but the shapes are \(2, 3\) and \(4, 2\)"),
        (lambda x, y: tg.matvec(x, y), r"matmul: \(2, 3\) @ \(4, 2, 1\): inner sizes 3 and 2 differ"),
    ],
)
def test_operands_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call(tg.ones((2, 3), requires_grad=True), tg.ones((4, 2), requires_grad=True))


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (tg.dot, ((0,), (0,))),
        (tg.inner, ((2, 0), (3, 0))),
        (tg.outer, ((0,), (3,))),
        (tg.vdot, ((0, 2), (0, 2))),
        (tg.kron, ((0, 2), (2, 2))),
        (tg.cross, ((0, 3), (3,))),
        (tg.tensordot, ((2, 0, 3), (0, 3, 4))),
        (tg.vecdot, ((2, 0), (0,))),
    ],
)
def test_size_0(function, shapes):
    x, y = (tg.zeros(shape, requires_grad=True) for shape in shapes)
    z = function(x, y)
    np.testing.assert_array_equal(z.data, getattr(np, function.__name__)(np.zeros(shapes[0]), np.zeros(shapes[1])))
    z.sum().backward()
    assert (x.grad.shape, y.grad.shape) == shapes


def test_a_matrix_times_a_vector_of_size_0():
    x, y = tg.zeros((2, 0), requires_grad=True), tg.zeros(0, requires_grad=True)
    z = tg.matvec(x, y)
    assert z.tolist() == [0.0, 0.0]
    z.sum().backward()
    assert (x.grad.shape, y.grad.shape) == ((2, 0), (0,))


@pytest.mark.parametrize(
    "function", [np.dot, np.vdot, np.inner, np.outer, np.kron, np.cross, np.vecdot, np.matmul], ids=lambda f: f.__name__
)
def test_numpy_functions_record(function):
    x, y = random(3), random(3)
    result = function(x, y)
    assert result.requires_grad
    np.testing.assert_allclose(result.data, function(x.data, y.data), rtol=1e-14)
    assert function(x, y.data).requires_grad
    assert function(x.data, y).requires_grad


def test_matrices_as_numpy_lays_them_out():
    x, y = random(40, 50, 3), random(50, 40, 7)
    z = np.tensordot(x, y, axes=([1, 0], [0, 1]))
    np.testing.assert_allclose(z.data, np.tensordot(x.data, y.data, axes=([1, 0], [0, 1])), rtol=1e-12)
    weights = np.random.default_rng(1).standard_normal(z.shape)
    (z * weights).sum().backward()
    np.testing.assert_allclose(x.grad.data, np.einsum("kl,jil->ijk", weights, y.data), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(y.grad.data, np.einsum("kl,ijk->jil", weights, x.data), rtol=1e-10, atol=1e-12)


def test_float16_sums_in_float32():
    x = tg.ones(3000, dtype="float16", requires_grad=True)
    y = tg.tensordot(x, x, 1)
    assert (y.dtype, y.item()) == (np.float16, 3000.0)
    y.backward()
    assert x.grad.dtype == np.float16


def test_gradients_of_the_same_tensor_twice():
    x = random(3)
    (g,) = grad(tg.inner(x, x), x)
    np.testing.assert_allclose(g.data, 2 * x.data)


def test_a_0d_operand_counts_as_a_number():
    x = tg.ones(2, requires_grad=True)
    for function in (tg.dot, tg.inner, tg.kron):
        assert function(x, tg.tensor(2.0, dtype="float64")).dtype == np.float32
    assert tg.tensordot(x, tg.tensor(2.0, dtype="float64"), 0).dtype == np.float32


def test_lists_and_arrays():
    assert tg.dot([1.0, 2.0], [3.0, 4.0]) == 11.0
    assert tg.tensordot([[1.0, 2.0]], [[1.0], [2.0]], 1).tolist() == [[5.0]]
    assert tg.outer(tg.tensor([1.0, 2.0]), [1.0]).tolist() == [[1.0], [2.0]]
