"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

import numpy as np
from op_case import Case

import tinygrad_fs as tg

SMALL = 16


def stack(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((size // SMALL**2, SMALL, SMALL))


def vectors(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((size // SMALL**2, SMALL))


def tokens(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((10, size // 640, 64))


def weight(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((64, 64))


def bias(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(64)


def deep(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((20, 20, size // 400))


def samples(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((size // 50, 50))


def filters(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((20, 50, 50))


def einsum(subscripts, inputs, value, derivative, **options):
    return Case(f"einsum {subscripts}", inputs, value, derivative, lambda *xs: tg.einsum(subscripts, *xs), **options)


CASES = [
    Case("matmul", ["square", "square"], np.matmul, lambda g, z, x, y: (g @ y.T, x.T @ g)),
    Case("matmul of stacks", [stack, stack], np.matmul, lambda g, z, x, y: (g @ y.mT, x.mT @ g), tg.matmul),
    Case(
        "matmul of a stack and a matrix",
        [tokens, weight],
        np.matmul,
        lambda g, z, x, y: (g @ y.T, x.reshape(-1, 64).T @ g.reshape(-1, 64)),
        tg.matmul,
    ),
    Case(
        "matmul of a matrix and a vector",
        ["matrix", "row"],
        np.matmul,
        lambda g, z, x, y: (np.outer(g, y), g @ x),
        tg.matmul,
    ),
    Case("dot", ["vector", "vector"], np.dot, lambda g, z, x, y: (g * y, g * x)),
    Case("vdot", ["matrix", "matrix"], np.vdot, lambda g, z, x, y: (g * y, g * x)),
    Case("inner", ["square", "square"], np.inner, lambda g, z, x, y: (g @ y, g.T @ x)),
    Case("vecdot", ["matrix", "matrix"], np.vecdot, lambda g, z, x, y: (g[:, None] * y, g[:, None] * x)),
    Case(
        "matvec",
        [stack, vectors],
        lambda x, y: (x @ y[..., None])[..., 0],
        lambda g, z, x, y: (g[..., None] * y[:, None], (g[:, None] @ x)[:, 0]),
    ),
    Case(
        "vecmat",
        [vectors, stack],
        lambda x, y: (x[:, None] @ y)[:, 0],
        lambda g, z, x, y: ((y @ g[..., None])[..., 0], x[..., None] * g[:, None]),
    ),
    Case("outer", ["few", "vector"], np.outer, lambda g, z, x, y: (g @ y, x @ g)),
    Case(
        "kron",
        ["few", "vector"],
        np.kron,
        lambda g, z, x, y: (g.reshape(len(x), -1) @ y, x @ g.reshape(len(x), -1)),
    ),
    Case(
        "tensordot",
        ["square", "square"],
        lambda x, y: np.tensordot(x, y, (0, 1)),
        lambda g, z, x, y: ((g @ y).T, (x @ g).T),
        lambda x, y: tg.tensordot(x, y, (0, 1)),
    ),
    Case(
        "tensordot over two axes",
        [deep, deep],
        lambda x, y: np.tensordot(x, y, ((0, 1), (0, 1))),
        lambda g, z, x, y: (y @ g.T, x @ g) if x.shape[2] <= 250 else (np.matmul(y, g.T), np.matmul(x, g)),
        lambda x, y: tg.tensordot(x, y, ((0, 1), (0, 1))),
    ),
    Case("cross", ["triples", "triples"], np.cross, lambda g, z, x, y: (np.cross(y, g), np.cross(g, x))),
    Case("linear", [tokens, weight, bias], lambda x, w, b: x @ w.T + b, lambda g, z, x, w, b: _linear(g, x, w)),
    Case(
        "linear of squares", ["square", "square"], lambda x, w: x @ w.T, lambda g, z, x, w: (g @ w, g.T @ x), tg.linear
    ),
    Case(
        "bilinear",
        [samples, samples, filters],
        lambda x, y, w: np.stack([((x @ each) * y).sum(1) for each in w], 1),
        lambda g, z, x, y, w: _bilinear(g, x, y, w),
    ),
    einsum("ij,kj->ik", ["square", "square"], lambda x, y: x @ y.T, lambda g, z, x, y: (g @ y, g.T @ x)),
    einsum("bij,bjk->bik", [stack, stack], np.matmul, lambda g, z, x, y: (g @ y.mT, x.mT @ g)),
    einsum(
        "ij,ij->i",
        ["matrix", "matrix"],
        np.vecdot,
        lambda g, z, x, y: (g[:, None] * y, g[:, None] * x),
    ),
    einsum(
        "ij,ij->",
        ["matrix", "matrix"],
        np.vdot,
        lambda g, z, x, y: (g * y, g * x),
    ),
    einsum("ij,j->ij", ["matrix", "row"], np.multiply, lambda g, z, x, y: (g * y, (g * x).sum(0))),
    einsum("i,j->ij", ["few", "vector"], np.outer, lambda g, z, x, y: (g @ y, x @ g)),
    einsum("ij->j", ["matrix"], lambda x: x.sum(0), lambda g, z, x: np.broadcast_to(g, x.shape).copy()),
    einsum("ii->", ["square"], np.trace, lambda g, z, x: g * np.eye(len(x), dtype=x.dtype), timed=("backward",)),
    einsum(
        "ij,jk,kl->il",
        ["square", "square", "square"],
        lambda x, y, z: x @ y @ z,
        lambda g, out, x, y, z: ((h := g @ z.T) @ y.T, x.T @ h, (x @ y).T @ g),
    ),
]


def _linear(g, x, w):
    rows = g.reshape(-1, 64)
    return g @ w, rows.T @ x.reshape(-1, 64), rows.sum(0)


def _bilinear(g, x, y, w):
    for_x, for_y = np.zeros_like(x), np.zeros_like(y)
    for_w = np.empty_like(w)
    for k, each in enumerate(w):
        scaled = g[:, k : k + 1] * y
        for_x += scaled @ each.T
        for_w[k] = x.T @ scaled
        for_y += g[:, k : k + 1] * (x @ each)
    return for_x, for_y, for_w
