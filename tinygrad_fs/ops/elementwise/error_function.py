"""The error function and its complement, which NumPy lacks.

Between two points of a grid, erf is the value at the nearer one and a short series. With x = c + t,

    erf(x) = erf(c) + D(c) G,    D(c) = 2 / sqrt(pi) e^(-c^2),    G = integral from 0 to t of e^(-2 c s - s^2) ds,

and e^(-s^2) = 1 - s^2 + s^4 / 2 - ... leaves integrals of powers of s times e^(-2 c s), so that with a = 2 c t

    G / t = phi_0(a) - t^2 phi_2(a) + t^4 / 2 phi_4(a) - ...,    phi_m(a) = sum over n of (-a)^n / (n! (n + m + 1)).

erfc(x) = erfc(c) - D(c) G keeps its relative accuracy far into the tail, since c^2 is exact on the grid. The two
tables come from `math.erf`, `math.erfc` and `math.exp`, once. No branch depends on the values, so everything is
NumPy on whole blocks. With the grids below, float64 results are within 4e-16 of `math.erf`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["erf", "erfc"]

TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

_SMALL = 256
"""Up to this size one call of the math module per element is quicker than the passes of NumPy."""

_BLOCK = 16384
"""So many elements at a time, whose intermediate results stay in the processor's cache."""


class Erf(Op):
    """y = 2 / sqrt(pi) times the integral of e^(-s^2) from 0 to x;  dy/dx = 2 / sqrt(pi) e^(-x^2)."""

    def forward(x: Any) -> Any:
        return _on_blocks(_erf_block, math.erf, x)

    def vjp(g: Any, x: Any) -> Any:
        return g * _bell(x)


class Erfc(Op):
    """y = 1 - erf(x), without its cancellation;  dy/dx = -2 / sqrt(pi) e^(-x^2)."""

    def forward(x: Any) -> Any:
        return _on_blocks(_erfc_block, math.erfc, x)

    def vjp(g: Any, x: Any) -> Any:
        return g * -_bell(x)


def _bell(x: Any) -> Any:
    """The derivative of erf. Far out it is 0, and so is its own derivative, where inf times 0 would be nan."""
    near = np.clip(x, -30.0, 30.0)
    return TWO_OVER_ROOT_PI * np.exp(-near * near)


@dataclass(frozen=True)
class _Grid:
    """Points 0, 1 / fineness, ... up to `limit`, with the degrees at which phi_0, phi_2, ... are cut off."""

    function: Callable[[float], float]
    fineness: int
    limit: float
    degrees: tuple[int, ...]

    def split(self, distance: Any) -> tuple[Any, Any]:
        """For distances from 0: the function at the nearest points of the grid, and D(c) G from there."""
        values, slopes = (np.asarray(table, like=distance) for table in _tables(self, distance.dtype))
        distance = np.minimum(distance, self.limit)
        center = np.rint(distance * self.fineness)
        with np.errstate(invalid="ignore"):  # nan has no nearest point; it stays in the distance, and so in G
            nearest = center.astype(np.intp)
        center *= 1.0 / self.fineness
        t = np.subtract(distance, center, out=distance)
        a = np.multiply(center, t, out=center)
        a *= 2.0
        change = self._series(a, t * t)
        change *= t
        change *= np.take(slopes, nearest, mode="clip")
        return np.take(values, nearest, mode="clip"), change

    def _series(self, a: Any, w: Any) -> Any:
        """G / t, from a = 2 c t and w = t^2, as phi_0 - w (phi_2 - w / 2 (phi_4 - ...))."""
        last = len(self.degrees) - 1
        total = _phi(2 * last, self.degrees[last], a)
        for i in range(last, 0, -1):
            total *= w
            total *= -1.0 / i
            total += _phi(2 * i - 2, self.degrees[i - 1], a)
        return total


def _phi(m: int, degree: int, a: Any) -> Any:
    """The sum of (-a)^n / (n! (n + m + 1)) up to n = degree, by Horner's rule."""
    factors = [(-1.0) ** n / (math.factorial(n) * (n + m + 1)) for n in range(degree, -1, -1)]
    total = np.full_like(a, factors[0])
    for factor in factors[1:]:
        total *= a
        total += factor
    return total


@functools.cache
def _tables(grid: _Grid, dtype: Any) -> tuple[Any, Any]:
    """The function and D at the points of a grid."""
    points = [k / grid.fineness for k in range(int(grid.limit * grid.fineness) + 1)]
    values = np.array([grid.function(c) for c in points], dtype)
    slopes = np.array([TWO_OVER_ROOT_PI * math.exp(-c * c) for c in points], dtype)
    return values, slopes


# Beyond the limits erf is 1 to the last digit, and erfc is 0. What the series leave out is below half a unit in
# the last place; erfc, which is small where D and a are large, needs more of them than erf.
_ERF_GRIDS = {4: _Grid(math.erf, 128, 4.0, (2, 0)), 8: _Grid(math.erf, 1024, 6.0, (3, 1, 0))}
_ERFC_GRIDS = {4: _Grid(math.erfc, 128, 10.125, (4, 1)), 8: _Grid(math.erfc, 512, 27.25, (7, 4, 1))}


def _erf_block(x: Any) -> Any:
    value, change = _ERF_GRIDS[x.dtype.itemsize].split(np.abs(x))
    value += change
    return np.copysign(value, x)


def _erfc_block(x: Any) -> Any:
    value, change = _ERFC_GRIDS[x.dtype.itemsize].split(np.abs(x))
    value -= change
    # erfc(-x) = 2 - erfc(x), for -0 too
    return np.copysign(value, x) + np.multiply(np.signbit(x), 2, dtype=x.dtype)


def _on_blocks(block: Callable[[Any], Any], by_element: Callable[[float], float], x: Any) -> Any:
    """Compute in float32 or float64, a block at a time, and return an array of the dtype of floating `x`."""
    x = x if hasattr(x, "dtype") else np.asarray(x)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    if x.size <= _SMALL and type(x) is np.ndarray:
        return np.array([by_element(value) for value in x.ravel().tolist()], dtype).reshape(x.shape)
    flat = np.reshape(x, -1).astype(np.result_type(dtype, np.float32), copy=False)
    out = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        out[start : start + _BLOCK] = block(flat[start : start + _BLOCK])
    return np.reshape(out, x.shape).astype(dtype, copy=False)


def erf(x: TensorLike) -> Tensor:
    """The error function, elementwise: ``2 / sqrt(pi)`` times the integral of ``exp(-s**2)`` from 0 to `x`.

    float64 is accurate to the last digits, relatively, near 0 too; float32 is computed in float32.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.erf(tg.tensor([-1.0, 0.0, 10.0])).round(4)
    tensor([-0.8427,  0.    ,  1.    ])
    """
    return Erf.apply(x)


def erfc(x: TensorLike) -> Tensor:
    """The complementary error function ``1 - erf(x)``, elementwise, accurate where it is tiny.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.erfc(tg.tensor([0.0, 10.0, 26.0], dtype="float64"))
    tensor([1.00000000e+000, 2.08848758e-045, 5.66319241e-296], dtype=float64)
    """
    return Erfc.apply(x)
