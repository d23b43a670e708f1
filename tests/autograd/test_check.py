"""gradcheck and gradgradcheck: they accept what is right and find what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import GradcheckError, gradcheck, gradgradcheck


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype="float64")


class WrongEntry(tg.Op):
    """y = x^2, whose derivative is wrong in the last entry."""

    def forward(x):
        return x**2

    def vjp(g, x):
        return g * 2 * x * (np.arange(x.size) < x.size - 1) + g * 0.5 * (np.arange(x.size) == x.size - 1)


class WrongSecond(tg.Op):
    """y = e^x, whose derivative keeps a float of its own: right at first order, 0 at second."""

    def forward(x, *, kept):
        return np.exp(x)

    def vjp(g, kept):
        return g * kept


def test_a_wrong_derivative_is_found_and_located():
    with pytest.raises(
        GradcheckError,
        match=r"d output 0\[2\] / d input 0\[2\]: analytic 0\.5, numeric 6; "
        r"1 of 9 entries differ \(shapes \(3,\) -> \(3,\)\)",
    ):
        gradcheck(WrongEntry.apply, leaf(1.0, 2.0, 3.0))


def test_a_kept_float_is_found_at_second_order():
    def function(x):
        return WrongSecond.apply(x, kept=np.exp(x.data))

    assert gradcheck(function, leaf(1.0, 2.0))
    with pytest.raises(
        GradcheckError,
        match=r"gradgradcheck: d \(gradient of input 0\)\[1\] / d input 0\[1\]: analytic 0, numeric -0.97",
    ):
        gradgradcheck(function, leaf(1.0, 2.0))


def test_a_seed_that_is_left_out_is_found_at_second_order():
    class Deaf(tg.Op):
        """y = 2 x, whose derivative takes its cotangent for a constant."""

        def forward(x):
            return 2 * x

        def vjp(g):
            return 2 * (g.detach() if isinstance(g, tg.Tensor) else g)

    assert gradcheck(Deaf.apply, leaf(1.0))
    message = r"d \(gradient of input 0\)\[0\] / d grad_outputs 0\[0\]: analytic 0, numeric 2"
    with pytest.raises(GradcheckError, match=message):
        gradgradcheck(Deaf.apply, leaf(1.0))


def test_a_function_that_does_not_repeat_itself():
    with pytest.raises(GradcheckError, match="other values when it is called again"):
        gradcheck(lambda x: tg.dropout(x), leaf(*[1.0] * 50))


def test_a_shape_that_changes():
    with pytest.raises(
        GradcheckError, match=r"shapes \[\(2,\)\] in place of \[\(1,\)\] when input 0\[0\] is moved by 1e-06"
    ):
        gradcheck(lambda x: x[x > 1.0000005], leaf(1.0, 2.0))


def test_a_missing_gradient_is_found():
    with pytest.raises(GradcheckError, match="analytic 0, numeric 1"):
        gradcheck(lambda x: x.detach() * leaf(1.0, 1.0), leaf(1.0, 2.0))


def test_a_nan_is_found():
    with pytest.raises(GradcheckError, match="analytic nan"):
        gradcheck(lambda x: tg.where(x > 10, tg.sqrt(x * 0), 0.0), leaf(-1.0))


def test_only_inputs_that_require_grad_are_checked():
    constant = tg.tensor([3.0], dtype="float64")
    assert gradcheck(lambda x, c, n: x * c * n, [leaf(1.0), constant, 2])


def test_outputs_of_integers_are_left_out():
    assert gradcheck(lambda x: (x * 2, x.argmax()), leaf(1.0, 2.0))


def test_the_inputs_are_left_as_they_are():
    x = leaf(1.0, 2.0)
    gradcheck(tg.tanh, x)
    assert x.grad is None
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("function", "inputs", "error", "message"),
    [
        (tg.tanh, tg.ones(2, dtype="float64"), ValueError, "no input requires grad"),
        (tg.tanh, tg.ones(2, requires_grad=True), ValueError, "input 0 is float32.*use float64"),
        (lambda x: x.data, leaf(1.0), TypeError, "fn returned a ndarray; it must return a Tensor"),
        (lambda x: 1.0, leaf(1.0), TypeError, "fn returned a float"),
        (lambda x: (x, None), leaf(1.0), TypeError, "fn returned a NoneType"),
        (lambda x: {"y": x}, leaf(1.0), TypeError, "fn returned a dict"),
    ],
)
def test_misuse(function, inputs, error, message):
    with pytest.raises(error, match=message):
        gradcheck(function, inputs)


def test_second_order_at_given_gradients():
    assert gradgradcheck(lambda x: (tg.exp(x), x * x), leaf(0.5, 1.0), [leaf(1.0, 2.0), leaf(3.0, 4.0)])


def test_a_linear_function_has_a_second_order_of_zero():
    assert gradgradcheck(lambda x: x * 2, leaf(1.0))


def test_third_order():
    x = leaf(0.7)
    y = tg.tanh(x)
    for _ in range(3):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
    t = np.tanh(0.7)
    assert y.item() == pytest.approx(-2 * (1 - t * t) * (1 - 3 * t * t))
