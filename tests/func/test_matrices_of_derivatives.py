"""func.jvp, hvp, jacobian and hessian, against formulas, numeric differences and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import func
from tinygrad_fs.autograd import gradcheck

X = np.array([0.5, -1.0, 2.0])
V = np.array([1.0, 10.0, 100.0])
A = np.arange(6.0).reshape(2, 3)


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def vector_function(x):
    return tg.tanh(A @ x) * x[0]


def scalar_function(x):
    return tg.sum(tg.exp(x) * x[::-1] ** 2)


def numeric_jacobian(f, x, eps=1e-6):
    columns = []
    for entry in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[entry] = eps
        columns.append((f(tg.tensor(x + step)).data - f(tg.tensor(x - step)).data) / (2 * eps))
    return np.moveaxis(np.array(columns).reshape(*x.shape, *columns[0].shape), range(x.ndim), range(-x.ndim, 0))


# ---- jacobian and hessian


def test_jacobian():
    found = func.jacobian(vector_function)(X)
    assert found.shape == (2, 3)
    assert not found.requires_grad
    np.testing.assert_allclose(found.data, numeric_jacobian(vector_function, X), atol=1e-8)


def test_the_shape_is_that_of_the_output_then_that_of_the_input():
    x = np.arange(6.0).reshape(2, 3) / 6

    def f(x):
        return tg.exp(x).reshape(3, 2, 1)[:, :, :] * x[0, 0]

    found = func.jacobian(f)(x)
    assert found.shape == (3, 2, 1, 2, 3)
    np.testing.assert_allclose(found.data, numeric_jacobian(f, x), atol=1e-8)


def test_columns_in_fortran_order():
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(func.jacobian(lambda x: x.T)(x).data, numeric_jacobian(lambda x: x.T, x).round())


def test_jacobian_of_nothing_and_of_constants():
    assert func.jacobian(lambda x: x[:0])(X).shape == (0, 3)
    assert func.jacobian(lambda x: x * 2)(np.ones((0, 2))).shape == (0, 2, 0, 2)
    np.testing.assert_array_equal(func.jacobian(lambda x: tg.ones(2))(X).data, np.zeros((2, 3)))


def test_hessian():
    found = func.hessian(scalar_function)(X)
    gradient = func.grad(scalar_function)
    np.testing.assert_allclose(found.data, found.data.T)
    np.testing.assert_allclose(found.data, numeric_jacobian(gradient, X), atol=1e-6)


def test_hessian_of_a_linear_function_is_zero():
    np.testing.assert_array_equal(func.hessian(lambda x: tg.sum(x) * 2)(X).data, np.zeros((3, 3)))


def test_hessian_of_several_outputs():
    found = func.hessian(vector_function)(X)
    assert found.shape == (2, 3, 3)
    np.testing.assert_allclose(found.data, numeric_jacobian(func.jacobian(vector_function), X), atol=1e-6)


def test_third_derivatives():
    found = func.jacobian(func.hessian(lambda x: tg.sum(x**4)))(np.array([1.0, 2.0]))
    expected = np.zeros((2, 2, 2))
    expected[0, 0, 0], expected[1, 1, 1] = 24.0, 48.0
    np.testing.assert_allclose(found.data, expected)


def test_hessian_of_a_function_that_calls_grad():
    def energy(x):
        return tg.sum(func.grad(lambda y: tg.sum(y**3))(x) ** 2)  # 9 x^4

    np.testing.assert_allclose(func.hessian(energy)(X).data, np.diag(108 * X**2))


def test_several_arguments():
    def f(x, y):
        return tg.sum(x) * y

    jx, jy = func.jacobian(f, argnums=(0, 1))(X, np.ones(2))
    assert (jx.shape, jy.shape) == ((2, 3), (2, 2))
    (hxx, hxy), (hyx, hyy) = func.hessian(f, argnums=(0, 1))(X, np.ones(2))
    assert (hxx.shape, hxy.shape, hyx.shape, hyy.shape) == ((2, 3, 3), (2, 3, 2), (2, 2, 3), (2, 2, 2))
    np.testing.assert_array_equal(hxy.data, np.moveaxis(hyx.data, 1, 2))
    np.testing.assert_array_equal(hxx.data, np.zeros((2, 3, 3)))


def test_nested_outputs_and_inputs():
    found = func.jacobian(lambda p: [p["a"] * 2, (p["b"] * p["a"],)])({"a": np.ones(2), "b": 3.0})
    assert found[0]["a"].tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert found[1][0]["a"].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert found[1][0]["b"].tolist() == [1.0, 1.0]
    found = func.hessian(lambda p: tg.sum(p["a"] * p["b"]))({"a": np.ones(2), "b": 3.0})
    assert found["a"]["b"].tolist() == [1.0, 1.0]
    assert found["b"]["b"].item() == 0.0


def test_aux():
    found, aux = func.jacobian(lambda x: (x * 2, "aux"), has_aux=True)(X)
    assert aux == "aux"
    found, aux = func.hessian(lambda x: (tg.sum(x**2), x.sum()), has_aux=True)(X)
    np.testing.assert_array_equal(found.data, 2 * np.eye(3))
    assert aux.item() == X.sum()
    assert not aux.requires_grad


def test_a_jacobian_is_differentiable():
    w = leaf(1.0, 2.0, 3.0)
    found = func.jacobian(lambda x: x**2 * w)(X)
    found.sum().backward()
    np.testing.assert_allclose(w.grad.data, 2 * X)
    assert gradcheck(lambda x: func.jacobian(vector_function)(x), tg.Tensor(X, requires_grad=True))


def test_the_outer_graph_is_not_used_up():
    w = leaf(1.0, 2.0, 3.0)
    outer = w**2
    with tg.no_grad():
        func.jacobian(lambda x: x * outer)(X)
        func.hessian(lambda x: tg.sum(x**2 * outer))(X)
        func.hvp(lambda x: tg.sum(x**2 * outer), (X,), (V,))
        func.jvp(lambda x: x * outer, (X,), (V,))
    outer.sum().backward()
    assert w.grad.tolist() == [2.0, 4.0, 6.0]


# ---- jvp and hvp


def test_jvp_is_the_jacobian_times_the_direction():
    y, change = func.jvp(vector_function, (X,), (V,))
    np.testing.assert_allclose(y.data, vector_function(tg.tensor(X)).data)
    np.testing.assert_allclose(change.data, func.jacobian(vector_function)(X).data @ V)
    assert not change.requires_grad


def test_jvp_of_nested_arguments_and_outputs():
    y, change, aux = func.jvp(
        lambda p, c: ({"y": p["a"] * c, "constant": tg.ones(2)}, "aux"),
        ({"a": np.array([1.0, 2.0])}, np.float64(3.0)),
        ({"a": np.array([1.0, 0.0])}, 1.0),
        has_aux=True,
    )
    assert y["y"].tolist() == [3.0, 6.0]
    assert change["y"].tolist() == [4.0, 2.0]
    assert change["constant"].tolist() == [0.0, 0.0]
    assert aux == "aux"


@pytest.mark.parametrize(
    "f", [lambda x: x, lambda x: x * 2, lambda x: x.reshape(3, 1), lambda x: tg.sum(x), lambda x: x[[0, 0, 1]]]
)
def test_jvp_of_linear_functions_is_the_function(f):
    _, change = func.jvp(f, (X,), (V,))
    np.testing.assert_array_equal(change.data, f(tg.tensor(V)).data)


def test_jvp_is_differentiable_in_everything():
    w = leaf(0.3, 0.2, 0.1)
    assert gradcheck(lambda x, v, w: func.jvp(lambda x: tg.tanh(x * w), (x,), (v,))[1], [leaf(*X), leaf(*V), w])
    assert func.grad(lambda x: func.jvp(lambda y: y**3, (x,), (1.0,))[1])(2.0).item() == pytest.approx(12.0)


def test_hvp_is_the_hessian_times_the_vector():
    found = func.hvp(scalar_function, (X,), (V,))
    np.testing.assert_allclose(found.data, func.hessian(scalar_function)(X).data @ V)
    assert not found.requires_grad
    assert gradcheck(lambda x, v: func.hvp(scalar_function, (x,), (v,)), [leaf(*X), leaf(*V)])


def test_hvp_of_several_arguments_and_of_a_linear_function():
    hx, hy = func.hvp(lambda x, y: tg.sum(x * y**2), (X, X), (V, V))
    np.testing.assert_allclose(hx.data, 2 * X * V)
    np.testing.assert_allclose(hy.data, 2 * X * V + 2 * X * V)
    assert func.hvp(lambda x: tg.sum(x), (X,), (V,)).tolist() == [0.0, 0.0, 0.0]
    assert func.hvp(lambda x: tg.tensor(1.0), (X,), (V,)).tolist() == [0.0, 0.0, 0.0]


def test_hvp_of_nested_parameters():
    p = {"w": X, "b": np.float64(1.0)}
    found = func.hvp(lambda p: tg.sum(p["w"] ** 2) * p["b"], (p,), ({"w": V, "b": 0.0},))
    np.testing.assert_allclose(found["w"].data, 2 * V)
    assert found["b"].item() == pytest.approx(2 * X @ V)


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda: func.jvp(tg.exp, X, V), TypeError, r"jvp: the primals are a tuple.*\(x,\) for one; not ndarray"),
        (lambda: func.jvp(tg.exp, (X,), V), ValueError, "jvp: the tangents: expected a tuple of 1, not ndarray"),
        (
            lambda: func.jvp(tg.exp, (X,), (V[:2],)),
            ValueError,
            r"tangents\[0\]: shape \(2,\) was given; it must be",
        ),
        (lambda: func.hvp(tg.exp, (X,), (V,)), ValueError, r"hvp: .*shape \(3,\), and only a scalar"),
        (
            lambda: func.jacobian(lambda x: x.data)(X),
            TypeError,
            "jacobian: the function returned a value of type nda",
        ),
        (lambda: func.jacobian(lambda x: (x, [x > 0]))(X), TypeError, r"Tensor of dtype bool at \[1\]\[0\]"),
        (lambda: func.hessian(tg.sum)(np.arange(3)), TypeError, "hessian: argument 0 has dtype int64"),
        (lambda: func.hessian(tg.sum, 1)(X), ValueError, "hessian: argnums=1"),
    ],
)
def test_misuse(run, error, message):
    with pytest.raises(error, match=message):
        run()


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    ours, theirs = tg.tensor(A), torch.tensor(A)

    def f(x, lib, a):
        return (lib.tanh(a @ x) ** 2).sum() * x[1]

    x, v = torch.tensor(X), torch.tensor(V)
    reference = torch.autograd.functional.hessian(lambda x: f(x, torch, theirs), x)
    np.testing.assert_allclose(func.hessian(lambda x: f(x, tg, ours))(X).data, reference.numpy())
    _, reference = torch.autograd.functional.hvp(lambda x: f(x, torch, theirs), x, v)
    np.testing.assert_allclose(func.hvp(lambda x: f(x, tg, ours), (X,), (V,)).data, reference.numpy())
    _, found = func.jvp(func.grad(lambda x: f(x, tg, ours)), (X,), (V,))
    np.testing.assert_allclose(found.data, reference.numpy())
