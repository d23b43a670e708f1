"""Filters, interpolation, slopes, covariances and polynomials."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from op_case import Case

import tinygrad_fs as tg

POINTS = np.linspace(-3, 3, 200, dtype=np.float32)
VALUES = np.sin(POINTS)


def sloped_back(g: Any, h: float = 1.0) -> Any:
    """The gradient of the samples from that of their slopes."""
    inside = g * (0.5 / h)
    inside[[0, -1]] = 0
    result = np.zeros_like(g)
    result[1:] += inside[:-1]
    result[:-1] -= inside[1:]
    result[:2] += np.array([-1, 1]) * g[0] / h
    result[-2:] += np.array([-1, 1]) * g[-1] / h
    return result


def sloped_back_between(g: Any, y: Any, x: Any, widths: Any) -> Any:
    """The same for samples at places of their own."""
    a = widths[:-1] / (widths[:-1] + widths[1:])
    lines = np.zeros(len(x) - 1, x.dtype)
    lines[:-1] += (1 - a) * g[1:-1]
    lines[1:] += a * g[1:-1]
    lines[0] += g[0]
    lines[-1] += g[-1]
    lines /= widths
    return -np.diff(lines, prepend=lines[:1] * 0, append=lines[:1] * 0)


def interpolated_back(g: Any, y: Any, x: Any, f: Any) -> Any:
    i = np.clip(np.searchsorted(POINTS, x, "right") - 1, 0, len(POINTS) - 2)
    inside = (x >= POINTS[0]) & (x <= POINTS[-1])
    widths = POINTS[i + 1] - POINTS[i]
    t = np.clip((x - POINTS[i]) / widths, 0, 1)
    df = np.bincount(i, g * (1 - t), len(f)) + np.bincount(i + 1, g * t, len(f))
    return g * inside * (f[i + 1] - f[i]) / widths, df.astype(f.dtype)


def deviations(x: Any) -> Any:
    return x - x.mean(1, keepdims=True)


def polynomial_back(g: Any, y: Any, p: Any, x: Any) -> Any:
    powers, sums = g.copy(), []
    for _ in p:
        sums.append(powers.sum())
        powers *= x
    return np.array(sums[::-1]), g * np.polyval(p[:-1] * np.arange(len(p) - 1, 0, -1, dtype=p.dtype), x)


def descending(p: Any, start: int) -> Any:
    """start, start - 1, ..., 1."""
    return np.arange(start, 0, -1, dtype=p.dtype)


def fitted_back(g: Any, p: Any, x: Any, y: Any) -> Any:
    """The gradients of the places and the samples from that of the coefficients, by a QR decomposition."""
    powers = np.vander(x, len(p)).astype(x.dtype)
    q, r = np.linalg.qr(powers)
    half = np.linalg.solve(r.T, g)
    u = np.linalg.solve(r, half)
    slope = np.polyval(np.polyder(p), x)
    left = y - powers @ p
    dy = q @ half
    return left * np.polyval(np.polyder(u), x) - slope * dy, dy


@functools.cache
def places(size: int) -> Any:
    """Where samples are taken: 1, 2 or 3 apart."""
    return np.cumsum(1 + np.arange(size) % 3).astype(np.float32)


CASES = [
    Case(
        "convolve",
        ["vector", "few"],
        np.convolve,
        lambda g, y, a, v: (np.correlate(g, v), np.correlate(g, a)),
    ),
    Case(
        "correlate",
        ["vector", "few"],
        np.correlate,
        lambda g, y, a, v: (np.convolve(g, v), np.correlate(a, g)),
    ),
    Case(
        "interp",
        ["vector", lambda size, rng: rng.standard_normal(len(POINTS))],
        lambda x, f: np.interp(x, POINTS, f).astype(x.dtype),
        interpolated_back,
        lambda x, f: tg.interp(x, POINTS, f),
    ),
    Case("gradient", ["vector"], np.gradient, lambda g, y, x: sloped_back(g)),
    Case(
        "gradient at places",
        ["vector"],
        lambda x: np.gradient(x, places(len(x))),
        sloped_back_between,
        lambda x: tg.gradient(x, places(x.size)),
        lambda x: (np.diff(places(len(x))),),
    ),
    Case(
        "cov",
        ["many columns"],
        lambda x: (d := deviations(x)) @ d.T / (x.shape[1] - 1),
        lambda g, y, x: (g + g.T) @ deviations(x) / (x.shape[1] - 1),
    ),
    Case(
        "corrcoef",
        ["many columns"],
        lambda x: np.corrcoef(x, dtype=x.dtype),
        lambda g, y, x: _correlated_back(g, y, x),
    ),
    Case("polyval", ["few", "unit"], np.polyval, polynomial_back),
    Case("polymul", ["few", "vector"], np.convolve, lambda g, y, a, v: (np.correlate(g, v), np.correlate(g, a))),
    Case(
        "polyder",
        ["vector"],
        lambda p: p[:-1] * descending(p, len(p) - 1),
        lambda g, y, p: np.append(g * descending(p, len(p) - 1), p[:1] * 0),
    ),
    Case(
        "polyint",
        ["vector"],
        lambda p: np.append(p / descending(p, len(p)), p[:1] * 0),
        lambda g, y, p: g[:-1] / descending(p, len(p)),
    ),
    Case("polyadd", ["vector", "few"], np.polyadd, lambda g, y, a, v: (g.copy(), g[-len(v) :].copy())),
    Case(
        "polyfit",
        ["unit", "vector"],
        lambda x, y: np.polyfit(x, y, 3).astype(x.dtype),
        lambda g, p, x, y: fitted_back(g, p, x, y),
        lambda x, y: tg.polyfit(x, y, 3),
    ),
    Case(
        "vander",
        ["unit"],
        lambda x: np.vander(x, 6).astype(x.dtype),
        lambda g, y, x: (g[:, :-1] * y[:, 1:] * np.arange(5, 0, -1, dtype=x.dtype)).sum(1),
        lambda x: tg.vander(x, 6),
    ),
]


def _correlated_back(g: Any, y: Any, x: Any) -> Any:
    d = deviations(x)
    scale = np.sqrt((d * d).sum(1, keepdims=True))
    d /= scale
    both = g + g.T
    return ((both @ d) - d * (both * y).sum(1, keepdims=True)) / scale
