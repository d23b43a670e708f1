"""PyTorch's names of arguments, and what is told to whoever types them."""

from __future__ import annotations

import pytest

import tinygrad_fs as tg

X = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.sum(X, dim=0), "sum: axes are named as in NumPy; write axis= in place of dim="),
        (lambda: tg.max(X, axis=0, keepdim=True), "max: .*; write keepdims= in place of keepdim="),
        (lambda: tg.softmax(X, dim=-1), "softmax: .*; write axis= in place of dim="),
        (lambda: tg.concatenate([X, X], dim=1), "concatenate: .*; write axis= in place of dim="),
        (lambda: tg.flatten(X, start_dim=1), "flatten: .*; write start_axis= in place of start_dim="),
        (lambda: tg.linalg.norm(X, dim=1), "norm: .*; write axis= in place of dim="),
        (lambda: X.sum(dim=0), "sum: .*; write axis= in place of dim="),
        (lambda: X.mean(keepdim=True), "mean: .*; write keepdims= in place of keepdim="),
        (lambda: X.sort(dim=0), "^sort: .*; write axis= in place of dim="),
        (lambda: X.flatten(start_dim=0), "^flatten: .*; write start_axis= in place of start_dim="),
        (lambda: X.sum(axes=0), r"sum\(\) got an unexpected keyword argument 'axes'"),
        (lambda: tg.sum(X, axes=0), r"sum\(\) got an unexpected keyword argument 'axes'"),
    ],
)
def test_dim_is_called_axis(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_function_in_two_namespaces_is_one():
    assert tg.linalg.cross is tg.cross
    assert tg.cross.__name__ == "cross"
