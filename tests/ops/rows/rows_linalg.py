"""Rows of the op table: tinygrad_fs.linalg.

Inputs are well-conditioned, and their eigenvalues and singular values differ. Vectors have arbitrary signs, which
may differ between float32 and float64; so rows that have them look at what does not depend on the signs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from table import Row, normal

import tinygrad_fs as tg

L = tg.linalg


def regular(*shape: int) -> np.ndarray:
    """Matrices with singular values from 1 to 2.5, each with a random orthogonal basis on either side."""
    u, _, vt = np.linalg.svd(normal(*shape), full_matrices=False)
    return (u * np.linspace(2.5, 1.0, u.shape[-1])) @ vt


def symmetric(*shape: int) -> np.ndarray:
    """Symmetric positive definite matrices with eigenvalues from 1 to 2.5."""
    u = np.linalg.qr(normal(*shape))[0]
    return (u * np.linspace(1.0, 2.5, shape[-1])) @ np.swapaxes(u, -1, -2)


def triangle(*shape: int) -> np.ndarray:
    """Matrices whose triangles are well-conditioned."""
    return 0.3 * normal(*shape) + 2 * np.eye(shape[-1])


def _rows(name: str, reference: Callable[..., Any] | None, *cases: Any, **options: Any) -> list[Row]:
    """A row for every case: the inputs, with keyword arguments as a last entry where there are any."""
    rows = []
    for case in cases:
        *inputs, kwargs = case if isinstance(case[-1], dict) else (*case, {})
        function = reference or getattr(np.linalg, name)
        note = " ".join([*[str(x.shape) for x in inputs], *[f"{key}={value}" for key, value in kwargs.items()]])
        rows.append(
            Row(
                f"linalg.{name}",
                inputs,
                lambda *xs, function=function, kwargs=kwargs: function(*xs, **kwargs),
                call=lambda *xs, kwargs=kwargs: getattr(L, name)(*xs, **kwargs),
                note=note,
                **{"float32": 2e-5, **options},
            )
        )
    return rows


def _of_result(
    name: str, view: Callable[..., Any], note: str, *inputs: np.ndarray, second: bool = True, **kwargs: Any
) -> Row:
    """A row for what `view` makes of the results of a decomposition."""
    return Row(
        f"linalg.{name}",
        list(inputs),
        lambda *xs: view(*getattr(np.linalg, name)(*xs, **kwargs)),
        call=lambda *xs: view(*getattr(L, name)(*xs, **kwargs)),
        note=" ".join([note, *[str(x.shape) for x in inputs], *[f"{key}={value}" for key, value in kwargs.items()]]),
        second=second,
        float32=2e-5,
    )


def _solved_triangle(a: np.ndarray, b: np.ndarray, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False):
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        a = np.where(np.eye(a.shape[-1], dtype=bool), 1, a)
    return np.linalg.solve(np.swapaxes(a, -1, -2) if trans in (1, "T") else a, b)


def _symmetrized(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: function(x + np.swapaxes(x, -1, -2))


ROWS = [
    *_rows("inv", None, [regular(1, 1)], [regular(3, 3)], [regular(2, 1, 2, 2)]),
    *_rows(
        "solve", None,
        [regular(3, 3), normal(3)], [regular(3, 3), normal(3, 2)], [regular(2, 3, 3), normal(3)],
        [regular(2, 3, 3), normal(3, 2)], [regular(3, 3), normal(2, 3, 1)], [regular(2, 1, 2, 2), normal(3, 2, 2)],
    ),
    *_rows(
        "solve_triangular", _solved_triangle,
        [triangle(3, 3), normal(3)], [triangle(3, 3), normal(3, 2), {"lower": True}],
        [triangle(3, 3), normal(3), {"unit_diagonal": True}], [triangle(2, 3, 3), normal(3, 2), {"trans": 1}],
        [triangle(3, 3), normal(2, 3, 1), {"trans": "T", "lower": True, "unit_diagonal": True}],
    ),
    *_rows("pinv", None, [regular(3, 3)], [regular(4, 2)], [regular(2, 2, 4)]),
    *_rows("pinv", lambda x, rtol: np.linalg.pinv(x, rcond=rtol), [regular(3, 2), {"rtol": 1e-9}]),
    Row("linalg.pinv", [regular(3, 3)], _symmetrized(np.linalg.pinv), note="hermitian", float32=2e-4,
        call=_symmetrized(lambda x: L.pinv(x, hermitian=True))),
    Row("linalg.pinv", [regular(4, 2), regular(2, 3)], lambda x, y: np.linalg.pinv(x @ y), note="rank 2", float32=1e-4,
        call=lambda x, y: L.pinv(x @ y, rcond=1e-6)),
    *[
        Row("linalg.lstsq", [a, b], lambda a, b: [np.linalg.lstsq(a, b, rcond=None)[i] for i in (0, 1, 3)],
            call=lambda a, b: [L.lstsq(a, b)[i] for i in (0, 1, 3)], note=f"{a.shape} {b.shape}", float32=2e-5)
        for a, b in [(regular(4, 2), normal(4)), (regular(4, 2), normal(4, 2)), (regular(3, 3), normal(3)),
                     (regular(2, 4), normal(2, 2))]
    ],
    Row("linalg.lstsq", [regular(2, 3, 2), normal(3, 1)], lambda a, b: np.linalg.pinv(a) @ b, note="batch",
        call=lambda a, b: L.lstsq(a, b).x, float32=2e-5),
    Row("linalg.lstsq", [regular(4, 2), regular(2, 3), normal(4)], lambda a, b, c: np.linalg.pinv(a @ b) @ c,
        note="rank 2", call=lambda a, b, c: L.lstsq(a @ b, c, rcond=1e-6).x, float32=1e-4),
    *_rows("tensorinv", None, [regular(4, 4).reshape(2, 2, 4)], [regular(4, 4).reshape(4, 2, 2), {"ind": 1}]),
    *_rows(
        "tensorsolve", None,
        [regular(4, 4).reshape(2, 2, 4), normal(2, 2)], [regular(4, 4).reshape(2, 4, 2), normal(2, 2), {"axes": (1,)}],
    ),
    *_rows("det", None, [regular(1, 1)], [regular(2, 2)], [regular(4, 4)], [regular(2, 3, 3)]),
    Row("linalg.det", [regular(3, 2), regular(2, 3)], lambda x, y: 1 + np.linalg.det(x @ y), note="rank 2",
        call=lambda x, y: 1 + L.det(x @ y)),
    *[_of_result("slogdet", lambda sign, logarithm: (logarithm, sign * logarithm), "", x)
      for x in [regular(1, 1), regular(3, 3), -regular(2, 3, 3)]],
    *_rows("cholesky", None, [symmetric(1, 1)], [symmetric(3, 3)], [symmetric(2, 2, 2)]),
    *_rows("cholesky", None, [symmetric(3, 3), {"upper": True}]),
    *[_of_result("qr", lambda q, r: (q * q[..., :1, :], r * q[..., :1, :].mT), "reduced", x)
      for x in [regular(3, 3), regular(4, 2), regular(2, 4), regular(2, 3, 2)]],
    # The second derivative would take those of vectors that have none.
    _of_result("qr", lambda q, r: (q @ r, r * r), "complete", regular(3, 2), second=False, mode="complete"),
    _of_result("qr", lambda q, r: (q * q[:1], r * r), "complete", regular(2, 3), mode="complete"),
    Row("linalg.qr", [regular(3, 2)], lambda x: np.linalg.qr(x, "r") ** 2, note="r", float32=2e-5,
        call=lambda x: L.qr(x, mode="r") ** 2),
    *[_of_result("eigh", lambda w, v: (w, v * v[..., :1, :]), "", x, UPLO=uplo)
      for x, uplo in [(symmetric(1, 1), "L"), (symmetric(3, 3), "L"), (symmetric(3, 3), "U"),
                      (symmetric(2, 3, 3), "L")]],
    Row("linalg.eigh", [regular(3, 3)], _symmetrized(lambda x: np.linalg.eigh(x)[1] ** 2), note="vectors alone",
        call=_symmetrized(lambda x: L.eigh(x).eigenvectors ** 2), float32=2e-4),
    *_rows("eigvalsh", None, [symmetric(3, 3)], [symmetric(3, 3), {"UPLO": "U"}], [symmetric(2, 2, 2)]),
    *[_of_result("svd", lambda u, s, vt: (u * vt[..., :, :1].mT, s, vt * u[..., :1, :].mT), "", x, full_matrices=False)
      for x in [regular(1, 1), regular(3, 3), regular(4, 2), regular(2, 4), regular(2, 3, 2)]],
    _of_result("svd", lambda u, s, vt: u * u[:1], "U alone", regular(4, 2), full_matrices=False),
    _of_result("svd", lambda u, s, vt: vt * vt[:, :1], "V alone", regular(2, 4), full_matrices=False),
    _of_result("svd", lambda u, s, vt: s, "values alone", regular(3, 2), full_matrices=True),
    _of_result("svd", lambda u, s, vt: u * u[:1], "square", regular(3, 3), full_matrices=True),
    Row("linalg.svd", [symmetric(3, 3)], lambda x: np.linalg.svd(x, compute_uv=False), note="compute_uv",
        call=lambda x: L.svd(x, compute_uv=False), float32=2e-5),
    Row("linalg.svd", [symmetric(3, 3)], lambda x: np.linalg.svd(x, hermitian=True)[0] ** 2, note="hermitian",
        call=lambda x: L.svd(x, hermitian=True).U ** 2, float32=2e-5),
    *_rows("svdvals", None, [regular(3, 3)], [regular(2, 4, 2)]),
    *_rows("matrix_power", None, *[[regular(3, 3), {"n": n}] for n in (0, 1, 2, 3, 7, -1, -3)]),
    *_rows("matrix_power", None, [regular(2, 2, 2), {"n": 3}]),
    *[
        Row("linalg.multi_dot", [normal(*shape) for shape in shapes], lambda *xs: np.linalg.multi_dot(xs),
            call=lambda *xs: L.multi_dot(xs), note=str(shapes), float32=2e-5)
        for shapes in [
            [(2, 3), (3, 2)], [(2, 3), (3, 1), (1, 2)], [(2,), (2, 3), (3, 1), (1, 3)], [(2, 2), (2, 3), (3,)],
            [(2,), (2, 2), (2,)], [(2,), (2,)], [(3, 2), (2, 1), (1, 4), (4, 2), (2, 2)],
        ]
    ],
    *_rows("diagonal", None, [normal(3, 3)], [normal(2, 2, 3), {"offset": 1}], [normal(3, 2), {"offset": -1}]),
    *_rows("trace", None, [normal(3, 3)], [normal(2, 2, 3), {"offset": 1}]),
    *_rows("matrix_transpose", None, [normal(3, 2)], [normal(2, 2, 3)]),
    # norms of vectors, then of matrices
    *_rows("norm", None, [normal(3)], [normal(2, 3)], [normal(2, 2, 2)], [normal(2, 3), {"keepdims": True}]),
    *_rows("norm", None, *[[normal(4), {"ord": p}] for p in (2, 1, np.inf, -np.inf, 3, 2.5, 0.5, -1, -2)]),
    *_rows(
        "norm", None,
        *[[normal(2, 3), {"ord": p, "axis": axis}] for p in (None, 1, 3, np.inf) for axis in (0, -1)],
        [normal(2, 3), {"ord": 3, "axis": 1, "keepdims": True}], [normal(2, 3), {"axis": 0, "keepdims": True}],
    ),
    *_rows("norm", None, *[[regular(2, 3), {"ord": p}] for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)]),
    *_rows(
        "norm", None,
        *[[regular(3, 2, 2), {"ord": p, "axis": axis, "keepdims": keepdims}]
          for p in (None, "nuc", 1, -np.inf) for axis, keepdims in [((0, 2), False), ((2, 0), True)]],
    ),
    *_rows("vector_norm", None, [normal(2, 3)], [normal(2, 3), {"ord": 3, "keepdims": True}],
           [normal(2, 3, 2), {"axis": (0, 2), "ord": 1}]),
    *_rows("matrix_norm", None, [normal(2, 3)], [regular(2, 3, 2), {"ord": "nuc", "keepdims": True}]),
    *_rows("cond", None, *[[regular(3, 3), {"p": p}] for p in (None, 2, -2, "fro", "nuc", 1, np.inf)]),
    *_rows("cond", None, [regular(2, 3, 2)]),
]  # fmt: skip

WITHOUT_GRADIENT = {"linalg.matrix_rank": "a number of values"}
