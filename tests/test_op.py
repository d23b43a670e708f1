"""Ops of one's own: what a class may say, what it gets, and what it is told when it is wrong."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import BackwardError, grad, gradcheck, gradgradcheck


class Cube(tg.Op):
    """y = x^3."""

    def forward(x):
        return x**3

    def vjp(g, x):
        return g * 3.0 * x**2


class ScaledDifference(tg.Op):
    """z = scale (x - y)."""

    broadcasts = True

    def forward(x, y, *, scale=1.0):
        return scale * (x - y)

    def vjp_x(g, scale):
        return g * scale

    def vjp_y(g, scale):
        return g * -scale


class SumAndProduct(tg.Op):
    """x + y and x y."""

    def forward(x, y):
        return x + y, x * y

    def vjp(g, x, y):
        of_sum, of_product = g
        return of_sum + of_product * y, of_sum + of_product * x


class WeightedSum(tg.Op):
    """The sum of any number of inputs, the i-th times i + 1."""

    def forward(*xs):
        return sum((i + 1) * x for i, x in enumerate(xs))

    def vjp(g, needs):
        return [g * (i + 1) if need else None for i, need in enumerate(needs)]


class Exponential(tg.Op):
    """y = e^x, by its own output."""

    def forward(x):
        return np.exp(x)

    def vjp(g, out):
        return g * out


class Roots(tg.Op):
    """The square root and the cube root, whose derivatives are taken from the outputs."""

    def forward(x):
        return np.sqrt(x), np.cbrt(x)

    def vjp(g, out):
        return g[0] * 0.5 / out[0] + g[1] / (3.0 * out[1] * out[1])


def positive(*shape: int) -> tg.Tensor:
    return tg.rand(*shape, dtype="float64", requires_grad=True) + 0.5


OPS = {
    "one input": (Cube.apply, [(3,)]),
    "options and broadcasting": (lambda x, y: ScaledDifference.apply(x, y, scale=2.5), [(2, 3), (3,)]),
    "several outputs": (SumAndProduct.apply, [(3,), (3,)]),
    "one of several outputs": (lambda x, y: SumAndProduct.apply(x, y)[1], [(3,), (3,)]),
    "any number of inputs": (WeightedSum.apply, [(3,), (3,), (3,)]),
    "by its output": (Exponential.apply, [(2, 2)]),
    "by its outputs": (Roots.apply, [(3,)]),
}


@pytest.mark.parametrize("name", OPS)
def test_derivatives_of_both_orders(name):
    function, shapes = OPS[name]
    inputs = [tg.Tensor(positive(*shape).data, requires_grad=True) for shape in shapes]
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


@pytest.mark.parametrize("name", OPS)
def test_arrays_in_arrays_out(name):
    function, shapes = OPS[name]
    result = function(*[np.ones(shape) for shape in shapes])
    for each in result if isinstance(result, tuple) else (result,):
        assert type(each) is np.ndarray


def test_the_instance_is_the_node_and_holds_its_options():
    x = tg.ones(2, requires_grad=True)
    node = ScaledDifference.apply(x, 0.0, scale=3.0).grad_fn
    assert isinstance(node, ScaledDifference)
    assert node.scale == 3.0
    assert node.name == "ScaledDifference"
    assert not hasattr(node, "__dict__")


def test_an_option_has_its_default():
    assert ScaledDifference.apply(tg.ones(1, requires_grad=True), 0.0).grad_fn.scale == 1.0


def test_an_input_without_a_rule_gets_no_gradient():
    class Masked(tg.Op):
        """y = x m."""

        def forward(x, m):
            return x * m

        def vjp_x(g, m):
            return g * m

    x, m = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    assert grad(Masked.apply(x, m).sum(), (x, m), allow_unused=True)[1] is None


def test_an_op_without_derivative_is_not_recorded():
    class Sign(tg.Op):
        """The sign."""

        def forward(x):
            return np.sign(x)

    assert not Sign.apply(tg.ones(2, requires_grad=True)).requires_grad


def test_unused_outputs_count_as_zeros_and_unused_nodes_are_not_run():
    x, y = tg.tensor([2.0], requires_grad=True), tg.tensor([3.0], requires_grad=True)
    _, product = SumAndProduct.apply(x, y)
    product.backward()
    assert (x.grad.item(), y.grad.item()) == (3.0, 2.0)


def test_an_output_used_twice_adds_up():
    x, y = tg.tensor([2.0], requires_grad=True), tg.tensor([3.0], requires_grad=True)
    total, product = SumAndProduct.apply(x, y)
    (total + product + product).backward()
    assert (x.grad.item(), y.grad.item()) == (7.0, 5.0)


def test_an_optional_input_may_be_none():
    class Affine(tg.Op):
        """y = x + b."""

        broadcasts = True

        def forward(x, b=None):
            return x.copy() if b is None else x + b

        def vjp_x(g):
            return g

        def vjp_b(g):
            return g

    x = tg.ones((2, 3), requires_grad=True)
    Affine.apply(x).sum().backward()
    b = tg.ones(3, requires_grad=True)
    Affine.apply(x, b).sum().backward()
    assert x.grad.data.max() == 2.0
    assert b.grad.tolist() == [2.0, 2.0, 2.0]


def test_numbers_that_forward_returns_become_0d_tensors():
    class Total(tg.Op):
        """The sum, as a Python number."""

        def forward(x):
            return float(x.sum())

        def vjp(g, shapes):
            return np.broadcast_to(g, shapes[0])

    x = tg.ones(3, dtype="float64", requires_grad=True)
    total = Total.apply(x)
    assert total.shape == ()
    total.backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_float32_input_gets_a_float32_gradient_from_a_careless_vjp():
    class Careless(tg.Op):
        """y = x, with a float64 gradient."""

        def forward(x):
            return x.copy()

        def vjp(g):
            return g.astype(np.float64)

    x = tg.ones(2, requires_grad=True)
    Careless.apply(x).sum().backward()
    assert x.grad.dtype == np.float32


def returning(value):
    class Wrong(tg.Op):
        """z = x + y, with a wrong vjp."""

        def forward(x, y):
            return x + y

        def vjp(g):
            return value(g)

    return Wrong


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda g: g, r"must return 2 gradients, one per input, not a ndarray"),
        (lambda g: (g,), "must return 2 gradients, one per input, not 1 gradients"),
        (lambda g: (g, g, g), "not 3 gradients"),
        (lambda g: (g, g[:1]), r"for input 1 a gradient of that input's shape \(2,\), not shape \(1,\)"),
        (lambda g: (g, 0.0), r"for input 1 .* not a float"),
        (lambda g: g.nothing, "AttributeError"),
    ],
)
def test_a_wrong_vjp_is_told_so(value, message):
    x, y = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    with pytest.raises(BackwardError, match=f"backward of Wrong.*{message}"):
        returning(value).apply(x, y).sum().backward()


def test_none_is_no_gradient():
    x, y = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    returning(lambda g: (g, None)).apply(x, y).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert y.grad is None


def define(**body):
    return type(tg.Op)("Mine", (tg.Op,), body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"forward": lambda: 1}, r"Mine\.forward: inputs are positional and options keyword-only; write `def forward"),
        ({"forward": lambda x, *ys: 1}, "any number of inputs"),
        ({"forward": lambda x, **kw: 1}, "options keyword-only"),
        ({"forward": lambda g: 1}, "the name 'g' has a meaning of its own"),
        ({"forward": lambda x, *, shape: 1}, "the option 'shape' would hide an attribute of the node"),
        ({"forward": lambda x: 1, "vjp": lambda g, z: 1}, "its vjp asks for 'z'.* it may name needs, out, shapes, x"),
        ({"forward": lambda x: 1, "vjp_y": lambda g: 1}, "vjp_y belongs to no input; the inputs are x"),
    ],
)
def test_a_class_that_cannot_work_is_refused_when_it_is_defined(body, message):
    with pytest.raises(TypeError, match=message):
        define(**body)


def test_static_methods_are_welcome():
    class Doubled(tg.Op):
        """y = 2 x."""

        @staticmethod
        def forward(x):
            return 2 * x

        @staticmethod
        def vjp(g):
            return 2 * g

    x = tg.ones(1, requires_grad=True)
    Doubled.apply(x).backward()
    assert x.grad.item() == 2.0


def test_a_subclass_may_share_the_derivative():
    class Plus(tg.Op):
        """y = x + 1."""

        def forward(x):
            return x + 1

        def vjp(g):
            return g

    class PlusTwo(Plus):
        """y = x + 2."""

        def forward(x):
            return x + 2

    x = tg.ones(1, requires_grad=True)
    y = PlusTwo.apply(x)
    assert (y.item(), y.grad_fn.name) == (3.0, "PlusTwo")
    y.backward()
    assert x.grad.item() == 1.0


def test_what_was_written_can_be_read():
    assert Cube.apply.__source__.startswith("def apply(x):")
    assert "vjp_None" in Cube.pull.__source__


def test_inputs_without_gradient_are_kept_as_constants_for_drawings():
    x, c = tg.ones(2, requires_grad=True), tg.zeros(2)
    node = WeightedSum.apply(x, c, np.ones((2,), np.float32), 2.0).grad_fn
    assert node.constants[0] is None
    assert node.constants[1].shape == (2,)
    assert node.constants[1] is WeightedSum.apply(x, c).grad_fn.constants[1]
    assert node.constants[2].dtype == np.float32
    assert node.constants[3] == 2.0


def test_inputs_are_freed_with_the_class_gone():
    gc.collect()
    x = tg.ones(2, requires_grad=True)
    y = Cube.apply(x)
    node = y.grad_fn
    del y
    assert node.saved[0] is x.data
