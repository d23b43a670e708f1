"""Products of matrices, and linear algebra."""

from __future__ import annotations

import numpy as np
from op_case import Case

import tinygrad_fs as tg

CASES = [
    Case("matmul", ["square", "square"], np.matmul, lambda g, z, x, y: (g @ y.T, x.T @ g)),
    Case("dot", ["vector", "vector"], np.dot, lambda g, z, x, y: (g * y, g * x)),
    Case("outer", ["few", "vector"], np.outer, lambda g, z, x, y: (g @ y, x @ g)),
    Case(
        "einsum ij,kj->ik",
        ["square", "square"],
        lambda x, y: x @ y.T,
        lambda g, z, x, y: (g @ y, g.T @ x),
        lambda x, y: tg.einsum("ij,kj->ik", x, y),
    ),
    Case("linear", ["square", "square"], lambda x, w: x @ w.T, lambda g, z, x, w: (g @ w, g.T @ x)),
    Case("cross", ["triples", "triples"], np.cross, lambda g, z, x, y: (np.cross(y, g), np.cross(g, x))),
    Case("linalg.inv", ["regular"], np.linalg.inv, lambda g, y, x: -y.T @ g @ y.T, lambda x: tg.linalg.inv(x)),
    Case(
        "linalg.solve",
        ["regular", "square"],
        np.linalg.solve,
        lambda g, z, x, y: (-(d := np.linalg.solve(x.T, g)) @ z.T, d),
        lambda x, y: tg.linalg.solve(x, y),
    ),
    Case(
        "linalg.eigvalsh",
        ["symmetric"],
        lambda x: np.linalg.eigh(x)[0],
        lambda g, y, x: np.tril(m := (v := np.linalg.eigh(x)[1]) * g @ v.T) + np.tril(m, -1),
        lambda x: tg.linalg.eigvalsh(x),
    ),
]
