"""Linear algebra: one large matrix, and many small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import Case

import tinygrad_fs as tg

SMALL = 8
L = tg.linalg


def square(size: int, rng: np.random.Generator) -> Any:
    """A well-conditioned matrix."""
    n = int(size**0.5) // 2
    return rng.standard_normal((n, n)) / n**0.5 + 3 * np.eye(n)


def other(size: int, rng: np.random.Generator) -> Any:
    n = int(size**0.5) // 2
    return rng.standard_normal((n, n))


def tall(size: int, rng: np.random.Generator) -> Any:
    n = int(size**0.5) // 4
    u, _, vt = np.linalg.svd(rng.standard_normal((2 * n, n)), full_matrices=False)
    return (u * np.linspace(1, 3, n)) @ vt


def beside(size: int, rng: np.random.Generator) -> Any:
    n = int(size**0.5) // 4
    return rng.standard_normal((2 * n, 20))


def symmetric(size: int, rng: np.random.Generator) -> Any:
    """Positive definite, its eigenvalues apart."""
    n = int(size**0.5) // 2
    u = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return (u * np.linspace(1, 3, n)) @ u.T


def many(size: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((size // SMALL**2, SMALL, SMALL)) / SMALL**0.5 + 3 * np.eye(SMALL)


def many_symmetric(size: int, rng: np.random.Generator) -> Any:
    u = np.linalg.qr(rng.standard_normal((size // SMALL**2, SMALL, SMALL)))[0]
    return (u * np.linspace(1, 3, SMALL)) @ u.mT


def lower(g: Any) -> Any:
    """The gradient of a symmetric matrix of which the lower triangle is read."""
    return np.tril(g + g.mT) - g * np.eye(g.shape[-1], dtype=g.dtype)


def halved(product: Any) -> Any:
    return np.tril(product) * (1 - 0.5 * np.eye(product.shape[-1], dtype=product.dtype))


def of_cholesky(g: Any, y: Any, x: Any) -> Any:
    middle = np.linalg.solve(y.mT, halved(y.mT @ g))
    return lower(np.linalg.solve(y.mT, middle.mT).mT)


def of_qr(g: Any, y: Any, x: Any) -> Any:
    (q, r), (for_q, for_r) = y, g
    m = r @ for_r.mT - for_q.mT @ q
    return np.linalg.solve(r, (for_q + q @ (np.tril(m) + np.tril(m, -1).mT)).mT).mT


def gaps(values: Any) -> Any:
    """1 / (v_j - v_i), and 0 on the diagonal."""
    distance = values[..., None, :] - values[..., :, None] + np.eye(values.shape[-1], dtype=values.dtype)
    return (1 - np.eye(values.shape[-1], dtype=values.dtype)) / distance


def of_eigh(g: Any, y: Any, x: Any) -> Any:
    (w, v), (for_w, for_v) = y, g
    inner = gaps(w) * (v.mT @ for_v) + for_w[..., None] * np.eye(w.shape[-1], dtype=w.dtype)
    return lower(v @ inner @ v.mT)


def of_svd(g: Any, y: Any, x: Any) -> Any:
    (u, s, vt), (for_u, for_s, for_vt) = y, g
    f = gaps(s * s)
    of_u, of_v = u.mT @ for_u, vt @ for_vt.mT
    inner = (f * (of_u - of_u.mT)) * s[..., None, :] + s[..., None] * (f * (of_v - of_v.mT))
    return u @ (inner + for_s[..., None] * np.eye(s.shape[-1], dtype=s.dtype)) @ vt


def of_pinv(g: Any, p: Any, a: Any) -> Any:
    along, across = g.T @ (p @ p.T), (p.T @ p) @ g.T
    return along - a @ (p @ along) + across - (across @ p) @ a - p.T @ g @ p.T


def of_lstsq(g: Any, x: Any, a: Any, b: Any) -> Any:
    # a has full rank, so that its pseudoinverse is r^-1 q^T; the normal equations would lose half of the digits.
    q, r = np.linalg.qr(a)
    half = np.linalg.solve(r.T, g)
    for_b = q @ half
    return (b - a @ x) @ np.linalg.solve(r, half).T - for_b @ x.T, for_b


def of_triangle(g: Any, y: Any, x: Any, b: Any) -> Any:
    for_b = np.linalg.solve(np.triu(x).T, g)
    return -np.triu(for_b @ y.T), for_b


def pair(name: str, large: Any, small: Any, value: Any, derivative: Any, ours: Any) -> list[Case]:
    """The same of one large matrix and of many small ones."""
    return [
        Case(name, large, value, derivative, ours),
        Case(f"{name} of many", small, value, derivative, ours),
    ]


CASES = [
    *pair("linalg.inv", ["regular"], [many], np.linalg.inv, lambda g, y, x: -y.mT @ g @ y.mT, L.inv),
    *pair(
        "linalg.solve",
        ["regular", "square"],
        [many, many],
        np.linalg.solve,
        lambda g, z, x, y: (-(d := np.linalg.solve(x.mT, g)) @ z.mT, d),
        L.solve,
    ),
    *pair(
        "linalg.det",
        [square],
        [many],
        np.linalg.det,
        lambda g, y, x: (g * y)[..., None, None] * np.linalg.inv(x).mT,
        L.det,
    )[1:],
    *pair(
        "linalg.slogdet",
        [square],
        [many],
        lambda x: np.linalg.slogdet(x)[1],
        lambda g, y, x: g[..., None, None] * np.linalg.inv(x).mT,
        lambda x: L.slogdet(x).logabsdet,
    ),
    *pair("linalg.cholesky", [symmetric], [many_symmetric], np.linalg.cholesky, of_cholesky, L.cholesky),
    *pair("linalg.qr", [tall], [many], lambda x: tuple(np.linalg.qr(x)), of_qr, L.qr),
    *pair("linalg.eigh", [symmetric], [many_symmetric], lambda x: tuple(np.linalg.eigh(x)), of_eigh, L.eigh),
    *pair(
        "linalg.eigvalsh",
        [symmetric],
        [many_symmetric],
        np.linalg.eigvalsh,
        lambda g, y, x: lower((v := np.linalg.eigh(x)[1]) * g[..., None, :] @ v.mT),
        L.eigvalsh,
    ),
    *pair("linalg.svd", [symmetric], [many_symmetric], lambda x: tuple(np.linalg.svd(x)), of_svd, L.svd),
    *pair(
        "linalg.svdvals",
        [square],
        [many],
        lambda x: np.linalg.svd(x, compute_uv=False),
        lambda g, y, x: ((usv := np.linalg.svd(x))[0] * g[..., None, :]) @ usv[2],
        L.svdvals,
    ),
    Case(
        "linalg.cond",
        [square],
        np.linalg.cond,
        lambda g, y, x: _of_cond(g, *np.linalg.svd(x)),
        L.cond,
    ),
    Case("linalg.pinv", [tall], np.linalg.pinv, of_pinv, L.pinv),
    Case(
        "linalg.lstsq",
        [tall, beside],
        lambda x, y: np.linalg.lstsq(x, y, rcond=None)[0],
        of_lstsq,
        lambda x, y: L.lstsq(x, y).x,
    ),
    Case(
        "linalg.solve_triangular",
        [square, other],
        lambda x, y: np.linalg.solve(np.triu(x), y),
        of_triangle,
        L.solve_triangular,
    ),
    Case(
        "linalg.tensorinv",
        [square],
        lambda x: np.linalg.tensorinv(_cut(x)),
        lambda g, y, x: -(z := y.reshape(x.shape).T) @ g.reshape(x.shape) @ z,
        lambda x: L.tensorinv(_cut(x)),
    ),
    Case(
        "linalg.tensorsolve",
        [square],
        lambda x: np.linalg.tensorsolve(_cut(x), np.ones((2, len(x) // 2), np.float32)),
        lambda g, y, x: -np.outer(np.linalg.solve(x.T, g), y),
        lambda x: L.tensorsolve(_cut(x), np.ones((2, len(x) // 2), np.float32)),
    ),
    Case(
        "linalg.matrix_power",
        [square],
        lambda x: x @ x @ x,
        lambda g, y, x: (x2 := (x @ x).T) @ g + x.T @ g @ x.T + g @ x2,
        lambda x: L.matrix_power(x, 3),
    ),
    Case(
        "linalg.multi_dot",
        ["square", "square", "square"],
        lambda x, y, z: x @ y @ z,
        lambda g, out, x, y, z: ((h := g @ z.T) @ y.T, x.T @ h, (x @ y).T @ g),
        lambda x, y, z: L.multi_dot([x, y, z]),
    ),
    Case(
        "linalg.matrix_transpose",
        [many],
        lambda x: x.mT,
        lambda g, y, x: g.mT.copy(),
        L.matrix_transpose,
        timed=("backward",),
    ),
    Case(
        "linalg.diagonal",
        [many],
        lambda x: np.linalg.diagonal(x),
        lambda g, y, x: g[..., None] * np.eye(SMALL, dtype=g.dtype),
        L.diagonal,
        timed=("backward",),
    ),
    Case(
        "linalg.trace",
        [many],
        lambda x: np.linalg.trace(x),
        lambda g, y, x: g[:, None, None] * np.eye(SMALL, dtype=g.dtype),
        L.trace,
    ),
    Case("linalg.norm", ["vector"], np.linalg.norm, lambda g, y, x: g / y * x, L.norm),
    Case(
        "linalg.norm of rows",
        ["matrix"],
        lambda x: np.linalg.norm(x, axis=1),
        lambda g, y, x: (g / y)[:, None] * x,
        lambda x: L.norm(x, axis=1),
    ),
    Case(
        "linalg.norm of order 1",
        ["matrix"],
        lambda x: np.linalg.norm(x, 1, axis=1),
        lambda g, y, x: g[:, None] * np.sign(x),
        lambda x: L.norm(x, 1, axis=1),
    ),
    Case(
        "linalg.norm of order 3",
        ["matrix"],
        lambda x: np.linalg.norm(x, 3, axis=1),
        lambda g, y, x: (g / (y * y))[:, None] * x * np.abs(x),
        lambda x: L.norm(x, 3, axis=1),
    ),
    Case(
        "linalg.norm of order inf",
        ["matrix"],
        lambda x: np.linalg.norm(x, np.inf, axis=1),
        lambda g, y, x: _of_largest(g, x),
        lambda x: L.norm(x, np.inf, axis=1),
    ),
    Case(
        "linalg.vector_norm",
        ["matrix"],
        lambda x: np.linalg.vector_norm(x, axis=0),
        lambda g, y, x: g / y * x,
        lambda x: L.vector_norm(x, axis=0),
    ),
    Case("linalg.matrix_norm", ["matrix"], np.linalg.matrix_norm, lambda g, y, x: g / y * x, L.matrix_norm),
    Case(
        "linalg.norm nuc",
        [square],
        lambda x: np.linalg.norm(x, "nuc"),
        lambda g, y, x: g * ((usv := np.linalg.svd(x, full_matrices=False))[0] @ usv[2]),
        lambda x: L.norm(x, "nuc"),
    ),
]


def _cut(x: Any) -> Any:
    return x.reshape(2, len(x) // 2, len(x))


def _of_cond(g: Any, u: Any, s: Any, vt: Any) -> Any:
    for_s = np.zeros_like(s)
    for_s[0], for_s[-1] = g / s[-1], -g * s[0] / (s[-1] * s[-1])
    return (u * for_s) @ vt


def _of_largest(g: Any, x: Any) -> Any:
    result = np.zeros_like(x)
    rows, places = np.arange(len(x)), np.abs(x).argmax(1)
    result[rows, places] = g * np.sign(x[rows, places])
    return result
