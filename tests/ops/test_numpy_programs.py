"""Programs as NumPy users write them run on Tensors, give NumPy's values, and have right gradients in all inputs."""
# ruff: noqa: N803, N806 (names such as X are what such code is written with)

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import gradcheck


def k_means(X, C):
    for _ in range(3):
        distances = np.linalg.norm(X[:, None] - C[None], axis=2)
        labels = np.argmin(distances, axis=1)
        C = np.stack([X[labels == k].mean(axis=0) if np.any(labels == k) else C[k] for k in range(len(C))])
    return np.min(((X[:, None] - C[None]) ** 2).sum(-1), axis=1).mean()


def gaussian_process(X, y, scale, noise):
    K = np.exp(-0.5 * ((X[:, None] - X[None]) / scale) ** 2) + noise**2 * np.eye(len(X))
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ a + np.log(np.diag(L)).sum() + 0.5 * len(X) * np.log(2 * np.pi)


def hidden_markov_model(transitions, emissions, start):
    alpha = start - np.logaddexp.reduce(start)
    A = transitions - np.logaddexp.reduce(transitions, axis=1, keepdims=True)
    for seen in [0, 1, 2, 1, 0]:
        alpha = np.logaddexp.reduce(alpha[:, None] + A, axis=0) + emissions[:, seen]
    return np.logaddexp.reduce(alpha)


def kalman_filter(F, Q, R, z):
    x, P, H = np.zeros(2), np.eye(2), np.array([[1.0, 0.0]])
    likelihood = 0.0
    for observed in z:
        x, P = F @ x, F @ P @ F.T + Q @ Q.T
        S = H @ P @ H.T + R**2
        K = P @ H.T @ np.linalg.inv(S)
        r = observed - H @ x
        x, P = x + K @ r, (np.eye(2) - K @ H) @ P
        likelihood = likelihood - 0.5 * (np.log(np.linalg.det(S)) + r @ np.linalg.inv(S) @ r)
    return likelihood


def principal_components(X):
    _, S, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    return (S[:2] ** 2).sum() / (S**2).sum()


def sinkhorn(C):
    K, u = np.exp(-C / 0.5), np.ones(len(C)) / len(C)
    for _ in range(10):
        v = (1 / len(C)) / (K.T @ u)
        u = (1 / len(C)) / (K @ v)
    return np.sum(u[:, None] * K * v * C)


def logistic_regression(w, X):
    y = np.arange(len(X)) % 2
    p = 1 / (1 + np.exp(-X @ w))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.01 * np.linalg.norm(w) ** 2


def mixture(means, logs, X):
    scores = -0.5 * ((X[:, None] - means) / np.exp(logs)) ** 2 - logs - 0.5 * np.log(2 * np.pi)
    top = scores.max(axis=1, keepdims=True)
    return np.sum(top[:, 0] + np.log(np.exp(scores - top).mean(axis=1)))


def bodies(p, v):
    for _ in range(3):
        d = p[:, None] - p[None]
        r = np.sqrt((d**2).sum(-1) + 0.1)
        v = v - 0.01 * (d / r[..., None] ** 3).sum(1)
        p = p + 0.01 * v
    return 0.5 * np.sum(v**2) - np.sum(np.triu(1 / r, 1))


def heat(u):
    for _ in range(5):
        u = u + 0.1 * (np.roll(u, 1) + np.roll(u, -1) - 2 * u)
    return np.abs(u).max() + np.trapezoid(u)


def smoothed_in_place(u):
    u = u.copy()
    for i in range(1, len(u) - 1):
        u[i] = 0.5 * (u[i - 1] + u[i + 1])
    u[u < 0] *= 0.1
    return u.sum()


def cosine_transform(x):
    n = len(x)
    M = np.cos(np.pi / n * (np.arange(n)[:, None] + 0.5) * np.arange(n))
    return np.linalg.norm(x @ M, 1)


def attention(q, k, v):
    s = np.einsum("bhd,bkd->bhk", q, k) / np.sqrt(q.shape[-1])
    s = np.where(np.tril(np.ones(s.shape[1:], bool)), s, -np.inf)
    e = np.exp(s - s.max(-1, keepdims=True))
    return np.square(e / e.sum(-1, keepdims=True) @ v).sum()


def lines_between_samples(y):
    places = np.linspace(0, 1, len(y))
    return np.interp(np.linspace(0.05, 0.95, 7), places, y).var() + np.polyval(y[:3], 0.5)


def percentiles(x):
    best = np.sort(x)[::-1]
    running = np.cumsum(best) / np.arange(1, len(best) + 1)
    return np.percentile(x, [10, 50, 90]).sum() + running.max() + np.median(x)


def branches(x):
    total = 0.0
    for value in x:
        if value > 0:
            total += value**2
        else:
            total -= np.sin(value)
    return total


def matrix_functions(x):
    norms = np.linalg.norm(x, "fro") + np.linalg.norm(x, 2) + np.linalg.cond(x)
    return np.trace(np.linalg.matrix_power(x, 3)) + np.linalg.slogdet(x @ x.T)[1] + norms


def products(x):
    return np.tensordot(x, x, axes=([0], [0])).sum() + np.linalg.multi_dot([x, x, x]).sum() + np.kron(x, x).max()


def saddle_point(a, b, c):
    """A quadratic program with equality constraints, by its system of blocks."""
    K = np.block([[a @ a.T + np.eye(len(a)), b.T], [b, np.zeros((len(b), len(b)))]])
    return np.linalg.solve(K, np.concatenate([c, np.ones(len(b))]))[: len(a)]


def trend_removed(x, y):
    """A parabola through the samples, and what it leaves, by degrees of freedom."""
    p, covariances = np.polyfit(x, y, 2, cov=True)
    left = y - np.polyval(p, x)
    return np.sum(left**2) + np.trace(covariances) + np.polyval(np.polyint(np.polyder(p)), 0.5)


def weighted_histogram(w, low, high):
    """Expected counts, compared with an even spread over a geometric grid."""
    density, edges = np.histogram([0.3, 0.7, 1.2, 1.9, 0.4], [0.0, 0.5, 1.0, 2.0], weights=np.exp(w), density=True)
    grid = np.geomspace(np.exp(low), np.exp(high), len(edges) - 1)
    return np.sum((density - grid / grid.sum()) ** 2)


def per_row(x):
    """Each row in units of its own spread, then the largest over the columns and planes."""
    units = np.apply_along_axis(lambda row: (row - row.mean()) / row.std(), 1, x)
    return np.apply_over_axes(np.sum, units**3, [0, 1])


def phase(z):
    """The steps of an unwrapped phase, kept within bounds in place."""
    steps = np.diff(np.unwrap(z))
    capped = steps * 1.0
    np.putmask(capped, steps > 0.5, 0.5)
    np.copyto(capped, steps**2, where=steps < -0.5)
    return np.copysign(capped, steps) @ np.modf(z[1:])[0]


PROGRAMS = {
    k_means: [(12, 2), (3, 2)],
    gaussian_process: [(5,), (5,), (), ()],
    hidden_markov_model: [(3, 3), (3, 3), (3,)],
    kalman_filter: [(2, 2), (2, 2), (1, 1), (4,)],
    principal_components: [(6, 4)],
    sinkhorn: [(4, 4)],
    logistic_regression: [(3,), (6, 3)],
    mixture: [(3,), (3,), (6,)],
    bodies: [(4, 2), (4, 2)],
    heat: [(9,)],
    smoothed_in_place: [(7,)],
    cosine_transform: [(6,)],
    attention: [(1, 3, 4), (1, 3, 4), (1, 3, 4)],
    lines_between_samples: [(6,)],
    percentiles: [(9,)],
    branches: [(6,)],
    matrix_functions: [(3, 3)],
    products: [(3, 3)],
    saddle_point: [(3, 3), (1, 3), (3,)],
    trend_removed: [(6,), (6,)],
    weighted_histogram: [(5,), (), ()],
    per_row: [(2, 4, 2)],
    phase: [(6,)],
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_runs_on_tensors(program, rng):
    arrays = [rng.standard_normal(shape) * 1.5 for shape in PROGRAMS[program]]
    tensors = [tg.tensor(array, requires_grad=True) for array in arrays]
    result = program(*tensors)
    assert isinstance(result, tg.Tensor)
    assert result.requires_grad
    np.testing.assert_allclose(result.data, program(*arrays), rtol=1e-10)
    assert gradcheck(program, tensors)
