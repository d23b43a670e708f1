"""func.grad, value_and_grad and vjp: values, nesting, what stays untouched and what stays differentiable."""

from __future__ import annotations

import gc
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import func
from tinygrad_fs.autograd import gradcheck

Point = namedtuple("Point", "x y")


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


def cubes(x):
    return tg.sum(x**3)


def test_the_argument_may_be_an_array_a_tensor_or_a_number():
    for x in (np.array([1.0, 2.0]), tg.tensor([1.0, 2.0], dtype="float64"), leaf(1.0, 2.0)):
        assert func.grad(cubes)(x).tolist() == [3.0, 12.0]
    for x in (2.0, np.float64(2.0), np.float32(2.0)):
        g = func.grad(cubes)(x)
        assert isinstance(g, tg.Tensor)
        assert g.item() == 12.0
        assert g.dtype == (np.float32 if type(x) is float else x.dtype)


def test_numpy_code_is_differentiated():
    def function(x):
        return np.sum(np.exp(x) * np.where(x > 0, x, 0))

    g = func.grad(function)(np.array([-1.0, 1.0]))
    np.testing.assert_allclose(g.data, [0.0, 2 * np.e])


@pytest.mark.parametrize("argnums", [0, 1, -1, (0,), (1, 0), [0, 1], (-1, 0)])
def test_argnums(argnums):
    expected = (3.0, 2.0)
    found = func.grad(lambda x, y: x * y, argnums=argnums)(2.0, 3.0)
    if isinstance(argnums, int):
        assert found.item() == expected[argnums]
    else:
        assert isinstance(found, tuple)
        assert [g.item() for g in found] == [expected[i] for i in argnums]


def test_what_is_not_differentiated_is_handed_on_as_it_is():
    seen = {}

    def function(x, name, values, *, flag):
        seen.update(name=name, values=values, flag=flag)
        return x * 2

    values = np.arange(3)
    assert func.grad(function)(1.0, "text", values, flag=None).item() == 2.0
    assert seen == {"name": "text", "values": values, "flag": None}


def test_nested_arguments():
    parameters = {"w": np.array([1.0, 2.0]), "rest": [Point(3.0, np.ones(2)), (4.0, None)]}

    def function(p):
        point, (c, nothing) = p["rest"]
        assert nothing is None
        assert isinstance(point, Point)
        return tg.sum(p["w"] * point.y) * point.x * c

    g = func.grad(function)(parameters)
    assert g["w"].tolist() == [12.0, 12.0]
    point, (c, nothing) = g["rest"]
    assert isinstance(point, Point)
    assert isinstance(g["rest"], list)
    assert nothing is None
    assert (point.x.item(), point.y.tolist(), c.item()) == (12.0, [12.0, 24.0], 9.0)


def test_kinds_of_dicts_stay():
    g = func.grad(lambda p: p["b"] * p["a"])(OrderedDict(b=2.0, a=3.0))
    assert isinstance(g, OrderedDict)
    assert list(g) == ["b", "a"]


def test_an_argument_without_influence_has_gradient_zero():
    gx, gy = func.grad(lambda x, y: tg.sum(x), argnums=(0, 1))(np.ones(2), np.ones((3, 1)))
    assert gy.data.tolist() == [[0.0]] * 3
    assert gx.tolist() == [1.0, 1.0]
    assert func.grad(lambda x: tg.tensor(5.0))(1.0).item() == 0.0


def test_value_and_aux():
    def function(x):
        return x * 2, {"x": x, "double": x * 2, "text": "t"}

    value, g = func.value_and_grad(lambda x: x * 2)(3.0)
    assert (value.item(), g.item()) == (6.0, 2.0)
    assert not value.requires_grad
    (value, aux), g = func.value_and_grad(function, has_aux=True)(3.0)
    assert (value.item(), g.item()) == (6.0, 2.0)
    assert aux["text"] == "t"
    assert not aux["double"].requires_grad
    assert aux["double"].item() == 6.0
    g, aux = func.grad(function, has_aux=True)(3.0)
    assert aux["x"].item() == 3.0


def test_the_function_keeps_its_name():
    assert func.grad(cubes).__name__ == "cubes"


# ---- nesting


def test_derivatives_of_derivatives():
    f = tg.tanh
    for expected in (np.tanh(0.3), 1 - np.tanh(0.3) ** 2, -2 * np.tanh(0.3) * (1 - np.tanh(0.3) ** 2)):
        assert f(tg.tensor(0.3, dtype="float64")).item() == pytest.approx(expected)
        f = func.grad(f)


def test_an_inner_gradient_does_not_mix_with_the_outer():
    # d/dx [x * d/dy (x y^2) at y = x] = d/dx 2 x^3
    g = func.grad(lambda x: x * func.grad(lambda y: x * y**2)(x))(np.float64(2.0))
    assert g.item() == 24.0
    # d/dx [x * d/dy (x + y)]: the inner one is 1, whatever x is
    assert func.grad(lambda x: x * func.grad(lambda y: x + y)(1.0))(2.0).item() == 1.0


def test_an_inner_autograd_grad():
    def slope(x):
        (g,) = tg.autograd.grad(x**3, x, create_graph=True)
        return g

    assert func.grad(slope)(2.0).item() == 12.0


def test_a_step_of_gradient_descent_is_differentiable():
    def after_a_step(rate, w):
        return tg.sum((w - rate * func.grad(cubes)(w)) ** 2)

    w = np.array([0.5, 1.0])
    expected = np.sum(2 * (w - 0.1 * 3 * w**2) * (-3 * w**2))
    assert func.grad(after_a_step)(np.float64(0.1), w).item() == pytest.approx(expected)


# ---- what is outside


def test_the_arguments_are_left_alone():
    x = leaf(1.0, 2.0)
    x.grad = tg.tensor([5.0, 5.0], dtype="float64")
    calls = []
    x.register_hook(calls.append)
    g = func.grad(cubes)(x)
    assert x.grad.tolist() == [5.0, 5.0]
    assert x.requires_grad
    assert x.is_leaf
    assert calls == []
    assert g.tolist() == [3.0, 12.0]


def test_the_same_tensor_twice():
    x = leaf(2.0)
    gx, gy = func.grad(lambda x, y: tg.sum(x * y**2), argnums=(0, 1))(x, x)
    assert (gx.item(), gy.item()) == (4.0, 8.0)


def test_the_gradient_of_a_tensor_with_a_history_can_go_on_backward():
    w = leaf(1.0, 2.0)
    value, g = func.value_and_grad(cubes)(w * 2)
    g.sum().backward(retain_graph=True)
    assert w.grad.tolist() == [24.0, 48.0]  # d/dw sum 3 (2w)^2
    value.backward()
    assert w.grad.tolist() == [24.0 + 24.0, 48.0 + 96.0]  # d/dw sum (2w)^3


def test_what_the_function_closes_over_stays_differentiable():
    w = leaf(1.0, 2.0)
    net = tg.nn.Linear(2, 1)
    g = func.grad(lambda x: tg.sum(x**2 * w))(np.array([3.0, 4.0]))
    g.sum().backward()
    assert w.grad.tolist() == [6.0, 8.0]
    slope = func.grad(lambda x: net(x).sum())(tg.ones((1, 2)))
    slope.sum().backward()
    np.testing.assert_array_equal(net.weight.grad.data, np.ones((1, 2)))
    assert net.bias.grad is None


def test_only_what_depends_on_the_outside_is_recorded():
    w = leaf(1.0, 2.0)
    gx, gy = func.grad(lambda x, y: tg.sum(x**2) + tg.sum(y * w), argnums=(0, 1))(np.ones(2), np.ones(2))
    assert not gx.requires_grad
    assert gy.requires_grad
    gx[0] = 7.0
    assert gx.tolist() == [7.0, 2.0]


def test_under_no_grad_the_result_is_a_plain_value():
    w = leaf(1.0, 2.0)
    with tg.no_grad():
        value, g = func.value_and_grad(lambda x: tg.sum(x * w))(w * 2)
        assert func.grad(func.grad(lambda x: x**3))(2.0).item() == 12.0
        assert not tg.is_grad_enabled()
    assert g.tolist() == [1.0, 2.0]
    assert not g.requires_grad
    assert not value.requires_grad
    assert w.grad is None


def test_a_penalty_on_the_gradient():
    x = np.array([[0.3, -0.2], [0.5, 0.1]])

    def penalty(w):
        return tg.sum(func.grad(lambda inputs: tg.sum(tg.tanh(inputs @ w)))(x) ** 2)

    assert gradcheck(penalty, leaf(0.7, -0.4))


def test_the_graphs_of_a_derivative_are_freed_by_reference_counting():
    def count() -> int:
        return sum(issubclass(type(each), tg.Op) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = count()
        func.grad(func.grad(lambda x: tg.sum(x**3)))(2.0)
        func.hessian(cubes)(np.ones(3))
        func.jvp(cubes, (np.ones(3),), (np.ones(3),))
        assert count() == before
    finally:
        gc.enable()


# ---- vjp


def test_vjp_is_weights_times_the_jacobian():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    y, pullback = func.vjp(lambda x: {"product": a @ x, "sum": x.sum()}, np.ones(3))
    assert y["product"].tolist() == [6.0, 15.0]
    assert not y["sum"].requires_grad
    for _ in range(2):
        (g,) = pullback({"product": np.array([1.0, 10.0]), "sum": 100.0})
        assert g.tolist() == [141.0, 152.0, 163.0]


def test_vjp_of_several_primals_and_aux():
    y, pullback, aux = func.vjp(lambda x, y: (x @ y, x), np.ones((1, 2)), np.eye(2), has_aux=True)
    dx, dy = pullback(np.array([[1.0, 2.0]]))
    assert y.shape == (1, 2)
    assert dx.tolist() == [[1.0, 2.0]]
    assert dy.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert aux.tolist() == [[1.0, 1.0]]
    assert not aux.requires_grad


def test_the_pullback_is_differentiable_in_its_weights_and_in_the_primals():
    x = leaf(1.0, 2.0)

    def squares(v, x):
        _, pullback = func.vjp(lambda x: x**2, x)
        return pullback(v)[0]

    assert gradcheck(squares, [leaf(3.0, -1.0), x])
    _, pullback = func.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    assert gradcheck(lambda v: pullback(v)[0], leaf(3.0, -1.0))
    assert not pullback(np.ones(2))[0].requires_grad


def test_weights_take_the_dtype_of_the_outputs():
    _, pullback = func.vjp(lambda x: x * 2, np.ones(2, np.float32))
    (g,) = pullback(np.array([1, 2]))
    assert g.dtype == np.float32
    assert g.tolist() == [2.0, 4.0]


# ---- errors


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda: func.grad(lambda x: x * 2)(np.ones(3)), ValueError, r"grad: .*shape \(3,\).*\.sum\(\).*func.jacobian"),
        (lambda: func.grad(lambda x: (x, x))(1.0), TypeError, "returned 2 Tensors in a tuple.*has_aux=True"),
        (
            lambda: func.grad(lambda x: x.item())(1.0),
            TypeError,
            r"returned a value of type float.*\.item\(\)",
        ),
        (lambda: func.grad(lambda x: None)(1.0), TypeError, "returned 0 Tensors in a NoneType"),
        (lambda: func.grad(lambda x: x > 0)(1.0), TypeError, "dtype bool.*has_aux"),
        (
            lambda: func.grad(lambda x: x)(3),
            TypeError,
            "argument 0 has dtype int64.*leave it out of argnums",
        ),
        (lambda: func.grad(lambda p: p["n"])({"n": [1.0, True]}), TypeError, r"argument 0\['n'\]\[1\] has dtype bool"),
        (lambda: func.grad(lambda x, y: y, 1)(1.0, "text"), TypeError, "argument 1 is a str.*leave it out of argnums"),
        (lambda: func.grad(lambda x: x, 2)(1.0), ValueError, "argnums=2, but .* with 1 positional arguments"),
        (lambda: func.grad(lambda x: x)(x=1.0), ValueError, "argnums=0, but .* 0 positional arguments.*by keyword"),
        (lambda: func.grad(lambda x, y: x, (0, -2))(1.0, 2.0), ValueError, "names argument 0 twice"),
        (lambda: func.grad(lambda x: x, "x")(1.0), TypeError, "argnums must be an integer or a tuple of integers"),
        (lambda: func.grad(lambda x: x, has_aux=True)(1.0), TypeError, "must return a pair"),
        (lambda: func.vjp(lambda x: x, np.ones(2))[1](np.ones(3)), ValueError, r"the weights: shape \(3,\) was given"),
        (lambda: func.vjp(lambda x: (x, x), 1.0)[1](1.0), ValueError, "the weights: expected a tuple of 2, not float"),
        (
            lambda: func.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}),
            ValueError,
            "expected a dict with the keys 'a', not a dict with the keys 'b'",
        ),
        (lambda: func.vjp(lambda x: x, 1.0)[1]([1.0]), ValueError, "expected one array or Tensor, not a list of 1"),
        (lambda: func.vjp(lambda x: x, 1.0)[1](True), TypeError, "the weights: dtype bool was given"),
    ],
)
def test_misuse(run, error, message):
    with pytest.raises(error, match=message):
        run()
