"""The methods of Tensor: those that NumPy's arrays have, with NumPy's results, and their declarations."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import ops
from tinygrad_fs.autograd import gradcheck
from tinygrad_fs.ops.dispatch import methods
from tinygrad_fs.ops.elementwise import arithmetic
from tinygrad_fs.tensor import Tensor

X = np.array([[0.3, -1.2, 2.0], [1.5, 0.7, -0.4]])

AS_NUMPY = [
    (name, arguments)
    for name, *choices in [
        ("std", (), (1,)), ("var", (), (0,)), ("mean", (), (1,)), ("sum", (), (0,)), ("prod", (), (1,)),
        ("max", (), (0,)), ("min", (), (1,)), ("cumsum", (), (0,)), ("cumprod", (), (1,)), ("argsort", (), (0,)),
        ("argmax", (), (1,)), ("argmin", (), (0,)), ("round", (), (1,)), ("trace", (), (1,)), ("diagonal", (), (1,)),
        ("dot", (X.T,), (X[0],)), ("repeat", (2,), (2, 1)), ("take", ([1, 4],), ([0, 0], 1)), ("ravel", (), ("F",)),
        ("reshape", (3, 2), ((-1,),)),
        ("transpose", (), (1, 0), ((1, 0),)), ("swapaxes", (0, 1)), ("squeeze", ()), ("clip", (-1, 1)),
        ("flatten", (), ("F",)), ("conj", ()),
        ("all", (), (1,)), ("any", (), (0,)), ("copy", (), ("F",)), ("nonzero", ()),
    ]
    for arguments in choices
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), AS_NUMPY, ids=str)
def test_methods_of_arrays(name, arguments):
    result = getattr(tg.Tensor(X, requires_grad=True), name)(*arguments)
    expected = getattr(X, name)(*arguments)
    if name == "nonzero":
        result, expected = tg.stack(result), np.stack(expected)
    assert isinstance(result, tg.Tensor)
    np.testing.assert_allclose(result.data, expected, rtol=1e-13)
    if result.requires_grad and name != "round":
        assert gradcheck(lambda x: getattr(x, name)(*arguments), tg.Tensor(X, requires_grad=True))


def test_methods_of_pytorch():
    x = tg.Tensor(X, requires_grad=True)
    assert x.permute(1, 0).shape == x.permute((1, 0)).shape == (3, 2)
    assert x.masked_fill(x < 0, 0.0).min().item() == 0.0
    assert x.gather(1, [[2], [0]]).tolist() == [[2.0], [1.5]]
    assert x.ptp().item() == pytest.approx(3.2)
    assert x.flatten(0, 1).shape == (6,)


def test_attributes_of_arrays():
    x = tg.Tensor(X, requires_grad=True)
    assert (x.nbytes, x.itemsize, x.item(1, 0), x.item(5)) == (48, 8, 1.5, -0.4)


@pytest.mark.parametrize(
    ("name", "remedy"), [("view", r"t.reshape\(shape\)"), ("unsqueeze", "t.expand_dims"), ("flat", r"t.ravel\(\)")]
)
def test_what_a_tensor_lacks(name, remedy):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; write {remedy}"):
        getattr(tg.ones(2), name)
    assert not hasattr(tg.ones(2), name)


def test_what_is_said_to_be_lacking_is():
    assert set(methods._INSTEAD) & {*methods._METHODS, *methods._FUNCTIONS} == set()
    assert not any(hasattr(tg.ones(2), name) for name in methods._INSTEAD)


def test_flatten_of_some_axes_in_another_order():
    with pytest.raises(ValueError, match="order='F' is for all axes"):
        tg.ones((2, 2, 2)).flatten(1, order="F")


class TestInPlace:
    def test_fill(self):
        x, v = tg.Tensor(X, requires_grad=True), tg.tensor(2.0, requires_grad=True, dtype="float64")
        y = x * 1
        assert y.fill(v) is None
        y.sum().backward()
        assert v.grad.item() == 6.0
        assert not x.grad.data.any()

    def test_sort(self):
        def ordered(x):
            y = x * 2
            before = y[0] * 1
            assert y.sort(axis=0) is None
            return y * before

        x = tg.Tensor(X, requires_grad=True)
        np.testing.assert_allclose(ordered(x).data, np.sort(2 * X, axis=0) * 2 * X[0])
        assert gradcheck(ordered, x)

    def test_sorting_a_leaf_is_refused(self):
        with pytest.raises(RuntimeError, match="leaf"):
            tg.Tensor(X.copy(), requires_grad=True).sort()


def declarations():
    """The methods in the stub, with their parameters."""
    stub = ast.parse((Path(tg.__file__).parent / "bound.pyi").read_text(encoding="utf-8"))
    (body,) = [node for node in stub.body if isinstance(node, ast.ClassDef)]
    return {node.name: node.args for node in body.body if isinstance(node, ast.FunctionDef)}


DECLARED = declarations()


class TestDeclarations:
    @pytest.mark.parametrize("name", methods._FUNCTIONS)
    def test_parameters_are_those_of_the_function(self, name):
        parameters = list(inspect.signature(getattr(ops, name)).parameters.values())[1:]
        arguments = DECLARED[name]
        assert [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD] == [
            argument.arg for argument in arguments.args[1:]
        ]
        assert [p.name for p in parameters if p.kind is p.KEYWORD_ONLY] == [
            argument.arg for argument in arguments.kwonlyargs
        ]
        defaults = [repr(p.default) for p in parameters if p.default is not p.empty]
        given = [*arguments.defaults, *(value for value in arguments.kw_defaults if value is not None)]
        assert defaults == [repr(ast.literal_eval(value)) for value in given]

    def test_everything_bound_is_declared(self):
        bound = {*methods._METHODS, *methods._FUNCTIONS}
        assert bound - set(DECLARED) == set()


def test_operators_are_written_at_first_use_and_are_the_ops_own_from_then_on():
    assert Tensor.__truediv__ is arithmetic.Divide.apply
    assert vars(Tensor)["__truediv__"] is arithmetic.Divide.apply
    x = tg.tensor([1.0, -2.0], requires_grad=True)
    (abs(x) ** 2 % 3).sum().backward()
    assert x.grad.tolist() == [2.0, -4.0]
