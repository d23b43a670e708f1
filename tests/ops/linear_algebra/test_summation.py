"""einsum: errors, NumPy's protocol, sizes of 0, sharing of intermediate products."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.graph import ancestors


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("i->ii", [(3,)], "the result names the axis 'i' twice"),
        ("i->j", [(3,)], "no operand has the axis 'j'"),
        ("ij->i", [(3,)], r"'ij' does not fit operand 0 of shape \(3,\)"),
        ("i->i", [(3, 2)], "name every axis, or write '...'"),
        ("i,j", [(3,)], "is for 2 operands, but 1 were given"),
        (
            "ij,jk->ik",
            [(2, 3), (4, 2)],
            r"axis 'j' has size 4 in operand 1, and elsewhere 3 \(shapes \(2, 3\)",
        ),
        ("ii->i", [(1, 3)], "axis 'i' has size 3 in operand 0, and elsewhere 1"),
        ("ii->i", [(3, 1)], "axis 'i' has size 1 in operand 0, and elsewhere 3"),
        ("...i->i", [(2, 3)], "the result lacks '...'"),
        ("i...j...->ij", [(2, 3)], "letters and one '...'"),
        ("i1->i", [(2, 3)], "letters and one '...'"),
        ("i.j->ij", [(2, 3)], "letters and one '...'"),
    ],
)
def test_errors(subscripts, shapes, message):
    with pytest.raises(ValueError, match=message):
        tg.einsum(subscripts, *[tg.ones(shape, requires_grad=True) for shape in shapes])


def test_errors_of_the_other_form():
    x = tg.ones((2, 2), requires_grad=True)
    for operands in [(x, [0, 99]), (x, ["i", "j"]), (x, 3), ()]:
        with pytest.raises(ValueError, match="einsum:"):
            tg.einsum(*operands)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [("ij,jk->ik", [(2, 0), (0, 3)]), ("i,i->", [(0,), (1,)]), ("ii->i", [(0, 0)]), ("ij->j", [(0, 2)])],
)
def test_size_0(subscripts, shapes):
    xs = [tg.zeros(shape, requires_grad=True) for shape in shapes]
    y = tg.einsum(subscripts, *xs)
    np.testing.assert_array_equal(y.data, np.einsum(subscripts, *[x.data for x in xs]))
    y.sum().backward()
    assert [x.grad.shape for x in xs] == shapes


def test_numpy_einsum_records():
    x, y = (tg.randn(3, 3, requires_grad=True) for _ in range(2))
    for optimize in (False, True):
        z = np.einsum("ij,jk->ik", x, y, optimize=optimize)
        assert z.requires_grad
        np.testing.assert_allclose(z.data, x.data @ y.data, rtol=1e-5)
    assert np.einsum("ij,jk->ik", x.data, y).requires_grad
    assert np.einsum(x, [0, 0]).requires_grad


def test_the_path_decides_the_cost():
    # From left to right the first product would have 100 million entries.
    x, y, z = (tg.ones((n, m), requires_grad=True) for n, m in [(10_000, 1), (1, 10_000), (10_000, 1)])
    tg.einsum("ij,jk,kl->", x, y, z).backward()
    np.testing.assert_allclose(x.grad.data, 10_000.0)


def test_an_intermediate_product_serves_all_gradients():
    xs = [tg.ones((4, 4), requires_grad=True) for _ in range(4)]
    y = tg.einsum("ij,jk,kl,lm->im", *xs)
    assert [node.name for node in ancestors([y.grad_fn])].count("Contract") == 3


def test_the_result_is_a_tensor_of_its_own():
    x = tg.ones(3, requires_grad=True)
    y = tg.einsum("i->i", x)
    assert y is not x
    assert y.grad_fn is not None


def test_many_axes():
    x = tg.ones((1,) * 30, requires_grad=True)
    with pytest.raises(ValueError, match="more than the 52 possible"):
        tg.tensordot(x, x, 0)
    with pytest.raises(ValueError, match="more than 52 different axes"):
        tg.einsum("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,...", tg.ones((1,) * 52), x)


def test_float16_sums_in_float32():
    x = tg.ones(3000, dtype="float16", requires_grad=True)
    for subscripts, operands in [("i->", (x,)), ("i,i->", (x, x))]:
        y = tg.einsum(subscripts, *operands)
        assert (y.dtype, y.item()) == (np.float16, 3000.0)
