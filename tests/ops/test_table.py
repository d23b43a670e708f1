"""What holds for every op, driven by the op table."""

from __future__ import annotations

import inspect
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from table import Row, all_rows, with_own_tests, without_gradient

import tinygrad_fs as tg
from tinygrad_fs import ops
from tinygrad_fs.autograd import gradcheck, gradgradcheck
from tinygrad_fs.ops.dispatch import rules

ROWS, WITHOUT_GRADIENT = all_rows(), without_gradient()


@pytest.fixture(params=ROWS, ids=str)
def row(request: Any) -> Row:
    return request.param


def leaves(row: Row, dtype: str = "float64") -> list[tg.Tensor]:
    return [tg.tensor(x.astype(dtype), requires_grad=True) for x in row.inputs]


def as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def test_values_agree_with_numpy(row):
    expected = as_list(row.reference(*row.inputs))
    results = as_list(row(*leaves(row)))
    assert len(results) == len(expected)
    for result, value in zip(results, expected):
        assert isinstance(result, tg.Tensor)
        np.testing.assert_allclose(result.data, value, rtol=1e-13, atol=1e-15)
        assert result.shape == np.shape(value)


def test_first_derivative(row):
    assert gradcheck(row, leaves(row))


def test_second_derivative(row):
    if not row.second:
        pytest.skip("the second derivative does not exist")
    assert gradgradcheck(row, leaves(row))


def test_arrays_in_arrays_out(row):
    for result in as_list(row(*row.inputs)):
        assert isinstance(result, (np.ndarray, np.generic))
        assert not isinstance(result, tg.Tensor)


def test_float32_stays(row):
    inputs = leaves(row, "float32")
    for result, value in zip(as_list(row(*inputs)), as_list(row.reference(*row.inputs))):
        assert result.dtype == np.float32
        np.testing.assert_allclose(result.data, value, rtol=row.float32, atol=1e-6)
        if result.size:
            result.sum().backward(retain_graph=True)
            assert all(x.grad is None or x.grad.dtype == np.float32 for x in inputs)


def test_inputs_are_not_changed(row):
    inputs = leaves(row)
    before = [x.data.copy() for x in inputs]
    for result in as_list(row(*inputs)):
        result.sum().backward(retain_graph=True)
    for x, values in zip(inputs, before):
        np.testing.assert_array_equal(x.data, values)


@pytest.mark.parametrize("order", ["fortran", "strided", "reversed"])
def test_any_memory_order(row, order):
    def arranged(x: np.ndarray) -> np.ndarray:
        if order == "fortran":
            return np.asarray(x, order="F")
        if order == "strided":
            wide = np.repeat(x, 2, axis=-1) if x.ndim else x
            return wide[..., ::2] if x.ndim else x
        flipped = np.flip(x).copy()
        return np.flip(flipped)

    plain = leaves(row)
    other = [tg.Tensor(arranged(x), requires_grad=True) for x in row.inputs]
    for a, b in zip(as_list(row(*plain)), as_list(row(*other))):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12)
        a.sum().backward(retain_graph=True)
        b.sum().backward(retain_graph=True)
    for a, b in zip(plain, other):
        if a.grad is None:
            assert b.grad is None
        else:
            np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=1e-12, atol=1e-14)


def test_no_grad_records_nothing(row):
    with tg.no_grad():
        assert not any(result.requires_grad for result in as_list(row(*leaves(row))))


def functions_of_linalg() -> set[str]:
    """What stands in tinygrad_fs.linalg alone, with that prefix."""
    functions = {name: function for name, function in vars(tg.linalg).items() if name in tg.linalg.__all__}
    own = [name for name, function in functions.items() if getattr(tg, name, None) is not function]
    return {f"linalg.{name}" for name in own} - {"linalg.LinAlgError"}


def rules_without_a_name() -> set[str]:
    """NumPy's functions that have a rule, and no name in tinygrad_fs."""
    return {f"np.{name}" for name in rules.__all__} | {"np.fft.fftshift", "np.fft.ifftshift"}


def test_every_public_function_has_a_row():
    tested = {row.name for row in ROWS} | set(WITHOUT_GRADIENT) | set(with_own_tests())
    public = {*ops.__all__, *functions_of_linalg(), *rules_without_a_name()}
    assert public - tested == set(), "functions without a row"
    assert tested - public == set(), "rows without a function"
    root = Path(__file__).parents[2]
    assert [file for file in with_own_tests().values() if not (root / file).exists()] == []


@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_functions_without_gradient_are_not_recorded(name):
    function = attrgetter(name)(tg)
    x = tg.tensor([1.5, -2.5], requires_grad=True)
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    result = function(x, *[2.0] * (len(needed) - 1))
    assert not result.requires_grad
