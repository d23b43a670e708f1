"""NumPy's functions that write into a Tensor: values as NumPy writes them, and gradients of these and of what stays."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck, gradgradcheck

RNG = np.random.default_rng(0)
X, V = RNG.standard_normal((3, 4)), RNG.standard_normal(3)
TALL = RNG.standard_normal((7, 3))
CUBE = RNG.standard_normal((3, 3, 3))
MASK = X > 0


def leaf(values: object) -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype="float64")


WRITES = {
    "copyto": (X, lambda t, v: np.copyto(t, v[:, None])),
    "copyto, a number": (X, lambda t, v: np.copyto(t, 2.5)),
    "copyto where": (X, lambda t, v: np.copyto(t, v[:, None], where=MASK)),
    "copyto where, a number": (X, lambda t, v: np.copyto(dst=t, src=v[0], where=[True, False, False, True])),
    "fill_diagonal": (X, lambda t, v: np.fill_diagonal(t, v)),
    "fill_diagonal, a number": (X, lambda t, v: np.fill_diagonal(a=t, val=v[1])),
    "fill_diagonal of a tall matrix": (TALL, lambda t, v: np.fill_diagonal(t, v[:2])),
    "fill_diagonal, wrapped": (TALL, lambda t, v: np.fill_diagonal(t, v, wrap=True)),
    "fill_diagonal of a cube": (CUBE, lambda t, v: np.fill_diagonal(t, v)),
    "fill_diagonal with nothing": (X, lambda t, v: np.fill_diagonal(t, v[:0])),
    "put": (X, lambda t, v: np.put(t, [0, -1, 5], v)),
    "put, fewer values": (X, lambda t, v: np.put(t, [[0, 7], [2, 3]], v)),
    "put at a place twice": (X, lambda t, v: np.put(t, [1, 1], v)),
    "put, wrapped": (X, lambda t, v: np.put(t, [13, -14], v, mode="wrap")),
    "put, clipped": (X, lambda t, v: np.put(t, [13, -14], v, mode="clip")),
    "put nothing": (X, lambda t, v: np.put(t, [1], v[:0])),
    "place": (X, lambda t, v: np.place(t, MASK, v[:2])),
    "place nowhere": (X, lambda t, v: np.place(t, X > 9, v)),
    "putmask": (X, lambda t, v: np.putmask(t, MASK, v)),
    "putmask, element by element": (X, lambda t, v: np.putmask(t, mask=MASK, values=v[:, None] * X)),
    "putmask, a number": (X, lambda t, v: np.putmask(t, MASK, v[2])),
    "put_along_axis": (X, lambda t, v: np.put_along_axis(t, np.array([[0], [3], [1]]), v[:, None], axis=1)),
    "put_along_axis, flattened": (X, lambda t, v: np.put_along_axis(t, np.array([0, 3, 1]), v, axis=None)),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_is_recorded(name):
    start, write = WRITES[name]

    def written(x, v):
        t = x * 2
        before = t * t  # a reader of the value before the change
        write(t, v)
        return t * t + before

    x, v = leaf(start), leaf(V)
    np.testing.assert_allclose(written(x, v).data, written(start, V), rtol=1e-13)
    assert gradcheck(written, [x, v])
    assert gradgradcheck(written, [x, v])


def test_a_plain_tensor_becomes_recorded():
    x, t = leaf([1.0, 2.0]), tg.zeros(3, dtype="float64")
    np.put(t, [2, 0], x)
    t.sum().backward()
    assert (t.tolist(), x.grad.tolist()) == ([2.0, 0.0, 1.0], [1.0, 1.0])


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda t: np.copyto(t, np.ones(5)), ValueError, "broadcast"),
        (lambda t: np.copyto(t, np.ones(5), where=MASK), ValueError, r"copyto: values of shape \(5,\) .* to \(3, 4\)"),
        (lambda t: np.copyto(t, X, casting="no", where=1), None, ""),
        (lambda t: np.copyto(t, X.astype("float32"), "no"), TypeError, "copyto: float32 does not become float64"),
        (lambda t: np.fill_diagonal(t[0] * 1, 1.0), ValueError, r"fill_diagonal: t has shape \(4,\)"),
        (lambda t: np.fill_diagonal(t[None] * 1, 1.0), ValueError, r"fill_diagonal: t has shape \(1, 3, 4\)"),
        (lambda t: np.put(t, [12], 1.0), IndexError, r"put: index 12 is out of bounds .* shape \(3, 4\)"),
        (lambda t: np.put(t, [1], 1.0, "last"), ValueError, "put: mode 'last' is unknown"),
        (lambda t: np.place(t, [True], 1.0), ValueError, r"place: a mask of shape \(1,\) .* shape \(3, 4\)"),
        (lambda t: np.place(t, MASK, []), ValueError, "place: there are no values for the"),
        (lambda t: np.putmask(t, [True], 1.0), ValueError, r"putmask: a mask of shape \(1,\)"),
        (lambda t: np.putmask(t[0], [True] * 4, 1.0), RuntimeError, r"np.putmask\(t, mask, values\): t is a view"),
    ],
)
def test_errors_leave_the_tensor_as_it_is(write, error, message):
    t = leaf(X) * 1
    if error is None:
        write(t)
    else:
        with pytest.raises(error, match=message):
            write(t)
    np.testing.assert_array_equal(t.data, X)


def test_a_leaf_is_not_written_to():
    with pytest.raises(RuntimeError, match=r"np.fill_diagonal\(t, values\): t is a leaf that requires grad"):
        np.fill_diagonal(leaf(X), 0.0)


def test_integers_take_no_gradient():
    with pytest.raises(TypeError, match=r"np.put\(t, i, values\): v requires grad, but t has dtype int64"):
        np.put(tg.tensor([1, 2]), [0], leaf([1.0]))
