"""Activations, each in a form that neither overflows nor loses small values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.blocks import by_rows, line_sums
from tinygrad_fs.ops.copying import in_float32
from tinygrad_fs.ops.masking import selected, stepped
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "elu",
    "leaky_relu",
    "log_softmax",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


class Tanh(Op):
    """y = tanh(x);  dy/dx = 1 - y^2."""

    def forward(x: Any) -> Any:
        return np.tanh(x)

    def vjp(g: Any, out: Any) -> Any:
        return g * (1.0 - out * out)


class Sigmoid(Op):
    """y = 1 / (1 + e^-x);  dy/dx = y (1 - y)."""

    def forward(x: Any) -> Any:
        if _exponential_is_safe(x):
            return _sigmoid_as_written(x)
        # e^-|x| cannot overflow, and e / (1 + e) keeps the digits of a small y. The maximum is 1 for x >= 0, else e;
        # np.where takes six times as long where signs are not predictable.
        e = np.exp(np.copysign(x, -1.0))
        y = np.maximum(e, np.greater_equal(x, 0))
        e += 1.0
        y /= e
        return y

    def vjp(g: Any, out: Any) -> Any:
        return g * out * (1.0 - out)


class Softplus(Op):
    """y = ln(1 + e^x);  dy/dx = sigmoid(x)."""

    def forward(x: Any) -> Any:
        return np.log1p(np.exp(-np.absolute(x))) + np.maximum(x, 0)  # np.logaddexp takes ten times as long

    def vjp(g: Any, x: Any) -> Any:
        return g * Sigmoid.apply(x)


class Relu(Op):
    """y = max(x, 0);  dy/dx = 1 for x > 0, else 0; at 0 it is taken as 0."""

    def forward(x: Any) -> Any:
        return np.maximum(x, 0)

    def vjp(g: Any, out: Any) -> Any:
        return g * (out > 0)


class LeakyRelu(Op):
    """y = x for x > 0, else slope x;  dy/dx = 1 or slope; at 0 it is taken as the slope."""

    def forward(x: Any, *, slope: float = 0.01) -> Any:
        return np.maximum(x, slope * x) if 0 < slope <= 1 else selected(x > 0, x, slope * x)

    def vjp(g: Any, x: Any, slope: float) -> Any:
        return g * stepped(x > 0, 1.0, slope, g)


class Elu(Op):
    """y = x for x > 0, else alpha (e^x - 1);  dy/dx = 1 or alpha e^x; at 0 it is taken as alpha."""

    def forward(x: Any, *, alpha: float = 1.0, scale: float = 1.0) -> Any:
        # The exponential sees nothing above 0, where it would overflow; there it is 1, and below the maximum is 0.
        return scale * np.maximum(x, 0) + (scale * alpha) * np.expm1(np.minimum(x, 0))

    def vjp(g: Any, x: Any, alpha: float, scale: float) -> Any:
        slope = np.exp(np.minimum(x, 0))
        if alpha == 1 == scale:
            return g * slope
        return g * (slope * stepped(x > 0, scale, scale * alpha, g))


class Softmax(Op):
    """y_i = e^x_i / sum_j e^x_j;  dx = y (g - sum_j g_j y_j)."""

    def forward(x: Any, *, axis: int = -1) -> Any:
        return by_rows(softmax_lines, axis, x)

    def vjp(g: Any, out: Any, axis: int) -> Any:
        if isinstance(g, Tensor):
            return out * (g - np.sum(g * out, axis=axis, keepdims=True))
        return by_rows(_softmax_vjp, axis, g, out)


class LogSoftmax(Op):
    """y_i = x_i - ln sum_j e^x_j;  dx = g - e^y sum_j g_j."""

    def forward(x: Any, *, axis: int = -1) -> Any:
        return by_rows(_log_softmax, axis, x)

    def vjp(g: Any, out: Any, axis: int) -> Any:
        if isinstance(g, Tensor):
            return g - np.exp(out) * np.sum(g, axis=axis, keepdims=True)
        return by_rows(_log_softmax_vjp, axis, g, out)


_MANY = 2048
_LOWEST = {np.dtype(np.float16): -11.0, np.dtype(np.float32): -88.0, np.dtype(np.float64): -709.0}
_MODERATE = {np.dtype(np.float32): 60.0, np.dtype(np.float64): 300.0}


def _exponential_is_safe(x: Any) -> bool:
    """Whether e^-x overflows nowhere in `x`, where it has so many elements that it pays to look."""
    return type(x) is np.ndarray and x.size > _MANY and bool(x.min() > _LOWEST.get(x.dtype, math.inf))


def _sigmoid_as_written(x: Any) -> Any:
    """1 / (1 + e^-x): 185 us for 1e5 float32, where the way that is always safe takes 330."""
    y = np.negative(x)
    np.exp(y, out=y)
    y += 1.0
    return np.reciprocal(y, out=y)


# Of lines along an axis, in `out` if it is given. Sums along the last axis are taken by BLAS, in a third of the time.


def softmax_lines(x: Any, axis: int, out: Any = None) -> Any:
    if are_moderate(x):
        y = np.exp(x, out=out)
    else:
        y = _shifted(x, axis, out)
        y = np.exp(y, out=y if y.shape and y.dtype.kind == "f" else None)
    y /= line_sums(y, axis)
    return y


def are_moderate(x: Any) -> bool:
    """Whether sums of exponentials neither overflow nor vanish, so that a softmax need not subtract the maximum.

    That spares lines of 32 three tenths of the time and lines of 128 one; for lines of 1024 it makes no difference.
    """
    if type(x) is not np.ndarray or x.size <= _MANY or x.dtype not in _MODERATE:
        return False
    bound = _MODERATE[x.dtype]
    return bool(-bound < x.min() and x.max() < bound)


def _softmax_vjp(g: Any, y: Any, axis: int, out: Any = None) -> Any:
    if axis == -1 and y.shape:
        dx = np.subtract(g, np.vecdot(g, y)[..., None], out=out)
    else:
        dx = np.subtract(g, np.add.reduce(g * y, axis=axis, keepdims=True), out=out)
    dx *= y
    return dx


def _log_softmax(x: Any, axis: int, out: Any = None) -> Any:
    y = _shifted(x, axis, out)
    return np.subtract(y, np.log(line_sums(np.exp(y), axis)), out=out) if y.size else y


def _log_softmax_vjp(g: Any, y: Any, axis: int, out: Any = None) -> Any:
    dx = np.exp(y, out=out)
    dx *= line_sums(g, axis)
    return np.subtract(g, dx, out=dx if dx.shape else None)


def _shifted(x: Any, axis: int, out: Any = None) -> Any:
    """Subtract the maximum, so that no exponential overflows; it cancels in what follows."""
    return np.subtract(x, np.maximum.reduce(x, axis=axis, keepdims=True), out=out) if x.size else x.copy()


def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.tanh(tg.tensor([0.0, 0.5]))
    tensor([0.       , 0.4621172])
    """
    return Tanh.apply(x)


def sigmoid(x: TensorLike) -> Tensor:
    """``1 / (1 + exp(-x))``, elementwise, without overflow.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.sigmoid(tg.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0. , 0.5, 1. ])
    """
    return Sigmoid.apply(x)


def softplus(x: TensorLike) -> Tensor:
    """``log(1 + exp(x))``, elementwise, without overflow.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.softplus(tg.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.000000e+00, 6.931472e-01, 1.000000e+03])
    """
    return Softplus.apply(x)


def relu(x: TensorLike) -> Tensor:
    """``max(x, 0)``, elementwise; nan stays nan. The derivative at 0 is taken as 0.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.relu(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return Relu.apply(x)


def leaky_relu(x: TensorLike, negative_slope: float = 0.01) -> Tensor:
    """`x` above 0, ``negative_slope * x`` below. The derivative at 0 is taken as the slope.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.leaky_relu(tg.tensor([-1.0, 2.0]), 0.25)
    tensor([-0.25,  2.  ])
    """
    return LeakyRelu.apply(x, slope=negative_slope)


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """`x` above 0, ``alpha * (exp(x) - 1)`` below. The derivative at 0 is taken as `alpha`.

    Clevert, Unterthiner and Hochreiter 2016, "Fast and accurate deep network learning by exponential linear
    units", equation 15.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.elu(tg.tensor([-1000.0, 2.0]))
    tensor([-1.,  2.])
    """
    return Elu.apply(x, alpha=alpha)


def selu(x: TensorLike) -> Tensor:
    """``scale * elu(x, alpha)`` with the constants that keep activations at mean 0 and variance 1.

    Klambauer et al. 2017, "Self-normalizing neural networks", equation 2: alpha = 1.6732632423543772,
    scale = 1.0507009873554805. The derivative at 0 is taken as ``scale * alpha``.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.selu(tg.tensor([0.0, 1.0]))
    tensor([0.      , 1.050701])
    """
    return Elu.apply(x, alpha=SELU_ALPHA, scale=SELU_SCALE)


@in_float32
def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Exponentials, scaled to the sum 1 over `axis`. Entries of -inf get 0; all -inf gives nan.

    Parameters
    ----------
    x : array_like
    axis : int, default -1

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.softmax(tg.tensor([1000.0, 1000.0]))
    tensor([0.5, 0.5])
    """
    return Softmax.apply(x, axis=axis)


@in_float32
def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """The logarithm of `softmax`, without overflow and with all digits.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> tg.log_softmax(tg.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    return LogSoftmax.apply(x, axis=axis)
